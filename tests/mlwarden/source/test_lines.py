"""Lines and columns, with everything that other line splitters get wrong."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlwarden.source.lines import LineIndex

PIECES = ["a", "é", "😀", "\t", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"]
TEXTS = st.lists(st.sampled_from(PIECES)).map("".join)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("\r\r\n\n", ["", "", "", ""]),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\n😀", ["a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g", "😀"]),
    ],
)
def test_only_three_things_end_a_line(text: str, lines: list[str]) -> None:
    index = LineIndex(text)
    assert [index.line_text(line) for line in range(len(index))] == lines


@given(TEXTS)
@example("\n\r")
@example("\r\n\r")
def test_lines_are_those_of_a_plain_split(text: str) -> None:
    index = LineIndex(text)
    assert [index.line_text(line) for line in range(len(index))] == re.split("\r\n|\r|\n", text)


@given(TEXTS)
def test_every_offset_has_a_position_that_leads_back(text: str) -> None:
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        line, column = index.position(offset)
        assert index.starts[line] + column == offset
        assert line == index.line_of(offset)
        # Inside of a line's end there is no column of its own.
        assert index.offset(line, column) == min(offset, index.line_end(line))


@given(TEXTS, st.integers(0, 30), st.integers(0, 30))
def test_any_position_has_an_offset_in_its_line(text: str, line: int, column: int) -> None:
    index = LineIndex(text)
    offset = index.offset(line, column)
    if line < len(index):
        assert index.starts[line] <= offset <= index.line_end(line)
    else:
        assert offset == len(text)
