"""`sarif`: SARIF 2.1.0, for GitHub code scanning and every other system that reads it.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
GitHub's subset: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
GitHub's limits: https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
"""

from __future__ import annotations

import json
from typing import Any

from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Applicability, Fix
from mlwarden.model.results import FileResult, ScanReport
from mlwarden.reports.accepted import Accepted, accepted
from mlwarden.reports.failures import failures_of
from mlwarden.reports.fingerprints import Fingerprints
from mlwarden.reports.locate import Place, Region, Sources, SourceView
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.sarif_rules import LEVELS, Rules
from mlwarden.reports.text import plural

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
# GitHub rejects a file with more results than this in one run, and does not join several runs of one tool.
MOST_RESULTS = 25_000
# GitHub keeps at most this many thread flow locations of a result.
MOST_STEPS = 1_000


def render(report: ScanReport, options: ReportOptions) -> str:
    """One SARIF log with one run."""
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report, options)]}, indent=2) + "\n"


def _run(report: ScanReport, options: ReportOptions) -> dict[str, Any]:
    sources = Sources(report)
    chosen, left_out = _chosen(report, options)
    rules = Rules((finding for _, finding, _ in chosen), options)
    fingerprints = {result.path: Fingerprints(result.path) for result, _, _ in chosen}
    results = []
    for result, finding, item in chosen:
        entry = _result(sources, result.path, finding, rules)
        entry["partialFingerprints"] = {"mlwarden/v1": fingerprints[result.path].identity(finding)}
        if options.show_suppressed:
            # SARIF 3.27.23: if any result of a run has this property, all of them have it.
            entry["suppressions"] = [_suppression(sources.of(result.path), item)] if item is not None else []
        results.append(entry)
    run: dict[str, Any] = {
        "tool": {"driver": rules.driver(report.version)},
        "invocations": [_invocation(report, sources, options, left_out)],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that was checked from."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    taxonomies = rules.taxonomies()
    if taxonomies:
        run["taxonomies"] = taxonomies
    return run


def _chosen(
    report: ScanReport, options: ReportOptions
) -> tuple[list[tuple[FileResult, Finding, Accepted | None]], int]:
    """The findings that become results, in report order, and how many a limit leaves out (the mildest ones)."""
    chosen: list[tuple[FileResult, Finding, Accepted | None]] = []
    for result in report.results:
        chosen.extend((result, finding, None) for finding in result.verdict.reported)
        if options.show_suppressed:
            chosen.extend((result, item.finding, item) for item in accepted(result))
    left_out = len(chosen) - MOST_RESULTS
    if left_out <= 0:
        return chosen, 0
    ranked = sorted(range(len(chosen)), key=lambda index: (-chosen[index][1].severity, index))
    return [chosen[index] for index in sorted(ranked[:MOST_RESULTS])], left_out


def _result(sources: Sources, path: str, finding: Finding, rules: Rules) -> dict[str, Any]:
    view = sources.of(path)
    place = view.place(finding.span)
    properties: dict[str, Any] = {"severity": str(finding.severity), "confidence": str(finding.confidence)}
    if place.cell is not None:
        properties |= {"cell": place.cell, "cellId": place.cell_id}
        if place.cell_region is not None:
            properties["cellLine"] = place.cell_region.line
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rules.index(finding.code),
        "level": LEVELS[finding.severity],
        "message": {"text": view.clean(finding.message)},
        "locations": [_location(place)],
        "properties": properties,
    }
    steps = [_location(step, note) for step, note in sources.steps(path, finding)]
    if steps:
        steps = [*steps[: MOST_STEPS - 1], _location(place, view.clean(finding.message))]
        locations = [{"location": location} for location in steps]
        result["codeFlows"] = [{"threadFlows": [{"locations": locations}]}]
    fixes = [entry for fix in finding.fixes if (entry := _fix(view, fix)) is not None]
    if fixes:
        result["fixes"] = fixes
    return result


def _location(place: Place, note: str = "") -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact(place.path), "region": _region(place.region)}
    }
    if note:
        location["message"] = {"text": note}
    return location


def _region(region: Region) -> dict[str, int]:
    return {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }


def artifact(path: str) -> dict[str, Any]:
    """A percent-encoded URI: relative to the checked folder, or absolute for a path outside of it."""
    forward = path.replace("\\", "/") if len(path) > 2 and path[1:3] in (":\\", ":/") else path
    if forward.startswith("/"):
        return {"uri": "file://" + _quoted(forward)}
    if forward[1:3] == ":/":  # a Windows drive
        return {"uri": "file:///" + _quoted(forward, safe="/:")}
    return {"uri": _quoted(forward), "uriBaseId": ROOT}


def _fix(view: SourceView, fix: Fix) -> dict[str, Any] | None:
    """None for a fix that leaves everything to the reader: SARIF has no fixes without replacements."""
    replacements = [
        {"deletedRegion": _region(region), "insertedContent": {"text": replacement}}
        for region, replacement in view.file_edits(fix.edits)
    ]
    if not replacements:
        return None
    entry: dict[str, Any] = {
        "description": {"text": view.clean(fix.title)},
        "artifactChanges": [{"artifactLocation": artifact(view.path), "replacements": replacements}],
        "properties": {"applicability": fix.applicability.value},
    }
    if fix.applicability is not Applicability.SAFE and fix.why_unsafe:
        entry["properties"]["whyUnsafe"] = view.clean(fix.why_unsafe)
    return entry


def _suppression(view: SourceView, item: Accepted) -> dict[str, Any]:
    if item.suppression is None:
        return {"kind": "external", "status": "accepted", "justification": item.why}
    entry: dict[str, Any] = {"kind": "inSource", "status": "accepted"}
    if item.reason:
        entry["justification"] = view.clean(item.reason)
    entry["location"] = _location(view.place(item.suppression.span))
    entry["properties"] = {"origin": item.suppression.origin}
    return entry


def _invocation(report: ScanReport, sources: Sources, options: ReportOptions, left_out: int) -> dict[str, Any]:
    notifications: list[dict[str, Any]] = []
    for path, failure in failures_of(report, sources):
        location = {"physicalLocation": {"artifactLocation": artifact(path)}}
        notifications.append({"level": "error", "message": {"text": failure}, "locations": [location]})
    failed = bool(notifications)
    if left_out:
        text = (
            f"{plural(left_out, 'result')} of the lowest severities left out: GitHub rejects more than {MOST_RESULTS} "
            "in a run. The json format holds all of them."
        )
        notifications.append({"level": "warning", "message": {"text": text}})
    invocation: dict[str, Any] = {"executionSuccessful": not failed, "exitCode": options.exit_code}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return invocation


def _quoted(path: str, safe: str = "/") -> str:
    """A path as part of a URI: bytes that are no UTF-8 as they are, half a character of Windows as UTF-8 would have it."""
    from urllib.parse import quote

    try:
        return quote(path, safe, errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(path, safe, errors="surrogatepass")
