"""The real server in a process of its own, with a real client over standard input and output."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from tests.mlwarden_lsp.real_editor import Editor, capabilities, config

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check_document
from mlwarden.model.findings import Finding
from mlwarden.notebooks.assemble import EditorCell, notebook_of_cells
from mlwarden.source.documents import Document, PythonModule
from mlwarden.source.lines import LineIndex
from mlwarden_lsp.convert import Encoding, applied

pytestmark = pytest.mark.asyncio


@pytest_lsp.fixture(config=config())
async def editor(lsp_client: Editor) -> AsyncIterator[None]:
    await lsp_client.initialize_session(types.InitializeParams(capabilities=capabilities()))
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=config())
async def bare(lsp_client: Editor) -> AsyncIterator[None]:
    """A client that has not introduced itself yet."""
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder whose code is checked by one rule, so that these tests do not depend on the others."""
    (tmp_path / "mlwarden.toml").write_text('select = ["MLW102"]\n')
    (tmp_path / "requirements.txt").write_text("torch==2.5.0\n")
    return tmp_path


def expected(document: Document, encoding: Encoding = Encoding.UTF16) -> list[tuple[str, str, str]]:
    """The findings of the library, with places counted by hand: what the editor must show."""
    settings = Settings(select=("MLW102",), root=str(Path(document.path).parent))
    verdict = check_document(document, None, settings).verdict
    return [(_range(document, finding, encoding), finding.code, finding.message) for finding in verdict.reported]


def _range(document: Document, finding: Finding, encoding: Encoding) -> str:
    text = document.text if finding.span.cell is None else document.cells[finding.span.cell].source  # type: ignore[union-attr]
    lines = LineIndex(text)
    ends = []
    for offset in (finding.span.start, finding.span.end):
        line, column = lines.position(offset)
        before = text[offset - column : offset]
        width = {Encoding.UTF8: len(before.encode()), Encoding.UTF16: len(before.encode("utf-16-le")) // 2}
        ends.append(f"{line}:{width.get(encoding, column)}")
    return "-".join(ends)


def shown(diagnostics: Iterable[types.Diagnostic]) -> list[tuple[str, str, str]]:
    return [(repr(diagnostic.range), str(diagnostic.code), diagnostic.message) for diagnostic in diagnostics]


def after(text: str, uri: str, version: int, action: types.CodeAction) -> str:
    """The text after an action, whose edit must be for this version of it."""
    assert action.edit is not None
    assert action.edit.document_changes is not None
    (change,) = action.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(uri, version)
    backwards = sorted(change.edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True)
    changes: list[types.TextDocumentContentChangeEvent] = [
        types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text)  # type: ignore[union-attr]
        for edit in backwards
    ]
    return applied(text, changes, Encoding.UTF16)


PYTHON = 'import torch\r\n\x0c\r\nname = "😀"; model = torch.load(path)\r\n'
FIXED = 'import torch\r\n\x0c\r\nname = "😀"; model = torch.load(path, weights_only=True)\r\n'


async def test_python_from_finding_to_fix(editor: Editor, project: Path) -> None:
    path = project / "model.py"
    uri = path.as_uri()
    editor.open(uri, PYTHON)
    diagnostics = await editor.diagnostics_of(uri, 1)
    found = shown(diagnostics)
    assert found == expected(PythonModule(str(path), PYTHON))
    assert [(place, code) for place, code, _ in found] == [("2:21-2:37", "MLW102")]

    (diagnostic,) = diagnostics
    assert diagnostic.source == "mlwarden"
    assert diagnostic.code_description is not None
    assert diagnostic.code_description.href.endswith("/docs/rules/MLW102.md")

    fix, *_ = await editor.actions(uri, diagnostic.range)
    assert (fix.kind, list(fix.diagnostics or ())) == (types.CodeActionKind.QuickFix, [diagnostic])
    assert after(PYTHON, uri, 1, fix) == FIXED

    hover = await editor.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(2, 30))
    )
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.contents.value.startswith(f"**MLW102**: {diagnostic.message}\n\n# MLW102 `")
    assert hover.range == diagnostic.range

    assert fix.edit is not None
    assert fix.edit.document_changes is not None
    edit = fix.edit.document_changes[0].edits[0]  # type: ignore[union-attr]
    editor.change(uri, 2, types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text))
    assert await editor.diagnostics_of(uri, 2) == []
    editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
    assert await editor.diagnostics_of(uri, None) == []


