"""`json`: everything a run knows, for programs. The schema is in docs/json.md and only ever grows."""

from __future__ import annotations

import json
from typing import Any

from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Fix
from mlwarden.model.results import FileResult, ScanReport
from mlwarden.reports.accepted import Accepted, accepted
from mlwarden.reports.failures import failures_of
from mlwarden.reports.fingerprints import Fingerprints
from mlwarden.reports.locate import Place, Region, Sources, SourceView
from mlwarden.reports.options import ReportOptions
from mlwarden.reports.summary import summarize

# Grows only when a field changes its meaning or goes away, which is a breaking change; new fields do not count.
SCHEMA_VERSION = 1


def render(report: ScanReport, options: ReportOptions) -> str:
    """One JSON object."""
    sources = Sources(report)
    findings: list[dict[str, Any]] = []
    hidden: list[dict[str, Any]] = []
    unused: list[dict[str, Any]] = []
    for result in report.results:
        fingerprints = Fingerprints(result.path)
        for finding in result.verdict.reported:
            findings.append(_finding(sources, result, finding, fingerprints, options))
        if options.show_suppressed:
            for item in accepted(result):
                entry = _finding(sources, result, item.finding, fingerprints, options)
                hidden.append(entry | {"suppression": _suppression(sources.of(result.path), item)})
            unused.extend(_unused(result, sources))
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "version": report.version, "findings": findings}
    if options.show_suppressed:
        document["suppressed"] = hidden
        document["unused_suppressions"] = unused
    document["summary"] = _summary(report, options)
    document["failures"] = [{"path": path, "message": failure} for path, failure in failures_of(report, sources)]
    return json.dumps(document, indent=2) + "\n"


def _finding(
    sources: Sources, result: FileResult, finding: Finding, fingerprints: Fingerprints, options: ReportOptions
) -> dict[str, Any]:
    view = sources.of(result.path)
    place = view.place(finding.span)
    return {
        "code": finding.code,
        "name": options.rule_name(finding.code),
        "message": view.clean(finding.message),
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        **_place(place),
        "trace": [_place(step) | {"note": note} for step, note in sources.steps(result.path, finding)],
        "fixes": [_fix(view, fix) for fix in finding.fixes],
        "url": options.rule_url(finding.code),
        "fingerprint": fingerprints.identity(finding),
    }


def _place(place: Place) -> dict[str, Any]:
    cell = None
    if place.cell is not None:
        location = _region(place.cell_region) if place.cell_region is not None else None
        cell = {"index": place.cell, "id": place.cell_id, "location": location}
    return {"path": place.path, "location": _region(place.region), "cell": cell}


def _region(region: Region) -> dict[str, int]:
    return {
        "line": region.line,
        "column": region.column,
        "end_line": region.end_line,
        "end_column": region.end_column,
    }


def _fix(view: SourceView, fix: Fix) -> dict[str, Any]:
    return {
        "title": view.clean(fix.title),
        "applicability": fix.applicability.value,
        "why_unsafe": view.clean(fix.why_unsafe),
        "edits": [
            {"location": _region(region), "replacement": replacement}
            for region, replacement in view.file_edits(fix.edits)
        ],
    }


def _suppression(view: SourceView, item: Accepted) -> dict[str, str]:
    origin = item.suppression.origin if item.suppression is not None else ""
    return {"how": item.how, "origin": origin, "reason": view.clean(item.reason)}


def _unused(result: FileResult, sources: Sources) -> list[dict[str, Any]]:
    view = sources.of(result.path)
    return [
        _place(view.place(item.span))
        | {"codes": list(item.codes), "origin": item.origin, "reason": view.clean(item.reason)}
        for item in result.verdict.unused_suppressions
    ]


def _summary(report: ScanReport, options: ReportOptions) -> dict[str, Any]:
    summary = summarize(report)
    return {
        "files": summary.files,
        "files_with_findings": summary.files_with_findings,
        "findings": summary.reported,
        "by_severity": {str(level): count for level, count in summary.by_severity},
        "by_code": dict(summary.by_code),
        "fixable": summary.fixable,
        "unsafe_fixable": summary.unsafe_fixable,
        "fixed": options.fixed,
        "suppressed": summary.suppressed,
        "ignored": summary.ignored,
        "baselined": summary.baselined,
        "below_threshold": summary.below_threshold,
        "unused_suppressions": summary.unused_suppressions,
        "stale_baseline": summary.stale_baseline,
        "failures": summary.failures,
        "exit_code": options.exit_code,
    }
