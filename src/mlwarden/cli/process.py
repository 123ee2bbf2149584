"""A process of our own: what a console script does before and after a command."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

# The collector would look at what imports leave behind some thirty times, and nothing of that is garbage. Where many
# files are checked it is called between them (`engine.garbage`).
_NEW_OBJECTS = 50_000


def run(command: Callable[[], int]) -> NoReturn:
    """Run a command and end the process with its exit status."""
    gc.set_threshold(_NEW_OBJECTS)
    status = command()
    if _is_alone() and _is_written():
        # To take apart all modules and objects, as the interpreter does, takes as long as starting it.
        os._exit(status)
    raise SystemExit(status)


def _is_alone() -> bool:
    """Whether nobody waits for the end of the interpreter: no other thread, no profiler, no person at a prompt."""
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        return False
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    if monitoring is not None and any(map(monitoring.get_tool, range(6))):
        return False
    return not (sys.gettrace() or sys.getprofile() or sys.flags.inspect or sys.flags.interactive)


def _is_written() -> bool:
    """Do what is left to do at the end, and see to it that all output is out."""
    import atexit

    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # the interpreter says what it thinks of that
        return False
    return True
