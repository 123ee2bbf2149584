"""Progress as the protocol has it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from mlwarden_lsp.server import Server


class WorkDone:
    """Progress under a token of the client's, or one that it is asked to make. Nobody waits for the client.

    What there is to say is kept until the client has made the token; a client that cannot show progress is told nothing.
    """

    def __init__(
        self, server: Server, title: str, token: types.ProgressToken | None, cancel: Callable[[], None]
    ) -> None:
        """`cancel` is called when the user cancels."""
        self._server, self._cancel = server, cancel
        self._loop = asyncio.get_running_loop()
        self._said: list[Any] = []
        self._token = token
        self._percentage = -1
        self._say(types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0))
        if token is not None:
            self._made(token)
        elif server.session.features.work_done_progress:
            server.session.keep(asyncio.ensure_future(self._make(str(uuid.uuid4()))))

    def report(self, done: int, total: int) -> None:
        """So many files of all are checked."""
        percentage = 100 * done // max(total, 1)
        if percentage > self._percentage:  # one message a file would be too many
            self._percentage = percentage
            message = f"{done} of {total} files"
            self._say(types.WorkDoneProgressReport(cancellable=True, message=message, percentage=percentage))

    def end(self, message: str) -> None:
        """Nothing more will come."""
        self._say(types.WorkDoneProgressEnd(message=message))

    async def _make(self, token: types.ProgressToken) -> None:
        await self._server.window_work_done_progress_create_async(types.WorkDoneProgressCreateParams(token))
        self._made(token)

    def _made(self, token: types.ProgressToken) -> None:
        self._token = token
        cancelled: Future[Any] = Future()
        cancelled.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._cancel))
        self._server.work_done_progress.tokens[token] = cancelled
        said, self._said = self._said, []
        for value in said:
            self._say(value)

    def _say(self, value: Any) -> None:
        tokens = self._server.work_done_progress.tokens
        if self._token is None or self._token not in tokens:
            if not isinstance(value, types.WorkDoneProgressReport):
                self._said.append(value)
            return
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(self._token, value))
        if isinstance(value, types.WorkDoneProgressEnd):
            del tokens[self._token]
