"""What the editor holds, as the library's documents: the only place that knows how editors show files and notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlwarden.model.rule_info import DocumentKind
from mlwarden.source.documents import Document, PlainText
from mlwarden.source.problems import Problem
from mlwarden_lsp.paths import name_of, path_of
from mlwarden_lsp.snapshot import CellPart, NotebookSnapshot, Part, Snapshot, TextSnapshot

if TYPE_CHECKING:
    from mlwarden.notebooks.assemble import EditorCell
    from mlwarden.notebooks.notebook import Notebook

BYTE_ORDER_MARK = "\ufeff"

# What a document without a telling name is called, so that the router knows it: an unsaved one, mostly.
_NAMES: Mapping[str, str] = {
    "dockerfile": "Dockerfile",
    "dotenv": ".env",
    "ini": "untitled.ini",
    "json": "untitled.json",
    "jsonc": "untitled.json",
    "makefile": "Makefile",
    "markdown": "untitled.md",
    "pip-requirements": "requirements.txt",
    "properties": "untitled.properties",
    "requirements": "requirements.txt",
    "shellscript": "untitled.sh",
    "sh": "untitled.sh",
    "toml": "untitled.toml",
    "yaml": "untitled.yaml",
}


def text_of(part: Part) -> str:
    """The text that the library's offsets count in: without a byte-order mark."""
    return part.text[1:] if part.text.startswith(BYTE_ORDER_MARK) else part.text


def document_of(snapshot: Snapshot) -> Document | Problem | None:
    """The document that a snapshot makes.

    Returns:
        The document; a problem where the text is not what it is meant to be; None where it is no business of ours.
    """
    if isinstance(snapshot, NotebookSnapshot):
        return _notebook(snapshot)
    return _text_document(snapshot.part)


def refused(snapshot: TextSnapshot) -> PlainText:
    """The document to show a problem's place in."""
    return PlainText(_shown(snapshot.uri, snapshot.part.language.lower()), text_of(snapshot.part))


def _text_document(part: Part) -> Document | Problem | None:
    from mlwarden.source.kinds import kind_of
    from mlwarden.source.router import document_from_text

    text, language = text_of(part), part.language.lower()
    path = _shown(part.uri, language)
    kind = kind_of(path, text[:512].encode("utf-8"))
    if kind is not DocumentKind.PYTHON and _is_python(language):
        # JupyterLab sends a notebook's cells as one Python text under the notebook's own URI.
        kind = DocumentKind.PYTHON
    if kind is None or kind is DocumentKind.MODEL:
        return None
    return document_from_text(path, text, kind)


def _shown(uri: str, language: str) -> str:
    """The path under which the library knows a document: a file's own, else a name."""
    return path_of(uri) or _NAMES.get(language) or name_of(uri) or "untitled"


def is_python(part: Part) -> bool:
    """Whether a text is Python: by its name, or by what the editor says."""
    from mlwarden.source.kinds import kind_by_name

    if isinstance(part, CellPart):
        return part.code and (not part.language or _is_python(part.language))
    path = path_of(part.uri)
    return (path is not None and kind_by_name(path) is DocumentKind.PYTHON) or _is_python(part.language)


# --- notebooks ---------------------------------------------------------------------------------------------------


def _notebook(snapshot: NotebookSnapshot) -> Notebook:
    from mlwarden.notebooks.assemble import notebook_of_cells

    cells = [_cell(part) for part in snapshot.cells]
    return notebook_of_cells(_shown(snapshot.uri, ""), cells, _inner(snapshot.metadata))


def _cell(part: CellPart) -> EditorCell:
    from mlwarden.notebooks.assemble import EditorCell

    metadata = _inner(part.metadata)
    own_id = _text(part.metadata.get("id")) or _text(metadata.get("id"))
    return EditorCell(text_of(part), _kind(part), part.language, own_id, metadata)


def _kind(part: CellPart) -> str:
    if not part.code:
        return "markdown"
    return "raw" if part.language == "raw" else "code"


def _inner(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """The metadata as the .ipynb has it; VS Code keeps it under "metadata", and did so under "custom" before."""
    for candidate in _nested(metadata):
        if isinstance(candidate, Mapping):
            return candidate
    return metadata


def _nested(metadata: Mapping[str, Any]) -> Iterator[Any]:
    custom = metadata.get("custom")
    if isinstance(custom, Mapping):
        yield custom.get("metadata")
    yield metadata.get("metadata")


def _is_python(language: str) -> bool:
    """Whether a language id means Python; some clients have one of their own for Python with magics ("ipython")."""
    from mlwarden.notebooks.languages import is_python_name

    return is_python_name(language)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
