"""benchmarks/editor_latency: where it types, what it counts, and a run with both servers on small documents."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from benchmarks.editor_latency import __main__ as command
from benchmarks.editor_latency import generated
from benchmarks.editor_latency.client import Server, ServerError
from benchmarks.editor_latency.documents import File, Notebook
from benchmarks.editor_latency.measuring import Subject, measure, percentile
from benchmarks.editor_latency.typing_places import Place, keystrokes, places, planted

CODE = '''"""What it is."""

from __future__ import annotations

import pickle


def short(): return 1


@property
def longest(self):
    """About."""
    if self:
        return 1
    return 2


def read(path):
    def inner(file):
        return pickle.load(file)

    return inner(open(path, "rb"))
'''


def typed(text: str, place: Place) -> str:
    """The text after all keystrokes."""
    lines = text.splitlines(keepends=True)
    for line, column, inserted in keystrokes(place):
        whole = "".join(lines)
        at = sum(map(len, lines[:line])) + column
        lines = (whole[:at] + inserted + whole[at:]).splitlines(keepends=True)
    return "".join(lines)


class TestPlaces:
    def test_of_a_file(self) -> None:
        found = CODE.splitlines().index("        return pickle.load(file)")
        chosen = places(CODE, found)
        assert chosen == (
            Place("at the top", 3, "import shutil"),
            Place("with the finding", 20, "        limit = min(12, 4)"),
            Place("another function", 15, "    total = sum((1, 2))"),
            Place("a comment at the end", 23, "# to be done"),
        )
        for place in chosen:
            lines = CODE.splitlines(keepends=True)
            assert typed(CODE, place) == "".join([*lines[: place.line], place.typed + "\n", *lines[place.line :]])
            compile(typed(CODE, place), "typed", "exec")

    def test_of_a_file_without_functions(self) -> None:
        assert places("x = 1\n", 0) == (
            Place("at the top", 0, "import shutil"),
            Place("a comment at the end", 1, "# to be done"),
        )

    def test_planted(self) -> None:
        assert planted('"""A."""\nx = 1\n').startswith(
            '"""A."""\nimport pickle\nx = 1\n\n\ndef planted_for_the_benchmark(path):\n'
        )


@pytest.mark.parametrize(("percent", "expected"), [(0, 1.0), (50, 2.0), (51, 3.0), (95, 4.0), (100, 4.0)])
def test_percentile(percent: float, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == expected


def test_made_up() -> None:
    text = generated.python_file(300)
    compile(text, "made up", "exec")
    assert 270 < text.count("\n") < 330
    cells = Notebook.read("made up", generated.notebook(60)).cells
    assert len(cells) == 60
    compile("\n".join(text for code, text in cells if code), "made up", "exec")


def test_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both servers, a file in which both find something, and a notebook in which they find nothing by themselves."""
    (tmp_path / "a.py").write_text(CODE, encoding="utf-8")
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# A\n", "b"]},
        {"cell_type": "code", "metadata": {}, "source": ["x = 1\n", "y = 2"], "execution_count": None, "outputs": []},
        {"cell_type": "code", "metadata": {}, "source": "print(x)", "execution_count": None, "outputs": []},
    ]
    (tmp_path / "b.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    assert command.main([str(tmp_path / "a.py"), str(tmp_path / "b.ipynb"), "--at-once"]) == 0
    head, columns, *rows = capsys.readouterr().out.splitlines()
    assert re.match(r"mlwarden \S+, Python \S+, ruff \S+, \d+ processors; times in ms$", head)
    assert columns == command.HEAD
    number = r" +(\d+\.\d)"
    shape = re.compile(rf"(\S.*?)  +(\d+ \w+)  (\S.*?)  +(\d+) +(\d+){number * 4}$")
    matched = [shape.match(row) for row in rows]
    assert all(matched), rows
    told = [match.groups() for match in matched if match]
    servers = ["ruff server, S", "mlwarden, at once"]
    assert [(name, size, server) for name, size, server, *_ in told] == [
        *(("a.py", "23 lines", server) for server in servers),
        *(("b.ipynb (+ a finding)", "3 cells", server) for server in servers),
    ]
    assert [int(found) for *_, found, _, _, _, _, _ in told] == [1, 1, 1, 1]
    for _, _, _, _, _, p50, p95, *_ in told:
        assert 0 < float(p50) <= float(p95)


def test_the_servers() -> None:
    """With --at-once the last is left out: it is the one that waits."""
    names = [subject.name for subject in command.subjects()]
    assert names == ["ruff server, S", "mlwarden, at once", "mlwarden"]
    measured = measure(File("a.py", CODE), command.subjects()[2], rounds=0)
    assert (measured.findings, measured.strokes) == (1, ())


def test_a_file_that_does_not_parse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("import pickle\npickle.load(x)\ndef (", encoding="utf-8")
    assert command.main([str(tmp_path / "a.py")]) == 1
    assert "editor_latency: invalid syntax" in capsys.readouterr().err


def test_a_server_that_ends(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    code = "import sys; sys.stderr.write('so it is'); sys.exit(3)"
    with (
        pytest.raises(ServerError, match=r"(?s)the server ended.*so it is"),
        Server((sys.executable, "-c", code), tmp_path / "root", {}),
    ):
        pass


# A server that finds one thing more with each version.
FORGETFUL = """
import json, sys
def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
    sys.stdout.buffer.flush()
while True:
    length = int(sys.stdin.buffer.readline().split(b":")[1])
    sys.stdin.buffer.readline()
    message = json.loads(sys.stdin.buffer.read(length))
    if "id" in message:
        send({"id": message["id"], "result": {}})
    elif message["method"].startswith("textDocument/"):
        document = message["params"]["textDocument"]
        at = {"line": 0, "character": 0}
        found = [{"range": {"start": at, "end": at}, "message": "", "code": "X"}] * document["version"]
        params = {"uri": document["uri"], "version": document["version"], "diagnostics": found}
        send({"method": "textDocument/publishDiagnostics", "params": params})
"""


def test_what_was_found_must_be_found_again() -> None:
    with pytest.raises(ServerError, match="other diagnostics after typing at Place"):
        measure(File("a.py", CODE), Subject("forgetful", (sys.executable, "-c", FORGETFUL), {}), rounds=1)
