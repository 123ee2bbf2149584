"""The session with a small engine: what the client is told, and when."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from mlwarden.model.findings import TraceStep
from mlwarden.model.levels import Severity
from mlwarden.model.spans import Span
from mlwarden_lsp.engine import MlwardenEngine
from mlwarden_lsp.session import Session

pytestmark = pytest.mark.asyncio
A = "file:///nowhere/a.py"
NOTEBOOK = "file:///nowhere/nb.ipynb"
CODE, TEXT, EMPTY = (f"vscode-notebook-cell:/nowhere/nb.ipynb#{name}" for name in ("code", "text", "empty"))


def make(engine: Any, client: Any, executor: Any, options: Any = None, **capabilities: Any) -> Session:
    session = Session(engine, client, executor, debounce=0)
    session.start(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(**capabilities), root_uri=None, initialization_options=options
        )
    )
    return session


async def turns() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


async def open_text(session: Session, text: str, uri: str = A, version: int = 1) -> None:
    session.store.open_text(types.TextDocumentItem(uri, "python", version, text))
    session.opened(uri)
    await turns()


async def change(session: Session, text: str, uri: str = A, version: int = 2) -> None:
    session.store.change_text(uri, version, [types.TextDocumentContentChangeWholeDocument(text=text)])
    session.changed(uri)
    await turns()


async def test_open_change_close(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    await open_text(session, "bad\nbad1\n😀bad2")
    await change(session, "fine")
    session.closed(A, session.store.close_text(A))
    assert client.marks() == [
        (A, 1, ["0:0-0:3 `bad` is a bad word", "1:0-1:4 `bad1` is a bad word", "2:2-2:6 `bad2` is a bad word"]),
        (A, 2, []),
        (A, None, []),
    ]


async def test_a_whole_diagnostic(engine: Any, client: Any, inline: Any) -> None:
    capabilities = types.TextDocumentClientCapabilities(
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True)
    )
    session = make(engine, client, inline, text_document=capabilities)
    await open_text(session, "x = bad3")
    start = types.Position(0, 0)
    assert client.published == [
        (
            A,
            1,
            [
                types.Diagnostic(
                    range=types.Range(types.Position(0, 4), types.Position(0, 8)),
                    message="`bad3` is a bad word",
                    severity=types.DiagnosticSeverity.Error,
                    code="MLW101",
                    code_description=types.CodeDescription("https://example.invalid/MLW101"),
                    source="mlwarden",
                    related_information=[
                        types.DiagnosticRelatedInformation(
                            types.Location(A, types.Range(start, start)), "here it starts"
                        )
                    ],
                    data={"revision": 1, "finding": 0},
                )
            ],
        )
    ]


async def test_a_trace_into_a_sibling_module(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    (tmp_path / "sibling.py").write_bytes("\ufeffx\r\n😀 = source()\r\n".encode())
    engine.trace = (
        TraceStep(Span(7, 15), "it comes from here", str(tmp_path / "sibling.py")),
        TraceStep(Span(7, 15), "and from here", str(tmp_path / "gone.py")),
    )
    capabilities = types.TextDocumentClientCapabilities(
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True)
    )
    session = make(engine, client, inline, text_document=capabilities)
    await open_text(session, "bad", (tmp_path / "a.py").as_uri())
    ((_, _, (diagnostic,)),) = client.published
    where = types.Range(types.Position(1, 5), types.Position(1, 13))
    assert diagnostic.related_information == [
        types.DiagnosticRelatedInformation(
            types.Location((tmp_path / "sibling.py").as_uri(), where), "it comes from here"
        )
    ]


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("bad1", types.DiagnosticSeverity.Information),
        ("bad2", types.DiagnosticSeverity.Warning),
        ("bad", types.DiagnosticSeverity.Error),
        ("bad3", types.DiagnosticSeverity.Error),
    ],
)
async def test_severities(engine: Any, client: Any, inline: Any, word: str, severity: types.DiagnosticSeverity) -> None:
    await open_text(make(engine, client, inline), word)
    assert [diagnostic.severity for _, _, found in client.published for diagnostic in found] == [severity]


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 5), ("utf-16", 3), ("utf-32", 2)])
async def test_columns_in_the_clients_encoding(
    engine: Any, client: Any, inline: Any, encoding: str, column: int
) -> None:
    general = types.GeneralClientCapabilities(position_encodings=[encoding, "utf-16"])
    session = make(engine, client, inline, general=general)
    await open_text(session, "\x0c\n\u2028\r\n😀 bad")
    assert client.marks() == [(A, 1, [f"2:{column}-2:{column + 3} `bad` is a bad word"])]


def open_notebook(session: Session) -> None:
    cells = [
        types.NotebookCell(types.NotebookCellKind.Markup, TEXT),
        types.NotebookCell(types.NotebookCellKind.Code, CODE),
        types.NotebookCell(types.NotebookCellKind.Code, EMPTY),
    ]
    texts = [
        types.TextDocumentItem(TEXT, "markdown", 1, "a bad title"),
        types.TextDocumentItem(CODE, "python", 4, "!ls\nbad"),
        types.TextDocumentItem(EMPTY, "python", 1, ""),
    ]
    session.store.open_notebook(types.NotebookDocument(NOTEBOOK, "jupyter-notebook", 1, cells), texts)
    session.opened(NOTEBOOK)


async def test_a_notebook_is_checked_once_and_every_cell_told(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_notebook(session)
    await turns()
    assert len(engine.checked) == 1
    assert client.marks() == [
        (TEXT, 1, ["0:2-0:5 `bad` is a bad word"]),
        (CODE, 4, ["1:0-1:3 `bad` is a bad word"]),
        (EMPTY, 1, []),
    ]


async def test_cells_without_findings_are_told_once_for_each_version(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_notebook(session)
    await turns()
    client.published.clear()
    for version, text in ((5, "fine"), (6, "fine; fine")):
        content = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(version=version, uri=CODE),
            [types.TextDocumentContentChangeWholeDocument(text=text)],
        )
        cells = types.NotebookDocumentCellChanges(text_content=[content])
        session.store.change_notebook(NOTEBOOK, types.NotebookDocumentChangeEvent(cells=cells))
        session.changed(NOTEBOOK)
        await turns()
    title = (TEXT, 1, ["0:2-0:5 `bad` is a bad word"])
    assert client.marks() == [title, (CODE, 5, []), title, (CODE, 6, [])]


async def test_cells_that_are_gone_lose_their_diagnostics(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_notebook(session)
    await turns()
    client.published.clear()
    structure = types.NotebookDocumentCellChangeStructure(
        types.NotebookCellArrayChange(0, 1), did_close=[types.TextDocumentIdentifier(TEXT)]
    )
    cells = types.NotebookDocumentCellChanges(structure=structure)
    session.removed(session.store.change_notebook(NOTEBOOK, types.NotebookDocumentChangeEvent(cells=cells)) or [])
    session.changed(NOTEBOOK)
    await turns()
    session.closed(NOTEBOOK, session.store.close_notebook(NOTEBOOK))
    assert client.marks() == [
        (TEXT, None, []),
        (CODE, 4, ["1:0-1:3 `bad` is a bad word"]),
        (CODE, None, []),
        (EMPTY, None, []),
    ]


# --- settings and configuration --------------------------------------------------------------------------------------


async def test_on_save_means_on_save(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline, {"run": "onSave"})
    await open_text(session, "fine")
    await change(session, "bad")
    assert client.marks() == [(A, 1, [])]
    assert await session.analysis(A) is None
    session.saved(A)
    await turns()
    assert client.marks()[1:] == [(A, 2, ["0:0-0:3 `bad` is a bad word"])]
    assert await session.analysis(A) is not None


async def test_settings_reach_the_engine_and_may_change(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline, {"ignore": ["MLW102"]})
    await open_text(session, "bad")
    await session.settings_changed({"mlwarden": {"select": ["MLW101"], "severity": "high"}})
    await turns()
    before, after = engine.settings
    assert (before.select, before.ignore, before.severity) == (None, ("MLW102",), Severity.LOW)
    assert (after.select, after.ignore, after.severity) == (("MLW101",), (), Severity.HIGH)
    assert [version for _, version, _ in client.published] == [1, 1]


async def test_severities_of_the_editor_are_added_to_those_of_the_file(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    (tmp_path / "mlwarden.toml").write_text('severities = { MLW101 = "high", B = "low" }\n')
    session = make(engine, client, inline, {"severities": {"MLW101": "low", "MLW102": "critical"}})
    await open_text(session, "bad", (tmp_path / "a.py").as_uri())
    (settings,) = engine.settings
    assert dict(settings.severities) == {"MLW101": Severity.LOW, "B": Severity.LOW, "MLW102": Severity.CRITICAL}


async def test_levels_as_the_editor_wants_them(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline, {"severityMap": {"critical": "hint", "low": "error"}})
    await open_text(session, "bad bad1 bad3")
    ((_, _, diagnostics),) = client.published
    error, hint = types.DiagnosticSeverity.Error, types.DiagnosticSeverity.Hint
    assert [each.severity for each in diagnostics] == [error, error, hint]


async def test_a_folder_that_is_not_to_be_checked(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline, {"enable": False})
    await open_text(session, "bad")
    assert (client.marks(), engine.checked) == ([(A, 1, [])], [])
    await session.settings_changed({"enable": True})
    await turns()
    assert client.marks()[1:] == [(A, 1, ["0:0-0:3 `bad` is a bad word"])]


async def test_wrong_settings_are_told_once(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline, {"ingore": [], "select": ["MLW109"]})
    await open_text(session, "bad")
    await change(session, "bad bad")
    assert client.shown == [
        ("editor settings: ingore: unknown key (did you mean 'ignore'?)", types.MessageType.Warning),
        (
            "mlwarden: editor settings: select: unknown code 'MLW109' (did you mean 'MLW102'?)",
            types.MessageType.Error,
        ),
    ]
    assert len(client.marks()[1][2]) == 2


async def test_the_nearest_configuration_counts_and_is_read_again_when_it_changes(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    config = tmp_path / "mlwarden.toml"
    config.write_text('ignore = ["MLW102"]\n')
    session = make(engine, client, inline)
    await open_text(session, "bad", (tmp_path / "a.py").as_uri())
    config.write_text("ignore = []\n")
    session.files_changed([(tmp_path / "a.txt").as_uri()])
    session.files_changed([config.as_uri()])
    await turns()
    assert [settings.ignore for settings in engine.settings] == [("MLW102",), ()]


async def test_what_imports_a_saved_module_is_checked_again(client: Any, inline: Any, tmp_path: Path) -> None:
    sibling = tmp_path / "tools.py"
    sibling.write_text("from json import loads as restore\n")
    (tmp_path / "mlwarden.toml").write_text('select = ["MLW111"]\n')
    session = make(MlwardenEngine(), client, inline)
    await open_text(session, "from tools import restore\nrestore(x)\n", (tmp_path / "main.py").as_uri())
    sibling.write_text("from pickle import loads as restore\n")
    session.files_changed([sibling.as_uri()])
    await turns()
    assert [[mark.code for mark in found] for _, _, found in client.published] == [[], ["MLW111"]]


async def test_a_saved_file_is_news_once(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    """Editors say that they have saved it, and their watcher says that it has changed."""
    path = tmp_path / "tools.py"
    path.write_text("fine")
    session = make(engine, client, inline)
    await open_text(session, "bad", (tmp_path / "a.py").as_uri())
    session.saved(path.as_uri())
    session.files_changed([path.as_uri()])
    await turns()
    assert len(engine.checked) == 2
    path.write_text("changed by another program")
    session.files_changed([path.as_uri()])
    await turns()
    assert len(engine.checked) == 3


async def test_the_workspaces_configuration_counts_for_what_is_no_file(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    for name, code in (("one", "MLW101"), ("two", "MLW102")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mlwarden.toml").write_text(f'ignore = ["{code}"]\n')
    one, two = ((tmp_path / name).as_uri() for name in ("one", "two"))
    session = Session(engine, client, inline)
    folders = [types.WorkspaceFolder("untitled:x", "x"), types.WorkspaceFolder(one, "one")]
    session.start(types.InitializeParams(capabilities=types.ClientCapabilities(), workspace_folders=folders))
    await open_text(session, "bad", "untitled:Untitled-1")
    await session.folders_changed([two], [one])
    await turns()
    assert [settings.ignore for settings in engine.settings] == [("MLW101",), ("MLW102",)]


async def test_a_wrong_configuration_is_told_once_and_defaults_count(
    engine: Any, client: Any, inline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "mlwarden.toml"
    config.write_text('ingore = ["MLW102"]\n')
    session = make(engine, client, inline, {"severity": "high"})
    uri = (tmp_path / "a.py").as_uri()
    await open_text(session, "bad", uri)
    await change(session, "bad", uri)
    told = ("mlwarden: mlwarden.toml: ingore: unknown key (did you mean 'ignore'?)", types.MessageType.Error)
    assert client.shown == [told]
    assert [settings.severity for settings in engine.settings] == [Severity.HIGH, Severity.HIGH]
    session.saved(config.as_uri())
    await turns()
    assert client.shown == [told, told]  # it was touched and is still wrong


async def test_excluded_files_are_not_checked(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    file = tmp_path / "site-packages" / "a.py"
    file.parent.mkdir()
    file.write_text("bad")
    session = make(engine, client, inline)
    await open_text(session, "bad", file.as_uri())
    assert (client.marks(), engine.checked) == ([(file.as_uri(), 1, [])], [])


async def test_what_is_no_business_of_ours_is_told_clean(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    session.store.open_text(types.TextDocumentItem("file:///a.rs", "rust", 1, "bad"))
    session.opened("file:///a.rs")
    await turns()
    assert (client.marks(), engine.checked) == ([("file:///a.rs", 1, [])], [])


async def test_a_notebook_open_as_broken_json_shows_where(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    session.store.open_text(types.TextDocumentItem(NOTEBOOK, "json", 1, '{"cells":\n [}'))
    session.opened(NOTEBOOK)
    await turns()
    ((uri, version, found),) = client.published
    assert (uri, version) == (NOTEBOOK, 1)
    assert [(diagnostic.code, repr(diagnostic.range)) for diagnostic in found] == [("MLW004", "1:2-1:2")]


# --- trouble ---------------------------------------------------------------------------------------------------------


async def test_a_crash_is_logged_once_without_the_documents_text(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    engine.crash = ValueError("the secret in the text")
    await open_text(session, "bad")
    await change(session, "bad")
    ((message, level),) = client.logged
    assert level is types.MessageType.Error
    assert message.startswith(f"checking {A} failed: ValueError in check (conftest.py:")
    assert "secret" not in message
    engine.crash = None
    await change(session, "bad", version=3)
    assert client.marks() == [(A, 3, ["0:0-0:3 `bad` is a bad word"])]


async def test_a_failed_rule_is_logged_and_the_other_findings_shown(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    engine.failures = ("a.py: rule MLW102 failed: KeyError: 'x'",)
    await open_text(session, "bad")
    await change(session, "bad")
    assert client.logged == [("a.py: rule MLW102 failed: KeyError: 'x'", types.MessageType.Error)]
    assert client.marks()[0] == (A, 1, ["0:0-0:3 `bad` is a bad word"])


async def test_nothing_is_checked_after_shutdown(engine: Any, client: Any, steps: Any) -> None:
    session = make(engine, client, steps)
    await open_text(session, "bad")
    session.stop()
    steps.step()
    await turns()
    assert (session.shut_down, client.published, client.logged) == (True, [], [])


# --- pulling ---------------------------------------------------------------------------------------------------------

PULLING = types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities())


async def test_a_client_that_pulls_is_sent_nothing(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline, {"diagnosticMode": "pull"}, text_document=PULLING)
    await open_text(session, "bad")
    await change(session, "bad")
    session.saved(A)
    await turns()
    assert client.published == []
    analysis = await session.analysis(A)
    assert analysis is not None
    assert [repr(shown.diagnostic.range) for shown in analysis.of_part(A)] == ["0:0-0:3"]
    await session.settings_changed({"diagnosticMode": "push", "ignore": ["MLW102"]})
    await turns()
    # Asked to pull again twice: after the save, since other modules may import this one, and for the new settings.
    assert (client.published, client.refreshed) == ([], 2)


async def test_pulling_needs_a_client_that_can(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline, {"diagnosticMode": "pull"})
    await open_text(session, "bad")
    assert client.marks() == [(A, 1, ["0:0-0:3 `bad` is a bad word"])]
