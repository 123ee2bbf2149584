from __future__ import annotations

from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, ScanReport, Verdict
from mlwarden.model.spans import Span
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.summary import sentence, summarize

ONE = (Finding("MLW101", Span(0, 0), "m", Severity.LOW, Confidence.LOW),)


def test_everything_that_is_not_shown_is_counted() -> None:
    verdict = Verdict(ignored=ONE, baselined=ONE * 2, below_threshold=ONE * 3, stale_baseline=("aa", "bb"))
    report = ScanReport((FileResult("a.py", verdict, ("x failed", "y failed")),), "0.1.0")
    assert sentence(summarize(report), ReportOptions()) == (
        "No problems found in 1 file; 1 ignored by configuration; 2 in the baseline; "
        "3 below the severity or confidence asked for; 2 stale baseline entries; 2 internal failures"
    )


def test_nothing_left_after_fixing() -> None:
    report = ScanReport((FileResult("a.py", Verdict()),), "0.1.0")
    assert sentence(summarize(report), ReportOptions(fixed=1)) == "Fixed 1 of 1 problem. No problems found in 1 file"


def test_counts_by_severity_and_code_are_in_order() -> None:
    findings = tuple(
        Finding(code, Span(0, 0), "m", severity, Confidence.LOW)
        for code, severity in [("MLW9", Severity.LOW), ("B1", Severity.CRITICAL), ("MLW9", Severity.MEDIUM)]
    )
    summary = summarize(ScanReport((FileResult("a.py", Verdict(findings)),), "0.1.0"))
    assert summary.by_severity == ((Severity.CRITICAL, 1), (Severity.MEDIUM, 1), (Severity.LOW, 1))
    assert summary.by_code == (("B1", 1), ("MLW9", 2))


def test_a_run_that_checked_nothing_says_so() -> None:
    assert sentence(summarize(ScanReport((), "0.1.0")), ReportOptions()) == "There were no files to check"
