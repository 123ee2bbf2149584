"""What libcst reads of a text: one tree, and where its nodes stand, worked out when it is first asked for.

A large statement is read a block at a time and put together again: a class by its methods. libcst's parser takes some 300 bytes for each character
that it is given at once, and does not hand them back: 500 KB in one piece cost 130 MiB, and 40 MiB in pieces.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from mlwarden.semantics.blanks import STATEMENT, blanked, is_blank

if TYPE_CHECKING:
    import libcst as cst

    from mlwarden.semantics.blocks import Block
    from mlwarden.semantics.members import Member

# From so many characters on a statement is read in pieces.
LARGE = 60_000
# Statements that are indented can only be read in a block.
_HEAD = "if 1:\n"


class Reading:
    """A text that was read as a whole.

    Attributes:
        tree: what it was read as.
    """

    def __init__(self, tree: cst.Module) -> None:
        """Take the tree."""
        self.tree = tree

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where a node of the tree begins and ends in the text."""
        return self._spans[id(node)]

    @cached_property
    def _spans(self) -> dict[int, tuple[int, int]]:
        from mlwarden.semantics.positions import offsets_of

        return offsets_of(self.tree)


class _Spans:
    """Spans by the ids of nodes, in a tenth of the room of a dictionary."""

    def __init__(self, spans: Mapping[int, tuple[int, int]]) -> None:
        self._ids = array("Q", sorted(spans))
        self._starts = array("L", (spans[number][0] for number in self._ids))
        self._ends = array("L", (spans[number][1] for number in self._ids))

    def get(self, number: int) -> tuple[int, int] | None:
        index = bisect_left(self._ids, number)
        if index == len(self._ids) or self._ids[index] != number:
            return None
        return self._starts[index], self._ends[index]


class _Piece:
    """Some statements of a block, read by themselves."""

    def __init__(self, text: str, start: int, end: int) -> None:
        import libcst

        self._tree = libcst.parse_module(f"{_HEAD}{text[start:end]}\n")
        self._begin = start - len(_HEAD)

    @property
    def statements(self) -> Sequence[object]:
        """The statements."""
        return self._tree.body[0].body.body  # type: ignore[union-attr]

    def span(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """Where a node stands in the whole text; None if it is not of this piece."""
        found = self._spans.get(id(node))
        return None if found is None else (self._begin + found[0], self._begin + found[1])

    @cached_property
    def _spans(self) -> _Spans:
        from mlwarden.semantics.positions import offsets_of

        return _Spans(offsets_of(self._tree))


class _InPieces(Reading):
    """A statement whose blocks were read by themselves, and put into its tree."""

    def __init__(
        self, tree: cst.Module, blocks: Iterable[tuple[cst.BaseSuite, list[_Piece]]], ends: Mapping[int, int]
    ) -> None:
        """Take what was read, and where the blocks really end, by the place where what stands for them does."""
        super().__init__(tree)
        self._ends = ends
        self._pieces = [piece for _, pieces in blocks for piece in pieces]
        # The tree's own places are those of a text without the blocks.
        self._without: list[_Filled] = [(block, block.body) for block, _ in blocks]
        self._with: list[_Filled] = [
            (block, [statement for piece in pieces for statement in piece.statements]) for block, pieces in blocks
        ]
        _fill(self._with)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        for piece in self._pieces:
            found = piece.span(node)
            if found is not None:
                return found
        start, end = super().span(node)
        return start, self._ends.get(end, end)

    @cached_property
    def _spans(self) -> dict[int, tuple[int, int]]:
        from mlwarden.semantics.positions import offsets_of

        _fill(self._without)
        try:
            return offsets_of(self.tree)
        finally:
            _fill(self._with)


def read(text: str, blocks: Iterable[Member | Block] = (), left_out: Set[Member] = frozenset()) -> Reading:
    """Read a text.

    Args:
        text: whole statements.
        blocks: the blocks of the one statement that it is, which can be read by themselves.
        left_out: those of them that are not read.

    Raises:
        libcst.ParserSyntaxError: libcst cannot read it.
    """
    import libcst

    wanted = [block for block in blocks if block not in left_out]
    if wanted and len(text) - sum(block.end - block.start for block in left_out) >= LARGE:
        try:
            found = _in_pieces(text, wanted, left_out)
        except libcst.ParserSyntaxError:
            found = None  # the whole is read for the sake of the place in the error
        if found is not None:
            return found
    return Reading(libcst.parse_module(blanked(text, left_out) if left_out else text))


def _in_pieces(text: str, wanted: Iterable[Member | Block], left_out: Set[Member]) -> Reading | None:
    import libcst

    alone = [block for block in wanted if text[_line_start(text, block.start) : block.start].strip(" \t") == ""]
    blank = sorted([*alone, *left_out], key=lambda block: block.start)
    tree = libcst.parse_module(blanked(text, blank))
    blocks = [block for statement in tree.body for block in _blocks_in(statement) if is_blank(block)]
    if len(blocks) != len(blank):
        return None
    read_blocks = [
        (block, list(_pieces(text, where))) for block, where in zip(blocks, blank, strict=True) if where not in left_out
    ]
    return _InPieces(tree, read_blocks, {block.start + len(STATEMENT): block.end for block in alone})


def _pieces(text: str, block: Member | Block) -> Iterator[_Piece]:
    starts = (_line_start(text, block.start), *block.cuts)
    for start, end in zip(starts, (*block.cuts, block.end), strict=True):
        yield _Piece(text, start, end)


def _blocks_in(node: object) -> Iterator[cst.BaseSuite]:
    """The blocks of a statement in order; of a class, those of its methods."""
    import libcst

    if isinstance(node, libcst.ClassDef):
        for inner in node.body.body:
            if isinstance(inner, libcst.FunctionDef):
                yield inner.body
        return
    if isinstance(block := getattr(node, "body", None), libcst.BaseSuite):
        yield block
    for part in (*getattr(node, "handlers", ()), getattr(node, "orelse", None), getattr(node, "finalbody", None)):
        if part is not None:
            yield from _blocks_in(part)


# A block of a tree, and the statements in it.
_Filled: TypeAlias = "tuple[cst.BaseSuite, Sequence[object]]"


def _fill(blocks: Iterable[_Filled]) -> None:
    for block, statements in blocks:
        object.__setattr__(block, "body", statements)  # libcst's nodes are frozen, but these are nobody else's


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
