"""Findings in the saved outputs of a notebook that is open cell by cell."""

from __future__ import annotations

import asyncio
import json
import random
import string
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from mlwarden_lsp.engine import MlwardenEngine
from mlwarden_lsp.handlers import text_document_code_action
from mlwarden_lsp.session import Session

pytestmark = pytest.mark.asyncio
TOKEN = "hf_" + "".join(random.Random(4).choices(string.ascii_letters, k=34))


def write(path: Path, *cells: tuple[str, str], ids: bool = True) -> None:
    """A notebook of (source, text of the output)."""
    body = [
        {
            "cell_type": "code",
            "source": source,
            "metadata": {},
            "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": [output]}] if output else [],
            **({"id": f"cell-{number}"} if ids else {}),
        }
        for number, (source, output) in enumerate(cells)
    ]
    notebook = {"cells": body, "metadata": {}, "nbformat": 4, "nbformat_minor": 5 if ids else 4}
    path.write_text(json.dumps(notebook, indent=1))


def opened(client: Any, inline: Any, path: Path, *cells: tuple[str | None, str]) -> Session:
    """A session with a notebook of (id, source), whose cells are called `cell:0`, `cell:1`, ..."""
    session = Session(MlwardenEngine(), client, inline, debounce=0)
    literals = types.ClientCodeActionLiteralOptions(types.ClientCodeActionKindOptions([]))
    capabilities = types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(code_action_literal_support=literals)
    )
    session.start(types.InitializeParams(capabilities=types.ClientCapabilities(text_document=capabilities)))
    uris = [f"cell:{number}" for number in range(len(cells))]
    made = [
        types.NotebookCell(types.NotebookCellKind.Code, uri, metadata={"id": cell_id} if cell_id else None)
        for uri, (cell_id, _) in zip(uris, cells, strict=True)
    ]
    texts = [types.TextDocumentItem(uri, "python", 1, text) for uri, (_, text) in zip(uris, cells, strict=True)]
    session.store.open_notebook(types.NotebookDocument(path.as_uri(), "jupyter-notebook", 1, made), texts)
    session.opened(path.as_uri())
    return session


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def told(client: Any) -> dict[str, list[tuple[str, str]]]:
    return {uri: [(repr(each.range), str(each.code)) for each in found] for uri, _, found in client.published}


@pytest.mark.parametrize("ids", [True, False])
async def test_shown_at_the_first_line_of_the_cell(client: Any, inline: Any, tmp_path: Path, ids: bool) -> None:
    path = tmp_path / "nb.ipynb"
    write(path, ("x = 1", ""), ("print(token)\ny", f"{TOKEN}\n"), ids=ids)
    # The cell has moved since the notebook was saved.
    first, second = ("cell-1", "cell-0") if ids else (None, None)
    opened(client, inline, path, (first, "print(token)\ny"), (second, "x = 1"))
    await turns()
    found = told(client)
    assert [place for place, _ in found["cell:0"]] == ["0:0-0:12"]
    assert found["cell:1"] == []


async def test_known_until_the_file_changes(client: Any, inline: Any, tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    write(path, ("print(token)", f"{TOKEN}\n"))
    session = opened(client, inline, path, ("cell-0", "print(token)"))
    await turns()
    assert len(told(client)["cell:0"]) == 1
    write(path, ("print(token)", ""))
    session.saved(path.as_uri())
    await turns()
    assert told(client)["cell:0"] == []


async def test_suppressed_at_the_cell(client: Any, inline: Any, tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    write(path, ("print(token)", f"{TOKEN}\n"))
    session = opened(client, inline, path, ("cell-0", "print(token)"))
    await turns()
    ((_, code),) = told(client)["cell:0"]
    at = types.Range(types.Position(0, 0), types.Position(0, 0))
    params = types.CodeActionParams(types.TextDocumentIdentifier("cell:0"), at, types.CodeActionContext([]))
    actions = {action.title: action for action in await text_document_code_action.handle(session, params) or []}
    title = f"Suppress in this cell with # mlwarden: ignore-cell[{code}]"
    assert f"Suppress with # mlwarden: ignore[{code}]" not in actions
    edit = actions[title].edit
    assert edit is not None
    assert edit.changes == {"cell:0": [types.TextEdit(at, f"# mlwarden: ignore-cell[{code}]\n")]}
    source = f"# mlwarden: ignore-cell[{code}]\nprint(token)"
    write(path, (source, f"{TOKEN}\n"))
    # The comment is not said to suppress nothing: what it suppresses is in the file alone.
    session.store.change_notebook(
        path.as_uri(),
        types.NotebookDocumentChangeEvent(
            cells=types.NotebookDocumentCellChanges(
                text_content=[
                    types.NotebookDocumentCellContentChanges(
                        types.VersionedTextDocumentIdentifier(version=2, uri="cell:0"),
                        [types.TextDocumentContentChangeWholeDocument(text=source)],
                    )
                ]
            )
        ),
    )
    session.saved(path.as_uri())
    await turns()
    assert told(client)["cell:0"] == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"cells": 1}'])
async def test_a_file_that_is_no_notebook(client: Any, inline: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "nb.ipynb"
    path.write_bytes(content)
    opened(client, inline, path, (None, "x = 1"))
    await turns()
    assert told(client) == {"cell:0": []}
    assert client.logged == []
