from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from mlwarden.model.results import FileResult, ScanReport, Verdict
from mlwarden.reports.junit import render
from mlwarden.reports.options import ReportOptions

PAGES = "https://github.com/mlwarden/mlwarden/blob/main/docs/rules"
MESSAGE = "`torch.load` without `weights_only=True` can run code hidden in the checkpoint"


def test_a_finding_is_a_failed_test(python_report: ScanReport) -> None:
    only = replace(python_report.results[1], verdict=Verdict(python_report.results[1].verdict.reported[:1]))
    report = replace(python_report, results=(python_report.results[0], only, python_report.results[2]))
    assert (
        render(report, ReportOptions())
        == f"""\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="mlwarden" tests="3" failures="1" errors="1" skipped="0">
  <testsuite name="src/train.py" tests="1" failures="1" errors="0" skipped="0">
    <testcase name="MLW102 at src/train.py:4:10" classname="src/train.py" file="src/train.py" line="4">
      <failure message="{MESSAGE}" type="high">src/train.py:4:10: MLW102 {MESSAGE}
high severity, medium confidence
help: Add `weights_only=True`
{PAGES}/MLW102.md</failure>
    </testcase>
  </testsuite>
  <testsuite name="src/z.py" tests="1" failures="0" errors="1" skipped="0">
    <testcase name="internal failure" classname="src/z.py">
      <error message="rule MLW404 failed: KeyError" type="internal failure" />
    </testcase>
  </testsuite>
  <testsuite name="mlwarden" tests="1" failures="0" errors="0" skipped="0">
    <testcase name="nothing to report in 1 file" classname="mlwarden" />
  </testsuite>
</testsuites>
"""
    )


def test_suppressed_findings_are_skipped_tests_on_request(python_report: ScanReport) -> None:
    root = ET.fromstring(render(python_report, ReportOptions(show_suppressed=True)))
    assert root.attrib == {"name": "mlwarden", "tests": "6", "failures": "3", "errors": "1", "skipped": "1"}
    (skipped,) = root.iter("skipped")
    assert skipped.get("message") == "suppressed by an ignore comment: internal mirror"


def test_nothing_found_is_one_passed_test(empty_report: ScanReport) -> None:
    assert (
        render(empty_report, ReportOptions())
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="mlwarden" tests="1" failures="0" errors="0" skipped="0">
  <testsuite name="mlwarden" tests="1" failures="0" errors="0" skipped="0">
    <testcase name="nothing to report in 2 files" classname="mlwarden" />
  </testsuite>
</testsuites>
"""
    )


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    report = ScanReport((FileResult("a\x1b<&\udcff.py", Verdict(), ("\x00 & <b>",)),), "0.1.0")
    suite = ET.fromstring(render(report, ReportOptions()).encode())[0]
    assert suite.get("name") == "a\ufffd<&\ufffd.py"
    assert suite[0][0].get("message") == "\ufffd & <b>"
