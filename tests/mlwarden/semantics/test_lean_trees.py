"""A lean tree says what libcst's tree of the same text says, and knows the same places."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlwarden
from mlwarden.semantics.counterparts import counterparts
from mlwarden.semantics.lean_nodes import FIELDS
from mlwarden.semantics.lean_trees import NoLeanTreeError, lean_tree
from mlwarden.semantics.literal_values import formatted_text, string_value
from mlwarden.semantics.members import parts_of
from mlwarden.semantics.positions import offsets_of
from mlwarden.semantics.readings import read_exactly
from mlwarden.semantics.values import Constant
from mlwarden.source.lines import LineIndex

OWN = sorted(Path(mlwarden.__file__).parent.rglob("*.py"))
LIBRARY = Path(sysconfig.get_paths()["stdlib"])
# Modules with all that the language has, and long ones.
STANDARD = [
    "argparse",
    "asyncio/tasks.py",
    "contextlib",
    "dataclasses",
    "enum",
    "fractions",
    "inspect",
    "typing",
    "unittest/mock.py",
    "zipimport",
]
PIECES = [
    "x = 1; y = 2\nif a: b; c\n",
    "if a:\n    b\nelif c:\n    d\nelse:\n    if e:\n        f\n",
    "a = b = *c, d = e\n",
    "x: int\nx: 'str' = 1\nx += 1\nx @= y\nx //= -1\n",
    "f(*a, b=1, *c, **d, e=2)\nf(x for x in y)\nf((x for x in y), 1)\nclass A(B, *C, metaclass=D, **E): pass\n",
    "def f(a, /, b, *, c=1): pass\ndef g(*a: int, b=2, **c: str) -> None: ...\ndef h(a=1, /): pass\nlambda *a, b=1: (a, b)\n",
    "import a.b.c as d, e\nfrom . import f\nfrom ...g.h import (i as j, k)\nfrom l import *\n",
    "x[a, b:c, ::2, :]\nx[a]\nx[a,]\nx[()]\nx[(a)]\nx[-1:]\n",
    "[a, *b]\n(a, *b)\n{a, *b}\n{**a, 'b': c}\n()\n[x for y in z if a if b for c in d]\n{x: y for x in y}\n{x async for x in y}\n",
    "not a and b or c and (d and e)\na < b <= c is not d not in e\n-a ** ~b\na if b else c\n(a := 1)\n",
    "async def f():\n    async with a as b, c:\n        await d\n    async for x in y:\n        yield x\n    else:\n        return (yield)\n    yield from z\n",
    "try:\n    a\nexcept (B, C) as d:\n    raise E from f\nexcept:\n    raise\nelse:\n    g\nfinally:\n    h\nwhile i:\n    break\nelse:\n    continue\n",
    "del a, b[0], c.d\ndel e\nassert f, g\nglobal h, i\npass\n",
    "@a.b(c)\n@d\nclass E(F):\n    'text'\n    @property\n    def g(self): return self.h\n",
    "match a:\n    case 1 | 'x' | None: pass\n    case [b, *_, c] if d: pass\n    case (e, f): pass\n    case {'k': g, **rest}: pass\n    case A.B(h, k=[i] as j): pass\n    case _: pass\n",
    "'a' 'b'\nf'{a}' 'b' f'{c!r:>{d}}'\nb'x'\n1_000\n0x1F\n1e3\n2j\n...\nTrue\n",
    "ä = 'é', f(ü)\nif 1:\n    'é' ; g('ß', (h))\n\f\nx = 1\n",
    "a.b.c.d(e)(f)[g](h)\n(a + b)(c)\n(a, b)(c)\n",
    "class A:\r\n    def f(self):\r\n        return f('é')\r\n\r\n    x = 1\r\n",
]
LEAVES = (str, bool, type(None))


def nodes(tree: cst.CSTNode) -> Iterator[cst.CSTNode]:
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        for name in ("body" if isinstance(node, cst.Module) else FIELDS.get(type(node).__name__, "")).split():
            value = getattr(node, name)
            todo.extend(
                each
                for each in (value if isinstance(value, (list, tuple)) else [value])
                if isinstance(each, cst.CSTNode)
            )


def says(node: cst.CSTNode) -> dict[str, Any]:
    """The fields of a node that are no nodes."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return {"value": node.evaluated_value}
    if isinstance(node, (cst.Integer, cst.Float, cst.Imaginary)):
        return {"value": ast.literal_eval(node.value)}
    if isinstance(node, cst.FormattedStringExpression) and node.equal is not None:
        return {}
    names = FIELDS.get(type(node).__name__, "").split()
    found = {name: getattr(node, name) for name in names if isinstance(getattr(node, name), LEAVES)}
    if isinstance(node, (cst.Arg, cst.Index, cst.Param)):
        found["star"] = found.get("star") or ""
    return found


