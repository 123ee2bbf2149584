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

from mlwarden.config.codes import ALL, covers
from mlwarden.config.settings import Settings
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Severity
from mlwarden.model.results import Suppressed, Suppression, Verdict
from mlwarden.policy import baseline as baselines
from mlwarden.policy.fingerprints import fingerprint, relative_posix
from mlwarden.policy.suppressions import Suppressions, parse
from mlwarden.source.documents import Document


def judge(
    document: Document,
    findings: Iterable[Finding],
    settings: Settings,
    selected: Set[str],
    baseline: baselines.Baseline | None = None,
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
    written = parse(document, selected) if suppressions is None else suppressions
    root = baseline.root if baseline is not None else baselines.root_of(settings)
    ordered = sorted(findings, key=Finding.order)
    dropped = _per_file_ignores(document.path, settings) if ordered and settings.per_file_ignores else ()
    ignored: list[Finding] = []
    suppressed: list[Suppressed] = []
    open_: list[Finding] = []
    used: set[tuple[int, str]] = set()
    for plain in ordered:
        severity = _severity(plain, settings)
        finding = replace(plain, severity=severity, fingerprint=fingerprint(plain, document, root=root))
        if finding.code not in selected or _named(finding.code, dropped):
            ignored.append(finding)
            continue
        covering = [] if _named(finding.code, settings.unsuppressable) else written.covering(finding)
        if covering:
            used.update(covering)
            suppressed.append(Suppressed(finding, written.written[covering[0][0]]))
        else:
            open_.append(finding)
    applied = baselines.Applied(tuple(open_), (), ())
    if baseline is not None:
        applied = baselines.apply(open_, document, baseline)
    return Verdict(
        reported=tuple(finding for finding in applied.new if _is_shown(finding, settings)),
        suppressed=tuple(suppressed),
        ignored=tuple(ignored),
        baselined=applied.known,
        below_threshold=tuple(finding for finding in applied.new if not _is_shown(finding, settings)),
        unused_suppressions=tuple(_unused(written.written, used, selected)),
        stale_baseline=tuple(entry.fingerprint for entry in applied.stale if entry.code in selected),
    )


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
