from __future__ import annotations

from pathlib import Path

import pytest

from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.fixes import TextEdit
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, ScanReport, Suppressed, Suppression, Verdict
from mlwarden.model.spans import Span
from mlwarden.reports import FORMATS, render
from mlwarden.reports.locate import Place, Region, Sources, SourceView, is_secret
from mlwarden.reports.options import ReportOptions

SECRET = "hunter2-" + "correct-horse"


def view_of(content: bytes, *findings: Finding, path: str = "a.py") -> SourceView:
    return SourceView(FileResult(path, Verdict(findings), content=content))


def finding(code: str, start: int, end: int, message: str = "m", *steps: TraceStep) -> Finding:
    return Finding(code, Span(start, end), message, Severity.HIGH, Confidence.HIGH, steps)


@pytest.mark.parametrize(
    ("content", "span", "region"),
    [
        (b"a\nbc\n", Span(2, 4), Region(2, 1, 2, 3)),
        (b"a\r\nbc\r\n", Span(3, 5), Region(2, 1, 2, 3)),
        (b"a\rbc\r", Span(2, 4), Region(2, 1, 2, 3)),
        (b"\xef\xbb\xbfab\n", Span(0, 2), Region(1, 1, 1, 3)),
        ("x = '模型😀'; y\n".encode(), Span(11, 12), Region(1, 12, 1, 13)),
        ("# coding: latin-1\né = 1\n".encode("latin-1"), Span(18, 19), Region(2, 1, 2, 2)),
        (b"a\x0cb\nc\n", Span(4, 5), Region(2, 1, 2, 2)),
        (b"f(\n1)\n", Span(0, 5), Region(1, 1, 2, 3)),
        (b"abc", Span(90, 99), Region(1, 4, 1, 4)),
        (b"\xff\xfe\x00", Span(0, 0), Region(1, 1, 1, 1)),
    ],
)
def test_spans_become_lines_and_columns(content: bytes, span: Span, region: Region) -> None:
    place = view_of(content).place(span)
    assert place == Place("a.py", region)
    assert str(place) == f"a.py:{region.line}:{region.column}"


def test_without_content_everything_is_at_the_start() -> None:
    view = SourceView(FileResult("a.py", Verdict()))
    assert view.place(Span(5, 9)) == Place("a.py", Region(1, 1, 1, 1))
    assert view.excerpt(Span(5, 9)) == ()


def test_edits_keep_their_text_in_plain_files() -> None:
    edits = (TextEdit(Span(2, 3), "x\n"), TextEdit(Span(0, 0), ""))
    assert list(view_of(b"a\nbc\n").file_edits(edits)) == [(Region(2, 1, 2, 2), "x\n"), (Region(1, 1, 1, 1), "")]


def test_a_trace_leads_into_other_files_of_the_report_and_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("beside.py").write_bytes(b"a\r\n\r\nb\r\n")
    steps = (
        TraceStep(Span(2, 3), "in the report", "other.py"),
        TraceStep(Span(5, 6), "on disk", "beside.py"),
        TraceStep(Span(5, 6), "nowhere", "missing.py"),
        TraceStep(Span(0, 1), "here"),
    )
    start = FileResult("a.py", Verdict((finding("MLW401", 0, 1, "m", *steps),)), content=b"x\n")
    other = FileResult("other.py", Verdict((finding("MLW101", 0, 1),)), content=b"1\n2\n")
    sources = Sources(ScanReport((start, other), "0.1.0"))
    found = [(str(place), note) for place, note in sources.steps("a.py", start.verdict.reported[0])]
    assert found == [
        ("other.py:2:1", "in the report"),
        ("beside.py:3:1", "on disk"),
        ("missing.py:1:1", "nowhere"),
        ("a.py:1:1", "here"),
    ]


@pytest.mark.parametrize(
    ("code", "secret"),
    [("MLW301", True), ("B105", True), ("B106", True), ("B107", True), ("MLW102", False), ("B108", False)],
)
def test_which_findings_stand_on_secrets(code: str, secret: bool) -> None:
    assert is_secret(code) is secret


def secret_report(code: str, part: str) -> ScanReport:
    """A secret that is used three times, shown by a finding that is suppressed; another finding is on the next line."""
    text = f'connect("db", password="{SECRET}")\nload(x, "{SECRET}")\nprint("{SECRET}")\n'
    start = text.index(part)
    step = TraceStep(Span(text.index("print"), text.index("print") + 5), f"prints {SECRET}")
    leak = finding(code, start, start + len(part), f"Possible hardcoded password: '{SECRET}'", step)
    load = finding("MLW102", text.index("load"), text.index("\nprint"), f"loads with {SECRET}", step)
    suppressed = Suppressed(leak, Suppression(Span(0, 0), (), f"it is only {SECRET}", "noqa"))
    unused = Suppression(Span(0, 0), ("MLW4",), f"see {SECRET}", "noqa")
    verdict = Verdict((load, leak), suppressed=(suppressed,), unused_suppressions=(unused,))
    result = FileResult("a.py", verdict, (f"a.py: rule failed: ValueError('{SECRET}')",), text.encode())
    return ScanReport((result,), "0.1.0")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("MLW301", SECRET),
        ("MLW302", f'"{SECRET}"'),
        ("B105", f'"{SECRET}"'),
        ("B106", f'connect("db", password="{SECRET}")'),
    ],
)
def test_no_report_shows_a_secret(name: str, code: str, part: str) -> None:
    text = render(name, secret_report(code, part), ReportOptions(show_suppressed=True, statistics=True))
    assert SECRET not in text
    assert SECRET[4:] not in text
    assert "loads with ****" in text


def test_a_key_over_several_lines_is_cleaned_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nAAAABBBB\nCCCCDDDD\n-----END KEY-----"
    view = view_of(f'k = """{key}"""\n'.encode(), finding("MLW303", 7, 7 + len(key)))
    assert view.clean("-AAAABBBB\n+CCCCDDDD\n") == "-****\n+****\n"


@pytest.mark.parametrize("name", FORMATS)
def test_tokens_are_masked_though_no_rule_reported_them(name: str) -> None:
    token = "hf_" + "wQ3x" + "Zr8kLmN2pVtB6yHdJ4sFgXcA1eUo9i"
    text = f'# {token}\nload(x, "{token}")\nkey = "{token}"\n'
    start = text.index("load")
    step = TraceStep(Span(0, 1), f"from {token}")
    load = finding("MLW102", start, text.index("\nkey"), f"loads {token}", step)
    report = ScanReport((FileResult("a.py", Verdict((load,)), content=text.encode()),), "0.1.0")
    shown = render(name, report, ReportOptions())
    assert token not in shown
    assert token[4:] not in shown
    assert "loads ****" in shown


def test_a_token_at_the_edge_of_what_is_shown_is_masked() -> None:
    token = "hf_" + "wQ3x" + "Zr8kLmN2pVtB6yHdJ4sFgXcA1eUo9i"
    text = "x = '" + " " * 500 + token + " " * 60 + "f(1)" + " " * 60 + token + " " * 500 + "'\n"
    start = text.index("f(1)")
    (line,) = view_of(text.encode()).excerpt(Span(start, start + 4))
    assert token[-8:] not in line.text
    assert token[:8] not in line.text
    assert "f(1)" in line.text
