"""Collection of garbage in a server: what checks leave behind at once, everything while nobody types."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import Executor

from mlwarden.engine.garbage import collect_if_due

# How long nothing must have been checked before everything is looked through, which takes a few tenths of a second.
IDLE_SECONDS = 10.0


class Garbage:
    """Takes the place of the automatic collection.

    That walks the trees of all open documents again and again, in the middle of a check: with it, one check in ten took
    twice as long. After each check the objects that were made since are collected, if they are many, and the survivors
    are put where the collector does not look. What dies among these is found by a full collection in a quiet moment.
    """

    def __init__(self, executor: Executor, idle: float = IDLE_SECONDS) -> None:
        """Do nothing yet.

        Args:
            executor: where a full collection runs.
            idle: seconds without a check before it.
        """
        self._executor, self._idle = executor, idle
        self._timer: asyncio.TimerHandle | None = None
        self._running = False

    def start(self) -> None:
        """Switch the automatic collection off."""
        self._running = True
        gc.collect()
        gc.freeze()
        gc.disable()

    def stop(self) -> None:
        """Leave the process as it was."""
        if self._running:
            self._running = False
            self._stop_timer()
            gc.unfreeze()
            gc.enable()

    def collect(self) -> None:
        """Collect what was made since the last time, if it is much."""
        if self._running:
            collect_if_due()

    def used(self) -> None:
        """Something was checked: the quiet moment begins anew. To be called in the event loop."""
        if self._running:
            self._stop_timer()
            self._timer = asyncio.get_running_loop().call_later(self._idle, self._everything)

    def _everything(self) -> None:
        self._timer = None
        self._executor.submit(_collect_everything)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _collect_everything() -> None:
    gc.unfreeze()
    gc.collect()
    gc.freeze()
