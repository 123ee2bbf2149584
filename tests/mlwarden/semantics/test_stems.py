"""Searching for many pieces at once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.stems import any_of


@given(st.lists(st.text("ab.*é", min_size=1, max_size=4), min_size=1), st.text("ab.*é", max_size=12))
def test_finds_where_one_of_them_stands(pieces: list[str], text: str) -> None:
    assert (re.search(any_of(pieces), text) is not None) is any(piece in text for piece in pieces)


@pytest.mark.parametrize("pieces", [[], [""], ["a", ""]])
def test_nothing_to_search_for(pieces: list[str]) -> None:
    with pytest.raises(ValueError, match="pieces"):
        any_of(pieces)
