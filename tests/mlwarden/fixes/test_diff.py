"""Diffs of what fixes change."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mlwarden.fixes.diff import document_diff, text_diff, unified_diff
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Notebook, Output


def test_a_change_with_its_context() -> None:
    before = "".join(f"line {number}\n" for number in range(1, 13))
    after = before.replace("line 6\n", "line six\nand more\n")
    assert unified_diff("src/a.py", before.encode(), after.encode()) == (
        "--- src/a.py\n"
        "+++ src/a.py\n"
        "@@ -3,7 +3,8 @@\n"
        " line 3\n"
        " line 4\n"
        " line 5\n"
        "-line 6\n"
        "+line six\n"
        "+and more\n"
        " line 7\n"
        " line 8\n"
        " line 9\n"
    )
    assert unified_diff("src/a.py", before.encode(), before.encode()) == ""


@pytest.mark.parametrize(
    ("before", "after", "hunk"),
    [
        ("", "a\n", "@@ -0,0 +1 @@\n+a\n"),
        ("a\n", "", "@@ -1 +0,0 @@\n-a\n"),
        ("a", "b", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"),
        ("a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"),
        ("x\na", "y\na", "@@ -1,2 +1,2 @@\n-x\n+y\n a\n\\ No newline at end of file\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n"),
        ("a\rb\x0c\u2028\n", "a\rc\x0c\u2028\n", "@@ -1 +1 @@\n-a\rb\x0c\u2028\n+a\rc\x0c\u2028\n"),
    ],
)
def test_line_ends(before: str, after: str, hunk: str) -> None:
    assert text_diff("a", before, after) == f"--- a\n+++ a\n{hunk}"


def test_bytes_are_decoded_as_their_file_declares() -> None:
    head = b"\xef\xbb\xbf# coding: utf-8\n"
    assert unified_diff("a.py", head + b"'\xc3\xa9'", head + b"'e'") == (
        "--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n # coding: utf-8\n"
        "-'é'\n\\ No newline at end of file\n+'e'\n\\ No newline at end of file\n"
    )


def test_names_that_need_care() -> None:
    assert text_diff("my file.py", "a\n", "b\n").startswith("--- my file.py\t\n+++ my file.py\t\n@@")
    assert text_diff('a\n"\\\x01é', "a\n", "b\n").startswith('--- "a\\n\\"\\\\\\001é"\n')


def notebook(source: str, output: str = "", name: str = "x") -> Notebook:
    quoted = source.replace("\n", "\\n"), output.replace("\n", "\\n")
    text = f'{{"cells": ["{quoted[0]}", "{quoted[1]}"], "name": "{name}"}}'
    at = text.index('"' + quoted[0])
    end = at + len(quoted[0]) + 2
    out = Span(end + 2, end + 4 + len(quoted[1]))
    outputs = (Output("stream", "text/plain", output, out),) if output else ()
    cell = Cell(1, "id", "code", source, source, outputs=outputs, source_span=Span(at, end), outputs_span=out)
    return Notebook("n.ipynb", text, (Cell(0, "", "markdown", "# Title", ""), cell))


def test_a_notebook_by_cell() -> None:
    assert document_diff(notebook("a\nb"), notebook("a\nc")) == (
        "--- n.ipynb:cell 2\t\n+++ n.ipynb:cell 2\t\n@@ -1,2 +1,2 @@\n a\n"
        "-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )
    assert document_diff(notebook("a", "out"), notebook("a")) == (
        "--- n.ipynb:cell 2 (outputs)\t\n+++ n.ipynb:cell 2 (outputs)\t\n@@ -1 +0,0 @@\n-out\n"
    )
    assert document_diff(notebook("a", "out"), notebook("a", "out")) == ""


def test_what_no_cell_shows_is_shown_as_json() -> None:
    before, after = notebook("a"), notebook("a", name="y")
    assert document_diff(before, after) == text_diff("n.ipynb", before.text, after.text) != ""
    fewer = Notebook("n.ipynb", "{}", before.cells[:1])
    assert document_diff(before, fewer) == text_diff("n.ipynb", before.text, "{}")


LINES = st.lists(
    st.sampled_from(["a", "b", "c", "", "\r", "a\r", "-x", "+y", "@@ -1 +1 @@", "\\ No", "é\u2028"]), max_size=12
)
TEXTS = st.builds(lambda lines, ended: "\n".join(lines) + ("\n" if ended else ""), LINES, st.booleans())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, TEXTS)
@example("a\na\nb\na\na\na\n", "a\nb\na\nb\na\na\na\n")
@example("a\n" * 40, "a\n" * 20 + "b\n" + "a\n" * 30 + "c")
def test_git_can_apply_it(tmp_path: Path, before: str, after: str) -> None:
    name = "the file.txt"
    file = tmp_path / name
    file.write_bytes(before.encode())
    diff = text_diff(name, before, after)
    # git takes an empty file for one that the diff makes or removes, where the diff does not say so.
    if diff and before and after:
        subprocess.run(
            ["git", "apply", "-p0", "--whitespace=nowarn", "-"], cwd=tmp_path, input=diff.encode(), check=True
        )
        assert file.read_bytes() == after.encode()
