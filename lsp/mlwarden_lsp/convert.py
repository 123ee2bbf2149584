"""Positions of the protocol to offsets in text, and back: the only place where code units are counted.

A position is a line and a number of code units in it: bytes of UTF-8, 16-bit units of UTF-16 or code points, as client
and server agreed. Everything else counts code points. Lines are those of `LineIndex`, which are those of the protocol.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence

from lsprotocol import types

from mlwarden.source.lines import LineIndex

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Encoding(enum.Enum):
    """What a column counts."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def negotiated(offered: Sequence[str] | None) -> Encoding:
    """The first of the client's encodings that is known here, UTF-16 where there is none, as the protocol says."""
    known = {encoding.value: encoding for encoding in Encoding}
    for name in offered or ():
        if name in known:
            return known[name]
    return Encoding.UTF16


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for halves of surrogate pairs, which no parser takes.

    JavaScript's strings may hold them. The replacement counts as many units in each encoding, so positions stay right.
    """
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def units(text: str, encoding: Encoding) -> int:
    """The number of code units that `text` takes."""
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8"))
    return len(text.encode("utf-16-le")) // 2


def code_points(text: str, count: int, encoding: Encoding) -> int:
    """How many code points of `text` the first `count` code units are; all of them if there are fewer.

    A count that ends inside a character means its start.
    """
    if encoding is Encoding.UTF32 or text.isascii():
        return min(count, len(text))
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8")[:count].decode("utf-8", "ignore"))
    return len(text.encode("utf-16-le")[: 2 * count].decode("utf-16-le", "ignore"))


def offset_of(lines: LineIndex, position: types.Position, encoding: Encoding) -> int:
    """The offset of a position; past the end of its line or of the text it is clamped to that end."""
    if position.line >= len(lines):
        return len(lines.text)
    line = max(position.line, 0)
    return lines.starts[line] + code_points(lines.line_text(line), max(position.character, 0), encoding)


def position_of(lines: LineIndex, offset: int, encoding: Encoding) -> types.Position:
    """The position of an offset; past the end of the text it is clamped to that end.

    Between the two characters of a CRLF there is no position: it is the end of the line.
    """
    offset = max(0, min(offset, len(lines.text)))
    line = lines.line_of(offset)
    start = lines.starts[line]
    return types.Position(line, units(lines.text[start : min(offset, lines.line_end(line))], encoding))


def range_of(lines: LineIndex, start: int, end: int, encoding: Encoding) -> types.Range:
    """The range of two offsets."""
    return types.Range(position_of(lines, start, encoding), position_of(lines, end, encoding))


def applied(text: str, changes: Iterable[types.TextDocumentContentChangeEvent], encoding: Encoding) -> str:
    """The text after the changes of one notification, each of which counts in the text that the one before it left.

    Editors send many at once ("replace all"), mostly from the end of the text to its start. As long as they do, the
    lines before the last change are those of the text before all of them, and need not be found again.
    """
    base = LineIndex(text)
    limit, tail = len(text), ""  # the text is base.text[:limit] + tail
    for change in changes:
        if not isinstance(change, types.TextDocumentContentChangePartial):
            base, tail = LineIndex(without_surrogates(change.text)), ""
            limit = len(base.text)
            continue
        changed = tail or limit < len(base.text)
        ends = (change.range.start, change.range.end)
        if changed and not all(_is_before(base, position, limit, encoding) for position in ends):
            base, tail = LineIndex(base.text[:limit] + tail), ""
            limit = len(base.text)
        first = offset_of(base, change.range.start, encoding)
        last = offset_of(base, change.range.end, encoding)
        first, last = min(first, last), max(first, last)
        tail = without_surrogates(change.text) + base.text[last:limit] + tail
        limit = first
    return base.text[:limit] + tail


def _is_before(base: LineIndex, position: types.Position, limit: int, encoding: Encoding) -> bool:
    """Whether the position means the same in the changed text as in `base`, of which only the first part is left.

    On lines before the one that holds `limit` it does; so it does before `limit`, unless it was clamped to it.
    """
    if position.line < base.line_of(limit):
        return True
    if position.line > base.line_of(limit):
        return False
    offset = offset_of(base, position, encoding)
    return offset < min(limit, base.line_end(position.line))
