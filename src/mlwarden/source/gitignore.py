"""The patterns of .gitignore files, matched as git does: https://git-scm.com/docs/gitignore.

A walk asks for each entry of each folder and does not enter folders that are ignored; so a pattern is matched
against the entry itself and never against what lies below it, as git's own walk does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, Protocol

# The classes that git's wildmatch knows, by ASCII ranges for a regular expression's set.
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "cntrl": "\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": " \t\n\r",  # git's own idea of a space
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_SPECIAL = re.compile(r"[*?\[\\]")
# What the stars of a glob become: within a name, over folders with their last slash, over everything.
_IN_NAME, _FOLDERS, _ALL = "[^/]*", "(?:.*/)?", ".*"
_STARS = (_IN_NAME, _FOLDERS, _ALL)
# A regular expression tries the lengths of each star against those of all others; with this many it is not used.
_MANY_STARS = 3


class _Matcher(Protocol):
    def fullmatch(self, text: str, /) -> object: ...


class _Pattern(NamedTuple):
    pieces: tuple[str, ...]
    negated: bool
    folders_only: bool
    whole_path: bool


class IgnoreRules:
    """The patterns of one ignore file, the last that matches deciding."""

    __slots__ = ("_compiled", "_names", "_paths")

    def __init__(self, lines: Iterable[str]) -> None:
        """Take the lines of an ignore file (their line ends dropped); blank ones and comments are passed over."""
        patterns = [pattern for line in lines if (pattern := _parsed(line)) is not None]
        self._compiled = [(_compiled(pattern.pieces), pattern) for pattern in reversed(patterns)]
        # Nearly every entry matches nothing: one look at all patterns at once settles those.
        self._names = _any_of([pattern.pieces for pattern in patterns if not pattern.whole_path])
        self._paths = _any_of([pattern.pieces for pattern in patterns if pattern.whole_path])

    @classmethod
    def of_text(cls, content: bytes) -> IgnoreRules:
        """The rules of an ignore file's bytes."""
        if content.startswith(b"\xef\xbb\xbf"):
            content = content[3:]
        lines = (line[:-1] if line.endswith("\r") else line for line in content.decode("latin-1").split("\n"))
        return cls(_as_bytes_text(line, decoded=False) for line in lines)

    def __bool__(self) -> bool:
        """Whether there is any pattern."""
        return bool(self._compiled)

    def decide(self, path: str, is_folder: bool) -> bool | None:
        """Whether an entry is ignored; None where no pattern speaks of it.

        Args:
            path: relative to the folder of the ignore file, with forward slashes, without one at either end.
            is_folder: a symbolic link to a folder is none.
        """
        path = _as_bytes_text(path)
        name = path[path.rfind("/") + 1 :]
        if (self._names is None or not self._names.fullmatch(name)) and (
            self._paths is None or not self._paths.fullmatch(path)
        ):
            return None
        for regex, pattern in self._compiled:
            if (is_folder or not pattern.folders_only) and regex.fullmatch(path if pattern.whole_path else name):
                return not pattern.negated
        return None


def _as_bytes_text(text: str, decoded: bool = True) -> str:
    """One character per byte: git matches bytes, so that `?` is half an `é`."""
    if not decoded or text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _compiled(pieces: tuple[str, ...]) -> _Matcher:
    if sum(piece in _STARS for piece in pieces) >= _MANY_STARS:
        return _StarMatcher(pieces)
    return re.compile("".join(pieces), re.DOTALL)


def _any_of(patterns: list[tuple[str, ...]]) -> _Matcher | None:
    """What matches whenever one of the patterns does, and maybe more often; None for no pattern."""
    if not patterns:
        return None
    if any(sum(piece in _STARS for piece in pieces) >= _MANY_STARS for pieces in patterns):
        return re.compile(".*", re.DOTALL)
    return re.compile("|".join(dict.fromkeys(f"(?:{''.join(pieces)})" for pieces in patterns)), re.DOTALL)


class _StarMatcher:
    """Matches pieces in time that grows with their number times the length of the text, whatever they are."""

    def __init__(self, pieces: tuple[str, ...]) -> None:
        self._pieces = [piece if piece in _STARS else re.compile(piece, re.DOTALL) for piece in pieces]

    def fullmatch(self, text: str, /) -> bool:
        """Whether the pieces match all of the text: follows the set of places that they can have come to."""
        places = {0}
        for piece in self._pieces:
            if not places:
                return False
            if isinstance(piece, re.Pattern):
                places = {found.end() for place in places if (found := piece.match(text, place))}
            else:
                places = _after_star(piece, text, places)
        return len(text) in places


