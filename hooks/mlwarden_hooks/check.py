"""The hook `mlwarden`: check the staged files; exit 1 keeps the commit from being made."""

from __future__ import annotations

import sys

from mlwarden.cli.main import main as mlwarden

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` itself would cost a tenth of a run
    from collections.abc import Sequence
    from typing import NoReturn


def main(argv: Sequence[str] | None = None) -> int:
    """Run the hook with the options of `mlwarden check` and the names of files; returns the exit status.

    pre-commit names every staged file; those that the configuration excludes are left out all the same.
    """
    return mlwarden(["check", "--force-exclude", *(sys.argv[1:] if argv is None else argv)])


def run() -> NoReturn:
    """The console script."""
    from mlwarden.cli import process

    process.run(main)
