"""Reports: one file per format, found by name and imported when asked for.

Every format is a function `render(report: ScanReport, options: ReportOptions) -> str` in the module of its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwarden.model.errors import UsageError

if TYPE_CHECKING:
    from mlwarden.model.results import ScanReport
    from mlwarden.reports.options import ReportOptions

__all__ = ["FORMATS", "render"]

# Format name -> module of this package. The order is the one the command line's help shows.
FORMATS = {
    "full": "full",
    "concise": "concise",
    "json": "json_report",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "html": "html_report",
}


def render(format_name: str, report: ScanReport, options: ReportOptions) -> str:
    """The report in the named format; text that ends with a line end, or "" where the format has nothing to say.

    Raises:
        UsageError: there is no such format.
    """
    from importlib import import_module

    module_name = FORMATS.get(format_name)
    if module_name is None:
        raise UsageError(f"unknown output format '{format_name}': expected one of {', '.join(FORMATS)}")
    text: str = import_module(f"mlwarden.reports.{module_name}").render(report, options)
    return text
