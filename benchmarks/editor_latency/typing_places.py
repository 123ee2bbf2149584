"""Where keystrokes are typed, and which: places in a file that differ in what a server has to work out again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

# What is added to a file in which nothing is found, so that there is a function with a finding.
PLANTED = (
    "\n\n\ndef planted_for_the_benchmark(path):\n    with open(path, 'rb') as file:\n        return pickle.load(file)\n"
)
PLANTED_IMPORT = "import pickle\n"


class Place(NamedTuple):
    """A new line, typed letter by letter.

    Attributes:
        name: what is special about it.
        line: the new line comes before this one, counted from 0.
        typed: its text.
    """

    name: str
    line: int
    typed: str


def places(text: str, found: int) -> tuple[Place, ...]:
    """The places to type at in a file of Python code.

    Args:
        text: the code; it has to parse.
        found: the line of a finding, counted from 0.
    """
    lines = text.splitlines()
    functions = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _starts_line(node.body[-1], lines)
    ]
    around = [node for node in functions if node.lineno <= found + 1 <= (node.end_lineno or 0)]
    apart = [node for node in functions if node not in around]
    chosen = [Place("at the top", _after_docstring(text), "import shutil")]
    if around:
        chosen.append(_within("with the finding", max(around, key=lambda node: node.lineno), "limit = min(12, 4)"))
    if apart:
        longest = max(apart, key=lambda node: (node.end_lineno or 0) - node.lineno)
        chosen.append(_within("another function", longest, "total = sum((1, 2))"))
    return (*chosen, Place("a comment at the end", text.count("\n"), "# to be done"))


def _within(name: str, function: ast.FunctionDef | ast.AsyncFunctionDef, statement: str) -> Place:
    """Before the last statement of a function's body, which is not its docstring unless there is no other."""
    last = function.body[-1]
    decorators = getattr(last, "decorator_list", [])
    line = min(node.lineno for node in (last, *decorators))
    return Place(name, line - 1, " " * last.col_offset + statement)


def _starts_line(node: ast.stmt, lines: list[str]) -> bool:
    """Whether a statement has nothing but white space before it: not `def f(): return 1`."""
    return not lines[node.lineno - 1].encode()[: node.col_offset].strip()


def _after_docstring(text: str) -> int:
    """Where an import can stand: after the docstring and what must come first."""
    line = 0
    for node in ast.parse(text).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.lineno < 3
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not docstring and not future:
            break
        line = node.end_lineno or 0
    return line


def planted(text: str) -> str:
    """The file with a function in which something is found, at its end."""
    line = _after_docstring(text)
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:line], PLANTED_IMPORT, *lines[line:]]).rstrip("\n") + PLANTED


def keystrokes(place: Place) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of each insertion: Enter with the indentation, then a letter each."""
    indentation = len(place.typed) - len(place.typed.lstrip())
    # The line is made first, so that the cursor is in it: as an editor does it when one opens a line above.
    yield place.line, 0, place.typed[:indentation] + "\n"
    for column in range(indentation, len(place.typed)):
        yield place.line, column, place.typed[column]