def _after_star(star: str, text: str, places: set[int]) -> set[int]:
    first = min(places)
    if star == _ALL:
        return set(range(first, len(text) + 1))
    if star == _FOLDERS:
        return places | {at + 1 for at in range(first, len(text)) if text[at] == "/"}
    reached: set[int] = set()
    open_name = False
    for at in range(first, len(text) + 1):
        open_name = at in places or (open_name and text[at - 1] != "/")
        if open_name:
            reached.add(at)
    return reached


def _parsed(line: str) -> _Pattern | None:
    if line.startswith("#"):
        return None
    line = _without_trailing_spaces(line)
    negated = line.startswith("!")
    if negated:
        line = line[1:]
    if not line:
        return None
    folders_only = line.endswith("/")
    if folders_only:
        line = line[:-1]
    whole_path = "/" in line
    if line.startswith("/"):
        line = line[1:]
    return _Pattern(_pieces(line, whole_path), negated, folders_only, whole_path)


def _without_trailing_spaces(line: str) -> str:
    """Spaces at the end go, unless a backslash stands before them."""
    keep = index = 0
    while index < len(line):
        if line[index] == "\\":
            index += 1
            if index == len(line):
                return line
            keep = index + 1
        elif line[index] != " ":
            keep = index + 1
        index += 1
    return line[:keep]


def _pieces(glob: str, whole_path: bool) -> tuple[str, ...]:
    """The regular expressions for the pieces of a glob; one that never matches where git cannot match it either."""
    never = ("(?!)",)
    pieces: list[str] = []
    index = 0
    while index < len(glob):
        character = glob[index]
        if character == "*":
            piece, index = _star(glob, index, whole_path)
            # A second star of the same kind adds nothing.
            if not pieces or pieces[-1] != piece:
                pieces.append(piece)
        elif character == "?":
            pieces.append("[^/]")
            index += 1
        elif character == "[":
            found = _set(glob, index + 1)
            if found is None:
                return never
            piece, index = found
            pieces.append(piece)
        else:
            if character == "\\":
                index += 1
                if index == len(glob):
                    return never
            special = _SPECIAL.search(glob, index + 1)
            end = special.start() if special else len(glob)
            pieces.append(re.escape(glob[index:end]))
            index = end
    return tuple(pieces)


def _star(glob: str, start: int, whole_path: bool) -> tuple[str, int]:
    """The star or stars at `start`, and the index after them."""
    end = start
    while end < len(glob) and glob[end] == "*":
        end += 1
    # Two stars span folders when they are all there is between slashes. git first takes off the literal characters
    # before the first special one, so that stars right after those count as standing at the start.
    at_start = start == 0 or glob[start - 1] == "/" or not _SPECIAL.search(glob, 0, start)
    if whole_path and end - start >= 2 and at_start:
        if glob[end : end + 1] == "/":
            return _FOLDERS, end + 1
        if end == len(glob) or glob[end : end + 2] == "\\/":
            return _ALL, end
    return _IN_NAME, end


def _set(glob: str, index: int) -> tuple[str, int] | None:
    """The set that starts after a `[`, and the index after its `]`; None where it never matches."""
    negated = glob[index : index + 1] in ("!", "^")
    index += negated
    pieces: list[str] = []
    previous = ""  # what a range may start with
    first = True
    while first or glob[index : index + 1] != "]":
        first = False
        character = glob[index : index + 1]
        if not character:
            return None
        if character == "\\":
            index += 1
            character = glob[index : index + 1]
            if not character:
                return None
            pieces.append(re.escape(character))
        elif character == "-" and previous and glob[index + 1 : index + 2] not in ("", "]"):
            index += 1
            if glob[index] == "\\":
                index += 1
                if index == len(glob):
                    return None
            last = glob[index]
            if previous <= last:
                pieces.append(f"{re.escape(previous)}-{re.escape(last)}")
            character = ""
        elif glob.startswith("[:", index):
            end = glob.find("]", index + 2)
            if end < 0:
                return None
            if end - 1 >= index + 2 and glob[end - 1] == ":":
                ranges = _CLASSES.get(glob[index + 2 : end - 1])
                if ranges is None:
                    return None
                pieces.append(ranges)
                index = end
                character = ""
            else:
                pieces.append(r"\[")
        else:
            pieces.append(re.escape(character))
        previous = character
        index += 1
    if not pieces:  # only ranges that run backwards
        return ("[^/]", index + 1) if negated else None
    return f"(?!/)[{'^' if negated else ''}{''.join(pieces)}]", index + 1
