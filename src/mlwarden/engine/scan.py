"""Scan paths: discover, check (in a pool where that pays), and put the results in path order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import mlwarden
from mlwarden.engine.work import Checked, Work, check_all, chunks, state_of, weight_of
from mlwarden.model.results import FileResult, ScanReport
from mlwarden.source.discovery import DiscoveredFile, discover

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mlwarden.config.settings import Settings
    from mlwarden.config.source import ConfigSource
    from mlwarden.engine.result_cache import ResultCache
    from mlwarden.engine.trail import Trail
    from mlwarden.source.problems import Problem

# Fewer files are checked about as fast as the cache is looked into.
LEAST_CACHED = 20

# A process is started for each so many bytes: starting one and loading the parser there takes as long as checking them.
_BYTES_PER_WORKER = 400_000


def scan(
    paths: Sequence[str | os.PathLike[str]],
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
        executor: any `concurrent.futures.Executor` to run on instead, e.g. that of a cluster; `jobs` then says how
            many chunks it works on at a time.
        force_exclude: what the settings exclude is left out even where it is named itself.

    Returns:
        A result for every file, in path order whatever the number of jobs.
    """
    results: list[FileResult] = []
    work: list[Work] = []
    for found in discover(paths, config.for_folder, force_exclude=force_exclude):
        settings = config.for_path(found.location)
        if found.problem is not None:
            results.append(_trouble(found.path, found.problem, settings))
        else:
            work.append(_work(found, settings))
    cache = _cache(paths, config) if len(work) >= LEAST_CACHED else None
    if cache is not None:
        known, work = cache.known(work)
        results.extend(known)
    # The engine is imported where there is something left for it to do.
    if work:
        trail = None if cache is None else _new_trail()
        checked = list(_run(work, trail, jobs, executor))
        results.extend(each.result for each in checked)
        if cache is not None and trail is not None:
            cache.keep(checked, trail)
    elif cache is not None:
        cache.keep((), None)
    results.sort(key=lambda result: result.path)
    return ScanReport(tuple(results), mlwarden.__version__, stats={"files": len(results)})


def _work(found: DiscoveredFile, settings: Settings) -> Work:
    try:
        facts = os.stat(found.location)  # noqa: PTH116  # no Path for each of ten thousand files
    except OSError:
        return Work(found.path, found.location, settings)
    return Work(found.path, found.location, settings, facts.st_size, state=state_of(facts))


def _trouble(path: str, problem: Problem, settings: Settings) -> FileResult:
    from mlwarden.engine.check import problem_result
    from mlwarden.engine.project import Project

    return problem_result(path, problem, settings, None, Project())


def _new_trail() -> Trail:
    from mlwarden.engine.trail import Trail

    return Trail()


def _cache(paths: Sequence[str | os.PathLike[str]], config: ConfigSource) -> ResultCache | None:
    first = paths[0]
    settings = config.for_folder(first) if os.path.isdir(first) else config.for_path(first)  # noqa: PTH112
    if not settings.cache:
        return None
    from mlwarden.engine.result_cache import open_cache

    return open_cache(settings)


def _run(work: list[Work], trail: Trail | None, jobs: int | None, executor: Executor | None) -> Iterator[Checked]:
    if executor is not None:
        yield from _in_executor(executor, work, jobs or _processors(), trail)
        return
    workers = _workers(work, jobs)
    if workers < 2:
        from mlwarden.engine.project import Project

        found = check_all(work, Project(trail))
        yield from (Checked(each, *result) for each, result in zip(work, found, strict=True))
        return
    from mlwarden.engine.processes import can_start, processes

    if not can_start():
        yield from _run(work, trail, 1, None)
        return
    with processes(workers) as pool:
        yield from _in_executor(pool, work, workers, trail)


def _workers(work: list[Work], jobs: int | None) -> int:
    most = _processors() if jobs is None else jobs
    if most < 2 or len(work) < 2:
        return 1
    worth = len(work) if jobs is not None else weight_of(work) // _BYTES_PER_WORKER
    return max(1, min(most, worth, len(work)))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_executor(executor: Executor, work: list[Work], workers: int, trail: Trail | None) -> Iterator[Checked]:
    from mlwarden.engine.chunk import Scan, check_chunk

    facts = Scan(os.urandom(8).hex(), os.getcwd(), trail is not None)  # noqa: PTH109
    cut = list(chunks(work, workers))
    futures = [executor.submit(check_chunk, chunk, facts) for chunk in cut]
    for chunk, future in zip(cut, futures, strict=True):
        found, looked_at = future.result()
        if trail is not None:
            trail.add(looked_at)
        yield from (Checked(each, *result) for each, result in zip(chunk, found, strict=True))


__all__ = ["scan"]
