"""Verdicts as JSON, for the result cache: nothing but lists, texts and numbers, so that reading runs no code."""

from __future__ import annotations

import json
from typing import Any

from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import Suppressed, Suppression, Verdict
from mlwarden.model.spans import Span

NO_FINDINGS = Verdict()


def encode(verdict: Verdict, has_content: bool) -> bytes:
    """A verdict, and whether the file's bytes belong to its result; b"" for the usual one: nothing at all."""
    if verdict == NO_FINDINGS and not has_content:
        return b""
    plain = [
        int(has_content),
        [_finding(each) for each in verdict.reported],
        [[_finding(each.finding), _suppression(each.suppression)] for each in verdict.suppressed],
        [_finding(each) for each in verdict.ignored],
        [_finding(each) for each in verdict.baselined],
        [_finding(each) for each in verdict.below_threshold],
        [_suppression(each) for each in verdict.unused_suppressions],
        list(verdict.stale_baseline),
    ]
    return json.dumps(plain, separators=(",", ":")).encode("ascii")


def decode(data: bytes) -> tuple[Verdict, bool]:
    """The way back.

    Raises:
        ValueError, TypeError, KeyError: it is not what `encode` writes.
    """
    if not data:
        return NO_FINDINGS, False
    has_content, reported, suppressed, ignored, baselined, below, unused, stale = json.loads(data)
    verdict = Verdict(
        reported=tuple(map(_to_finding, reported)),
        suppressed=tuple(Suppressed(_to_finding(finding), _to_suppression(by)) for finding, by in suppressed),
        ignored=tuple(map(_to_finding, ignored)),
        baselined=tuple(map(_to_finding, baselined)),
        below_threshold=tuple(map(_to_finding, below)),
        unused_suppressions=tuple(map(_to_suppression, unused)),
        stale_baseline=tuple(stale),
    )
    return verdict, bool(has_content)


def _finding(finding: Finding) -> list[Any]:
    return [
        finding.code,
        _span(finding.span),
        finding.message,
        int(finding.severity),
        int(finding.confidence),
        [[_span(step.span), step.note, step.path] for step in finding.trace],
        [_fix(fix) for fix in finding.fixes],
        finding.fingerprint,
    ]


def _to_finding(plain: list[Any]) -> Finding:
    code, span, message, severity, confidence, trace, fixes, fingerprint = plain
    return Finding(
        code,
        Span(*span),
        message,
        Severity(severity),
        Confidence(confidence),
        tuple(TraceStep(Span(*place), note, path) for place, note, path in trace),
        tuple(map(_to_fix, fixes)),
        fingerprint,
    )


def _fix(fix: Fix) -> list[Any]:
    edits = [[_span(edit.span), edit.replacement] for edit in fix.edits]
    return [fix.title, edits, fix.applicability.value, fix.why_unsafe]


def _to_fix(plain: list[Any]) -> Fix:
    title, edits, applicability, why_unsafe = plain
    changes = tuple(TextEdit(Span(*span), replacement) for span, replacement in edits)
    return Fix(title, changes, Applicability(applicability), why_unsafe)


def _suppression(suppression: Suppression) -> list[Any]:
    return [_span(suppression.span), list(suppression.codes), suppression.reason, suppression.origin]


def _to_suppression(plain: list[Any]) -> Suppression:
    span, codes, reason, origin = plain
    return Suppression(Span(*span), tuple(codes), reason, origin)


def _span(span: Span) -> list[int]:
    return [span.start, span.end] if span.cell is None else [span.start, span.end, span.cell]
