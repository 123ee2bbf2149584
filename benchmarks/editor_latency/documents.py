"""Documents as an editor has them: what it sends when one is opened, and for every keystroke in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from benchmarks.editor_latency.client import Server
from benchmarks.editor_latency.typing_places import Place, places, planted

# A cell that is added to a notebook in which nothing is found.
PLANTED_CELL = "import pickle\nplanted_for_the_benchmark = pickle.load(open('planted.bin', 'rb'))"


class Position(NamedTuple):
    """A place to type at, and the URI of the text that it is in."""

    uri: str
    place: Place


class Document(Protocol):
    """What is open in the editor."""

    label: str
    size: str

    def open(self, server: Server, root: Path) -> float:
        """Send the document; the time when it was sent."""

    def uris(self, root: Path) -> Sequence[str]:
        """The texts that get diagnostics: one, or each cell."""

    def positions(self, root: Path, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Sequence[Position]:
        """Where to type, given what is found in each text."""

    def edit(self, server: Server, root: Path, version: int, uri: str, change: Mapping[str, Any]) -> float:
        """Send a change; the time when it was sent."""

    def planted(self) -> Document:
        """The same with something to find."""


class File(NamedTuple):
    """A file of Python code."""

    label: str
    text: str

    @property
    def size(self) -> str:
        return f"{self.text.count(chr(10)):,} lines"

    def planted(self) -> File:
        return self._replace(text=planted(self.text), label=f"{self.label} (+ a finding)")

    def _uri(self, root: Path) -> str:
        return (root / "measured.py").as_uri()

    def open(self, server: Server, root: Path) -> float:
        (root / "measured.py").write_text(self.text, encoding="utf-8")
        document = {"uri": self._uri(root), "languageId": "python", "version": 1, "text": self.text}
        return server.notify("textDocument/didOpen", {"textDocument": document})

    def uris(self, root: Path) -> Sequence[str]:
        return [self._uri(root)]

    def positions(self, root: Path, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Sequence[Position]:
        uri = self._uri(root)
        first = found[uri][0]["range"]["start"]["line"]
        return [Position(uri, place) for place in places(self.text, first)]

    def edit(self, server: Server, root: Path, version: int, uri: str, change: Mapping[str, Any]) -> float:
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
        return server.notify("textDocument/didChange", params)


class Notebook(NamedTuple):
    """A notebook: (whether it is code, its text) for each cell."""

    label: str
    cells: tuple[tuple[bool, str], ...]

    @classmethod
    def read(cls, label: str, text: str) -> Notebook:
        """From a file's text."""
        cells = json.loads(text)["cells"]
        return cls(label, tuple((cell["cell_type"] == "code", "".join(cell["source"])) for cell in cells))

    @property
    def size(self) -> str:
        return f"{len(self.cells):,} cells"

    def planted(self) -> Notebook:
        middle = len(self.cells) // 2
        cells = (*self.cells[:middle], (True, PLANTED_CELL), *self.cells[middle + 1 :])
        return self._replace(cells=cells, label=f"{self.label} (+ a finding)")

    def _uri(self, root: Path) -> str:
        return (root / "measured.ipynb").as_uri()

    def _cell(self, root: Path, number: int) -> str:
        return self._uri(root).replace("file:", "vscode-notebook-cell:") + f"#cell{number}"

    def open(self, server: Server, root: Path) -> float:
        kinds = [{"kind": 2 if code else 1, "document": self._cell(root, n)} for n, (code, _) in enumerate(self.cells)]
        texts = [
            {"uri": self._cell(root, n), "languageId": "python" if code else "markdown", "version": 1, "text": text}
            for n, (code, text) in enumerate(self.cells)
            if code
        ]
        notebook = {"uri": self._uri(root), "notebookType": "jupyter-notebook", "version": 1, "cells": kinds}
        return server.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})

    def uris(self, root: Path) -> Sequence[str]:
        return [self._cell(root, number) for number, (code, _) in enumerate(self.cells) if code]

    def positions(self, root: Path, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Sequence[Position]:
        typeable = [
            self._cell(root, number)
            for number, (code, text) in enumerate(self.cells)
            if code and not text.lstrip().startswith(("%%", "!"))
        ]
        with_finding = next(uri for uri in typeable if found[uri])
        others = [uri for uri in typeable if uri != with_finding]
        chosen = [("the finding's cell", with_finding, "limit = min(12, 4)")]
        if others:
            chosen.append(("the first cell", others[0], "import shutil"))
            chosen.append(("a cell in the middle", others[len(others) // 2], "total = sum((1, 2))"))
            chosen.append(("a comment in the last cell", others[-1], "# to be done"))
        return [Position(uri, Place(name, 0, typed)) for name, uri, typed in chosen]

    def edit(self, server: Server, root: Path, version: int, uri: str, change: Mapping[str, Any]) -> float:
        content = {"document": {"uri": uri, "version": version}, "changes": [change]}
        params = {
            "notebookDocument": {"uri": self._uri(root), "version": version},
            "change": {"cells": {"textContent": [content]}},
        }
        return server.notify("notebookDocument/didChange", params)


def read(path: Path, label: Callable[[Path], str] = lambda path: path.name) -> Document:
    """A file or notebook from disk."""
    text = path.read_text(encoding="utf-8")
    return Notebook.read(label(path), text) if path.suffix == ".ipynb" else File(label(path), text)
