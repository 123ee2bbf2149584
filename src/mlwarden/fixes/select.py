"""Which fixes one round applies: what was asked for, each whole or not at all, no two in each other's way."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from mlwarden.model.errors import InternalError
from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import Document, slice_of, text_at

# An import that two fixes both need is written once: "\nimport os", "from a import b\n"
_IMPORT = re.compile(r"\s*(?:import|from)\s[^\r\n;]*\s*")


def choose(findings: Iterable[Finding], document: Document, unsafe: bool) -> list[tuple[Finding, Fix]]:
    """The fixes to apply in one round, in the order of their findings.

    Of a finding's fixes the first that is allowed counts: a safe one, or with `unsafe` also an unsafe one; never a
    suggestion, and never one that changes nothing. A fix that gets into the way of an earlier finding's is left out
    (the next round brings it again, with offsets that are right by then). The very same edit from two fixes is no
    conflict where doing it once serves both.

    Raises:
        InternalError: a fix has edits outside of the document, or that overlap each other.
    """
    chosen: list[tuple[Finding, Fix]] = []
    taken = _Taken()
    for finding in sorted(findings, key=Finding.order):
        fix = preferred(finding, document, unsafe)
        if fix is None:
            continue
        if taken.has_room_for(fix):
            taken.add(fix)
            chosen.append((finding, fix))
    return chosen


def preferred(finding: Finding, document: Document, unsafe: bool) -> Fix | None:
    """The finding's first fix that may be applied without anybody looking. Raises like `choose`."""
    for fix in finding.fixes:
        allowed = fix.applicability is Applicability.SAFE or (unsafe and fix.applicability is Applicability.UNSAFE)
        if allowed and _changes_something(finding, fix, document):
            return fix
    return None


def _changes_something(finding: Finding, fix: Fix, document: Document) -> bool:
    for edit in fix.edits:
        if not _lies_in(document, edit.span):
            raise InternalError(f"{finding.code}: the fix '{fix.title}' edits {edit.span}, outside of the document")
    ordered = in_order(fix.edits)
    for before, after in pairwise(ordered):
        if before.span.overlaps(after.span):
            raise InternalError(f"{finding.code}: the fix '{fix.title}' edits {after.span} twice")
    return any(slice_of(document, edit.span) != edit.replacement for edit in fix.edits)


def _lies_in(document: Document, span: Span) -> bool:
    if span.cell is not None and not (isinstance(document, Notebook) and 0 <= span.cell < len(document.cells)):
        return False
    return span.end <= len(text_at(document, span.cell))


def in_order(edits: Iterable[TextEdit]) -> list[TextEdit]:
    """Edits by place: an insertion before what starts at its place; insertions at one place as they were given."""
    return sorted(
        edits, key=lambda edit: (-1 if edit.span.cell is None else edit.span.cell, edit.span.start, edit.span.end)
    )


class _Taken:
    """The edits of the fixes chosen so far: for each text in order, with their bounds to search by.

    They do not overlap, so their ends are in order as well, and those that a place touches stand side by side.
    """

    def __init__(self) -> None:
        self._fixes: set[tuple[TextEdit, ...]] = set()
        self._edits: defaultdict[int | None, list[TextEdit]] = defaultdict(list)

    def add(self, fix: Fix) -> None:
        self._fixes.add(fix.edits)
        for edit in fix.edits:
            edits = self._edits[edit.span.cell]
            at = bisect_right(edits, _bounds(edit), key=_bounds)
            if at == 0 or edits[at - 1] != edit:
                edits.insert(at, edit)

    def has_room_for(self, fix: Fix) -> bool:
        """Whether the fix can be applied as a whole beside the others."""
        return fix.edits in self._fixes or not any(self._is_in_the_way(edit) for edit in fix.edits)

    def _is_in_the_way(self, edit: TextEdit) -> bool:
        edits = self._edits[edit.span.cell]
        first = at = bisect_right(edits, _bounds(edit), key=_bounds)
        while first > 0 and edits[first - 1].span.end >= edit.span.start:
            first -= 1
        while at < len(edits) and edits[at].span.start <= edit.span.end:
            at += 1
        return any(_in_the_way(edit, other) for other in edits[first:at])


def _bounds(edit: TextEdit) -> tuple[int, int]:
    return edit.span.start, edit.span.end


def _in_the_way(one: TextEdit, other: TextEdit) -> bool:
    if one == other:
        # The same replacement serves both; but the same insertion may be meant twice, e.g. two closing brackets.
        return one.span.start == one.span.end and not _IMPORT.fullmatch(one.replacement)
    if one.span.overlaps(other.span):
        return True
    # Where an insertion touches another edit, which comes first would be a guess.
    inserts = one.span.start == one.span.end or other.span.start == other.span.end
    return inserts and one.span.start <= other.span.end and other.span.start <= one.span.end
