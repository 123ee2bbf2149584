"""Blocks that are left out of a text, every other character at its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import libcst as cst

# What stands in the place of a block, the beginning of a comment, and as many dashes as it takes.
STATEMENT = "..."
MARK = f"{STATEMENT}#"


class Extent(Protocol):
    """What stands somewhere in a text."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it ends."""


def blanked(text: str, blocks: Iterable[Extent]) -> str:
    """A text without some blocks that do not overlap."""
    parts: list[str] = []
    position = 0
    for block in sorted(blocks, key=lambda block: block.start):
        parts += (text[position : block.start], MARK, "-" * (block.end - block.start - len(MARK)))
        position = block.end
    parts.append(text[position:])
    return "".join(parts)


def is_blank(block: cst.BaseSuite) -> bool:
    """Whether a block of a tree was left out of its text."""
    import libcst

    if isinstance(block, libcst.SimpleStatementSuite):
        line: object = block
    else:
        line = block.body[0] if block.body else None
    if not isinstance(line, (libcst.SimpleStatementSuite, libcst.SimpleStatementLine)) or len(line.body) != 1:
        return False
    only, after = line.body[0], line.trailing_whitespace
    return (
        isinstance(only, libcst.Expr)
        and isinstance(only.value, libcst.Ellipsis)
        and after.whitespace.value == ""
        and after.comment is not None
        and after.comment.value.strip("-") == "#"
    )
