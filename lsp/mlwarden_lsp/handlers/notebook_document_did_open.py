"""A notebook was opened."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.NOTEBOOK_DOCUMENT_DID_OPEN


def handle(session: Session, params: types.DidOpenNotebookDocumentParams) -> None:
    """Take its cells and check them as one document."""
    session.removed(session.store.open_notebook(params.notebook_document, params.cell_text_documents))
    session.disk.opened(params.notebook_document.uri)
    session.opened(params.notebook_document.uri)
