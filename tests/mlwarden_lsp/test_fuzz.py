"""Ten thousand random edits, after each of which the server's text is the client's; its findings are a fresh check's.

The client is another implementation than the server's: it keeps the code units of UTF-16 and splices them. Messages
go through JSON and the protocol's own reader.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from lsprotocol import types
from pygls.protocol import default_converter

from mlwarden_lsp.analysis import analyse
from mlwarden_lsp.engine import MlwardenEngine
from mlwarden_lsp.handlers import HANDLERS
from mlwarden_lsp.session import Session
from mlwarden_lsp.snapshot import CellPart, NotebookSnapshot, Part, Snapshot, TextSnapshot

SEEDS = 10
EDITS = 1_000
CHECK_EVERY = 100
TEXT = "file:///nowhere/model.py"
NOTEBOOK = "file:///nowhere/nb.ipynb"
WORDS = [
    "import torch\n", "import pickle\r\n", "torch.load(path)", "pickle.loads(data)", "\n", "\r\n", "\r", "\x0c", "\u2028",
    "😀", "é", "    ", "def f(x):\n    return x\n", "# noqa: MLW102\n", "  # mlwarden: ignore[MLW102]", '"""', "'", "(", ")",
    "x = 1\n", "eval(input())\n", "", "%pip install x\n", "!ls\n", "yaml.load(f)\n", "import yaml\n",
]  # fmt: skip
_LINE_END = re.compile("\r\n|\r|\n")
_UNDIVIDED = re.compile("\r\n|[\ud800-\udbff][\udc00-\udfff]")


def units(text: str) -> list[str]:
    """The code units of a text, halves of surrogate pairs each by itself, as in JavaScript."""
    data = text.encode("utf-16-le")
    return [chr(int.from_bytes(data[at : at + 2], "little")) for at in range(0, len(data), 2)]


@dataclass
class Buffer:
    """A text as an editor has it."""

    uri: str
    kind: str = "python"
    version: int = 1
    units: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return b"".join(ord(unit).to_bytes(2, "little") for unit in self.units).decode("utf-16-le")

    def item(self) -> dict[str, Any]:
        return {"uri": self.uri, "languageId": self.kind, "version": self.version, "text": self.text}

    def changes(self, rng: random.Random) -> list[dict[str, Any]]:
        """Make some edits, one after the other, and say so."""
        self.version += 1
        return [self._change(rng) for _ in range(rng.choice([1, 1, 1, 2, 5]))]

    def _change(self, rng: random.Random) -> dict[str, Any]:
        new = "".join(rng.choices(WORDS, k=rng.randint(0, 3)))
        if len(self.units) > 1500 or rng.random() < 0.01:
            self.units = units(new)
            return {"text": new}
        start = self._cursor(rng.randint(0, len(self.units)))
        end = self._cursor(min(start + rng.choice([0, 0, 0, 1, 3, 20]), len(self.units)))
        change = {"range": {"start": self._position(start), "end": self._position(end)}, "text": new}
        self.units[start:end] = units(new)
        return change

    def _cursor(self, at: int) -> int:
        """A place where a cursor can stand: not between the characters of a CRLF, nor inside of a pair."""
        return at + 1 if _UNDIVIDED.fullmatch("".join(self.units[max(at - 1, 0) : at + 1])) else at

    def _position(self, at: int) -> dict[str, int]:
        ends = [match.end() for match in _LINE_END.finditer("".join(self.units)) if match.end() <= at]
        return {"line": len(ends), "character": at - (ends[-1] if ends else 0)}


