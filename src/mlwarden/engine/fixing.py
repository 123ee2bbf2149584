"""Apply fixes until nothing changes; what comes out parses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.engine.check import check
from mlwarden.engine.project import Project
from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Fix
from mlwarden.model.results import FileResult, SourceFile
from mlwarden.source.problems import PYTHON_SYNTAX

if TYPE_CHECKING:
    from mlwarden.config.settings import Settings

MAX_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """A fix that was applied, and the finding it mended."""

    finding: Finding
    fix: Fix


@dataclass(frozen=True, slots=True)
class FixOutcome:
    """What fixing gives.

    Attributes:
        content: the new bytes; the old ones if nothing was fixed.
        applied: in the order in which they were applied.
        result: the check of `content`.
    """

    content: bytes
    applied: tuple[AppliedFix, ...]
    result: FileResult


def fix(source: SourceFile, settings: Settings, project: Project | None = None, *, unsafe: bool) -> FixOutcome:
    """Fix what can be fixed: safe fixes, and unsafe ones on request.

    Overlapping fixes are applied in later rounds. A round whose outcome no longer parses is taken back and is named in
    the result's failures.
    """
    from mlwarden.fixes.apply import apply
    from mlwarden.fixes.select import choose
    from mlwarden.source.decoding import EncodeError, encode
    from mlwarden.source.problems import Problem
    from mlwarden.source.router import decode_as, document_of

    project = Project() if project is None else project
    content = source.content
    applied: list[AppliedFix] = []
    result = check(source, settings, project)
    seen = {content}
    for _ in range(MAX_ROUNDS):
        document = document_of(source.path, content)
        if isinstance(document, Problem):
            break
        chosen = choose(result.verdict.reported, document, unsafe=unsafe)
        if not chosen:
            break
        text = apply(document, [fix for _, fix in chosen])
        try:
            changed = encode(text, decode_as(document.kind, content))
        except EncodeError as error:
            failure = f"{source.path}: the fixes cannot be written: {error}"
            result = FileResult(result.path, result.verdict, (*result.failures, failure), result.content)
            break
        if changed in seen:
            break
        after = check(SourceFile(source.path, changed), settings, project)
        if _broken(after) > _broken(result):
            codes = ", ".join(sorted({finding.code for finding, _ in chosen}))
            failure = f"{source.path}: the fixes of {codes} would leave code that does not parse; they were not applied"
            result = FileResult(result.path, result.verdict, (*result.failures, failure), result.content)
            break
        seen.add(changed)
        applied.extend(AppliedFix(finding, fix) for finding, fix in chosen)
        content, result = changed, after
    return FixOutcome(content, tuple(applied), result)


def _broken(result: FileResult) -> int:
    return sum(finding.code == PYTHON_SYNTAX for finding in result.verdict.reported)