def compared(text: str) -> int:
    """The number of places that were compared."""
    lean, places = lean_tree(text)
    read = cst.parse_module(text)
    found = counterparts(lean, read)
    spans = offsets_of(read)
    noted = 0
    for node in nodes(lean):
        theirs = found.get(id(node))
        if theirs is None or (isinstance(theirs, cst.ConcatenatedString) and isinstance(node, cst.FormattedString)):
            continue
        if not isinstance(node, cst.FormattedString):
            assert says(node) == says(theirs)
        place = places.of(node)
        if place is not None:
            assert place == spans[id(theirs)], text[slice(*place)]
            noted += 1
    return noted


@pytest.mark.parametrize("text", PIECES)
def test_pieces(text: str) -> None:
    compared(text)


@pytest.mark.parametrize("path", OWN[::9], ids=lambda path: path.stem)
def test_our_own_sources(path: Path) -> None:
    compared(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", STANDARD)
def test_standard_library(name: str) -> None:
    text = (LIBRARY / (name if name.endswith(".py") else f"{name}.py")).read_text(encoding="utf-8")
    try:
        noted = compared(text)
    except NoLeanTreeError:
        assert "[(" in text  # the one thing that is left to libcst
    else:
        assert noted > 500


@pytest.mark.parametrize("text", ["x[(a, b)]\n", "x[(a), (b)]\n", "x[(a, b), c]\nx[(a), (b)]\n", "f(\n", "x = '\0'\n"])
def test_what_is_left_to_libcst(text: str) -> None:
    with pytest.raises(NoLeanTreeError):
        lean_tree(text)


@given(st.text())
def test_strings(text: str) -> None:
    tree, _ = lean_tree(f"{text!r}\n")
    assert string_value(tree.body[0].body[0].value.value) == Constant(text)  # type: ignore[union-attr]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_texts_between_braces(text: str) -> None:
    written = repr(text).replace("{", "{{").replace("}", "}}")
    tree, _ = lean_tree(f"f{written}\n")
    parts = tree.body[0].body[0].value.parts  # type: ignore[union-attr]
    assert "".join(formatted_text(part.value, raw=False) for part in parts) == text


def test_methods_that_are_left_out() -> None:
    text = "class A:\n    def f(self):\n        return 'é', g(1)\n\n    @d\n    def g(self):\n        h(2)\n        return 3\n\n    x = y(4)\n"
    module = ast.parse("# é\n\n" + text)
    (statement,) = module.body
    alone = ast.parse(text).body[0]
    assert isinstance(statement, ast.ClassDef)
    assert isinstance(alone, ast.ClassDef)
    f, g = parts_of(alone, text, LineIndex(text), 0).members
    (f, g) = (
        parts_of(statement, text, LineIndex(text), 0).members
        if False
        else parts_of(ast.parse(text).body[0], text, LineIndex(text), 0).members
    )  # type: ignore[arg-type]
    for left_out in (frozenset(), frozenset([f]), frozenset([g]), frozenset([f, g])):
        for parsed in (None, (module.body, 2)):
            lean, places = lean_tree(text, left_out, parsed)
            exact = read_exactly(text, (), left_out)
            found = counterparts(lean, exact.tree)
            calls = [node for node in nodes(lean) if isinstance(node, cst.Call)]
            assert sorted(text[slice(*(places.of(call) or (0, 0)))] for call in calls) == sorted(
                call for call, method in (("g(1)", f), ("h(2)", g), ("y(4)", None)) if method not in left_out
            )
            assert [places.of(call) for call in calls] == [exact.span(found[id(call)]) for call in calls]
    assert len(statement.body[0].body) == 1  # type: ignore[attr-defined]
    assert isinstance(statement.body[0].body[0], ast.Return)  # type: ignore[attr-defined]  # what was parsed is left as it was
