"""A fragment: a run of whole top-level statements, the unit that is parsed by libcst.

A document is cut at its top-level statements by the standard library's C parser, twelve times faster than libcst,
so that libcst only reads the statements that can matter. A notebook is cut the same way, cell by cell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.model.record import field, record, replace
from mlwarden.model.spans import Span
from mlwarden.notebooks.interpolation import python_of
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.semantics.blocks import Block, blocks_of
from mlwarden.semantics.identifiers import bound_by, identifiers_of
from mlwarden.semantics.members import Member, Parts, parts_of
from mlwarden.semantics.newer_syntax import may_be_newer
from mlwarden.semantics.readings import LARGE, NodeT, Reading, read, read_exactly
from mlwarden.semantics.statements import MAX_DEPTH, grouped, imports_inside, parse, too_deep

if TYPE_CHECKING:
    import libcst as cst

    from mlwarden.semantics.lean_trees import Parsed
    from mlwarden.source.documents import PythonModule
    from mlwarden.source.lines import LineIndex

MAX_BRACKETS = 180


@record(frozen=True, slots=True)
class SyntaxProblem:
    """Code that could not be parsed: "syntax" or "depth", a sentence, and the place."""

    kind: str
    message: str
    span: Span


class Cut(NamedTuple):
    """A text in fragments, and what could not be read of it."""

    fragments: list[Fragment]
    problems: list[SyntaxProblem]


@record
class Known:
    """What is known of a document, to be taken from: no two statements share a tree.

    Attributes:
        fragments: by their texts.
        cells: the cells of a notebook, by what is Python in them.
        read: the fragments that the document had when all of it could last be read.
    """

    fragments: dict[str, Fragment] = field(default_factory=dict)
    cells: dict[str, Cut] = field(default_factory=dict)
    read: dict[str, Fragment] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fragments)

    def cell(self, python: str) -> Cut | None:
        """Take a cell with all its fragments; None if none is known that holds just this."""
        found = self.cells.pop(python, None)
        for fragment in found.fragments if found is not None else ():
            if self.fragments.get(fragment.text) is fragment:
                del self.fragments[fragment.text]
        return found


class FragmentMemory:
    """The fragments of documents as they were last cut, for an editor, which changes few of them at a time."""

    def __init__(self, documents: int = 32) -> None:
        """Remember so many documents."""
        self._most = documents
        self._known: dict[str, Known] = {}

    def of(self, path: str) -> Known:
        """A copy of what is known of a document."""
        known = self._known.get(path)
        return Known() if known is None else Known(dict(known.fragments), dict(known.cells), known.read)

    def keep(
        self, path: str, fragments: Iterable[Fragment], cells: Mapping[str, Cut], *, before: Known, broken: bool
    ) -> None:
        """Remember a document as it is now; the one that was cut the longest time ago is forgotten.

        Args:
            path: the document's.
            fragments: what it consists of.
            cells: those of a notebook.
            before: what was known of it.
            broken: whether a part of it could not be read. Between two letters of a call most code is broken for a while:
                what it was before is remembered as well.
        """
        now = {fragment.text: fragment for fragment in fragments}
        read = before.read if broken else now
        self._known.pop(path, None)
        self._known[path] = Known({**read, **now} if broken else now, dict(cells), read)
        while len(self._known) > self._most:
            self._known.pop(next(iter(self._known)), None)


@record(eq=False)
class Fragment:
    """Whole top-level statements of a document.

    Attributes:
        text: exactly the lines of the statements.
        start: offset of `text` in the file's or cell's text.
        cell: index of the notebook cell, or None.
        names: the identifiers that stand in it (see `identifiers`), or None if the C parser could not read it.
        binds: names that it binds at top level.
        is_import, has_import, is_class: whether it is nothing but imports, imports anything, holds a class.
        path: the file it comes from, if that is not the analysed document.
        parts: a class taken apart; None for anything else.
        left_out: the methods whose bodies libcst does not read.
        blocks: those of a large statement that is no class.
        parsed: the statements, until they are read.
        by_libcst: whether libcst reads it whatever is asked of it.
    """

    text: str
    start: int
    cell: int | None
    names: frozenset[str] | None = None
    binds: frozenset[str] = frozenset()
    is_import: bool = False
    has_import: bool = False
    is_class: bool = False
    path: str | None = None
    parts: Parts | None = None
    left_out: frozenset[Member] = frozenset()
    blocks: tuple[Block, ...] = ()
    parsed: Parsed | None = field(default=None, repr=False)
    by_libcst: bool = False
    _readings: dict[frozenset[Member], Reading] = field(default_factory=dict, repr=False)
    # Where the bodies that are left out ended when this was parsed, and by how much what follows each has moved since.
    _ends: tuple[int, ...] | None = field(default=None, repr=False)
    _moved: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    @property
    def tree(self) -> cst.Module:
        """The tree, of libcst's nodes; how the code is written (parentheses, quotes, commas) `as_written` tells.

        Raises:
            libcst.ParserSyntaxError: if it cannot be read.
        """
        return self._reading.tree

    @property
    def _reading(self) -> Reading:
        found = self._readings.get(self.left_out)
        if found is None:
            blocks = self.blocks if self.parts is None else self.parts.members
            if self.by_libcst:
                found = read_exactly(self.text, (), self.left_out)
            else:
                found = read(self.text, blocks, self.left_out, self.parsed)
            self._readings[self.left_out] = found
            self.parsed = None
        return found

    def without(self, members: frozenset[Member]) -> Fragment:
        """The same fragment with the bodies of some methods left out."""
        return replace(self, left_out=members)

    def at(self, start: int, cell: int | None) -> Fragment:
        """The same statements at another place; what was parsed is shared."""
        return replace(self, start=start, cell=cell)

    @property
    def parses(self) -> bool:
        """Whether it can be read."""
        import libcst

        try:
            return self.tree is not None
        except libcst.ParserSyntaxError:
            return False

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node of `tree` stands, without the white space and parentheses around it."""
        start, end = self._reading.span(node)
        if self._moved:
            start, end = _moved(start, self._moved), _moved(end, self._moved)
        return Span(self.start + start, self.start + end, self.cell)

    def as_written(self, node: NodeT) -> NodeT | None:
        """A node of `tree` with all that is written (white space, parentheses, quotes, commas); None if libcst cannot tell."""
        return self._reading.as_written(node)

    def says_the_same(self, other: Fragment) -> bool:
        """Whether another fragment has the same text, but for bodies that are left out of both."""
        return len(self.left_out) == len(other.left_out) and self._pieces() == other._pieces()

    def _pieces(self) -> list[str]:
        """The text without the bodies that are left out."""
        pieces: list[str] = []
        position = 0
        for member in sorted(self.left_out, key=lambda member: member.start):
            pieces.append(self.text[position : member.start])
            position = member.end
        return [*pieces, self.text[position:]]

    def move_to(self, other: Fragment) -> None:
        """Stand where another fragment stands that says the same; the tree and its nodes stay what they are."""
        reading = self._reading
        if self._ends is None:
            self._ends = tuple(sorted(member.end for member in self.left_out))
        now = sorted(member.end for member in other.left_out)
        self._moved = tuple((end, new - end) for end, new in zip(self._ends, now, strict=True))
        self.text, self.start, self.cell = other.text, other.start, other.cell
        self.names, self.binds = other.names, other.binds
        self.parts, self.left_out = other.parts, other.left_out
        self._readings = {self.left_out: reading}


