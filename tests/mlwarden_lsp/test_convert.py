"""Positions against a reference that walks the text character by character."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lsprotocol import types

from mlwarden.source.lines import LineIndex
from mlwarden_lsp.convert import (
    Encoding,
    applied,
    negotiated,
    offset_of,
    position_of,
    range_of,
    units,
    without_surrogates,
)

# What is hard: line ends of all kinds, characters that `str.splitlines` takes for line ends and nobody else does,
# one to four bytes of UTF-8, one and two units of UTF-16, a combining mark, a byte-order mark.
_CHARACTERS = "ab\r\n\t\x0b\x0c\x1c\x85\u2028\u2029äß€中\u0301\ufeff\ufffd😀𝒳"
_TEXTS = st.text(st.sampled_from(_CHARACTERS), max_size=60)
_ENCODINGS = st.sampled_from(Encoding)


def _width(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.UTF32:
        return 1
    if encoding is Encoding.UTF16:
        return 2 if ord(character) > 0xFFFF else 1
    return len(character.encode("utf-8", "surrogatepass"))


def _walk(text: str, encoding: Encoding) -> list[tuple[int, int]]:
    """The (line, column) of every offset, the end included; inside a CRLF that of the line's end."""
    places = []
    line = column = 0
    for offset, character in enumerate(text):
        places.append((line, column))
        if character == "\r" and text[offset + 1 : offset + 2] == "\n":
            continue
        if character in "\r\n":
            line, column = line + 1, 0
        else:
            column += _width(character, encoding)
    places.append((line, column))
    return places


def _offset(text: str, line: int, character: int, encoding: Encoding) -> int:
    """The last offset at or before a position, as the protocol clamps it: to the end of the line, and of the text."""
    places = _walk(text, encoding)
    if line > places[-1][0]:
        return len(text)
    return next(
        offset
        for offset, place in reversed(list(enumerate(places)))
        if place[0] == line and place[1] <= character and (offset == 0 or text[offset - 1 : offset + 1] != "\r\n")
    )


@given(_TEXTS, _ENCODINGS)
@example("😀x\r\n\x0c\u2028é", Encoding.UTF16)
def test_positions_of_all_offsets(text: str, encoding: Encoding) -> None:
    lines = LineIndex(text)
    found = [position_of(lines, offset, encoding) for offset in range(len(text) + 1)]
    assert [(position.line, position.character) for position in found] == _walk(text, encoding)


@given(_TEXTS, st.integers(0, 12), st.integers(0, 40), _ENCODINGS)
@example("😀x", 0, 1, Encoding.UTF16)
@example("é", 0, 1, Encoding.UTF8)
@example("a\r\nb", 0, 9, Encoding.UTF16)
def test_offsets_of_all_positions(text: str, line: int, character: int, encoding: Encoding) -> None:
    found = offset_of(LineIndex(text), types.Position(line, character), encoding)
    assert found == _offset(text, line, character, encoding)


@given(_TEXTS, st.data(), _ENCODINGS)
def test_ranges_come_back(text: str, data: st.DataObject, encoding: Encoding) -> None:
    lines = LineIndex(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    there = range_of(lines, start, end, encoding)
    back = (offset_of(lines, there.start, encoding), offset_of(lines, there.end, encoding))
    assert back == tuple(at - 1 if text[at - 1 : at + 1] == "\r\n" else at for at in (start, end))


@pytest.mark.parametrize(
    ("encoding", "column"), [(Encoding.UTF8, 10), (Encoding.UTF16, 6), (Encoding.UTF32, 5)], ids=str
)
def test_a_line_with_a_character_beyond_the_bmp(encoding: Encoding, column: int) -> None:
    lines = LineIndex("a\r\nb\x0c\u2028😀x = 1\r\n")
    start = types.Position(1, column - 1)
    assert range_of(lines, 7, 8, encoding) == types.Range(start, types.Position(1, column))
    assert offset_of(lines, start, encoding) == 7


@given(st.text(max_size=30))
def test_units_are_those_of_the_encoded_text(text: str) -> None:
    assert units(text, Encoding.UTF8) == len(text.encode("utf-8"))
    assert units(text, Encoding.UTF16) == len(text.encode("utf-16-le")) // 2
    assert units(text, Encoding.UTF32) == len(text)


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (None, Encoding.UTF16),
        ([], Encoding.UTF16),
        (["utf-7"], Encoding.UTF16),
        (["utf-8", "utf-16"], Encoding.UTF8),
        (["utf-99", "utf-32", "utf-16"], Encoding.UTF32),
        ([types.PositionEncodingKind.Utf8], Encoding.UTF8),
    ],
)
def test_the_clients_first_known_encoding_counts(offered: list[str] | None, expected: Encoding) -> None:
    assert negotiated(offered) is expected


