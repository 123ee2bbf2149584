"""The settings that the VS Code extension declares are those that the server takes, with the server's defaults."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mlwarden import __version__
from mlwarden_lsp.schema import settings_schema
from mlwarden_lsp.settings import ClientSettings, Parsed, parse

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = json.loads((ROOT / "vscode-ext" / "package.json").read_text())
PROPERTIES: dict[str, Any] = MANIFEST["contributes"]["configuration"]["properties"]
FOR_SERVER = re.search(r"(?s)FOR_SERVER = \[(.*?)\]", (ROOT / "vscode-ext" / "src" / "settings.ts").read_text())
NAMES = re.findall(r'"(\w+)"', FOR_SERVER[1]) if FOR_SERVER else []


def test_every_setting_is_the_extensions_or_the_servers() -> None:
    own = {name.split(".")[1] for name in PROPERTIES} - set(NAMES)
    assert own == {"enable", "path", "trace", "install", "askForReason"}
    assert sorted(name for name in NAMES if name not in settings_schema()["properties"]) == []
    assert {"diagnosticMode", "enable", *NAMES} == set(settings_schema()["properties"])


def test_the_defaults_are_the_servers() -> None:
    parsed = parse({name: PROPERTIES[f"mlwarden.{name}"]["default"] for name in NAMES})
    assert parsed == Parsed(ClientSettings(extend_select=(), ignore=()))


def _choices(schema: Any) -> Any:
    """The choices in a schema, wherever they stand; "" is no choice, as editors show it."""
    if not isinstance(schema, dict):
        return None
    if "enum" in schema:
        return sorted(filter(None, schema["enum"]))
    inside = {**schema.get("properties", {}), "others": schema.get("additionalProperties")}
    return {key: _choices(value) for key, value in inside.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_choices_are_the_servers(name: str) -> None:
    ours = settings_schema()["properties"][name]
    assert _choices(PROPERTIES[f"mlwarden.{name}"]) == _choices(ours)


def test_a_whole_section_is_understood() -> None:
    section = {name.removeprefix("mlwarden."): value["default"] for name, value in PROPERTIES.items()}
    for name in [name for name in section if "." in name]:
        group, _, rest = name.partition(".")
        section.setdefault(group, {})[rest] = section.pop(name)
    assert parse({"mlwarden": section}).problems == ()


def test_settings_that_choose_a_program_are_restricted() -> None:
    trust = MANIFEST["capabilities"]["untrustedWorkspaces"]
    assert trust["supported"] == "limited"
    assert {"mlwarden.path", *(name for name in PROPERTIES if ".install." in name)} == {
        *trust["restrictedConfigurations"]
    }


def test_what_people_read_names_every_setting() -> None:
    for page, names in {"vscode-ext/README.md": sorted(PROPERTIES), "docs/editors.md": NAMES}.items():
        text = (ROOT / page).read_text()
        assert [name for name in names if f"`{name}`" not in text] == []


def test_the_versions_agree() -> None:
    assert MANIFEST["version"] == __version__
