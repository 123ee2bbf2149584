"""`mlwarden clean`: remove the cache."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlwarden.cli import options
from mlwarden.cli.output import write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`mlwarden clean [--cache-dir DIR]`."""
    parser.add_argument("--cache-dir", metavar="DIR", help="the cache's folder")
    options.add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Remove the cache and say where it was.

    Raises:
        UsageError, ConfigError: wrong configuration, or a folder that is no cache of ours.
    """
    from mlwarden.engine.cache import remove

    settings = options.config_source(args).for_path(Path.cwd() / "any")
    removed = remove(settings)
    write(f"Removed {removed}\n" if removed else "There is no cache\n")
    return 0
