"""The server's commands: what clients run by `workspace/executeCommand`, by themselves or from a code action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from lsprotocol import types

from mlwarden_lsp.actions import SHOW_RULE
from mlwarden_lsp.session import Session

SCAN = "mlwarden.scanWorkspace"


class ArgumentError(ValueError):
    """A command was given arguments that it does not take."""


async def execute(session: Session, params: types.ExecuteCommandParams) -> Any:
    """Run a command.

    Raises:
        ArgumentError: there is no such command, or it takes other arguments.
    """
    run = COMMANDS.get(params.command)
    if run is None:
        raise ArgumentError(f"there is no command {params.command[:80]}")
    return await run(session, params.arguments or (), params.work_done_token)


async def _scan(session: Session, arguments: Sequence[Any], token: types.ProgressToken | None) -> dict[str, int] | None:
    """Check all files of the workspace: `{"files": ..., "findings": ...}`, or null where the user cancelled."""
    summary = await session.scan(token)
    return summary._asdict() if summary is not None else None


async def _show_rule(session: Session, arguments: Sequence[Any], token: types.ProgressToken | None) -> bool:
    """Open the page of the rule with the code that is the argument; whether the client could."""
    code = arguments[0] if arguments else None
    if not isinstance(code, str):
        raise ArgumentError("expected the code of a rule")
    url = await session.in_worker(lambda: session.engine.url(code))
    if not url:
        raise ArgumentError(f"there is no rule {code[:40]}")
    if session.features.show_document and await session.client.open(url):
        return True
    session.client.show(f"{code}: {url}", types.MessageType.Info)
    return False


_Command = Callable[[Session, Sequence[Any], "types.ProgressToken | None"], Awaitable[Any]]
COMMANDS: Mapping[str, _Command] = {SCAN: _scan, SHOW_RULE: _show_rule}
