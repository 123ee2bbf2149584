"""`mlwarden baseline`: record today's findings, so that only new ones are reported."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlwarden.cli import options
from mlwarden.cli.check import say_failures
from mlwarden.cli.output import check_writable, note, write
from mlwarden.model.errors import UsageError

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
        UsageError, ConfigError: wrong usage, configuration or old baseline; the file cannot be written.
    """
    from mlwarden.engine.scan import scan
    from mlwarden.policy import baseline
    from mlwarden.policy.selection import selected
    from mlwarden.rules.registry import every_rule

    paths = options.existing(args.paths)
    configured = options.config_source(args).for_path(Path.cwd() / "any").baseline
    file = Path(configured or DEFAULT_FILE)
    check_writable(file)
    args.baseline = str(file)
    config = options.config_source(args)
    previous = baseline.load(file) if file.exists() else None
    report = scan(paths, config, jobs=args.jobs)
    if any(result.failures for result in report.results):
        say_failures(report)
        note("nothing was recorded")
        return 2
    partly = bool(args.paths or args.select or args.ignore or args.severity or args.confidence)
    checked = frozenset(selected(every_rule(), config.for_path(Path.cwd() / "any"))) if partly else None
    entries = baseline.record(report.results, file.parent.as_posix(), previous, checked)
    try:
        baseline.write(file, entries)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from None
    findings = sum(entry.count for entry in entries)
    files = len({entry.path for entry in entries})
    from mlwarden.reports.text import plural

    write(f"Recorded {plural(findings, 'finding')} in {plural(files, 'file')} in {_shown(file)}\n")
    return 0


def _shown(file: Path) -> str:
    try:
        return file.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return file.as_posix()
