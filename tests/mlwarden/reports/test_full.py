from __future__ import annotations

from dataclasses import replace

from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Applicability, Fix
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, ScanReport, Verdict
from mlwarden.model.spans import Span
from mlwarden.reports.full import render
from mlwarden.reports.options import ReportOptions, RuleDetails

PAGES = "https://github.com/mlwarden/mlwarden/blob/main/docs/rules"


def test_findings_with_source_trace_and_help(python_report: ScanReport) -> None:
    assert (
        render(python_report, ReportOptions())
        == f"""\
src/train.py:4:10: MLW102 [*] `torch.load` without `weights_only=True` can run code hidden in the checkpoint
  |
3 | def load(path):
4 |     model = torch.load(path, map_location="cpu")
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ high severity, medium confidence
5 |     name = "模型😀"; torch.load(name)
  |
  = trace: src/train.py:3:10: `path` comes from the caller
  = help: Add `weights_only=True` (safe fix: --fix)
  = mlwarden rule MLW102, {PAGES}/MLW102.md

src/train.py:5:16: MLW102 `torch.load` without `weights_only=True` can run code hidden in the checkpoint
  |
4 |     model = torch.load(path, map_location="cpu")
5 |     name = "模型😀"; torch.load(name)
  |                      ^^^^^^^^^^^^^^^^ high severity, medium confidence
6 |     return model
  |
  = help: Add `weights_only=True` (unsafe fix: --fix --unsafe-fixes; the checkpoint may hold more than tensors)
  = mlwarden rule MLW102, {PAGES}/MLW102.md

src/train.py:7:10: MLW301 a Hugging Face token is written in the code
  |
6 |     return model
7 | token = "****"
  |          ^^^^ critical severity, high confidence
  |
  = mlwarden rule MLW301, {PAGES}/MLW301.md

src/z.py: internal failure: rule MLW404 failed: KeyError

Found 3 problems (1 critical, 2 high) in 1 of 3 files; 1 fixable with --fix, 1 more with --unsafe-fixes; \
1 suppressed; 1 internal failure
"""
    )


def test_suppressed_findings_and_statistics_on_request(python_report: ScanReport) -> None:
    rules = {"MLW102": RuleDetails("MLW102", "torch-load-default", "", Severity.HIGH, "")}
    text = render(python_report, ReportOptions(show_suppressed=True, statistics=True, rules=rules))
    assert (
        text[text.index("src/train.py:6:2") :]
        == f"""\
src/train.py:6:2: MLW203 no pin
  |
5 |     name = "模型😀"; torch.load(name)
6 |     return model
  |     ^^^^^^^^^^^^ medium severity, low confidence
7 | token = "****"
  |
  = suppressed by an ignore comment: internal mirror
  = mlwarden rule MLW203, {PAGES}/MLW203.md

src/train.py:1:8: unused suppression of MLW1 (noqa)

src/z.py: internal failure: rule MLW404 failed: KeyError

2  MLW102  torch-load-default
1  MLW301

Found 3 problems (1 critical, 2 high) in 1 of 3 files; 1 fixable with --fix, 1 more with --unsafe-fixes; \
1 suppressed; 1 internal failure
"""
    )


def test_crlf_gives_the_same_report(python_report: ScanReport) -> None:
    text = "x = 1\r\ny = eval(z)\r\n"
    finding = Finding("MLW401", Span(11, 18), "z is run", Severity.CRITICAL, Confidence.LOW)
    report = ScanReport((FileResult("a.py", Verdict((finding,)), content=text.encode()),), "0.1.0")
    unix = replace(finding, span=Span(10, 17))
    lf = FileResult("a.py", Verdict((unix,)), content=text.replace("\r\n", "\n").encode())
    assert (
        render(report, ReportOptions())
        == render(replace(report, results=(lf,)), ReportOptions())
        == f"""\
a.py:2:5: MLW401 z is run
  |
1 | x = 1
2 | y = eval(z)
  |     ^^^^^^^ critical severity, low confidence
  |
  = mlwarden rule MLW401, {PAGES}/MLW401.md

Found 1 problem (1 critical) in 1 of 1 file
"""
    )


def test_a_file_without_content_has_no_excerpt() -> None:
    finding = Finding("MLW001", Span(0, 0), "cannot be read: Permission denied", Severity.LOW, Confidence.HIGH)
    report = ScanReport((FileResult("gone\x1b.py", Verdict((finding,))),), "0.1.0")
    assert (
        render(report, ReportOptions())
        == f"""\
gone␛.py:1:1: MLW001 cannot be read: Permission denied
  = low severity, high confidence
  = mlwarden rule MLW001, {PAGES}/MLW001.md

Found 1 problem (1 low) in 1 of 1 file
"""
    )


def test_a_fix_to_complete_by_hand(python_report: ScanReport) -> None:
    finding = python_report.results[1].verdict.reported[2]
    fix = Fix("Read the token from the environment", (), Applicability.SUGGESTION, "the name is yours to choose")
    result = replace(python_report.results[1], verdict=Verdict((replace(finding, fixes=(fix,)),)))
    text = render(replace(python_report, results=(result,)), ReportOptions())
    assert (
        "  = help: Read the token from the environment (to be completed by hand; the name is yours to choose)\n" in text
    )
    assert text.endswith("\nFound 1 problem (1 critical) in 1 of 1 file\n")


def test_line_numbers_are_aligned() -> None:
    text = "\n" * 98 + "a\nb\n"
    finding = Finding("B101", Span(98, 99), "m", Severity.LOW, Confidence.LOW)
    report = ScanReport((FileResult("a.py", Verdict((finding,)), content=text.encode()),), "0.1.0")
    assert render(report, ReportOptions()).splitlines()[:7] == [
        "a.py:99:1: B101 m",
        "    |",
        " 98 |",
        " 99 | a",
        "    | ^ low severity, low confidence",
        "100 | b",
        "    |",
    ]


def test_nothing_found(empty_report: ScanReport) -> None:
    assert render(empty_report, ReportOptions()) == "No problems found in 2 files\n"


def test_colours_change_nothing_but_colours(python_report: ScanReport) -> None:
    import re

    plain = render(python_report, ReportOptions())
    coloured = render(python_report, ReportOptions(color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert "\x1b[1;31mMLW301\x1b[0m" in coloured
