"""Worker processes for a scan of the workspace: they start with the first task and end with the server, or at once.

`concurrent.futures.ProcessPoolExecutor` will not do: its workers are started in the working directory with that folder
first on the import path, and that is the folder whose files must not be executed; it waits at exit for what still runs;
and one worker that dies takes the work of all others with it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import IO, TYPE_CHECKING, Any, TypeVar

from mlwarden_lsp.workers import DaemonThreads

if TYPE_CHECKING:
    import queue

_T = TypeVar("_T")

# Only built-in modules may be imported before the working directory has left the import path.
_LAUNCH = "import sys; sys.path[:] = sys.argv[1:]; from mlwarden_lsp.processes import work; work()"
_LENGTH = 8


class ProcessDiedError(Exception):
    """A worker ended in the middle of a task: it crashed, or there was no memory left."""


class Processes(Executor):
    """An executor of processes, each with a thread that waits for it. Functions and arguments must be picklable."""

    def __init__(self, count: int) -> None:
        """Start nothing yet."""
        self._threads = DaemonThreads(count)
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._stopped = False

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        """Run `fn` in one of the processes; the result raises `ProcessDiedError` if that ends first.

        Raises:
            RuntimeError: after `shutdown`.
        """
        return self._threads.submit(self._call, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes: after what was submitted, or at once where nobody waits."""
        if wait:
            self._threads.shutdown(wait=True, cancel_futures=cancel_futures)
        with self._lock:
            self._stopped = True
            for process in self._all:
                process.kill()
            self._all.clear()
        if not wait:
            self._threads.shutdown(wait=False, cancel_futures=cancel_futures)

    def _call(self, fn: Callable[..., _T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> _T:
        process = self._take()
        try:
            succeeded, value = process.run(fn, args, kwargs)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            with self._lock:
                self._all.discard(process)
            process.kill()
            raise ProcessDiedError("a worker process ended") from error
        with self._lock:
            self._idle.append(process)
        if not succeeded:
            raise value
        result: _T = value
        return result

    def _take(self) -> _Process:
        with self._lock:
            if self._stopped:
                raise ProcessDiedError("the worker processes were ended")
            if self._idle:
                return self._idle.pop()
            process = _Process()
            self._all.add(process)
            return process


class _Process:
    """One worker and the pipes to it."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _LAUNCH, *filter(None, sys.path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bool, Any]:
        """Whether the function returned, and its result or exception."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        _send(self._process.stdin, (fn, args, kwargs))
        answer: tuple[bool, Any] = _receive(self._process.stdout)
        return answer

    def kill(self) -> None:
        """End it, whatever it does, and leave no zombie behind."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what could not be sent any more
                    continue


def work() -> None:
    """What a worker process does: it answers until its server closes the pipe or is gone, and then ends at once."""
    import gc
    import queue
    import signal

    # The collector would walk libcst's trees over and over while they are alive, and they hold no cycles.
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the server
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever libraries print must not get among the answers
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    while True:
        fn, args, kwargs = tasks.get()
        try:
            answer = (True, fn(*args, **kwargs))
        except Exception as error:
            # The exception itself may not be picklable, and its text may quote a file.
            answer = (False, RuntimeError(type(error).__name__))
        try:
            _send(answers, answer)
        except BrokenPipeError:
            return
        del fn, args, kwargs, answer
        gc.collect()


def _listen(tasks: queue.SimpleQueue[Any]) -> None:
    """Take tasks while others are being done, so that the end of the pipe ends the process in the middle of one."""
    try:
        while True:
            tasks.put(_receive(sys.stdin.buffer))
    except BaseException:
        os._exit(0)


def _send(pipe: IO[bytes], value: Any) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    pipe.write(len(data).to_bytes(_LENGTH, "big") + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    # Both ends are this program's own: what comes through the pipe is no file that is being checked.
    return pickle.loads(_exactly(pipe, int.from_bytes(_exactly(pipe, _LENGTH), "big")))


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data
