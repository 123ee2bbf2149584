"""The session with the library itself: edits over several cells, and the kinds of documents there are."""

from __future__ import annotations

import asyncio
import random
import string
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from mlwarden_lsp.convert import applied
from mlwarden_lsp.engine import MlwardenEngine
from mlwarden_lsp.handlers import text_document_code_action
from mlwarden_lsp.session import Session

pytestmark = pytest.mark.asyncio
TOKEN = "hf_" + "".join(random.Random(4).choices(string.ascii_letters, k=34))


def make(client: Any, executor: Any, encoding: str = "utf-16") -> Session:
    literals = types.ClientCodeActionLiteralOptions(types.ClientCodeActionKindOptions([]))
    capabilities = types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[encoding]),
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(code_action_literal_support=literals)
        ),
    )
    session = Session(MlwardenEngine(), client, executor, debounce=0)
    session.start(types.InitializeParams(capabilities=capabilities))
    return session


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_a_fix_that_needs_an_import_edits_two_cells(client: Any, inline: Any, encoding: str) -> None:
    session = make(client, inline, encoding)
    sources = [
        "# Evaluate answers 😀",
        "%pip list\nfrom openai import OpenAI\n",
        'client = OpenAI()\nreply = client.chat.completions.create(model="gpt-4o", messages=messages)',
        'x = "😀"; value = eval(reply.choices[0].message.content)\r\n',
    ]
    uris = [f"vscode-notebook-cell:/n.ipynb#{number}" for number in range(4)]
    kinds = [types.NotebookCellKind.Markup] + [types.NotebookCellKind.Code] * 3
    cells = [types.NotebookCell(kind, uri) for kind, uri in zip(kinds, uris, strict=True)]
    texts = [types.TextDocumentItem(uri, "python", 1, text) for uri, text in zip(uris, sources, strict=True)]
    session.store.open_notebook(types.NotebookDocument("file:///n.ipynb", "jupyter-notebook", 1, cells), texts)
    session.opened("file:///n.ipynb")
    await turns()
    found = {uri: list(diagnostics) for uri, _, diagnostics in client.published}
    assert [[each.code for each in found[uri]] for uri in uris] == [[], [], [], ["MLW401"]]
    context = types.CodeActionContext(found[uris[3]])
    params = types.CodeActionParams(types.TextDocumentIdentifier(uris[3]), found[uris[3]][0].range, context)
    fix, *_ = await text_document_code_action.handle(session, params) or []
    assert fix.edit is not None
    assert fix.edit.changes is not None
    after = {}
    for uri, edits in fix.edit.changes.items():
        changes: list[Any] = [
            types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text) for edit in reversed(edits)
        ]
        after[uri] = applied(sources[uris.index(uri)], changes, session.store.encoding)
    assert after == {
        uris[1]: "%pip list\nfrom openai import OpenAI\nimport ast\n",
        uris[3]: sources[3].replace("eval(", "ast.literal_eval("),
    }


@pytest.mark.parametrize(
    ("uri", "language", "text", "expected"),
    [
        ("file:///p/.env", "dotenv", f"# 😀\r\nTOKEN={TOKEN}\r\n", ["1:6-1:43"]),
        ("file:///p/.env.local", "plaintext", f"TOKEN={TOKEN}", ["0:6-0:43"]),
        ("file:///p/config.yaml", "yaml", f"a:\n  token: {TOKEN}\n", ["1:9-1:46"]),
        ("file:///p/settings.json", "json", f'{{"token": "{TOKEN}"}}', ["0:11-0:48"]),
        ("untitled:Untitled-1", "dotenv", f"TOKEN={TOKEN}", ["0:6-0:43"]),
        ("untitled:Untitled-1", "python", f'\x0c\nx = "{TOKEN}"\n', ["1:5-1:42"]),
        ("untitled:Untitled-1", "shellscript", f"export TOKEN={TOKEN}\n", ["0:13-0:50"]),
        ("file:///p/page.css", "css", f"/* {TOKEN} */", []),
        ("file:///p/nb.ipynb", "python", f'get_ipython().run_line_magic("pip", "list")\n\n\nx = "{TOKEN}"\n', ["3:5-3:42"]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)  # fmt: skip
async def test_secrets_in_all_kinds_of_documents(
    client: Any, inline: Any, uri: str, language: str, text: str, expected: list[str]
) -> None:
    session = make(client, inline)
    session.store.open_text(types.TextDocumentItem(uri, language, 1, text))
    session.opened(uri)
    await turns()
    ((_, _, diagnostics),) = client.published
    found = [each for each in diagnostics if "Hugging Face" in each.message]
    assert [repr(each.range) for each in found] == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("requirements.txt", f"torch\nx @ https://user:{TOKEN}@host.example/x.whl\n", ("MLW302", 1)),
        ("pyproject.toml", f'[tool.x]\ntoken = "{TOKEN}"\n', ("MLW302", 1)),
        ("environment.yml", f"dependencies:\n  - torch\n# {TOKEN}\n", ("MLW302", 2)),
    ],
    ids=["requirements", "pyproject", "environment"],
)
async def test_dependency_files(
    client: Any, inline: Any, tmp_path: Path, name: str, text: str, expected: tuple[str, int]
) -> None:
    session = make(client, inline)
    uri = (tmp_path / name).as_uri()
    session.store.open_text(types.TextDocumentItem(uri, "", 1, text))
    session.opened(uri)
    await turns()
    ((_, _, diagnostics),) = client.published
    assert expected in [(each.code, each.range.start.line) for each in diagnostics]


async def test_unused_suppressions_are_faded(client: Any, inline: Any, tmp_path: Path) -> None:
    (tmp_path / "mlwarden.toml").write_text('extend-select = ["MLW008"]\n')
    session = Session(MlwardenEngine(), client, inline, debounce=0)
    tags = types.ClientDiagnosticsTagOptions(value_set=[types.DiagnosticTag.Unnecessary])
    publishing = types.PublishDiagnosticsClientCapabilities(tag_support=tags)
    session.start(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(
                text_document=types.TextDocumentClientCapabilities(publish_diagnostics=publishing)
            )
        )
    )
    uri = (tmp_path / "a.py").as_uri()
    session.store.open_text(types.TextDocumentItem(uri, "python", 1, "x = 1  # noqa: MLW101\n"))
    session.opened(uri)
    await turns()
    ((_, _, (diagnostic,)),) = client.published
    assert (diagnostic.code, diagnostic.tags) == ("MLW008", [types.DiagnosticTag.Unnecessary])
