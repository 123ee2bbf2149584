"""`Notebook` and `Cell`: what a .ipynb says, and where in its text it says so."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlwarden.model.record import field, record
from mlwarden.model.rule_info import DocumentKind
from mlwarden.model.spans import Span
from mlwarden.source.lines import LineIndex

if TYPE_CHECKING:
    from mlwarden.notebooks.literals import TextMap

_NOWHERE = Span(0, 0)


@record(frozen=True)
class Magic:
    """One piece of IPython syntax in a code cell.

    Attributes:
        kind: "line" (`%name ...`), "cell" (`%%name ...` and the body), "shell" (`!...`, `!!...`, `x = !...`),
            "help" (`?x`, `x?`).
        name: "pip", "env", "bash", "time"; "!" or "!!" for shell lines; "?" for help.
        text: what follows the name: the argument line; for kind "shell" the command.
        body: the lines after a cell magic's first line, else "".
        span: the whole piece in the cell's source.
        text_span: where `text` stands in the cell's source.
        body_span: where `body` stands, or None.
    """

    kind: str
    name: str
    text: str
    body: str
    span: Span
    text_span: Span
    body_span: Span | None = None


@record(frozen=True)
class Output:
    """One textual piece of a saved output.

    Attributes:
        kind: "stream", "error", "execute_result" or "display_data".
        mime: "text/plain" for streams and tracebacks.
        text: the decoded text (ANSI codes kept).
        span: the output's JSON value (the string or list of strings) in the text of the .ipynb.
        raw: whether `text` is the JSON value itself, as it stands in the file: neither a string nor a list of strings.
    """

    kind: str
    mime: str
    text: str
    span: Span
    raw: bool = False


@record(frozen=True)
class Cell:
    """A cell.

    Attributes:
        index: 0-based position.
        id: the nbformat >= 4.5 id, or "".
        kind: "code", "markdown" or "raw".
        source: the cell's text as the author sees it.
        python: for a Python code cell, `source` with IPython syntax masked **position for position** (same length,
            same line ends), so that it parses as Python and offsets agree; "" for any other cell (another kernel's
            language, `%%bash` and the like).
        magics: the IPython syntax found, in order.
        tags: the cell's metadata tags.
        execution_count: as saved, or None.
        outputs: the textual outputs.
        span: the whole cell object in the text of the .ipynb.
        source_span: the JSON value of "source" in the text of the .ipynb.
        outputs_span: the JSON value of "outputs", or None.
    """

    index: int
    id: str
    kind: str
    source: str
    python: str
    magics: tuple[Magic, ...] = ()
    tags: tuple[str, ...] = ()
    execution_count: int | None = None
    outputs: tuple[Output, ...] = ()
    span: Span = _NOWHERE
    source_span: Span = _NOWHERE
    outputs_span: Span | None = None
    metadata: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)

    @cached_property
    def lines(self) -> LineIndex:
        """The lines of `source`."""
        return LineIndex(self.source)


@record(frozen=True)
class Notebook:
    """A notebook.

    Attributes:
        path: where it is from.
        text: the decoded .ipynb, or "" for one that lives in an editor cell by cell.
        cells: in order.
        language: what the kernel speaks, in small letters.
        nbformat: the version of the format.
        metadata: of the whole notebook.
        pictures: where pictures and other binary data stand in `text`, in order: no rule looks into them.
    """

    path: str
    text: str
    cells: tuple[Cell, ...]
    language: str = "python"
    nbformat: tuple[int, int] = (4, 5)
    metadata: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)
    pictures: tuple[Span, ...] = field(default=(), compare=False, hash=False)
    kind = DocumentKind.NOTEBOOK

    @property
    def readable_text(self) -> str:
        """`text` without its pictures; what stood on both sides of one stays apart."""
        pieces: list[str] = []
        position = 0
        for picture in self.pictures:
            pieces.append(self.text[position : picture.start])
            position = picture.end
        pieces.append(self.text[position:])
        return '""'.join(pieces)

    @cached_property
    def lines(self) -> LineIndex:
        """The lines of the .ipynb text."""
        return LineIndex(self.text)

    @cached_property
    def source_maps(self) -> dict[int, TextMap]:
        """What `mapping` worked out about the places of the cells' sources."""
        return {}

    @cached_property
    def output_maps(self) -> dict[int, TextMap]:
        """The same for outputs, by where their values start in `text`."""
        return {}
