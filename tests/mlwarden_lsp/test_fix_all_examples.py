"""Over the examples of all rules: "fix all" in an editor leaves what `mlwarden check --fix` writes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lsprotocol import types

from mlwarden.cli.main import main
from mlwarden.notebooks.read import read_notebook
from mlwarden.rules.examples import marked
from mlwarden.rules.registry import all_rules, load
from mlwarden_lsp.convert import Encoding, applied
from mlwarden_lsp.engine import MlwardenEngine
from mlwarden_lsp.handlers import text_document_code_action
from mlwarden_lsp.session import Session

FIX_ALL = "source.fixAll.mlwarden"
FIX_NOTEBOOK = "notebook.source.fixAll.mlwarden"
CAPABILITIES = types.ClientCapabilities(
    general=types.GeneralClientCapabilities(position_encodings=["utf-16"]),
    text_document=types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(
            code_action_literal_support=types.ClientCodeActionLiteralOptions(
                types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
            )
        )
    ),
)


class Example(NamedTuple):
    path: Path
    text: str


def written(root: Path) -> Iterator[Example]:
    """Every example in a folder of its own, whose configuration selects its rule."""
    for info in all_rules():
        for number, example in enumerate(load(info).examples):
            text, _ = marked(example.code)
            folder = root / f"{info.code}-{number:03}"
            files = dict(example.files or {})
            versions = ", ".join(
                f"{json.dumps(name)} = {json.dumps(ver)}" for name, ver in (example.versions or {}).items()
            )
            config = f'select = ["{info.code}"]\nversions = {{ {versions} }}\n' + files.pop("mlwarden.toml", "")
            for name, content in {**files, example.path: text, "mlwarden.toml": config}.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.encode())
            yield Example(folder / example.path, text)


async def fixed_in_editor(session: Session, example: Example) -> str:
    uri = example.path.as_uri()
    session.store.open_text(types.TextDocumentItem(uri, "", 1, example.text))
    (text,) = (await edited(session, uri, FIX_ALL, {uri: example.text})).values()
    session.closed(uri, session.store.close_text(uri))
    return text


async def edited(session: Session, uri: str, kind: str, texts: dict[str, str]) -> dict[str, str]:
    """The texts after the action of this kind, as a client edits them."""
    at = types.Range(types.Position(0, 0), types.Position(0, 0))
    context = types.CodeActionContext([], only=[kind])
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, context)
    actions = await text_document_code_action.handle(session, params) or []
    assert [action.kind for action in actions] in ([], [kind])
    for action in actions:
        assert action.edit is not None
        for changed, edits in (action.edit.changes or {}).items():
            backwards: list[Any] = [
                types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text) for edit in reversed(edits)
            ]
            texts = {**texts, changed: applied(texts[changed], backwards, Encoding.UTF16)}
    return texts


async def fixed_in_cells(session: Session, example: Example) -> list[str] | None:
    """The sources of a notebook's cells after the same in an editor that shows cells; None if it is no notebook."""
    notebook = read_notebook(str(example.path), example.text)
    uri = example.path.as_uri()
    uris = [f"cell:{number}" for number in range(len(notebook.cells))]
    kinds = {"code": types.NotebookCellKind.Code}
    metadata = {"metadata": notebook.metadata}
    cells = [
        types.NotebookCell(
            kinds.get(cell.kind, types.NotebookCellKind.Markup), cell_uri, metadata={"metadata": cell.metadata}
        )
        for cell, cell_uri in zip(notebook.cells, uris, strict=True)
    ]
    languages = {"code": notebook.language or "python", "raw": "raw", "markdown": "markdown"}
    texts = {cell_uri: cell.source for cell, cell_uri in zip(notebook.cells, uris, strict=True)}
    items = [
        types.TextDocumentItem(cell_uri, languages.get(cell.kind, ""), 1, cell.source)
        for cell, cell_uri in zip(notebook.cells, uris, strict=True)
    ]
    session.store.open_notebook(types.NotebookDocument(uri, "jupyter-notebook", 1, cells, metadata), items)
    after = await edited(session, uris[0], FIX_NOTEBOOK, texts) if uris else texts
    session.closed(uri, session.store.close_notebook(uri))
    return [after[cell_uri] for cell_uri in uris]


def make(client: Any, inline: Any, root: Path) -> Session:
    session = Session(MlwardenEngine(), client, inline)
    session.start(
        types.InitializeParams(
            capabilities=CAPABILITIES, workspace_folders=[types.WorkspaceFolder(root.as_uri(), "examples")]
        )
    )
    return session


def test_an_editor_and_the_command_line_fix_alike(
    client: Any, inline: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    examples = list(written(tmp_path))
    session = make(client, inline, tmp_path)
    in_editor = {example.path: asyncio.run(fixed_in_editor(session, example)) for example in examples}
    notebooks = [example for example in examples if example.path.suffix == ".ipynb"]
    in_cells = {example.path: asyncio.run(fixed_in_cells(session, example)) for example in notebooks}
    status = main(["check", "--fix", "--exit-zero", "--no-cache", "--output-format", "json", str(tmp_path)])
    assert (status, capfd.readouterr().err, client.logged) == (0, "", [])

    on_disk = {example.path: example.path.read_bytes().decode() for example in examples}
    assert {path: text for path, text in in_editor.items() if text != on_disk[path]} == {}
    changed = [example.path for example in examples if on_disk[example.path] != example.text]
    assert len(changed) > 25  # the rules with safe fixes
    for path, sources in in_cells.items():
        assert sources == [cell.source for cell in read_notebook(str(path), on_disk[path]).cells], path
