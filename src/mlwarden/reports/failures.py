"""Internal failures of a run, as every report names them."""

from __future__ import annotations

from collections.abc import Iterator

from mlwarden.model.results import ScanReport


def failures_of(report: ScanReport) -> Iterator[tuple[str, str]]:
    """(path, sentence) of each; a sentence that begins with the path does not say it twice."""
    for result in report.results:
        for failure in result.failures:
            yield result.path, failure.removeprefix(f"{result.path}: ")