def test_halves_of_surrogate_pairs_are_replaced_by_what_counts_the_same() -> None:
    assert without_surrogates("a\ud83db\ude00😀") == "a\ufffdb\ufffd😀"


# --- changes -------------------------------------------------------------------------------------------------------


def _partial(start: tuple[int, int], end: tuple[int, int], text: str) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(
        range=types.Range(types.Position(*start), types.Position(*end)), text=text
    )


def _replayed(text: str, changes: list[types.TextDocumentContentChangeEvent], encoding: Encoding) -> str:
    """The reference: one change after the other, each on the whole text."""
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            text = change.text
            continue
        start = _offset(text, change.range.start.line, change.range.start.character, encoding)
        end = _offset(text, change.range.end.line, change.range.end.character, encoding)
        text = text[: min(start, end)] + change.text + text[max(start, end) :]
    return text


_POSITIONS = st.builds(types.Position, st.integers(0, 8), st.integers(0, 12))
_CHANGES = st.one_of(
    st.builds(
        lambda start, end, text: types.TextDocumentContentChangePartial(range=types.Range(start, end), text=text),
        _POSITIONS,
        _POSITIONS,
        st.text(st.sampled_from(_CHARACTERS), max_size=6),
    ),
    st.builds(types.TextDocumentContentChangeWholeDocument, text=_TEXTS),
)


@given(_TEXTS, st.lists(_CHANGES, max_size=6), _ENCODINGS)
def test_changes_are_applied_in_order(
    text: str, changes: list[types.TextDocumentContentChangeEvent], encoding: Encoding
) -> None:
    assert applied(text, changes, encoding) == _replayed(text, changes, encoding)


@given(
    _TEXTS, st.lists(st.tuples(_POSITIONS, _POSITIONS, st.text(st.sampled_from(_CHARACTERS), max_size=3))), _ENCODINGS
)
def test_changes_from_the_end_to_the_start(
    text: str, edits: list[tuple[types.Position, types.Position, str]], encoding: Encoding
) -> None:
    """The way editors send "replace all", which takes the short cut."""
    ordered = sorted(edits, key=lambda edit: (max(edit[:2], key=_key).line, max(edit[:2], key=_key).character))
    changes: list[types.TextDocumentContentChangeEvent] = [
        types.TextDocumentContentChangePartial(range=types.Range(min(a, b, key=_key), max(a, b, key=_key)), text=new)
        for a, b, new in reversed(ordered)
    ]
    assert applied(text, changes, encoding) == _replayed(text, changes, encoding)


def _key(position: types.Position) -> tuple[int, int]:
    return position.line, position.character


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("a\r\nb", [_partial((0, 1), (1, 0), "")], "ab"),
        ("a\rb\nc", [_partial((1, 0), (2, 0), "x")], "a\rxc"),
        ("a\x0cb\n\u2028c", [_partial((1, 1), (1, 2), "d")], "a\x0cb\n\u2028d"),
        ("😀😀", [_partial((0, 2), (0, 2), "-")], "😀-😀"),
        # A CRLF that the first change makes of a CR and an LF is one line end for the second.
        ("a\rX\nb", [_partial((1, 0), (1, 1), ""), _partial((1, 0), (1, 1), "c")], "a\r\nc"),
        # Past the end, and from the end to the start.
        ("ab", [_partial((7, 0), (9, 9), "c"), _partial((0, 2), (0, 1), "-")], "a-c"),
        ("ab\ncd", [_partial((1, 0), (1, 2), ""), _partial((0, 2), (0, 9), "")], "ab\n"),
    ],
)
def test_one_notification(text: str, changes: list[types.TextDocumentContentChangeEvent], expected: str) -> None:
    assert applied(text, changes, Encoding.UTF16) == expected


def test_replacing_all_in_a_large_file_indexes_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(LineIndex):
        __slots__ = ()

        def __init__(self, text: str) -> None:
            made.append(len(text))
            super().__init__(text)

    monkeypatch.setattr("mlwarden_lsp.convert.LineIndex", Counted)
    text = "pickle.load(a); pickle.load(b)\n" * 3000
    changes = [_partial((line, at), (line, at + 6), "x") for line in reversed(range(3000)) for at in (16, 0)]
    assert applied(text, changes, Encoding.UTF16) == text.replace("pickle", "x")
    assert made == [len(text)]
