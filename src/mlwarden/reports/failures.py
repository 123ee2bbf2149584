"""Internal failures of a run, as every report names them."""

from __future__ import annotations

from collections.abc import Iterator

from mlwarden.model.results import ScanReport
from mlwarden.reports.locate import Sources


def failures_of(report: ScanReport, sources: Sources) -> Iterator[tuple[str, str]]:
    """(path, sentence) of each."""
    for result in report.results:
        if result.failures:
            for failure in sources.of(result.path).failures():
                yield result.path, failure
