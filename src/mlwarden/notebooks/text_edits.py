"""Edit a text that a notebook keeps as JSON strings: the fewest characters change, the layout stays.

Offsets count in the decoded text; the results are edits of the file's text.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.literals import TextMap

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NON_ASCII_ESCAPE = re.compile(r"\\u(?!00[0-7])[0-9a-fA-F]{4}")
_FIRST_INDENT = re.compile(r"\ufeff?[ \t\r\n]*\{[ \t]*(\r?\n)([ \t]*)\"")
_KEY_INDENT = re.compile(r'([ \t]*)"[^"\r\n]*"[ \t]*:[ \t]*')
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Change:
    """Replace the decoded text from `start` to `end` by `replacement`."""

    start: int
    end: int
    replacement: str


@dataclass(slots=True)
class _Part:
    """A stretch of the new text, as it stands between JSON quotes.

    Attributes:
        raw: escaped.
        index: the string that it is kept from, or -1 for inserted text.
        whole_start, whole_end: whether it is kept from that string's start, and up to its end.
        ends_line: whether its last character is a line feed.
    """

    raw: str
    ends_line: bool
    index: int = -1
    whole_start: bool = False
    whole_end: bool = False


def text_edits(text_map: TextMap, decoded: str, changes: Sequence[Change]) -> list[TextEdit]:
    """Carry out changes of a decoded text in the file.

    In a list of strings, new lines become entries of their own, laid out as the others, and entries from which
    everything is deleted go: the list looks as nbformat would write it, if it did so before.

    Args:
        text_map: where the text stands.
        decoded: the text.
        changes: in order, not overlapping, within the text.

    Raises:
        ValueError: if the file has no place for the text.
    """
    escape = Escaper(text_map)
    todo = deque(change for change in changes if change.replacement or change.start < change.end)
    if not todo:
        return []
    if not text_map.is_list:
        if not len(text_map):
            raise ValueError("there is no text to edit at this place of the notebook")
        return [
            TextEdit(Span(*text_map.places(change.start, change.end)), escape(change.replacement)) for change in todo
        ]
    if not len(text_map):
        return [_fill(text_map, escape, "".join(change.replacement for change in todo))]
    if text_map.gap:
        return _edits_of_lines(text_map, decoded, escape, todo)
    edits: list[TextEdit] = []
    while todo:
        group = _Group(text_map, decoded, escape)
        group.take(todo)
        edits.append(group.edit())
    return [edit for edit in edits if edit.replacement or edit.span.start < edit.span.end]


class Escaper:
    """Escapes text for a JSON string as the file does it: characters beyond ASCII by their numbers, or as they are."""

    def __init__(self, text_map: TextMap) -> None:
        """`text_map` is the text that is edited; where it shows no habit, the rest of the file does."""
        self._map = text_map
        self._ascii: bool | None = None

    def __call__(self, text: str) -> str:
        """The text as it stands between JSON quotes."""
        if text.isascii() and "\x7f" not in text:
            return json.dumps(text)[1:-1]
        if self._ascii is None:
            here = self._map.text[self._map.span.start : self._map.span.end]
            self._ascii = here.isascii() and (
                _has_escapes(here) or (self._map.text.isascii() and _has_escapes(self._map.text))
            )
        raw = json.dumps(text, ensure_ascii=self._ascii)[1:-1]
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", raw)


def _has_escapes(text: str) -> bool:
    """Whether JSON holds an escaped character beyond ASCII."""
    found = text.find("\\u")
    while found >= 0:
        if _NON_ASCII_ESCAPE.match(text, found):
            before = found
            while text[before - 1 : before] == "\\":
                before -= 1
            if (found - before) % 2 == 0:
                return True
        found = text.find("\\u", found + 2)
    return False


class _Group:
    """Changes that touch the same or neighbouring strings of a list, from string `first` to string `last`."""

    def __init__(self, text_map: TextMap, decoded: str, escape: Escaper) -> None:
        self.map = text_map
        self.decoded = decoded
        self.escape = escape
        self.first = self.last = -1
        self.changes: list[Change] = []
        self.parts: list[_Part] = []

    def take(self, changes: deque[Change]) -> None:
        """Move the next change, and those after it that must be laid out together with it, into the group."""
        self.first = self.last = self.map.literal_at(changes[0].start)
        while changes and self.map.literal_at(changes[0].start) <= self.last + 1:
            change = changes.popleft()
            self.changes.append(change)
            self.last = max(self.last, self.map.literal_at(max(change.end - 1, change.start)))
            # What lost its line end is joined with the next line.
            while self._open_ended() and self.last + 1 < len(self.map):
                self.last += 1

    def edit(self) -> TextEdit:
        """The group's edit of the file."""
        self._assemble()
        start, end = self.map.edges(self.first)[0], self.map.edges(self.last)[1]
        if not self.parts:
            return TextEdit(self._removed(), "")
        pieces = [self.parts[0].raw]
        for before, part in zip(self.parts, self.parts[1:], strict=False):
            if before.whole_end and part.index == before.index + 1:
                pieces.append(self.map.text[self.map.edges(before.index)[1] : self.map.edges(part.index)[0]])
            elif before.ends_line:
                pieces.append(f'"{_separator(self.map, self.first)}"')
            pieces.append(part.raw)
        # What is kept at either end of the group needs no replacing.
        first, last = self.parts[0], self.parts[-1]
        if first.index == self.first and first.whole_start:
            start += len(first.raw)
            pieces[0] = ""
        if last is not first and last.index == self.last and last.whole_end:
            end -= len(last.raw)
            pieces[-1] = ""
        return TextEdit(Span(start, max(start, end)), "".join(pieces))

    def _open_ended(self) -> bool:
        """Whether the group's new text ends where neither a line nor a string of the old list ended."""
        end = self.map.bounds(self.last)[1]
        if end > self.map.bounds(self.last)[0] and self.decoded[end - 1] != "\n":
            return False  # a string that ended within a line before: other programs cut at form feeds, too
        for change in reversed(self.changes):
            if change.end < end:
                break
            if change.replacement:
                return not change.replacement.endswith("\n")
            end = change.start
        if end == self.map.bounds(self.first)[0]:
            return False
        return self.decoded[end - 1] != "\n" and self.map.bounds(self.map.literal_at(end - 1))[1] != end

    def _assemble(self) -> None:
        """Lay out the new text of the strings as parts, none of them empty."""
        self.parts = []
        done = self.map.bounds(self.first)[0]
        for change in self.changes:
            self._keep(done, change.start)
            for line in _LINE.findall(change.replacement):
                self.parts.append(_Part(self.escape(line), line.endswith("\n")))
            done = change.end
        self._keep(done, self.map.bounds(self.last)[1])

    def _keep(self, start: int, end: int) -> None:
        """Parts for decoded text that stays, one for each string that it comes from."""
        while start < end:
            index = self.map.literal_at(start)
            whole_start, whole_end = self.map.bounds(index)
            stop = min(end, whole_end)
            begin, finish = self.map.places(start, stop)
            ends_line = self.decoded[stop - 1] == "\n"
            raw = self.map.text[begin:finish]
            self.parts.append(_Part(raw, ends_line, index, start == whole_start, stop == whole_end))
            start = stop

    def _removed(self) -> Span:
        """The range without which the strings of the group are gone from the list."""
        if self.last + 1 < len(self.map):
            return Span(self.map.edges(self.first)[0], self.map.edges(self.last + 1)[0])
        if self.first > 0:
            return Span(self.map.edges(self.first - 1)[1], self.map.edges(self.last)[1])
        return Span(self.map.span.start + 1, self.map.span.end - 1)


