"""A text document was saved."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_DID_SAVE
OPTIONS = types.SaveOptions(include_text=False)


def handle(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    """Check it, and what depends on it where it is a configuration or dependency file."""
    session.saved(params.text_document.uri)
