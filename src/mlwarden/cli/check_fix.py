"""`mlwarden check --fix` and `--diff`: mend the checked files, or show what that would change."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlwarden.cli.check import exit_status, finish, say_failures
from mlwarden.cli.output import note, wants_color, write
from mlwarden.model.fixes import Applicability
from mlwarden.model.record import record, replace
from mlwarden.model.results import FileResult, ScanReport, SourceFile

if TYPE_CHECKING:
    from mlwarden.cli.options import Arguments
    from mlwarden.config.settings import Settings
    from mlwarden.config.source import ConfigSource


@record(frozen=True, slots=True)
class Change:
    """A file that fixes change; `before` is its check, which knows the secrets in it."""

    before: FileResult
    content: bytes


def run(args: Arguments, config: ConfigSource, report: ScanReport) -> int:
    """Fix what can be fixed; with --diff on paper only."""
    from mlwarden.engine.fixing import fix
    from mlwarden.engine.project import Project

    project = Project()
    results: list[FileResult] = []
    changes: list[Change] = []
    fixed = 0
    for result in report.results:
        settings = config.for_path(result.path)
        if result.content is None or not _fixable(result, settings):
            results.append(result)
            continue
        source = SourceFile(result.path, result.content)
        outcome = fix(source, settings, project, unsafe=settings.unsafe_fixes)
        after = outcome.result
        if outcome.applied and not args.diff:
            failure = _write(result.path, result.content, outcome.content)
            if failure:
                results.append(replace(result, failures=(*result.failures, failure)))
                continue
        if outcome.applied:
            changes.append(Change(result, outcome.content))
            fixed += len(outcome.applied)
        results.append(after)
    mended = replace(report, results=tuple(results))
    if args.diff:
        return finish_diff(args, exit_status(args, config, mended), mended, changes, fixed)
    return finish(args, config, mended, fixed)


def _fixable(result: FileResult, settings: Settings) -> bool:
    """Whether a fix would be applied; nothing is read or parsed again where not."""
    wanted = {Applicability.SAFE, Applicability.UNSAFE} if settings.unsafe_fixes else {Applicability.SAFE}
    return any(fix.applicability in wanted for finding in result.verdict.reported for fix in finding.fixes)


def _write(path: str, before: bytes, after: bytes) -> str:
    """Replace the file; a sentence where that fails, else ""."""
    from mlwarden.fixes.atomic import WriteError, write_atomically

    try:
        write_atomically(Path(path), after, expected=before)
    except WriteError as error:
        return f"its fixes were not written: {error.reason}"
    return ""


def finish_diff(args: Arguments, status: int, report: ScanReport, changes: Sequence[Change], fixed: int) -> int:
    """Write the diffs, say what they are, and return the exit status: 1 also for changes that are still to be made."""
    from mlwarden.cli.diff import colored
    from mlwarden.fixes.diff import unified_diff
    from mlwarden.reports.locate import SourceView
    from mlwarden.reports.options import ReportOptions
    from mlwarden.reports.summary import sentence, summarize
    from mlwarden.reports.text import plural

    diffs = []
    for change in changes:
        assert change.before.content is not None
        diff = unified_diff(change.before.path, change.before.content, change.content)
        diffs.append(SourceView(change.before).clean(diff))
    if args.output_file is None and wants_color(sys.stdout):
        diffs = [colored(diff) for diff in diffs]
    write("".join(diffs), args.output_file)
    summary = summarize(report)
    problems = plural(fixed + summary.reported, "problem")
    head = f"Would fix {fixed} of {problems} in {plural(len(changes), 'file')}"
    note(f"{head}. Then: {sentence(summary, ReportOptions())}")
    say_failures(report)
    if status == 0 and fixed and not args.exit_zero:
        return 1
    return status
