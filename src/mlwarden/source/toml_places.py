"""TOML with places: the standard library's reader tells values but not where they stand.

https://toml.io/en/v1.0.0. Strings, booleans, arrays and tables are read; of numbers and dates only the place. What
TOML forbids about defining a table twice is not checked: the later value of a key wins. Line ends inside of strings
stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mlwarden.model.spans import Span

# Arrays and inline tables inside each other, and the parts of a dotted key.
MAX_DEPTH = 64

Value: TypeAlias = "str | bool | list[Node] | dict[str, Node] | None"

_NOWHERE = Span(0, 0)

_BLANK = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"\d{4}-\d\d-\d\d[ ]\d\d:[^\s,\]}#]*|[^\s,\]}#\"'\[{=]+")
_NUMBER_OR_DATE = re.compile(r"[+-]?(?:inf|nan)|[+-]?\d[\w.:+-]*(?: \d\d:[\w.:+-]*)?")
_PLAIN = {"'": re.compile(r"[^'\n\x00-\x08\x0b-\x1f\x7f]*"), '"': re.compile(r'[^"\\\n\x00-\x08\x0b-\x1f\x7f]*')}
_ESCAPE = re.compile(
    r"\\(?:([btnfr\"\\e])|[u]([0-9A-Fa-f]{4})|[U]([0-9A-Fa-f]{8})|[x]([0-9A-Fa-f]{2})|[ \t]*\r?\n[ \t\r\n]*)"
)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\", "e": "\x1b"}


class TomlError(ValueError):
    """The text is not TOML.

    Attributes:
        problem: what was expected or is wrong.
        offset: where.
        line: the same, 1-based.
    """

    def __init__(self, problem: str, text: str, offset: int) -> None:
        self.problem, self.offset, self.line = problem, offset, text.count("\n", 0, offset) + 1
        super().__init__(f"{problem} (line {self.line})")


@dataclass(slots=True)
class Node:
    """A value and its place.

    Attributes:
        value: a string, True or False, None for a number or date, a list, or a table as a dict.
        span: the value, quotes and brackets included; of a table its first header.
        key_span: the key it was given under, of a dotted key the last part; an empty range in arrays.
        inner: offset of a string's first character where its characters stand in the text as they are, else None.
    """

    value: Value
    span: Span
    key_span: Span = _NOWHERE
    inner: int | None = None

    def get(self, *keys: str) -> Node | None:
        """The node under a path of keys in tables; None where there is none."""
        node: Node | None = self
        for key in keys:
            if node is None or not isinstance(node.value, dict):
                return None
            node = node.value.get(key)
        return node

    def items(self) -> Iterator[tuple[str, Node]]:
        """The entries of a table; none of anything else."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def elements(self) -> Iterator[Node]:
        """The elements of an array; none of anything else."""
        if isinstance(self.value, list):
            yield from self.value

    def text(self) -> str:
        """A string's value, "" of anything else."""
        return self.value if isinstance(self.value, str) else ""


