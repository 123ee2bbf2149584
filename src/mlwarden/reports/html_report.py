"""`html`: one page to read or to send. Nothing is loaded from elsewhere and no script runs in it; filters are CSS."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from mlwarden.model.findings import Finding
from mlwarden.model.levels import Severity
from mlwarden.model.results import FileResult, ScanReport
from mlwarden.reports.accepted import Accepted, accepted
from mlwarden.reports.excerpt import ExcerptLine
from mlwarden.reports.failures import failures_of
from mlwarden.reports.html_style import PAGE_HEAD
from mlwarden.reports.locate import Sources
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.summary import Summary, sentence, summarize
from mlwarden.reports.text import char_width, plural, printable


def render(report: ScanReport, options: ReportOptions) -> str:
    """A whole HTML document."""
    sources = Sources(report)
    summary = summarize(report)
    parts = [PAGE_HEAD, *_filters(report, summary, options)]
    parts.append(f'<header><h1>mlwarden</h1><p class="summary">{_text(sentence(summary, options))}</p></header>')
    parts.append("<main>")
    for result in report.results:
        parts.extend(_file(result, sources, options))
    parts.extend(_failures(report, sources))
    if summary.by_code:
        parts.extend(_statistics(summary, options))
    parts.append(f"</main>\n<footer>mlwarden {_text(report.version)}</footer>\n</body>\n</html>\n")
    return "\n".join(parts)


def _filters(report: ScanReport, summary: Summary, options: ReportOptions) -> Iterator[str]:
    """Checkboxes that stand before the page's content, so that a style sheet can hide by them."""
    counts = {str(level): count for level, count in summary.by_severity}
    yield '<fieldset class="filters"><legend>Show</legend>'
    for level in reversed(Severity):
        name, count = str(level), counts.get(str(level), 0)
        off = "" if count else " disabled"
        yield f'<label class="{name}"><input type="checkbox" id="show-{name}" checked{off}> {name} ({count})</label>'
    if options.show_suppressed:
        count = summary.suppressed + summary.ignored + summary.baselined
        yield f'<label class="accepted"><input type="checkbox" id="show-accepted" checked> accepted ({count})</label>'
    yield "</fieldset>"


def _file(result: FileResult, sources: Sources, options: ReportOptions) -> Iterator[str]:
    items = list(accepted(result)) if options.show_suppressed else []
    if not result.verdict.reported and not items:
        return
    count = plural(len(result.verdict.reported), "problem")
    yield f'<section><h2>{_text(result.path)} <span class="count">{count}</span></h2>'
    for finding in result.verdict.reported:
        yield from _article(result.path, finding, None, sources, options)
    for item in items:
        yield from _article(result.path, item.finding, item, sources, options)
    yield "</section>"


def _article(
    path: str, finding: Finding, item: Accepted | None, sources: Sources, options: ReportOptions
) -> Iterator[str]:
    view = sources.of(path)
    place = view.place(finding.span)
    severity = str(finding.severity)
    kinds = f"finding {severity}" + (" accepted" if item is not None else "")
    yield f'<article class="{kinds}">'
    name = options.rule_name(finding.code)
    title = f'<a href="{escape(options.rule_url(finding.code))}">{_text(finding.code)}</a>'
    yield (
        f'<h3><span class="badge">{severity}</span> {title}'
        + (f" <small>{_text(name)}</small>" if name != finding.code else "")
        + f' <span class="place">{_text(str(place))}</span></h3>'
    )
    yield f"<p>{_text(view.clean(finding.message))} <small>{finding.confidence} confidence</small></p>"
    if item is not None:
        yield f'<p class="why">{_text(view.clean(item.why))}</p>'
    shown = view.excerpt(finding.span)
    if shown:
        yield f"<pre>{''.join(map(_excerpt_line, shown))}</pre>"
    steps = [f"<li><code>{_text(str(step))}</code> {_text(note)}</li>" for step, note in sources.steps(path, finding)]
    if steps:
        yield f"<p>How it gets there:</p><ol>{''.join(steps)}</ol>"
    for fix in finding.fixes:
        why = f"; {fix.why_unsafe}" if fix.why_unsafe else ""
        yield f'<p class="fix">Fix ({_text(fix.applicability.value + why)}): {_text(view.clean(fix.title))}</p>'
    yield "</article>"


def _excerpt_line(line: ExcerptLine) -> str:
    number = "" if line.number is None else str(line.number)
    text = escape(line.text)
    if line.mark is not None:
        start, end = _char_range(line.text, *line.mark)
        text = f"{escape(line.text[:start])}<mark>{escape(line.text[start:end])}</mark>{escape(line.text[end:])}"
    return f"<span class=number>{number:>5}</span> {text}\n"


def _char_range(text: str, column: int, length: int) -> tuple[int, int]:
    """Character offsets for terminal columns."""
    start, end, at = len(text), len(text), 0
    for offset, char in enumerate(text):
        if at >= column and start == len(text):
            start = offset
        if at >= column + length and char_width(char):
            end = offset
            break
        at += char_width(char)
    return start, end


def _failures(report: ScanReport, sources: Sources) -> Iterator[str]:
    items = [f"<li><code>{_text(path)}</code> {_text(failure)}</li>" for path, failure in failures_of(report, sources)]
    if items:
        yield f'<section class="failures"><h2>Internal failures</h2><ul>{"".join(items)}</ul></section>'


def _statistics(summary: Summary, options: ReportOptions) -> Iterator[str]:
    yield "<section><h2>By rule</h2><table><tr><th>Rule</th><th>Name</th><th>Problems</th></tr>"
    for code, count in sorted(summary.by_code, key=lambda entry: (-entry[1], entry[0])):
        link = f'<a href="{escape(options.rule_url(code))}">{_text(code)}</a>'
        yield f"<tr><td>{link}</td><td>{_text(options.rule_name(code))}</td><td>{count}</td></tr>"
    yield "</table></section>"


def _text(text: str) -> str:
    return escape(printable(text))
