"""Reads the suppressions of a document into `suppressions.Suppressions`. Imported only where one is mentioned."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from pathlib import PurePosixPath
from typing import TypeAlias

from mlwarden.config.codes import is_known, nearest
from mlwarden.model.results import Suppression
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.policy.comments import Comment, Layout, hash_layout, markup_layout, python_layout
from mlwarden.policy.directives import Directive, Problem, Scope, Vocabulary, directives
from mlwarden.policy.mentions import mentioned
from mlwarden.policy.suppressions import Lines, Suppressions, Table
from mlwarden.source.documents import DependencyFile, Document, ModelFile, PlainText, PythonModule, lines_at
from mlwarden.source.lines import LineIndex

_MARKUP = frozenset({".md", ".markdown", ".mdx", ".html", ".htm", ".xhtml", ".xml", ".svg"})
_WITHOUT_COMMENTS = frozenset({".json", ".jsonl", ".ndjson", ".ipynb", ".csv", ".tsv"})
_MENTION = re.compile(r"noqa|nosec|mlwarden", re.IGNORECASE)
_TAG = "mlwarden-ignore"

# What starts a line that is a comment, in every language read here.
_MARKERS = ("#", "<!--")

# More wrong suppressions in one file than anybody mends by hand; it bounds what a hostile file can cost.
_MAX_PROBLEMS = 100


def read(document: Document, known: Set[str], names: Mapping[str, str]) -> Suppressions:
    """The suppressions of a document; see `policy.suppressions.parse`."""
    reader = _Reader(document, Vocabulary(known, names))
    match document:
        case Notebook():
            for cell in document.cells:
                reader.read_tags(cell)
            for cell in document.cells:
                reader.read_cell(cell)
        case PythonModule():
            reader.read(None, python_layout)
        case DependencyFile() | PlainText():
            layout = _layout_of(document.path)
            if layout is not None:
                reader.read(None, layout)
        case ModelFile():
            pass
    return reader.finished()


_LayoutOf: TypeAlias = Callable[[LineIndex], Layout]


def _layout_of(path: str) -> _LayoutOf | None:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _WITHOUT_COMMENTS:
        return None
    if suffix in _MARKUP:
        return _markup
    return python_layout if suffix in (".py", ".pyi") else _hash


def _hash(lines: LineIndex) -> Layout:
    return hash_layout(lines, _mentions(lines))


def _markup(lines: LineIndex) -> Layout:
    return markup_layout(lines, _mentions(lines))


def _mentions(lines: LineIndex) -> list[int]:
    """The lines that speak of suppression, in order, each once."""
    return list(dict.fromkeys(lines.line_of(match.start()) for match in _MENTION.finditer(lines.text)))


class _Reader:
    """Collects the suppressions of a document, text by text."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self.document = document
        self.vocabulary = vocabulary
        self.found = Suppressions()

    def finished(self) -> Suppressions:
        """The result; `problems` get the nearest right spelling of what is no code."""
        problems = self.found.problems
        problems[:] = [self._with_hint(problem) for problem in problems[:_MAX_PROBLEMS]]
        if isinstance(self.document, Notebook) and self.document.text:
            self.found.cell_starts = sorted((c.span.start, c.index, c.span.end) for c in self.document.cells)
        return self.found

    def _with_hint(self, problem: Problem) -> Problem:
        near = nearest(problem.not_a_code, self.vocabulary.known, allow_all=False) if problem.not_a_code else ""
        return problem._replace(message=f"{problem.message} (did you mean '{near}'?)") if near else problem

    # --- notebooks ------------------------------------------------------------------------------------------

    def read_tags(self, cell: Cell) -> None:
        """`mlwarden-ignore`, `mlwarden-ignore-MLW101`, `noqa`: they cover the cell."""
        assert isinstance(self.document, Notebook)
        # In an editor's notebook there is no .ipynb text to point at.
        span = cell.span if self.document.text else Span(0, len(cell.source), cell.index)
        for tag in cell.tags:
            if tag in (_TAG, "noqa"):
                self._add(Suppression(span, (), "", "tag"), self.found.cells.setdefault(cell.index, {}))
            elif tag.startswith(_TAG + "-"):
                code = tag[len(_TAG) + 1 :].upper()
                if is_known(code, self.vocabulary.known):
                    self._add(Suppression(span, (code,), "", "tag"), self.found.cells.setdefault(cell.index, {}))
                else:
                    self._problem(Problem(span, f"Unknown code '{code[:40]}' in a cell tag", code))

    def read_cell(self, cell: Cell) -> None:
        """The comments in a cell's source; those behind a magic or a shell line, which `cell.python` masks, too."""
        if cell.kind != "code":
            if cell.kind == "markdown":
                self.read(cell.index, _markup)
        elif not cell.python:
            self.read(cell.index, _hash)
        elif mentioned(cell.source):
            layout = python_layout(LineIndex(cell.python))
            magics = [number for magic in cell.magics for number in _lines_of(magic.text_span, cell.lines)]
            behind = hash_layout(cell.lines, dict.fromkeys(magics)).comments
            comments = sorted({*layout.comments, *behind}, key=lambda comment: comment.start)
            self._comments(cell.index, cell.lines, Layout(tuple(comments), layout.joined))

    # --- texts ----------------------------------------------------------------------------------------------

    def read(self, cell: int | None, layout_of: _LayoutOf) -> None:
        """The comments of one text: the document's, or a cell's."""
        lines = lines_at(self.document, cell)
        if mentioned(lines.text):
            self._comments(cell, lines, layout_of(lines))

    def _comments(self, cell: int | None, lines: LineIndex, layout: Layout) -> None:
        here = self.found.lines[cell] = Lines(lines, layout.joined)
        alone: list[tuple[int, int]] = []
        for comment in layout.comments:
            for item in directives(comment, self.vocabulary, cell):
                if isinstance(item, Problem):
                    self._problem(item)
                elif item.scope is not Scope.LINE:
                    self._wide(item, comment, cell, lines)
                else:
                    number = self._add(item.suppression, here.on.setdefault(comment.line, {}))
                    if comment.own_line and item.suppression.origin == "ignore":
                        alone.append((comment.line, number))
        here.numbers = sorted(here.on)
        for line, number in _aims(alone, lines):
            _file_under(here.above.setdefault(line, {}), self.found.written[number], number)

    def _wide(self, item: Directive, comment: Comment, cell: int | None, lines: LineIndex) -> None:
        """A suppression of the whole file or cell, where it stands in the right place."""
        span = item.suppression.span
        if not comment.own_line:
            self._problem(Problem(span, "A suppression of a whole file or cell must stand alone on its line"))
        elif item.scope is Scope.FILE:
            self._add(item.suppression, self.found.file)
        elif cell is None:
            self._problem(Problem(span, "`ignore-cell` means something in a notebook only"))
        elif comment.line != _first_line(lines):
            self._problem(Problem(span, "`ignore-cell` must stand on the first line of its cell"))
        else:
            self._add(item.suppression, self.found.cells.setdefault(cell, {}))

    def _add(self, suppression: Suppression, table: Table) -> int:
        """File a suppression and return its number."""
        number = len(self.found.written)
        self.found.written.append(suppression)
        _file_under(table, suppression, number)
        return number

    def _problem(self, problem: Problem) -> None:
        if len(self.found.problems) < _MAX_PROBLEMS:
            self.found.problems.append(problem)


