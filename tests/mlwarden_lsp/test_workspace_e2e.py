"""The real server process over a workspace: scans, folders with settings of their own, commands, completion."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tests.mlwarden_lsp.real_editor import Editor, capabilities, config

pytestmark = pytest.mark.asyncio
BAD = "import torch\n\n\nmodel = torch.load(path)\n"
FINE = "import torch\n\n\nmodel = torch.load(path, weights_only=True)\n"
SCAN = "mlwarden.scanWorkspace"


@pytest_lsp.fixture(config=config())
async def editor(lsp_client: Editor) -> AsyncIterator[None]:
    """A client that has not introduced itself yet."""
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Code that is checked by one rule, so that these tests do not depend on the others."""
    made = tmp_path / "project"
    made.mkdir()
    (made / "mlwarden.toml").write_text('select = ["MLW102"]\n')
    (made / "requirements.txt").write_text("torch==2.5.0\n")
    return made


async def start(
    editor: Editor, *folders: Path, options: Any = None, found: types.ClientCapabilities | None = None
) -> types.InitializeResult:
    return await editor.initialize_session(
        types.InitializeParams(
            capabilities=found or capabilities(),
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders],
            initialization_options=options,
        )
    )


async def run(editor: Editor, command: str, *arguments: Any) -> Any:
    return await editor.workspace_execute_command_async(types.ExecuteCommandParams(command, list(arguments)))


def codes(editor: Editor) -> dict[str, list[Any]]:
    """The last codes that were published for each file, by its name."""
    found = {params.uri: [diagnostic.code for diagnostic in params.diagnostics] for params in editor.published}
    return {uri.rpartition("/")[2]: listed for uri, listed in found.items()}


def changed(editor: Editor, *paths: Path) -> None:
    events = [types.FileEvent(path.as_uri(), types.FileChangeType.Changed) for path in paths]
    editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))


async def test_a_scan_and_what_comes_after_it(editor: Editor, folder: Path) -> None:
    for name, text in {"a": BAD, "b": FINE, "tools": FINE}.items():
        (folder / f"{name}.py").write_text(text)
    result = await start(editor, folder)
    assert result.capabilities.execute_command_provider is not None
    assert list(result.capabilities.execute_command_provider.commands) == [SCAN, "mlwarden.showRule"]
    assert await run(editor, SCAN) == {"files": 5, "findings": 1}
    assert codes(editor) == {"a.py": ["MLW102"]}
    ((token, _),) = editor.said.items()
    await editor.until(lambda: editor.said[token][-1]["kind"] == "end", "the end of progress")
    first, *reports, last = editor.said[token]
    assert first["title"] == "mlwarden: checking the workspace"
    assert {report["kind"] for report in reports} == {"report"}
    assert reports[-1]["percentage"] == 100
    assert last["message"] == "5 files, 1 findings"

    # What is changed behind the editor's back is checked again, alone.
    (folder / "a.py").write_text(FINE)
    (folder / "b.py").write_text(BAD)
    changed(editor, folder / "a.py", folder / "b.py")
    await editor.until(lambda: codes(editor) == {"a.py": [], "b.py": ["MLW102"]}, "the changed files")
    # A dependency file concerns everything.
    (folder / "requirements.txt").write_text("torch==2.6.0\n")
    changed(editor, folder / "requirements.txt")
    await editor.until(lambda: codes(editor) == {"a.py": [], "b.py": []}, "all files")
    assert editor.log_messages == []


async def test_cancelling(editor: Editor, folder: Path) -> None:
    for number in range(300):
        (folder / f"m{number}.py").write_text(BAD * 40)
    await start(editor, folder)
    scan = asyncio.ensure_future(run(editor, SCAN))
    await editor.until(lambda: any(each["kind"] == "report" for s in editor.said.values() for each in s), "a report")
    ((token, said),) = editor.said.items()
    editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    assert await scan is None
    await editor.until(lambda: said[-1]["kind"] == "end", "the end of progress")
    assert said[-1]["message"] == "cancelled"
    assert 0 < len(editor.published) < 300
    # The server goes on as if nothing had been.
    uri = (folder / "m0.py").as_uri()
    editor.open(uri, BAD)
    assert [diagnostic.code for diagnostic in await editor.diagnostics_of(uri, 1)] == ["MLW102"]


async def test_a_scan_does_not_hold_up_typing(editor: Editor, folder: Path) -> None:
    for number in range(300):
        (folder / f"m{number}.py").write_text(BAD * 40)
    await start(editor, folder, options={"workspaceScan": "onStart"})
    await editor.until(lambda: len(editor.said) == 1, "the beginning of the scan")
    uri = (folder / "new.py").as_uri()
    editor.open(uri, BAD)
    await editor.diagnostics_of(uri, 1)
    ((_, said),) = editor.said.items()
    assert said[-1]["kind"] != "end"


