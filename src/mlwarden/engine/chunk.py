"""What a worker process does: check one piece of a scan's work, wherever the process runs."""

# ruff: noqa: PTH109
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.engine.project import Project
from mlwarden.engine.trail import Trail
from mlwarden.engine.work import Work, check_all
from mlwarden.model.errors import UsageError
from mlwarden.model.results import FileResult

if TYPE_CHECKING:
    from threading import Lock


class Scan(NamedTuple):
    """What is the same for all pieces of a scan.

    Attributes:
        number: no two scans have the same.
        folder: the working directory, which shown paths count from.
        with_trail: whether the result cache wants to know what the checks look at.
    """

    number: str
    folder: str
    with_trail: bool


def check_chunk(chunk: list[Work], scan: Scan) -> tuple[list[tuple[FileResult, bytes | None]], Trail]:
    """Check some files.

    Returns:
        For each file the result and the digest of its content, and what all the checks looked at.

    Raises:
        UsageError: this machine has other files than the one that the scan was begun on.
    """
    with _one_at_a_time(), _in_folder(scan.folder):
        _see(chunk[0])
        project = _project_of(scan.number, scan.with_trail)
        found = list(check_all(chunk, project))
        return found, Trail() if project.trail is None else project.trail.taken()


@lru_cache(maxsize=1)
def _project_of(scan: str, with_trail: bool) -> Project:
    """A worker's facts of the project, for all chunks of one scan; a later scan looks at the files anew."""
    return Project(Trail() if with_trail else None)


@cache
def _one_at_a_time() -> Lock:
    """Held while a chunk is checked: the working directory and the garbage collector are the whole process's."""
    from threading import Lock

    return Lock()


@contextmanager
def _in_folder(folder: str) -> Iterator[None]:
    try:
        before = os.getcwd()
    except OSError:
        before = ""
    if before == folder:
        yield
        return
    try:
        os.chdir(folder)
    except OSError as error:
        raise UsageError(_elsewhere(folder, error.strerror or str(error))) from None
    try:
        yield
    finally:
        if before:
            os.chdir(before)


def _see(work: Work) -> None:
    """Make sure that a file is here as it was where the scan was begun.

    A file that was removed in the meantime is that file's problem, and reported as such; one whose folder is missing
    shows that the folder is not shared.
    """
    if work.content is None and not os.path.isdir(folder := os.path.dirname(work.location)):  # noqa: PTH112, PTH120
        raise UsageError(_elsewhere(folder, "there is no such folder"))


def _elsewhere(folder: str, reason: str) -> str:
    import socket

    return f"the worker on {socket.gethostname()} cannot look into {folder} ({reason}): workers need the same files"
