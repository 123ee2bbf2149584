"""Source excerpts: the lines around a finding, as a terminal shows them, with the marked columns and no secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlwarden.model.record import field, record
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


@record(frozen=True, slots=True)
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


class Values:
    """Texts that are looked for in other texts, however many they are."""

    # Up to here one search per value is the fastest; beyond, one look-up per place and length.
    _FEW = 50

    def __init__(self, values: Iterable[str] = ()) -> None:
        """`values` may hold duplicates and empty texts."""
        self._by_length: dict[int, set[str]] = {}
        for value in values:
            if value:
                self._by_length.setdefault(len(value), set()).add(value)
        self._count = sum(map(len, self._by_length.values()))

    def found(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where values stand that lie in `text[start:end]` or reach into it."""
        for length, values in self._by_length.items():
            low, high = max(0, start - length + 1), min(len(text), end + length - 1)
            if self._count > self._FEW:
                places = (at for at in range(low, high - length + 1) if text[at : at + length] in values)
                yield from ((at, at + length) for at in places)
                continue
            for value in values:
                at = text.find(value, low, high)
                while at >= 0:
                    yield at, at + length
                    at = text.find(value, at + 1, high)


@record(frozen=True, slots=True)
class Secrets:
    """What is not shown.

    Attributes:
        spans: ranges of the text, in any order.
        values: characters that are not shown wherever they stand.
    """

    spans: Sequence[Span] = ()
    values: Values = field(default_factory=Values)

    def ranges(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of the secrets that lie in `text[start:end]`, sorted, those that overlap merged."""
        found = [(span.start, span.end) for span in self.spans if span.start < end and start < span.end]
        found.extend(self.values.found(text, start, end))
        merged: list[tuple[int, int]] = []
        for begin, stop in sorted(found):
            begin, stop = max(begin, start), min(stop, end)
            if merged and begin < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
            else:
                merged.append((begin, stop))
        return merged

    def masked(self, text: str) -> str:
        """The text with a mask in place of every secret."""
        pieces: list[str] = []
        done = 0
        for begin, stop in self.ranges(text, 0, len(text)):
            pieces += (text[done:begin], MASK)
            done = stop
        return "".join((*pieces, text[done:])) if pieces else text


NO_SECRETS = Secrets()


def excerpt(lines: LineIndex, span: Span, secrets: Secrets = NO_SECRETS, context: int = 1) -> tuple[ExcerptLine, ...]:
    """The lines that `span` touches, with `context` lines before and after.

    Args:
        lines: the text the span counts in (its `cell` is not looked at).
        span: what is underlined; offsets past the end of the text count as the end.
        secrets: what is not shown of the same text.
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


def _line(lines: LineIndex, number: int, marked: tuple[int, int] | None, secrets: Secrets) -> ExcerptLine:
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


def _display(text: str, start: int, end: int, secrets: Secrets) -> tuple[str, list[int]]:
    """The printable form of `text[start:end]`, and the terminal column of each of its offsets, the end included."""
    pieces: list[str] = []
    columns: list[int] = []
    column = 0
    mask_of = secrets.ranges(text, start, end)
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
