"""Where comments stand in Python, in files with `#` comments, and in Markdown and HTML.

The scanners read only what is needed to tell a comment from a string. They take broken code as well as good code, give
the same answer under every Python version, and take time linear in the text whatever is in it, which `tokenize` does
not promise: it stops at the first error, and it runs only on texts that hold one of the words looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mlwarden.source.lines import LineIndex


class Comment(NamedTuple):
    """A comment.

    Attributes:
        text: the comment with its marker: "# noqa", "<!-- ... -->".
        start: where it starts.
        line: its 0-based line.
        own_line: whether nothing but white space stands before it on its line, nor after it.
    """

    text: str
    start: int
    line: int
    own_line: bool


class Layout(NamedTuple):
    """The comments of a text, and which of its lines belong together.

    Attributes:
        comments: in order.
        joined: (first, last) runs of lines joined by a string or a backslash, in order and apart from each other:
            on all but the last line of such a run, a comment cannot be written.
    """

    comments: tuple[Comment, ...] = ()
    joined: tuple[tuple[int, int], ...] = ()


# --- Python ------------------------------------------------------------------------------------------------------

_POINT_OF_INTEREST = re.compile(r"""\#[^\r\n]*  |  '{3} | "{3} | ' | "  |  \\(?:\r\n|\r|\n)""", re.VERBOSE)
# The rest of a string after its opening quote; of a string that is not closed, the rest of the line.
_STRING_REST = {
    quote: re.compile(rf"[^{quote}\\\r\n]*(?:\\(?:\r\n|[\s\S])[^{quote}\\\r\n]*)*{quote}?") for quote in ("'", '"')
}


def python_layout(lines: LineIndex) -> Layout:
    """The comments of Python code, and the lines that strings and backslashes join.

    A `#` in a string is no comment. After a triple quote that nothing closes, as while somebody is typing, triple
    quotes are read as ordinary ones, so that the comments below it keep their force.
    """
    text = lines.text
    comments: list[Comment] = []
    joined: list[tuple[int, int]] = []
    unclosed = False
    position = 0
    while match := _POINT_OF_INTEREST.search(text, position):
        found, position = match.group(), match.end()
        if found[0] == "#":
            line = lines.line_of(match.start())
            own_line = not text[lines.starts[line] : match.start()].strip()
            comments.append(Comment(found, match.start(), line, own_line))
            continue
        if len(found) == 3 and found[0] != "\\":
            end = -1 if unclosed else _triple_end(text, position, found)
            unclosed = end < 0
            position = max(end, position)
        elif rest := _STRING_REST.get(found):
            string = rest.match(text, position)
            assert string is not None  # it matches the empty text
            position = string.end()
        _join(joined, lines.line_of(match.start()), lines.line_of(position))
    return Layout(tuple(comments), tuple(joined))


def _triple_end(text: str, position: int, quotes: str) -> int:
    """Just after the quotes that close a string whose text starts at `position`, or -1."""
    found = text.find(quotes, position)
    while found >= 0:
        before = found
        while before > position and text[before - 1] == "\\":
            before -= 1
        if (found - before) % 2 == 0:
            return found + 3
        found = text.find(quotes, found + 1)
    return -1


def _join(joined: list[tuple[int, int]], first: int, last: int) -> None:
    if first == last:
        return
    if joined and first <= joined[-1][1]:
        joined[-1] = (joined[-1][0], last)
    else:
        joined.append((first, last))


# --- files with `#` comments -------------------------------------------------------------------------------------

# A comment starts a line or follows white space; a quote opens a string unless a word stands before it ("don't").
_HASH_OR_QUOTE = re.compile(r"""(?<!\S)\#|(?<!\w)["']""", re.VERBOSE)
_QUOTED_REST = {'"': re.compile(r'[^"\\]*(?:\\[\s\S][^"\\]*)*"'), "'": re.compile(r"[^']*'")}


def hash_layout(lines: LineIndex, numbers: Iterable[int]) -> Layout:
    """The `#` comments on the lines with the given numbers, in YAML, TOML, INI, shell, .env, Dockerfiles and so on.

    These languages agree on no more than this: `#` at the start of a line or after white space, outside quotes that
    are closed on the same line.
    """
    comments = []
    for number in numbers:
        start = lines.starts[number]
        line = lines.line_text(number)
        column = _hash_column(line)
        if column is not None:
            comments.append(Comment(line[column:], start + column, number, not line[:column].strip()))
    return Layout(tuple(comments))


def _hash_column(line: str) -> int | None:
    unclosed = ""
    position = 0
    while match := _HASH_OR_QUOTE.search(line, position):
        found, position = match.group(), match.end()
        if found == "#":
            return match.start()
        if found not in unclosed:
            rest = _QUOTED_REST[found].match(line, position)
            if rest is not None:
                position = rest.end()
            else:
                unclosed += found
    return None


# --- Markdown and HTML -------------------------------------------------------------------------------------------


def markup_layout(lines: LineIndex, numbers: Iterable[int]) -> Layout:
    """The `<!-- ... -->` comments that lie wholly on one of the lines with the given numbers."""
    comments = []
    for number in numbers:
        line = lines.line_text(number)
        alone = line.strip()
        end = 0
        while (start := line.find("<!--", end)) >= 0 and (close := line.find("-->", start + 4)) >= 0:
            end = close + 3
            found = line[start:end]
            comments.append(Comment(found, lines.starts[number] + start, number, found == alone))
    return Layout(tuple(comments))
