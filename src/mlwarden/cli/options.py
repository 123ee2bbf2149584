"""Options that several commands share, and what the configuration makes of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from mlwarden.model.errors import UsageError
from mlwarden.model.levels import Confidence, Severity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from types import SimpleNamespace
    from typing import TypeAlias

    from mlwarden.config.source import ConfigSource
    from mlwarden.model.results import ScanReport

    # What argparse makes of a command line, or `plain_check` of one without options.
    Arguments: TypeAlias = argparse.Namespace | SimpleNamespace

_Level = TypeVar("_Level", Severity, Confidence)


def add_paths(parser: argparse.ArgumentParser, what: str) -> None:
    """`[PATHS...]`, the current directory by default."""
    parser.add_argument("paths", nargs="*", metavar="PATHS", help=f"{what} (default: the current directory)")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Which rules run, and which of their findings count."""
    group = parser.add_argument_group("rules", "CODES: codes or prefixes, separated by commas (MLW1,MLW203,B), or ALL.")
    group.add_argument("--select", type=codes, action="extend", metavar="CODES", help="check these rules only")
    group.add_argument("--ignore", type=codes, action="extend", metavar="CODES", help="do not check these rules")
    group.add_argument(
        "--extend-select", type=codes, action="extend", metavar="CODES", help="check these rules besides the others"
    )
    up = "show findings from this %s up: low (default), medium, high"
    group.add_argument("--severity", type=severity, metavar="LEVEL", help=f"{up % 'severity'}, critical")
    group.add_argument("--confidence", type=confidence, metavar="LEVEL", help=up % "confidence")


def add_config(parser: argparse.ArgumentParser) -> None:
    """Where settings come from."""
    from pathlib import Path

    group = parser.add_argument_group("configuration")
    group.add_argument("--config", type=Path, metavar="FILE", help="use this file instead of the nearest ones")
    group.add_argument("--isolated", action="store_true", help="use no configuration file")


def add_run(parser: argparse.ArgumentParser) -> None:
    """How the work is done."""
    group = parser.add_argument_group("run")
    group.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    group.add_argument("--cache-dir", metavar="DIR", help="the cache's folder")
    group.add_argument("--jobs", type=count, metavar="N", help="number of processes (default: one per processor)")
    group.add_argument(
        "--executor",
        type=executor,
        metavar="ADDRESS",
        help="check on a Dask cluster: dask://HOST:PORT of its scheduler",
    )


def codes(text: str) -> list[str]:
    """`MLW1, MLW203` -> ["MLW1", "MLW203"]; whether they exist is for the configuration to say."""
    parts = [part.strip() for part in text.split(",")]
    listed = [part for part in parts if part]
    if not listed:
        raise _wrong("expected codes or prefixes, such as MLW1,B301")
    return listed


def severity(text: str) -> Severity:
    """A severity's name."""
    return _level(Severity, text)


def confidence(text: str) -> Confidence:
    """A confidence's name."""
    return _level(Confidence, text)


def _level(kind: type[_Level], text: str) -> _Level:
    try:
        level: _Level = kind.parse(text)
    except ValueError as error:
        raise _wrong(str(error)) from None
    return level


def count(text: str) -> int:
    """A whole number, at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise _wrong(f"expected a whole number, at least 1, not '{text}'")
    return number


def executor(text: str) -> str:
    """A scheduler's address, in Dask's spelling."""
    from mlwarden.engine.cluster import scheduler_address

    try:
        return scheduler_address(text)
    except ValueError as error:
        raise _wrong(str(error)) from None


def _wrong(message: str) -> argparse.ArgumentTypeError:
    import argparse

    return argparse.ArgumentTypeError(message)


def existing(paths: list[str]) -> list[str]:
    """The paths that were asked for, by default the current directory.

    Raises:
        UsageError: one does not exist; the message names it.
    """
    chosen = [path or "." for path in paths] or ["."]
    for path in chosen:
        try:
            os.lstat(path.rstrip("/") or path)
        except (OSError, ValueError):
            from pathlib import Path

            raise UsageError(f"no such file or folder: {Path(path)}") from None
    return chosen


def config_source(args: Arguments) -> ConfigSource:
    """The settings that the command line and the configuration files make together.

    Raises:
        UsageError, ConfigError: unknown codes, a bad configuration file, options that exclude each other.
    """
    from mlwarden.config.source import CommandLine, ConfigSource
    from mlwarden.rules.registry import every_code

    def listed(name: str) -> tuple[str, ...] | None:
        value = getattr(args, name, None)
        return tuple(value) if value else None

    given = CommandLine(
        select=listed("select"),
        extend_select=listed("extend_select"),
        ignore=listed("ignore"),
        severity=getattr(args, "severity", None),
        confidence=getattr(args, "confidence", None),
        fail_on=getattr(args, "fail_on", None),
        unsafe_fixes=True if getattr(args, "unsafe_fixes", False) else None,
        baseline=getattr(args, "baseline", None),
        jobs=getattr(args, "jobs", None),
        cache=False if getattr(args, "no_cache", False) else None,
        cache_dir=getattr(args, "cache_dir", None),
    )
    return ConfigSource(given, args.config, args.isolated, every_code)


def scanned(args: Arguments, config: ConfigSource, paths: Sequence[str]) -> ScanReport:
    """Check paths in the way that the command line asks for: here, in several processes or on a cluster.

    Raises:
        UsageError, ConfigError: the cluster cannot be used, or the configuration is wrong.
    """
    from mlwarden.engine import scan

    force_exclude = getattr(args, "force_exclude", False)
    if args.executor is None:
        return scan.scan(paths, config, jobs=jobs(config, paths), force_exclude=force_exclude)
    from mlwarden.engine.cluster import cluster

    with cluster(args.executor) as found:
        return scan.scan(paths, config, jobs=found.workers, executor=found.executor, force_exclude=force_exclude)


def jobs(config: ConfigSource, paths: Sequence[str]) -> int | None:
    """The number of processes that the command line, or the first path's configuration, asks for.

    Raises:
        ConfigError: that configuration is wrong.
    """
    first = paths[0]
    settings = config.for_folder(first) if os.path.isdir(first) else config.for_path(first)  # noqa: PTH112
    return settings.jobs