@pytest.mark.parametrize(("encoding", "start"), [("utf-8", 23), ("utf-16", 21), ("utf-32", 20)])
async def test_columns_in_the_agreed_encoding(bare: Editor, project: Path, encoding: str, start: int) -> None:
    result = await bare.initialize_session(types.InitializeParams(capabilities=capabilities([encoding, "utf-16"])))
    assert result.capabilities.position_encoding == encoding
    uri = (project / "model.py").as_uri()
    bare.open(uri, "")
    bare.change(uri, 2, types.TextDocumentContentChangeWholeDocument(text=PYTHON.replace("\x0c", "# \u2028\x0c")))
    # An edit behind the character: the server must find the same place.
    argument = types.Position(2, start + len("torch.load("))
    bare.change(uri, 3, types.TextDocumentContentChangePartial(range=types.Range(argument, argument), text="a_"))
    (diagnostic,) = await bare.diagnostics_of(uri, 3)
    assert repr(diagnostic.range) == f"2:{start}-2:{start + len('torch.load(a_path)')}"


def cell(uri: str, kind: types.NotebookCellKind = types.NotebookCellKind.Code) -> types.NotebookCell:
    return types.NotebookCell(kind, uri)


async def test_unsaved_cells_of_a_notebook(editor: Editor, project: Path) -> None:
    path = project / "nb.ipynb"
    sources = ["# Title", "%pip list\nimport torch as t", "", 'x = "😀"; t.load(path)']
    title, imports, empty, load = uris = [f"vscode-notebook-cell:{path.as_posix()}#W{n}sZmlsZQ%3D%3D" for n in range(4)]
    languages = ["markdown", "python", "python", "python"]
    kinds = [types.NotebookCellKind.Markup, *[types.NotebookCellKind.Code] * 3]
    editor.notebook_document_did_open(
        types.DidOpenNotebookDocumentParams(
            types.NotebookDocument(path.as_uri(), "jupyter-notebook", 1, [*map(cell, uris, kinds)]),
            [
                types.TextDocumentItem(uri, lang, 1, text)
                for uri, lang, text in zip(uris, languages, sources, strict=True)
            ],
        )
    )
    diagnostics = {uri: await editor.diagnostics_of(uri, 1) for uri in uris}
    made = [
        EditorCell(text, "markdown" if lang == "markdown" else "code", lang)
        for text, lang in zip(sources, languages, strict=True)
    ]
    notebook = notebook_of_cells(str(path), made)
    assert {uri: shown(found) for uri, found in diagnostics.items()} == {
        title: [],
        imports: [],
        empty: [],
        load: expected(notebook),
    }
    assert [repr(diagnostic.range) for diagnostic in diagnostics[load]] == ["0:10-0:22"]

    fix, *_ = await editor.actions(load, diagnostics[load][0].range)
    assert after(sources[3], load, 1, fix) == 'x = "😀"; t.load(path, weights_only=True)'

    # The import goes: nothing is left to find in the other cell.
    structure = types.NotebookDocumentCellChangeStructure(
        types.NotebookCellArrayChange(1, 1), did_close=[types.TextDocumentIdentifier(imports)]
    )
    editor.notebook_document_did_change(
        types.DidChangeNotebookDocumentParams(
            types.VersionedNotebookDocumentIdentifier(2, path.as_uri()),
            types.NotebookDocumentChangeEvent(
                cells=types.NotebookDocumentCellChanges(
                    structure=structure,
                    text_content=[
                        types.NotebookDocumentCellContentChanges(
                            types.VersionedTextDocumentIdentifier(version=2, uri=load),
                            [types.TextDocumentContentChangeWholeDocument(text="t.load(path)")],
                        )
                    ],
                )
            ),
        )
    )
    assert await editor.diagnostics_of(imports, None) == []
    assert await editor.diagnostics_of(load, 2) == []
    editor.notebook_document_did_close(
        types.DidCloseNotebookDocumentParams(
            types.NotebookDocumentIdentifier(path.as_uri()), [types.TextDocumentIdentifier(uri) for uri in uris]
        )
    )
    assert await editor.diagnostics_of(load, None) == []


