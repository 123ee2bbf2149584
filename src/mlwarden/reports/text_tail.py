"""What the two text reports share after the findings: failures, unused suppressions, counts per rule."""

from __future__ import annotations

from mlwarden.model.results import ScanReport
from mlwarden.reports.failures import failures_of
from mlwarden.reports.locate import Sources
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.style import Painter
from mlwarden.reports.summary import summarize
from mlwarden.reports.text import printable, width


def failures(report: ScanReport, sources: Sources, paint: Painter) -> list[str]:
    """One line per internal failure."""
    return [
        f"{printable(path)}: {paint('internal failure', 'bold red')}: {printable(failure)}"
        for path, failure in failures_of(report, sources)
    ]


def unused_suppressions(report: ScanReport, sources: Sources) -> list[str]:
    """One line per comment or tag that suppressed nothing."""
    lines = []
    for result in report.results:
        for suppression in result.verdict.unused_suppressions:
            place = printable(str(sources.of(result.path).place(suppression.span)))
            codes = ", ".join(suppression.codes) if suppression.codes else "every rule"
            lines.append(f"{place}: unused suppression of {printable(codes)} ({suppression.origin})")
    return lines


def statistics(report: ScanReport, options: ReportOptions) -> list[str]:
    """A table: count, code, name; most frequent first."""
    by_code = sorted(summarize(report).by_code, key=lambda item: (-item[1], item[0]))
    if not by_code:
        return []
    count_width = max(len(str(count)) for _, count in by_code)
    code_width = max(width(code) for code, _ in by_code)
    rows = []
    for code, count in by_code:
        name = options.rule_name(code)
        rows.append(f"{count:>{count_width}}  {code:<{code_width}}  {name if name != code else ''}".rstrip())
    return rows
