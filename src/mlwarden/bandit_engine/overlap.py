"""Where one of our rules and a test of Bandit's report the same thing, only ours shows."""

from __future__ import annotations

from collections.abc import Iterable

from mlwarden.bandit_engine.choices import OVERLAPS
from mlwarden.model.findings import Finding
from mlwarden.source.documents import Document, lines_at


def covered(finding: Finding, ours: Iterable[Finding], document: Document) -> bool:
    """Whether one of our findings tells what this one of Bandit's does: the same matter, on a line they share.

    Args:
        finding: one of Bandit's.
        ours: the findings of our rules in the document, suppressed ones included: who accepted a finding of ours does
            not want it back under another name.
        document: where they are.
    """
    codes = OVERLAPS.get(finding.code, ())
    if not codes:
        return False
    first, last = _lines(finding, document)
    for other in ours:
        if other.code.startswith(codes) and other.span.cell == finding.span.cell:
            start, end = _lines(other, document)
            if start <= last and first <= end:
                return True
    return False


def _lines(finding: Finding, document: Document) -> tuple[int, int]:
    lines = lines_at(document, finding.span.cell)
    return lines.line_of(finding.span.start), lines.line_of(max(finding.span.start, finding.span.end - 1))
