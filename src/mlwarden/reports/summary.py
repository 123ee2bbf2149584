"""Counts over a run, and the sentence that ends a text report. Whatever is not shown is counted here."""

from __future__ import annotations

from collections import Counter

from mlwarden.model.fixes import Applicability, Fix
from mlwarden.model.levels import Severity
from mlwarden.model.record import record
from mlwarden.model.results import ScanReport
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.text import plural


@record(frozen=True, slots=True)
class Summary:
    """Counts of findings and files.

    Attributes:
        by_severity: reported findings, most severe first, levels without findings left out.
        by_code: reported findings, by code.
        fixable, unsafe_fixable: reported findings whose best fix is safe, or unsafe.
    """

    files: int
    files_with_findings: int
    reported: int
    suppressed: int
    ignored: int
    baselined: int
    below_threshold: int
    unused_suppressions: int
    stale_baseline: int
    failures: int
    fixable: int
    unsafe_fixable: int
    by_severity: tuple[tuple[Severity, int], ...]
    by_code: tuple[tuple[str, int], ...]


def summarize(report: ScanReport) -> Summary:
    """Count once over everything."""
    verdicts = [result.verdict for result in report.results]
    reported = [finding for verdict in verdicts for finding in verdict.reported]
    severities = Counter(finding.severity for finding in reported)
    best = Counter(best_applicability(finding.fixes) for finding in reported)
    return Summary(
        files=len(report.results),
        files_with_findings=sum(1 for verdict in verdicts if verdict.reported),
        reported=len(reported),
        suppressed=sum(len(verdict.suppressed) for verdict in verdicts),
        ignored=sum(len(verdict.ignored) for verdict in verdicts),
        baselined=sum(len(verdict.baselined) for verdict in verdicts),
        below_threshold=sum(len(verdict.below_threshold) for verdict in verdicts),
        unused_suppressions=sum(len(verdict.unused_suppressions) for verdict in verdicts),
        stale_baseline=sum(len(verdict.stale_baseline) for verdict in verdicts),
        failures=sum(len(result.failures) for result in report.results),
        fixable=best[Applicability.SAFE],
        unsafe_fixable=best[Applicability.UNSAFE],
        by_severity=tuple((level, severities[level]) for level in reversed(Severity) if severities[level]),
        by_code=tuple(sorted(Counter(finding.code for finding in reported).items())),
    )


def best_applicability(fixes: tuple[Fix, ...]) -> Applicability | None:
    """The strongest promise among a finding's fixes; None where no batch run can apply one."""
    offered = {fix.applicability for fix in fixes}
    for applicability in (Applicability.SAFE, Applicability.UNSAFE):
        if applicability in offered:
            return applicability
    return None


def sentence(summary: Summary, options: ReportOptions) -> str:
    """`Found 7 problems (2 critical, 5 high) in 3 of 12 files; 4 fixable with --fix; 3 suppressed`."""
    files = plural(summary.files, "file")
    if summary.reported:
        levels = ", ".join(f"{count} {level}" for level, count in summary.by_severity)
        head = f"Found {plural(summary.reported, 'problem')} ({levels}) in {summary.files_with_findings} of {files}"
    elif summary.files:
        head = f"No problems found in {files}"
    else:
        head = "There were no files to check"
    if options.fixed is not None:
        head = f"Fixed {options.fixed} of {plural(options.fixed + summary.reported, 'problem')}. {head}"
    parts = [head, *_fixable(summary), *_left_out(summary)]
    return "; ".join(parts)


def _fixable(summary: Summary) -> list[str]:
    parts = []
    if summary.fixable:
        parts.append(f"{summary.fixable} fixable with --fix")
    if summary.unsafe_fixable:
        more = " more" if summary.fixable else " fixable"
        parts.append(f"{summary.unsafe_fixable}{more} with --unsafe-fixes")
    return [", ".join(parts)] if parts else []


def _left_out(summary: Summary) -> list[str]:
    counts = (
        (summary.suppressed, "suppressed"),
        (summary.ignored, "ignored by configuration"),
        (summary.baselined, "in the baseline"),
        (summary.below_threshold, "below the severity or confidence asked for"),
    )
    parts = [f"{count} {what}" for count, what in counts if count]
    if summary.stale_baseline:
        entries = "entry" if summary.stale_baseline == 1 else "entries"
        parts.append(f"{summary.stale_baseline} stale baseline {entries}")
    if summary.failures:
        parts.append(plural(summary.failures, "internal failure"))
    return parts
