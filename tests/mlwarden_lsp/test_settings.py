"""What clients send as settings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.config.source import CommandLine
from mlwarden.model.levels import Confidence, Severity
from mlwarden_lsp.settings import ClientSettings, Mode, Parsed, Run, parse

_FULL = {
    "select": ["MLW1"],
    "extendSelect": ["B301"],
    "ignore": ["MLW102"],
    "severity": "medium",
    "confidence": "HIGH",
    "configuration": "policy.toml",
    "run": "onSave",
    "diagnosticMode": "pull",
}
_PARSED = ClientSettings(
    select=("MLW1",),
    extend_select=("B301",),
    ignore=("MLW102",),
    severity="medium",
    confidence="high",
    configuration="policy.toml",
    run=Run.ON_SAVE,
    mode=Mode.PULL,
)


@pytest.mark.parametrize(
    "sent",
    [_FULL, {"mlwarden": _FULL}, {"settings": _FULL}, {"settings": {"mlwarden": _FULL}}, {**_FULL, "path": ["x"]}],
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
        ({"ingore": []}, "editor settings: unknown key 'ingore' (did you mean 'ignore'?)"),
        ({"zzz": 1}, "editor settings: unknown key 'zzz'"),
        ({"select": "MLW1"}, "editor settings: select: expected a list of codes"),
        ({"select": [1]}, "editor settings: select: expected a list of codes"),
        ({"run": "always"}, "editor settings: run: expected one of onType, onSave"),
        ({"run": {}}, "editor settings: run: expected one of onType, onSave"),
        (
            {"severity": "huge"},
            "editor settings: severity: unknown level 'huge': expected one of critical, high, medium, low",
        ),
        ({"severity": 3}, "editor settings: severity: expected a string"),
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


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*_FULL, "mlwarden", "x"]), inner),
    max_leaves=12,
)


@given(_JSON)
def test_nothing_raises(sent: Any) -> None:
    parse(sent).settings.overrides()