@dataclass
class Editor:
    """A client with a document and a notebook, that speaks to a server in this process."""

    session: Session
    rng: random.Random
    document: Buffer = field(default_factory=lambda: Buffer(TEXT))
    cells: list[Buffer] = field(default_factory=list)
    made: int = 0
    version: int = 1
    edits: int = 0

    def __post_init__(self) -> None:
        self.converter = default_converter()
        self.handlers = {module.METHOD: module.handle for module in HANDLERS}
        self.send("textDocument/didOpen", {"textDocument": self.document.item()})
        self.cells = [self._cell() for _ in range(3)]
        notebook = {"uri": NOTEBOOK, "notebookType": "jupyter-notebook", "version": 1, "cells": self._cells(self.cells)}
        texts = [cell.item() for cell in self.cells]
        self.send("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})

    def send(self, method: str, params: Any) -> None:
        kind = types.METHOD_TO_TYPES[method][0]
        message = json.loads(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}))
        self.handlers[method](self.session, self.converter.structure(message, kind).params)  # type: ignore[arg-type]

    def _cell(self) -> Buffer:
        self.made += 1
        cell = Buffer(f"vscode-notebook-cell:/nb.ipynb#{self.made}", self.rng.choice(["python"] * 4 + ["markdown"]))
        cell.units = units("".join(self.rng.choices(WORDS, k=2)))
        return cell

    def _cells(self, cells: list[Buffer]) -> list[dict[str, Any]]:
        return [{"kind": 1 if cell.kind == "markdown" else 2, "document": cell.uri} for cell in cells]

    def step(self) -> None:
        self.edits += 1
        if self.rng.random() < 0.6:
            document = {"uri": TEXT, "version": self.document.version + 1}
            changes = self.document.changes(self.rng)
            self.send("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
            return
        self.version += 1
        change: dict[str, Any] = {}
        if self.rng.random() < 0.3:
            change["structure"] = self._restructured()
        if self.cells:
            edited = self.rng.sample(self.cells, k=min(len(self.cells), self.rng.choice([0, 1, 1, 2])))
            change["textContent"] = [
                {"document": {"uri": cell.uri, "version": cell.version + 1}, "changes": cell.changes(self.rng)}
                for cell in edited
            ]
        notebook = {"uri": NOTEBOOK, "version": self.version}
        self.send("notebookDocument/didChange", {"notebookDocument": notebook, "change": {"cells": change}})

    def _restructured(self) -> dict[str, Any]:
        """Take cells out and put others in; some of them are the same, moved within the range."""
        start = self.rng.randint(0, len(self.cells))
        out = self.cells[start : start + self.rng.choice([0, 1, 1, 2])]
        kept = [cell for cell in out if self.rng.random() < 0.3]
        self.rng.shuffle(kept)
        new = [self._cell() for _ in range(self.rng.choice([0, 1, 1, 2]) if len(self.cells) < 12 else 0)]
        self.cells[start : start + len(out)] = [*new, *kept]
        return {
            "array": {"start": start, "deleteCount": len(out), "cells": self._cells([*new, *kept])},
            "didOpen": [cell.item() for cell in new],
            "didClose": [{"uri": cell.uri} for cell in out if cell not in kept],
        }

    def snapshots(self) -> list[Snapshot]:
        """What the editor holds."""
        cells = tuple(
            CellPart(cell.uri, cell.version, cell.text, cell.kind, cell.kind != "markdown") for cell in self.cells
        )
        part = Part(TEXT, self.document.version, self.document.text, "python")
        return [TextSnapshot(TEXT, 0, part), NotebookSnapshot(NOTEBOOK, 0, cells)]

    def same(self) -> None:
        for snapshot in self.snapshots():
            held = self.session.store.snapshot(snapshot.uri)
            assert held is not None
            assert held.parts == snapshot.parts, self.edits

    async def checked(self) -> int:
        """Compare what the server finds with a check of the editor's texts by another session; how much there is."""
        found = 0
        for snapshot in self.snapshots():
            analysis = await self.session.analysis(snapshot.uri)
            assert analysis is not None
            scope = self.session.workspace.of(snapshot.uri)
            fresh = analyse(snapshot, MlwardenEngine(), scope.configuration, self.session.rendering(scope))
            assert marks(analysis.shown) == marks(fresh.shown), self.edits
            found += len(analysis.shown)
        return found


def marks(shown: Any) -> list[tuple[str, str, Any, str]]:
    return [
        (each.place.part.uri, repr(each.diagnostic.range), each.diagnostic.code, each.diagnostic.message)
        for each in shown
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_edits(client: Any, inline: Any, seed: int) -> None:
    session = Session(MlwardenEngine(), client, inline, debounce=1e6)
    session.start(types.InitializeParams(capabilities=types.ClientCapabilities()))
    editor = Editor(session, random.Random(seed))
    found = 0
    for _ in range(EDITS):
        editor.step()
        editor.same()
        if editor.edits % CHECK_EVERY == 0:
            found += await editor.checked()
    assert found > 0
    assert client.logged == []
    session.stop()
