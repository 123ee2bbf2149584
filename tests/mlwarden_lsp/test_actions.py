"""Code actions, with what the editor's texts are after them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from lsprotocol import types

from mlwarden_lsp.convert import applied
from mlwarden_lsp.handlers import text_document_code_action, text_document_completion, text_document_hover
from mlwarden_lsp.session import Session

pytestmark = pytest.mark.asyncio
A = "file:///nowhere/a.py"
NOTEBOOK = "file:///nowhere/nb.ipynb"
SUPPRESS = "Suppress with # mlwarden: ignore[MLW101]"
SUPPRESS_CELL = "Suppress in this cell with # mlwarden: ignore-cell[MLW101]"
SHOW = "Show the page of MLW101"
UNSAFE = "Say nothing (unsafe: It changes what is said)"


def make(engine: Any, client: Any, executor: Any, *, document_changes: bool = True) -> Session:
    capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=document_changes)
        ),
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                )
            ),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
        ),
    )
    session = Session(engine, client, executor)
    session.start(types.InitializeParams(capabilities=capabilities))
    return session


def open_text(session: Session, text: str, uri: str = A, language: str = "python", version: int = 3) -> None:
    session.store.open_text(types.TextDocumentItem(uri, language, version, text))


def open_notebook(session: Session, *sources: str) -> list[str]:
    uris = [f"vscode-notebook-cell:/nowhere/nb.ipynb#{number}" for number in range(len(sources))]
    cells = [types.NotebookCell(types.NotebookCellKind.Code, uri) for uri in uris]
    texts = [types.TextDocumentItem(uri, "python", 5, text) for uri, text in zip(uris, sources, strict=True)]
    session.store.open_notebook(types.NotebookDocument(NOTEBOOK, "jupyter-notebook", 1, cells), texts)
    return uris


async def ask(
    session: Session, line: int, character: int, uri: str = A, only: Sequence[str] | None = None
) -> list[types.CodeAction]:
    at = types.Position(line, character)
    context = types.CodeActionContext(diagnostics=[], only=only)
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), types.Range(at, at), context)
    return await text_document_code_action.handle(session, params) or []


def outcome(session: Session, action: types.CodeAction) -> dict[str, str]:
    """The texts that an action's edits change, as an editor would have them; the versions must be right."""
    assert action.edit is not None
    changed = {}
    by_uri: dict[str, Sequence[Any]] = dict(action.edit.changes or {})
    for change in action.edit.document_changes or ():
        assert isinstance(change, types.TextDocumentEdit)
        by_uri[change.text_document.uri] = change.edits
    for uri, edits in by_uri.items():
        owner = session.store.owner(uri)
        assert owner is not None
        snapshot = session.store.snapshot(owner)
        assert snapshot is not None
        part = next(part for part in snapshot.parts if part.uri == uri)
        backwards = sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True)
        changes: list[types.TextDocumentContentChangeEvent] = [
            types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text) for edit in backwards
        ]
        changed[uri] = applied(part.text, changes, session.store.encoding)
    return changed


async def offered(session: Session, *args: Any, **kwargs: Any) -> list[tuple[str, dict[str, str]]]:
    actions = await ask(session, *args, **kwargs)
    return [(action.title, outcome(session, action)) for action in actions if action.command is None]


async def test_quick_fixes_of_one_finding(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "x = 1\n😀 bad # y\n")
    assert await offered(session, 1, 4) == [
        ("Say good", {A: "x = 1\n😀 good # y\n"}),
        (UNSAFE, {A: "x = 1\n😀  # y\n"}),
        (SUPPRESS, {A: "x = 1\n😀 bad # y  # mlwarden: ignore[MLW101]\n"}),
        ("Fix all safely fixable findings", {A: "x = 1\n😀 good # y\n"}),
    ]


async def test_a_whole_action(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "bad")
    first, second, *_ = await ask(session, 0, 0)
    analysis = await session.analysis(A)
    assert analysis is not None
    where = types.Range(types.Position(0, 0), types.Position(0, 3))
    assert first == types.CodeAction(
        title="Say good",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[analysis.shown[0].diagnostic],
        is_preferred=True,
        edit=types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(A, 3), [types.TextEdit(where, "good")]
                )
            ]
        ),
    )
    assert second.is_preferred is None


async def test_a_client_without_versions_gets_plain_changes(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline, document_changes=False)
    open_text(session, "bad")
    first, *_ = await ask(session, 0, 0)
    where = types.Range(types.Position(0, 0), types.Position(0, 3))
    assert first.edit == types.WorkspaceEdit(changes={A: [types.TextEdit(where, "good")]})


