"""The long words of a text: all that a search for tokens has to read, as no token is short.

A text is searched some thirty times. Of source code a fifth is in words of `MIN_LENGTH` characters, of prose less, so
the words are put together first and searched in place of the text. They are found with `bytes.translate` and
`bytes.find`, at 400 MB/s; `re` looks for a run of characters at 100 MB/s.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from mlwarden.model.record import record

MIN_LENGTH = 20
"""Shortest word that is looked at."""

# As many characters before and after a word are kept: the patterns look at what a value is assigned with (`= "`), and
# at what may not follow a token.
_BEFORE, _AFTER = 6, 1
# Texts are taken in windows, so that a very long one is not held twice. A match that begins near the end of a window is
# found whole in the next; no pattern that is searched for in words is longer than the overlap.
_WINDOW, _OVERLAP = 1 << 20, 512

_IN_WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/+.=%~:"
_TABLE = bytes(ord("a") if code in _IN_WORD else ord(" ") for code in range(256))
_LONG = b"a" * MIN_LENGTH


@record(frozen=True, slots=True)
class LongWords:
    """Some long words of a text, in order, with what stands around them.

    Attributes:
        text: the words; a line end is between two that do not stand side by side.
    """

    text: str
    _here: array[int]
    _there: array[int]

    def place(self, offset: int) -> int:
        """Where a character of `text` stands in the text that the words are from."""
        index = bisect_right(self._here, offset) - 1
        return self._there[index] + offset - self._here[index]


def long_words(text: str) -> Iterator[LongWords]:
    """The long words of a text, window by window; at the border of two windows the same words may come twice."""
    for start in range(0, max(len(text) - _OVERLAP, 1), _WINDOW):
        found = _in_window(text, start, min(start + _WINDOW + _OVERLAP, len(text)))
        if found.text:
            yield found


def _in_window(text: str, start: int, end: int) -> LongWords:
    # One byte a character, so that offsets agree; what Latin-1 does not have becomes `?`, which ends a word.
    marked = text[start:end].encode("latin-1", "replace").translate(_TABLE)
    pieces: list[str] = []
    here, there = array("q"), array("q")
    length = 0
    first = last = -1
    word = marked.find(_LONG)
    while word >= 0:
        begin = max(start + word - _BEFORE, 0)
        if begin > last:
            if first >= 0:
                length += _add(text, first, last, pieces, here, there, length)
            first = begin
        after = marked.find(b" ", word + MIN_LENGTH)
        if after < 0:
            after = len(marked)
        last = start + after + _AFTER
        word = marked.find(_LONG, after)
    if first >= 0:
        _add(text, first, last, pieces, here, there, length)
    return LongWords("\n".join(pieces), here, there)


def _add(text: str, first: int, last: int, pieces: list[str], here: array[int], there: array[int], length: int) -> int:
    """Add a piece; what it adds to the length, the line end after it included."""
    piece = text[first:last]
    pieces.append(piece)
    here.append(length)
    there.append(first)
    return len(piece) + 1
