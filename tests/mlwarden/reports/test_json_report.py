from __future__ import annotations

import json

from mlwarden.model.levels import Severity
from mlwarden.model.results import ScanReport
from mlwarden.reports.json_report import render
from mlwarden.reports.options import ReportOptions, RuleDetails

PAGES = "https://github.com/mlwarden/mlwarden/blob/main/docs/rules"
MESSAGE = "`torch.load` without `weights_only=True` can run code hidden in the checkpoint"


def region(line: int, column: int, end_line: int, end_column: int) -> dict[str, int]:
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}


def test_the_whole_document(python_report: ScanReport) -> None:
    rules = {"MLW102": RuleDetails("MLW102", "torch-load-default", "", Severity.HIGH, f"{PAGES}/MLW102.md")}
    document = json.loads(render(python_report, ReportOptions(exit_code=2, rules=rules)))
    first, second, third = document.pop("findings")
    assert first == {
        "code": "MLW102",
        "name": "torch-load-default",
        "message": MESSAGE,
        "severity": "high",
        "confidence": "medium",
        "path": "src/train.py",
        "location": region(4, 10, 4, 46),
        "cell": None,
        "trace": [
            {
                "path": "src/train.py",
                "location": region(3, 10, 3, 14),
                "cell": None,
                "note": "`path` comes from the caller",
            }
        ],
        "fixes": [
            {
                "title": "Add `weights_only=True`",
                "applicability": "safe",
                "why_unsafe": "",
                "edits": [{"location": region(4, 45, 4, 45), "replacement": ", weights_only=True"}],
            }
        ],
        "url": f"{PAGES}/MLW102.md",
        "fingerprint": "cafe:1",
    }
    assert second["location"] == region(5, 16, 5, 32)
    assert third["name"] == "MLW301"
    assert document == {
        "schema_version": 1,
        "version": "0.1.0",
        "summary": {
            "files": 3,
            "files_with_findings": 1,
            "findings": 3,
            "by_severity": {"critical": 1, "high": 2},
            "by_code": {"MLW102": 2, "MLW301": 1},
            "fixable": 1,
            "unsafe_fixable": 1,
            "fixed": None,
            "suppressed": 1,
            "ignored": 0,
            "baselined": 0,
            "below_threshold": 0,
            "unused_suppressions": 1,
            "stale_baseline": 0,
            "failures": 1,
            "exit_code": 2,
        },
        "failures": [{"path": "src/z.py", "message": "rule MLW404 failed: KeyError"}],
    }


def test_suppressed_findings_on_request(python_report: ScanReport) -> None:
    document = json.loads(render(python_report, ReportOptions(show_suppressed=True)))
    (suppressed,) = document["suppressed"]
    assert suppressed["code"] == "MLW203"
    assert suppressed["suppression"] == {"how": "suppressed", "origin": "ignore", "reason": "internal mirror"}
    assert document["unused_suppressions"] == [
        {
            "path": "src/train.py",
            "location": region(1, 8, 1, 13),
            "cell": None,
            "codes": ["MLW1"],
            "origin": "noqa",
            "reason": "",
        }
    ]


def test_nothing_found(empty_report: ScanReport) -> None:
    document = json.loads(render(empty_report, ReportOptions(fixed=0)))
    assert document["findings"] == []
    assert document["failures"] == []
    assert document["summary"]["files"] == 2
    assert document["summary"]["fixed"] == 0
