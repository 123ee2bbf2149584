"""`mlwarden clean`: remove the cache."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mlwarden.cli import options
from mlwarden.cli.output import write
from mlwarden.model.errors import UsageError

if TYPE_CHECKING:
    from mlwarden.config.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`mlwarden clean [--cache-dir DIR]`."""
    parser.add_argument("--cache-dir", metavar="DIR", help="the cache's folder")
    options.add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Remove the cache and say where it was.

    Raises:
        UsageError, ConfigError: wrong configuration, or a folder that is no cache or cannot be removed.
    """
    import shutil

    from mlwarden.engine.cache_folder import DEFAULT_NAME, TAG_NAME

    folder = _folder(options.config_source(args).for_folder(Path.cwd()))
    if not folder.is_dir():
        write(f"There is no cache at {folder}\n")
        return 0
    if folder.is_symlink() or not (folder.name == DEFAULT_NAME or (folder / TAG_NAME).is_file()):
        raise UsageError(f"{folder} does not look like a cache of mlwarden's; remove it by hand")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise UsageError(f"cannot remove {folder}: {error.strerror or error}") from None
    write(f"Removed {folder}\n")
    return 0


def _folder(settings: Settings) -> Path:
    from mlwarden.engine.cache_folder import path_of

    return Path(path_of(settings))
