"""What the reader of .ipynb files and an editor's notebook in memory have in common: from a source to a `Cell`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlwarden.notebooks.languages import PYTHON, cell_language, is_databricks, notebook_language
from mlwarden.notebooks.magics import Masked, TooManyMagicsError, mask
from mlwarden.notebooks.notebook import Cell, Notebook


@dataclass(frozen=True)
class EditorCell:
    """A cell as an editor has it open.

    Attributes:
        source: its text.
        kind: "code", "markdown" or "raw".
        language: the editor's id of its language ("python", "shellscript"), or "" for the notebook's own.
        id: the nbformat id, or "".
        metadata: the cell's metadata.
    """

    source: str
    kind: str = "code"
    language: str = ""
    id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def notebook_of_cells(path: str, cells: Iterable[EditorCell], metadata: Mapping[str, Any] | None = None) -> Notebook:
    """A notebook that lives in an editor cell by cell: it has no text of its own, and its spans are those of cells.

    A cell with more magics than anybody writes is taken for another language's.
    """
    metadata = dict(metadata or {})
    language = notebook_language(metadata)
    databricks = is_databricks(metadata)
    made = []
    for index, cell in enumerate(cells):
        try:
            masked = python_of(cell.kind, cell.source, cell.metadata, language, databricks, cell.language)
        except TooManyMagicsError:
            masked = Masked("")
        made.append(
            Cell(
                index,
                cell.id,
                cell.kind,
                cell.source,
                masked.python,
                masked.magics,
                tags=tags_of(cell.metadata),
                metadata=dict(cell.metadata),
            )
        )
    return Notebook(path, "", tuple(made), language, metadata=metadata)


def tags_of(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags in a cell's metadata."""
    tags = metadata.get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def python_of(
    kind: str, source: str, metadata: Mapping[str, Any], language: str, databricks: bool = False, own: str = ""
) -> Masked:
    """The Python and the magics of a cell.

    Args:
        kind: "code", "markdown" or "raw".
        source: the cell's text.
        metadata: the cell's metadata.
        language: the notebook's language.
        databricks: whether Databricks wrote the notebook.
        own: the language that the cell itself states outside its metadata, or "".

    Raises:
        TooManyMagicsError: for a cell with more magics than anybody writes.
    """
    if kind != "code":
        return Masked("")
    if cell_language(metadata, language, own) == PYTHON or (databricks and source.lstrip().startswith("%python")):
        return mask(source, databricks=databricks)
    return Masked("")
