"""Which codes and prefixes exist, and what a wrong one was meant to be."""

from __future__ import annotations

import pytest

from mlwarden.config.codes import check_codes, covers, is_known, nearest
from mlwarden.model.errors import UsageError

OURS = frozenset({"MLW001", "MLW101", "MLW102", "MLW203", "MLW311", "MLWD01"})
WITH_BANDIT = OURS | {"B101", "B301", "B614"}


@pytest.mark.parametrize("code", ["MLW", "MLW1", "MLW10", "MLW101", "MLW0", "MLW001", "MLWD", "MLWD01", "MLW20"])
def test_codes_and_their_prefixes_are_known(code: str) -> None:
    assert is_known(code, OURS)


def test_a_family_is_known_even_while_it_has_no_rule() -> None:
    assert is_known("MLW9", OURS)
    assert not is_known("MLW91", OURS)


@pytest.mark.parametrize(
    "code", ["", "M", "ML", "MLW11", "MLW1010", "mlw101", "MLWX", "E501", "ALL", "MLW101 ", "B1234"]
)
def test_everything_else_is_not(code: str) -> None:
    assert not is_known(code, OURS)


@pytest.mark.parametrize("code", ["B", "B3", "B30", "B301", "B999"])
def test_bandit_ids_go_by_their_shape_where_the_rules_do_not_list_them(code: str) -> None:
    assert is_known(code, OURS)


def test_bandit_ids_are_looked_up_where_the_rules_list_them() -> None:
    assert [code for code in ("B", "B3", "B301", "B999", "B008") if is_known(code, WITH_BANDIT)] == ["B", "B3", "B301"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("mlw101", "MLW101"), ("MLW110", "MLW102"), ("MWL203", "MLW203"), (" B301", "B301"), ("all", "ALL"), ("xyz", "")],
)
def test_the_nearest_right_spelling(typed: str, meant: str) -> None:
    assert nearest(typed, WITH_BANDIT) == meant


def test_no_spelling_is_sought_for_a_long_text() -> None:
    assert nearest("MLW101" * 10_000, WITH_BANDIT) == ""


def test_check_codes_names_the_place_and_the_spelling() -> None:
    check_codes(["ALL", "MLW1", "B301"], WITH_BANDIT)
    with pytest.raises(UsageError) as caught:
        check_codes(["MLW1", "MLW1O1"], WITH_BANDIT, "--select")
    assert str(caught.value) == "--select: unknown code 'MLW1O1' (did you mean 'MLW101'?)"


def test_covers() -> None:
    assert [code for code in ("ALL", "MLW", "MLW1", "MLW101", "MLW102", "B") if covers(code, "MLW101")] == [
        "ALL",
        "MLW",
        "MLW1",
        "MLW101",
    ]
