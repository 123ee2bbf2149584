"""A notebook was saved."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.NOTEBOOK_DOCUMENT_DID_SAVE


def handle(session: Session, params: types.DidSaveNotebookDocumentParams) -> None:
    """Check it."""
    session.saved(params.notebook_document.uri)
