"""The client runs one of the server's commands."""

from __future__ import annotations

from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from mlwarden_lsp.commands import ArgumentError, execute
from mlwarden_lsp.session import Session

METHOD = types.WORKSPACE_EXECUTE_COMMAND


async def handle(session: Session, params: types.ExecuteCommandParams) -> Any:
    """Run it; what it gives is the answer."""
    try:
        return await execute(session, params)
    except ArgumentError as error:
        raise JsonRpcInvalidParams(str(error)) from None
