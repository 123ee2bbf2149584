"""What is read in pieces is what is read in one piece, and stands where it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest

import mlwarden
from mlwarden.semantics import blocks, readings
from mlwarden.semantics.blocks import blocks_of
from mlwarden.semantics.lean_trees import lean_tree
from mlwarden.semantics.members import Member, parts_of
from mlwarden.source.lines import LineIndex

SOURCES = sorted(Path(mlwarden.__file__).parent.rglob("*.py"))
WRITTEN = [
    "class A:\n    def f(self):\n        # é\n        return 'é' + 'ü'\n\n    # after\n    def g(self): return 1\n\n    x = 2\n",
    "class A:\n    def f(self):\n        a = 1; b = 2  # end\n# a comment of nobody\n        c = '''\n  d'''\n        return (a +\n b)\n",
    "class A:\n\tdef f(self):\n\t\tx = 1\n\t\t@d\n\t\tdef g(): pass\n\t\treturn g\n\n\tasync def h(self):\n\t\tawait x\n",
    "class A:\r\n    def f(self):\r\n        x = 1\r\n        return x\r\n\r\n    def g(self):\r\n        return 2\r\n",
    "class A:\n    def f(self): ...#----\n    def g(self):\n        ...#-------\n    def h(self):\n        return self.g\n",
    "if a:\n    x = 1\n    y = 2\nelif b:\n    z = 3\n    u = 4\nelse:\n    v = 5\n    w = 6\n",
    "try:\n    x = 1\n    y = 2\nexcept A:\n    z = 3\nexcept (B, C) as e:\n    raise\nelse:\n    u = 5\nfinally:\n    v = 6\n",
    "def f(a, b=1):\n    'text'\n    x = a\n\n    for y in b:\n        x += y\n    return x\n",
    "for x in y:\n    a = 1\n    b = 2\nelse:\n    c = 3\n",
    "with a as b, c:\n    d = 1\n    e = 2\n",
    "if a:\n    x = 1\nelse:\n    if b:\n        y = 2\n        z = 3\n",
]


def places(tree: cst.Module, reading: readings.Reading) -> Iterator[tuple[str, tuple[int, int]]]:
    stack: list[cst.CSTNode] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.BaseExpression, cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Arg)):
            yield type(node).__name__, reading.span(node)
        stack.extend(reversed(node.children))


def in_pieces(statement: ast.stmt, text: str) -> tuple[readings.Reading, int]:
    lines = LineIndex(text)
    if isinstance(statement, ast.ClassDef):
        parts: tuple[Member | blocks.Block, ...] = parts_of(statement, text, lines, 0).members
    else:
        parts = blocks_of(statement, text, lines, 0)
    return readings.read_exactly(text, parts), len(parts)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "LARGE", 0)
    monkeypatch.setattr(blocks, "PIECE", 4)


def compared(text: str) -> int:
    """The number of blocks that were read by themselves."""
    (statement,) = ast.parse(text).body
    reading, count = in_pieces(statement, text)
    whole = readings.ExactReading(cst.parse_module(text))
    assert list(places(reading.tree, reading)) == list(places(whole.tree, whole))
    return count if type(reading) is not readings.ExactReading else 0


@pytest.mark.parametrize("text", WRITTEN)
def test_written(text: str) -> None:
    compared(text)


def test_most_are_read_in_pieces() -> None:
    assert [compared(text) for text in WRITTEN] == [2, 1, 2, 2, 0, 3, 5, 1, 2, 1, 0]


@pytest.mark.parametrize("path", SOURCES[::7], ids=lambda path: path.stem)
def test_our_own_sources(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for statement in ast.parse(text).body:
        if not hasattr(statement, "body"):
            continue
        line = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))])
        compared("".join(text.splitlines(keepends=True)[line - 1 : statement.end_lineno]))


def test_a_class_that_libcst_cannot_read_tells_the_place_in_the_whole() -> None:
    text = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 1 +\n"
    members = (
        Member("f", frozenset(), frozenset(), text.index("return"), text.index("return") + 8),
        Member("g", frozenset(), frozenset(), text.rindex("return"), len(text) - 1),
    )
    with pytest.raises(cst.ParserSyntaxError) as raised:
        readings.read(text, members)
    assert raised.value.raw_line == 6


def test_libcst_is_asked_for_what_the_lean_tree_does_not_say() -> None:
    text = "f((a, b), key='x')\n"
    reading = readings.read(text)
    call = reading.tree.body[0].body[0].value  # type: ignore[union-attr]
    first, second = call.args
    assert reading.span(call) == (0, 18)
    assert reading.span(second.value) == (14, 17)
    assert second.value.value == '"x"'
    assert "_found" not in vars(reading)
    assert reading.span(first.value) == (3, 7)  # libcst leaves out the parentheses
    assert reading.span(second.keyword) == (10, 13)
    written = reading.as_written(second.value)
    assert written.value == "'x'"
    assert reading.span(written) == (14, 17)


def test_what_libcst_cannot_read_stands_somewhere_in_the_text() -> None:
    text = "f((a, b))\nx[(yield)] += 1\n"
    reading = readings.LeanReading(*lean_tree(text), len(text), lambda: readings.read_exactly("f(("))
    call = reading.tree.body[0].body[0].value  # type: ignore[union-attr]
    assert reading.span(call) == (0, 9)
    assert reading.span(call.args[0].value) == (0, len(text))
    assert reading.as_written(call) is None
