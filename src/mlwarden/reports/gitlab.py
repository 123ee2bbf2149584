"""`gitlab`: a Code Quality report, which GitLab shows in merge requests.

Fields: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from mlwarden.model.levels import Severity
from mlwarden.model.results import ScanReport
from mlwarden.reports.failures import failures_of
from mlwarden.reports.fingerprints import Fingerprints
from mlwarden.reports.locate import Sources
from mlwarden.reports.options import ReportOptions

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


def render(report: ScanReport, options: ReportOptions) -> str:
    """A JSON array with one object per finding and internal failure."""
    sources = Sources(report)
    issues: list[dict[str, Any]] = []
    for result in report.results:
        fingerprints = Fingerprints(result.path)
        for finding in result.verdict.reported:
            view = sources.of(result.path)
            place = view.place(finding.span)
            cell = f" (cell {place.cell + 1})" if place.cell is not None else ""
            issues.append(
                {
                    "description": f"{finding.code}: {view.clean(finding.message)}{cell}",
                    "check_name": finding.code,
                    # GitLab shows only the first of several with one fingerprint, over all files.
                    "fingerprint": _digest(result.path, fingerprints.identity(finding)),
                    "severity": _SEVERITIES[finding.severity],
                    "location": {
                        "path": result.path,
                        "lines": {"begin": place.region.line, "end": place.region.end_line},
                    },
                }
            )
    for path, failure in failures_of(report, sources):
        issues.append(
            {
                "description": f"internal failure: {failure}",
                "check_name": "internal-failure",
                "fingerprint": _digest(path, failure),
                "severity": "info",
                "location": {"path": path, "lines": {"begin": 1}},
            }
        )
    return json.dumps(issues, indent=2) + "\n"


def _digest(path: str, identity: str) -> str:
    return sha256(f"{path}\0{identity}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
