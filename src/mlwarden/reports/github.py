"""`github`: workflow commands, which GitHub Actions turns into annotations on the lines of a pull request.

Documentation: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
GitHub shows at most ten errors, ten warnings and ten notices of a step; the log holds all of them.
"""

from __future__ import annotations

from mlwarden.model.levels import Severity
from mlwarden.model.results import ScanReport
from mlwarden.reports.failures import failures_of
from mlwarden.reports.locate import Place, Sources
from mlwarden.reports.options import ReportOptions

_COMMANDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def render(report: ScanReport, options: ReportOptions) -> str:
    """One command per finding and internal failure; "" when there is none."""
    sources = Sources(report)
    lines: list[str] = []
    for result in report.results:
        for finding in result.verdict.reported:
            view = sources.of(result.path)
            place = view.place(finding.span)
            properties = _position(place) | {"title": f"{finding.code} {options.rule_name(finding.code)}"}
            if options.rule_name(finding.code) == finding.code:
                properties["title"] = finding.code
            message = view.clean(finding.message)
            if place.cell_region is not None and place.cell is not None:
                message = f"cell {place.cell + 1}, line {place.cell_region.line}: {message}"
            details = f"{finding.severity} severity, {finding.confidence} confidence"
            text = f"{message}\n{details}\n{options.rule_url(finding.code)}"
            lines.append(command(_COMMANDS[finding.severity], properties, text))
    for path, failure in failures_of(report, sources):
        lines.append(command("error", {"file": path, "title": "mlwarden: internal failure"}, failure))
    return "".join(f"{line}\n" for line in lines)


def _position(place: Place) -> dict[str, str]:
    """GitHub takes columns only where a range stays on one line."""
    region = place.region
    position = {"file": place.path, "line": str(region.line)}
    if region.end_line == region.line:
        position["col"] = str(region.column)
        position["endLine"] = str(region.end_line)
        position["endColumn"] = str(region.end_column)
    else:
        position["endLine"] = str(region.end_line)
    return position


def command(name: str, properties: dict[str, str], message: str) -> str:
    """A workflow command, escaped so that no text in it can start another command or property."""
    listed = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_escape(message)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