def _moved(offset: int, moved: Iterable[tuple[int, int]]) -> int:
    """Where an offset is after bodies before it have changed their lengths."""
    by = 0
    for end, difference in moved:
        if offset < end:
            break
        by = difference
    return offset + by


def fragments_of(
    document: PythonModule | Notebook, memory: FragmentMemory | None = None
) -> tuple[list[Fragment], list[SyntaxProblem]]:
    """Cut a document into fragments; what cannot be read is a problem and leaves the rest in place.

    Args:
        document: what to cut.
        memory: where fragments with the same text are taken from, and kept.
    """
    known = Known() if memory is None else memory.of(document.path)
    cells: dict[str, Cut] = {}
    if not isinstance(document, Notebook):
        fragments, problems = cut(document.text, document.lines, None, known.fragments)
    else:
        fragments, problems = [], []
        pythons = [(cell, python) for cell in document.cells if (python := python_of(cell)).strip()]
        # All cells that are as they were are taken before any statement is: it might be one of theirs.
        same = [known.cell(python) for _, python in pythons]
        for (cell, python), before in zip(pythons, same, strict=True):
            some, trouble = cells[python] = _cell_of(python, cell, before, known)
            fragments.extend(some)
            problems.extend(trouble)
    if memory is not None:
        memory.keep(document.path, fragments, cells, before=known, broken=bool(problems))
    return fragments, problems


