"""What editors show, as the library's documents."""

from __future__ import annotations

from typing import Any

import pytest

from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Magic, Notebook
from mlwarden.source.documents import DependencyFile, Document, PlainText, PythonModule
from mlwarden.source.problems import Problem
from mlwarden_lsp.documents import document_of
from mlwarden_lsp.snapshot import CellPart, NotebookSnapshot, Part, TextSnapshot


def _text(uri: str, language: str, text: str) -> Document | Problem | None:
    return document_of(TextSnapshot(uri, 1, Part(uri, 1, text, language)))


@pytest.mark.parametrize(
    ("uri", "language", "text", "expected"),
    [
        ("file:///w/a.py", "python", "x = 1\n", PythonModule("/w/a.py", "x = 1\n")),
        # The encoding that a file declares says nothing about text that an editor has decoded already.
        ("file:///w/a.py", "python", "# coding: latin-1\né", PythonModule("/w/a.py", "# coding: latin-1\né")),
        ("file:///w/a.py", "python", "\ufeffx = 1", PythonModule("/w/a.py", "x = 1")),
        ("file:///w/a.py", "plaintext", "x", PythonModule("/w/a.py", "x")),
        ("file:///w/tool", "python", "x", PythonModule("/w/tool", "x")),
        (
            "file:///w/tool",
            "plaintext",
            "#!/usr/bin/env python3\nx",
            PythonModule("/w/tool", "#!/usr/bin/env python3\nx"),
        ),
        ("untitled:Untitled-1", "python", "x", PythonModule("Untitled-1", "x")),
        ("untitled:", "python", "x", PythonModule("untitled", "x")),
        # JupyterLab: a notebook's cells as one Python text.
        ("file:///w/nb.ipynb", "python", "a = 1\n\n\nb = 2", PythonModule("/w/nb.ipynb", "a = 1\n\n\nb = 2")),
        ("file:///w/requirements.txt", "pip-requirements", "torch", DependencyFile("/w/requirements.txt", "torch")),
        ("untitled:Untitled-2", "pip-requirements", "torch", DependencyFile("requirements.txt", "torch")),
        ("file:///w/.env", "dotenv", "A=1", PlainText("/w/.env", "A=1")),
        ("untitled:Untitled-3", "dotenv", "A=1", PlainText(".env", "A=1")),
        ("untitled:Untitled-4", "yaml", "a: 1", PlainText("untitled.yaml", "a: 1")),
        ("file:///w/c.yaml", "yaml", "a: 1", PlainText("/w/c.yaml", "a: 1")),
        ("file:///w/a.rs", "rust", "fn main() {}", None),
        ("file:///w/model.pkl", "plaintext", "\ufffd", None),
        ("untitled:Untitled-5", "plaintext", "words", None),
    ],
)
def test_text_documents(uri: str, language: str, text: str, expected: Document | None) -> None:
    assert _text(uri, language, text) == expected


def test_a_notebook_that_is_open_as_json() -> None:
    text = '{"cells": [{"cell_type": "code", "source": ["x = 1"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    document = _text("file:///w/nb.ipynb", "json", text)
    assert isinstance(document, Notebook)
    assert (document.path, document.text) == ("/w/nb.ipynb", text)
    assert [cell.source for cell in document.cells] == ["x = 1"]


def test_json_that_is_no_notebook_is_a_problem() -> None:
    document = _text("file:///w/nb.ipynb", "json", '{"cells": ')
    assert isinstance(document, Problem)
    assert document.code == "MLW004"


def _notebook(*cells: CellPart, metadata: dict[str, Any] | None = None) -> NotebookSnapshot:
    return NotebookSnapshot("file:///w/nb.ipynb", 1, cells, metadata or {})


def test_a_notebook_of_cells() -> None:
    tags = {"metadata": {"tags": ["noqa", 3]}, "id": "cell-1"}
    made = document_of(
        _notebook(
            CellPart("c:1", 1, "# Title", "markdown", code=False),
            CellPart("c:2", 1, "%pip install x\ny = 1", "python", metadata=tags),
            CellPart("c:3", 1, "\ufeffraw", "raw"),
            CellPart("c:4", 1, "%%bash\nls", "python"),
            CellPart("c:5", 1, "SELECT 1", "sql"),
        )
    )
    assert isinstance(made, Notebook)
    assert (made.path, made.text, made.language) == ("/w/nb.ipynb", "", "python")
    assert made.cells == (
        Cell(0, "", "markdown", "# Title", ""),
        Cell(
            1,
            "cell-1",
            "code",
            "%pip install x\ny = 1",
            "0" + " " * 13 + "\ny = 1",
            (Magic("line", "pip", "install x", "", Span(0, 14), Span(5, 14)),),
            ("noqa",),
        ),
        Cell(2, "", "raw", "raw", ""),
        Cell(3, "", "code", "%%bash\nls", "", (Magic("cell", "bash", "", "ls", Span(0, 9), Span(6, 6), Span(7, 9)),)),
        Cell(4, "", "code", "SELECT 1", ""),
    )


@pytest.mark.parametrize(
    "metadata",
    [
        {"tags": ["noqa"]},
        {"metadata": {"tags": ["noqa"]}},
        {"custom": {"metadata": {"tags": ["noqa"]}}},
    ],
)
def test_cell_tags_wherever_the_client_keeps_them(metadata: dict[str, Any]) -> None:
    made = document_of(_notebook(CellPart("c:1", 1, "", "python", metadata=metadata)))
    assert isinstance(made, Notebook)
    assert made.cells[0].tags == ("noqa",)


@pytest.mark.parametrize(
    "metadata", [{"tags": "noqa"}, {"metadata": ["tags"]}, {"custom": {"metadata": 1}}, {"metadata": None}]
)
def test_metadata_of_a_shape_that_makes_no_sense(metadata: dict[str, Any]) -> None:
    made = document_of(_notebook(CellPart("c:1", 1, "", "python", metadata=metadata), metadata=metadata))
    assert isinstance(made, Notebook)
    assert made.cells[0].tags == ()


def test_the_language_is_the_kernels() -> None:
    kernel = {"kernelspec": {"name": "ir", "language": "R"}}
    made = document_of(_notebook(CellPart("c:1", 1, "x <- 1", "r"), metadata={"metadata": kernel}))
    assert isinstance(made, Notebook)
    assert (made.language, made.cells[0].python) == ("r", "")
