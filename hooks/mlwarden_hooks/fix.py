"""The hook `mlwarden-fix`: like `mlwarden`, but mends first what can be mended safely.

It fails when it changed a file, as fixing hooks do, so that the change is looked at and staged before it is committed;
and it fails on what is left, as `mlwarden` does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from mlwarden_hooks import check


def main(argv: Sequence[str] | None = None) -> int:
    """Run the hook with the options of `mlwarden check` and the names of files; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    before = _states(arguments)
    status = check.main(["--fix", *arguments])
    return status or int(_states(arguments) != before)


def _states(arguments: Sequence[str]) -> list[tuple[int, int] | None]:
    """What a file's identity and time of change are; a fixed file is a new one. None for options and other words."""
    return [_state(argument) for argument in arguments]


def _state(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_mtime_ns


def run() -> NoReturn:
    """The console script."""
    from mlwarden.cli import process

    process.run(main)
