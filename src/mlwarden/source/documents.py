"""The kinds of document, as a tagged union: `match` on the class."""

from __future__ import annotations

from functools import cached_property
from typing import TypeAlias

from mlwarden.model.record import record
from mlwarden.model.rule_info import DocumentKind
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.lines import LineIndex


@record(frozen=True)
class PythonModule:
    """A Python file. `text` is decoded, a byte-order mark dropped, line ends kept as they are."""

    path: str
    text: str
    kind = DocumentKind.PYTHON

    @cached_property
    def lines(self) -> LineIndex:
        """The lines of `text`."""
        return LineIndex(self.text)


@record(frozen=True)
class DependencyFile:
    """requirements*.txt, constraints, pyproject.toml, lock files, environment.yml, ..."""

    path: str
    text: str
    kind = DocumentKind.DEPENDENCIES

    @cached_property
    def lines(self) -> LineIndex:
        """The lines of `text`."""
        return LineIndex(self.text)


@record(frozen=True)
class PlainText:
    """Any other text: .env, YAML, TOML, JSON, INI, shell, Markdown, Dockerfile, ..."""

    path: str
    text: str
    kind = DocumentKind.TEXT

    @cached_property
    def lines(self) -> LineIndex:
        """The lines of `text`."""
        return LineIndex(self.text)


@record(frozen=True)
class ModelFile:
    """A model file: bytes, never unpickled."""

    path: str
    content: bytes
    kind = DocumentKind.MODEL
    text = ""

    @cached_property
    def lines(self) -> LineIndex:
        """One empty line: a binary file has no places but its start."""
        return LineIndex("")


Document: TypeAlias = PythonModule | Notebook | DependencyFile | PlainText | ModelFile


def text_at(document: Document, cell: int | None) -> str:
    """The text that a span's offsets count in."""
    if cell is None:
        return document.text
    assert isinstance(document, Notebook)
    return document.cells[cell].source


def lines_at(document: Document, cell: int | None) -> LineIndex:
    """The line index of the text that a span's offsets count in."""
    if cell is None:
        return document.lines
    assert isinstance(document, Notebook)
    return document.cells[cell].lines


def slice_of(document: Document, span: Span) -> str:
    """The characters in the span."""
    return text_at(document, span.cell)[span.start : span.end]
