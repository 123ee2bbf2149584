"""The client is about to leave."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.SHUTDOWN


def handle(session: Session, params: None) -> None:
    """Start no more checks."""
    session.stop()
