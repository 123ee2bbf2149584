"""The values of literals as they are written: strings, numbers, the text between the braces of an f-string."""

from __future__ import annotations

import ast
from functools import lru_cache

from mlwarden.semantics.values import Constant, Unknown, Value

# The same keys, modes and numbers stand all over a program; long texts stand once, and are not kept.
_SHORT = 80


def string_value(text: str) -> Value:
    """The value of a string or bytes literal with its prefix and quotes."""
    return _string(text) if len(text) <= _SHORT else _read_string(text)


def number_value(text: str) -> Value:
    """The value of a literal of a number."""
    return _number(text) if len(text) <= _SHORT else _read(text, "a number that cannot be read")


def formatted_text(text: str, *, raw: bool) -> str:
    """What a piece of an f-string between its expressions says."""
    text = text.replace("{{", "{").replace("}}", "}")
    if raw or "\\" not in text:
        return text
    try:
        quoted = '"""' + text.replace('"', '\\"') + '"""'
        decoded = ast.literal_eval(quoted)
        return decoded if isinstance(decoded, str) else text
    except (ValueError, SyntaxError):
        return text


@lru_cache(maxsize=4096)
def _string(text: str) -> Value:
    return _read_string(text)


@lru_cache(maxsize=1024)
def _number(text: str) -> Value:
    return _read(text, "a number that cannot be read")


def _read_string(text: str) -> Value:
    if "\\" not in text and "\r" not in text:  # no escapes: what stands between the quotes
        quote = text[-1]
        prefix, _, rest = text.partition(quote)
        if not prefix or prefix in "uUrR":
            return Constant(
                rest[2:-3] if text.endswith(quote * 3) and rest.startswith(quote * 2) and len(rest) > 4 else rest[:-1]
            )
    return _read(text, "a string that cannot be read")


def _read(text: str, otherwise: str) -> Value:
    try:
        return Constant(ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError):
        return Unknown(otherwise)
