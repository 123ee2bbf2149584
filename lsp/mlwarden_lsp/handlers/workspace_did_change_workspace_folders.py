"""Folders were added to the workspace, or taken out of it."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS


async def handle(session: Session, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Take note: each folder may have settings of its own."""
    event = params.event
    await session.folders_changed([folder.uri for folder in event.added], [folder.uri for folder in event.removed])
