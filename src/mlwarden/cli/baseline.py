"""`mlwarden baseline`: record today's findings, so that only new ones are reported."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlwarden.cli import options
from mlwarden.cli.check import say_failures
from mlwarden.cli.output import check_writable, note, write
from mlwarden.model.errors import UsageError

if TYPE_CHECKING:
    from mlwarden.config.settings import Settings
    from mlwarden.config.source import ConfigSource
    from mlwarden.policy.baseline import BaselineEntry

DEFAULT_FILE = "mlwarden-baseline.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`mlwarden baseline [PATHS...] [--baseline FILE]` and the options that choose what is found."""
    options.add_paths(parser, "files and folders whose findings are recorded")
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        help=f"the file to write (default: the configuration's, or {DEFAULT_FILE} in the current directory)",
    )
    options.add_selection(parser)
    options.add_config(parser)
    options.add_run(parser)


def run(args: argparse.Namespace) -> int:
    """Check, write the baseline, say what is in it. A run with internal failures records nothing.

    Raises:
        UsageError, ConfigError: wrong usage, configuration or old baseline.
        MlwardenError: the file cannot be written.
    """
    from mlwarden.reports.text import plural

    paths = options.existing(args.paths)
    file = Path(args.baseline or _settings(options.config_source(args)).baseline or DEFAULT_FILE)
    check_writable(file)
    args.baseline = str(file)
    with _reserved(file) as is_new:
        entries = _record(args, paths, file, is_new)
        if entries is None and is_new:
            file.unlink(missing_ok=True)
    if entries is None:
        note("nothing was recorded")
        return 2
    findings = sum(entry.count for entry in entries)
    files = len({entry.path for entry in entries})
    write(f"Recorded {plural(findings, 'finding')} in {plural(files, 'file')} in {_shown(file)}\n")
    return 0


def _record(args: argparse.Namespace, paths: list[str], file: Path, is_new: bool) -> tuple[BaselineEntry, ...] | None:
    """Check and write; None where something failed inside."""
    from mlwarden.policy import baseline
    from mlwarden.policy.selection import selected
    from mlwarden.rules.registry import every_rule

    config = options.config_source(args)
    previous = None if is_new else baseline.load(file)
    report = options.scanned(args, config, paths)
    if any(result.failures for result in report.results):
        say_failures(report)
        return None
    # What a run over a part cannot see stays recorded.
    partly = bool(args.paths or args.select or args.ignore or args.severity or args.confidence)
    checked = frozenset(selected(every_rule(), _settings(config))) if partly else None
    entries = baseline.record(report.results, file.parent.as_posix(), previous, checked)
    baseline.write(file, entries)
    return entries


def _settings(config: ConfigSource) -> Settings:
    return config.for_folder(Path.cwd())


@contextmanager
def _reserved(file: Path) -> Iterator[bool]:
    """Make sure that the file is there, as an empty baseline; gives whether it is new, and takes it back on failure.

    Raises:
        UsageError: it cannot be made.
    """
    from mlwarden.policy.baseline import render

    empty = render(())
    try:
        with file.open("xb") as stream:
            stream.write(empty)
        is_new = True
    except FileExistsError:
        is_new = False
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from None
    recorded = False
    try:
        yield is_new
        recorded = True
    finally:
        if is_new and not recorded:
            file.unlink(missing_ok=True)


def _shown(file: Path) -> str:
    try:
        return file.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return file.as_posix()
