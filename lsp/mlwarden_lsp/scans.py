"""Scans of the workspace: in processes of their own, with progress, results as they come, and cancellation."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lsprotocol import types

from mlwarden_lsp.diagnostics import Rendering
from mlwarden_lsp.disk import Disk
from mlwarden_lsp.disk_files import Chunk, Scanned, check_chunk, look, singles
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.paths import below
from mlwarden_lsp.workspace import Scope, Workspace

if TYPE_CHECKING:
    from mlwarden_lsp.editor_config import EditorConfig

TITLE = "mlwarden: checking the workspace"
# More workers than that wait for the disk, and for the one thread that takes their results.
_MOST_WORKERS = 8


class Summary(NamedTuple):
    """What a scan did."""

    files: int
    findings: int


class Progress(Protocol):
    """What the user sees of a scan."""

    def report(self, done: int, total: int) -> None:
        """So many files of all are checked."""

    def end(self, message: str) -> None:
        """Nothing more will come."""


class Watcher(Protocol):
    """Whom a scan tells about itself."""

    def progress(self, title: str, token: types.ProgressToken | None, cancel: Callable[[], None]) -> Progress:
        """Show progress, under the client's own token if there is one; `cancel` is for the user to call."""

    def failed(self, message: str) -> None:
        """A rule failed, or a file could not be checked."""


class Plan(NamedTuple):
    """What a scan is to do.

    Attributes:
        chunks: the files to check, with the folder that they belong to.
        total: how many files these are.
        locations: the paths of all files that there are.
    """

    chunks: deque[tuple[Scope, Chunk]]
    total: int
    locations: frozenset[str]


@dataclass(eq=False)
class _Run:
    """One scan.

    Attributes:
        changed: the paths of the files that are to be checked again; None for all.
        task: what runs it.
        stopped: the user has cancelled it.
        successor: the newer scan of everything that has taken its place.
    """

    changed: frozenset[str] | None
    task: asyncio.Task[Summary | None] | None = None
    stopped: bool = False
    successor: _Run | None = None
    scan_id: str = field(default_factory=lambda: secrets.token_hex(8))

    def stop(self) -> None:
        """The user cancels."""
        self.stopped = True
        if self.task is not None:
            self.task.cancel()


