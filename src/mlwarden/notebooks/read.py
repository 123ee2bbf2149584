"""Read a .ipynb: cells, sources, magics and textual outputs, each with its place in the text.

nbformat 2 to 4 are read as they are, by the rules of nbformat's own upgrade (worksheets are put one after the other,
`input` is the source, `heading` cells are Markdown), which the tests hold against nbformat itself. Reading is lenient
where a mistake leaves no doubt about what a cell says, and refuses where it does. nbformat is not imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlwarden.model.spans import Span
from mlwarden.notebooks.assemble import python_of, tags_of
from mlwarden.notebooks.json_text import JsonCursor, JsonError
from mlwarden.notebooks.languages import is_databricks, notebook_language
from mlwarden.notebooks.magics import TooManyMagicsError
from mlwarden.notebooks.notebook import Cell, Notebook, Output
from mlwarden.notebooks.outputs import OutputReader

MAX_CELLS = 100_000
"""Most cells of a notebook; each costs memory beyond its text."""

MAX_MAGICS = 200_000
"""Most pieces of IPython syntax in a notebook."""

# Metadata becomes Python data, which takes up to twenty times the memory of its text. Widget state can have any size.
# Beyond this sum of characters in a notebook, only the tags of cells and the small members of its own are kept.
_METADATA_SUM = 4 << 20
_METADATA_MEMBER = 1 << 16

_KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown"}


class NotebookError(ValueError):
    """A text is not a notebook, or one that cannot be read.

    Attributes:
        message: one sentence.
        offset: where in the text.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def read_notebook(path: str, text: str) -> Notebook:
    """Read a notebook.

    Args:
        path: kept in the result, not opened.
        text: the decoded .ipynb.

    Returns:
        The notebook. Where its metadata is larger than four million characters, members of it are left out.

    Raises:
        NotebookError: if the text is not JSON, is JSON but no notebook, or is beyond the limits of this module.
    """
    try:
        return _Reader(path, text).read()
    except JsonError as error:
        problem = error.problem
        if text.startswith(("<<<<<<<", "=======", ">>>>>>>"), error.offset):
            problem += ", found a merge conflict"
        message = f"not a valid notebook: {problem} (line {error.line}, column {error.column})"
        raise NotebookError(message, error.offset) from None


@dataclass(slots=True)
class _RawCell:
    """A cell before the notebook's version and language are known; a repeated key replaces what it said before."""

    span: Span
    id: str = ""
    kind: str = "raw"
    source: tuple[str, Span] | None = None
    input: tuple[str, Span] | None = None
    tags: tuple[str, ...] = ()
    execution_count: int | None = None
    outputs: tuple[Output, ...] = ()
    outputs_span: Span | None = None
    language: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    def text(self, version: int) -> tuple[str, Span]:
        """The source and its span. Version 3 keeps code in `input`, and version 4 ignores that field."""
        first, second = (self.input, self.source) if version < 4 and self.kind == "code" else (self.source, self.input)
        return first or second or ("", Span(self.span.start, self.span.start))


