"""What IPython puts into commands, and how such a line is written as Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.notebooks.interpolation import MARK, expressions_in, python_of
from mlwarden.notebooks.read import read_notebook
from mlwarden.rules.examples import as_notebook


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ls", ()),
        ("ls {path}", ("path",)),
        ("cp $a.b {c[1:2]} {d!r} ${e}", ("a.b", "c[1:2]", "d", "e")),
        ("ls {{path}} $$path", ()),
        ("awk '{print $1}' {path}", ()),
        ("curl -d '{\"a\": 1}' {url}", ()),
        ("echo '$HOME' $name", ("name",)),
        ("echo {", ()),
        ("echo {}", ()),
        ("echo {x for x in y}", ()),
    ],
)
def test_expressions(command: str, expected: tuple[str, ...]) -> None:
    assert expressions_in(command) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("!ls {path} $name", f"{MARK}(path,name)"),
        ("if x:\n    !ls {path}\ny = 1", f"if x:\n    {MARK}(path)\ny = 1"),
        ("files = !ls {path}", f"files = {MARK}(path)"),
        ("files = %sx ls {path}", f"files = {MARK}(path)"),
        ("%pip install {name}", f"{MARK}(name)"),
        ("!a \\\n  {long_name} \\\n {b}\nz", f"{MARK}(\nlong_name,b)\n\nz"),
        ("%%bash -s {x}\necho {y}\n", f"{MARK}(x)\n"),
        ("!$command", "0"),
        ("!echo '{print}'", f"{MARK}(print)"),
        ("%env A={x}", "0"),
    ],
)
def test_python(source: str, expected: str) -> None:
    cell = read_notebook("a.ipynb", as_notebook(source)).cells[0]
    found = python_of(cell)
    assert len(found) == len(source)
    assert [line.rstrip() for line in found.splitlines()] == expected.splitlines() + [""] * (
        len(source.splitlines()) - len(expected.splitlines())
    )


@given(st.text(alphabet="!%$ {}ab.'\"\\\n:[]=x(,)", max_size=60))
def test_the_length_and_the_line_ends_stay(source: str) -> None:
    cell = read_notebook("a.ipynb", as_notebook(source)).cells[0]
    found = python_of(cell)
    if found != cell.python:
        assert len(found) == len(source)
        assert [i for i, c in enumerate(found) if c in "\r\n"] == [i for i, c in enumerate(source) if c in "\r\n"]
