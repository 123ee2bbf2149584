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

# Text reports, which hold nothing but the summary where nothing is found.
_ENDS_WITH_SUMMARY = ("full", "concise")


def render(format_name: str, report: ScanReport, options: ReportOptions) -> str:
    """The report in the named format; text that ends with a line end, or "" where the format has nothing to say.

    Raises:
        UsageError: there is no such format.
    """
    from importlib import import_module

    module_name = FORMATS.get(format_name)
    if module_name is None:
        raise UsageError(f"unknown output format '{format_name}': expected one of {', '.join(FORMATS)}")
    if format_name in _ENDS_WITH_SUMMARY and not _says_more(report, options):
        # The usual case at commit: the modules that show findings are not even imported.
        from mlwarden.reports.summary import sentence, summarize

        return f"{sentence(summarize(report), options)}\n"
    text: str = import_module(f"mlwarden.reports.{module_name}").render(report, options)
    return text


def _says_more(report: ScanReport, options: ReportOptions) -> bool:
    """Whether a text report lists anything before its summary."""
    for result in report.results:
        verdict = result.verdict
        if verdict.reported or result.failures:
            return True
        accepted = verdict.suppressed or verdict.ignored or verdict.baselined or verdict.unused_suppressions
        if options.show_suppressed and accepted:
            return True
    return False
