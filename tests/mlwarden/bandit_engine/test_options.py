from __future__ import annotations

import pytest

from mlwarden.bandit_engine.options import effective, excluded, table


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, {"B101", "B602"}),
        ({"skips": ["B101"]}, {"B602"}),
        ({"skips": "B101, B602"}, set()),
        ({"tests": ["B602", "B301"]}, {"B602"}),
        ({"tests": ["B602"], "skips": ["B602"]}, set()),
        ({"tests": [], "skips": None}, {"B101", "B602"}),
        ({"skips": [1, "B101"]}, {"B602"}),
    ],
)
def test_effective(options: dict[str, object], left: set[str]) -> None:
    assert effective(frozenset({"B101", "B602"}), options) == left


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("tests", True),
        ("./src/tests", True),
        ("src/*", True),
        ("./src/*", True),
        ("/tests/", True),
        ("*/helper.py", True),
        ("docs", False),
        ("/src/tests/x", False),
    ],
)
def test_excluded(pattern: str, covered: bool) -> None:
    assert excluded("src/tests/helper.py", {"exclude_dirs": [pattern]}) is covered


def test_table() -> None:
    defaults = {"shell": ["os.system"], "no_shell": ["os.execl"]}
    assert table("shell_injection", {}, defaults) == defaults
    assert table("shell_injection", {"shell_injection": {"shell": []}}, defaults) == {
        "shell": [],
        "no_shell": ["os.execl"],
    }
    assert table("shell_injection", {"shell_injection": "no table"}, defaults) == defaults
