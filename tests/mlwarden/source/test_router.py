"""From bytes to documents."""

from __future__ import annotations

import codecs
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.rule_info import DocumentKind
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.decoding import encode
from mlwarden.source.documents import DependencyFile, Document, ModelFile, PlainText, PythonModule
from mlwarden.source.problems import Problem
from mlwarden.source.router import decode_as, document_from_text, document_of, kind_of, shown_document

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("a.py", b"\xef\xbb\xbfx = 1\r\n", PythonModule("a.py", "x = 1\r\n")),
        ("a.py", b"# coding: latin-1\n'\xe9'", PythonModule("a.py", "# coding: latin-1\n'é'")),
        ("bin/run", b"#!/usr/bin/env python3\n", PythonModule("bin/run", "#!/usr/bin/env python3\n")),
        ("requirements.txt", b"torch\n", DependencyFile("requirements.txt", "torch\n")),
        ("a.env", codecs.BOM_UTF16_LE + "A=é".encode("utf-16-le"), PlainText("a.env", "A=é")),
        ("notes.txt", b"caf\xe9", PlainText("notes.txt", "café")),
        ("unknown.xyz", b"text", PlainText("unknown.xyz", "text")),
        ("a.pkl", b"\x80\x04.", ModelFile("a.pkl", b"\x80\x04.")),
        ("blob", b"\x80\x04\x95\0", ModelFile("blob", b"\x80\x04\x95\0")),
        ("a.py", b"\xff", Problem("MLW002", "not valid UTF-8: byte 0xff at offset 0 (line 1)", 0)),
        ("a.ipynb", b'{"a": "\xe9"}', Problem("MLW002", "not valid UTF-8: byte 0xe9 at offset 7 (line 1)", 7)),
        ("a.json", b"a\0b", Problem("MLW002", "not text: a NUL character at character 2 (line 1)", 1)),
    ],
)
def test_documents(path: str, content: bytes, expected: Document | Problem) -> None:
    assert document_of(path, content) == expected


def test_a_notebook_and_one_that_is_none() -> None:
    document = document_of("a.ipynb", b"\xef\xbb\xbf" + NOTEBOOK.encode())
    assert isinstance(document, Notebook)
    assert (document.path, document.text, document.cells) == ("a.ipynb", NOTEBOOK, ())
    broken = document_of("a.ipynb", b'{"cells": [')
    assert isinstance(broken, Problem)
    assert (broken.code, broken.offset) == ("MLW004", 11)
    assert shown_document("a.ipynb", b'{"cells": [') == PlainText("a.ipynb", '{"cells": [')


def test_a_kind_can_be_asked_for() -> None:
    assert document_of("a.ipynb", b"x = 1\n", DocumentKind.PYTHON) == PythonModule("a.ipynb", "x = 1\n")
    assert document_from_text("a.ipynb", "x = 1\n", DocumentKind.PYTHON) == PythonModule("a.ipynb", "x = 1\n")
    assert document_of("a.py", b"x", DocumentKind.TEXT) == PlainText("a.py", "x")


def test_text_that_an_editor_holds() -> None:
    assert document_from_text("a.py", "x") == PythonModule("a.py", "x")
    assert document_from_text("run", "#!/usr/bin/python\n") == PythonModule("run", "#!/usr/bin/python\n")
    assert document_from_text("environment.yml", "a") == DependencyFile("environment.yml", "a")
    assert document_from_text("a.pkl", "x") == PlainText("a.pkl", "x")
    assert isinstance(document_from_text("a.ipynb", NOTEBOOK), Notebook)


def test_there_is_always_something_to_show_places_in() -> None:
    for path, content, text in (
        ("a.py", b"a\n\xffb", "a\n\ufffdb"),
        ("a.ipynb", b"\xef\xbb\xbf\xff", "\ufffd"),
        ("a.txt", b"a\0", "a\0"),
    ):
        assert shown_document(path, content) == PlainText(path, text)
    assert shown_document("a.py", b"a") == PythonModule("a.py", "a")


PATHS = st.sampled_from(["a.py", "a.ipynb", "requirements.txt", "a.txt", "a.pkl", "x", "pyproject.toml"])


@given(PATHS, st.binary(max_size=60))
def test_any_bytes_are_a_document_or_a_problem(path: str, content: bytes) -> None:
    document = document_of(path, content)
    shown = shown_document(path, content)
    if isinstance(document, Problem):
        assert 0 <= document.offset <= len(shown.text)
        return
    assert shown == document
    decoded = decode_as(kind_of(path, content), content)
    if decoded.exact:
        assert encode(document.text, decoded) == content
