"""Inline suppressions: which findings a comment or a cell tag covers. The one parser for documents of all kinds.

What a comment may say is in `policy.directives`. What it covers:

- A comment covers the findings whose range touches its line: a finding over several lines is covered by a comment on
  any of them, the first and the last included. Where a finding stands in a string over several lines, or on a line that
  ends in a backslash, the lines so joined count as one, because the comment can only stand behind the last of them.
- `mlwarden: ignore` alone on its line also covers the findings that start on the next line, other comments in between
  not counted. `noqa` and `nosec` do not: flake8, Ruff and Bandit do not read them so.
- `mlwarden: ignore-file[...]` alone on its line, anywhere, covers the whole file; in a notebook, the whole notebook.
- `mlwarden: ignore-cell[...]` on the first line of a notebook cell (after a cell magic, if there is one) covers the
  cell's source, outputs and metadata. So do the cell tags `mlwarden-ignore`, `noqa` and, for a code or prefix,
  `mlwarden-ignore-MLW101`.
- `nosec` covers findings with Bandit's codes only.

In Python, and in the Python of a notebook, comments are told from strings. In other text, `#` comments count, in
Markdown and HTML (Markdown cells too) `<!-- ... -->`. JSON and model files have no comments.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from mlwarden.model.findings import Finding
from mlwarden.model.results import Suppression
from mlwarden.model.spans import Span
from mlwarden.policy.mentions import mentioned_in
from mlwarden.source.documents import Document
from mlwarden.source.lines import LineIndex

if TYPE_CHECKING:
    from mlwarden.policy.directives import Problem

# Code or prefix -> number of the suppression; "" stands for every code.
Table: TypeAlias = dict[str, int]


@dataclass
class Lines:
    """The suppressions in one text, by line: on it, or alone above it."""

    index: LineIndex
    joined: tuple[tuple[int, int], ...]
    on: dict[int, Table] = field(default_factory=dict)
    above: dict[int, Table] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)

    def tables(self, span: Span) -> Iterator[Table]:
        """The tables that count for a finding with this range."""
        first, _ = self._run(self.index.line_of(span.start))
        _, last = self._run(self.index.line_of(max(span.start, span.end - 1)))
        for number in self.numbers[bisect_left(self.numbers, first) : bisect_right(self.numbers, last)]:
            yield self.on[number]
        if first in self.above:
            yield self.above[first]

    def _run(self, line: int) -> tuple[int, int]:
        """The joined lines that `line` is one of."""
        place = bisect_right(self.joined, (line, len(self.index))) - 1
        if place >= 0 and line <= self.joined[place][1]:
            return self.joined[place]
        return line, line


@dataclass
class Suppressions:
    """The suppressions of one document.

    Attributes:
        written: all of them, in the document's order, tags first.
        problems: what is wrong with some of them, in the document's order.
    """

    written: list[Suppression] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    file: Table = field(default_factory=dict)
    cells: dict[int, Table] = field(default_factory=dict)
    lines: dict[int | None, Lines] = field(default_factory=dict)
    cell_starts: list[tuple[int, int, int]] = field(default_factory=list)

    def covering(self, finding: Finding) -> list[tuple[int, str]]:
        """What covers a finding: (number in `written`, the code there that covers it); the nearest first."""
        found = []
        for table in self._tables(finding.span):
            for length in range(len(finding.code), -1, -1):
                number = table.get(finding.code[:length])
                if number is not None:
                    found.append((number, finding.code[:length]))
        return found

    def _tables(self, span: Span) -> Iterator[Table]:
        lines = self.lines.get(span.cell)
        if lines is not None:
            yield from lines.tables(span)
        cell = span.cell if span.cell is not None else self._cell_at(span.start)
        if cell in self.cells:
            yield self.cells[cell]
        yield self.file

    def _cell_at(self, offset: int) -> int:
        """The cell whose JSON holds an offset in the text of the .ipynb, or -1."""
        place = bisect_right(self.cell_starts, (offset, len(self.cell_starts), 0)) - 1
        if place >= 0:
            _, index, end = self.cell_starts[place]
            if offset < end:
                return index
        return -1


def parse(document: Document, known: Set[str], names: Mapping[str, str] | None = None) -> Suppressions:
    """Read the suppressions of a document.

    Args:
        document: of any kind.
        known: the codes of all rules; a code that is not among them is another tool's, or a slip.
        names: Bandit's names of its tests -> code, for `# nosec assert_used`.
    """
    if not mentioned_in(document):
        return Suppressions()
    from mlwarden.policy.suppression_reader import read

    return read(document, known, names or {})
