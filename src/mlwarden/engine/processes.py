"""Worker processes that import nothing from the folder they are started in, which may be the one that is checked.

Where processes are not forked, Python starts them as `python -c ...`, with the current folder first on the path: a
`multiprocessing.py` there would run before our first line (https://docs.python.org/3/using/cmdline.html#cmdoption-P).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

_SAFE = "PYTHONSAFEPATH"


def can_start() -> bool:
    """Whether workers can be started safely: by a fork, or by an interpreter that can be told to leave the folder out."""
    return _forks() or sys.version_info >= (3, 11)


@contextmanager
def processes(count: int) -> Iterator[Executor]:
    """An executor of so many processes; they end with the block. Only where `can_start`."""
    from concurrent.futures import ProcessPoolExecutor

    before = os.environ.get(_SAFE)
    if not _forks():
        os.environ[_SAFE] = "1"
    try:
        with ProcessPoolExecutor(count) as pool:
            yield pool
    finally:
        if before is None:
            os.environ.pop(_SAFE, None)
        else:
            os.environ[_SAFE] = before


def _forks() -> bool:
    import multiprocessing

    return multiprocessing.get_start_method() == "fork"
