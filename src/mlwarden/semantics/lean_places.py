"""Where some nodes of a lean tree stand, as far as libcst and the standard library mean the same by it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from mlwarden.source.lines import LineIndex

if TYPE_CHECKING:
    import libcst as cst

# Takes the id of a node, and where it begins and ends: lines from 1, columns in bytes.
Note: TypeAlias = Callable[[tuple[int, int, int, int | None, int | None]], None]


class Places:
    """Where some nodes of a lean tree stand, as far as libcst and the standard library mean the same by it."""

    def __init__(self, text: str, before: int = 0) -> None:
        """Nothing is noted yet.

        Args:
            text: in which the nodes stand.
            before: how many lines stand before it in what was parsed.
        """
        self._text, self._before = text, before
        self._noted = array("Q")
        self.note: Note = self._noted.extend  # type: ignore[assignment]  # all that is parsed has an end

    def of(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """Where a node begins and ends in the text; None if that was not noted."""
        index = self._indices.get(id(node))
        if index is None:
            return None
        _, line, column, end_line, end_column = self._noted[index : index + 5]
        return self.offset(line, column), self.offset(end_line, end_column)

    @cached_property
    def _indices(self) -> dict[int, int]:
        return {number: 5 * index for index, number in enumerate(self._noted[::5])}

    @cached_property
    def _lines(self) -> list[int]:
        return LineIndex(self._text).starts

    def offset(self, line: int, column: int) -> int:
        """Where a place of the standard library's tree is in the text; it counts columns in bytes of UTF-8."""
        start = self._lines[line - 1 - self._before]
        part = self._text[start : start + column]
        if part.isascii():
            return start + column
        return start + len(part.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