async def test_a_notebook_that_is_open_as_json(editor: Editor, project: Path) -> None:
    path = project / "nb.ipynb"
    source = ["import torch\n", 'x = "\\u00e4😀"; torch.load(path)']
    body = {"cells": [{"cell_type": "code", "source": source, "outputs": [], "metadata": {}, "execution_count": None}]}
    text = json.dumps({**body, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1, ensure_ascii=False)
    editor.open(path.as_uri(), text, "json")
    (diagnostic,) = await editor.diagnostics_of(path.as_uri(), 1)
    line = text.split("\n")[diagnostic.range.start.line].encode("utf-16-le")
    marked = line[2 * diagnostic.range.start.character : 2 * diagnostic.range.end.character].decode("utf-16-le")
    assert (diagnostic.code, marked) == ("MLW102", "torch.load(path)")
    fix, *_ = await editor.actions(path.as_uri(), diagnostic.range)
    fixed = after(text, path.as_uri(), 1, fix)
    assert fixed == text.replace("(path)", "(path, weights_only=True)")


async def test_a_notebook_as_jupyterlab_sends_it(editor: Editor, project: Path) -> None:
    path = project / "nb.ipynb"
    text = 'get_ipython().run_line_magic("pip", " list")\n\n\nimport torch\n\n\ntorch.load(path)\n'
    editor.open(path.as_uri(), text)
    found = shown(await editor.diagnostics_of(path.as_uri(), 1))
    assert found == expected(PythonModule(str(path), text))
    assert [(place, code) for place, code, _ in found] == [("6:0-6:16", "MLW102")]


async def test_suppressing_works(editor: Editor, project: Path) -> None:
    uri = (project / "model.py").as_uri()
    editor.open(uri, PYTHON)
    (diagnostic,) = await editor.diagnostics_of(uri, 1)
    actions = {action.title: action for action in await editor.actions(uri, diagnostic.range)}
    suppressed = after(PYTHON, uri, 1, actions["Suppress with # mlwarden: ignore[MLW102]"])
    assert suppressed == PYTHON.replace("(path)", "(path)  # mlwarden: ignore[MLW102]")
    editor.change(uri, 2, types.TextDocumentContentChangeWholeDocument(text=suppressed))
    assert await editor.diagnostics_of(uri, 2) == []


async def test_configuration_dependencies_and_settings(editor: Editor, project: Path) -> None:
    uri = (project / "model.py").as_uri()
    editor.open(uri, PYTHON)
    assert [diagnostic.code for diagnostic in await editor.diagnostics_of(uri, 1)] == ["MLW102"]
    (project / "requirements.txt").write_text("torch==2.6.0\n")
    editor.published.clear()
    editor.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(
            [types.FileEvent((project / "requirements.txt").as_uri(), types.FileChangeType.Changed)]
        )
    )
    assert await editor.diagnostics_of(uri, 1) == []
    assert sorted(editor.registered) == [
        types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
    ]

    (project / "requirements.txt").write_text("torch==2.5.0\n")
    (project / "mlwarden.toml").write_text('select = ["MLW101"]\n')
    editor.published.clear()
    editor.text_document_did_save(
        types.DidSaveTextDocumentParams(types.TextDocumentIdentifier((project / "mlwarden.toml").as_uri()))
    )
    assert await editor.diagnostics_of(uri, 1) == []

    (project / "mlwarden.toml").write_text('ingore = ["MLW102"]\n')
    editor.published.clear()
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams({"mlwarden": {"select": ["MLW102"]}}))
    assert [diagnostic.code for diagnostic in await editor.diagnostics_of(uri, 1)] == ["MLW102"]
    assert [message.message for message in editor.messages] == [
        f"mlwarden: {project}/mlwarden.toml: ingore: unknown key (did you mean 'ignore'?)"
    ]


