"""What is open in the editor, kept in step with it. Nothing a client sends raises; what makes no sense is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lsprotocol import types

from mlwarden_lsp.convert import Encoding, applied, without_surrogates
from mlwarden_lsp.paths import path_of
from mlwarden_lsp.snapshot import CellPart, NotebookSnapshot, Part, Snapshot, TextSnapshot


@dataclass
class _Text:
    uri: str
    version: int | None
    language: str
    text: str
    revision: int = 0


@dataclass
class _Notebook:
    uri: str
    cells: list[types.NotebookCell]
    metadata: Mapping[str, Any]
    texts: dict[str, _Text] = field(default_factory=dict)
    revision: int = 0

    def cell_uris(self) -> set[str]:
        return {cell.document for cell in self.cells} | set(self.texts)


class Store:
    """The open documents by their URIs, which are compared as they were sent: cell URIs mean nothing to a server."""

    def __init__(self) -> None:
        self.encoding = Encoding.UTF16
        self._texts: dict[str, _Text] = {}
        self._notebooks: dict[str, _Notebook] = {}
        self._notebook_of: dict[str, str] = {}
        self._paths: Counter[str] = Counter()
        self._revisions = 0

    def uris(self) -> list[str]:
        """The URIs of documents and notebooks, in the order in which they were opened."""
        return [*self._texts, *self._notebooks]

    def holds_file(self, path: str | None) -> bool:
        """Whether a file is open, as a text or a notebook, however its URI is written."""
        return path is not None and path in self._paths

    def owner(self, uri: str) -> str | None:
        """The URI of the document that a URI belongs to: of a cell, its notebook's; None if nothing such is open."""
        if uri in self._texts or uri in self._notebooks:
            return uri
        return self._notebook_of.get(uri)

    def revision(self, uri: str) -> int | None:
        """The revision of a document or notebook; None if it is not open."""
        found = self._texts.get(uri) or self._notebooks.get(uri)
        return found.revision if found is not None else None

    def snapshot(self, uri: str) -> Snapshot | None:
        """The state of a document or notebook; None if it is not open."""
        text = self._texts.get(uri)
        if text is not None:
            return TextSnapshot(uri, text.revision, Part(uri, text.version, text.text, text.language))
        notebook = self._notebooks.get(uri)
        if notebook is not None:
            cells = tuple(_cell_part(notebook, cell) for cell in notebook.cells)
            return NotebookSnapshot(uri, notebook.revision, cells, notebook.metadata)
        return None

    # --- texts ------------------------------------------------------------------------------------------------

    def open_text(self, item: types.TextDocumentItem) -> None:
        """A document was opened, or opened again."""
        if item.uri not in self._texts:
            self._count(item.uri, 1)
        self._texts[item.uri] = _text_of(item)
        self._touch(self._texts[item.uri])

    def change_text(self, uri: str, version: int, changes: Iterable[types.TextDocumentContentChangeEvent]) -> bool:
        """A document was edited; False if it is not open."""
        text = self._texts.get(uri)
        if text is None:
            return False
        text.text = applied(text.text, changes, self.encoding)
        text.version = version
        self._touch(text)
        return True

    def close_text(self, uri: str) -> list[str]:
        """A document was closed; the URIs whose diagnostics are to be taken away."""
        if self._texts.pop(uri, None) is None:
            return []
        self._count(uri, -1)
        return [uri]

    # --- notebooks --------------------------------------------------------------------------------------------

    def open_notebook(self, notebook: types.NotebookDocument, texts: Iterable[types.TextDocumentItem]) -> list[str]:
        """A notebook was opened, or opened again; the URIs of cells that it had before and has no more."""
        gone = self.close_notebook(notebook.uri)
        opened = _Notebook(notebook.uri, list(notebook.cells), _object(notebook.metadata))
        self._notebooks[notebook.uri] = opened
        self._count(notebook.uri, 1)
        for item in texts:
            opened.texts[item.uri] = _text_of(item)
        self._own(opened)
        return [uri for uri in gone if uri not in opened.cell_uris()]

    def change_notebook(self, uri: str, change: types.NotebookDocumentChangeEvent) -> list[str] | None:
        """A notebook was edited.

        Returns:
            The URIs of the cells that are no longer in it; None if it is not open.
        """
        notebook = self._notebooks.get(uri)
        if notebook is None:
            return None
        before = notebook.cell_uris()
        if change.metadata is not None:
            notebook.metadata = _object(change.metadata)
        if change.cells is not None:
            self._change_cells(notebook, change.cells)
        self._own(notebook)
        gone = [uri for uri in before if uri not in notebook.cell_uris()]
        for cell_uri in gone:
            self._notebook_of.pop(cell_uri, None)
        return sorted(gone)

    def _change_cells(self, notebook: _Notebook, change: types.NotebookDocumentCellChanges) -> None:
        if change.structure is not None:
            array = change.structure.array
            notebook.cells[array.start : array.start + array.delete_count] = array.cells or []
            for closed in change.structure.did_close or ():
                notebook.texts.pop(closed.uri, None)
            for opened in change.structure.did_open or ():
                notebook.texts[opened.uri] = _text_of(opened)
        changed = {cell.document: cell for cell in change.data or ()}
        if changed:
            notebook.cells = [changed.get(cell.document, cell) for cell in notebook.cells]
        for content in change.text_content or ():
            text = notebook.texts.get(content.document.uri)
            if text is not None:
                text.text = applied(text.text, content.changes, self.encoding)
                text.version = content.document.version

    def close_notebook(self, uri: str) -> list[str]:
        """A notebook was closed; the URIs whose diagnostics are to be taken away."""
        notebook = self._notebooks.pop(uri, None)
        if notebook is None:
            return []
        self._count(uri, -1)
        cells = sorted(notebook.cell_uris())
        for cell_uri in cells:
            self._notebook_of.pop(cell_uri, None)
        return cells

    def _own(self, notebook: _Notebook) -> None:
        self._touch(notebook)
        for uri in notebook.cell_uris():
            self._notebook_of[uri] = notebook.uri

    def _count(self, uri: str, by: int) -> None:
        path = path_of(uri)
        if path is not None:
            self._paths[path] += by
            if not self._paths[path]:
                del self._paths[path]

    def _touch(self, state: _Text | _Notebook) -> None:
        self._revisions += 1
        state.revision = self._revisions


def _text_of(item: types.TextDocumentItem) -> _Text:
    return _Text(item.uri, item.version, str(item.language_id), without_surrogates(item.text))


def _cell_part(notebook: _Notebook, cell: types.NotebookCell) -> CellPart:
    text = notebook.texts.get(cell.document)
    return CellPart(
        cell.document,
        text.version if text is not None else None,
        text.text if text is not None else "",
        text.language if text is not None else "",
        cell.kind is types.NotebookCellKind.Code,
        _object(cell.metadata),
    )


def _object(value: Any) -> Mapping[str, Any]:
    """What a client sends as an object, if it is one."""
    return value if isinstance(value, Mapping) else {}
