"""The import statements in the bytes of a file, found without parsing it: more than there are, perhaps, but none missed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Between the words of a statement; a backslash ends a line, but not the statement.
_SPACE = rb"(?:[ \t\f]|\\\r?\n|\\\r)"
# Letters beyond ASCII are written in bytes that are no letters to `re`.
_LETTER = rb"[\w\x80-\xff]"
_IMPORT = re.compile(
    rb"(?:^|[:;\r])" + _SPACE + rb"*(?:"
    rb"from(?=[ \t\f.\\])(?P<module>(?:" + _SPACE + rb"|\.|" + _LETTER + rb")*?)(?<!\w)import(?!\w)" + _SPACE + rb"*"
    rb"(?P<names>\((?:[^)#]+|#[^\r\n]*)*|(?:[^\r\n#;\\]+|\\\r?\n|\\\r)*)"
    rb"|import(?=[ \t\f\\])(?P<plain>(?:[^\r\n#;\\]+|\\\r?\n|\\\r)+))",
    re.MULTILINE,
)
_SPACES = re.compile(rb"(?:\s|\\)+")
_NAME = re.compile(rb"(?!\d)" + _LETTER + rb"+")
# What something is called here is not looked for there.
_ALIAS = re.compile(rb"\bas(?:\s|\\)+" + _LETTER + rb"+|#[^\r\n]*")


class Imported(NamedTuple):
    """What a statement imports.

    Attributes:
        module: as it is written, with its leading dots.
        names: what it takes of the module; None for `import module`.
        star: whether it takes all names.
        in_block: whether such a one stands in a block (`if TYPE_CHECKING:`), by its being indented.
    """

    module: str
    names: frozenset[str] | None = None
    star: bool = False
    in_block: bool = False


def imports_in(content: bytes) -> Iterator[Imported]:
    """What is imported anywhere in a file, in order; what only looks like an import, in a text, is among it."""
    for match in _IMPORT.finditer(content):
        plain = match["plain"]
        if plain is None:
            names = frozenset(map(_text, _NAME.findall(_ALIAS.sub(b"", match["names"]))))
            star = b"*" in match["names"]
            in_block = star and content[match.start() : match.start() + 1] in (b" ", b"\t", b"\f", b":", b"\\")
            yield Imported(_text(_SPACES.sub(b"", match["module"])), names, star, in_block)
            continue
        for item in plain.split(b","):
            yield Imported(_text(_SPACES.sub(b"", _ALIAS.sub(b"", item))))


def _text(written: bytes) -> str:
    return written.decode("utf-8", "replace")
