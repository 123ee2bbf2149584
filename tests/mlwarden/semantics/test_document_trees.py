"""The trees of a document, and the places of their nodes."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.document_trees import enclosing_function, trees_of
from mlwarden.source.documents import PythonModule


@given(
    st.lists(
        st.sampled_from(["import a", "x = 'ä€😀'; import b", "if x:\r\n    import c", "\timport", "# é"]), max_size=6
    )
)
def test_spans_hold_the_very_text_of_a_node(lines: list[str]) -> None:
    text = "\n".join(lines)
    for part in trees_of(PythonModule("a.py", text)):
        for node in ast.walk(part.tree):
            if isinstance(node, ast.Import):
                span = part.span(node)
                assert text[span.start : span.end] == f"import {node.names[0].name}"


def test_a_document_that_does_not_parse_has_no_tree() -> None:
    assert trees_of(PythonModule("a.py", "def f(:\n")) == []


def test_the_innermost_function_is_found() -> None:
    (part,) = trees_of(PythonModule("a.py", "x = 1\ndef f():\n    def g():\n        y\n    z\n"))
    names = [getattr(enclosing_function(part, line), "name", None) for line in (1, 2, 4, 5)]
    assert names == [None, "f", "g", "f"]
