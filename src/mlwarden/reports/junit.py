"""`junit`: the XML that CI servers read as test results. A finding is a failed test of its file."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from mlwarden.model.findings import Finding
from mlwarden.model.results import FileResult, ScanReport
from mlwarden.reports.accepted import accepted
from mlwarden.reports.locate import Sources, SourceView
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.text import plural

# Characters that XML 1.0 cannot hold, not even as references (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: ScanReport, options: ReportOptions) -> str:
    """One suite per file that has something to say, and one passed test that stands for all other files."""
    sources = Sources(report)
    root = ET.Element("testsuites", name="mlwarden")
    quiet = 0
    for result in report.results:
        shown = list(accepted(result)) if options.show_suppressed else []
        if not (result.verdict.reported or result.failures or shown):
            quiet += 1
            continue
        _suite(root, result, sources.of(result.path), options)
    if quiet or not len(root):
        suite = ET.SubElement(root, "testsuite", name="mlwarden", tests="1", failures="0", errors="0", skipped="0")
        ET.SubElement(suite, "testcase", name=f"nothing to report in {plural(quiet, 'file')}", classname="mlwarden")
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(root: ET.Element, result: FileResult, view: SourceView, options: ReportOptions) -> None:
    suite = ET.SubElement(root, "testsuite", name=_xml(result.path))
    failed = errors = skipped = 0
    for finding in result.verdict.reported:
        case = _case(suite, view, finding)
        message = _xml(view.clean(finding.message))
        kind = f"{finding.severity} severity, {finding.confidence} confidence"
        failure = ET.SubElement(case, "failure", message=message, type=str(finding.severity))
        fixes = "".join(f"\nhelp: {fix.title}" for fix in finding.fixes)
        body = f"{view.place(finding.span)}: {finding.code} {finding.message}\n{kind}{fixes}"
        failure.text = _xml(f"{view.clean(body)}\n{options.rule_url(finding.code)}")
        failed += 1
    for problem in view.failures():
        case = ET.SubElement(suite, "testcase", name="internal failure", classname=_xml(result.path))
        ET.SubElement(case, "error", message=_xml(problem), type="internal failure")
        errors += 1
    if options.show_suppressed:
        for item in accepted(result):
            ET.SubElement(_case(suite, view, item.finding), "skipped", message=_xml(view.clean(item.why)))
            skipped += 1
    counts = {"tests": failed + errors + skipped, "failures": failed, "errors": errors, "skipped": skipped}
    for attribute, count in counts.items():
        suite.set(attribute, str(count))


def _case(suite: ET.Element, view: SourceView, finding: Finding) -> ET.Element:
    place = view.place(finding.span)
    name = f"{finding.code} at {place}"
    return ET.SubElement(
        suite,
        "testcase",
        name=_xml(name),
        classname=_xml(view.path),
        file=_xml(view.path),
        line=str(place.region.line),
    )


def _xml(text: str) -> str:
    """Text that XML can hold: other characters become U+FFFD."""
    return _NOT_XML.sub("\ufffd", text)
