"""The user changed settings."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.WORKSPACE_DID_CHANGE_CONFIGURATION


async def handle(session: Session, params: types.DidChangeConfigurationParams) -> None:
    """Take the settings that came along, or ask for them: newer clients send none."""
    sent = params.settings
    if not sent and session.features.configuration:
        sent = await session.client.configuration()
    session.settings_changed(sent)
