"""`full`: every finding with the source it stands on, how it got there, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Applicability, Fix
from mlwarden.model.results import FileResult, ScanReport
from mlwarden.reports.accepted import Accepted, accepted
from mlwarden.reports.concise import SEVERITY_STYLES, headline
from mlwarden.reports.excerpt import ExcerptLine
from mlwarden.reports.locate import Place, Sources
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.style import Painter, painter
from mlwarden.reports.summary import sentence, summarize
from mlwarden.reports.text import printable
from mlwarden.reports.text_tail import failures, statistics, unused_suppressions


def render(report: ScanReport, options: ReportOptions) -> str:
    """A block per finding in path order, then failures, the statistics where asked for, and the summary."""
    paint = painter(options.color)
    sources = Sources(report)
    blocks: list[str] = []
    for result in report.results:
        blocks.extend(_file_blocks(result, sources, options, paint))
    if options.show_suppressed:
        blocks.extend(_joined(unused_suppressions(report, sources)))
    blocks.extend(_joined(failures(report, sources, paint)))
    if options.statistics:
        blocks.extend(_joined(statistics(report, options)))
    blocks.append(sentence(summarize(report), options))
    return "\n\n".join(blocks) + "\n"


def _joined(lines: list[str]) -> list[str]:
    return ["\n".join(lines)] if lines else []


def _file_blocks(result: FileResult, sources: Sources, options: ReportOptions, paint: Painter) -> Iterator[str]:
    for finding in result.verdict.reported:
        yield _block(sources, result.path, finding, None, options, paint)
    if options.show_suppressed:
        for item in accepted(result):
            yield _block(sources, result.path, item.finding, item, options, paint)


def _block(
    sources: Sources, path: str, finding: Finding, item: Accepted | None, options: ReportOptions, paint: Painter
) -> str:
    view = sources.of(path)
    place = view.place(finding.span)
    lines = [headline(place, finding, view.clean(finding.message), paint)]
    shown = view.excerpt(finding.span)
    numbers = [line.number for line in shown if line.number is not None]
    gutter = max((len(str(number)) for number in numbers), default=1)
    levels = f"{finding.severity} severity, {finding.confidence} confidence"
    style = SEVERITY_STYLES[str(finding.severity)]
    lines.extend(_excerpt_lines(shown, gutter, levels, style, paint))
    notes = [] if shown else [levels]
    if item is not None:
        notes.append(view.clean(item.why))
    if place.cell is not None:
        notes.append(_cell_note(place))
    lead = " " * gutter + " " + paint("=", "blue") + " "
    lines.extend(lead + printable(note) for note in notes)
    steps = (f"{step}: {note}" for step, note in sources.steps(path, finding))
    lines.extend(f"{lead}{paint('trace:', 'bold')} {printable(step)}" for step in steps)
    lines.extend(f"{lead}{paint('help:', 'bold')} {printable(view.clean(text))}" for text in map(_fix, finding.fixes))
    lines.append(f"{lead}{paint(f'mlwarden rule {finding.code}, {options.rule_url(finding.code)}', 'dim')}")
    return "\n".join(lines)


def _excerpt_lines(
    shown: tuple[ExcerptLine, ...], gutter: int, label: str, style: str, paint: Painter
) -> Iterator[str]:
    if not shown:
        return
    bar = paint("|", "blue")
    blank = " " * gutter
    last_mark = max((index for index, line in enumerate(shown) if line.mark is not None), default=-1)
    yield f"{blank} {bar}"
    for index, line in enumerate(shown):
        number = blank if line.number is None else paint(f"{line.number:>{gutter}}", "blue")
        yield f"{number} {bar} {line.text}".rstrip()
        if line.mark is not None:
            column, length = line.mark
            carets = paint("^" * length, style)
            yield f"{blank} {bar} {' ' * column}{carets}" + (f" {label}" if index == last_mark else "")
    yield f"{blank} {bar}"


def _cell_note(place: Place) -> str:
    identity = f" (id {place.cell_id})" if place.cell_id else ""
    assert place.cell is not None
    if place.cell_region is None:
        return f"in cell {place.cell + 1}{identity}, outside of its source"
    return f"cell {place.cell + 1}{identity} is at line {place.region.line} of {place.path}"


def _fix(fix: Fix) -> str:
    """`Add weights_only=True (safe fix: --fix)`."""
    if fix.applicability is Applicability.SAFE:
        return f"{fix.title} (safe fix: --fix)"
    why = f"; {fix.why_unsafe}" if fix.why_unsafe else ""
    if fix.applicability is Applicability.UNSAFE:
        return f"{fix.title} (unsafe fix: --fix --unsafe-fixes{why})"
    return f"{fix.title} (to be completed by hand{why})"
