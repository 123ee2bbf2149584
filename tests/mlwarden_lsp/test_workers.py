"""The threads that checks run in."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import CancelledError

import pytest

from mlwarden_lsp.workers import DaemonThreads


def test_results_and_exceptions_come_back() -> None:
    pool = DaemonThreads(2)
    assert pool.submit(lambda a, b: a + b, 1, b=2).result() == 3
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result()
    pool.shutdown()
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(int)


def test_tasks_run_side_by_side_and_waiting_ones_can_be_cancelled() -> None:
    pool = DaemonThreads(2)
    meet = threading.Barrier(2)
    go = threading.Event()
    both = [pool.submit(lambda: (meet.wait(), go.wait())) for _ in range(2)]
    waiting = pool.submit(int)
    pool.shutdown(wait=False, cancel_futures=True)
    with pytest.raises(CancelledError):
        waiting.result()
    go.set()
    pool.shutdown()
    assert [future.done() for future in both] == [True, True]


def test_a_stuck_task_does_not_keep_the_process() -> None:
    code = (
        "import threading\nfrom mlwarden_lsp.workers import DaemonThreads\nstarted = threading.Event()\n"
        "DaemonThreads(1).submit(lambda: (started.set(), threading.Event().wait()))\nstarted.wait()\nprint('left')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "left\n"
