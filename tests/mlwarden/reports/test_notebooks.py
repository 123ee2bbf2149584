"""Every report places findings in notebooks: in the cell for people, in the lines of the .ipynb for programs."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, ScanReport, Verdict
from mlwarden.model.spans import Span
from mlwarden.reports import FORMATS, render
from mlwarden.reports.locate import Place, Region, SourceView
from mlwarden.reports.options import ReportOptions
from mlwarden.source.lines import LineIndex

PAGES = "https://github.com/mlwarden/mlwarden/blob/main/docs/rules"
MESSAGE = "`torch.load` without `weights_only=True` can run code hidden in the checkpoint"
CELL = "import torch\nmodel = torch.load(path)\n"
LEAK = "a Hugging Face token is written in the code"


def lines_of(report: ScanReport) -> list[str]:
    content = report.results[0].content
    assert content is not None
    return content.decode().splitlines()


def test_full(notebook_report: ScanReport) -> None:
    assert (
        render("full", notebook_report, ReportOptions())
        == f"""\
nb.ipynb:21:14: MLW301 {LEAK}
   |
20 |      "text": [
21 |       "using ****\\n"
   |              ^^^^ critical severity, high confidence
22 |      ]
   |
   = in cell 2 (id load), outside of its source
   = mlwarden rule MLW301, {PAGES}/MLW301.md

nb.ipynb:cell 2:2:9: MLW102 {MESSAGE}
  |
1 | import torch
2 | model = torch.load(path)
  |         ^^^^^^^^^^^^^^^^ high severity, medium confidence
  |
  = cell 2 (id load) is at line 27 of nb.ipynb
  = help: Add `weights_only=True` (unsafe fix: --fix --unsafe-fixes; the checkpoint may hold more than tensors)
  = mlwarden rule MLW102, {PAGES}/MLW102.md

Found 2 problems (1 critical, 1 high) in 1 of 1 file; 1 fixable with --unsafe-fixes
"""
    )


def test_concise(notebook_report: ScanReport) -> None:
    assert (
        render("concise", notebook_report, ReportOptions())
        == f"""\
