"""From spans to places: path, line, column and, in notebooks, the cell; and what may be shown of the source there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from mlwarden.model.record import record, replace
from mlwarden.model.results import FileResult, ScanReport, Verdict
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.reports.excerpt import ExcerptLine, Secrets, Values, excerpt
from mlwarden.source.documents import PlainText, lines_at, slice_of, text_at

if TYPE_CHECKING:
    from mlwarden.model.findings import Finding
    from mlwarden.model.fixes import TextEdit
    from mlwarden.source.documents import Document
    from mlwarden.source.lines import LineIndex

# Bandit's tests for hard-coded passwords: string, function argument, function default.
_BANDIT_SECRETS = ("B105", "B106", "B107")
_QUOTED = re.compile(r"""(?s)[rbuRBU]{0,2}(?P<quote>\"{3}|'{3}|["'])(?P<value>.*?)(?P=quote)""")
# Tokens are looked for so many lines around the range (the name of one may stand two lines above it), and no farther
# away than so many characters.
_TOKEN_LINES = 4
_TOKEN_REACH = 4_000
# Shorter values are masked where the finding stands, but not wherever the same letters occur.
_SHORTEST_VALUE = 6
# A file that the report holds no content of (a sibling module that a trace leads to) is read for its lines, if it is
# not larger than this.
_LARGEST_SIBLING = 4_000_000
# Reports go from file to file, and traces to a few others; thousands of decoded files need not be in memory at once.
_KEPT = 64


@record(frozen=True, slots=True)
class Region:
    """A range in lines and columns: 1-based, columns in code points, `end_column` one past the last."""

    line: int
    column: int
    end_line: int
    end_column: int


@record(frozen=True, slots=True)
class Place:
    """Where something stands.

    Attributes:
        path: the file as it is shown.
        region: in the file's own text; for a notebook in the text of the .ipynb.
        cell: 0-based index of the notebook cell, None outside of cells.
        cell_id: the cell's id, "" where it has none.
        cell_region: in the cell's source, None where the place is not in a cell's source.
    """

    path: str
    region: Region
    cell: int | None = None
    cell_id: str = ""
    cell_region: Region | None = None

    def __str__(self) -> str:
        """`path:line:column`; in the source of a notebook cell `path:cell N:line:column` with N counted from 1."""
        if self.cell is None or self.cell_region is None:
            return f"{self.path}:{self.region.line}:{self.region.column}"
        return f"{self.path}:cell {self.cell + 1}:{self.cell_region.line}:{self.cell_region.column}"


NOWHERE = Region(1, 1, 1, 1)


def is_secret(code: str) -> bool:
    """Whether findings of this code stand on a secret, so that the characters there are never shown."""
    return code.startswith("MLW3") or code in _BANDIT_SECRETS


class Sources:
    """The checked files of a report, decoded when first asked for; the last few are kept."""

    def __init__(self, report: ScanReport) -> None:
        self._results = {result.path: result for result in report.results}
        self._views: dict[str, SourceView] = {}

    def of(self, path: str) -> SourceView:
        """The file of that path; one that is not part of the report is read from disk for its lines."""
        view = self._views.get(path)
        if view is None:
            result = self._results.get(path)
            if result is None:
                result = FileResult(path, Verdict(), content=_from_disk(path))
            elif result.content is None:
                result = replace(result, content=_from_disk(path))
            if len(self._views) >= _KEPT:
                del self._views[next(iter(self._views))]
            view = self._views[path] = SourceView(result)
        return view

    def steps(self, path: str, finding: Finding) -> Iterator[tuple[Place, str]]:
        """The places and sentences of a finding's trace; `path` is the finding's own file."""
        for step in finding.trace:
            view = self.of(step.path if step.path is not None else path)
            yield view.place(step.span), self.of(path).clean(step.note)


def _from_disk(path: str) -> bytes | None:
    try:
        from pathlib import Path

        file = Path(path)
        if not file.is_file() or file.stat().st_size > _LARGEST_SIBLING:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None


class SourceView:
    """One checked file: turns spans into places and excerpts, and keeps secrets out of both."""

    def __init__(self, result: FileResult) -> None:
        self.path = result.path
        self._result = result

    @cached_property
    def document(self) -> Document:
        """The document the spans count in; an empty text where the bytes are not at hand."""
        if self._result.content is None:
            return PlainText(self.path, "")
        from mlwarden.source.router import shown_document

        return shown_document(self.path, self._result.content)

    def place(self, span: Span) -> Place:
        """Where the span is."""
        document, span = self.document, self._in_document(span)
        if not isinstance(document, Notebook):
            return Place(self.path, _region(document, span))
        if span.cell is None:
            return self._place_outside_sources(document, span)
        cell = document.cells[span.cell]
        cell_region = _region(document, span)
        region = _region(document, self.file_span(span)) if document.text else cell_region
        return Place(self.path, region, cell.index, cell.id, cell_region)

    def _place_outside_sources(self, notebook: Notebook, span: Span) -> Place:
        from mlwarden.notebooks.mapping import cell_at

        region = _region(notebook, span)
        cell = cell_at(notebook, span.start) if notebook.text else None
        return Place(self.path, region) if cell is None else Place(self.path, region, cell.index, cell.id)

    def _in_document(self, span: Span) -> Span:
        """The span within its text; without its cell where the document has none such (it is no notebook any more)."""
        document = self.document
        in_cell = isinstance(document, Notebook) and span.cell is not None and span.cell < len(document.cells)
        cell = span.cell if in_cell else None
        limit = len(text_at(document, cell))
        return Span(min(span.start, limit), min(span.end, limit), cell)

    def file_span(self, span: Span) -> Span:
        """The same range in the file's own text."""
        span = self._in_document(span)
        if span.cell is None:
            return span
        from mlwarden.notebooks.mapping import to_file_span

        assert isinstance(self.document, Notebook)
        return to_file_span(self.document, span)

    def file_edits(self, edits: Iterable[TextEdit]) -> list[tuple[Region, str]]:
        """The same edits in the file's own text: for a notebook, JSON in place of a cell's source.

        Edits that contradict each other, which no fix should have, come out as none at all.
        """
        document = self.document
        edits = [replace(edit, span=self._in_document(edit.span)) for edit in edits]
        if isinstance(document, Notebook) and document.text:
            from mlwarden.notebooks.edit import to_file_edits

            try:
                edits = list(to_file_edits(document, edits))
            except ValueError:
                return []
        return [(_region(document, edit.span), edit.replacement) for edit in edits]

    def excerpt(self, span: Span, context: int = 1) -> tuple[ExcerptLine, ...]:
        """The lines around the span with secrets masked; empty where the source is not at hand."""
        span = self._in_document(span)
        if not text_at(self.document, span.cell):
            return ()
        lines = lines_at(self.document, span.cell)
        own = (other for finding in self._secrets if (other := self._in_document(finding.span)).cell == span.cell)
        hidden = Secrets((*own, *_tokens_around(lines, span)), self._secret_values)
        return excerpt(lines, span, hidden, context)

    def clean(self, text: str) -> str:
        """`text` (a message, a note, a diff) without the file's secrets, and without anything shaped like a token."""
        return Secrets(_tokens(text), self._secret_values).masked(text)

    def failures(self) -> Iterator[str]:
        """The file's internal failures; a sentence that begins with the path does not say it twice."""
        for failure in self._result.failures:
            yield self.clean(failure.removeprefix(f"{self.path}: "))

    @cached_property
    def _secrets(self) -> tuple[Finding, ...]:
        verdict = self._result.verdict
        findings = (
            *verdict.reported,
            *(item.finding for item in verdict.suppressed),
            *verdict.ignored,
            *verdict.baselined,
            *verdict.below_threshold,
        )
        return tuple(finding for finding in findings if is_secret(finding.code))

    @cached_property
    def _secret_values(self) -> Values:
        """The secrets' characters."""
        values: set[str] = set()
        for finding in self._secrets:
            text = slice_of(self.document, self._in_document(finding.span))
            values.add(text.strip("\"' \t\r\n"))
            values.update(match["value"] for match in _QUOTED.finditer(text))
            if finding.code.startswith("MLW3"):  # a key over several lines: a diff shows its lines one by one
                values.update(line.strip("\"' \t") for line in text.splitlines())
        return Values(value for value in values if len(value) >= _SHORTEST_VALUE)


def _tokens_around(lines: LineIndex, span: Span) -> list[Span]:
    """What is shaped like a token on the lines of an excerpt, whatever rules were selected."""
    text = lines.text
    first, last = lines.line_of(min(span.start, len(text))), lines.line_of(min(span.end, len(text)))
    start, end = lines.starts[max(0, first - _TOKEN_LINES)], lines.line_end(min(last + _TOKEN_LINES, len(lines) - 1))
    # Of overlong lines only what is near the range is shown.
    start, end = max(start, span.start - _TOKEN_REACH), min(end, span.end + _TOKEN_REACH)
    return [token.shifted(start) for token in _tokens(text[start:end])]


def _tokens(text: str) -> list[Span]:
    from mlwarden.secrets.scan import shapes

    return [Span(found.start, found.end) for found in shapes(text)]


def _region(document: Document, span: Span) -> Region:
    lines = lines_at(document, span.cell)
    line, column = lines.position(span.start)
    end_line, end_column = lines.position(span.end)
    return Region(line + 1, column + 1, end_line + 1, end_column + 1)
