"""The server's copy of every text is the client's, whatever is edited in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from lsprotocol import types

from mlwarden.source.lines import LineIndex
from mlwarden_lsp.convert import Encoding, position_of
from mlwarden_lsp.snapshot import CellPart, NotebookSnapshot, Part, TextSnapshot
from mlwarden_lsp.store import Store

_TEXT = st.text(st.sampled_from("ab\r\n\x0c\u2028é😀"), max_size=12)


def _item(uri: str, text: str, language: str = "python", version: int = 1) -> types.TextDocumentItem:
    return types.TextDocumentItem(uri, language, version, text)


@dataclass
class _Cell:
    uri: str
    text: str
    version: int = 1
    code: bool = True


@dataclass
class _Editor:
    """What the client holds."""

    text: str = ""
    version: int = 1
    cells: list[_Cell] = field(default_factory=list)


class Sync(RuleBasedStateMachine):
    """A client that edits a text and a notebook, and the server's store."""

    def __init__(self) -> None:
        super().__init__()
        self.editor, self.store = _Editor(), Store()
        self.names = 0
        self.store.open_text(_item("file:///a.py", ""))
        self.store.open_notebook(types.NotebookDocument("file:///n.ipynb", "jupyter-notebook", 1, []), [])

    @rule(encoding=st.sampled_from(Encoding))
    def reopen_in_another_encoding(self, encoding: Encoding) -> None:
        self.store.encoding = encoding

    @rule(data=st.data())
    def edit_text(self, data: st.DataObject) -> None:
        self.editor.version += 1
        self.editor.text, changes = _edited(self.editor.text, data, self.store.encoding)
        assert self.store.change_text("file:///a.py", self.editor.version, changes)

    @rule(data=st.data())
    def edit_cell(self, data: st.DataObject) -> None:
        if not self.editor.cells:
            return
        cell = data.draw(st.sampled_from(self.editor.cells))
        cell.version += 1
        cell.text, changes = _edited(cell.text, data, self.store.encoding)
        content = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(version=cell.version, uri=cell.uri), changes
        )
        self._change(types.NotebookDocumentCellChanges(text_content=[content]))

    @rule(data=st.data())
    def splice_cells(self, data: st.DataObject) -> None:
        """Remove some cells and put in others: new ones, and some of those removed (a cell was moved)."""
        start = data.draw(st.integers(0, len(self.editor.cells)))
        count = data.draw(st.integers(0, len(self.editor.cells) - start))
        removed = self.editor.cells[start : start + count]
        kept = data.draw(st.lists(st.sampled_from(removed), unique_by=id)) if removed else []
        new = []
        for text in data.draw(st.lists(_TEXT, max_size=2)):
            self.names += 1
            new.append(_Cell(f"vscode-notebook-cell:/n.ipynb#{self.names}", text, code=data.draw(st.booleans())))
        put = data.draw(st.permutations([*kept, *new]))
        self.editor.cells[start : start + count] = put
        array = types.NotebookCellArrayChange(start, count, [_cell(cell) for cell in put])
        structure = types.NotebookDocumentCellChangeStructure(
            array,
            did_open=[_item(cell.uri, cell.text, "python" if cell.code else "markdown") for cell in new],
            did_close=[types.TextDocumentIdentifier(cell.uri) for cell in removed if cell not in kept],
        )
        gone = self._change(types.NotebookDocumentCellChanges(structure=structure))
        assert gone == sorted(cell.uri for cell in removed if cell not in kept)

    @rule(data=st.data())
    def change_kind(self, data: st.DataObject) -> None:
        if self.editor.cells:
            cell = data.draw(st.sampled_from(self.editor.cells))
            cell.code = not cell.code
            self._change(types.NotebookDocumentCellChanges(data=[_cell(cell)]))

    def _change(self, cells: types.NotebookDocumentCellChanges) -> list[str]:
        gone = self.store.change_notebook("file:///n.ipynb", types.NotebookDocumentChangeEvent(cells=cells))
        assert gone is not None
        for uri in gone:
            assert self.store.owner(uri) is None
        return gone

    @invariant()
    def texts_agree(self) -> None:
        text = self.store.snapshot("file:///a.py")
        notebook = self.store.snapshot("file:///n.ipynb")
        assert isinstance(text, TextSnapshot)
        assert isinstance(notebook, NotebookSnapshot)
        assert (text.part.text, text.part.version) == (self.editor.text, self.editor.version)
        assert [(cell.uri, cell.text, cell.version, cell.code) for cell in notebook.cells] == [
            (cell.uri, cell.text, cell.version, cell.code) for cell in self.editor.cells
        ]
        for cell in self.editor.cells:
            assert self.store.owner(cell.uri) == "file:///n.ipynb"


