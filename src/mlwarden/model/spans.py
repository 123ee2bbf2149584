"""`Span`, the only internal coordinate. Lines and columns are made from it at the very edge (`source.lines`)."""

from __future__ import annotations

from mlwarden.model.record import record


@record(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points.

    Attributes:
        start: first code point.
        end: one past the last; `start == end` is an insertion point.
        cell: `None` when the offsets count in the file's decoded text (for a notebook: in the text of the .ipynb);
            otherwise the 0-based index of a notebook cell, and the offsets count in that cell's source.
    """

    start: int
    end: int
    cell: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a range: {self.start}..{self.end}")

    def contains(self, other: Span) -> bool:
        """Whether `other` lies wholly inside this span, in the same text."""
        return self.cell == other.cell and self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a code point; touching ranges do not overlap."""
        return self.cell == other.cell and self.start < other.end and other.start < self.end

    def shifted(self, by: int) -> Span:
        """The same range `by` code points further on."""
        return Span(self.start + by, self.end + by, self.cell)


def sort_key(span: Span) -> tuple[int, int, int]:
    """A total order over spans of one document: file text first, then cells in order."""
    return (-1 if span.cell is None else span.cell, span.start, span.end)
