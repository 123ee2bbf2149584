"""Text kept as JSON string literals: decoded offsets to places in the file, and back.

Notebooks keep a text as one string or as a list of strings that are joined. `TextMap` treats both alike.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right

from mlwarden.model.spans import Span
from mlwarden.notebooks.json_text import JsonCursor

# One escape that stands for one code point: a surrogate pair, a \uXXXX, or a short one such as \n.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")


class Literal:
    """The contents of one JSON string literal, without its quotes.

    Attributes:
        text: the file's text.
        start, end: where the contents stand in it.
    """

    __slots__ = ("_after", "_at", "end", "start", "text")

    def __init__(self, text: str, start: int, end: int, length: int | None = None) -> None:
        """`length` is the decoded length, where it is known; it saves the search when there are no escapes."""
        self.text, self.start, self.end = text, start, end
        # For the n-th escape: its offset in the decoded string, and the place just after it in the file.
        self._at = array("q")
        self._after = array("q")
        if length != end - start:
            before = start
            decoded = 0
            for match in _ESCAPE.finditer(text, start, end):
                decoded += match.start() - before
                before = match.end()
                self._at.append(decoded)
                self._after.append(before)
                decoded += 1

    def __len__(self) -> int:
        """The decoded length."""
        if not self._at:
            return self.end - self.start
        return self._at[-1] + 1 + self.end - self._after[-1]

    def place(self, offset: int) -> int:
        """Where the decoded character at `offset` begins in the file; for the decoded length, the end."""
        known = bisect_left(self._at, offset)
        if known == 0:
            return self.start + offset
        return self._after[known - 1] + offset - self._at[known - 1] - 1

    def offset(self, place: int) -> int:
        """The decoded offset of the character that the file holds at `place`, be it in the middle of an escape."""
        known = bisect_right(self._after, place)
        base, decoded = (self.start, 0) if known == 0 else (self._after[known - 1], self._at[known - 1] + 1)
        offset = decoded + place - base
        return min(offset, self._at[known]) if known < len(self._at) else offset


class TextMap:
    """A decoded text and its literals in a file.

    Attributes:
        text: the file's text.
        span: the JSON value.
        is_list: whether it is a list of strings.
        gap: how many characters join two literals that do not stand in the file.
        length: the decoded length.
    """

    __slots__ = ("_ends", "_last", "_offsets", "_starts", "gap", "is_list", "length", "span", "text")

    def __init__(self, text: str, span: Span, gap: int = 0) -> None:
        """Read the JSON value at `span`; one that is not text has no literals.

        Args:
            text: the file's text.
            span: a string or a list of strings in it, as a reader of the file found it.
            gap: as above.
        """
        self.text, self.span, self.gap = text, span, gap
        found = array("q")
        self.is_list = text[span.start : span.start + 1] == "["
        if span.start == span.end or JsonCursor(text, span.start).lines(literals=found) is None:
            found = array("q")
        self._starts, self._ends = found[0::3], found[1::3]
        self._offsets = array("q")
        offset = 0
        for length in found[2::3]:
            self._offsets.append(offset)
            offset += length + gap
        self.length = offset - gap if found else 0
        self._last: tuple[int, Literal] | None = None  # questions come in order, many about one literal

    def __len__(self) -> int:
        """The number of literals."""
        return len(self._starts)

    def literal(self, index: int) -> Literal:
        """The literal with that index."""
        if self._last is None or self._last[0] != index:
            start, end = self.bounds(index)
            self._last = index, Literal(self.text, *self.edges(index), end - start)
        return self._last[1]

    def edges(self, index: int) -> tuple[int, int]:
        """Where the contents of a literal begin and end in the file, without the quotes."""
        return self._starts[index], self._ends[index]

    def bounds(self, index: int) -> tuple[int, int]:
        """Where a literal begins and ends in the decoded text."""
        start = self._offsets[index]
        end = self._offsets[index + 1] - self.gap if index + 1 < len(self._offsets) else self.length
        return start, end

    def literal_at(self, offset: int) -> int:
        """The index of the literal that holds the decoded character at `offset`; at the very end, the last one."""
        return max(bisect_right(self._offsets, offset) - 1, 0)

    def place(self, offset: int) -> int:
        """Where the decoded character at `offset` begins in the file; at the very end, the end of the last literal.

        Where one literal ends and the next begins, it is the next. In a text without literals, where one would go.
        """
        if not self._starts:
            return min(self.span.start + self.is_list, self.span.end)
        index = self.literal_at(offset)
        start, end = self.bounds(index)
        return self.literal(index).place(min(offset, end) - start)

    def places(self, start: int, end: int) -> tuple[int, int]:
        """The range in the file from the first to the last character of a decoded range."""
        first = self.place(start)
        if end <= start or not self._starts:
            return first, first
        index = self.literal_at(end - 1)
        begin, limit = self.bounds(index)
        return first, self.literal(index).place(min(end, limit) - begin)

    def offset(self, place: int) -> int:
        """The decoded offset of the character at `place`; between two literals, where the next one begins."""
        index = bisect_right(self._starts, place) - 1
        if index < 0:
            return 0
        start, end = self.bounds(index)
        if place < self._ends[index]:
            return start + self.literal(index).offset(place)
        return end if index + 1 == len(self._starts) else self._offsets[index + 1]