def parse_toml(text: str) -> Node:
    """Read a TOML document.

    Raises:
        TomlError: the text is not TOML, or nested deeper than `MAX_DEPTH`.
    """
    return _Parser(text).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def document(self) -> Node:
        root = Node({}, Span(0, 0))
        table = root
        while True:
            self._between()
            if self.position >= len(self.text):
                return root
            if self.text.startswith("[", self.position):
                table = self._header(root)
            else:
                self._entry(table, 0)
            self._end_of_line()

    # --- structure ---------------------------------------------------------------------------------------------

    def _header(self, root: Node) -> Node:
        start = self.position
        is_array = self.text.startswith("[[", start)
        self.position += 1 + is_array
        keys = self._key()
        self._expect("]]" if is_array else "]")
        span = Span(start, self.position)
        parent = root
        for key, key_span in keys[:-1]:
            parent = self._table_in(parent, key, key_span, span)
        key, key_span = keys[-1]
        if not is_array:
            return self._table_in(parent, key, key_span, span)
        assert isinstance(parent.value, dict)
        array = parent.value.get(key)
        if array is None or not isinstance(array.value, list):
            array = parent.value[key] = Node([], span, key_span)
        element = Node({}, span, key_span)
        assert isinstance(array.value, list)
        array.value.append(element)
        return element

    def _table_in(self, parent: Node, key: str, key_span: Span, span: Span) -> Node:
        """The table under a key, made where there is none; of an array of tables the last."""
        assert isinstance(parent.value, dict)
        node = parent.value.get(key)
        if node is not None and isinstance(node.value, list) and node.value:
            node = node.value[-1]
        if node is None or not isinstance(node.value, dict):
            node = parent.value[key] = Node({}, span, key_span)
        return node

    def _entry(self, table: Node, depth: int) -> None:
        """`key = value` into a table."""
        keys = self._key()
        self._expect("=")
        for key, key_span in keys[:-1]:
            table = self._table_in(table, key, key_span, key_span)
        key, key_span = keys[-1]
        node = self._value(depth)
        node.key_span = key_span
        assert isinstance(table.value, dict)
        table.value[key] = node

    def _key(self) -> list[tuple[str, Span]]:
        parts: list[tuple[str, Span]] = []
        while True:
            self._blank()
            start = self.position
            quote = self.text[start : start + 1]
            if quote in ("'", '"') and quote:
                part = self._line_string(quote)[0]
            else:
                match = _BARE_KEY.match(self.text, start)
                if match is None:
                    raise self._error("expected a key")
                part, self.position = match[0], match.end()
            parts.append((part, Span(start, self.position)))
            self._blank()
            if not self.text.startswith(".", self.position):
                return parts
            if len(parts) >= MAX_DEPTH:
                raise self._error(f"nested deeper than {MAX_DEPTH} levels")
            self.position += 1

    # --- values ------------------------------------------------------------------------------------------------

    def _value(self, depth: int) -> Node:
        self._blank()
        start = self.position
        first = self.text[start : start + 1]
        if first in ("'", '"') and first:
            value, inner = (
                self._long_string(first) if self.text.startswith(first * 3, start) else self._line_string(first)
            )
            return Node(value, Span(start, self.position), inner=inner)
        if first in ("[", "{") and first:
            if depth >= MAX_DEPTH:
                raise self._error(f"nested deeper than {MAX_DEPTH} levels")
            inside = self._array(depth) if first == "[" else self._inline_table(depth)
            return Node(inside, Span(start, self.position))
        match = _BARE_VALUE.match(self.text, start)
        if match is None:
            raise self._error("expected a value")
        self.position = match.end()
        if match[0] in ("true", "false"):
            return Node(match[0] == "true", Span(start, self.position))
        if not _NUMBER_OR_DATE.fullmatch(match[0]):
            raise self._error("expected a value: strings stand in quotes", start)
        return Node(None, Span(start, self.position))

    def _array(self, depth: int) -> list[Node]:
        elements: list[Node] = []
        self.position += 1
        while True:
            self._between()
            if self.text.startswith("]", self.position):
                self.position += 1
                return elements
            elements.append(self._value(depth + 1))
            self._between()
            if self.text.startswith(",", self.position):
                self.position += 1
            elif not self.text.startswith("]", self.position):
                raise self._error("expected ',' or ']'")

    def _inline_table(self, depth: int) -> dict[str, Node]:
        table = Node({}, Span(0, 0))
        self.position += 1
        while True:
            self._between()  # line ends and comments: TOML 1.1
            if self.text.startswith("}", self.position):
                self.position += 1
                assert isinstance(table.value, dict)
                return table.value
            self._entry(table, depth + 1)
            self._between()
            if self.text.startswith(",", self.position):
                self.position += 1
            elif not self.text.startswith("}", self.position):
                raise self._error("expected ',' or '}'")

    def _line_string(self, quote: str) -> tuple[str, int | None]:
        """A string on one line, at its opening quote."""
        start = self.position
        self.position += 1
        pieces: list[str] = []
        while True:
            plain = self._plain(quote)
            pieces.append(plain)
            character = self.text[self.position : self.position + 1]
            if character == quote:
                self.position += 1
                as_is = len(pieces) == 1
                return "".join(pieces), start + 1 if as_is else None
            if character != "\\" or quote == "'":
                raise self._error("expected a closing quote for this string", start)
            pieces.append(self._escape(multiline=False))

    def _long_string(self, quote: str) -> tuple[str, int | None]:
        """A string in three quotes, which may go over lines and hold one or two quotes anywhere."""
        start = self.position
        self.position += 3
        if self.text.startswith("\r\n", self.position):
            self.position += 2
        elif self.text.startswith("\n", self.position):
            self.position += 1
        first = self.position
        pieces: list[str] = []
        as_is = True
        while True:
            pieces.append(self._plain(quote))
            character = self.text[self.position : self.position + 1]
            if self.text.startswith(quote * 3, self.position):
                self.position += 3
                for _ in range(2):  # quotes just before the closing three belong to the string
                    if self.text.startswith(quote, self.position):
                        pieces.append(quote)
                        self.position += 1
                return "".join(pieces), first if as_is else None
            if character == "\\" and quote == '"':
                pieces.append(self._escape(multiline=True))
                as_is = False
            elif character in (quote, "\n") or self.text.startswith("\r\n", self.position):
                pieces.append(character)
                self.position += 1
            else:
                raise self._error("expected three closing quotes for this string", start)

    def _plain(self, quote: str) -> str:
        match = _PLAIN[quote].match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match[0]

    def _escape(self, multiline: bool) -> str:
        match = _ESCAPE.match(self.text, self.position)
        if match is None:
            raise self._error("not an escape sequence")
        digits = match[2] or match[3] or match[4]
        if match[1] is None and digits is None and not multiline:
            raise self._error("not an escape sequence")
        self.position = match.end()
        if match[1] is not None:
            return _ESCAPED[match[1]]
        if digits is None:
            return ""
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise self._error("not a character's number", match.start())
        return chr(code)

    # --- the small things --------------------------------------------------------------------------------------

    def _blank(self) -> None:
        match = _BLANK.match(self.text, self.position)
        if match is not None:
            self.position = match.end()

    def _between(self) -> None:
        """Pass over white space, line ends and comments."""
        while (match := _BETWEEN.match(self.text, self.position)) is not None:
            self.position = match.end()

    def _end_of_line(self) -> None:
        self._blank()
        rest = self.text[self.position : self.position + 1]
        if rest and rest not in "#\r\n":
            raise self._error("expected the end of the line")

    def _expect(self, token: str) -> None:
        self._blank()
        if not self.text.startswith(token, self.position):
            raise self._error(f"expected '{token}'")
        self.position += len(token)

    def _error(self, problem: str, offset: int | None = None) -> TomlError:
        return TomlError(problem, self.text, self.position if offset is None else offset)
