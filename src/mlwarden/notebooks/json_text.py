"""A JSON reader that knows where things stand in the text.

The standard library's decoder gives values without places and builds everything it reads. `JsonCursor` is pulled
through the text by its caller, who takes what is of interest, with its place, and skips the rest without building it:
a picture of ten megabytes costs one regular expression match. Strings are decoded by the standard library's C code.

The grammar is RFC 8259 with the three constants that Python and JavaScript tools write (`NaN`, `Infinity`, `-Infinity`)
and a leading byte-order mark. Nesting is limited, no function recurses over the text, and no regular expression
repeats a group without a bound (the engine keeps a record for each repetition).
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Iterator
from json.decoder import JSONDecodeError
from json.decoder import scanstring as _scanstring  # type: ignore[attr-defined]  # documented by its use in json alone
from typing import Any, NoReturn

MAX_DEPTH = 200
"""Deepest nesting that is read; notebooks need about ten levels, charts kept as JSON about thirty."""

# Python refuses to convert longer runs of digits to an int (sys.set_int_max_str_digits).
_MAX_DIGITS = 4000
# Up to here a list of strings is decoded in one go; longer ones in portions, so that not all parts are held at once.
_SMALL = 1 << 18
_PORTION = 4096

# What is skipped is first tried on the C decoder, in a portion this long: small values end in it, and big ones are
# entered and tried member by member, so that memory stays small.
_GLANCE = 4096
# Longer lists are tried on it as well if they can be nothing but lists of strings: pictures are kept line by line.
_LINES = 4 << 20
# Strings up to here are passed over by the C decoder, which copies them, longer ones by a regular expression.
_COPIED = 1 << 20

_SPACE = re.compile(r"[ \t\n\r]*")
_SPACES = frozenset(" \t\n\r")
_CONTAINERS = frozenset("[{")
# What is usual between two values, and before a value in an object, each passed in one step.
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_PLAIN_KEY = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPES = re.compile(r'(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*){1,500}')
_SCALAR_TEXT = r"true|false|null|NaN|-?Infinity|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_SCALAR = re.compile(_SCALAR_TEXT)
# Runs of what needs no look inside, each with its comma: `1, 2, "abc", [], ` and `"a": 1, "b": {}, `.
_S = r"[ \t\n\r]*"
_STRING = r'"[^"\\\x00-\x1f]*"'
_EASY = rf"(?:{_STRING}|{_SCALAR_TEXT}|\[{_S}\]|\{{{_S}\}})"
_EASY_RUN = {
    "]": re.compile(rf"(?:{_S}{_EASY}{_S},){{0,200}}{_S}"),
    "}": re.compile(rf"(?:{_S}{_STRING}{_S}:{_S}{_EASY}{_S},){{0,200}}{_S}"),
}


class JsonError(ValueError):
    """The text is not JSON.

    Attributes:
        problem: what was expected, or what is wrong, without the place.
        offset: where in the text.
        line, column: the same, 1-based; lines end as in `source.lines`.
    """

    def __init__(self, problem: str, text: str, offset: int) -> None:
        self.problem = problem
        self.offset = offset
        breaks = text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
        self.line = breaks + 1
        self.column = offset - max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset))
        super().__init__(f"{problem} (line {self.line}, column {self.column})")


class JsonCursor:
    """A place in a JSON text, moved forward by reading.

    Each reading method passes over white space, reads a value and leaves the cursor just after it. `members` and
    `items` hand the cursor to their caller at each value's first character.

    Attributes:
        text: the JSON.
        pos: the offset of what is read next.
    """

    __slots__ = ("_decoder", "_depth", "pos", "text")

    def __init__(self, text: str, pos: int | None = None) -> None:
        """`pos` defaults to the start of the text, after a byte-order mark."""
        self.text = text
        self.pos = (1 if text.startswith("\ufeff") else 0) if pos is None else pos
        self._depth = 0
        self._decoder = json.JSONDecoder(parse_int=_integer)

    def error(self, problem: str, offset: int | None = None) -> JsonError:
        """An error at `offset`, by default at the cursor."""
        return JsonError(problem, self.text, self.pos if offset is None else offset)

    def peek(self) -> str:
        """Pass over white space; the next character, or "" at the end."""
        character = self.text[self.pos : self.pos + 1]
        if character in _SPACES:
            self.pos = pos = _end_of_space(self.text, self.pos)
            character = self.text[pos : pos + 1]
        return character

    def finish(self) -> None:
        """Check that nothing but white space follows.

        Raises:
            JsonError: if something does.
        """
        if self.peek():
            raise self.error("expected the end of the text")

    # --- containers ------------------------------------------------------------------------------------------------

    def members(self) -> Iterator[str]:
        """Read an object: yield each key with the cursor at its value; a value that the caller leaves is skipped.

        A repeated key is yielded again: who keeps the last one keeps what every JSON decoder keeps.

        Raises:
            JsonError: where the text departs from JSON.
        """
        more = self._enter("{", "}")
        while more:
            key, self.pos = self._key(self.pos)
            start = self.pos
            yield key
            if self.pos == start:
                self.skip()
            more = self._more("}")

    def items(self) -> Iterator[int]:
        """Read an array: yield each index with the cursor at the value; a value that the caller leaves is skipped.

        Raises:
            JsonError: where the text departs from JSON.
        """
        more = self._enter("[", "]")
        index = 0
        while more:
            start = self.pos
            yield index
            if self.pos == start:
                self.skip()
            index += 1
            more = self._more("]")

    def _enter(self, opening: str, closing: str) -> bool:
        """Pass the opening bracket; False when the container is empty, and passed."""
        if self.peek() != opening:
            raise self.error(f"expected '{opening}'")
        self._check_depth(self._depth, self.pos)
        self._depth += 1
        self.pos += 1
        if self.peek() != closing:
            return True
        self.pos += 1
        self._depth -= 1
        return False

    def _more(self, closing: str) -> bool:
        """After a value: pass the comma, or the closing bracket (False)."""
        comma = _COMMA.match(self.text, self.pos)
        if comma is not None:
            self.pos = comma.end()
            return True
        character = self.peek()
        if character != closing:
            raise self.error(f"expected ',' or '{closing}'")
        self.pos += 1
        self._depth -= 1
        return False

    def _check_depth(self, depth: int, pos: int) -> None:
        if depth >= MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels", pos)

    # --- values ----------------------------------------------------------------------------------------------------

    def string(self) -> str:
        """Read a string.

        Raises:
            JsonError: if there is none, or it is malformed.
        """
        if self.peek() != '"':
            raise self.error("expected a string in double quotes")
        value, self.pos = self._string(self.pos)
        return value

    def value(self) -> Any:
        """Read any value as Python data, of a size that the caller thinks bearable (twenty times the text's)."""
        if self.peek() in _CONTAINERS:
            end, value = self._glance(self.pos, self._depth)
            if end:
                self.pos = end
                return value
        start = self.skip()
        return self._decoder.raw_decode(self.text, start)[0]

    def small_object(self) -> dict[str, Any] | None:
        """Read an object as Python data if it is small; None, with the cursor where it is, for any other value."""
        if self.peek() != "{":
            return None
        end, value = self._glance(self.pos, self._depth)
        if not end:
            return None
        self.pos = end
        read: dict[str, Any] = value
        return read

    def lines(self, joiner: str = "", literals: array[int] | None = None, most: int = sys.maxsize) -> str | None:
        """Read a string, or a list of strings and join them: the two ways in which notebooks keep text.

        Args:
            joiner: what is put between the strings of a list.
            literals: receives three numbers for each string: where its contents, without the quotes, start and end,
                and its decoded length.
            most: how many strings `literals` is wanted for; of a longer list, it receives one more.

        Returns:
            The text; None when the value is anything else, which then has been passed over.

        Raises:
            JsonError: where the text departs from JSON.
        """
        first = self.peek()
        if first == '"':
            return self._literal(literals)
        if first == "[" and literals is not None:
            return self._list(joiner, literals, most)
        if first != "[":
            self.skip()
            return None
        end, parts = self._glance(self.pos, self._depth)
        if end:
            self.pos = end
        else:
            start = self.skip()
            if self.pos - start > _SMALL:
                return JsonCursor(self.text, start)._list(joiner, None, 0)
            parts = self._decoder.raw_decode(self.text, start)[0]
        try:
            return joiner.join(parts)
        except TypeError:  # not all are strings
            return None

    def _list(self, joiner: str, literals: array[int] | None, most: int) -> str | None:
        done: list[str] = []
        parts: list[str] = []
        is_text = True
        for index in self.items():
            if index > most:
                literals = None
            if self.text[self.pos : self.pos + 1] != '"':
                is_text = False
            elif is_text:
                parts.append(self._literal(literals))
                if len(parts) == _PORTION:
                    done.append(joiner.join(parts))
                    parts.clear()
        if parts:
            done.append(joiner.join(parts))
        return joiner.join(done) if is_text else None

    def _literal(self, literals: array[int] | None) -> str:
        start = self.pos
        value, self.pos = self._string(start)
        if literals is not None:
            literals.extend((start + 1, self.pos - 1, len(value)))
        return value

    def skip(self) -> int:
        """Pass over a value, of any size, without building it, and check it on the way.

        Returns:
            The offset of its first character.

        Raises:
            JsonError: where the text departs from JSON.
        """
        self.peek()
        start = pos = self.pos
        text = self.text
        closers: list[str] = []
        while True:
            character = text[pos : pos + 1]
            if character == '"':
                pos = self._string_end(pos)
            elif character == "[" or character == "{":
                depth = self._depth + len(closers)
                end = self._glance(pos, depth)[0] or self._lines_end(pos, depth)
                if not end:
                    self._check_depth(self._depth + len(closers), pos)
                    closers.append("]" if character == "[" else "}")
                    end = _end_of_space(text, pos + 1)
                    if text[end : end + 1] != closers[-1]:
                        pos = self._next_in(closers[-1], end)
                        continue
                    closers.pop()
                    end += 1
                pos = end
            else:
                scalar = _SCALAR.match(text, pos)
                if scalar is None:
                    raise self.error("expected a value", pos)
                pos = scalar.end()
            while closers:
                pos = _end_of_space(text, pos)
                character = text[pos : pos + 1]
                if character == ",":
                    pos = self._next_in(closers[-1], pos + 1)
                    break
                if character != closers[-1]:
                    raise self.error(f"expected ',' or '{closers[-1]}'", pos)
                closers.pop()
                pos += 1
            else:
                self.pos = pos
                return start

    def _glance(self, pos: int, depth: int) -> tuple[int, Any]:
        """The end of the container at `pos` if it is small and well-formed, else 0, and what it holds."""
        portion = self.text[pos : pos + _GLANCE]
        try:
            value, end = self._decoder.scan_once(portion, 0)  # type: ignore[attr-defined]
        except (StopIteration, ValueError, RecursionError):
            return 0, None
        if end > MAX_DEPTH - depth and portion.count("[", 0, end) + portion.count("{", 0, end) > MAX_DEPTH - depth:
            return 0, None
        return pos + end, value

    def _lines_end(self, pos: int, depth: int) -> int:
        """The end of the container at `pos` if it is a long, well-formed list with no brackets in it, else 0."""
        text = self.text
        if text[pos] != "[" or depth >= MAX_DEPTH:
            return 0
        end = text.find("]", pos, pos + _LINES) + 1
        if not end or text.find("[", pos + 1, end) >= 0 or text.find("{", pos + 1, end) >= 0:
            return 0
        try:
            length: int = self._decoder.scan_once(text[pos:end], 0)[1]  # type: ignore[attr-defined]
        except (StopIteration, ValueError):
            return 0
        return pos + length

    def _next_in(self, closer: str, pos: int) -> int:
        """The place of the next value worth a look in a container, easy ones and the key passed over."""
        run = _EASY_RUN[closer].match(self.text, pos)
        assert run is not None
        return run.end() if closer == "]" else self._key(run.end(), decode=False)[1]

    def _key(self, pos: int, decode: bool = True) -> tuple[str, int]:
        """Read `"name":`; the name, if wanted, and the place of the value."""
        plain = _PLAIN_KEY.match(self.text, pos)
        if plain is not None:
            return plain[1] if decode else "", plain.end()
        if self.text[pos : pos + 1] != '"':
            raise self.error("expected a property name in double quotes", pos)
        key, pos = self._string(pos) if decode else ("", self._string_end(pos))
        pos = _end_of_space(self.text, pos)
        if self.text[pos : pos + 1] != ":":
            raise self.error("expected ':' after the property name", pos)
        return key, _end_of_space(self.text, pos + 1)

    def _string(self, start: int) -> tuple[str, int]:
        """Decode the string at its opening quote; the value and the offset after the closing quote."""
        try:
            value, end = _scanstring(self.text, start + 1, True)
            return str(value), int(end)
        except JSONDecodeError as error:
            self._string_end(start)  # says it better
            raise self.error(error.msg, error.pos) from None

    def _string_end(self, start: int) -> int:
        """Check the string at its opening quote without decoding it; the offset after its closing quote."""
        text = self.text
        quote = text.find('"', start + 1)
        if 0 < quote - start < _COPIED:
            try:
                return int(_scanstring(text, start + 1, True)[1])
            except JSONDecodeError:
                pass
        plain = _PLAIN.match(text, start + 1)
        assert plain is not None
        pos = plain.end()
        while text[pos : pos + 1] == "\\":
            escapes = _ESCAPES.match(text, pos)
            if escapes is None:
                self._bad_escape(start, pos)
            pos = escapes.end()
        if text[pos : pos + 1] == '"':
            return pos + 1
        if pos >= len(text):
            raise self.error("expected a closing '\"' for this string", start)
        raise self.error(f"expected \\u{ord(text[pos]):04x} in place of the control character", pos)

    def _bad_escape(self, start: int, pos: int) -> NoReturn:
        if pos + 1 >= len(self.text):
            raise self.error("expected a closing '\"' for this string", start)
        if self.text[pos + 1] == "u":
            raise self.error("expected four hexadecimal digits after '\\u'", pos)
        raise self.error("expected one of \" \\ / b f n r t u after '\\'", pos)


def _end_of_space(text: str, pos: int) -> int:
    match = _SPACE.match(text, pos)
    assert match is not None
    return match.end()


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)
