from __future__ import annotations

from mlwarden.model.levels import Severity
from mlwarden.model.results import ScanReport
from mlwarden.reports.github import command, render
from mlwarden.reports.options import ReportOptions, RuleDetails

PAGES = "https://github.com/mlwarden/mlwarden/blob/main/docs/rules"
MESSAGE = "`torch.load` without `weights_only=True` can run code hidden in the checkpoint"


def test_one_command_per_finding_and_failure(python_report: ScanReport) -> None:
    rules = {"MLW301": RuleDetails("MLW301", "leaked-token", "", Severity.CRITICAL, "https://example.org/x")}
    rest = f"title=MLW102::{MESSAGE}%0Ahigh severity, medium confidence%0A{PAGES}/MLW102.md"
    assert render(python_report, ReportOptions(rules=rules)).splitlines() == [
        f"::error file=src/train.py,line=4,col=10,endLine=4,endColumn=46,{rest}",
        f"::error file=src/train.py,line=5,col=16,endLine=5,endColumn=32,{rest}",
        "::error file=src/train.py,line=7,col=10,endLine=7,endColumn=47,title=MLW301 leaked-token::"
        "a Hugging Face token is written in the code%0Acritical severity, high confidence%0Ahttps://example.org/x",
        "::error file=src/z.py,title=mlwarden%3A internal failure::rule MLW404 failed: KeyError",
    ]


def test_nothing_found_is_nothing_said(empty_report: ScanReport) -> None:
    assert render(empty_report, ReportOptions()) == ""


def test_no_text_can_start_another_command_or_property() -> None:
    line = command("error", {"file": "a,line=9::\n%.py"}, "x\r\n::stop-commands::y %0A")
    assert line == "::error file=a%2Cline=9%3A%3A%0A%25.py::x%0D%0A::stop-commands::y %250A"
