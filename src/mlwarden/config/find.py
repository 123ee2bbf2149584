"""Whether a folder holds configuration. Kept small: a hook runs it for every folder on the way up."""

# `pathlib` takes 3 ms to import, and where there is no configuration nobody needs it.
# ruff: noqa: PTH109, PTH113, PTH118
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from mlwarden.model.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

OWN_FILE = "mlwarden.toml"
PYPROJECT = "pyproject.toml"

# A configuration written by a person is a few kilobytes; a larger file is an accident or an attack on the parser.
MAX_BYTES = 1_000_000


class LoadedConfig(NamedTuple):
    """A configuration file that holds no error.

    Attributes:
        path: the absolute path of the file; None where there is none.
        root: the folder that its globs and paths count from, absolute; None for the working directory.
        values: `Settings` attribute -> value, only for the keys that the file sets.
        places: `Settings` attribute -> dotted key in the file.
    """

    path: Path | None
    root: Path | None
    values: dict[str, Any]
    places: dict[str, str]


def may_hold_settings(folder: str) -> bool:
    """Whether `folder` has a mlwarden.toml, or a pyproject.toml that names us or Bandit. Most do not.

    Raises:
        ConfigError: a pyproject.toml cannot be read.
    """
    if is_file(os.path.join(folder, OWN_FILE)):
        return True
    pyproject = os.path.join(folder, PYPROJECT)
    if not is_file(pyproject):
        return False
    content = read(pyproject)
    return b"mlwarden" in content or b"bandit" in content


def absolute(path: str | os.PathLike[str]) -> Path:
    """The path from the root, without "..", symbolic links kept: people know their files by the names they gave."""
    from pathlib import Path

    return Path(absolute_text(path))


def absolute_text(path: str | os.PathLike[str]) -> str:
    """The same as text."""
    return os.path.normpath(os.path.join(os.getcwd(), path))


def display(path: str | os.PathLike[str]) -> str:
    """A path as messages show it: relative to the working directory where it is below it, with forward slashes."""
    from pathlib import Path

    here, path = Path.cwd(), Path(path)
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether there is such a file; False where that cannot be known.

    A folder that may not be entered, a name too long: there is nothing that could be read.
    """
    return os.path.isfile(path)


def read(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file, or the first of them where it is too large to be a configuration.

    Raises:
        ConfigError: it is missing or cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(display(path), "", "there is no such file") from None
    except OSError as error:
        raise ConfigError(display(path), "", f"cannot be read: {error.strerror}") from None
