"""A text document was closed."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_DID_CLOSE


def handle(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Forget it and take its diagnostics away."""
    uri = params.text_document.uri
    session.closed(uri, session.store.close_text(uri))
