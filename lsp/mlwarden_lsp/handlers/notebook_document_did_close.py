"""A notebook was closed."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.NOTEBOOK_DOCUMENT_DID_CLOSE


def handle(session: Session, params: types.DidCloseNotebookDocumentParams) -> None:
    """Forget it and take the diagnostics of its cells away."""
    uri = params.notebook_document.uri
    session.closed(uri, session.store.close_notebook(uri))
