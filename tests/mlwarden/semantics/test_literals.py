from __future__ import annotations

import json

import pytest

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.read import read_notebook
from mlwarden.semantics.literals import literal_at, read_from_environment, value_span
from mlwarden.source.documents import PythonModule
from mlwarden.testing import as_notebook

VALUE = "hf_" + "QxZw"


def module(text: str) -> PythonModule:
    return PythonModule("a.py", text)


def notebook(*sources: str) -> Notebook:
    return read_notebook("a.ipynb", as_notebook(*sources))


def place(text: str, cell: int | None = None) -> Span:
    start = text.index(VALUE)
    return Span(start, start + len(VALUE), cell)


def applied(text: str, edits: tuple[TextEdit, ...]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        (f'x = "{VALUE}"\n', f'"{VALUE}"'),
        (f"x = '{VALUE}'\n", f"'{VALUE}'"),
        (f'x = r"{VALUE}"\n', f'r"{VALUE}"'),
        (f'x = """{VALUE}"""\n', f'"""{VALUE}"""'),
        (f'é = f(["ü", "{VALUE}"])\n', f'"{VALUE}"'),
        (f'f(\n    key="{VALUE}",\n)\n', f'"{VALUE}"'),
        (f'def f(key="{VALUE}"):\n    return key\n', f'"{VALUE}"'),
        (f'x: str = "{VALUE}"\n', f'"{VALUE}"'),
        (f'x = {{"a": "{VALUE}"}}\r\n', f'"{VALUE}"'),
    ],
)
def test_whole_literals(text: str, literal: str) -> None:
    span = literal_at(module(text), place(text))
    assert span is not None
    assert text[span.start : span.end] == literal


@pytest.mark.parametrize(
    "text",
    [
        f'"{VALUE}"\n',
        f'"""{VALUE}"""\n\nx = 1\n',
        f'def f():\n    "{VALUE}"\n',
        f'x = "token {VALUE}"\n',
        f'x = "{VALUE} "\n',
        f'x = "{VALUE}" "tail"\n',
        f'x = "head" "{VALUE}"\n',
        f'x = b"{VALUE}"\n',
        f'x = f"{VALUE}"\n',
        f'x = f"{{d["{VALUE}"]}}"\n',
        f"# {VALUE}\n",
        f'# "{VALUE}"\n',
        f'match x:\n    case "{VALUE}":\n        pass\n',
        f'x: Literal["{VALUE}"] = f()\n',
        f'def f(x: "{VALUE}"): ...\n',
        f'x = "{VALUE}"\nsyntax error here\n',
    ],
)
def test_what_must_stay(text: str) -> None:
    assert literal_at(module(text), place(text)) is None
    assert read_from_environment(module(text), place(text), "HF_TOKEN") is None


@pytest.mark.parametrize(
    ("text", "variable", "fixed"),
    [
        (f'x = "{VALUE}"\n', "HF_TOKEN", 'import os\n\nx = os.environ["HF_TOKEN"]\n'),
        (f'import os as o\nx = "{VALUE}"\n', "HF_TOKEN", 'import os as o\nx = o.environ["HF_TOKEN"]\n'),
        (f"import os\nx = '{VALUE}'\n", "HF_TOKEN", "import os\nx = os.environ['HF_TOKEN']\n"),
        (
            f'import os\nMY_HUB_TOKEN = "{VALUE}"\n',
            "HF_TOKEN",
            'import os\nMY_HUB_TOKEN = os.environ["MY_HUB_TOKEN"]\n',
        ),
        (f'import os\nTOKEN: str = "{VALUE}"\n', "HF_TOKEN", 'import os\nTOKEN: str = os.environ["HF_TOKEN"]\n'),
    ],
)
def test_read_from_environment(text: str, variable: str, fixed: str) -> None:
    edits = read_from_environment(module(text), place(text), variable)
    assert edits is not None
    assert applied(text, edits) == fixed


def test_without_a_name_there_is_no_edit() -> None:
    text = f'x = "{VALUE}"\n'
    assert read_from_environment(module(text), place(text), "") is None


def test_in_a_notebook() -> None:
    source = f'x = "{VALUE}"'
    document = notebook("import os", source)
    edits = read_from_environment(document, place(source, 1), "HF_TOKEN")
    assert edits == (TextEdit(Span(4, 4 + len(VALUE) + 2, 1), 'os.environ["HF_TOKEN"]'),)


def test_the_nearest_place_of_a_value() -> None:
    text = f'a = "{VALUE}"\nb = "{VALUE}"\nf(a, "{VALUE}")\n'
    first, second, third = (i for i in range(len(text)) if text.startswith(VALUE, i))
    call = Span(text.index("f(a"), len(text) - 1)
    assert value_span(module(text), VALUE, call) == Span(third, third + len(VALUE))
    assert value_span(module(text), VALUE, Span(call.start, call.start + 3)) == Span(second, second + len(VALUE))
    assert value_span(module(text), VALUE, Span(0, 1)) == Span(first, first + len(VALUE))
    assert value_span(module(text), "absent", call) is None
    assert value_span(module(text), "", call) is None


def test_a_value_of_an_earlier_cell() -> None:
    document = notebook(f'key = "{VALUE}"', "other = 1", "f(key)")
    assert value_span(document, VALUE, Span(0, 6, 2)) == Span(7, 7 + len(VALUE), 0)
    assert json.loads(document.text)["cells"][0]["source"] == [f'key = "{VALUE}"']
