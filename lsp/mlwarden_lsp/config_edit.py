"""The edit that ignores a rule in a configuration file: of its text, so that all else in it stays as it was written."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

from mlwarden.source.toml_places import Node, TomlError, parse_toml

_REST_OF_LINE = re.compile(r"[^\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_INDENT = re.compile(r"[ \t]*")


class Replacement(NamedTuple):
    """Text in place of a range."""

    start: int
    end: int
    text: str


def ignoring(code: str, text: str, table: tuple[str, ...]) -> list[Replacement] | None:
    """The edits after which the configuration's `ignore` names a rule, too.

    What comes out is read again: nothing but that list may differ.

    Args:
        code: the rule's.
        text: of the file.
        table: the keys that lead to mlwarden's settings in it: none in mlwarden.toml.

    Returns:
        The edits in order; None where there is no way that is known to be right.
    """
    try:
        before = _loads(text)
        edits = _Writer(text, parse_toml(text), table).edits(code)
        after = _loads(_applied(text, edits)) if edits else None
    except (TomlError, ValueError, RecursionError):
        return None
    return edits if after is not None and after == _expected(before, table, code) else None


def _loads(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _expected(document: dict[str, Any], table: tuple[str, ...], code: str) -> dict[str, Any] | None:
    inner = document
    for key in table:
        inner = inner.setdefault(key, {})
        if not isinstance(inner, dict):
            return None
    ignored = inner.get("ignore", [])
    if not isinstance(ignored, list) or code in ignored:
        return None
    inner["ignore"] = [*ignored, code]
    return document


def _applied(text: str, edits: list[Replacement]) -> str:
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@dataclass
class _Writer:
    text: str
    root: Node
    table: tuple[str, ...]

    def edits(self, code: str) -> list[Replacement]:
        ours = self.root.get(*self.table)
        listed = ours.get("ignore") if ours is not None else None
        if listed is not None:
            return self._into(listed, f'"{code}"')
        line = f'ignore = ["{code}"]'
        if ours is None:
            return [self._at_end(f"[{'.'.join(self.table)}]{self._newline}{line}{self._newline}")]
        if self.table:
            return [self._below(ours.span.end, line)]
        return [self._at_top(line)]

    @property
    def _newline(self) -> str:
        found = _LINE_END.search(self.text)
        return found[0] if found else "\n"

    def _into(self, listed: Node, item: str) -> list[Replacement]:
        """As the last item; on a line of its own where the last one has one."""
        items = list(listed.elements())
        close = listed.span.end - 1
        if not items:
            return [Replacement(listed.span.start + 1, listed.span.start + 1, item)]
        last = items[-1].span
        between = self.text[last.end : close]
        comma = _comma(between)
        start = self._line_start(last.start)
        if self._line_start(close) <= last.end or self.text[start : last.start].strip():
            # Behind the last item, before a comma that may stand there already.
            return [Replacement(last.end, last.end, f", {item}")]
        indent = _INDENT.match(self.text, start)
        line = f"{indent[0] if indent else ''}{item}{',' if comma else ''}{self._newline}"
        at = self._line_start(close)
        added = Replacement(at, at, line)
        return [added] if comma else [Replacement(last.end, last.end, ","), added]

    def _line_start(self, offset: int) -> int:
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def _below(self, offset: int, line: str) -> Replacement:
        """On a line after the one with this place."""
        rest = _REST_OF_LINE.match(self.text, offset)
        at = rest.end() if rest else offset
        return Replacement(at, at, self._newline + line)

    def _at_top(self, line: str) -> Replacement:
        """After the last key that stands in no table; a file's first comment keeps its place."""
        ends = [node.span.end for _, node in self.root.items() if self._is_plain(node)]
        if ends:
            return self._below(max(ends), line)
        return Replacement(0, 0, line + self._newline)

    def _is_plain(self, node: Node) -> bool:
        """Whether a value stands behind its key, not below a header or dotted."""
        return node.span.start > node.key_span.end and not self.text.startswith("[[", node.span.start)

    def _at_end(self, block: str) -> Replacement:
        end = len(self.text)
        gap = "" if not self.text or self.text.endswith(("\n\n", "\r\n\r\n")) else self._newline
        if self.text and not self.text.endswith(("\n", "\r")):
            gap = self._newline * 2
        return Replacement(end, end, gap + block)


def _comma(between: str) -> bool:
    """Whether a comma stands among white space and comments."""
    return "," in re.sub(r"#[^\r\n]*", "", between)
