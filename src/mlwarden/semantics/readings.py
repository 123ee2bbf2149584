"""What is read of a text: one tree, and where its nodes stand, worked out when it is first asked for.

The tree is a lean one where that can be made, and libcst reads the text only if a node's place or writing is asked for.

A large statement is read a block at a time and put together again: a class by its methods. libcst's parser takes some 300 bytes for each character
that it is given at once, and does not hand them back: 500 KB in one piece cost 130 MiB, and 40 MiB in pieces.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from mlwarden.semantics.blanks import STATEMENT, blanked, is_blank

if TYPE_CHECKING:
    import libcst as cst

    from mlwarden.semantics.blocks import Block
    from mlwarden.semantics.lean_places import Places
    from mlwarden.semantics.lean_trees import Parsed
    from mlwarden.semantics.members import Member

NodeT = TypeVar("NodeT", bound="cst.CSTNode")

# From so many characters on a statement is read in pieces.
LARGE = 60_000
# Statements that are indented can only be read in a block.
_HEAD = "if 1:\n"


class Reading(Protocol):
    """A text that was read."""

    @property
    def tree(self) -> cst.Module:
        """What it was read as."""

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where a node of the tree begins and ends in the text, without white space and parentheses around it."""

    def as_written(self, node: NodeT) -> NodeT | None:
        """The same node with all that is written: white space, parentheses, quotes and commas; None if nobody can tell."""


class LeanReading:
    """A text whose structure the standard library has read."""

    def __init__(self, tree: cst.Module, places: Places, length: int, exactly: Callable[[], ExactReading]) -> None:
        """Take a lean tree with what it says of places, the text's length, and what reads the same text exactly."""
        self.tree = tree
        self._places, self._length, self._exactly = places, length, exactly

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """As `Reading` says; also of a node that `as_written` gave."""
        noted = self._places.of(node)
        if noted is not None:
            return noted
        found = self._found
        if found is None:
            return 0, self._length
        exact, counterparts = found
        return exact.span(counterparts.get(id(node), node))

    def as_written(self, node: NodeT) -> NodeT | None:
        """As `Reading` says."""
        found = self._found
        return None if found is None else found[1][id(node)]  # type: ignore[return-value]

    @cached_property
    def _found(self) -> tuple[ExactReading, dict[int, cst.CSTNode]] | None:
        """What libcst reads; None if libcst cannot read what Python can, which leaves the place of the whole."""
        import libcst

        from mlwarden.semantics.counterparts import NoCounterpartError, counterparts

        try:
            exact = self._exactly()
            return exact, counterparts(self.tree, exact.tree)
        except (libcst.ParserSyntaxError, NoCounterpartError):
            return None


class ExactReading:
    """A text that libcst has read."""

    def __init__(self, tree: cst.Module) -> None:
        """Take the tree."""
        self.tree = tree

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """As `Reading` says."""
        return self._spans[id(node)]

    def as_written(self, node: NodeT) -> NodeT:
        """As `Reading` says: the node itself."""
        return node

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


class _InPieces(ExactReading):
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


def read(
    text: str,
    blocks: Iterable[Member | Block] = (),
    left_out: Set[Member] = frozenset(),
    parsed: Parsed | None = None,
) -> Reading:
    """Read a text.

    Args:
        text: whole statements.
        blocks: the blocks of the one statement that it is, which can be read by themselves.
        left_out: those of them that are not read.
        parsed: the statements as the standard library has parsed them, if it has.

    Raises:
        libcst.ParserSyntaxError: neither the standard library nor libcst can read it.
    """
    from mlwarden.semantics.lean_trees import NoLeanTreeError, lean_tree

    wanted = [block for block in blocks if block not in left_out]
    exactly = partial(read_exactly, text, wanted, left_out)
    try:
        tree, places = lean_tree(text, left_out, parsed)
    except NoLeanTreeError:
        return exactly()
    return LeanReading(tree, places, len(text), exactly)


def read_exactly(text: str, wanted: Sequence[Member | Block] = (), left_out: Set[Member] = frozenset()) -> ExactReading:
    """Have libcst read a text.

    Args:
        text: whole statements.
        wanted: blocks of the one statement that it is, to be read by themselves if the text is large.
        left_out: methods in it whose bodies are not read.

    Raises:
        libcst.ParserSyntaxError: libcst cannot read it.
    """
    import libcst

    if wanted and len(text) - sum(block.end - block.start for block in left_out) >= LARGE:
        try:
            found = _in_pieces(text, wanted, left_out)
        except libcst.ParserSyntaxError:
            found = None  # the whole is read for the sake of the place in the error
        if found is not None:
            return found
    return ExactReading(libcst.parse_module(blanked(text, left_out) if left_out else text))


def _in_pieces(text: str, wanted: Iterable[Member | Block], left_out: Set[Member]) -> ExactReading | None:
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
