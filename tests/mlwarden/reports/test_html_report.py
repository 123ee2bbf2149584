from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, ScanReport, Verdict
from mlwarden.model.spans import Span
from mlwarden.reports.html_report import render
from mlwarden.reports.options import ReportOptions

_VOID = {"meta", "input"}


class Page(HTMLParser):
    """Elements as a flat list of (tag, attributes, text right inside), with a check that tags are balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[int] = []
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), ""))
        if tag not in _VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            tag, attrs, text = self.elements[self.open[-1]]
            self.elements[self.open[-1]] = (tag, attrs, text + data)

    def texts(self, tag: str, kind: str = "") -> list[str]:
        return [text for name, attrs, text in self.elements if name == tag and (attrs.get("class") or "") == kind]


def test_findings_are_on_the_page(python_report: ScanReport) -> None:
    page = Page(render(python_report, ReportOptions(show_suppressed=True)))
    kinds = [attrs["class"] for tag, attrs, _ in page.elements if tag == "article"]
    assert kinds == ["finding high", "finding high", "finding critical", "finding medium accepted"]
    assert page.texts("span", "place") == [
        "src/train.py:4:10",
        "src/train.py:5:16",
        "src/train.py:7:10",
        "src/train.py:6:2",
    ]
    assert page.texts("mark") == ['torch.load(path, map_location="cpu")', "torch.load(name)", "****", "return model"]
    assert page.texts("p", "why") == ["suppressed by an ignore comment: internal mirror"]
    assert page.texts("p", "fix") == [
        "Fix (safe): Add `weights_only=True`",
        "Fix (unsafe; the checkpoint may hold more than tensors): Add `weights_only=True`",
    ]
    assert page.texts("li") == [" `path` comes from the caller", " rule MLW404 failed: KeyError"]


def test_every_severity_can_be_filtered(python_report: ScanReport) -> None:
    page = Page(render(python_report, ReportOptions()))
    inputs = [attrs for tag, attrs, _ in page.elements if tag == "input"]
    assert [(attrs["id"], "disabled" in attrs) for attrs in inputs] == [
        ("show-critical", False),
        ("show-high", False),
        ("show-medium", True),
        ("show-low", True),
    ]
    (style,) = page.texts("style")
    for attrs in inputs:
        assert f"#{attrs['id']}:not(:checked)" in style


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'&amp;", "]]>\x00\x1b"]
)
def test_nothing_from_the_files_becomes_markup(evil: str) -> None:
    finding = Finding(f"B1{evil}", Span(0, len(evil)), f"message {evil}", Severity.LOW, Confidence.LOW)
    result = FileResult(f"{evil}.py", Verdict((finding,)), (f"failed {evil}",), evil.encode())
    text = render(ScanReport((result,), "0.1.0"), ReportOptions())
    tags = {tag for tag, _, _ in Page(text).elements}
    assert tags.isdisjoint({"script", "img", "link", "iframe", "object"})
    assert "onerror" not in {name for _, attrs, _ in Page(text).elements for name in attrs}


def test_the_page_needs_nothing_from_elsewhere(python_report: ScanReport) -> None:
    text = render(python_report, ReportOptions())
    page = Page(text)
    assert [attrs for tag, attrs, _ in page.elements if "src" in attrs or tag == "link"] == []
    assert "@import" not in text
    assert "url(" not in text
    policies = [attrs["content"] for tag, attrs, _ in page.elements if tag == "meta" and "http-equiv" in attrs]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_nothing_found(empty_report: ScanReport) -> None:
    page = Page(render(empty_report, ReportOptions()))
    assert page.texts("p", "summary") == ["No problems found in 2 files"]
    assert [tag for tag, _, _ in page.elements if tag == "article"] == []


def test_marks_fall_on_wide_characters() -> None:
    text = "名 = f('模')\n"
    finding = Finding("B101", Span(4, 10), "m", Severity.LOW, Confidence.LOW)
    result = FileResult("a.py", Verdict((finding,)), content=text.encode())
    page = Page(render(ScanReport((result,), "0.1.0"), ReportOptions()))
    assert page.texts("mark") == ["f('模')"]
    moved = replace(result, verdict=Verdict((replace(finding, span=Span(7, 8)),)))
    assert Page(render(ScanReport((moved,), "0.1.0"), ReportOptions())).texts("mark") == ["模"]
