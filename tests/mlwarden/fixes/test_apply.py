"""Edits to text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.fixes.apply import apply, changed_only_inside, splice
from mlwarden.fixes.imports import import_edit
from mlwarden.model.fixes import Fix, TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.read import read_notebook
from mlwarden.source.decoding import decode_python, encode
from mlwarden.source.documents import DependencyFile, PlainText, PythonModule


def edit(start: int, end: int, replacement: str) -> TextEdit:
    return TextEdit(Span(start, end), replacement)


def test_every_kind_of_text_is_edited_alike() -> None:
    fix = Fix("Mend", (edit(4, 5, "B"), edit(1, 1, "!")))
    for kind in (PythonModule, DependencyFile, PlainText):
        assert apply(kind("a", "a\r\n\tb\x0c\u2028😀"), [fix]) == "a!\r\n\tB\x0c\u2028😀"


def test_bytes_outside_of_the_edit_stay() -> None:
    content = b"\xef\xbb\xbf# coding: utf-8\r\nx = 'caf\xc3\xa9'\rload(p)\t# \xf0\x9f\x98\x80"
    decoded = decode_python(content)
    at = decoded.text.index(")")
    fixed = splice(decoded.text, [edit(at, at, ", weights_only=True")])
    assert encode(fixed, decoded) == content.replace(b"(p", b"(p, weights_only=True")


def test_an_edit_that_several_fixes_share_is_made_once() -> None:
    line = edit(0, 0, "import os\n")
    fixes = [Fix("a", (line, edit(0, 1, "A"))), Fix("b", (line, edit(2, 3, "B")))]
    assert apply(PythonModule("a.py", "a b"), fixes) == "import os\nA B"


def test_insertions_at_one_place_keep_their_order() -> None:
    assert splice("ab", [edit(1, 2, "B"), edit(1, 1, "1"), edit(1, 1, "2")]) == "a12B"


@pytest.mark.parametrize("edits", [[edit(0, 2, "x"), edit(1, 3, "y")], [edit(2, 9, "x")]])
def test_edits_that_do_not_fit(edits: list[TextEdit]) -> None:
    with pytest.raises(ValueError, match="overlaps another or lies outside"):
        splice("abcd", edits)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("abcd", "aXYd", True),
        ("abcd", "aXYD", False),
        ("abcd", "AXYd", False),
        ("abcd", "aXYdd", False),
        ("abcd", "aXd", False),
    ],
)
def test_the_check_of_the_promise(old: str, new: str, expected: bool) -> None:
    assert changed_only_inside(old, new, [edit(1, 3, "XY")]) is expected
    assert changed_only_inside(old, old, [])


@given(st.text(), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.text(max_size=3)), max_size=5))
def test_splicing_changes_only_what_is_inside(text: str, parts: list[tuple[int, int, str]]) -> None:
    edits, at = [], 0
    for gap, length, replacement in parts:
        if at + gap + length > len(text):
            break
        edits.append(edit(at + gap, at + gap + length, replacement))
        at += gap + length
    new = splice(text, reversed(edits) if len({e.span.start for e in edits}) == len(edits) else edits)
    assert changed_only_inside(text, new, edits)
    assert len(new) == len(text) + sum(len(e.replacement) - (e.span.end - e.span.start) for e in edits)


def test_a_notebook_keeps_every_byte_outside_of_the_edits() -> None:
    text = '{"cells": [{"cell_type": "code",\r\n "source": ["%%time\\n", "l\\u00f6ad(p)"], "metadata": {},\r\n' + (
        ' "outputs": [], "execution_count": 1}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4 }\n'
    )
    notebook = read_notebook("a.ipynb", text)
    at = notebook.cells[0].source.index(")")
    name, line = import_edit(notebook, "os", cell=0)
    assert line is not None
    title = text.index('"code"')
    fix = Fix("Mend", (TextEdit(Span(at, at, 0), f', "é", {name}'), line, TextEdit(Span(title, title + 6), '"raw"')))
    after = apply(notebook, [fix])
    assert json.loads(after)["cells"][0]["source"] == ["%%time\n", "import os\n", 'löad(p, "é", os)']
    assert after.startswith('{"cells": [{"cell_type": "raw",\r\n "source": ["%%time\\n", ')
    assert after.endswith(text[text.index('], "metadata": {},\r\n') :])
    assert "l\\u00f6ad(p" in after
