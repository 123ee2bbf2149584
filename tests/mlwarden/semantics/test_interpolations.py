"""What the model knows of values that a notebook puts into commands."""

from __future__ import annotations

from mlwarden.notebooks.read import read_notebook
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.fragments import fragments_of
from mlwarden.semantics.interpolations import interpolations
from mlwarden.semantics.model import build
from mlwarden.semantics.versions import VersionFacts


def _found(*cells: str) -> list[tuple[str, object, str]]:
    """Of each interpolation the expression, what it may be, and the text of its line."""
    notebook = read_notebook("a.ipynb", as_notebook(*cells))
    fragments, problems = fragments_of(notebook)
    assert problems == []
    model = build(notebook, fragments, VersionFacts())
    return [
        (
            found.expression,
            found.value.constants() or tuple(taint.kind for taint in found.value.taints) or None,
            notebook.cells[found.span.cell or 0].source[found.span.start : found.span.end],
        )
        for found in interpolations(model)
    ]


def test_the_value_at_that_line() -> None:
    assert _found("a = 1\n!ls {a}\na = 2", "b = !ls $a {a + 1}") == [
        ("a", (1,), "!ls {a}"),
        ("a", (2,), "!ls $a {a + 1}"),
        ("a + 1", (3,), "!ls $a {a + 1}"),
    ]


def test_functions_in_the_context_of_their_calls() -> None:
    found = _found("def f(x):\n    if x:\n        !ls {x}\n", "f('a')\nf(input())")
    assert ("x", ("a",), "!ls {x}") in found
    assert ("x", ("input",), "!ls {x}") in found


def test_script_cells_and_magics() -> None:
    assert _found("n = 'x'", "%%bash -s {n}\necho {n}", "%pip install {n}\n%time print('{n}')\n%cd {n}") == [
        ("n", ("x",), "%%bash -s {n}"),
        ("n", ("x",), "%pip install {n}"),
    ]


def test_nothing_in_other_text() -> None:
    assert _found("n = 1\nprint('!ls {n}')\n!awk '{print $1}' x\n# !ls {n}\n'''\n!ls {n}\n'''") == []
