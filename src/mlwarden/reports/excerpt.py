"""Source excerpts: the lines around a finding, as a terminal shows them, with the marked columns and no secrets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from mlwarden.model.spans import Span
from mlwarden.reports.text import TAB_STOP, char_width, printable
from mlwarden.source.lines import LineIndex

MASK = "****"
ELLIPSIS = "…"
# A range over more lines than this is shown by its first lines and its last one.
_MOST_LINES = 5
# Longer lines (minified code, notebooks saved on one line) are cut around the range.
_LINE_LIMIT = 160
_LINE_LEAD = 50


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """A line of an excerpt.

    Attributes:
        number: 1-based line number, None for a mark that lines were left out.
        text: printable text: tabs expanded, secrets masked, overlong lines cut.
        mark: (column, width) in terminal columns of what is underlined, None for a line of context.
    """

    number: int | None
    text: str
    mark: tuple[int, int] | None = None


def excerpt(lines: LineIndex, span: Span, secrets: Sequence[Span] = (), context: int = 1) -> tuple[ExcerptLine, ...]:
    """The lines that `span` touches, with `context` lines before and after.

    Args:
        lines: the text the span counts in (its `cell` is not looked at).
        span: what is underlined; offsets past the end of the text count as the end.
        secrets: ranges in the same text whose characters are not shown, sorted by start.
        context: lines of context on either side.
    """
    start, end = min(span.start, len(lines.text)), min(span.end, len(lines.text))
    first = lines.line_of(start)
    last = lines.line_of(max(start, end - 1))
    shown: list[ExcerptLine] = []
    for number in range(max(0, first - context), first):
        shown.append(_line(lines, number, None, secrets))
    left_out = last - first + 1 > _MOST_LINES
    for number in range(first, last + 1):
        if left_out and first + _MOST_LINES - 2 <= number < last:
            if number == first + _MOST_LINES - 2:
                shown.append(ExcerptLine(None, "..."))
            continue
        shown.append(_line(lines, number, (start, end), secrets))
    # A text that ends with a line end has one more, empty, line: no context worth showing.
    following = min(last + 1 + context, len(lines))
    for number in range(last + 1, following):
        if number == len(lines) - 1 and not lines.line_text(number):
            break
        shown.append(_line(lines, number, None, secrets))
    return tuple(shown)


def _line(lines: LineIndex, number: int, marked: tuple[int, int] | None, secrets: Sequence[Span]) -> ExcerptLine:
    line_start, line_end = lines.starts[number], lines.line_end(number)
    mark_start, mark_end = 0, 0
    if marked is not None:
        mark_start, mark_end = max(marked[0], line_start), min(marked[1], line_end)
        if marked[0] < line_start:  # the range began on an earlier line: leave the indentation out
            while mark_start < mark_end and lines.text[mark_start] in " \t":
                mark_start += 1
    window_start, window_end = line_start, line_end
    if line_end - line_start > _LINE_LIMIT:
        window_start = max(line_start, mark_start - _LINE_LEAD) if marked is not None else line_start
        window_end = min(line_end, window_start + _LINE_LIMIT)
    text, columns = _display(lines.text, window_start, window_end, secrets)
    lead = ELLIPSIS if window_start > line_start else ""
    tail = ELLIPSIS if window_end < line_end else ""
    mark = None
    if marked is not None and (mark_start < mark_end or marked[0] >= line_start):
        begin = columns[min(max(mark_start, window_start), window_end) - window_start]
        stop = columns[min(max(mark_end, window_start), window_end) - window_start]
        mark = (begin + len(lead), max(1, stop - begin))
    return ExcerptLine(number + 1, f"{lead}{text}{tail}", mark)


def _display(text: str, start: int, end: int, secrets: Sequence[Span]) -> tuple[str, list[int]]:
    """The printable form of `text[start:end]`, and the terminal column of each of its offsets, the end included."""
    pieces: list[str] = []
    columns: list[int] = []
    column = 0
    mask_of = _masked_ranges(start, end, secrets)
    mask_index = 0
    offset = start
    while offset < end:
        while mask_index < len(mask_of) and mask_of[mask_index][1] <= offset:
            mask_index += 1
        if mask_index < len(mask_of) and mask_of[mask_index][0] <= offset:
            hidden = mask_of[mask_index][1] - offset
            # Offsets inside a secret lie on the mask, so that a range over the secret underlines the mask.
            columns.extend(column + min(position, len(MASK)) for position in range(hidden))
            pieces.append(MASK)
            column += len(MASK)
            offset += hidden
            continue
        char = text[offset]
        columns.append(column)
        if char == "\t":
            shown = " " * (TAB_STOP - column % TAB_STOP)
            column += len(shown)
        else:
            shown = printable(char)
            column += char_width(shown) if len(shown) == 1 else len(shown)
        pieces.append(shown)
        offset += 1
    columns.append(column)
    return "".join(pieces), columns


def _masked_ranges(start: int, end: int, secrets: Sequence[Span]) -> list[tuple[int, int]]:
    """The parts of the secrets that lie in `start..end`, merged; a later secret may begin inside an earlier one."""
    ranges: list[tuple[int, int]] = []
    upto = bisect_right(secrets, end, key=lambda span: span.start)
    for span in secrets[:upto]:
        begin, stop = max(span.start, start), min(span.end, end)
        if begin >= stop:
            continue
        if ranges and begin < ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], stop))
        else:
            ranges.append((begin, stop))
    return ranges
