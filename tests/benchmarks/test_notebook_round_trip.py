"""The questions of benchmarks/notebook_round_trip, asked of made-up notebooks; and that they notice what goes wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from benchmarks.notebook_round_trip import main, report_of
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import notebook_round_trip
from mlwarden.config.settings import Settings
from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.edit import apply_edits

LINES = st.lists(
    st.sampled_from(
        [
            "import torch",
            "%matplotlib inline",
            "!pip install --trusted-host pypi.org x",
            "if x:",
            "    y = requests.get('https://a.de', verify=False)",
            "import requests",
            "torch.load('m.pt')",
            's = "\u00e9\U0001f600\\n"',
            "%%bash",
            "what?",
            "\x0c",
            "\ttab",
            "",
        ]
    ),
    max_size=6,
).map("\n".join)
RULES = Settings(select=("MLW1", "MLW2", "MLW3", "MLW7"))


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """The bytes of a notebook of any version, as some program wrote it."""
    version = draw(st.sampled_from([2, 3, 4]))
    cells = []
    for source in draw(st.lists(LINES, max_size=4)):
        kind = draw(st.sampled_from(["code", "code", "markdown", "raw"]))
        lines: str | list[str] = source
        if draw(st.booleans()):
            lines = source.split("\n") if version == 2 else source.splitlines(keepends=True)
        cell: dict[str, object] = {"cell_type": kind, "metadata": {}}
        cell["input" if version < 4 and kind == "code" else "source"] = lines
        if kind == "code":
            cell |= {"outputs": [], "prompt_number" if version < 4 else "execution_count": draw(st.none() | st.just(7))}
            if version < 4:
                cell["language"] = "python"
        cells.append({key: cell[key] for key in draw(st.permutations(sorted(cell)))})
    data: dict[str, object] = {"metadata": {"name": "\u00e9"}, "nbformat": version, "nbformat_minor": 0}
    data |= {"cells": cells} if version == 4 else {"worksheets": [{"cells": cells, "metadata": {}}]}
    text = json.dumps(
        {key: data[key] for key in draw(st.permutations(sorted(data)))},
        indent=draw(st.sampled_from([None, 1, 2, "\t"])),
        ensure_ascii=draw(st.booleans()),
    )
    end = draw(st.sampled_from(["", "\n", "\r\n"]))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return mark + (text.replace("\n", "\r\n") if end == "\r\n" else text).encode() + end.encode()


@settings(deadline=None, max_examples=60)
@given(contents())
def test_nothing_goes_wrong(content: bytes) -> None:
    assert report_of("a.ipynb", content, RULES).problems == ()


def notebook(*sources: str) -> bytes:
    cells = [
        {"cell_type": "code", "id": f"c{index}", "metadata": {}, "source": source, "outputs": [], "execution_count": 1}
        for index, source in enumerate(sources)
    ]
    data = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data, indent=1).encode()


def test_what_is_counted() -> None:
    content = notebook("import requests\nrequests.get('https://a.de', verify=False)", "", "x = 1")
    report = report_of("a.ipynb", content, RULES)
    assert (report.problems, report.refused, report.edits, report.fixes) == ((), "", 4, ("MLW217",))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b"\xff\xfe", b'{"cells": [}'])
def test_what_is_no_notebook_is_rightly_refused(content: bytes) -> None:
    report = report_of("a.ipynb", content, None)
    assert report.problems == ()
    assert report.refused


def _too_much(notebook_, edits):  # type: ignore[no-untyped-def]
    return apply_edits(notebook_, edits).replace('"metadata"', '"Metadata"')


def _elsewhere(notebook_, edits):  # type: ignore[no-untyped-def]
    moved = [TextEdit(Span(0, 0, edit.span.cell), edit.replacement) for edit in edits]
    return apply_edits(notebook_, moved)


def _laid_out_anew(notebook_, edits):  # type: ignore[no-untyped-def]
    return json.dumps(json.loads(apply_edits(notebook_, edits)), indent=2)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (_too_much, {"no edits change bytes", "text outside of the edits changes", "a new line in each cell changes something else"}),
        (_elsewhere, {"text outside of the edits changes", "a new word in each cell changes something else"}),
        (_laid_out_anew, {"no edits change bytes", "text outside of the edits changes"}),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch, wrong: object, expected: set[str]) -> None:
    monkeypatch.setattr(notebook_round_trip, "apply_edits", wrong)
    problems = set(report_of("a.ipynb", notebook("import os\nprint(os.name)", "y = 2\nz = 3"), None).problems)
    assert expected <= problems


def test_a_wrong_reading_is_noticed() -> None:
    content = notebook("a = 1", "b = 2")
    data = json.loads(content)
    document = notebook_round_trip.document_of("a.ipynb", content)
    for key, value in (("source", "a = 2"), ("cell_type", "raw"), ("execution_count", 2)):
        changed = copy.deepcopy(data)
        changed["cells"][0][key] = value
        assert list(notebook_round_trip.reading_problems(document, changed)), key  # type: ignore[arg-type]
    assert list(notebook_round_trip.reading_problems(document, data)) == []  # type: ignore[arg-type]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.ipynb").write_bytes(notebook("x = 1"))
    (tmp_path / "b.ipynb").write_bytes(b"<html>")
    assert main([str(tmp_path), "--no-rules"]) == 0
    out = capsys.readouterr().out
    assert "b.ipynb: rightly refused: " in out
    assert "2 notebooks, 0.0 MB: 1 read, 2 forced edits, 0 fixes of rules, 0 notebooks with problems;" in out


@pytest.mark.parametrize(
    "source", [["\f", "\n", "import torch"], ["a", "b\n", "c"], ["import ", "torch\n", "x\f", "y"]]
)
def test_strings_that_end_within_a_line_stay_apart(source: list[str]) -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": source}
    content = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 0}).encode()
    assert report_of("a.ipynb", content, RULES).problems == ()
