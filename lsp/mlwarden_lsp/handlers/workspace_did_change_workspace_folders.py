"""Folders were added to the workspace, or taken out of it."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS


def handle(session: Session, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Take note: relative paths in settings count from the first folder."""
    event = params.event
    session.folders_changed([folder.uri for folder in event.added], [folder.uri for folder in event.removed])
