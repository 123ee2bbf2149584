"""Frozen states of what is open in the editor. Checks and requests work on these, never on what can still change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from mlwarden.source.lines import LineIndex


@dataclass(frozen=True)
class Part:
    """One text of the editor's: a document, or a notebook cell.

    Attributes:
        uri: opaque; the very text that the client sent.
        version: the client's, for publishing and for edits.
        text: what the editor holds, a byte-order mark included if it sends one.
        language: the client's language id.
    """

    uri: str
    version: int | None
    text: str
    language: str

    @cached_property
    def lines(self) -> LineIndex:
        """The lines of `text`."""
        return LineIndex(self.text)


@dataclass(frozen=True)
class CellPart(Part):
    """A notebook cell.

    Attributes:
        code: a code cell; False for text.
        metadata: the cell's, as the client sends it.
    """

    code: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False)


@dataclass(frozen=True)
class TextSnapshot:
    """A text document at one moment. `revision` is the session's own: no two states share one."""

    uri: str
    revision: int
    part: Part

    @property
    def parts(self) -> tuple[Part, ...]:
        """The one text."""
        return (self.part,)


@dataclass(frozen=True)
class NotebookSnapshot:
    """A notebook at one moment: its cells, in order. Its outputs stay in the editor."""

    uri: str
    revision: int
    cells: tuple[CellPart, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The cells' texts."""
        return self.cells


Snapshot: TypeAlias = TextSnapshot | NotebookSnapshot