nb.ipynb:21:14: MLW301 {LEAK} (critical severity, high confidence)
nb.ipynb:cell 2:2:9: MLW102 {MESSAGE} (high severity, medium confidence)
Found 2 problems (1 critical, 1 high) in 1 of 1 file; 1 fixable with --unsafe-fixes
"""
    )


def test_github(notebook_report: ScanReport) -> None:
    first, second = render("github", notebook_report, ReportOptions()).splitlines()
    assert first.startswith(f"::error file=nb.ipynb,line=21,col=14,endLine=21,endColumn=51,title=MLW301::{LEAK}%0A")
    assert second.startswith(
        f"::error file=nb.ipynb,line=27,col=14,endLine=27,endColumn=30,title=MLW102::cell 2, line 2: {MESSAGE}%0A"
    )
    assert lines_of(notebook_report)[26][13:29] == "torch.load(path)"


def test_gitlab_and_junit(notebook_report: ScanReport) -> None:
    issues = json.loads(render("gitlab", notebook_report, ReportOptions()))
    assert [issue["location"]["lines"]["begin"] for issue in issues] == [21, 27]
    assert issues[1]["description"] == f"MLW102: {MESSAGE} (cell 2)"
    cases = list(ET.fromstring(render("junit", notebook_report, ReportOptions())).iter("testcase"))
    assert [(case.get("name"), case.get("line")) for case in cases] == [
        ("MLW301 at nb.ipynb:21:14", "21"),
        ("MLW102 at nb.ipynb:cell 2:2:9", "27"),
    ]


def test_json_and_its_edits(notebook_report: ScanReport) -> None:
    leak, load = json.loads(render("json", notebook_report, ReportOptions()))["findings"]
    assert leak["location"] == {"line": 21, "column": 14, "end_line": 21, "end_column": 51}
    assert leak["cell"] == {"index": 1, "id": "load", "location": None}
    assert load["location"] == {"line": 27, "column": 14, "end_line": 27, "end_column": 30}
    assert load["cell"] == {
        "index": 1,
        "id": "load",
        "location": {"line": 2, "column": 9, "end_line": 2, "end_column": 25},
    }
    (edit,) = load["fixes"][0]["edits"]
    assert edit == {
        "location": {"line": 27, "column": 29, "end_line": 27, "end_column": 29},
        "replacement": ", weights_only=True",
    }
    assert lines_of(notebook_report)[26][28] == ")"


def test_sarif(notebook_report: ScanReport) -> None:
    (run,) = json.loads(render("sarif", notebook_report, ReportOptions()))["runs"]
    leak, load = run["results"]
    assert leak["properties"] == {"severity": "critical", "confidence": "high", "cell": 1, "cellId": "load"}
    assert load["properties"] == {
        "severity": "high",
        "confidence": "medium",
        "cell": 1,
        "cellId": "load",
        "cellLine": 2,
    }
    assert load["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 27,
        "startColumn": 14,
        "endLine": 27,
        "endColumn": 30,
    }
    (change,) = load["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 27, "startColumn": 29, "endLine": 27, "endColumn": 29},
            "insertedContent": {"text": ", weights_only=True"},
        }
    ]


def test_html(notebook_report: ScanReport) -> None:
    text = render("html", notebook_report, ReportOptions())
    assert '<span class="place">nb.ipynb:cell 2:2:9</span>' in text
    assert "<mark>torch.load(path)</mark>" in text
    assert "<mark>****</mark>" in text


def test_no_report_shows_the_secret_in_the_output(notebook_report: ScanReport) -> None:
    for name in FORMATS:
        assert "a" * 20 not in render(name, notebook_report, ReportOptions(show_suppressed=True))


def made(view: SourceView, text: str, edits: tuple[TextEdit, ...]) -> str:
    """`text` with the edits made where the report says, the last one first."""
    starts = LineIndex(text).starts
    placed = []
    for order, (region, replacement) in enumerate(view.file_edits(edits)):
        start = starts[region.line - 1] + region.column - 1
        end = starts[region.end_line - 1] + region.end_column - 1
        placed.append((start, order, end, replacement))
    for start, _, end, replacement in sorted(placed, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def test_edits_become_json_text(notebook_report: ScanReport) -> None:
    """Several lines, quotes and characters beyond ASCII, in a cell that is a list of strings."""
    result = notebook_report.results[0]
    start = CELL.index("path")
    edits = (TextEdit(Span(0, 0, 1), "import os\n"), TextEdit(Span(start, start + 4, 1), 'os.environ["模型"]'))
    assert result.content is not None
    cells = json.loads(made(SourceView(result), result.content.decode(), edits))["cells"]
    assert "".join(cells[1]["source"]) == 'import os\nimport torch\nmodel = torch.load(os.environ["模型"])\n'


@given(
    st.text(alphabet='ab\n"\\模', max_size=12),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.text(alphabet='ab\n"é', max_size=3)), max_size=3),
    st.booleans(),
)
def test_edits_of_a_cell_are_the_same_edits_in_the_file(
    source: str, changes: list[tuple[int, int, str]], as_list: bool
) -> None:
    edits: list[TextEdit] = []
    done = -1
    for start, length, replacement in sorted(changes):
        end = min(start + length, len(source))
        if done < start <= end:
            edits.append(TextEdit(Span(start, end, 0), replacement))
            done = end
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cell["source"] = source.splitlines(keepends=True) if as_list else source
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1)
    view = SourceView(FileResult("nb.ipynb", Verdict(), content=text.encode()))
    written = json.loads(made(view, text, tuple(edits)))["cells"][0]["source"]
    expected = source
    for edit in reversed(edits):
        expected = expected[: edit.span.start] + edit.replacement + expected[edit.span.end :]
    assert "".join(written) == expected


def test_a_broken_notebook_is_shown_as_text() -> None:
    content = b'{"cells": [\n  oops\n]}\n'
    finding = Finding("MLW004", Span(14, 15), "not valid JSON", Severity.MEDIUM, Confidence.HIGH)
    view = SourceView(FileResult("nb.ipynb", Verdict((finding,)), content=content))
    assert view.place(finding.span) == Place("nb.ipynb", Region(2, 3, 2, 4))
    assert [line.text for line in view.excerpt(finding.span)] == ['{"cells": [', "  oops", "]}"]


def test_a_notebook_on_one_line_is_cut_around_the_finding(notebook_report: ScanReport) -> None:
    result = notebook_report.results[0]
    assert result.content is not None
    dense = json.dumps(json.loads(result.content), separators=(",", ":"))
    start = dense.index("using")
    finding = Finding("MLW602", Span(start, start + 5), "m", Severity.LOW, Confidence.LOW)
    report = replace(notebook_report, results=(FileResult("nb.ipynb", Verdict((finding,)), content=dense.encode()),))
    lines = render("full", report, ReportOptions()).splitlines()
    assert len(lines[2]) < 180
    assert lines[2][lines[3].index("^") :].startswith("using")


def test_a_suggestion_without_edits_is_no_sarif_fix(notebook_report: ScanReport) -> None:
    result = notebook_report.results[0]
    fix = Fix("Do it by hand", (), Applicability.SUGGESTION, "only you know how")
    finding = replace(result.verdict.reported[1], fixes=(fix,))
    report = replace(notebook_report, results=(replace(result, verdict=Verdict((finding,))),))
    (run,) = json.loads(render("sarif", report, ReportOptions()))["runs"]
    assert "fixes" not in run["results"][0]
