"""Where a span of the library's lies in the editor's texts."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import Document
from mlwarden_lsp.convert import Encoding, range_of
from mlwarden_lsp.documents import BYTE_ORDER_MARK
from mlwarden_lsp.snapshot import NotebookSnapshot, Part, Snapshot


@dataclass(frozen=True, slots=True)
class Place:
    """A range of offsets in one of the editor's texts."""

    part: Part
    start: int
    end: int

    def touches(self, start: int, end: int) -> bool:
        """Whether the two share a place; touching ranges do."""
        return self.start <= end and start <= self.end

    def range(self, encoding: Encoding) -> types.Range:
        """The same as the protocol has it."""
        return range_of(self.part.lines, self.start, self.end, encoding)


@dataclass(frozen=True, slots=True)
class Places:
    """The spans of a document, found in the snapshot that it was made from."""

    snapshot: Snapshot
    document: Document

    def of(self, span: Span) -> Place | None:
        """Where a span lies; None if the editor shows nothing there (a notebook without cells)."""
        if isinstance(self.snapshot, NotebookSnapshot):
            if span.cell is None:
                # About the whole notebook: the editor has no place for that but a cell.
                return Place(self.snapshot.cells[0], 0, 0) if self.snapshot.cells else None
            return _shifted(self.snapshot.cells[span.cell], span)
        if span.cell is not None:
            from mlwarden.notebooks.mapping import to_file_span

            assert isinstance(self.document, Notebook)
            span = to_file_span(self.document, span)
        return _shifted(self.snapshot.part, span)

    def cell_of(self, span: Span, place: Place) -> int | None:
        """The cell that a span at a place belongs to, be it in the source or in an output; None outside of cells."""
        if not isinstance(self.document, Notebook) or span.cell is not None:
            return span.cell
        if isinstance(self.snapshot, NotebookSnapshot):
            return next((number for number, cell in enumerate(self.snapshot.cells) if cell is place.part), None)
        from mlwarden.notebooks.mapping import cell_at

        cell = cell_at(self.document, span.start)
        return cell.index if cell is not None else None

    def of_edit(self, edit: TextEdit) -> Place | None:
        """Where an edit applies; None if the editor has no such text: what is no cell, in a notebook of cells."""
        if edit.span.cell is None and isinstance(self.snapshot, NotebookSnapshot):
            return None
        return self.of(edit.span)


def _shifted(part: Part, span: Span) -> Place:
    by = 1 if part.text.startswith(BYTE_ORDER_MARK) else 0
    return Place(part, span.start + by, span.end + by)