async def test_folders_have_settings_of_their_own(editor: Editor, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mlwarden.toml").write_text('select = ["MLW102"]\nversions = { torch = "==2.5" }\n')
    editor.set_configuration(
        {"severityMap": {"high": "hint", "critical": "hint"}}, section="mlwarden", scope_uri=folder.as_uri()
    )
    editor.set_configuration({"ignore": ["MLW102"]}, section="mlwarden", scope_uri=other.as_uri())
    await start(editor, folder, other)
    first, second = (folder / "a.py").as_uri(), (other / "b.py").as_uri()
    editor.open(first, BAD)
    editor.open(second, BAD)
    hint = types.DiagnosticSeverity.Hint

    def severities() -> dict[str, list[Any]]:
        found = {params.uri: [each.severity for each in params.diagnostics] for params in editor.published}
        return {uri.rpartition("/")[2]: listed for uri, listed in found.items()}

    await editor.until(lambda: severities() == {"a.py": [hint], "b.py": []}, "the folders' settings")
    editor.set_configuration({}, section="mlwarden", scope_uri=other.as_uri())
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.until(lambda: len(severities()["b.py"]) == 1, "the changed settings")
    # The folder is closed: what is in it has the settings of no folder.
    removed = types.WorkspaceFoldersChangeEvent(added=[], removed=[types.WorkspaceFolder(folder.as_uri(), "project")])
    editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(removed))
    await editor.until(lambda: severities()["a.py"] != [hint] and len(severities()["a.py"]) == 1, "the closed folder")


async def test_pulling_the_workspace(editor: Editor, folder: Path) -> None:
    (folder / "a.py").write_text(BAD)
    found = capabilities()
    assert found.text_document is not None
    found.text_document.diagnostic = types.DiagnosticClientCapabilities()
    result = await start(editor, folder, options={"diagnosticMode": "pull"}, found=found)
    assert isinstance(result.capabilities.diagnostic_provider, types.DiagnosticOptions)
    assert result.capabilities.diagnostic_provider.workspace_diagnostics is True
    first = await editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
    (report,) = first.items
    assert isinstance(report, types.WorkspaceFullDocumentDiagnosticReport)
    assert (report.uri, [each.code for each in report.items]) == ((folder / "a.py").as_uri(), ["MLW102"])
    known = [types.PreviousResultId(report.uri, str(report.result_id))]
    waiting = asyncio.ensure_future(editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(known)))
    (folder / "a.py").write_text(FINE)
    changed(editor, folder / "a.py")
    (after,) = (await waiting).items
    assert isinstance(after, types.WorkspaceFullDocumentDiagnosticReport)
    assert (after.uri, list(after.items)) == (report.uri, [])
    assert editor.published == []


async def test_ignoring_a_rule_in_the_configuration(editor: Editor, folder: Path) -> None:
    await start(editor, folder)
    uri, settings = (folder / "a.py").as_uri(), folder / "mlwarden.toml"
    editor.open(uri, BAD)
    (diagnostic,) = await editor.diagnostics_of(uri, 1)
    actions = {action.title: action for action in await editor.actions(uri, diagnostic.range)}
    edit = actions["Ignore MLW102 in mlwarden.toml"].edit
    start_of_line = types.Position(0, len('select = ["MLW102"]'))
    where = types.Range(start_of_line, start_of_line)
    assert edit is not None
    (change,) = edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(settings.as_uri(), None)
    assert list(change.edits) == [types.TextEdit(where, '\nignore = ["MLW102"]')]
    settings.write_text('select = ["MLW102"]\nignore = ["MLW102"]\n')
    editor.published.clear()
    changed(editor, settings)
    assert await editor.diagnostics_of(uri, 1) == []


async def test_commands(editor: Editor, folder: Path) -> None:
    await start(editor, folder)
    assert await run(editor, "mlwarden.showRule", "MLW102") is True
    (page,) = editor.shown_documents
    assert (page.uri.endswith("/docs/rules/MLW102.md"), page.external) == (True, True)
    for command, arguments in (("mlwarden.showRule", []), ("mlwarden.showRule", ["MLW999"]), ("mlwarden.no", [])):
        with pytest.raises(JsonRpcException):
            await run(editor, command, *arguments)


async def test_completion_and_hover_in_a_comment(editor: Editor, folder: Path) -> None:
    await start(editor, folder)
    uri = (folder / "a.py").as_uri()
    editor.open(uri, "😀  # noqa: MLW10\n")
    document, at = types.TextDocumentIdentifier(uri), types.Position(0, 17)
    found = await editor.text_document_completion_async(types.CompletionParams(document, at))
    assert isinstance(found, types.CompletionList)
    item = next(item for item in found.items if item.label == "MLW102")
    assert (item.detail, item.text_edit) == (
        "torch-load-default",
        types.TextEdit(types.Range(types.Position(0, 12), at), "MLW102"),
    )
    editor.change(uri, 2, types.TextDocumentContentChangePartial(range=types.Range(at, at), text="2"))
    hover = await editor.text_document_hover_async(types.HoverParams(document, at))
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.contents.value.startswith("# MLW102 ")
