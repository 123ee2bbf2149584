"""Merging of what rules yield: one finding per rule and place, the more specific rule first."""

from __future__ import annotations

from collections.abc import Iterable

from mlwarden.model.findings import Finding
from mlwarden.model.rule_info import RuleInfo


def merged(findings: Iterable[Finding], infos: Iterable[RuleInfo]) -> list[Finding]:
    """One finding per code and span, the worst and surest; those that yield to a more specific rule dropped; sorted.

    A call is judged by itself and in the context of its callers, so a rule may report it several times.
    """
    best: dict[tuple[object, str], Finding] = {}
    for finding in findings:
        key = (finding.span, finding.code)
        known = best.get(key)
        if known is None or _rank(finding) > _rank(known):
            best[key] = finding
    kept = list(best.values())
    yields = {info.code: frozenset(info.yields_to) for info in infos if info.yields_to}
    if yields:
        kept = [finding for finding in kept if not _yields(finding, kept, yields.get(finding.code, frozenset()))]
    kept.sort(key=Finding.order)
    return kept


def _rank(finding: Finding) -> tuple[int, int, int]:
    return (finding.severity, finding.confidence, len(finding.trace))


def _yields(finding: Finding, findings: list[Finding], codes: frozenset[str]) -> bool:
    return bool(codes) and any(
        other.code in codes and (other.span.overlaps(finding.span) or other.span == finding.span) for other in findings
    )
