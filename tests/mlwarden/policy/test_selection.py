"""Which rules are on for which settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.config.settings import Settings
from mlwarden.model.levels import Severity
from mlwarden.model.rule_info import DocumentKind, RuleInfo
from mlwarden.policy.selection import check_codes, selected

OFF_BY_DEFAULT = {"MLW102", "MLW404", "B101"}
CODES = ["MLW001", "MLW101", "MLW102", "MLW110", "MLW203", "MLW404", "B101", "B301", "B303"]


def _info(code: str) -> RuleInfo:
    kinds = (DocumentKind.PYTHON,)
    return RuleInfo(code, code.lower(), "", Severity.HIGH, "", "", kinds, (), default=code not in OFF_BY_DEFAULT)


INFOS = [_info(code) for code in CODES]
DEFAULT = {"MLW001", "MLW101", "MLW110", "MLW203", "B301", "B303"}


@pytest.mark.parametrize(
    ("select", "extend", "ignore", "expected"),
    [
        # The default selection, and what adds to it.
        (None, (), (), DEFAULT),
        (None, ("MLW102",), (), DEFAULT | {"MLW102"}),
        (None, ("MLW1",), (), DEFAULT),
        (None, ("ALL",), (), set(CODES)),
        ((), (), (), set()),
        # A prefix means its rules that are on by default; a whole code and ALL mean the others too.
        (("MLW",), (), (), {"MLW001", "MLW101", "MLW110", "MLW203"}),
        (("MLW1",), (), (), {"MLW101", "MLW110"}),
        (("MLW10",), (), (), {"MLW101"}),
        (("MLW1", "MLW102"), (), (), {"MLW101", "MLW102", "MLW110"}),
        (("B",), (), (), {"B301", "B303"}),
        (("B", "B101"), (), (), {"B101", "B301", "B303"}),
        (("ALL",), (), (), set(CODES)),
        (("MLW0",), (), (), {"MLW001"}),
        # The more specific entry wins, `ignore` wins a tie.
        (("MLW101",), (), ("MLW1",), {"MLW101"}),
        (("MLW1",), (), ("MLW101",), {"MLW110"}),
        (("MLW1",), (), ("MLW1",), set()),
        (("MLW10",), (), ("MLW1",), {"MLW101"}),
        (("MLW1",), (), ("MLW10",), {"MLW110"}),
        (("MLW101",), (), ("MLW101",), set()),
        (("MLW1",), (), ("ALL",), {"MLW101", "MLW110"}),
        (("ALL",), (), ("ALL",), set()),
        (("ALL",), (), ("B",), set(CODES) - {"B101", "B301", "B303"}),
        (("ALL", "B301"), (), ("B",), {*CODES} - {"B101", "B303"}),
        (None, (), ("ALL",), set()),
        (None, (), ("B3", "MLW0"), {"MLW101", "MLW110", "MLW203"}),
        (None, ("B301",), ("B3",), DEFAULT - {"B303"}),
    ],
)
def test_selected(
    select: tuple[str, ...] | None, extend: tuple[str, ...], ignore: tuple[str, ...], expected: set[str]
) -> None:
    assert selected(INFOS, Settings(select=select, extend_select=extend, ignore=ignore)) == expected


_ENTRIES = st.lists(st.sampled_from([*CODES, "MLW", "MLW1", "MLW10", "B", "B3", "ALL"]), max_size=4).map(tuple)


@given(st.none() | _ENTRIES, _ENTRIES, _ENTRIES, st.permutations(INFOS))
def test_order_does_not_matter_and_ignore_never_turns_a_rule_on(
    select: tuple[str, ...] | None, extend: tuple[str, ...], ignore: tuple[str, ...], infos: list[RuleInfo]
) -> None:
    on = selected(INFOS, Settings(select=select, extend_select=extend, ignore=ignore))
    turned = None if select is None else select[::-1]
    assert on == selected(infos, Settings(select=turned, extend_select=extend[::-1], ignore=ignore[::-1]))
    assert on <= selected(INFOS, Settings(select=select, extend_select=extend))
    assert not on & set(ignore)


def test_check_codes_is_offered_here() -> None:
    check_codes(["MLW1", "B301", "ALL"], frozenset(CODES))
