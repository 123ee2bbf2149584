"""The user changed settings."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.WORKSPACE_DID_CHANGE_CONFIGURATION


async def handle(session: Session, params: types.DidChangeConfigurationParams) -> None:
    """Take the settings that came along, and ask for those of each folder: newer clients send none."""
    await session.settings_changed(params.settings)