@pytest.mark.parametrize(
    ("place", "titles"),
    [
        ((0, 0), ["Say good", UNSAFE, "Fix all MLW101 in this file", SUPPRESS, SHOW]),
        ((0, 3), ["Say good", UNSAFE, "Fix all MLW101 in this file", SUPPRESS, SHOW]),
        ((0, 4), []),
        ((9, 9), []),
    ],
)
async def test_a_finding_is_met_up_to_its_ends(
    engine: Any, client: Any, inline: Any, place: tuple[int, int], titles: list[str]
) -> None:
    session = make(engine, client, inline)
    open_text(session, "bad  \nbad  \n")
    assert [action.title for action in await ask(session, *place, only=["quickfix"])] == titles


async def test_a_finding_that_the_client_names_is_met_wherever_it_is(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "x bad1\nbad2")
    analysis = await session.analysis(A)
    assert analysis is not None
    second = analysis.shown[1].diagnostic
    at = types.Range(types.Position(0, 0), types.Position(0, 0))

    async def titles(*named: types.Diagnostic) -> list[str]:
        context = types.CodeActionContext(diagnostics=list(named), only=["quickfix"])
        params = types.CodeActionParams(types.TextDocumentIdentifier(A), at, context)
        actions = await text_document_code_action.handle(session, params) or []
        assert all(list(action.diagnostics or ())[:1] == [second] for action in actions if "all" not in action.title)
        return [action.title for action in actions]

    assert await titles(second) == ["Say good", UNSAFE, "Fix all MLW101 in this file", SUPPRESS, SHOW]
    for data in (
        None,
        3,
        {},
        {"revision": 99, "finding": 1},
        {"revision": 1, "finding": 7},
        {"revision": 1, "finding": []},
    ):
        assert await titles(attrs.evolve(second, data=data)) == []
    assert await titles(attrs.evolve(second, source="other")) == []


async def test_all_of_a_rule(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "bad\r\nbad1 bad2\r\n")
    actions = dict(await offered(session, 1, 0))
    assert actions["Fix all MLW101 in this file"] == {A: "good\r\ngood good\r\n"}


@pytest.mark.parametrize(
    ("only", "titles"),
    [
        (["quickfix"], ["Say good", UNSAFE, SUPPRESS, SHOW]),
        (["source"], ["Fix all safely fixable findings"]),
        (["source.fixAll"], ["Fix all safely fixable findings"]),
        (["source.fixAll.mlwarden"], ["Fix all safely fixable findings"]),
        (["source.fixAll.ruff"], []),
        (["source.organizeImports"], []),
        (["refactor"], []),
        (["sourc"], []),
        ([], []),
    ],
)
async def test_the_kinds_asked_for(engine: Any, client: Any, inline: Any, only: list[str], titles: list[str]) -> None:
    session = make(engine, client, inline)
    open_text(session, "bad")
    assert [action.title for action in await ask(session, 0, 0, only=only)] == titles


async def test_fix_all_asks_for_no_place(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "x\nbad\nbad")
    assert await offered(session, 0, 0, only=["source.fixAll"]) == [
        ("Fix all safely fixable findings", {A: "x\ngood\ngood"})
    ]


ALL = "Fix all safely fixable findings"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("worse", "good"),
        ("a\r\nworse; bad\r\nb 😀 worse\r\nc", "a\r\ngood; good\r\nb 😀 good\r\nc"),
        ("\ufeffworse", "\ufeffgood"),
        # A round after which the text would not parse is not made; those before it are.
        ("worst", None),
        ("worst bad", None),
        ("fine", None),
    ],
)
async def test_fix_all_goes_on_until_nothing_is_left(
    engine: Any, client: Any, inline: Any, text: str, expected: str | None
) -> None:
    session = make(engine, client, inline)
    open_text(session, text)
    found = await offered(session, 0, 0, only=["source.fixAll"])
    assert found == ([(ALL, {A: expected})] if expected is not None else [])


