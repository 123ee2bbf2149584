"""`mlwarden check`: find, report, mend."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mlwarden.cli import options
from mlwarden.cli.output import check_writable, note, wants_color, write
from mlwarden.reports import FORMATS

if TYPE_CHECKING:
    import argparse

    from mlwarden.cli.options import Arguments
    from mlwarden.config.source import ConfigSource
    from mlwarden.model.results import ScanReport
    from mlwarden.reports.options import RuleDetails

_TEXT_FORMATS = ("full", "concise")
# Formats that say more about a rule than its name and address.
_FORMATS_WITH_PAGES = ("sarif",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything after `mlwarden check`."""
    options.add_paths(parser, "files and folders to check; - reads standard input")
    options.add_selection(parser)
    _add_output(parser)
    _add_fixes(parser)
    _add_status(parser)
    options.add_config(parser)
    options.add_run(parser)
    parser.add_argument(
        "--force-exclude", action="store_true", help="leave out excluded files even where they are named, as hooks do"
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    from pathlib import Path

    group = parser.add_argument_group("output")
    group.add_argument("--output-format", choices=tuple(FORMATS), default="full", help="default: %(default)s")
    group.add_argument("--output-file", type=Path, metavar="FILE", help="write the report there")
    group.add_argument("--statistics", action="store_true", help="end with a count per rule")
    group.add_argument(
        "--show-suppressed",
        action="store_true",
        help="list also what comments, the configuration and the baseline accept, and suppressions without effect",
    )
    group.add_argument(
        "--stdin-filename", metavar="NAME", help="read the document from standard input; NAME says what it is"
    )


def _add_fixes(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("fixes")
    group.add_argument("--fix", action="store_true", help="apply the safe fixes")
    group.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: the other fixes too")
    group.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")


def _add_status(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("exit status")
    group.add_argument(
        "--fail-on", type=options.severity, metavar="LEVEL", help="exit with 1 from this severity up (default: any)"
    )
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 even when there are findings")
    group.add_argument("--baseline", metavar="FILE", help="do not report the findings recorded in this file")


def run(args: Arguments) -> int:
    """Check, mend where asked to, report; returns the exit status.

    Raises:
        UsageError, ConfigError: wrong usage or configuration.
    """
    check_writable(args.output_file)
    if args.stdin_filename is not None or "-" in args.paths:
        from mlwarden.cli.check_stdin import run as run_stdin

        return run_stdin(args)
    config = options.config_source(args)
    paths = options.existing(args.paths)
    report = options.scanned(args, config, paths)
    if args.fix or args.diff:
        from mlwarden.cli.check_fix import run as run_fix

        return run_fix(args, config, report)
    return finish(args, config, report)


def finish(args: Arguments, config: ConfigSource, report: ScanReport, fixed: int | None = None) -> int:
    """Write the report and return the exit status."""
    status = exit_status(args, config, report)
    text = rendered(args, report, status, fixed, color=args.output_file is None and wants_color(sys.stdout))
    write(text, args.output_file)
    if args.output_file is not None:
        from mlwarden.reports.options import ReportOptions
        from mlwarden.reports.summary import sentence, summarize

        note(f"{sentence(summarize(report), ReportOptions(fixed=fixed))}; the report is in {args.output_file}")
    if args.output_file is not None or args.output_format not in _TEXT_FORMATS:
        say_failures(report)
    return status


def rendered(args: Arguments, report: ScanReport, status: int, fixed: int | None, *, color: bool) -> str:
    """The report in the format asked for."""
    from mlwarden.reports import render
    from mlwarden.reports.options import ReportOptions

    report_options = ReportOptions(
        show_suppressed=args.show_suppressed,
        statistics=args.statistics,
        color=color and args.output_format in _TEXT_FORMATS,
        exit_code=status,
        fixed=fixed,
        rules=_rules(args, report),
    )
    return render(args.output_format, report, report_options)


def _rules(args: Arguments, report: ScanReport) -> dict[str, RuleDetails]:
    """Facts about the rules behind the report's findings."""
    from mlwarden.reports.accepted import accepted

    codes = {finding.code for result in report.results for finding in result.verdict.reported}
    if args.show_suppressed:
        codes.update(item.finding.code for result in report.results for item in accepted(result))
    if not codes:
        return {}
    from mlwarden.cli.rule_details import details_by_code

    return details_by_code(codes, with_pages=args.output_format in _FORMATS_WITH_PAGES)


def exit_status(args: Arguments, config: ConfigSource, report: ScanReport) -> int:
    """2 for an internal failure, 1 for findings that count, 0 otherwise."""
    if any(result.failures for result in report.results):
        return 2
    if args.exit_zero:
        return 0
    for result in report.results:
        if not result.verdict.reported:
            continue
        fail_on = config.for_path(result.path).fail_on
        if any(fail_on is None or finding.severity >= fail_on for finding in result.verdict.reported):
            return 1
    return 0


def say_failures(report: ScanReport) -> None:
    """Failures on standard error too, where the report goes to a program."""
    if not any(result.failures for result in report.results):
        return
    from mlwarden.reports.failures import failures_of
    from mlwarden.reports.locate import Sources
    from mlwarden.reports.text import printable

    for path, failure in failures_of(report, Sources(report)):
        note(f"{printable(path)}: internal failure: {printable(failure)}")
