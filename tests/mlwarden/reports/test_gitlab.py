from __future__ import annotations

import json
from dataclasses import replace

from mlwarden.model.results import ScanReport, Verdict
from mlwarden.reports.gitlab import render
from mlwarden.reports.options import ReportOptions


def test_the_documented_fields(python_report: ScanReport) -> None:
    issues = json.loads(render(python_report, ReportOptions()))
    fingerprints = [issue.pop("fingerprint") for issue in issues]
    assert len(set(fingerprints)) == 4
    assert all(len(fingerprint) == 32 for fingerprint in fingerprints)
    message = "MLW102: `torch.load` without `weights_only=True` can run code hidden in the checkpoint"
    assert issues == [
        {
            "description": message,
            "check_name": "MLW102",
            "severity": "critical",
            "location": {"path": "src/train.py", "lines": {"begin": 4, "end": 4}},
        },
        {
            "description": message,
            "check_name": "MLW102",
            "severity": "critical",
            "location": {"path": "src/train.py", "lines": {"begin": 5, "end": 5}},
        },
        {
            "description": "MLW301: a Hugging Face token is written in the code",
            "check_name": "MLW301",
            "severity": "blocker",
            "location": {"path": "src/train.py", "lines": {"begin": 7, "end": 7}},
        },
        {
            "description": "internal failure: rule MLW404 failed: KeyError",
            "check_name": "internal-failure",
            "severity": "info",
            "location": {"path": "src/z.py", "lines": {"begin": 1}},
        },
    ]


def test_equal_lines_of_several_files_have_fingerprints_of_their_own(python_report: ScanReport) -> None:
    result = python_report.results[1]
    finding = result.verdict.reported[0]
    twice = replace(result, verdict=Verdict((finding, finding)))
    report = ScanReport((twice, replace(twice, path="other.py")), "0.1.0")
    assert len({issue["fingerprint"] for issue in json.loads(render(report, ReportOptions()))}) == 4


def test_nothing_found(empty_report: ScanReport) -> None:
    assert render(empty_report, ReportOptions()) == "[]\n"
