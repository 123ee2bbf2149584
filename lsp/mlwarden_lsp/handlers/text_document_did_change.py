"""A text document was edited."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_DID_CHANGE


def handle(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Apply the edits to the session's copy."""
    document = params.text_document
    if session.store.change_text(document.uri, document.version, params.content_changes):
        session.changed(document.uri)
    else:
        session.unknown(METHOD, document.uri)