def _lines_of(span: Span, lines: LineIndex) -> range:
    return range(lines.line_of(span.start), lines.line_of(max(span.start, span.end - 1)) + 1)


def _first_line(lines: LineIndex) -> int:
    """The first line of a cell that says something, a leading cell magic aside."""
    for number in range(len(lines)):
        text = lines.line_text(number).strip()
        if text and not text.startswith("%%"):
            return number
    return 0


def _file_under(table: Table, suppression: Suppression, number: int) -> None:
    """Enter a suppression's codes; of two that say the same about the same lines, the first counts."""
    bandit_only = suppression.origin == "nosec"
    for code in suppression.codes or ("B" if bandit_only else "",):
        if code.startswith("B") or not bandit_only:
            table.setdefault(code, number)


def _aims(alone: list[tuple[int, int]], lines: LineIndex) -> list[tuple[int, int]]:
    """The (line, number) of suppressions alone on a line -> the same with the next line that is no comment."""
    aims: dict[int, int] = {}
    # From the bottom up, so that a line in a long run of comments is looked at once.
    for line in sorted({line for line, _ in alone}, reverse=True):
        below = line + 1
        while below < len(lines) and below not in aims and lines.line_text(below).lstrip().startswith(_MARKERS):
            below += 1
        aims[line] = aims.get(below, below)
    return [(aims[line], number) for line, number in alone]
