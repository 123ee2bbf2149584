from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.errors import UsageError
from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, ScanReport, Suppressed, Suppression, Verdict
from mlwarden.model.spans import Span
from mlwarden.reports import FORMATS, concise, full, render
from mlwarden.reports.options import ReportOptions


def test_an_unknown_format_is_wrong_usage(empty_report: ScanReport) -> None:
    with pytest.raises(UsageError) as caught:
        render("xml", empty_report, ReportOptions())
    assert str(caught.value) == (
        "unknown output format 'xml': expected one of full, concise, json, sarif, github, gitlab, junit, html"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_its_lines_and_is_the_same_each_time(name: str, python_report: ScanReport) -> None:
    options = ReportOptions(show_suppressed=True, statistics=True)
    text = render(name, python_report, options)
    assert text.endswith("\n")
    assert render(name, python_report, options) == text


@pytest.mark.parametrize("module", [full, concise])
@pytest.mark.parametrize("show_suppressed", [True, False])
def test_the_short_way_says_what_the_long_way_says(
    module: object, show_suppressed: bool, empty_report: ScanReport, python_report: ScanReport
) -> None:
    idle = Verdict(unused_suppressions=(Suppression(Span(0, 1), (), "", "noqa"),))
    unused = replace(empty_report, results=(FileResult("a.py", idle, content=b"x\n"),))
    options = ReportOptions(show_suppressed=show_suppressed)
    name = module.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    for report in (empty_report, unused, python_report):
        assert render(name, report, options) == module.render(report, options)  # type: ignore[attr-defined]


def test_a_report_without_findings_imports_little() -> None:
    program = """
import sys
from mlwarden.model.results import FileResult, ScanReport, Verdict
from mlwarden.reports import render
from mlwarden.reports.options import ReportOptions
print(render("full", ScanReport((FileResult("a.py", Verdict()),), "0"), ReportOptions()), end="")
heavy = ("mlwarden.reports.full", "mlwarden.reports.locate", "rich", "json", "html", "xml", "urllib", "libcst")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "No problems found in 1 file\n[]\n"


_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)
_LEVELS = st.tuples(st.sampled_from(Severity), st.sampled_from(Confidence))


@st.composite
def _findings(draw: st.DrawFn) -> Finding:
    bounds = sorted(draw(st.tuples(st.integers(0, 50), st.integers(0, 50))))
    span = Span(bounds[0], bounds[1], draw(st.sampled_from([None, None, 0, 7])))
    severity, confidence = draw(_LEVELS)
    code = draw(st.sampled_from(["MLW102", "MLW301", "B105", "B602", "MLW001"]))
    fix = Fix(draw(_TEXT), (TextEdit(Span(bounds[0], bounds[1]), draw(_TEXT)),), Applicability.UNSAFE, draw(_TEXT))
    steps = draw(st.lists(st.builds(TraceStep, st.just(span), _TEXT, st.sampled_from([None, "other.py"])), max_size=2))
    return Finding(code, span, draw(_TEXT), severity, confidence, tuple(steps), (fix,))


@given(_TEXT, _TEXT, st.lists(_findings(), min_size=1, max_size=3), st.sampled_from(["py", "ipynb", "pt", "toml"]))
def test_no_file_name_text_or_place_breaks_a_format(name: str, text: str, findings: list[Finding], suffix: str) -> None:
    suppressed = Suppressed(findings[0], Suppression(Span(0, 0), ("MLW1",), text, "noqa"))
    verdict = Verdict(tuple(findings), (suppressed,), unused_suppressions=(suppressed.suppression,))
    content = text.encode("utf-8", "surrogatepass")
    result = FileResult(f"{name.replace(chr(0), '')}.{suffix}", verdict, (text,), content)
    report = ScanReport((result,), "0.1.0")
    options = ReportOptions(show_suppressed=True, statistics=True)
    texts = {format_name: render(format_name, report, options) for format_name in FORMATS}
    assert len(json.loads(texts["json"])["findings"]) == len(findings)
    assert len(json.loads(texts["sarif"])["runs"][0]["results"]) == len(findings) + 1
    assert len(json.loads(texts["gitlab"])) == len(findings) + 1
    assert ET.fromstring(texts["junit"].encode()).get("failures") == str(len(findings))
    # A workflow command is one line, whatever its text.
    assert [line[:2] for line in texts["github"].split("\n")[:-1]] == ["::"] * (len(findings) + 1)
    for format_name in ("full", "concise"):
        assert not {char for char in texts[format_name] if char < " " and char != "\n"}
