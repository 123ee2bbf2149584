"""Leaving the bodies of methods out moves nothing, and keeps what others need."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import replace

import libcst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.fragments import fragments_of
from mlwarden.semantics.relevance import relevant
from mlwarden.source.documents import PythonModule

BODIES = (
    "return self.load(path)",
    "'''Words.'''\nreturn 1",
    "x = 'ä𝒳'  # ü\nself.options['a'] = x",
    "if path:\n    return (1,\n        2)\nreturn 3",
    "@cache\ndef inner():\n    return 4\nreturn inner()",
    "...",
    "text = '''\nat the margin\n'''\nreturn text",
    "return 5; print(6)",
)
ends = st.sampled_from(["\n", "\r\n"])


@st.composite
def classes(draw: st.DrawFn) -> str:
    lines = ["import torch", "class Model(Base):", "    size = 1"]
    for number in range(draw(st.integers(1, 4))):
        head = draw(
            st.sampled_from(["def f{}(self, path='é'):", "async def f{}(self, path):", "@p('é')\ndef f{}(self):"])
        )
        body = textwrap.indent(draw(st.sampled_from(BODIES)), "    ")
        lines.append(textwrap.indent(f"{head.format(number)}\n{body}", "    "))
    return draw(ends).join("\n".join([*lines, "after = 2", ""]).split("\n"))


@given(classes(), st.data(), st.booleans())
def test_what_is_left_out_moves_nothing(text: str, data: st.DataObject, by_libcst: bool) -> None:
    fragment = next(fragment for fragment in fragments_of(PythonModule("a.py", text))[0] if fragment.is_class)
    assert fragment.parts is not None
    members = fragment.parts.members
    fragment = replace(fragment, by_libcst=by_libcst)
    left_out = frozenset(data.draw(st.sets(st.sampled_from(members)))) if members else frozenset()
    shorter = fragment.without(left_out)
    if by_libcst:
        assert len(shorter.tree.code) == len(fragment.text)
        ast.parse(shorter.tree.code)
    (outer,) = shorter.tree.body
    (twins,) = fragment.tree.body
    assert isinstance(outer, libcst.ClassDef)
    assert isinstance(twins, libcst.ClassDef)
    pairs = [
        pair for pair in zip(outer.body.body, twins.body.body, strict=True) if isinstance(pair[0], libcst.FunctionDef)
    ]
    assert len(pairs) == text.count("def f")
    for node, twin in pairs:
        assert isinstance(node, libcst.FunctionDef)
        assert isinstance(twin, libcst.FunctionDef)
        assert node.name.value == twin.name.value
        assert shorter.span(node.name) == fragment.span(twin.name)
        if node.name.value not in {member.name for member in left_out}:
            assert node.deep_equals(twin)


def kept(text: str, *words: str) -> set[str]:
    """The methods that libcst reads."""
    fragments = relevant(fragments_of(PythonModule("a.py", text))[0], words)
    return {
        member.name
        for fragment in fragments
        if fragment.parts is not None
        for member in fragment.parts.members
        if member not in fragment.left_out
    }


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ("def a(self):\n    torch.load(p)\ndef b(self):\n    return size + 1\n", {"a"}),
        ("def a(self):\n    torch.load(self.p)\ndef b(self):\n    self.p = read()\n", {"a", "b"}),
        ("def a(self, p):\n    torch.load(p)\ndef b(self):\n    return self.a(input())\n", {"a", "b"}),
        ("def a(self):\n    self.read = torch.load\ndef b(self):\n    return self.read(p)\n", {"a", "b"}),
        ("def a(self):\n    torch.load(**self.o)\ndef b(self):\n    self.o.update(x=1)\n", {"a", "b"}),
        ("def a(self):\n    torch.load(self.p)\ndef b(self):\n    setattr(self, 'p', 1)\n", {"a", "b"}),
        ("def a(self):\n    '''load'''\n    return 12\ndef b(self, load=1):\n    f(load=2)\n", set()),
        (
            "def a(self):\n    return Other(torch.load)\ndef find_class(self, m, n):\n    return m\n",
            {"a", "find_class"},
        ),
    ],
)
def test_methods_that_can_matter(methods: str, expected: set[str]) -> None:
    text = f"import torch\nclass A:\n{textwrap.indent(methods, '    ')}\n"
    assert kept(text, ".load") == expected


def test_a_global_inside_is_bound_by_what_holds_it() -> None:
    text = (
        "class Model:\n    def load(self, path):\n        if path:\n            global CACHE\n            CACHE = path\n"
        "def plain(path):\n    CACHE = path\n    return CACHE\n"
        "def reset():\n    def inner():\n        global LEFT\n        LEFT = 1\n    return inner\n"
    )
    fragments, problems = fragments_of(PythonModule("model.py", text))
    assert problems == []
    assert [fragment.binds for fragment in fragments] == [{"Model", "CACHE"}, {"plain"}, {"reset", "LEFT"}]
    parts = fragments[0].parts
    assert parts is not None
    assert [member.binds for member in parts.members] == [{"load", "CACHE"}]
