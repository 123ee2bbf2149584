"""The settings that the VS Code extension declares are those that the server takes, with the server's defaults."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mlwarden import __version__
from mlwarden.model.levels import Confidence, Severity
from mlwarden_lsp.settings import ClientSettings, Parsed, Run, parse

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = json.loads((ROOT / "vscode-ext" / "package.json").read_text())
PROPERTIES: dict[str, Any] = MANIFEST["contributes"]["configuration"]["properties"]
FOR_SERVER = re.search(r"FOR_SERVER = \[(.*?)\]", (ROOT / "vscode-ext" / "src" / "settings.ts").read_text())
NAMES = re.findall(r'"(\w+)"', FOR_SERVER[1]) if FOR_SERVER else []


def test_every_setting_is_the_extensions_or_the_servers() -> None:
    assert sorted(PROPERTIES) == sorted(f"mlwarden.{name}" for name in [*NAMES, "enable", "path", "trace.server"])


def test_the_defaults_are_the_servers() -> None:
    parsed = parse({name: PROPERTIES[f"mlwarden.{name}"]["default"] for name in NAMES})
    assert parsed == Parsed(ClientSettings(extend_select=(), ignore=()))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("run", [run.value for run in Run]),
        ("severity", ["", *(str(level) for level in Severity)]),
        ("confidence", ["", *(str(level) for level in Confidence)]),
    ],
)
def test_choices(name: str, values: list[str]) -> None:
    assert PROPERTIES[f"mlwarden.{name}"]["enum"] == values
    assert [parse({name: value}).problems for value in values] == [()] * len(values)


def test_a_whole_section_is_understood() -> None:
    section = {name.removeprefix("mlwarden."): value["default"] for name, value in PROPERTIES.items()}
    section["trace"] = {"server": section.pop("trace.server")}
    assert parse({"mlwarden": section}).problems == ()


def test_settings_that_choose_a_program_are_restricted() -> None:
    trust = MANIFEST["capabilities"]["untrustedWorkspaces"]
    assert (trust["supported"], trust["restrictedConfigurations"]) == ("limited", ["mlwarden.path"])


def test_what_people_read_names_every_setting() -> None:
    for page, names in {"vscode-ext/README.md": sorted(PROPERTIES), "docs/editors.md": NAMES}.items():
        text = (ROOT / page).read_text()
        assert [name for name in names if f"`{name}`" not in text] == []


def test_the_versions_agree() -> None:
    assert MANIFEST["version"] == __version__
