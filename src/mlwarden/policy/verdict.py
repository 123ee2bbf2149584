"""`judge`: what becomes of each finding of a document. Nothing disappears: the verdict is a partition.

A finding goes to the first of these that takes it, so that the counts add up and each says something of its own:

1. ignored: the rule is not selected, or a per-file ignore names it for this file
2. suppressed: a comment or a cell tag covers it, unless the rule is unsuppressable
3. baselined: it is recorded
4. below the threshold: less severe or less sure than asked for
5. reported
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from mlwarden.config.codes import ALL, covers
from mlwarden.config.settings import Settings
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Severity
from mlwarden.model.results import Suppressed, Suppression, Verdict
from mlwarden.policy.mentions import mentioned_in
from mlwarden.source.documents import Document

if TYPE_CHECKING:
    from mlwarden.policy.baseline import Baseline
    from mlwarden.policy.suppressions import Suppressions


def judge(
    document: Document,
    findings: Iterable[Finding],
    settings: Settings,
    selected: Set[str],
    baseline: Baseline | None = None,
    *,
    suppressions: Suppressions | None = None,
) -> Verdict:
    """Sort the findings of a document into a verdict, each part in the order of the places.

    Args:
        document: where they were found.
        findings: what the rules found; severities that the settings override are replaced, fingerprints set.
        settings: what counts for the document.
        selected: the codes of the rules that were run.
        baseline: what is recorded.
        suppressions: the document's, if they are parsed already.
    """
    # Place, code and message, then the worse and surer first, so that the order does not hang on that of the rules.
    ordered = sorted(findings, key=lambda each: (each.order(), -each.severity, -each.confidence))
    if suppressions is None and mentioned_in(document):
        from mlwarden.policy.suppressions import parse

        suppressions = parse(document, selected)
    if not ordered and baseline is None and suppressions is None:
        return Verdict()
    left, ignored = _ignored(_as_settled(ordered, document, settings, baseline), document, settings, selected)
    left, suppressed, unused = _suppressed(left, suppressions, settings, selected)
    known: tuple[Finding, ...] = ()
    stale: tuple[str, ...] = ()
    if baseline is not None:
        from mlwarden.policy.baseline import apply

        new, known, idle = apply(left, document, baseline)
        left = list(new)
        stale = tuple(entry.fingerprint for entry in idle if entry.code in selected)
    return Verdict(
        reported=tuple(finding for finding in left if _is_shown(finding, settings)),
        suppressed=suppressed,
        ignored=ignored,
        baselined=known,
        below_threshold=tuple(finding for finding in left if not _is_shown(finding, settings)),
        unused_suppressions=unused,
        stale_baseline=stale,
    )


def _as_settled(
    findings: Sequence[Finding], document: Document, settings: Settings, baseline: Baseline | None
) -> list[Finding]:
    """The findings with the severities that the settings give them, and with fingerprints."""
    if not findings:
        return []
    from mlwarden.policy.fingerprints import fingerprint, root_of

    root = baseline.root if baseline is not None else root_of(settings)
    return [
        replace(finding, severity=_severity(finding, settings), fingerprint=fingerprint(finding, document, root=root))
        for finding in findings
    ]


def _ignored(
    findings: list[Finding], document: Document, settings: Settings, selected: Set[str]
) -> tuple[list[Finding], tuple[Finding, ...]]:
    """The findings that are left, and those that the configuration drops."""
    dropped = _per_file_ignores(document.path, settings) if findings and settings.per_file_ignores else ()
    is_ignored = [finding.code not in selected or _named(finding.code, dropped) for finding in findings]
    left = [finding for finding, gone in zip(findings, is_ignored, strict=True) if not gone]
    return left, tuple(finding for finding, gone in zip(findings, is_ignored, strict=True) if gone)


def _suppressed(
    findings: list[Finding], suppressions: Suppressions | None, settings: Settings, selected: Set[str]
) -> tuple[list[Finding], tuple[Suppressed, ...], tuple[Suppression, ...]]:
    """The findings that are left, those that somebody accepted inline, and the suppressions that did nothing."""
    if suppressions is None:
        return findings, (), ()
    left: list[Finding] = []
    suppressed: list[Suppressed] = []
    used: set[tuple[int, str]] = set()
    for finding in findings:
        covering = [] if _named(finding.code, settings.unsuppressable) else suppressions.covering(finding)
        used.update(covering)
        if covering:
            suppressed.append(Suppressed(finding, suppressions.written[covering[0][0]]))
        else:
            left.append(finding)
    return left, tuple(suppressed), tuple(_unused(suppressions.written, used, selected))


def _severity(finding: Finding, settings: Settings) -> Severity:
    """The severity that the settings give the rule, by the longest code or prefix; else the finding's own."""
    fitting = [
        (0 if code == ALL else len(code), level) for code, level in settings.severities if covers(code, finding.code)
    ]
    return max(fitting)[1] if fitting else finding.severity


def _is_shown(finding: Finding, settings: Settings) -> bool:
    return finding.severity >= settings.severity and finding.confidence >= settings.confidence


def _named(code: str, entries: Sequence[str]) -> bool:
    return any(covers(entry, code) for entry in entries)


def _per_file_ignores(path: str, settings: Settings) -> tuple[str, ...]:
    """The codes that are ignored in a file; globs count from `settings.root`."""
    from pathspec import GitIgnoreSpec

    from mlwarden.policy.fingerprints import relative_posix

    relative = relative_posix(path, settings.root)
    codes: list[str] = []
    for entry in settings.per_file_ignores:
        if GitIgnoreSpec.from_lines([entry.pattern]).match_file(relative):
            codes.extend(entry.codes)
    return tuple(codes)


def _unused(written: Sequence[Suppression], used: Set[tuple[int, str]], selected: Set[str]) -> Iterator[Suppression]:
    """The suppressions that suppressed nothing, each with its idle codes.

    Only what names codes of rules that were run can be called unused: a bare `# noqa` may serve another tool, and so
    may Bandit's codes outside our own comments. (Where one of our rules covers what Bandit finds, only ours shows.)
    """
    for number, suppression in enumerate(written):
        ours = suppression.codes if suppression.origin in ("ignore", "tag") else _without_bandit(suppression)
        idle = tuple(
            code
            for code in dict.fromkeys(ours)
            if (number, code) not in used and any(covers(code, rule) for rule in selected)
        )
        if idle:
            yield replace(suppression, codes=idle)


def _without_bandit(suppression: Suppression) -> tuple[str, ...]:
    return tuple(code for code in suppression.codes if not code.startswith("B"))
