"""Where in a TOML text a cursor stands, also while the text is being typed and is no TOML yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>[ \t]+)
      | (?P<comment>\#[^\r\n]*)
      | (?P<end>\r\n|\r|\n)
      | (?P<long>\"{3}(?:[^\\]|\\[\s\S])*?(?:\"{3}|\Z) | '{3}[\s\S]*?(?:'{3}|\Z))
      | (?P<string>"(?:[^"\\\r\n]|\\[^\r\n])*"? | '[^'\r\n]*'?)
      | (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<equals>=) | (?P<dot>\.)
      | (?P<bare>[A-Za-z0-9_-]+)
      | (?P<other>[\s\S])""",
    re.VERBOSE,
)
_HEADER = re.compile(r"""[ \t]*\[\[?(?P<keys>(?:[^\]\r\n"']|"[^"\r\n]*"|'[^'\r\n]*')*)\]\]?""")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"[^"\r\n]*"|'[^'\r\n]*'""")


class Cursor(NamedTuple):
    """A place in a TOML text.

    Attributes:
        path: the keys that lead there, that of the table first.
        is_key: a key may stand here.
        start, end: the word or string here, without its quotes; an empty range between words.
        quoted: these are inside of quotes.
        in_array: the place is in an array.
        taken: the strings in the same array.
    """

    path: tuple[str, ...]
    is_key: bool
    start: int
    end: int
    quoted: bool
    in_array: bool
    taken: frozenset[str]


@dataclass
class _Level:
    """An array or inline table that is open, or the table that a line is in.

    Attributes:
        bracket: "[", "{", or "" for the table.
        key: the parts of the key that is being read.
        in_value: an equals sign came after it.
        strings: of an array, with their places.
    """

    bracket: str
    key: list[str] = field(default_factory=list)
    in_value: bool = False
    strings: list[str] = field(default_factory=list)


def cursor_at(text: str, offset: int) -> Cursor | None:
    """What is at an offset; None in comments, headers and strings over several lines."""
    table: tuple[str, ...] = ()
    levels = [_Level("")]
    position, line_start = 0, True
    at: _Level | None = None
    found: Cursor | None = None
    while position < len(text):
        header = _HEADER.match(text, position) if line_start and len(levels) == 1 else None
        if header is not None:
            if position <= offset <= header.end():
                return None
            table = tuple(key.strip("\"'") for key in _KEY.findall(header["keys"]))
            position, line_start, levels = header.end(), False, [_Level("")]
            continue
        token = _TOKEN.match(text, position)
        assert token is not None  # its last alternative takes any character
        if found is None and position <= offset <= token.end() and _holds(token, offset):
            found, at = _cursor(table, levels, token, offset), levels[-1]
            if found is None:
                return None
        if found is not None and (at is None or not at.bracket or at not in levels):
            break
        line_start = token.lastgroup == "end" or (line_start and token.lastgroup == "space")
        _step(levels, token)
        position = token.end()
    if found is None:
        return _between(table, levels, offset)
    return found._replace(taken=frozenset(at.strings)) if at is not None and found.in_array else found


def _holds(token: re.Match[str], offset: int) -> bool:
    """Whether the place belongs to the token rather than to what follows it."""
    match token.lastgroup:
        case "bare" | "comment":
            return True
        case "string" | "long":
            # Behind the closing quote the string is over.
            closed = len(token[0]) > 1 and token[0][-1] == token[0][0]
            return token.start() < offset and (offset < token.end() or not closed)
        case "space":
            return offset < token.end()
        case _:
            return token.start() == offset


def _cursor(table: tuple[str, ...], levels: list[_Level], token: re.Match[str], offset: int) -> Cursor | None:
    place = _between(table, levels, offset)
    match token.lastgroup:
        case "comment":
            return None if offset > token.start() else place
        case "long":
            return None
        case "string":
            closed = len(token[0]) > 1 and token[0][-1] == token[0][0]
            return place._replace(start=token.start() + 1, end=token.end() - closed, quoted=True)
        case "bare":
            return place._replace(start=token.start(), end=token.end())
        case _:
            return place


def _between(table: tuple[str, ...], levels: list[_Level], offset: int) -> Cursor:
    path = table
    for level in levels:
        if level.in_value:
            path = (*path, *level.key)
    top = levels[-1]
    is_key = top.bracket != "[" and not top.in_value
    if is_key and top.key:
        path = (*path, *top.key)  # the first parts of a dotted key
    return Cursor(path, is_key, offset, offset, False, top.bracket == "[", frozenset(top.strings))


def _step(levels: list[_Level], token: re.Match[str]) -> None:
    """What comes after a token."""
    top, text = levels[-1], token[0]
    match token.lastgroup:
        case "open":
            levels.append(_Level(text))
        case "close":
            if len(levels) > 1:
                levels.pop()
        case "equals":
            top.in_value = True
        case "end":
            if not top.bracket:
                levels[:] = [_Level("")]
        case "other":
            if text == "," and top.bracket == "{":
                top.key, top.in_value = [], False
        case "string" | "bare":
            if top.bracket == "[":
                top.strings.append(text.strip("\"'"))
            elif not top.in_value:
                top.key.append(text.strip("\"'"))
        case _:
            pass
