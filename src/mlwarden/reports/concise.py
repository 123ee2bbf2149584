"""`concise`: one line per finding, for grep and for editors' quickfix lists, then the summary."""

from __future__ import annotations

from mlwarden.model.findings import Finding
from mlwarden.model.results import ScanReport
from mlwarden.reports.accepted import accepted
from mlwarden.reports.locate import Place, Sources
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.style import Painter, painter
from mlwarden.reports.summary import best_applicability, sentence, summarize
from mlwarden.reports.text import printable
from mlwarden.reports.text_tail import failures, statistics, unused_suppressions

SEVERITY_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
MARKS = {"safe": " [*]"}


def render(report: ScanReport, options: ReportOptions) -> str:
    """The findings in path order, failures, the statistics where asked for, and the summary."""
    paint = painter(options.color)
    sources = Sources(report)
    lines: list[str] = []
    for result in report.results:
        view = sources.of(result.path) if result.verdict.reported else None
        for finding in result.verdict.reported:
            assert view is not None
            lines.append(
                headline(view.place(finding.span), finding, view.clean(finding.message), paint) + _levels(finding)
            )
        if options.show_suppressed:
            for item in accepted(result):
                view = sources.of(result.path)
                line = headline(view.place(item.finding.span), item.finding, view.clean(item.finding.message), paint)
                lines.append(f"{line} ({printable(view.clean(item.why))})")
    if options.show_suppressed:
        lines.extend(unused_suppressions(report, sources))
    lines.extend(failures(report, sources, paint))
    summary = summarize(report)
    if options.statistics:
        lines.extend(statistics(report, options))
    lines.append(sentence(summary, options))
    return "\n".join(lines) + "\n"


def headline(place: Place, finding: Finding, message: str, paint: Painter) -> str:
    """`path:line:column: MLW102 [*] message`; the star says that --fix mends it."""
    best = best_applicability(finding.fixes)
    mark = MARKS.get(best.value, "") if best else ""
    code = paint(finding.code, SEVERITY_STYLES[str(finding.severity)])
    star = paint(mark, "cyan") if mark else ""
    return f"{paint(printable(str(place)), 'bold')}: {code}{star} {printable(message)}"


def _levels(finding: Finding) -> str:
    return f" ({finding.severity} severity, {finding.confidence} confidence)"
