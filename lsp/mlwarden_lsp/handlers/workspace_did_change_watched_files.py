"""Files changed on disk, by the editor or behind its back."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.WORKSPACE_DID_CHANGE_WATCHED_FILES


def handle(session: Session, params: types.DidChangeWatchedFilesParams) -> None:
    """Look at configuration and dependencies again."""
    session.files_changed(change.uri for change in params.changes)
