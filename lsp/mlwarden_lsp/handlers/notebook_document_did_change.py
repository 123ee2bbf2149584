"""A notebook was edited: cells added, removed or moved, their text or metadata changed."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.NOTEBOOK_DOCUMENT_DID_CHANGE


def handle(session: Session, params: types.DidChangeNotebookDocumentParams) -> None:
    """Apply the edits to the session's copy."""
    uri = params.notebook_document.uri
    gone = session.store.change_notebook(uri, params.change)
    if gone is None:
        session.unknown(METHOD, uri)
    else:
        session.removed(gone)
        session.changed(uri)