async def test_fix_all_of_a_notebook_goes_on_until_nothing_is_left(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    first, second, third = open_notebook(session, "worse", "fine", "x worse bad")
    assert await offered(session, 0, 0, uri=second, only=["notebook.source.fixAll"]) == [
        (ALL, {first: "good", third: "x good good"})
    ]
    assert await offered(session, 0, 0, uri=third, only=["source.fixAll"]) == [(ALL, {third: "x good good"})]


async def test_filling_a_menu_checks_nothing_again(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "worse")
    actions = dict(await offered(session, 0, 0))
    assert actions[ALL] == {A: "bad"}
    assert len(engine.checked) == 1


async def test_a_notebooks_fixes_go_to_its_cells(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    first, second, third = open_notebook(session, "!ls\nbad", "x", "bad bad")
    actions = dict(await offered(session, 1, 0, uri=first))
    assert actions == {
        "Say good": {first: "!ls\ngood"},
        UNSAFE: {first: "!ls\n"},
        "Fix all MLW101 in this notebook": {first: "!ls\ngood", third: "good good"},
        SUPPRESS: {first: "!ls\nbad  # mlwarden: ignore[MLW101]"},
        SUPPRESS_CELL: {first: "# mlwarden: ignore-cell[MLW101]\n!ls\nbad"},
        "Fix all safely fixable findings": {first: "!ls\ngood", third: "good good"},
    }
    assert await offered(session, 0, 0, uri=third, only=["source.fixAll"]) == [
        ("Fix all safely fixable findings", {third: "good good"})
    ]
    assert await offered(session, 0, 0, uri=second, only=["source.fixAll"]) == []
    assert await offered(session, 0, 0, uri=second, only=["notebook.source.fixAll"]) == [
        ("Fix all safely fixable findings", {first: "!ls\ngood", third: "good good"})
    ]


async def test_a_notebook_that_is_open_as_json(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    text = (
        '{"cells": [{"cell_type": "code", "source": ["\\u00e4 = 1\\n",\n "bad(\\"é\\")"], "outputs": []}],\n'
        ' "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    open_text(session, text, NOTEBOOK, "json")
    analysis = await session.analysis(NOTEBOOK)
    assert analysis is not None
    assert [repr(shown.diagnostic.range) for shown in analysis.shown] == ["1:2-1:5"]
    actions = dict(await offered(session, 1, 3, uri=NOTEBOOK))
    assert actions["Say good"] == {NOTEBOOK: text.replace("bad", "good")}
    assert actions[SUPPRESS] == {NOTEBOOK: text.replace('\\")"', '\\")  # mlwarden: ignore[MLW101]"')}


async def test_edits_while_the_request_waits_are_answered_for_the_newest_text(
    engine: Any, client: Any, steps: Any
) -> None:
    session = make(engine, client, steps)
    open_text(session, "bad")
    asking = asyncio.ensure_future(ask(session, 0, 0, only=["quickfix"]))
    await asyncio.sleep(0)
    session.store.change_text(A, 4, [types.TextDocumentContentChangeWholeDocument(text="x; bad")])
    for _ in range(3):
        steps.step()
        for _ in range(5):
            await asyncio.sleep(0)
    assert await asking == []  # nothing at 0:0 any more


@pytest.mark.parametrize("uri", ["file:///unknown.py", "", "file://[x", "%%%"])
async def test_requests_about_what_is_not_open(engine: Any, client: Any, inline: Any, uri: str) -> None:
    session = make(engine, client, inline)
    assert await ask(session, 0, 0, uri=uri) == []
    position = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))
    assert await text_document_hover.handle(session, position) is None


async def test_the_page_of_a_rule(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "bad")
    *_, action = await ask(session, 0, 0, only=["quickfix"])
    assert (action.title, action.edit) == (SHOW, None)
    assert action.command == types.Command(SHOW, "mlwarden.showRule", arguments=["MLW101"])


async def test_suppressing_with_a_reason(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    session.workspace.send({"suppressionReason": "accepted,\n see #7 --> x"})
    session.workspace.take()
    open_text(session, "bad")
    (cell,) = open_notebook(session, "%%time\nbad")
    reason = "accepted, see #7 --> x"
    assert dict(await offered(session, 0, 0))[SUPPRESS] == {A: f"bad  # mlwarden: ignore[MLW101] {reason}"}
    actions = dict(await offered(session, 1, 0, uri=cell))
    assert actions[SUPPRESS_CELL] == {cell: f"%%time\n# mlwarden: ignore-cell[MLW101] {reason}\nbad"}


class Moving:
    """Runs what it is given, after the document has changed, so many times."""

    def __init__(self, session: Session, times: int) -> None:
        self.session, self.times = session, times

    async def __call__(self, run: Any) -> Any:
        if self.times:
            self.times -= 1
            changes = [types.TextDocumentContentChangeWholeDocument(text="x\nbad")]
            self.session.store.change_text(A, 10 - self.times, changes)
        return run()


async def test_actions_for_a_state_that_is_gone_are_made_anew(
    engine: Any, client: Any, inline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make(engine, client, inline)
    open_text(session, "bad")
    monkeypatch.setattr(session, "in_worker", Moving(session, 1))
    assert await offered(session, 1, 0, only=["source"]) == [(ALL, {A: "x\ngood"})]
    monkeypatch.setattr(session, "in_worker", Moving(session, 99))
    assert await ask(session, 1, 0) == []


# --- hover ---------------------------------------------------------------------------------------------------------


async def test_hover_shows_the_rules_page(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "x\n😀 bad")
    params = types.HoverParams(types.TextDocumentIdentifier(A), types.Position(1, 4))
    hover = await text_document_hover.handle(session, params)
    assert hover == types.Hover(
        types.MarkupContent(
            types.MarkupKind.Markdown, "**MLW101**: `bad` is a bad word\n\n# MLW101 `bad-word`\n\nSays bad."
        ),
        types.Range(types.Position(1, 3), types.Position(1, 6)),
    )
    away = types.HoverParams(types.TextDocumentIdentifier(A), types.Position(0, 0))
    assert await text_document_hover.handle(session, away) is None


@pytest.mark.parametrize(
    ("text", "column", "expected", "where"),
    [
        ("bad  # noqa: MLW101", 14, "# MLW101 `bad-word`\n\nSays bad.", "0:13-0:19"),
        (
            "x  # mlwarden: ignore[MLW1]",
            24,
            "**MLW1** stands for 2 rules:\n\n- MLW101 bad-word: Says bad.\n- MLW102 worse-word: Says worse.",
            "0:22-0:26",
        ),
        ("x  # noqa: MLW999", 12, None, None),
        ("x  # mlwarden: ignore[]", 22, None, None),
        ("x  # mlwarden: ignore", 17, None, None),
    ],
)
async def test_hover_on_a_code_in_a_comment(
    engine: Any, client: Any, inline: Any, text: str, column: int, expected: str | None, where: str | None
) -> None:
    session = make(engine, client, inline)
    open_text(session, text)
    params = types.HoverParams(types.TextDocumentIdentifier(A), types.Position(0, column))
    hover = await text_document_hover.handle(session, params)
    if expected is None:
        assert hover is None
    else:
        assert hover is not None
        assert hover.contents == types.MarkupContent(types.MarkupKind.Markdown, expected)
        assert repr(hover.range) == where


async def test_hover_on_a_code_in_a_configuration_file(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    uri = "file:///nowhere/mlwarden.toml"
    open_text(session, 'ignore = ["MLW101"]', uri, "toml")
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 15))
    hover = await text_document_hover.handle(session, params)
    assert hover is not None
    assert repr(hover.range) == "0:11-0:17"


# --- completion ----------------------------------------------------------------------------------------------------


async def complete(session: Session, line: int, character: int, uri: str = A) -> list[types.CompletionItem]:
    params = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
    found = await text_document_completion.handle(session, params)
    return list(found.items) if found is not None else []


async def test_codes_in_a_comment(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "😀 worse  # noqa: ML")
    await session.analysis(A)
    items = await complete(session, 0, 20)
    assert [(item.label, item.sort_text, item.preselect) for item in items] == [
        ("MLW101", "1MLW101", None),
        ("MLW102", "0MLW102", True),  # it is found on this line
        ("B301", "2B301", None),
    ]
    where = types.Range(types.Position(0, 18), types.Position(0, 20))
    assert items[0] == types.CompletionItem(
        label="MLW101",
        kind=types.CompletionItemKind.Constant,
        detail="bad-word",
        documentation=types.MarkupContent(types.MarkupKind.PlainText, "Says bad."),
        filter_text="MLW101 bad-word",
        sort_text="1MLW101",
        text_edit=types.TextEdit(where, "MLW101"),
    )


async def test_codes_for_bandits_comment(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "x  # nosec ")
    assert [item.label for item in await complete(session, 0, 11)] == ["B301"]


async def test_how_far_a_suppression_reaches(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    open_text(session, "x  # mlwarden: ")
    assert [item.label for item in await complete(session, 0, 15)] == ["ignore", "ignore-file", "ignore-cell"]


async def test_codes_in_a_configuration_file(engine: Any, client: Any, inline: Any) -> None:
    session = make(engine, client, inline)
    uri = "file:///nowhere/pyproject.toml"
    open_text(session, '[tool.mlwarden]\nignore = ["MLW101", ]', uri, "toml")
    assert [item.text_edit.new_text for item in await complete(session, 1, 20, uri)] == [  # type: ignore[union-attr]
        '"MLW102"',
        '"B301"',
        '"ALL"',
    ]


@pytest.mark.parametrize(("uri", "line", "column"), [(A, 0, 3), (A, 9, 9), ("file:///unknown.py", 0, 0), ("%", 0, 0)])
async def test_nothing_to_complete(engine: Any, client: Any, inline: Any, uri: str, line: int, column: int) -> None:
    session = make(engine, client, inline)
    open_text(session, "x = 1")
    assert await complete(session, line, column, uri) == []
