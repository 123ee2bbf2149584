"""The textual outputs of a code cell, with their places in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mlwarden.model.spans import Span
from mlwarden.notebooks.json_text import JsonCursor, JsonError
from mlwarden.notebooks.notebook import Output

MAX_OUTPUTS = 200_000
"""Most textual outputs of a notebook; each costs memory beyond its text."""

# nbformat 3 names the formats by words of its own, beside the output's other fields (nbformat/v4/convert.py).
_V3_MIMES = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
    "pdf": "application/pdf",
}
_KINDS = {"pyout": "execute_result", "pyerr": "error"}
_KNOWN_KINDS = ("stream", "error", "execute_result", "display_data")
_BINARY = re.compile(
    r"(?:image|audio|video|font|model)/|application/(?:pdf|octet-stream|zip|gzip|x-tar|wasm|vnd\.apache\.arrow)\b",
    re.IGNORECASE,
)
_JSON = re.compile(r"application/(?:json|.*\+json)\b", re.IGNORECASE)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def is_textual(mime: str) -> bool:
    """Whether outputs of a format are text: everything but pictures, sound, film and other binary formats."""
    return _BINARY.match(mime) is None


def is_json(mime: str) -> bool:
    """Whether a format is kept in the notebook as JSON data, not as text."""
    return _JSON.match(mime) is not None


@dataclass(slots=True)
class _Piece:
    """A text and where it stands; `raw` as in `Output`."""

    text: str
    span: Span
    raw: bool = False


@dataclass(slots=True)
class _Fields:
    """What was read of one output; a repeated key replaces what it said before."""

    kind: str = ""
    mimes: dict[str, _Piece | None] = field(default_factory=dict)
    own_mimes: dict[str, _Piece | None] = field(default_factory=dict)
    traceback: _Piece | None = None
    value: _Piece | None = None


class OutputReader:
    """Reads the "outputs" of a notebook's cells, keeping count.

    Attributes:
        pictures: where the values of binary formats stand, in order.
    """

    def __init__(self, cursor: JsonCursor) -> None:
        self.pictures: list[Span] = []
        self._cursor = cursor
        self._count = 0

    def read(self) -> tuple[tuple[Output, ...], Span]:
        """Read the list of outputs at the cursor.

        Returns:
            The textual ones in order, those of one output in the order of its formats, and the span of the list.
            A value that is not a list has no outputs.

        Raises:
            JsonError: where the text departs from JSON, or holds more than `MAX_OUTPUTS` outputs.
        """
        cursor = self._cursor
        found: list[Output] = []
        is_list = cursor.peek() == "["
        start = cursor.pos
        if is_list:
            for _ in cursor.items():
                if cursor.peek() == "{":
                    found.extend(self._output())
        else:
            cursor.skip()
        return tuple(found), Span(start, cursor.pos)

    def read_attachments(self) -> None:
        """Pass over the attachments of a cell at the cursor, which are formats by the names of files.

        Raises:
            JsonError: where the text departs from JSON.
        """
        if self._cursor.peek() != "{":
            return
        for _ in self._cursor.members():
            if self._cursor.peek() == "{":
                for mime in self._cursor.members():
                    if not is_textual(mime):
                        self._picture()

    def _output(self) -> list[Output]:
        cursor = self._cursor
        start = cursor.pos
        fields = _Fields()
        for key in cursor.members():
            if key == "output_type" and cursor.peek() == '"':
                fields.kind = cursor.string()
            elif key == "data":
                fields.mimes = self._bundle()
            elif key == "traceback":
                fields.traceback = self._text(joiner="\n")
            elif key == "evalue":
                fields.value = self._text()
            elif key in _V3_MIMES:
                fields.own_mimes[_V3_MIMES[key]] = self._format(_V3_MIMES[key])
        outputs = _outputs(fields)
        self._count += len(outputs)
        if self._count > MAX_OUTPUTS:
            raise JsonError(f"more than {MAX_OUTPUTS} outputs", cursor.text, start)
        return outputs

    def _bundle(self) -> dict[str, _Piece | None]:
        cursor = self._cursor
        if cursor.peek() != "{":
            return {}
        return {mime: self._format(mime) for mime in cursor.members()}

    def _format(self, mime: str) -> _Piece | None:
        if is_textual(mime):
            return self._text(as_json=is_json(mime))
        self._picture()
        return None

    def _picture(self) -> None:
        start = self._cursor.skip()
        self.pictures.append(Span(start, self._cursor.pos))

    def _text(self, joiner: str = "", as_json: bool = False) -> _Piece | None:
        """A string or list of strings; anything else, and lists where the format is JSON, as the JSON that it is."""
        cursor = self._cursor
        first = cursor.peek()
        start = cursor.pos
        text = None
        if first == '"' or not as_json:
            text = cursor.lines(joiner)
        else:
            cursor.skip()
        span = Span(start, cursor.pos)
        if text is not None:
            return _Piece(text, span)
        text = cursor.text[start : cursor.pos]
        return _Piece(text, span, raw=True) if text != "null" else None


def _outputs(fields: _Fields) -> list[Output]:
    kind = _KINDS.get(fields.kind, fields.kind)
    if kind not in _KNOWN_KINDS:
        kind = "error" if fields.traceback or fields.value else "display_data"
    pieces: list[tuple[str, _Piece]] = []
    if kind == "error":
        if fields.traceback is not None:
            pieces.append(("text/plain", fields.traceback))
        # The message is the end of the traceback, unless a tool cut that away.
        if fields.value is not None and not _says(fields.traceback, fields.value.text):
            pieces.append(("text/plain", fields.value))
    for mime, piece in {**fields.own_mimes, **fields.mimes}.items():
        if piece is not None:
            pieces.append((mime, piece))
    return [Output(kind, mime, piece.text, piece.span, piece.raw) for mime, piece in pieces if piece.text]


def _says(traceback: _Piece | None, value: str) -> bool:
    return traceback is not None and (value in traceback.text or value in _ANSI.sub("", traceback.text))
