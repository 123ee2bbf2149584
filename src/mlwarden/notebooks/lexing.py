"""Where Python's logical lines begin and end, told without parsing, for text that is not Python yet.

IPython syntax can begin only where a logical line begins or after an assignment's `=`, outside strings, comments and
brackets. A parser cannot say where that is, as the text does not parse before the magics are taken out.
"""

from __future__ import annotations

import re

from mlwarden.model.record import record

_INDENT = re.compile(r"[ \t\f]*")
_END_OF_LINE = re.compile(r"[\r\n]|\Z")
# What needs a decision; everything between is passed over.
_STOP = re.compile(r"""[#"'()\[\]{}\\\r\n=]|\Z""")
_AFTER_ASSIGNMENT = re.compile(r"[ \t\f]*(?:\\(?:\r\n|\r|\n)[ \t\f]*)?(!|%[ \t]*(?=[A-Za-z_]))")
_IN_STRING = {
    '"': re.compile(r'["\\\r\n]|\Z'),
    "'": re.compile(r"['\\\r\n]|\Z"),
    '"""': re.compile(r'"""|\\|\Z'),
    "'''": re.compile(r"'''|\\|\Z"),
}


@record(frozen=True, slots=True)
class LogicalLine:
    """One logical line, or a blank or comment line.

    Attributes:
        start: its first character.
        code: its first character after the indentation.
        end: its end, before the line end.
        next: where the next line begins.
        last: its last character that is neither space nor comment, or -1 if there is none.
        escape: the `!` or `%` after an assignment's `=`, or -1; if there is one, `end` and `next` are those of the
            physical line, with those joined to it by a backslash.
    """

    start: int
    code: int
    end: int
    next: int
    last: int
    escape: int = -1


def logical_line(text: str, start: int) -> LogicalLine:
    """The logical line that begins at `start`, which must be a line's first character."""
    code = _end(_INDENT, text, start)
    pos = code
    depth = 0
    last = -1
    while True:
        stop = _start(_STOP, text, pos)
        last = _last_solid(text, pos, stop, last)
        character = text[stop : stop + 1]
        pos = stop + 1
        if character == "":
            return LogicalLine(start, code, stop, stop, last)
        if character in "\r\n":
            after = stop + 2 if text.startswith("\r\n", stop) else stop + 1
            if depth == 0:
                return LogicalLine(start, code, stop, after, last)
            pos = after
        elif character == "#":
            pos = _start(_END_OF_LINE, text, pos)
        elif character == "\\":
            pos = stop + 3 if text.startswith("\r\n", stop + 1) else stop + 2
            last = stop
        elif character == "=":
            last = stop
            if depth == 0 and text[stop - 1 : stop] not in tuple("=!<>:"):
                escape = _AFTER_ASSIGNMENT.match(text, pos)
                if escape:
                    end, after = physical_end(text, escape.start(1))
                    return LogicalLine(start, code, end, after, end - 1, escape.start(1))
        elif character in "\"'":
            pos = string_end(text, stop)
            last = pos - 1
        else:
            depth = depth + 1 if character in "([{" else max(depth - 1, 0)
            last = stop


def physical_end(text: str, pos: int) -> tuple[int, int]:
    """The end of the physical line at `pos`, and of those that a backslash at a line's end joins to it.

    Returns:
        The offset before its line end, and the offset of the line after it.
    """
    while True:
        end = _start(_END_OF_LINE, text, pos)
        after = end + 2 if text.startswith("\r\n", end) else min(end + 1, len(text))
        if after == end or after == len(text) or text[end - 1 : end] != "\\" or end == pos:
            return end, after
        pos = after


def string_end(text: str, quote: int) -> int:
    """The offset after the string literal whose opening quote stands at `quote`.

    A string that is not closed ends with its line, or with the text if it is triple-quoted.
    """
    mark = text[quote] * 3 if text.startswith(text[quote] * 3, quote) else text[quote]
    pattern = _IN_STRING[mark]
    pos = quote + len(mark)
    while True:
        stop = _start(pattern, text, pos)
        character = text[stop : stop + 1]
        if character == "\\":
            pos = min(stop + 3 if text.startswith("\r\n", stop + 1) else stop + 2, len(text))
        elif character == "" or character in "\r\n":
            return stop
        else:
            return stop + len(mark)


def _last_solid(text: str, start: int, end: int, last: int) -> int:
    while end > start:
        end -= 1
        if text[end] not in " \t\f":
            return end
    return last


def _start(pattern: re.Pattern[str], text: str, pos: int) -> int:
    match = pattern.search(text, pos)
    assert match is not None
    return match.start()


def _end(pattern: re.Pattern[str], text: str, pos: int) -> int:
    match = pattern.match(text, pos)
    assert match is not None
    return match.end()
