"""Blocks of large statements that libcst can read by themselves, in several pieces if they are long."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlwarden.source.lines import LineIndex

# A piece is about so many characters long.
PIECE = 20_000

_BREAKS = ("\n", "\r")


class Block(NamedTuple):
    """The statements of a block.

    Attributes:
        start, end: where they stand in the text of the whole statement.
        cuts: where the lines of some of them begin, that may begin a piece.
    """

    start: int
    end: int
    cuts: tuple[int, ...] = ()


def block_of(body: Sequence[ast.stmt], text: str, lines: LineIndex, begin: int) -> Block | None:
    """The block that statements are, or None if it cannot be taken out: it has a line with something else.

    Args:
        body: all statements of the block.
        text: in which they stand.
        lines: of the text.
        begin: where the whole statement begins in it.
    """
    first, last = body[0], body[-1]
    if getattr(first, "decorator_list", None):
        return None  # what a function inside begins with is an `@` that the tree has no place for
    start = _offset(text, lines, first.lineno, first.col_offset)
    end = _offset(text, lines, last.end_lineno or last.lineno, last.end_col_offset or last.col_offset)
    if not text.startswith(_BREAKS, end):
        return None
    return Block(start - begin, end - begin, tuple(_cuts(body, lines, begin)) if end - start > PIECE else ())


def blocks_of(node: ast.stmt, text: str, lines: LineIndex, begin: int) -> tuple[Block, ...]:
    """The long blocks of a statement that is no class, in order; `begin` is where it begins in the text."""
    found = (block_of(body, text, lines, begin) for body in _bodies(node) if body)
    return tuple(block for block in found if block is not None and block.end - block.start > PIECE)


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    yield getattr(node, "body", [])
    for handler in getattr(node, "handlers", ()):
        yield handler.body
    orelse = getattr(node, "orelse", [])
    if isinstance(node, ast.If) and len(orelse) == 1 and isinstance(orelse[0], ast.If):
        yield from _bodies(orelse[0])  # `elif`, or as good as one
    else:
        yield orelse
    yield getattr(node, "finalbody", [])


def _cuts(body: Sequence[ast.stmt], lines: LineIndex, begin: int) -> Iterator[int]:
    before, at = body[0].end_lineno or 0, lines.starts[body[0].lineno - 1]
    for statement in body[1:]:
        decorators = getattr(statement, "decorator_list", ())
        line = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
        start = lines.starts[line - 1]
        if line > before and start - at >= PIECE:
            at = start
            yield start - begin
        before = max(before, statement.end_lineno or 0)


def _offset(text: str, lines: LineIndex, line: int, column: int) -> int:
    # The tree counts columns in bytes of UTF-8.
    start = lines.starts[line - 1]
    end = start + column
    if text[start:end].isascii():
        return end
    return start + len(text[start:end].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
