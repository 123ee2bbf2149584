"""Ignoring a rule in a configuration file: what its text becomes, and which file it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from mlwarden.source.toml_places import parse_toml
from mlwarden_lsp.config_edit import ignoring
from mlwarden_lsp.convert import applied
from mlwarden_lsp.handlers import text_document_code_action
from mlwarden_lsp.session import Session

PYPROJECT = ("tool", "mlwarden")


def after(text: str, table: tuple[str, ...] = (), code: str = "MLW101") -> str | None:
    edits = ignoring(code, text, table)
    if edits is None:
        return None
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 'ignore = ["MLW101"]\n'),
        ("# ours\n", 'ignore = ["MLW101"]\n# ours\n'),
        ("ignore = []\n", 'ignore = ["MLW101"]\n'),
        ("ignore = ['A1']  # why\n", "ignore = ['A1', \"MLW101\"]  # why\n"),
        ('ignore = ["MLW2"]  # why\n', 'ignore = ["MLW2", "MLW101"]  # why\n'),
        ('ignore = ["MLW2",]\n', 'ignore = ["MLW2", "MLW101",]\n'),
        ('ignore = [\n  "MLW2"\n]\n', 'ignore = [\n  "MLW2",\n  "MLW101"\n]\n'),
        ('ignore = [\n  "MLW2",  # why\n]\n', 'ignore = [\n  "MLW2",  # why\n  "MLW101",\n]\n'),
        ('ignore = [\n  "MLW2" # a, b\n]\n', 'ignore = [\n  "MLW2", # a, b\n  "MLW101"\n]\n'),
        ('ignore = [\r\n\t"MLW2",\r\n]\r\n', 'ignore = [\r\n\t"MLW2",\r\n\t"MLW101",\r\n]\r\n'),
        ('ignore = ["MLW2",\n  "MLW3"]', 'ignore = ["MLW2",\n  "MLW3", "MLW101"]'),
        ('severity = "low" # x\n\n[severities]\nMLW1 = "low"\n', 'severity = "low" # x\nignore = ["MLW101"]\n\n[severities]\nMLW1 = "low"\n'),
        ('[severities]\nMLW1 = "low"\n', 'ignore = ["MLW101"]\n[severities]\nMLW1 = "low"\n'),
        ('severity = "low"', 'severity = "low"\nignore = ["MLW101"]'),
        ('select = ["é😀"]\n', 'select = ["é😀"]\nignore = ["MLW101"]\n'),
        ('ignore = ["MLW101"]\n', None),
        ('ignore = "MLW2"\n', None),
        ("ignore = [\n", None),
        ("x = [" * 100, None),
    ],
)  # fmt: skip
def test_mlwarden_toml(text: str, expected: str | None) -> None:
    assert after(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '[tool.mlwarden]\nignore = ["MLW101"]\n'),
        ('[project]\nname = "x"\n', '[project]\nname = "x"\n\n[tool.mlwarden]\nignore = ["MLW101"]\n'),
        ('[project]\r\nname = "x"', '[project]\r\nname = "x"\r\n\r\n[tool.mlwarden]\r\nignore = ["MLW101"]\r\n'),
        ("[tool.mlwarden]\nseverity = 'low'\n", "[tool.mlwarden]\nignore = [\"MLW101\"]\nseverity = 'low'\n"),
        ("[tool.mlwarden] # ours\n[tool.x]\n", '[tool.mlwarden] # ours\nignore = ["MLW101"]\n[tool.x]\n'),
        ('[tool.mlwarden]\nignore = ["MLW2"]\n', '[tool.mlwarden]\nignore = ["MLW2", "MLW101"]\n'),
        ('[tool.ruff]\nignore = ["E1"]\n', '[tool.ruff]\nignore = ["E1"]\n\n[tool.mlwarden]\nignore = ["MLW101"]\n'),
        ("[tool]\nmlwarden = { severity = 'low' }\n", None),
        ("tool = 1\n", None),
        ("[[tool.mlwarden]]\nx = 1\n", None),
    ],
)
def test_pyproject_toml(text: str, expected: str | None) -> None:
    assert after(text, PYPROJECT) == expected


@given(st.text(st.sampled_from("ignore=[]\"MLW1',#\n\r {}.tolmwarden"), max_size=80), st.sampled_from([(), PYPROJECT]))
def test_what_comes_out_is_toml_that_says_the_same_and_more(text: str, table: tuple[str, ...]) -> None:
    changed = after(text, table)
    if changed is not None:
        before, ignored = (parse_toml(each).get(*table, "ignore") for each in (text, changed))
        assert ignored is not None
        kept = [node.text() for node in before.elements()] if before is not None else []
        assert [node.text() for node in ignored.elements()] == [*kept, "MLW101"]


# --- which file ------------------------------------------------------------------------------------------------------


def make(
    engine: Any, client: Any, executor: Any, root: Path | None, options: Any = None, create: bool = True
) -> Session:
    operations = [types.ResourceOperationKind.Create] if create else []
    capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True, resource_operations=operations)
        ),
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                )
            )
        ),
    )
    session = Session(engine, client, executor)
    folders = [types.WorkspaceFolder(root.as_uri(), "w")] if root is not None else None
    session.start(
        types.InitializeParams(capabilities=capabilities, workspace_folders=folders, initialization_options=options)
    )
    return session


async def offered(session: Session, uri: str) -> tuple[str, list[Any]] | None:
    """The title of the action and its changes: paths that are made, and (URI, version, new text) of edits."""
    if session.store.owner(uri) is None:
        session.store.open_text(types.TextDocumentItem(uri, "python", 1, "bad"))
    at = types.Range(types.Position(0, 0), types.Position(0, 0))
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, types.CodeActionContext([]))
    for action in await text_document_code_action.handle(session, params) or []:
        if action.title.startswith("Ignore"):
            assert action.edit is not None
            return action.title, [_plain(session, change) for change in action.edit.document_changes or ()]
    return None


def _plain(session: Session, change: Any) -> Any:
    if isinstance(change, types.CreateFile):
        return change.uri
    document = change.text_document
    part = session.part(document.uri)
    path = Path(document.uri.removeprefix("file://"))
    text = part.text if part is not None else path.read_text() if path.exists() else ""
    edits: list[Any] = [
        types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text) for edit in reversed(change.edits)
    ]
    return document.uri, document.version, applied(text, edits, session.store.encoding)


@pytest.mark.asyncio
async def test_the_nearest_file_is_edited(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "mlwarden.toml").write_text('ignore = ["MLW102"]\n')
    (inner / "pyproject.toml").write_text('[tool.mlwarden]\nseverity = "low"\n')
    session = make(engine, client, inline, tmp_path)
    expected = '[tool.mlwarden]\nignore = ["MLW101"]\nseverity = "low"\n'
    assert await offered(session, (inner / "a.py").as_uri()) == (
        "Ignore MLW101 in pyproject.toml",
        [((inner / "pyproject.toml").as_uri(), None, expected)],
    )
    assert await offered(session, (tmp_path / "a.py").as_uri()) == (
        "Ignore MLW101 in mlwarden.toml",
        [((tmp_path / "mlwarden.toml").as_uri(), None, 'ignore = ["MLW102", "MLW101"]\n')],
    )


@pytest.mark.asyncio
async def test_a_file_that_is_open_is_edited_as_it_is_in_the_editor(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    config = tmp_path / "mlwarden.toml"
    config.write_text("ignore = []\n")
    session = make(engine, client, inline, tmp_path)
    session.store.open_text(types.TextDocumentItem(config.as_uri(), "toml", 9, 'severity = "low"\n'))
    assert await offered(session, (tmp_path / "a.py").as_uri()) == (
        "Ignore MLW101 in mlwarden.toml",
        [(config.as_uri(), 9, 'severity = "low"\nignore = ["MLW101"]\n')],
    )


@pytest.mark.asyncio
async def test_a_pyproject_toml_without_our_table_gets_one(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    session = make(engine, client, inline, tmp_path)
    uri = (tmp_path / "src" / "a.py").as_uri()
    expected = '[project]\nname = "x"\n\n[tool.mlwarden]\nignore = ["MLW101"]\n'
    assert await offered(session, uri) == (
        "Ignore MLW101 in pyproject.toml",
        [((tmp_path / "pyproject.toml").as_uri(), None, expected)],
    )


@pytest.mark.asyncio
async def test_a_file_is_made_where_there_is_none(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    made = (tmp_path / "mlwarden.toml").as_uri()
    expected = ("Ignore MLW101 in mlwarden.toml", [made, (made, None, 'ignore = ["MLW101"]\n')])
    session = make(engine, client, inline, tmp_path)
    assert await offered(session, (tmp_path / "src" / "a.py").as_uri()) == expected
    assert await offered(session, "untitled:1") == expected
    assert await offered(make(engine, client, inline, None), (tmp_path / "a.py").as_uri()) == expected
    assert await offered(make(engine, client, inline, None), "untitled:1") is None
    assert await offered(make(engine, client, inline, tmp_path, create=False), (tmp_path / "a.py").as_uri()) is None


@pytest.mark.asyncio
async def test_not_where_the_editor_selects_the_rules(engine: Any, client: Any, inline: Any, tmp_path: Path) -> None:
    session = make(engine, client, inline, tmp_path, {"select": ["MLW101"]})
    assert await offered(session, (tmp_path / "a.py").as_uri()) is None


@pytest.mark.asyncio
async def test_a_configuration_that_cannot_be_read_is_left_alone(
    engine: Any, client: Any, inline: Any, tmp_path: Path
) -> None:
    session = make(engine, client, inline, tmp_path)
    (tmp_path / "mlwarden.toml").write_bytes(b"ignore = []\n")
    uri = (tmp_path / "a.py").as_uri()
    assert await offered(session, uri) is not None
    (tmp_path / "mlwarden.toml").write_bytes(b"ignore = ['\xff']\n")
    assert await offered(session, uri) is None
