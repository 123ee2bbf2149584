"""The hook `mlwarden-secrets`: like `mlwarden`, with the rules about secrets only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from mlwarden_hooks import check

SECRETS = "MLW3"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the hook with the options of `mlwarden check` and the names of files; `--select` adds to the secrets."""
    return check.main(["--select", SECRETS, *(sys.argv[1:] if argv is None else argv)])


def run() -> NoReturn:
    """The console script."""
    from mlwarden.cli import process

    process.run(main)
