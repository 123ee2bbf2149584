"""Scans of the workspace: what the client is told of files that are not open, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from mlwarden_lsp.handlers import workspace_diagnostic
from mlwarden_lsp.session import Session
from mlwarden_lsp.settings import Run

pytestmark = pytest.mark.asyncio
BAD = "0:0-0:3 `bad` is a bad word"


def make(
    engine: Any,
    client: Any,
    threads: Executor,
    folders: list[Path],
    options: Any = None,
    processes: Callable[[int], Executor] | None = None,
    **capabilities: Any,
) -> Session:
    session = Session(engine, client, threads, debounce=0, processes=processes or (lambda count: threads))
    session.start(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(**capabilities),
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders],
            initialization_options=options,
        )
    )
    return session


async def turns() -> None:
    for _ in range(40):
        await asyncio.sleep(0)


def write(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def told(client: Any) -> dict[str, list[str]]:
    """The last list that was published for each file, by its name."""
    return {uri.rpartition("/")[2]: marks for uri, _, marks in client.marks()}


async def test_findings_of_files_that_are_not_open(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    write(tmp_path, a="bad", b="fine", c="😀 bad1")
    session = make(engine, client, inline, [tmp_path])
    summary = await session.scan("token")
    assert summary == (3, 2)
    assert client.marks() == [
        ((tmp_path / "a.py").as_uri(), None, [BAD]),
        ((tmp_path / "c.py").as_uri(), None, ["0:3-0:7 `bad1` is a bad word"]),
    ]
    (progress,) = client.progresses
    assert (progress.title, progress.token) == ("mlwarden: checking the workspace", "token")
    assert progress.said == ["3/3", "3 files, 2 findings"]


async def test_what_is_mended_or_gone_is_taken_away(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    write(tmp_path, a="bad", b="bad", c="bad")
    session = make(engine, client, inline, [tmp_path])
    await session.scan()
    client.published.clear()
    write(tmp_path, a="fine")
    (tmp_path / "b.py").unlink()
    assert await session.scan() == (2, 1)
    assert told(client) == {"a.py": [], "b.py": []}


async def test_an_open_document_keeps_its_own(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    write(tmp_path, a="bad")
    session = make(engine, client, inline, [tmp_path])
    uri = (tmp_path / "a.py").as_uri()
    session.store.open_text(types.TextDocumentItem(uri, "python", 7, "fine"))
    session.opened(uri)
    await turns()
    await session.scan()
    assert client.marks() == [(uri, 7, [])]
    session.closed(uri, session.store.close_text(uri))
    assert client.marks()[1:] == [(uri, None, []), (uri, None, [BAD])]


async def test_a_file_is_the_same_however_its_uri_is_written(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    (tmp_path / "a+(b).py").write_text("bad")
    session = make(engine, client, inline, [tmp_path])
    theirs, ours = f"{tmp_path.as_uri()}/a+(b).py", (tmp_path / "a+(b).py").as_uri()
    assert theirs != ours
    session.store.open_text(types.TextDocumentItem(theirs, "python", 7, "fine"))
    session.opened(theirs)
    await turns()
    await session.scan()
    assert client.marks() == [(theirs, 7, [])]
    session.closed(theirs, session.store.close_text(theirs))
    assert client.marks()[1:] == [(theirs, None, []), (ours, None, [BAD])]


async def test_a_notebook_that_is_opened_shows_findings_at_its_cells_only(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    path = tmp_path / "nb.ipynb"
    path.write_text(
        '{"cells": [{"cell_type": "code", "source": ["bad"], "outputs": [], "metadata": {}, "execution_count": null}],'
        ' "metadata": {}, "nbformat": 4, "nbformat_minor": 4}'
    )
    session = make(engine, client, inline, [tmp_path])
    await session.scan()
    assert client.marks() == [(path.as_uri(), None, ["0:45-0:48 `bad` is a bad word"])]
    session.store.open_notebook(types.NotebookDocument(path.as_uri(), "jupyter-notebook", 1, []), [])
    session.disk.opened(path.as_uri())
    assert client.marks()[1:] == [(path.as_uri(), None, [])]


async def test_each_folder_has_its_own_configuration(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one, a="bad", skipped="bad")
    write(two, b="bad")
    (one / "mlwarden.toml").write_text('exclude = ["skipped.py"]\nignore = ["MLW101"]\n')
    inner = one / "inner"
    write(inner, c="bad")
    client.settings = {one.as_uri(): {"severityMap": {"high": "hint"}}, two.as_uri(): {"enable": False}}.get
    session = make(
        engine, client, inline, [one, two, inner], workspace=types.WorkspaceClientCapabilities(configuration=True)
    )
    await session.settings_changed(None)
    await session.scan()
    assert client.asked == [[one.as_uri(), two.as_uri(), inner.as_uri(), None]]
    assert sorted(engine.scanned) == [str(one / "a.py"), str(inner / "c.py"), str(one / "mlwarden.toml")]
    assert [settings.ignore for settings in engine.settings] == [("MLW101",)] * 3
    levels = {uri.rpartition("/")[2]: found[0].severity for uri, _, found in client.published}
    assert levels == {"a.py": types.DiagnosticSeverity.Hint, "c.py": types.DiagnosticSeverity.Error}


async def test_scan_on_start_where_it_is_set(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one, a="bad")
    write(two, b="bad")
    client.settings = {one.as_uri(): {"workspaceScan": "onStart"}}.get
    session = make(engine, client, inline, [one, two], workspace=types.WorkspaceClientCapabilities(configuration=True))
    await session.started()
    await turns()
    assert told(client) == {"a.py": [BAD]}


async def test_no_scan_unless_asked(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    write(tmp_path, a="bad")
    session = make(engine, client, inline, [tmp_path])
    await session.started()
    session.files_changed([(tmp_path / "a.py").as_uri()])
    await turns()
    assert (client.published, client.progresses, engine.scanned) == ([], [], [])


async def test_changed_files_and_what_speaks_of_them_are_checked_again(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    write(tmp_path, tools="fine", user="import tools", other="toolshed")
    session = make(engine, client, inline, [tmp_path])
    await session.scan()
    engine.scanned.clear()
    write(tmp_path, tools="bad", new="fine")
    session.files_changed([(tmp_path / "tools.py").as_uri()])
    await turns()
    assert sorted(engine.scanned) == [str(tmp_path / name) for name in ("new.py", "tools.py", "user.py")]
    assert told(client) == {"tools.py": [BAD]}
    assert len(client.progresses) == 1  # only the scan that somebody asked for says so


async def test_configuration_and_dependency_files_concern_everything(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    write(tmp_path, a="bad", b="bad")
    session = make(engine, client, inline, [tmp_path])
    await session.scan()
    engine.settings.clear()
    (tmp_path / "mlwarden.toml").write_text('ignore = ["MLW102"]\n')
    session.files_changed([(tmp_path / "mlwarden.toml").as_uri()])
    await turns()
    assert [settings.ignore for settings in engine.settings] == [("MLW102",)] * 3


async def test_cancelled_by_the_user(engine: Any, client: Any, steps: Any, inline: Any, tmp_path: Path) -> None:
    write(tmp_path, **{f"m{number:02}": "bad" for number in range(60)})
    session = make(engine, client, inline, [tmp_path], processes=lambda count: steps)
    scan = asyncio.ensure_future(session.scan())
    await turns()
    steps.step()  # looks for the files
    await turns()
    steps.step()
    await turns()
    assert len(client.published) == 25  # what is known is shown while the rest is being checked
    client.progresses[0].cancel()
    assert await scan is None
    assert client.progresses[0].said == ["25/60", "cancelled"]
    session.files_changed([(tmp_path / "m01.py").as_uri()])
    await turns()
    assert len(client.progresses) == 1
    assert (session.scans.wanted, session.scans.declined) == (False, True)


async def test_cancelled_by_the_request(engine: Any, client: Any, steps: Any, inline: Any, tmp_path: Path) -> None:
    write(tmp_path, a="bad")
    session = make(engine, client, inline, [tmp_path], processes=lambda count: steps)
    scan = asyncio.ensure_future(session.scan())
    await turns()
    scan.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scan
    await turns()
    assert client.progresses[0].said == ["cancelled"]
    assert (session.scans.wanted, session.scans.declined) == (False, False)


async def test_nothing_is_scanned_after_shutdown(
    engine: Any, client: Any, steps: Any, inline: Any, tmp_path: Path
) -> None:
    write(tmp_path, a="bad")
    session = make(engine, client, inline, [tmp_path], processes=lambda count: steps)
    scan = asyncio.ensure_future(session.scan())
    await turns()
    session.stop()
    assert await scan is None
    session.files_changed([(tmp_path / "mlwarden.toml").as_uri(), (tmp_path / "a.py").as_uri()])
    await turns()
    assert (client.published, len(client.progresses), client.logged) == ([], 1, [])


@pytest.mark.parametrize("answer", [None, 3, RuntimeError("no")])
async def test_a_client_that_answers_with_no_settings(
    engine: Any, client: Any, inline: Any, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    async def configuration(scopes: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(client, "configuration", configuration)
    session = make(
        engine, client, inline, [], {"run": "onSave"}, workspace=types.WorkspaceClientCapabilities(configuration=True)
    )
    await session.started()
    assert session.workspace.scopes[-1].settings.run is Run.ON_SAVE
    assert len(client.logged) == 1


async def test_a_newer_scan_takes_the_place_of_an_older(
    engine: Any, client: Any, steps: Any, inline: Any, tmp_path: Path
) -> None:
    write(tmp_path, a="bad")
    executors = [steps, inline]
    session = make(engine, client, inline, [tmp_path], processes=lambda count: executors.pop(0))
    first = asyncio.ensure_future(session.scan())
    await turns()
    assert await session.scan() == (1, 1)
    assert await first == (1, 1)  # whoever asked for the older gets the result of the newer
    assert client.progresses[0].said == ["cancelled"]


async def test_a_scan_that_a_changed_file_overtakes_has_a_result(
    engine: Any, client: Any, steps: Any, inline: Any, tmp_path: Path
) -> None:
    write(tmp_path, a="bad")
    executors = [steps, inline]
    session = make(engine, client, inline, [tmp_path], processes=lambda count: executors.pop(0))
    first = asyncio.ensure_future(session.scan())
    await turns()
    write(tmp_path, b="bad")
    session.files_changed([(tmp_path / "requirements.txt").as_uri()])
    assert await first == (2, 2)


async def test_a_file_that_cannot_be_checked_costs_the_others_nothing(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    write(tmp_path, a="bad", crash="bad", z="bad")
    session = make(engine, client, inline, [tmp_path])
    assert await session.scan() == (3, 2)
    assert told(client) == {"a.py": [BAD], "z.py": [BAD]}
    ((message, level),) = client.logged
    assert message.startswith(f"checking {tmp_path}/crash.py failed: ")
    assert level is types.MessageType.Error


async def test_a_rule_that_fails_is_logged_each_time_and_shown_once(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    write(tmp_path, a="bad", b="bad")
    session = make(engine, client, inline, [tmp_path])
    engine.failures = ("x.py: rule MLW102 failed: KeyError: 'x'",)
    await session.scan()
    assert client.shown == [("mlwarden: rule MLW102 failed; the log says more", types.MessageType.Error)]
    assert len(told(client)) == 2


# --- pulling ---------------------------------------------------------------------------------------------------------

PULLING = types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities())


def pull(session: Session, known: dict[str, str], partial: str | None = None) -> asyncio.Task[Any]:
    previous = [types.PreviousResultId(uri, value) for uri, value in known.items()]
    params = types.WorkspaceDiagnosticParams(previous, partial_result_token=partial)
    return asyncio.ensure_future(workspace_diagnostic.handle(session, params))


def kinds(report: Any) -> dict[str, str]:
    return {item.uri.rpartition("/")[2]: str(item.kind) for item in report.items}


async def test_pulled_with_result_ids(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    write(tmp_path, a="bad", b="bad", c="fine")
    session = make(engine, client, inline, [tmp_path], {"diagnosticMode": "pull"}, text_document=PULLING)
    first = await pull(session, {})
    assert kinds(first) == {"a.py": "full", "b.py": "full"}
    known = {item.uri: item.result_id for item in first.items}
    waiting = pull(session, known)
    await turns()
    assert not waiting.done()  # there is nothing to say that the client does not know
    write(tmp_path, a="fine", c="bad")
    session.files_changed([(tmp_path / f"{name}.py").as_uri() for name in "ac"])
    second = await waiting
    assert kinds(second) == {"a.py": "full", "b.py": "unchanged", "c.py": "full"}
    known = {item.uri: item.result_id for item in second.items}
    assert [len(item.items) for item in second.items if item.kind == "full"] == [0, 1]
    # An open document has diagnostics of its own.
    session.store.open_text(types.TextDocumentItem((tmp_path / "b.py").as_uri(), "python", 1, "bad"))
    assert kinds(await pull(session, {})) == {"c.py": "full"}
    assert client.published == []


async def test_pulled_in_parts(engine: Any, client: Any, steps: Any, inline: Any, tmp_path: Path) -> None:
    write(tmp_path, **{f"m{number:02}": "bad" for number in range(40)})
    session = make(
        engine,
        client,
        inline,
        [tmp_path],
        {"diagnosticMode": "pull"},
        processes=lambda count: steps,
        text_document=PULLING,
    )
    pulled = pull(session, {}, "part")
    await turns()
    for _ in range(2):
        steps.step()
        await turns()
    ((token, part),) = client.parts
    assert (token, len(part.items)) == ("part", 25)
    steps.step()
    report = await pulled
    assert sum(item.kind == "full" for item in report.items) == 15
