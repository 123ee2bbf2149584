from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.reports.text import plural, printable, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("a\nb\r\tc\x00", "a␊b␍␉c␀"),
        ("\x7f\x9b31m", "␡<U+009B>31m"),
        ("admin\u202e\u2066", "admin<U+202E><U+2066>"),
        ("line\u2028end", "line<U+2028>end"),
        ("name\udcff.py", "name<U+DCFF>.py"),
        ("模型 é 😀", "模型 é 😀"),
    ],
)
def test_printable_makes_hidden_characters_visible(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_text_holds_no_control_characters(text: str) -> None:
    shown = printable(text)
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("模型", 4), ("e\u0301", 1), ("é", 1), ("😀", 2), ("ｱ", 1), ("Ａ", 2), ("a\u200db", 2)],
)
def test_width_counts_terminal_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_plural() -> None:
    assert [plural(count, "file") for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
