"""Scan paths: discover, check (in a pool where that pays), and put the results in path order."""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import mlwarden
from mlwarden.engine.check import check, problem_result
from mlwarden.engine.project import Project
from mlwarden.model.results import FileResult, ScanReport, SourceFile
from mlwarden.source.discovery import DiscoveredFile, discover

if TYPE_CHECKING:
    from mlwarden.config.source import ConfigSource

# Starting two workers costs about as much as checking this many typical files.
_POOL_FROM_FILES = 150
_POOL_FROM_BYTES = 2_500_000
_CHUNK_BYTES = 400_000
_COLLECT_EVERY = 40


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
        jobs: worker processes; None takes the number of processors for large scans and none for small ones.
        executor: any `concurrent.futures.Executor` to run on instead, e.g. that of a cluster.
        force_exclude: what the settings exclude is left out even where it is named itself.

    Returns:
        A result for every file, in path order whatever the number of jobs.
    """
    project = Project()
    tasks: list[DiscoveredFile] = []
    results: list[FileResult] = []
    for found in discover(paths, config.for_folder, force_exclude=force_exclude):
        if found.problem is not None:
            settings = config.for_path(found.location)
            results.append(problem_result(found.path, found.problem, settings, None, project))
        else:
            tasks.append(found)
    results.extend(_run(tasks, config, project, jobs, executor))
    results.sort(key=lambda result: result.path)
    return ScanReport(tuple(results), mlwarden.__version__, stats={"files": len(results)})


def _run(
    tasks: list[DiscoveredFile], config: ConfigSource, project: Project, jobs: int | None, executor: Executor | None
) -> Iterable[FileResult]:
    if executor is not None:
        return _in_executor(executor, tasks, config)
    workers = _workers(tasks, jobs)
    if workers < 2:
        return check_files(tasks, config, project)
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        return list(_in_executor(pool, tasks, config))


def _workers(tasks: list[DiscoveredFile], jobs: int | None) -> int:
    if jobs is not None:
        return min(jobs, len(tasks))
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if processors < 2 or len(tasks) < 2:
        return 1
    if len(tasks) >= _POOL_FROM_FILES:
        return processors
    total = 0
    for task in tasks:
        total += _size(task)
        if total >= _POOL_FROM_BYTES:
            return min(processors, len(tasks))
    return 1


def _size(task: DiscoveredFile) -> int:
    try:
        return os.stat(task.location).st_size  # noqa: PTH116  # no Path for each of ten thousand files
    except OSError:
        return 0


def _in_executor(executor: Executor, tasks: list[DiscoveredFile], config: ConfigSource) -> Iterator[FileResult]:
    scan_id = secrets.token_hex(8)
    futures = [executor.submit(_check_chunk, chunk, config, scan_id) for chunk in _chunks(tasks)]
    for future in futures:
        yield from future.result()


def _chunks(tasks: list[DiscoveredFile]) -> Iterator[list[DiscoveredFile]]:
    chunk: list[DiscoveredFile] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += _size(task)
        if size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _check_chunk(tasks: list[DiscoveredFile], config: ConfigSource, scan_id: str) -> list[FileResult]:
    return list(check_files(tasks, config, _project_of(scan_id)))


@lru_cache(maxsize=1)
def _project_of(scan_id: str) -> Project:
    """A worker's facts of the project, for all chunks of one scan; a later scan looks at the files anew."""
    return Project()


def check_files(tasks: Iterable[DiscoveredFile], config: ConfigSource, project: Project) -> Iterator[FileResult]:
    """Check files one after the other in this process."""
    from mlwarden.source.problems import Problem
    from mlwarden.source.reading import read

    # The collector walks libcst trees over and over while they are alive; they hold no cycles. Ours do, and are
    # collected between files.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for number, task in enumerate(tasks, 1):
            settings = config.for_path(task.location)
            content = read(task.location)
            if isinstance(content, Problem):
                yield problem_result(task.path, content, settings, None, project)
            else:
                yield check(SourceFile(task.path, content), settings, project)
            if number % _COLLECT_EVERY == 0:
                gc.collect()
    finally:
        if was_enabled:
            gc.enable()


__all__ = ["check_files", "scan"]
