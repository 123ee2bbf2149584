"""From a cell's source or an output's text to the text of the .ipynb, and back."""

from __future__ import annotations

from bisect import bisect_right

from mlwarden.model.spans import Span
from mlwarden.notebooks.literals import TextMap
from mlwarden.notebooks.notebook import Cell, Notebook, Output


def to_file_span(notebook: Notebook, span: Span) -> Span:
    """A span in a cell's source, as a span in the text of the .ipynb.

    A span over several strings of a list reaches from its first to its last character, what stands between them
    included. An empty span between two strings is at the start of the second. A span without a cell is returned as is.

    Raises:
        ValueError: if the notebook has no text or no such cell.
    """
    if span.cell is None:
        return span
    return Span(*source_map(notebook, span.cell).places(span.start, span.end))


def to_cell_span(notebook: Notebook, place: int | Span) -> Span | None:
    """A place in the text of the .ipynb as a place in the source of the cell that it lies in.

    Args:
        notebook: with its text.
        place: an offset, or a span whose ends lie in the same source.

    Returns:
        For an offset, an empty span before the character that it is part of; between two strings of a list, before the
        second. For a span, the characters that it touches. None outside a cell's source.
    """
    start, end = (place, place) if isinstance(place, int) else (place.start, place.end)
    cell = cell_at(notebook, start)
    if cell is None or not cell.source_span.start <= start <= end <= cell.source_span.end:
        return None
    source = source_map(notebook, cell.index)
    first = source.offset(start)
    if end == start:
        return Span(first, first, cell.index)
    last = source.offset(end - 1)
    touched = source.place(last) < end and source.places(last, last + 1)[1] > start and last < source.length
    return Span(first, max(last + 1 if touched else last, first), cell.index)


def cell_at(notebook: Notebook, offset: int) -> Cell | None:
    """The cell whose JSON an offset in the text of the .ipynb lies in, or None."""
    index = bisect_right(notebook.cells, offset, key=lambda cell: cell.span.start) - 1
    if index < 0 or offset >= notebook.cells[index].span.end:
        return None
    return notebook.cells[index]


def locate_output(notebook: Notebook, output: Output, start: int, end: int) -> Span:
    """A range in an output's text as a span in the text of the .ipynb, as `to_file_span` does for a source."""
    if output.raw:
        first, limit = output.span.start + start, output.span.end
        return Span(min(first, limit), min(max(output.span.start + end, first), limit))
    return Span(*output_map(notebook, output).places(start, end))


def source_map(notebook: Notebook, cell: int) -> TextMap:
    """The literals of a cell's source; kept, since a file with many findings asks again and again.

    Raises:
        ValueError: if the notebook has no text or no such cell.
    """
    if not notebook.text:
        raise ValueError("the notebook has no text of its own: it lives in an editor")
    known = notebook.source_maps.get(cell)
    if known is None:
        if not 0 <= cell < len(notebook.cells):
            raise ValueError(f"the notebook has no cell {cell}")
        span = notebook.cells[cell].source_span
        without_ends = notebook.nbformat[0] == 2 and notebook.text.startswith("[", span.start)
        known = notebook.source_maps[cell] = TextMap(notebook.text, span, gap=1 if without_ends else 0)
    return known


def output_map(notebook: Notebook, output: Output) -> TextMap:
    """The literals of an output; none if it is kept as JSON data. Kept, as a source's."""
    known = notebook.output_maps.get(output.span.start)
    if known is None:
        # The lines of a traceback are joined by line ends that the file does not hold.
        is_traceback = output.kind == "error" and notebook.text[output.span.start] == "["
        known = notebook.output_maps[output.span.start] = TextMap(
            notebook.text, output.span, gap=1 if is_traceback else 0
        )
    return known
