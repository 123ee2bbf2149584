"""A text document was opened."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_DID_OPEN


def handle(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """Take its text and check it."""
    session.store.open_text(params.text_document)
    session.opened(params.text_document.uri)
