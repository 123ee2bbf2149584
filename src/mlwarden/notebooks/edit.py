"""Edits of a notebook that change no byte of the .ipynb beyond what they mean.

nbformat's writer sorts keys and lays everything out anew; here only the characters concerned are replaced, inside the
JSON strings in which they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span, sort_key
from mlwarden.notebooks.json_text import JsonCursor
from mlwarden.notebooks.mapping import locate_output, output_map, source_map
from mlwarden.notebooks.notebook import Cell, Notebook, Output
from mlwarden.notebooks.text_edits import Change, Escaper, text_edits


def apply_edits(notebook: Notebook, edits: Sequence[TextEdit]) -> str:
    """The text of the .ipynb after the edits.

    Args:
        notebook: as `read_notebook` returned it.
        edits: those with a cell count in its source, and their replacement is source text; those without count in the
            text of the .ipynb, and their replacement is put there as it is. Insertions at one place keep their order.

    Raises:
        ValueError: if edits overlap, lie outside their text, or the notebook has no text or no such cell.
    """
    parts: list[str] = []
    done = 0
    for edit in to_file_edits(notebook, edits):
        parts.append(notebook.text[done : edit.span.start])
        parts.append(edit.replacement)
        done = edit.span.end
    parts.append(notebook.text[done:])
    return "".join(parts)


def to_file_edits(notebook: Notebook, edits: Iterable[TextEdit]) -> tuple[TextEdit, ...]:
    """The same edits as edits of the .ipynb text, in order: what reports and editors of plain text need.

    Raises:
        ValueError: as `apply_edits`.
    """
    found: list[TextEdit] = []
    by_cell: dict[int, list[Change]] = {}
    for edit in sorted(edits, key=lambda edit: sort_key(edit.span)):
        if edit.span.cell is None:
            found.append(edit)
        else:
            change = Change(edit.span.start, edit.span.end, edit.replacement)
            by_cell.setdefault(edit.span.cell, []).append(change)
    for index, changes in by_cell.items():
        source_places = source_map(notebook, index)
        source = notebook.cells[index].source
        _check_order([(change.start, change.end) for change in changes], len(source))
        found.extend(text_edits(source_places, source, changes))
    found.sort(key=lambda edit: (edit.span.start, edit.span.end))
    _check_order([(edit.span.start, edit.span.end) for edit in found], len(notebook.text))
    return tuple(found)


def clear_outputs_edit(notebook: Notebook, cell_index: int) -> tuple[TextEdit, ...]:
    """Edits of the .ipynb text that empty a code cell's outputs and its execution count; none if there are none.

    Raises:
        ValueError: if the notebook has no such cell.
    """
    if notebook.cells[cell_index : cell_index + 1] == ():
        raise ValueError(f"the notebook has no cell {cell_index}")
    cell = notebook.cells[cell_index]
    if cell.kind != "code":
        return ()
    cursor = JsonCursor(notebook.text, cell.span.start)
    edits: list[TextEdit] = []
    for key in cursor.members():
        empty = {"outputs": "[]", "execution_count": "null", "prompt_number": "null"}.get(key)
        if empty is not None:
            start = cursor.skip()
            if notebook.text[start : cursor.pos] != empty:
                edits.append(TextEdit(Span(start, cursor.pos), empty))
    return tuple(edits)


def remove_output_edit(notebook: Notebook, cell: Cell, output: Output) -> TextEdit:
    """The edit of the .ipynb text that takes one output away, in all its formats, and leaves the cell's others.

    Raises:
        ValueError: if the output is not one of the cell's.
    """
    items: list[Span] = []
    if cell.outputs_span is not None:
        cursor = JsonCursor(notebook.text, cell.outputs_span.start)
        for _ in cursor.items():
            start = cursor.skip()
            items.append(Span(start, cursor.pos))
    for index, item in enumerate(items):
        if item.contains(output.span):
            if index + 1 < len(items):
                return TextEdit(Span(item.start, items[index + 1].start), "")
            if index > 0:
                return TextEdit(Span(items[index - 1].end, item.end), "")
            assert cell.outputs_span is not None
            return TextEdit(Span(cell.outputs_span.start + 1, cell.outputs_span.end - 1), "")
    raise ValueError("the output is not one of the cell's")


def output_edits(notebook: Notebook, output: Output, start: int, end: int, replacement: str) -> tuple[TextEdit, ...]:
    """Edits of the .ipynb text that replace a range of an output's text.

    In an output kept as JSON data the range should lie inside one string of it.

    Raises:
        ValueError: if the range is not one of the output's text.
    """
    _check_order([(start, end)], len(output.text))
    places = output_map(notebook, output)
    if len(places) and not places.gap:
        return tuple(text_edits(places, output.text, [Change(start, end, replacement)]))
    escape = Escaper(places)
    edits = [TextEdit(locate_output(notebook, output, start, end), escape(replacement))]
    if len(places):  # a traceback, whose entries stay: the line ends between them do not stand in the file
        first, last = places.literal_at(start), places.literal_at(max(end - 1, start))
        ranges = [(max(start, low), min(end, high)) for low, high in map(places.bounds, range(first, last + 1))]
        texts = [escape(replacement)] + [""] * (last - first)
        edits = [
            TextEdit(Span(*places.places(low, high)), text) for (low, high), text in zip(ranges, texts, strict=True)
        ]
    return tuple(edit for edit in edits if edit.replacement or edit.span.start < edit.span.end)


def _check_order(ranges: Sequence[tuple[int, int]], length: int) -> None:
    done = 0
    for start, end in ranges:
        if start < done:
            raise ValueError(f"edits overlap at offset {start}")
        if end > length:
            raise ValueError(f"an edit ends at offset {end}, after the end of the text at {length}")
        done = end
