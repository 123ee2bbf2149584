"""What clients send as settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mlwarden.config.schema import config_schema
from mlwarden.config.source import CommandLine
from mlwarden.model.levels import Confidence, Severity
from mlwarden_lsp.commands import COMMANDS
from mlwarden_lsp.schema import SHARED, camel, settings_schema
from mlwarden_lsp.settings import ClientSettings, Mode, Parsed, Run, WorkspaceScan, overlaid, parse

_FULL = {
    "select": ["MLW1"],
    "extendSelect": ["B301"],
    "ignore": ["MLW102"],
    "severity": "medium",
    "confidence": "HIGH",
    "severities": {"MLW203": "critical"},
    "severityMap": {"high": "warning"},
    "enable": False,
    "workspaceScan": "onStart",
    "suppressionReason": "accepted",
    "configuration": "policy.toml",
    "run": "onSave",
    "diagnosticMode": "pull",
}
_LEVELS = "expected one of critical, high, medium, low"
_SHOWN = "expected one of error, warning, information, hint"
_PARSED = ClientSettings(
    select=("MLW1",),
    extend_select=("B301",),
    ignore=("MLW102",),
    severity="medium",
    confidence="high",
    severities=(("MLW203", "critical"),),
    severity_map=(("high", "warning"),),
    enable=False,
    workspace_scan=WorkspaceScan.ON_START,
    suppression_reason="accepted",
    configuration="policy.toml",
    run=Run.ON_SAVE,
    mode=Mode.PULL,
)


@pytest.mark.parametrize(
    "sent",
    [
        _FULL,
        {"mlwarden": _FULL},
        {"settings": _FULL},
        {"settings": {"mlwarden": _FULL}},
        {**_FULL, "path": ["x"], "install": {}},
    ],
    ids=["top", "section", "settings", "both", "with the extension's own"],
)
def test_all_settings(sent: Any) -> None:
    assert parse(sent) == Parsed(_PARSED)


@pytest.mark.parametrize("sent", [None, {}, {"mlwarden": {}}, {"mlwarden": {"select": None}}])
def test_no_settings(sent: Any) -> None:
    assert parse(sent) == Parsed(ClientSettings())


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"ingore": []}, "editor settings: ingore: unknown key (did you mean 'ignore'?)"),
        ({"zzz": 1}, "editor settings: zzz: unknown key"),
        ({"select": "MLW1"}, "editor settings: select: expected a list, found a string (did you mean '[\"MLW1\"]'?)"),
        ({"select": [1]}, "editor settings: select.0: expected a string, found a whole number"),
        ({"run": "always"}, "editor settings: run: unknown value 'always': expected one of onType, onSave"),
        ({"run": {}}, "editor settings: run: expected one of onType, onSave, found a table"),
        ({"enable": 1}, "editor settings: enable: expected true or false, found a whole number"),
        ({"severities": {"MLW1": "bad"}}, f"editor settings: severities.MLW1: unknown value 'bad': {_LEVELS}"),
        ({"severityMap": {"high": "off"}}, f"editor settings: severityMap.high: unknown value 'off': {_SHOWN}"),
        ({"severityMap": {"hihg": "error"}}, "editor settings: severityMap.hihg: unknown key (did you mean 'high'?)"),
        (
            {"severity": "huge"},
            f"editor settings: severity: unknown value 'huge': {_LEVELS}",
        ),
        ({"severity": 3}, f"editor settings: severity: {_LEVELS}, found a whole number"),
        ([], "editor settings: expected an object"),
    ],
)
def test_what_is_wrong_is_named_and_passed_over(sent: Any, problem: str) -> None:
    assert parse(sent) == Parsed(ClientSettings(), (problem,))


def test_the_rest_of_wrong_settings_counts() -> None:
    assert parse({"run": "onSave", "x": 1, "ignore": 2}).settings == ClientSettings(run=Run.ON_SAVE)


def test_the_mode_that_was_agreed_on_stays() -> None:
    assert parse({"diagnosticMode": "push"}, Mode.PULL).settings.mode is Mode.PULL
    assert parse(None, Mode.PULL).settings.mode is Mode.PULL


def test_as_the_library_takes_them() -> None:
    assert _PARSED.overrides() == CommandLine(
        select=("MLW1",),
        extend_select=("B301",),
        ignore=("MLW102",),
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        origin="editor settings",
    )


@pytest.mark.parametrize(
    ("base", "pulled", "result"),
    [
        ({"run": "onSave"}, None, {"run": "onSave"}),
        ({"run": "onSave"}, [], {"run": "onSave"}),
        ({"run": "onSave"}, {}, {"run": "onSave"}),
        ({"run": "onSave", "select": ["MLW1"]}, {"run": None}, {"run": None, "select": ["MLW1"]}),
        (None, {"run": "onSave"}, {"run": "onSave"}),
        ({"run": "onSave"}, 3, 3),
    ],
)
def test_what_is_asked_for_comes_before_what_was_sent(base: Any, pulled: Any, result: Any) -> None:
    assert overlaid(base, pulled) == result


def test_the_schema_is_that_of_the_configuration_file_where_both_know_a_key() -> None:
    schema, file = settings_schema(), config_schema()["properties"]
    Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == set(_FULL)
    for name, key in {camel(key): key for key in SHARED}.items():
        assert schema["properties"][name] == {part: value for part, value in file[key].items() if part != "default"}
    assert list(Draft202012Validator(schema).iter_errors({**_FULL, "confidence": "high"})) == []
    defaults = {name: part["default"] for name, part in schema["properties"].items() if "default" in part}
    assert parse(defaults) == Parsed(ClientSettings())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*_FULL, "mlwarden", "x"]), inner),
    max_leaves=12,
)


@given(_JSON)
def test_nothing_raises(sent: Any) -> None:
    parse(sent).settings.overrides()


def test_the_documentation_has_a_line_for_every_setting_and_command() -> None:
    page = (Path(__file__).parents[2] / "docs" / "editors.md").read_text()
    rows = re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted([*settings_schema()["properties"], *COMMANDS])
