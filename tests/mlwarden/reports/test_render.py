from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from mlwarden.model.errors import UsageError
from mlwarden.model.results import FileResult, ScanReport, Suppression, Verdict
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