def _cell(cell: _Cell) -> types.NotebookCell:
    kind = types.NotebookCellKind.Code if cell.code else types.NotebookCellKind.Markup
    return types.NotebookCell(kind, cell.uri)


def _edited(
    text: str, data: st.DataObject, encoding: Encoding
) -> tuple[str, list[types.TextDocumentContentChangeEvent]]:
    """A few random edits: the text after them, and what the client sends."""
    changes: list[types.TextDocumentContentChangeEvent] = []
    for _ in range(data.draw(st.integers(1, 3))):
        new = data.draw(_TEXT)
        if data.draw(st.booleans()):
            # No editor has a cursor between the characters of a CRLF.
            places = [at for at in range(len(text) + 1) if text[at - 1 : at + 1] != "\r\n" or at == 0]
            start = data.draw(st.sampled_from(places))
            end = data.draw(st.sampled_from([at for at in places if at >= start]))
            lines = LineIndex(text)
            where = types.Range(position_of(lines, start, encoding), position_of(lines, end, encoding))
            changes.append(types.TextDocumentContentChangePartial(range=where, text=new))
            text = text[:start] + new + text[end:]
        else:
            changes.append(types.TextDocumentContentChangeWholeDocument(text=new))
            text = new
    return text, changes


Sync.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSync = Sync.TestCase


# --- what a confused client sends ------------------------------------------------------------------------------------


def test_what_is_not_open_is_refused() -> None:
    store = Store()
    whole: list[types.TextDocumentContentChangeEvent] = [types.TextDocumentContentChangeWholeDocument(text="x")]
    assert store.change_text("file:///a.py", 2, whole) is False
    assert store.change_notebook("file:///n.ipynb", types.NotebookDocumentChangeEvent()) is None
    assert store.close_text("file:///a.py") == []
    assert store.close_notebook("file:///n.ipynb") == []
    assert store.snapshot("file:///a.py") is None
    assert store.revision("file:///a.py") is None
    assert store.owner("") is None


def test_uris_are_opaque() -> None:
    store = Store()
    store.open_text(_item("file:///a%20b.py", "one"))
    store.open_text(_item("file:///a b.py", "two"))
    assert [snapshot.parts[0].text for uri in store.uris() if (snapshot := store.snapshot(uri))] == ["one", "two"]


def test_snapshots_do_not_change() -> None:
    store = Store()
    store.open_text(_item("file:///a.py", "one"))
    before = store.snapshot("file:///a.py")
    store.change_text("file:///a.py", 2, [types.TextDocumentContentChangeWholeDocument(text="two")])
    after = store.snapshot("file:///a.py")
    assert before == TextSnapshot("file:///a.py", 1, Part("file:///a.py", 1, "one", "python"))
    assert after == TextSnapshot("file:///a.py", 2, Part("file:///a.py", 2, "two", "python"))


def test_a_notebook_opened_again_loses_the_cells_it_had() -> None:
    store = Store()
    store.open_notebook(_notebook("n:1", "n:2"), [_item("n:1", "a"), _item("n:2", "b")])
    assert store.open_notebook(_notebook("n:2"), [_item("n:2", "c")]) == ["n:1"]
    assert store.owner("n:1") is None
    assert store.owner("n:2") == "file:///n.ipynb"
    assert store.close_notebook("file:///n.ipynb") == ["n:2"]
    assert store.owner("n:2") is None


@pytest.mark.parametrize("start", [0, 1, 99])
def test_a_splice_outside_of_the_cells_is_clamped(start: int) -> None:
    store = Store()
    store.open_notebook(_notebook("n:1"), [_item("n:1", "a")])
    structure = types.NotebookDocumentCellChangeStructure(types.NotebookCellArrayChange(start, 99, None))
    cells = types.NotebookDocumentCellChanges(structure=structure)
    assert store.change_notebook("file:///n.ipynb", types.NotebookDocumentChangeEvent(cells=cells)) == []


def test_edits_of_unknown_cells_and_cells_without_text() -> None:
    store = Store()
    store.open_notebook(_notebook("n:1"), [])
    content = types.NotebookDocumentCellContentChanges(
        types.VersionedTextDocumentIdentifier(version=2, uri="n:9"),
        [types.TextDocumentContentChangeWholeDocument(text="x")],
    )
    cells = types.NotebookDocumentCellChanges(text_content=[content], data=[_cell(_Cell("n:8", ""))])
    assert store.change_notebook("file:///n.ipynb", types.NotebookDocumentChangeEvent(cells=cells)) == []
    snapshot = store.snapshot("file:///n.ipynb")
    assert snapshot is not None
    assert snapshot.parts == (CellPart("n:1", None, "", "", True),)


def _notebook(*cells: str) -> types.NotebookDocument:
    return types.NotebookDocument("file:///n.ipynb", "jupyter-notebook", 1, [_cell(_Cell(uri, "")) for uri in cells])
