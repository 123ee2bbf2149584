"""The unit of work: files with their settings, put together so that processes finish at about the same time."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

if TYPE_CHECKING:
    from mlwarden.config.settings import Settings
    from mlwarden.engine.project import Project
    from mlwarden.model.results import FileResult

# What a file costs whatever its size, in bytes of a typical one.
_PER_FILE = 2_000
# Chunks shrink towards the end, so that no process is left with much to do when the others have finished; smaller ones
# than this would not be worth their way to the process.
_LEAST = 60_000
_SHARE = 3
# After so many bytes of files what the C library keeps of their memory is given back, which takes some milliseconds.
_GIVEN_BACK = 500_000
# From so many bytes on a file gets the room that trees of other modules take.
_LARGE = 200_000


# Size, times of change, identity.
STATE = struct.Struct("<qqqQ")


def state_of(facts: os.stat_result) -> bytes:
    """What changes whenever a file does, as far as the system tells."""
    return STATE.pack(facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino & (2**64 - 1))


class Work(NamedTuple):
    """One file to check.

    Attributes:
        path: as it is shown.
        location: the path to open.
        settings: what is in force for it.
        size: its bytes, as far as known.
        content: the bytes, where they are sent along.
        state: what the system said of the file, for the result cache.
    """

    path: str
    location: str
    settings: Settings
    size: int = 0
    content: bytes | None = None
    state: bytes = b""

    @property
    def weight(self) -> int:
        """How long it takes, compared with others."""
        return self.size + _PER_FILE


def weight_of(work: Iterable[Work]) -> int:
    """How long files take together."""
    return sum(each.weight for each in work)


def chunks(work: Sequence[Work], workers: int) -> Iterator[list[Work]]:
    """Cut the work into pieces, in the order in which they should be begun.

    Files that are large enough to keep one process busy while the others wait come first, by themselves, the largest
    at the beginning. The others stay in order, since files of one folder import the same modules, in pieces of a share
    of what is left: large ones first, small ones near the end.
    """
    left = weight_of(work)
    large = max(left // (8 * workers), 4 * _LEAST)
    giants = sorted((each for each in work if each.weight >= large), key=lambda each: -each.weight)
    for giant in giants:
        left -= giant.weight
        yield [giant]
    chunk: list[Work] = []
    weight, wanted = 0, max(left // (_SHARE * workers), _LEAST)
    for each in work:
        if each.weight >= large:
            continue
        chunk.append(each)
        weight += each.weight
        if weight >= wanted:
            yield chunk
            left -= weight
            chunk, weight, wanted = [], 0, max(left // (_SHARE * workers), _LEAST)
    if chunk:
        yield chunk


class Checked(NamedTuple):
    """A file and its result.

    Attributes:
        work: the file.
        result: what was found.
        digest: of the content that was checked, for the result cache; None if it could not be read, or nobody asks.
    """

    work: Work
    result: FileResult
    digest: bytes | None


def check_all(work: Iterable[Work], project: Project) -> Iterator[tuple[FileResult, bytes | None]]:
    """Check files one after the other in this process; digests are made if the project has a trail."""
    from mlwarden.engine.garbage import collect_if_due, collected_between_files, give_back

    weight = 0
    with collected_between_files():
        for each in work:
            if each.weight >= _LARGE:
                project.siblings.forget_trees()
                collect_if_due(0)
            if weight >= _GIVEN_BACK or each.weight >= _LARGE:
                give_back()
                weight = 0
            yield _check(each, project)
            collect_if_due()
            weight += each.weight


def _check(work: Work, project: Project) -> tuple[FileResult, bytes | None]:
    from mlwarden.engine.check import (  # the engine: where files are kept track of, nobody needs it
        check,
        problem_result,
    )
    from mlwarden.model.results import SourceFile

    content = read(work.location) if work.content is None else work.content
    if isinstance(content, Problem):
        return problem_result(work.path, content, work.settings, None, project), None
    result = check(SourceFile(work.path, content), work.settings, project)
    if project.trail is None:
        return result, None
    from mlwarden.engine.cache_facts import plain_digest

    return result, plain_digest(content)
