from __future__ import annotations

from mlwarden.model.results import ScanReport
from mlwarden.reports.concise import render
from mlwarden.reports.options import ReportOptions

MESSAGE = "`torch.load` without `weights_only=True` can run code hidden in the checkpoint"


def test_one_line_per_finding(python_report: ScanReport) -> None:
    assert (
        render(python_report, ReportOptions())
        == f"""\
src/train.py:4:10: MLW102 [*] {MESSAGE} (high severity, medium confidence)
src/train.py:5:16: MLW102 {MESSAGE} (high severity, medium confidence)
src/train.py:7:10: MLW301 a Hugging Face token is written in the code (critical severity, high confidence)
src/z.py: internal failure: rule MLW404 failed: KeyError
Found 3 problems (1 critical, 2 high) in 1 of 3 files; 1 fixable with --fix, 1 more with --unsafe-fixes; \
1 suppressed; 1 internal failure
"""
    )


def test_suppressed_findings_and_statistics_on_request(python_report: ScanReport) -> None:
    lines = render(python_report, ReportOptions(show_suppressed=True, statistics=True)).splitlines()
    assert lines[3:8] == [
        "src/train.py:6:2: MLW203 no pin (suppressed by an ignore comment: internal mirror)",
        "src/train.py:1:8: unused suppression of MLW1 (noqa)",
        "src/z.py: internal failure: rule MLW404 failed: KeyError",
        "2  MLW102",
        "1  MLW301",
    ]


def test_nothing_found(empty_report: ScanReport) -> None:
    assert render(empty_report, ReportOptions()) == "No problems found in 2 files\n"


def test_what_was_fixed(python_report: ScanReport) -> None:
    last = render(python_report, ReportOptions(fixed=2)).splitlines()[-1]
    assert last == (
        "Fixed 2 of 5 problems. Found 3 problems (1 critical, 2 high) in 1 of 3 files; "
        "1 fixable with --fix, 1 more with --unsafe-fixes; 1 suppressed; 1 internal failure"
    )