def _edits_of_lines(text_map: TextMap, decoded: str, escape: Escaper, todo: deque[Change]) -> list[TextEdit]:
    """The same for a list of lines without their ends, as nbformat 2 has it."""
    edits: list[TextEdit] = []
    while todo:
        first = last = text_map.literal_at(todo[0].start)
        changes: list[Change] = []
        while todo and text_map.literal_at(todo[0].start) <= last:
            changes.append(todo.popleft())
            last = max(last, text_map.literal_at(changes[-1].end))
        if first == last and not any("\n" in change.replacement for change in changes):
            edits += [
                TextEdit(Span(*text_map.places(change.start, change.end)), escape(change.replacement))
                for change in changes
            ]
            continue
        pieces = []
        done = text_map.bounds(first)[0]
        for change in changes:
            pieces += [decoded[done : change.start], change.replacement]
            done = change.end
        pieces.append(decoded[done : text_map.bounds(last)[1]])
        between = f'"{_separator(text_map, first)}"'
        lines = between.join(map(escape, "".join(pieces).split("\n")))
        edits.append(TextEdit(Span(text_map.edges(first)[0], text_map.edges(last)[1]), lines))
    return edits


def _separator(text_map: TextMap, near: int) -> str:
    """What stands between the closing quote of a string in the list and the opening quote of the next."""
    if len(text_map) > 1:
        index = min(near, len(text_map) - 2)
        return text_map.text[text_map.edges(index)[1] + 1 : text_map.edges(index + 1)[0] - 1]
    indent = text_map.text[text_map.span.start + 1 : text_map.edges(0)[0] - 1]
    return f"{_line_comma(text_map)}{indent}" if indent else _inline_comma(text_map)


def _line_comma(text_map: TextMap) -> str:
    """The comma that ends a line of the file: Python 2 wrote a space after it. No string holds a line end."""
    return ", " if ", \n" in text_map.text or ", \r\n" in text_map.text else ","


def _inline_comma(text_map: TextMap) -> str:
    """The comma of a list on one line: with a space if there is one after the colon before the list."""
    return ", " if text_map.text[text_map.span.start - 1 : text_map.span.start] == " " else ","


def _fill(text_map: TextMap, escape: Escaper, replacement: str) -> TextEdit:
    """Put text into an empty list, laid out as the file's indentation suggests."""
    inside = Span(text_map.span.start + 1, text_map.span.end - 1)
    lines = [f'"{escape(line)}"' for line in _LINE.findall(replacement)]
    if not lines:
        return TextEdit(Span(inside.start, inside.start), "")
    text = text_map.text
    file_indent = _FIRST_INDENT.match(text)
    line_start = text.rfind("\n", 0, text_map.span.start) + 1
    own_indent = _KEY_INDENT.fullmatch(text, line_start, text_map.span.start)
    if file_indent is None or own_indent is None:
        return TextEdit(inside, _inline_comma(text_map).join(lines))
    outer = file_indent[1] + own_indent[1]
    inner = outer + file_indent[2]
    return TextEdit(inside, inner + f"{_line_comma(text_map)}{inner}".join(lines) + outer)
