"""Every import statement is found in the bytes of a file, however it is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlwarden
from mlwarden.engine.import_statements import Imported, imports_in


def parsed(text: str) -> Iterator[Imported]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = frozenset(alias.name for alias in node.names)
            yield Imported("." * node.level + (node.module or ""), names - {"*"}, "*" in names)


def missed(text: str, content: bytes | None = None) -> list[Imported]:
    found = list(imports_in(text.encode() if content is None else content))
    return [
        each
        for each in parsed(text)
        if not any(
            (other.module, other.star) == (each.module, each.star)
            and (other.names is None) == (each.names is None)
            and (other.names or frozenset()) >= (each.names or frozenset())
            for other in found
        )
    ]


WRITTEN = [
    "import a",
    "import a as b, c.d as e ,f",
    "import\ta,\\\n  b\\\n.c",
    "from a import b",
    "from a import b as c, d",
    "from a import (b, # ) of c\n  c as d,\n  e,\n)",
    "from a import(b)",
    "from a import \\\n  b, \\\n  c",
    "from.a import b",
    "from.import b",
    "from..import(b, c)",
    "from . a . b import c",
    "from .. import b",
    "from a import *",
    "from a import*",
    "from.a import*",
    "from \\\n a \\\n import b",
    "from import_a.b_import import import_c",
    "if x: import a",
    "if x: from a import b",
    "x = 1; import a; from b import c ;import d",
    "try: import a\nexcept ImportError: from b import a",
    "def f():\n\timport a; return a",
    "\fimport a",
    "import é.b",
    "from é import b, ü as c",
    "import a\rimport b\r\nfrom c import d",
    "class A: from b import c",
    "from a import b#, c",
    "import a # and b",
    "from a import (b,\n# c\n d as\\\n e, f)",
    "for x in y: import a",
    "lambda: 0; from a import b",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_every_spelling(text: str) -> None:
    assert list(parsed(text)) != []
    assert missed(text) == []


SPACES = st.sampled_from([" ", "  ", "\t", " \\\n", "\f "])
NAMES = st.sampled_from(["a", "importer", "from_b", "as_c", "é", "_1", "import_"])


@st.composite
def statements(draw: st.DrawFn) -> str:
    def space(may_be_none: bool = False) -> str:
        return "" if may_be_none and draw(st.booleans()) else draw(SPACES)

    def alias() -> str:
        return draw(NAMES) + (f"{space()}as{space()}{draw(NAMES)}" if draw(st.booleans()) else "")

    def several(items: list[str]) -> str:
        return "".join(f"{item}{space(True)},{space(True)}" for item in items[:-1]) + items[-1]

    count = draw(st.integers(1, 3))
    if draw(st.booleans()):
        return f"import{space()}{several([alias() for _ in range(count)])}"
    dots = draw(st.sampled_from(["", ".", "..", ". ."]))
    module = ".".join(draw(NAMES) for _ in range(draw(st.integers(0 if dots else 1, 2))))
    begun = f"from{space(bool(dots))}{dots}{space(True)}{module}{space(not module)}import"
    names = several([alias() for _ in range(count)])
    if draw(st.booleans()):
        end = draw(st.sampled_from(["", ",", ", # (x)", ",\n"]))
        return f"{begun}{space(True)}({names}{end}\n)"
    return f"{begun}{space()}{names}"


@given(st.lists(statements(), min_size=1, max_size=4), st.sampled_from(["\n", "; ", "\r\n", ";"]))
def test_any_spelling(several: list[str], between: str) -> None:
    assert missed(between.join(several)) == []


def test_our_own_sources() -> None:
    for path in Path(mlwarden.__file__).parent.rglob("*.py"):
        assert missed(path.read_text(encoding="utf-8")) == [], path


def test_what_stands_in_comments_and_other_words_is_none() -> None:
    text = "# import a\nimportant = 1\nfromage = 2\nx.import_a = 3\nfrom_a = 4\nimport_b = 5\n"
    assert list(imports_in(text.encode())) == []


@pytest.mark.parametrize(
    ("text", "in_block"),
    [
        ("from a import *", False),
        ("x = 1; from a import *", False),
        ("if TYPE_CHECKING:\n    from a import *", True),
        ("if TYPE_CHECKING:\n\tfrom a import *", True),
        ("if TYPE_CHECKING: from a import *", True),
        ("    from a import b", False),
    ],
)
def test_stars_in_blocks_are_told(text: str, in_block: bool) -> None:
    assert [each.in_block for each in imports_in(text.encode())] == [in_block]