class _Reader:
    """One reading of one notebook."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.cursor = JsonCursor(text)
        self.outputs = OutputReader(self.cursor)
        self.metadata_left = _METADATA_SUM

    def read(self) -> Notebook:
        cursor = self.cursor
        self._expect("{", "it is not a JSON object")
        cells: list[_RawCell] | None = None
        sheets: list[_RawCell] | None = None
        metadata: dict[str, Any] = {}
        major, minor = 4, 0
        for key in cursor.members():
            if key == "cells":
                cells = self._cells()
            elif key == "worksheets":
                sheets = self._worksheets()
            elif key == "metadata":
                metadata = self._notebook_metadata()
            elif key == "nbformat":
                major = self._version(key)
            elif key == "nbformat_minor":
                minor = self._version(key)
        cursor.finish()
        if cells is None or (major < 4 and sheets is not None):
            cells = sheets
        if cells is None and major < 4:
            cells = []  # valid before version 4: a notebook that nobody wrote in
        if cells is None:
            raise NotebookError("not a notebook: it has neither cells nor worksheets", 0)
        return self._notebook(cells, metadata, (major, minor))

    def _notebook(self, raw: list[_RawCell], metadata: dict[str, Any], version: tuple[int, int]) -> Notebook:
        language = notebook_language(metadata)
        databricks = is_databricks(metadata)
        cells: list[Cell] = []
        magics_left = MAX_MAGICS
        for index, cell in enumerate(raw):
            source, source_span = cell.text(version[0])
            if version[0] == 2 and self.text.startswith("[", source_span.start):
                # Version 2 keeps lines without their ends, and may say so only after the cells.
                source = JsonCursor(self.text, source_span.start).lines("\n") or ""
            try:
                masked = python_of(cell.kind, source, cell.metadata, language, databricks, cell.language)
            except TooManyMagicsError as error:
                raise NotebookError(f"cell {index + 1}: {error}", cell.span.start) from None
            magics_left -= len(masked.magics)
            if magics_left < 0:
                raise NotebookError(f"more than {MAX_MAGICS} magics", cell.span.start)
            cells.append(
                Cell(
                    index=index,
                    id=cell.id,
                    kind=cell.kind,
                    source=source,
                    python=masked.python,
                    magics=masked.magics,
                    tags=cell.tags,
                    execution_count=cell.execution_count,
                    outputs=cell.outputs,
                    span=cell.span,
                    source_span=source_span,
                    outputs_span=cell.outputs_span,
                    metadata=cell.metadata,
                )
            )
        return Notebook(
            self.path, self.text, tuple(cells), language, version, metadata, pictures=tuple(self.outputs.pictures)
        )

    # --- cells -------------------------------------------------------------------------------------------------------

    def _worksheets(self) -> list[_RawCell]:
        cursor = self.cursor
        cells: list[_RawCell] = []
        self._expect("[", "worksheets is not a list")
        for _ in cursor.items():
            self._expect("{", "a worksheet is not an object")
            sheet: list[_RawCell] = []
            for key in cursor.members():
                if key == "cells":
                    sheet = self._cells(len(cells))
            cells.extend(sheet)
        return cells

    def _cells(self, before: int = 0) -> list[_RawCell]:
        cursor = self.cursor
        cells: list[_RawCell] = []
        self._expect("[", "cells is not a list")
        for index in cursor.items():
            self._expect("{", f"cell {before + index + 1} is not an object")
            if before + index >= MAX_CELLS:
                raise NotebookError(f"more than {MAX_CELLS} cells", cursor.pos)
            cells.append(self._cell(before + index))
        return cells

    def _cell(self, index: int) -> _RawCell:
        cursor = self.cursor
        start = cursor.pos
        cell = _RawCell(Span(start, start))
        for key in cursor.members():
            if key == "source":
                cell.source = self._source(index)
            elif key == "input":
                cell.input = self._source(index)
            elif key == "cell_type" and cursor.peek() == '"':
                cell.kind = _KINDS.get(cursor.string(), "raw")
            elif key == "id" and cursor.peek() == '"':
                cell.id = cursor.string()
            elif key == "language" and cursor.peek() == '"':
                cell.language = cursor.string()
            elif key == "metadata":
                cell.metadata, cell.tags = self._cell_metadata()
            elif key in ("execution_count", "prompt_number"):
                cell.execution_count = self._number()
            elif key == "outputs":
                cell.outputs, cell.outputs_span = self.outputs.read()
            elif key == "attachments":
                self.outputs.read_attachments()
        cell.span = Span(start, cursor.pos)
        return cell

    def _source(self, index: int) -> tuple[str, Span]:
        cursor = self.cursor
        cursor.peek()
        start = cursor.pos
        source = cursor.lines()
        if source is None:
            problem = f"the source of cell {index + 1} is neither a string nor a list of strings"
            raise NotebookError(f"not a notebook: {problem}", start)
        return source, Span(start, cursor.pos)

    # --- metadata ----------------------------------------------------------------------------------------------------

    def _cell_metadata(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        self.cursor.peek()
        start = self.cursor.pos
        small = self.cursor.small_object()
        if small is not None and self._affordable(start, self.cursor.pos):
            return small, tags_of(small)
        if small is None:
            self.cursor.skip()
        if self.text[start] != "{":
            return {}, ()
        if small is None and self._affordable(start, self.cursor.pos):
            metadata = JsonCursor(self.text, start).value()
            return metadata, tags_of(metadata)
        reader = JsonCursor(self.text, start)
        tags: list[str] = []
        for key in reader.members():
            if key == "tags" and reader.peek() == "[":
                tags = [reader.string() for _ in reader.items() if reader.peek() == '"']
        return {}, tuple(tags)

    def _notebook_metadata(self) -> dict[str, Any]:
        start = self.cursor.skip()
        if self.text[start] != "{":
            return {}
        if self._affordable(start, self.cursor.pos):
            whole: dict[str, Any] = JsonCursor(self.text, start).value()
            return whole
        metadata: dict[str, Any] = {}
        reader = JsonCursor(self.text, start)
        for key in reader.members():
            member = reader.skip()
            if reader.pos - member <= _METADATA_MEMBER and self._affordable(member, reader.pos):
                metadata[key] = JsonCursor(self.text, member).value()
        return metadata

    def _affordable(self, start: int, end: int) -> bool:
        if end - start > self.metadata_left:
            return False
        self.metadata_left -= end - start
        return True

    # --- small values ------------------------------------------------------------------------------------------------

    def _version(self, key: str) -> int:
        number = self._number()
        if number is None or (key == "nbformat" and number < 2):
            raise NotebookError(f"not a notebook that can be read: {key} is not a version from 2 up", self.cursor.pos)
        return number

    def _number(self) -> int | None:
        start = self.cursor.skip()
        digits = self.text[start : self.cursor.pos]
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None

    def _expect(self, bracket: str, problem: str) -> None:
        """Refuse a value of another type; that it is not JSON, if so, is the better message."""
        if self.cursor.peek() != bracket:
            raise NotebookError(f"not a notebook: {problem}", self.cursor.skip())
