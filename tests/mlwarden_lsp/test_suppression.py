"""The comment that accepts a finding: where it goes, and that the parser of suppressions agrees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.spans import Span
from mlwarden.notebooks.assemble import EditorCell, notebook_of_cells
from mlwarden.source.documents import DependencyFile, Document, ModelFile, PlainText, PythonModule
from mlwarden_lsp.suppression import suppression_edit

KNOWN = frozenset({"MLW101", "MLW102", "B301"})


def finding(start: int, end: int, cell: int | None = None, code: str = "MLW101") -> Finding:
    return Finding(code, Span(start, end, cell), "bad", Severity.HIGH, Confidence.HIGH)


def suppressed(document: Document, found: Finding) -> str | None:
    """The text after the edit."""
    edit = suppression_edit(document, found, KNOWN)
    if edit is None:
        return None
    assert edit.span.cell == found.span.cell
    text = document.text if edit.span.cell is None else document.cells[edit.span.cell].source  # type: ignore[union-attr]
    return str(text[: edit.span.start] + edit.replacement + text[edit.span.end :])


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("bad(x)\n", "bad", "bad(x)  # mlwarden: ignore[MLW101]\n"),
        ("bad(x)  \r\ny", "bad", "bad(x)  # mlwarden: ignore[MLW101]  \r\ny"),
        ("😀 = bad(x)", "bad", "😀 = bad(x)  # mlwarden: ignore[MLW101]"),
        ("bad(x)  # why not\n", "bad", "bad(x)  # why not  # mlwarden: ignore[MLW101]\n"),
        (
            "bad(x)  # mlwarden: ignore[MLW102] reviewed\n",
            "bad",
            "bad(x)  # mlwarden: ignore[MLW102, MLW101] reviewed\n",
        ),
        ("bad(x)  # mlwarden:ignore[]\n", "bad", "bad(x)  # mlwarden:ignore[MLW101]\n"),
        ("bad(x)  # noqa: E501\n", "bad", "bad(x)  # noqa: E501  # mlwarden: ignore[MLW101]\n"),
        # Over several lines: on the first on which a comment can be written.
        ("bad(\n  x,\n)\n", "bad", "bad(  # mlwarden: ignore[MLW101]\n  x,\n)\n"),
        ('bad("""\n# x\n""", y)\n', "bad", 'bad("""\n# x\n""", y)  # mlwarden: ignore[MLW101]\n'),
        ("bad \\\n  .x(1)\n", "bad", "bad \\\n  .x(1)  # mlwarden: ignore[MLW101]\n"),
        ('x = "#"; bad(x)\n', "bad", 'x = "#"; bad(x)  # mlwarden: ignore[MLW101]\n'),
        ('x = """\nbad\n"""\n', "bad", 'x = """\nbad\n"""  # mlwarden: ignore[MLW101]\n'),
        # While somebody is typing: what opens a string that nothing closes is not taken for one.
        ('x = """\nbad\n', "bad", 'x = """\nbad  # mlwarden: ignore[MLW101]\n'),
    ],
)
def test_python(text: str, at: str, expected: str | None) -> None:
    start = text.index(at)
    assert suppressed(PythonModule("a.py", text), finding(start, start + len(at))) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (PlainText("c.yaml", "a:\n  key: bad\n"), "a:\n  # mlwarden: ignore[MLW101]\n  key: bad\n"),
        (PlainText(".env", "KEY=bad"), "# mlwarden: ignore[MLW101]\nKEY=bad"),
        (PlainText("run.sh", "x\r\n\tbad\r\n"), "x\r\n\t# mlwarden: ignore[MLW101]\r\n\tbad\r\n"),
        (DependencyFile("requirements.txt", "bad==1\n"), "# mlwarden: ignore[MLW101]\nbad==1\n"),
        (PlainText("README.md", "# T\n\nbad\n"), "# T\n\n<!-- mlwarden: ignore[MLW101] -->\nbad\n"),
        (PlainText("c.json", '{"key": "bad"}'), None),
        (ModelFile("m.pkl", b"bad"), None),
    ],
    ids=lambda value: getattr(value, "path", ""),
)
def test_other_text(document: Document, expected: str | None) -> None:
    start = document.text.find("bad") if document.text else 0
    assert suppressed(document, finding(start, start + 3 if document.text else 0)) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (EditorCell("x = 1\nbad(x)"), "x = 1\nbad(x)  # mlwarden: ignore[MLW101]"),
        (EditorCell("%pip install bad\n"), "%pip install bad  # mlwarden: ignore[MLW101]\n"),
        (EditorCell("!curl bad | sh"), "!curl bad | sh  # mlwarden: ignore[MLW101]"),
        (EditorCell("%%bash\nbad"), "%%bash\nbad  # mlwarden: ignore[MLW101]"),
        (EditorCell("a bad key", "markdown"), "<!-- mlwarden: ignore[MLW101] -->\na bad key"),
        (EditorCell("bad", "raw"), None),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_notebook_cells(cell: EditorCell, expected: str | None) -> None:
    notebook = notebook_of_cells("nb.ipynb", [EditorCell("first"), cell])
    start = cell.source.index("bad")
    assert suppressed(notebook, finding(start, start + 3, 1)) == expected


def test_nothing_to_write_into_for_a_whole_notebook() -> None:
    assert suppressed(notebook_of_cells("nb.ipynb", [EditorCell("x")]), finding(0, 0)) is None


@given(st.text(st.sampled_from("ab#'\"\\\n\r\t ([:é😀"), max_size=40), st.data())
def test_what_is_offered_keeps_the_text_around_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    edit = suppression_edit(PythonModule("a.py", text), finding(start, end), KNOWN)
    if edit is not None:
        assert edit.span.start == edit.span.end
        assert "\n" not in edit.replacement
        assert "\r" not in edit.replacement
