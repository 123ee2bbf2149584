"""Run a command and say what it cost: processor time of all its processes, time that passed, peak memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


class Cost(NamedTuple):
    """What a run cost.

    Attributes:
        cpu: seconds of processor time, user and system, of the whole process tree.
        wall: seconds that passed.
        peak: MiB of memory that the largest of its processes held. Not less than the measuring process itself holds, some
            20 MiB: the system counts the moment between fork and exec.
        status: the exit status.
    """

    cpu: float
    wall: float
    peak: float
    status: int


def adopt_orphans() -> bool:
    """Have processes that outlive their parent handed to this one, so that their time is counted; whether that is possible.

    Elsewhere than on Linux only processes are counted that were waited for.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def measure(command: list[str], folder: Path, environment: dict[str, str], errors: Path) -> Cost:
    """Run a command to its end.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        environment: its environment variables.
        errors: a file that receives what it prints on standard error; what it prints on standard output is dropped.
    """
    others = _children()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with errors.open("wb") as sink:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=sink
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = float(usage.ru_maxrss)
    while left := _children() - others:  # what it left running, and what that leaves
        for child in left:
            peak = max(peak, float(os.wait4(child, 0)[2].ru_maxrss))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall, peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), process.returncode)


def _children() -> set[int]:
    """The processes that this one has to wait for; some may be none of a measured command's. Empty where that is unknown."""
    return {int(pid) for task in Path("/proc/self/task").glob("*/children") for pid in task.read_text().split()}
