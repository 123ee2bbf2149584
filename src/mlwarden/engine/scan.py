"""Scan paths: discover, check (in a pool where that pays), and put the results in path order."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import mlwarden
from mlwarden.engine.check import problem_result
from mlwarden.engine.project import Project
from mlwarden.engine.work import Work, check_all, chunks, weight_of
from mlwarden.model.results import FileResult, ScanReport
from mlwarden.source.discovery import discover

if TYPE_CHECKING:
    from mlwarden.config.source import ConfigSource

# A process is started for each so many bytes: starting one and loading the parser there takes as long as checking them.
_BYTES_PER_WORKER = 400_000


def scan(
    paths: Sequence[Path],
    config: ConfigSource,
    *,
    jobs: int | None = None,
    executor: Executor | None = None,
    force_exclude: bool = False,
) -> ScanReport:
    """Check files and directories.

    Args:
        paths: what to check; directories are walked.
        config: where the settings for each file come from.
        jobs: worker processes; None takes as many as the work is worth, at most one per processor.
        executor: any `concurrent.futures.Executor` to run on instead, e.g. that of a cluster.
        force_exclude: what the settings exclude is left out even where it is named itself.

    Returns:
        A result for every file, in path order whatever the number of jobs.
    """
    project = Project()
    work: list[Work] = []
    results: list[FileResult] = []
    for found in discover(paths, config.for_folder, force_exclude=force_exclude):
        settings = config.for_path(found.location)
        if found.problem is not None:
            results.append(problem_result(found.path, found.problem, settings, None, project))
        else:
            work.append(Work(found.path, found.location, settings, _size(found.location)))
    results.extend(_run(work, project, jobs, executor))
    results.sort(key=lambda result: result.path)
    return ScanReport(tuple(results), mlwarden.__version__, stats={"files": len(results)})


def _run(work: list[Work], project: Project, jobs: int | None, executor: Executor | None) -> Iterable[FileResult]:
    if executor is not None:
        return _in_executor(executor, work, jobs or _processors())
    workers = _workers(work, jobs)
    if workers < 2:
        return check_all(work, project)
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        return list(_in_executor(pool, work, workers))


def _workers(work: list[Work], jobs: int | None) -> int:
    most = _processors() if jobs is None else jobs
    if most < 2 or len(work) < 2:
        return 1
    worth = len(work) if jobs is not None else weight_of(work) // _BYTES_PER_WORKER
    return max(1, min(most, worth, len(work)))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(location: str) -> int:
    try:
        return os.stat(location).st_size  # noqa: PTH116  # no Path for each of ten thousand files
    except OSError:
        return 0


def _in_executor(executor: Executor, work: list[Work], workers: int) -> Iterator[FileResult]:
    scan_id = secrets.token_hex(8)
    futures = [executor.submit(_check_chunk, chunk, scan_id) for chunk in chunks(work, workers)]
    for future in futures:
        yield from future.result()


def _check_chunk(chunk: list[Work], scan_id: str) -> list[FileResult]:
    return list(check_all(chunk, _project_of(scan_id)))


@lru_cache(maxsize=1)
def _project_of(scan_id: str) -> Project:
    """A worker's facts of the project, for all chunks of one scan; a later scan looks at the files anew."""
    return Project()


__all__ = ["scan"]