class Scans:
    """Runs scans, one at a time; a new one of everything takes the place of one that is under way.

    Attributes:
        wanted: somebody has asked for a scan: from then on, the results are kept up to date.
        declined: the user has cancelled the last one.
    """

    def __init__(
        self,
        engine: Engine,
        workspace: Workspace,
        disk: Disk,
        watcher: Watcher,
        threads: Executor,
        processes: Callable[[int], Executor],
        rendering: Callable[[Scope], Rendering],
        delay: float = 0,
    ) -> None:
        """Take the parts.

        Args:
            engine: what checks.
            workspace: the folders.
            disk: where results go.
            watcher: whom to tell how it goes.
            threads: where configuration is read.
            processes: makes an executor with so many workers, for one scan.
            rendering: how the diagnostics for a folder are to look.
            delay: how long files must have stayed as they are before everything is scanned anew.
        """
        self.wanted = self.declined = False
        self._engine, self._workspace, self._disk, self._watcher = engine, workspace, disk, watcher
        self._threads, self._processes, self._rendering = threads, processes, rendering
        self._now: _Run | None = None
        self._included: Callable[[Scope], bool] = _every
        self._seen: frozenset[str] = frozenset()
        self._changed: set[str] = set()
        self._closed = False
        self._delay = delay
        self._timer: asyncio.TimerHandle | None = None

    async def full(
        self, token: types.ProgressToken | None = None, included: Callable[[Scope], bool] | None = None
    ) -> Summary | None:
        """Scan the workspace; None where the user put an end to it, or the server does.

        What a newer scan of everything finds out, which takes the place of this one, is the result of both. Being
        cancelled cancels the scan.

        Args:
            token: the client's own for the progress, if it gave one.
            included: which folders are meant; all of them by default.
        """
        self.wanted, self.declined, self._included = True, False, included or _every
        run = self._start_full(token)
        while True:
            assert run.task is not None
            try:
                summary = await run.task
            except asyncio.CancelledError:
                if self._now in (run, None):  # no newer one has taken its place
                    self.wanted = False
                raise
            if run.successor is None:
                return summary
            run = run.successor

    def again(self) -> None:
        """Scan everything anew in the background, where there was a scan at all: what counts for all files changed."""
        if self.wanted and not self._closed:
            # Tools change many files at once: their last change is what counts.
            self._stop_timer()
            self._timer = asyncio.get_running_loop().call_later(self._delay, self._start_full, None)

    def files_changed(self, paths: Iterable[str]) -> None:
        """Files were changed, made or removed: what they touch is checked again, where there was a scan at all."""
        if self.wanted and not self._closed:
            self._changed.update(paths)
            if self._changed and self._now is None:
                self._start_changed()

    def close(self) -> None:
        """Start nothing more."""
        self._closed = True
        self._stop_timer()
        self._cancel()

    def _cancel(self) -> None:
        if self._now is not None:
            self._now.stop()
            self._now = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start_full(self, token: types.ProgressToken | None) -> _Run:
        self._stop_timer()
        older = self._now
        self._cancel()
        self._changed.clear()
        run = self._start(_Run(None), token)
        if older is not None:
            older.successor = run
        return run

    def _unwanted(self, run: _Run) -> None:
        """The user does not want to wait for this: it ends, and does not come back by itself."""
        if self._now is run:
            self.wanted, self.declined = False, True
        run.stop()

    def _start(self, run: _Run, token: types.ProgressToken | None) -> _Run:
        self._now = run
        run.task = asyncio.ensure_future(self._run(run, token))
        run.task.add_done_callback(partial(self._ended, run))
        return run

    def _start_changed(self) -> None:
        changed, self._changed = frozenset(self._changed), set()
        self._start(_Run(changed), None)

    def _ended(self, run: _Run, task: asyncio.Task[Summary | None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._watcher.failed(f"the scan of the workspace failed: {type(error).__name__}")
        if self._now is run:
            self._now = None
            if self._changed and not self._closed:
                self._start_changed()

    # --- one scan ---------------------------------------------------------------------------------------------

    async def _run(self, run: _Run, token: types.ProgressToken | None) -> Summary | None:
        progress: Progress = _Silent()
        if run.changed is None:
            progress = self._watcher.progress(TITLE, token, partial(self._unwanted, run))
        message = "cancelled"
        try:
            executor = self._processes(_workers())
            try:
                plan = await self._plan(run, executor)
                await self._check(run, plan, progress, executor)
            finally:
                executor.shutdown(wait=False, cancel_futures=True)
            self._seen = plan.locations
            self._disk.keep_only(plan.locations)
            message = f"{plan.total} files, {len(self._disk)} findings"
            return Summary(plan.total, len(self._disk))
        except asyncio.CancelledError:
            if run.stopped:
                return None
            raise
        finally:
            progress.end(message)

    async def _plan(self, run: _Run, executor: Executor) -> Plan:
        """Look for the files, in other processes too; of folders inside each other, each file is the innermost's."""
        every = [scope.path for scope in self._workspace.scopes[:-1] if scope.path is not None]
        work: deque[tuple[Scope, Chunk]] = deque()
        locations: set[str] = set()
        loop = asyncio.get_running_loop()
        for scope in self._workspace.folders:
            if not self._included(scope) or scope.path is None:
                continue
            config = await loop.run_in_executor(self._threads, _config_of, scope)
            inner = [path for path in every if below(path, scope.path)]
            future = executor.submit(look, scope.path, inner, config, run.changed, self._seen)
            found = await asyncio.wrap_future(future)
            locations.update(found.locations)
            work.extend((scope, Chunk(tasks, config)) for tasks in found.chunks)
        return Plan(work, sum(len(chunk.tasks) for _, chunk in work), frozenset(locations))

    async def _check(self, run: _Run, plan: Plan, progress: Progress, executor: Executor) -> None:
        workers = _workers()
        waiting: dict[asyncio.Future[list[Scanned]], tuple[Scope, Chunk]] = {}
        done = 0
        try:
            while plan.chunks or waiting:
                # Not all at once: what is not submitted need not be taken back.
                while plan.chunks and len(waiting) < 2 * workers:
                    scope, chunk = plan.chunks.popleft()
                    future = executor.submit(check_chunk, self._engine, chunk, run.scan_id, self._rendering(scope))
                    waiting[asyncio.wrap_future(future)] = (scope, chunk)
                ready, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for ended in ready:
                    scope, chunk = waiting.pop(ended)
                    if self._take(ended, scope, chunk, plan):
                        done += len(chunk.tasks)
                progress.report(done, plan.total)
        finally:
            for unwanted in waiting:  # their processes are about to be ended, which is no failure
                unwanted.cancel()

    def _take(self, ended: asyncio.Future[list[Scanned]], scope: Scope, chunk: Chunk, plan: Plan) -> bool:
        """Take a chunk's results; whether it is done with. A failure may be one file's: each gets a try of its own."""
        if ended.cancelled():
            return True
        error = ended.exception()
        if error is None:
            results = ended.result()
            self._disk.found(results)
            for scanned in results:
                for failure in scanned.failures:
                    self._watcher.failed(failure)
            return True
        if len(chunk.tasks) > 1:
            plan.chunks.extend((scope, single) for single in singles(chunk))
            return False
        self._watcher.failed(f"checking {chunk.tasks[0].path} failed: {error}")
        return True


class _Silent:
    """The progress of a small scan, which nobody asked for."""

    def report(self, done: int, total: int) -> None:
        """Say nothing."""

    def end(self, message: str) -> None:
        """Say nothing."""


def _config_of(scope: Scope) -> EditorConfig:
    return scope.configuration.files


def _every(scope: Scope) -> bool:
    return True


def _workers() -> int:
    """All processors but one, which is for the editor."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors - 1, _MOST_WORKERS))
