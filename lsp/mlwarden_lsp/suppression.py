"""The edit that accepts a finding in place: a `mlwarden: ignore[CODE]` comment, in the form the text has comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mlwarden.model.findings import Finding
from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import Document, ModelFile, PythonModule, lines_at
from mlwarden.source.lines import LineIndex

_BRACKET = re.compile(r"mlwarden[ \t]*:[ \t]*ignore[ \t]*\[(?P<codes>[^\]]*)\]")
_CELL_BRACKET = re.compile(r"[ \t]*(?:#|<!--)[ \t]*mlwarden[ \t]*:[ \t]*ignore-cell[ \t]*\[(?P<codes>[^\]\r\n]*)\]")
_INDENT = re.compile(r"[ \t]*")
_LINE_END = re.compile(r"\r\n|\r|\n")


def suppression_edit(document: Document, finding: Finding, known: frozenset[str], reason: str = "") -> TextEdit | None:
    """The smallest edit by which a comment covers the finding; None if there is none.

    Whether it does is asked of the parser of suppressions: what is offered works. Where text is no code, a comment
    behind a value might become part of it, so it gets a line of its own.

    Args:
        document: where the finding is.
        finding: the finding.
        known: the codes of all rules.
        reason: what is written behind the codes of a new comment.
    """
    if isinstance(document, ModelFile) or (isinstance(document, Notebook) and finding.span.cell is None):
        return None
    return _first_that_covers(_candidates(document, finding, _said(reason)), document, finding, known)


def cell_suppression_edit(
    document: Document, finding: Finding, known: frozenset[str], cell: int | None, reason: str = ""
) -> TextEdit | None:
    """The edit by which a comment at the top of a notebook cell covers the finding; None if there is none.

    Such a comment counts for the cell's outputs, too. Arguments as for `suppression_edit`; `cell` is the cell.
    """
    if not isinstance(document, Notebook) or cell is None:
        return None
    edits = _cell_candidates(document, cell, finding.code, _said(reason))
    if finding.span.cell is None and not document.text:
        return next(edits, None)  # an output of the file's, which the editor's notebook does not have
    return _first_that_covers(edits, document, finding, known)


def _first_that_covers(
    edits: Iterator[TextEdit], document: Document, finding: Finding, known: frozenset[str]
) -> TextEdit | None:
    return next((edit for edit in edits if _covers(_edited(document, edit), _moved(finding, edit), known)), None)


def _said(reason: str) -> str:
    """A reason as it stands behind the codes: on one line."""
    words = " ".join(reason.split())
    return f" {words}" if words else ""


def _candidates(document: Document, finding: Finding, reason: str) -> Iterator[TextEdit]:
    lines = lines_at(document, finding.span.cell)
    python = _python(document, finding.span.cell)
    if python is not None:
        yield from _behind(lines, python, finding, reason)
        return
    yield _above(lines, finding, "# mlwarden: ignore[{}]" + reason)
    yield _above(lines, finding, "<!-- mlwarden: ignore[{}]" + reason + " -->")


def _cell_candidates(notebook: Notebook, cell: int, code: str, reason: str) -> Iterator[TextEdit]:
    """In the comment that is there, else on a line of its own at the top, below a cell magic."""
    source = notebook.cells[cell].source
    lines = notebook.cells[cell].lines
    number = next((number for number in range(len(lines)) if lines.line_text(number).strip()), 0)
    magic = lines.line_text(number).lstrip().startswith("%%")
    first = number + 1 if magic else number
    at = lines.starts[first] if first < len(lines) else len(source)
    bracket = _CELL_BRACKET.match(source, at)
    if bracket is not None:
        end = bracket.end("codes")
        yield TextEdit(Span(end, end, cell), f", {code}" if bracket["codes"].strip() else code)
    newline = _LINE_END.search(source)
    end_of_line = newline.group() if newline else "\n"
    before = end_of_line if magic and first >= len(lines) else ""
    after = "" if before else end_of_line
    markdown = notebook.cells[cell].kind == "markdown"
    text = f"mlwarden: ignore-cell[{code}]{reason}"
    yield TextEdit(Span(at, at, cell), before + (f"<!-- {text} -->" if markdown else f"# {text}") + after)


def _python(document: Document, cell: int | None) -> str | None:
    if isinstance(document, PythonModule):
        return document.text
    if isinstance(document, Notebook) and cell is not None and document.cells[cell].kind == "code":
        # A cell without Python is shell or another language whose comments start with "#".
        return document.cells[cell].python or document.cells[cell].source
    return None


def _behind(lines: LineIndex, python: str, finding: Finding, reason: str) -> Iterator[TextEdit]:
    """At the end of the first line on which a comment can be written, or in the comment that is there."""
    from mlwarden.policy.comments import python_layout

    layout = python_layout(LineIndex(python))
    line = lines.line_of(finding.span.start)
    for first, last in layout.joined:
        if first <= line <= last:
            line = last
    comment = next((comment for comment in layout.comments if comment.line == line), None)
    bracket = _BRACKET.search(comment.text) if comment is not None else None
    if comment is not None and bracket is not None:
        at = comment.start + bracket.end("codes")
        codes = bracket["codes"].strip()
        yield TextEdit(Span(at, at, finding.span.cell), f", {finding.code}" if codes else finding.code)
    end = lines.line_end(line)
    end -= len(lines.line_text(line)) - len(lines.line_text(line).rstrip(" \t"))
    gap = "" if end == lines.starts[line] else "  "
    yield TextEdit(Span(end, end, finding.span.cell), f"{gap}# mlwarden: ignore[{finding.code}]{reason}")


def _above(lines: LineIndex, finding: Finding, form: str) -> TextEdit:
    """A line of its own before the finding's first line."""
    line = lines.line_of(finding.span.start)
    indent = _INDENT.match(lines.line_text(line))
    start = lines.starts[line]
    line_end = _LINE_END.search(lines.text)
    text = (indent.group() if indent else "") + form.format(finding.code) + (line_end.group() if line_end else "\n")
    return TextEdit(Span(start, start, finding.span.cell), text)


def _edited(document: Document, edit: TextEdit) -> Document:
    """The document as it would be; places in a notebook's .ipynb text stay what they were."""
    at = edit.span.start
    if isinstance(document, Notebook):
        from mlwarden.notebooks.languages import is_databricks
        from mlwarden.notebooks.magics import Masked, mask

        assert edit.span.cell is not None
        cell = document.cells[edit.span.cell]
        source = cell.source[:at] + edit.replacement + cell.source[at:]
        masked = mask(source, databricks=is_databricks(document.metadata)) if cell.python else Masked("")
        changed = replace(cell, source=source, python=masked.python, magics=masked.magics)
        cells = (*document.cells[: cell.index], changed, *document.cells[cell.index + 1 :])
        return replace(document, cells=cells)
    assert not isinstance(document, ModelFile)
    return replace(document, text=document.text[:at] + edit.replacement + document.text[at:])


def _moved(finding: Finding, edit: TextEdit) -> Finding:
    """The finding after the edit; one that spans several lines may have the comment inside."""
    by, at = len(edit.replacement), edit.span.start
    span = finding.span
    start = span.start + by if at <= span.start else span.start
    end = span.end + by if at < span.end or at <= span.start else span.end
    return replace(finding, span=Span(start, end, span.cell))


def _covers(document: Document, finding: Finding, known: frozenset[str]) -> bool:
    from mlwarden.policy.suppressions import parse

    return bool(parse(document, known).covering(finding))
