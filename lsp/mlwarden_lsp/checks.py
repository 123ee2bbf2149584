"""When documents are checked: soon after an edit, one check at a time for each, and only the newest state counts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from mlwarden.model.errors import StoppedError
from mlwarden_lsp.analysis import Analysis
from mlwarden_lsp.snapshot import Snapshot


@dataclass
class _State:
    """What is going on with one document.

    Attributes:
        timer: a check that waits for the typing to pause.
        running: the check that is being run in a thread.
        checked: the revision that it is run for.
        stop: breaks it off.
        again: the document changed meanwhile, and the pause is over.
        done: the newest result.
        token: the `Checks.token` that `done` was made under.
        waiting: requests that want the result for the state as it is.
    """

    timer: asyncio.TimerHandle | None = None
    running: asyncio.Future[Analysis] | None = None
    checked: int = -1
    stop: threading.Event = field(default_factory=threading.Event)
    again: bool = False
    done: Analysis | None = None
    token: int = -1
    waiting: list[asyncio.Future[None]] = field(default_factory=list)


class Checks:
    """Runs checks for a session. Everything here happens on the event loop but `check` itself.

    Attributes:
        token: grows when all results become outdated, because settings changed.
    """

    def __init__(
        self,
        executor: Executor,
        snapshot: Callable[[str], Snapshot | None],
        check: Callable[[Snapshot, Callable[[], bool]], Analysis],
        finished: Callable[[Analysis], None],
        failed: Callable[[str, BaseException], None],
    ) -> None:
        """Take the parts.

        Args:
            executor: where checks run.
            snapshot: the present state of a document, None if it was closed.
            check: what is run in the executor; it may raise `StoppedError` once the function that it is given says that its
                result is of no use any more.
            finished: is told of each result that is not outdated.
            failed: is told the document and the exception of a check that raised.
        """
        self.token = 0
        self._executor, self._snapshot, self._check = executor, snapshot, check
        self._finished, self._failed = finished, failed
        self._states: dict[str, _State] = {}

    def outdate(self) -> None:
        """No result that was made so far counts any more."""
        self.token += 1
        for state in self._states.values():
            state.stop.set()

    def schedule(self, uri: str, delay: float) -> None:
        """Check a document after `delay` seconds without another call of this."""
        state = self._states.setdefault(uri, _State())
        self._stop_timer(state)
        self._stop_outdated(uri, state)
        if delay > 0:
            state.timer = asyncio.get_running_loop().call_later(delay, self._start, uri)
        else:
            self._start(uri)

    def rerun(self, uri: str) -> None:
        """Where a check is being run whose result will be outdated, check again after it."""
        state = self._states.get(uri)
        if state is not None and state.running is not None:
            state.again = True
            self._stop_outdated(uri, state)

    def close(self) -> None:
        """Start nothing more and wait for nothing."""
        for uri in list(self._states):
            running = self._states[uri].running
            self.forget(uri)
            if running is not None:
                running.cancel()

    def forget(self, uri: str) -> None:
        """The document was closed: what still runs for it is of no interest."""
        state = self._states.pop(uri, None)
        if state is not None:
            state.stop.set()
            self._stop_timer(state)
            self._wake(state)

    def latest(self, uri: str) -> Analysis | None:
        """The result for the document as it is now, if there is one already."""
        state, now = self._states.get(uri), self._snapshot(uri)
        if state is None or state.done is None or now is None or state.token != self.token:
            return None
        return state.done if state.done.snapshot.revision == now.revision else None

    def last(self, uri: str) -> Analysis | None:
        """The last result, whatever the document has become since."""
        state = self._states.get(uri)
        return state.done if state is not None else None

    async def current(self, uri: str) -> Analysis | None:
        """The result for the document as it is, made now if need be; None if it is closed or changes meanwhile."""
        found = self.latest(uri)
        if found is not None or self._snapshot(uri) is None:
            return found
        state = self._states.setdefault(uri, _State())
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        state.waiting.append(waiter)
        self._start(uri)
        await waiter
        return self.latest(uri)

    def _start(self, uri: str) -> None:
        state, snapshot = self._states.get(uri), self._snapshot(uri)
        if state is None or snapshot is None:
            return
        self._stop_timer(state)
        if state.running is not None:
            state.again = True
            return
        state.again = False
        token = self.token
        state.checked, state.stop = snapshot.revision, threading.Event()
        stopped = state.stop.is_set
        state.running = asyncio.get_running_loop().run_in_executor(self._executor, self._check, snapshot, stopped)
        state.running.add_done_callback(lambda done: self._ended(uri, state, snapshot, token, done))

    def _ended(self, uri: str, state: _State, snapshot: Snapshot, token: int, future: asyncio.Future[Analysis]) -> None:
        state.running = None
        if self._states.get(uri) is not state:  # closed meanwhile
            if not future.cancelled():
                future.exception()
            return
        now = self._snapshot(uri)
        fresh = now is not None and now.revision == snapshot.revision and token == self.token
        if future.cancelled():
            self._wake(state)
        elif isinstance(error := future.exception(), StoppedError):
            fresh = False
        elif error is not None:
            self._failed(uri, error)
            self._wake(state)
        elif fresh:
            state.done, state.token = future.result(), token
            self._wake(state)
            self._finished(future.result())
        if state.again or (not fresh and state.waiting):
            self._start(uri)

    def _stop_outdated(self, uri: str, state: _State) -> None:
        """Break off a check whose document has changed since."""
        now = self._snapshot(uri) if state.running is not None else None
        if now is not None and now.revision != state.checked:
            state.stop.set()

    def _stop_timer(self, state: _State) -> None:
        if state.timer is not None:
            state.timer.cancel()
            state.timer = None

    def _wake(self, state: _State) -> None:
        waiting, state.waiting = state.waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