async def test_pulling(bare: Editor, project: Path) -> None:
    wanted = capabilities()
    assert wanted.text_document is not None
    wanted.text_document.diagnostic = types.DiagnosticClientCapabilities()
    result = await bare.initialize_session(
        types.InitializeParams(capabilities=wanted, initialization_options={"diagnosticMode": "pull"})
    )
    assert result.capabilities.diagnostic_provider is not None
    uri = (project / "model.py").as_uri()
    bare.open(uri, PYTHON)
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
    report = await bare.text_document_diagnostic_async(params)
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    assert shown(report.items) == expected(PythonModule(str(project / "model.py"), PYTHON))
    params.previous_result_id = report.result_id
    again = await bare.text_document_diagnostic_async(params)
    assert again == types.RelatedUnchangedDocumentDiagnosticReport(result_id=str(report.result_id))
    bare.change(uri, 2, types.TextDocumentContentChangeWholeDocument(text=FIXED))
    clean = await bare.text_document_diagnostic_async(params)
    assert isinstance(clean, types.RelatedFullDocumentDiagnosticReport)
    assert list(clean.items) == []
    assert bare.published == []


async def test_what_the_server_says_it_can_do(bare: Editor) -> None:
    result = await bare.initialize_session(types.InitializeParams(capabilities=capabilities(notebooks=False)))
    can = result.capabilities
    assert can.position_encoding == "utf-16"
    assert can.notebook_document_sync is None  # the client does not know notebooks
    assert can.diagnostic_provider is None  # a client that is sent diagnostics must not pull them, too
    assert can.hover_provider is True
    assert isinstance(can.code_action_provider, types.CodeActionOptions)
    assert list(can.code_action_provider.code_action_kinds or ()) == [
        "quickfix",
        "source.fixAll.mlwarden",
        "notebook.source.fixAll.mlwarden",
    ]
    assert isinstance(can.text_document_sync, types.TextDocumentSyncOptions)
    assert (can.text_document_sync.open_close, can.text_document_sync.change) == (
        True,
        types.TextDocumentSyncKind.Incremental,
    )


@pytest.mark.parametrize("root", ["file://[x", "", "%", "untitled:a", "file:///nul%00"])
async def test_malformed_uris_do_no_harm(bare: Editor, project: Path, root: str) -> None:
    folders = [types.WorkspaceFolder(root, "w")]
    await bare.initialize_session(
        types.InitializeParams(
            capabilities=capabilities(),
            root_uri=root,
            workspace_folders=folders,
            initialization_options={"select": ["MLW102"]},
        )
    )
    for uri in (root, "file:///%ff.py", "\ud800", "file:relative.py", "a" * 5000):
        bare.open(uri, PYTHON)
        assert [diagnostic.code for diagnostic in await bare.diagnostics_of(uri, 1)] == ["MLW102"]
        assert len(await bare.actions(uri, types.Range(types.Position(2, 0), types.Position(2, 99)))) > 1
    bare.change("file:///unknown.py", 2, types.TextDocumentContentChangeWholeDocument(text="x"))
    uri = (project / "model.py").as_uri()
    bare.open(uri, FIXED)
    assert await bare.diagnostics_of(uri, 1) == []


async def test_hostile_text_does_no_harm(editor: Editor, project: Path) -> None:
    uri = (project / "model.py").as_uri()
    texts = ["(" * 5000, "x = \\", '"""', "\0", "\ud800 = 1", "import torch\n" + "torch.load(p)\n" * 50, PYTHON]
    editor.open(uri, "")
    for version, text in enumerate(texts, 2):
        editor.change(uri, version, types.TextDocumentContentChangeWholeDocument(text=text))
        await editor.diagnostics_of(uri, version)
    assert [diagnostic.code for diagnostic in await editor.diagnostics_of(uri, len(texts) + 1)] == ["MLW102"]
    assert editor.log_messages == []
