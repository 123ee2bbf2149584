"""Replacing a file so that nobody ever sees half of it."""

# Plain system calls throughout: each step is one, and `pathlib` lacks half of them.
# ruff: noqa: PTH105, PTH108, PTH116, PTH118, PTH120
from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from mlwarden.model.errors import MlwardenError


class WriteError(MlwardenError):
    """A file could not be replaced, and is as it was; the message says why."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: cannot be written: {reason}; the file is unchanged")


def write_atomically(path: Path, content: bytes, *, expected: bytes | None = None) -> None:
    """Replace what an existing file holds; its permissions stay, and its owner where the system allows it.

    The bytes go to a new file beside it, to the disk, and then under its name. Where `path` is a symbolic link, the
    file it leads to is replaced and the link stays. Of a file with several names (hard links) the others keep the
    old content.

    Args:
        path: the file.
        content: all of its new bytes.
        expected: what the file must hold now, so that an edit made meanwhile is not lost.

    Raises:
        WriteError: it is missing, read-only, no regular file, holds something else than `expected`, or the system
            refuses. No temporary file is left behind.
    """
    try:
        real = os.path.realpath(path, strict=True)
        facts = os.stat(real)
        _check_writable(path, real, facts)
        if expected is not None and Path(real).read_bytes() != expected:
            raise WriteError(path, "it has changed since it was read")
        _replace(real, content, facts)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WriteError(path, f"{reason[:1].lower()}{reason[1:]}") from error


def _check_writable(path: Path, real: str, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise WriteError(path, "it is not a regular file")
    # A new file in its place needs no permission on the old one, but somebody has protected that for a reason. The
    # superuser is allowed everything, hence the look at the mode.
    if not facts.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(real, os.W_OK):
        raise WriteError(path, "it is read-only")


def _replace(real: str, content: bytes, facts: os.stat_result) -> None:
    folder = os.path.dirname(real)
    # Our own name, not the file's: that may be as long as the system allows already.
    temporary = os.path.join(folder, f".mlwarden-{os.getpid()}-{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            _take_over(file.fileno(), facts)
            os.fsync(file.fileno())
        os.replace(temporary, real)
    except BaseException:  # an interrupt, too, must leave nothing behind
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _flush_folder(folder)


def _take_over(descriptor: int, facts: os.stat_result) -> None:
    """Give the new file the owner and then (changing the owner takes bits away) the permissions of the old."""
    if hasattr(os, "fchown"):
        new = os.fstat(descriptor)
        if (new.st_uid, new.st_gid) != (facts.st_uid, facts.st_gid):
            with contextlib.suppress(OSError):
                os.fchown(descriptor, facts.st_uid, facts.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(facts.st_mode))


def _flush_folder(folder: str) -> None:
    """Bring the new name to the disk as well, on systems and file systems where folders can be opened for that."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
