"""Check one file or document: bytes or buffer in, a partition of findings out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlwarden.engine.analysis import Analysis
from mlwarden.engine.project import Project
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, SourceFile, Verdict
from mlwarden.model.rule_info import RuleInfo
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import Document, PlainText, PythonModule
from mlwarden.source.problems import INVALID_SUPPRESSION, PYTHON_SYNTAX, TOO_LARGE, UNUSED_SUPPRESSION

if TYPE_CHECKING:
    from mlwarden.config.settings import Settings
    from mlwarden.engine.memory import Memory
    from mlwarden.source.problems import Problem


def check(source: SourceFile, settings: Settings, project: Project | None = None) -> FileResult:
    """Check the bytes of a file.

    Trouble in the file (it can't be decoded, isn't a notebook, ...) is a finding of its own, never an exception.
    """
    from mlwarden.source.problems import Problem
    from mlwarden.source.router import document_of

    project = Project() if project is None else project
    document = document_of(source.path, source.content)
    if isinstance(document, Problem):
        return problem_result(source.path, document, settings, source.content, project)
    return check_document(document, source.content, settings, project)


def check_document(
    document: Document,
    content: bytes | None,
    settings: Settings,
    project: Project | None = None,
    stopped: Callable[[], bool] | None = None,
) -> FileResult:
    """Check a document that is already made, e.g. from an editor's buffers.

    Args:
        document: what to check.
        content: the bytes it came from, kept in the result where something is reported; None for a buffer.
        settings: what is selected and shown.
        project: facts shared between files; made anew if not given.
        stopped: asked between statements and functions; if it says so, the check is broken off.

    Raises:
        StoppedError: `stopped` said so.
    """
    from mlwarden.policy.suppressions import Suppressions, parse
    from mlwarden.policy.verdict import judge

    project = Project() if project is None else project
    infos = project.enabled(settings)
    codes = frozenset(info.code for info in infos)
    own = [info for info in infos if info.module]
    analysis = Analysis(document, own, settings, project, stopped=stopped)
    failures = list(analysis.failures)
    findings = [finding for finding in analysis.findings if finding.code in codes]
    if isinstance(document, (PythonModule, Notebook)):
        findings = _with_bandit(document, findings, infos, settings, failures, project.memory)
    suppressions = parse(document, project.known_codes, project.bandit_names)
    if INVALID_SUPPRESSION in codes:
        findings.extend(
            _finding(INVALID_SUPPRESSION, problem.span, problem.message) for problem in suppressions.problems
        )
    verdict = judge(document, findings, settings, codes, project.baseline(settings), suppressions=suppressions)
    if UNUSED_SUPPRESSION in codes and verdict.unused_suppressions:
        unused = [
            _finding(
                UNUSED_SUPPRESSION, suppression.span, f"nothing is suppressed here for {_listed(suppression.codes)}"
            )
            for suppression in verdict.unused_suppressions
        ]
        verdict = _joined(verdict, judge(document, unused, settings, codes, suppressions=Suppressions()))
    shown = any((verdict.reported, verdict.suppressed, verdict.baselined, verdict.below_threshold))
    return FileResult(document.path, verdict, tuple(failures), content if shown else None)


def _joined(verdict: Verdict, more: Verdict) -> Verdict:
    """One verdict of two over the same document; the second is about the suppressions themselves."""
    return replace(
        verdict,
        reported=tuple(sorted((*verdict.reported, *more.reported), key=Finding.order)),
        ignored=(*verdict.ignored, *more.ignored),
        below_threshold=(*verdict.below_threshold, *more.below_threshold),
    )


def _finding(code: str, span: Span, message: str) -> Finding:
    return Finding(code, span, message, Severity.LOW, Confidence.HIGH)


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(codes) if codes else "any code"


def _with_bandit(
    document: PythonModule | Notebook,
    findings: list[Finding],
    infos: Sequence[RuleInfo],
    settings: Settings,
    failures: list[str],
    memory: Memory | None,
) -> list[Finding]:
    """Add the findings of Bandit's selected tests that none of ours covers."""
    from mlwarden.bandit_engine import covered, run

    codes = frozenset(info.code for info in infos if not info.module)
    if not codes:
        return findings
    unparsed: list[int | None] = []
    try:
        cells = None if memory is None else memory.cells
        theirs = run(document, codes, settings.bandit, failures, unparsed, cells)
    except Exception as error:  # Bandit's trouble must not hide our findings
        failures.append(f"{document.path}: Bandit failed: {type(error).__name__}: {error}")
        return findings
    added = [finding for finding in theirs if not covered(finding, findings, document)]
    if any(info.code == PYTHON_SYNTAX for info in infos):
        known = {finding.span.cell for finding in findings if finding.code in (PYTHON_SYNTAX, TOO_LARGE)}
        added.extend(_unread(cell) for cell in unparsed if cell not in known)
    return sorted([*findings, *added], key=Finding.order)


def _unread(cell: int | None) -> Finding:
    """Newer syntax, which libcst reads and this interpreter doesn't: that Bandit saw nothing of it must be said."""
    version = ".".join(map(str, sys.version_info[:2]))
    message = f"Python {version}, which runs mlwarden, cannot read this syntax: Bandit's tests did not look at it"
    return _finding(PYTHON_SYNTAX, Span(0, 0, cell), message)


def problem_result(
    path: str, problem: Problem, settings: Settings, content: bytes | None, project: Project
) -> FileResult:
    """The result for a file that could not be read or made into a document."""
    from mlwarden.policy.suppressions import Suppressions
    from mlwarden.policy.verdict import judge
    from mlwarden.source.router import shown_document

    document = PlainText(path, "") if content is None else shown_document(path, content)
    start = min(problem.offset, len(document.text))
    codes = frozenset(info.code for info in project.enabled(settings))
    findings = [_finding(problem.code, Span(start, start), problem.message)] if problem.code in codes else []
    verdict = judge(document, findings, settings, codes, project.baseline(settings), suppressions=Suppressions())
    return FileResult(path, verdict, (), content)
