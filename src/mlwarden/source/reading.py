"""Reading files: bounded, never blocking, and with a `Problem` instead of an exception."""

from __future__ import annotations

import os
import stat

from mlwarden.source.problems import TOO_LARGE, UNREADABLE, Problem

# Larger files are reported (MLW005) instead of being read. Notebooks with outputs reach 100 MB.
DEFAULT_LIMIT = 200_000_000

# A pipe that nobody writes to must not hold up the run; Windows has no such flag and tells text from binary.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def read(path: str | os.PathLike[str], limit: int = DEFAULT_LIMIT) -> bytes | Problem:
    """The bytes of a regular file, or why they cannot be had.

    Args:
        path: what to open; symbolic links are followed.
        limit: a file with more bytes than that is a `TOO_LARGE` problem and is not read.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        return unreadable(error)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            return Problem(UNREADABLE, "the file cannot be read: it is not a regular file")
        if facts.st_size > limit:
            return _too_large(facts.st_size, limit)
        with open(descriptor, "rb", closefd=False) as file:
            # The size may be a lie (/proc) or grow meanwhile.
            content = file.read(limit + 1)
    except OSError as error:
        return unreadable(error)
    finally:
        os.close(descriptor)
    return content if len(content) <= limit else _too_large(len(content), limit)


def read_head(path: str | os.PathLike[str], size: int) -> bytes:
    """The first `size` bytes of a regular file; b"" where they cannot be had."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return b""
    try:
        return os.read(descriptor, size) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def unreadable(error: OSError | ValueError, what: str = "file") -> Problem:
    """The problem for a file or folder that the system refuses to read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Problem(UNREADABLE, f"the {what} cannot be read: {reason[:1].lower()}{reason[1:]}")


def _too_large(size: int, limit: int) -> Problem:
    return Problem(TOO_LARGE, f"the file has {_megabytes(size)}, more than the limit of {_megabytes(limit)}")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB" if size >= 100_000 else f"{size} bytes"
