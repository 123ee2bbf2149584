"""All safe fixes of a document, of one cell, or of all findings of a rule, as edits of the editor's texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Fix
from mlwarden_lsp.analysis import Analysis, Shown
from mlwarden_lsp.edits import PlacedEdit, difference, edited, placed
from mlwarden_lsp.places import Place
from mlwarden_lsp.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Scope:
    """Which findings are to be fixed.

    Attributes:
        uri: only where all edits stay in the text with this URI; None for everywhere.
        code: only this rule's.
        unsafe: unsafe fixes, too.
    """

    uri: str | None = None
    code: str | None = None
    unsafe: bool = False

    def holds(self, shown: Shown) -> bool:
        """Whether a finding is meant."""
        return (self.uri is None or shown.place.part.uri == self.uri) and self.code in (None, shown.finding.code)


def one_round(analysis: Analysis, scope: Scope) -> tuple[list[tuple[Finding, Fix]], list[PlacedEdit]]:
    """The fixes that the command line would apply in one round, and their edits; empty if there is nothing to do.

    Fixes that get into each other's way, or that only what another one changes brings to light, come in later rounds.
    """
    from mlwarden.fixes.select import choose

    assert analysis.document is not None
    findings = [shown.finding for shown in analysis.shown if scope.holds(shown)]
    chosen = [
        (finding, fix)
        for finding, fix in choose(findings, analysis.document, unsafe=scope.unsafe)
        if scope.uri is None or _stays(analysis, fix, scope.uri)
    ]
    edits = placed(analysis.places, (fix for _, fix in chosen))
    return (chosen, edits) if edits else ([], [])


def all_rounds(analysis: Analysis, scope: Scope, check: Callable[[Snapshot], Analysis]) -> list[PlacedEdit]:
    """The edits after which no fix is left, as `mlwarden check --fix` makes them; [] if there is nothing to do.

    Args:
        analysis: what is to be fixed.
        scope: which findings.
        check: checks a snapshot that is in no editor: what the text is after each round.
    """
    from mlwarden.engine.fixing import MAX_ROUNDS

    current = analysis
    rounds: list[list[PlacedEdit]] = []
    while len(rounds) < MAX_ROUNDS:
        _, edits = one_round(current, scope)
        if not edits:
            break
        after = check(edited(current.snapshot, edits))
        if after.document is None or _broken(after) > _broken(current):
            break
        rounds.append(edits)
        current = after
    if len(rounds) < 2:
        return rounds[0] if rounds else []
    return list(_differences(analysis.snapshot, current.snapshot))


def _differences(before: Snapshot, after: Snapshot) -> Iterable[PlacedEdit]:
    for old, new in zip(before.parts, after.parts, strict=True):
        if old.text != new.text:
            start, end, replacement = difference(old.text, new.text)
            yield Place(old, start, end), replacement


def _stays(analysis: Analysis, fix: Fix, uri: str) -> bool:
    edits = placed(analysis.places, [fix])
    return edits is not None and all(place.part.uri == uri for place, _ in edits)


def _broken(analysis: Analysis) -> int:
    from mlwarden.source.problems import PYTHON_SYNTAX

    return sum(shown.finding.code == PYTHON_SYNTAX for shown in analysis.shown)