def _cell_of(python: str, cell: Cell, before: Cut | None, known: Known) -> Cut:
    if before is None:
        # The masked text has the same length and line ends as the source, so its line index is the source's.
        return Cut(*cut(python, cell.lines, cell.index, known.fragments))
    fragments = [fragment.at(fragment.start, cell.index) for fragment in before.fragments]
    return Cut(fragments, [replace(each, span=replace(each.span, cell=cell.index)) for each in before.problems])


def cut(
    text: str, lines: LineIndex, cell: int | None, known: dict[str, Fragment] | None = None
) -> tuple[list[Fragment], list[SyntaxProblem]]:
    """Cut one text into fragments; those that are known by their text are taken from `known`, to where they stand now."""
    try:
        module = parse(text)
    except (SyntaxError, ValueError) as error:
        return _whole(text, lines, cell, error)
    except (RecursionError, MemoryError):
        return [], [SyntaxProblem("depth", "code is nested too deeply to be analysed", Span(0, 0, cell))]
    if too_deep(module):
        return [], [SyntaxProblem("depth", "code is nested too deeply to be analysed", Span(0, 0, cell))]
    return list(_cut_at_statements(text, lines, cell, module, known or {})), []


def _cut_at_statements(
    text: str, lines: LineIndex, cell: int | None, module: ast.Module, known: dict[str, Fragment]
) -> Iterator[Fragment]:
    for group, first, last in grouped(module):
        yield _fragment(text, lines, cell, group, first, last, known)


def _fragment(
    text: str,
    lines: LineIndex,
    cell: int | None,
    group: list[ast.stmt],
    first: int,
    last: int,
    known: dict[str, Fragment],
) -> Fragment:
    start = lines.starts[first]
    end = lines.starts[last + 1] if last + 1 < len(lines.starts) else len(text)
    same = known.pop(text[start:end], None) if known else None
    if same is not None:
        return same.at(start, cell)
    only = group[0]
    # What a large text was parsed into takes more room than parsing a part of it again takes time.
    parsed = (group, first) if len(text) < LARGE else None
    has_global = text.find("global", start, end) >= 0
    if len(group) == 1 and isinstance(only, ast.ClassDef):
        parts = parts_of(only, text, lines, start, has_global=has_global)
        names = parts.names.union(*(member.names for member in parts.members))
        binds = bound_by(only, has_global=has_global)
        return Fragment(text[start:end], start, cell, names, binds, is_class=True, parts=parts, parsed=parsed)
    names, binds = identifiers_of(group, has_global=has_global)
    is_import = all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in group)
    has_import = is_import or imports_inside(group)
    is_class = any(isinstance(statement, ast.ClassDef) for statement in group)
    blocks = blocks_of(only, text, lines, start) if len(group) == 1 and end - start >= LARGE else ()
    return Fragment(
        text[start:end], start, cell, names, binds, is_import, has_import, is_class, blocks=blocks, parsed=parsed
    )


def _whole(
    text: str, lines: LineIndex, cell: int | None, error: SyntaxError | ValueError
) -> tuple[list[Fragment], list[SyntaxProblem]]:
    """One fragment for the whole text, if libcst can read what this interpreter cannot (newer syntax)."""
    line = max((getattr(error, "lineno", None) or 1) - 1, 0)
    column = max((getattr(error, "offset", None) or 1) - 1, 0)
    offset = lines.offset(min(line, len(lines) - 1), column)
    span = Span(offset, min(offset + 1, len(text)), cell)
    message = getattr(error, "msg", None) or str(error)
    if "\0" in text:
        return [], [SyntaxProblem("syntax", "the text holds null bytes", span)]
    if _brackets_too_deep(text):
        return [], [SyntaxProblem("depth", "code is nested too deeply to be analysed", span)]
    if not may_be_newer(text, error):
        return [], [SyntaxProblem("syntax", message, span)]
    fragment = Fragment(text, 0, cell)
    try:
        import libcst

        _ = fragment.tree
    except libcst.ParserSyntaxError:
        return [], [SyntaxProblem("syntax", message, span)]
    except Exception as trouble:  # libcst's converter reports some malformed input by other exceptions
        return [], [SyntaxProblem("syntax", f"{message} ({type(trouble).__name__} in libcst)", span)]
    return [fragment], []


def _brackets_too_deep(text: str) -> bool:
    depth = 0
    operators = 0
    for character in text:
        if character in "([{":
            depth += 1
            if depth > MAX_BRACKETS:
                return True
        elif character in ")]}":
            depth = max(depth - 1, 0)
        elif character in "+-*/.~|&^@%<>":
            operators += 1
            if operators > 20 * MAX_DEPTH:
                return True
        elif character == "\n" and depth == 0:
            operators = 0
    return False
