"""Which fixes one round applies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.fixes.apply import apply, changed_only_inside
from mlwarden.fixes.select import choose
from mlwarden.model.errors import InternalError
from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.source.documents import Document, PythonModule

TEXT = "0123456789abcdef\n"
MODULE = PythonModule("a.py", TEXT)
SAFE, UNSAFE, SUGGESTION = Applicability.SAFE, Applicability.UNSAFE, Applicability.SUGGESTION


def edit(start: int, end: int, replacement: str, cell: int | None = None) -> TextEdit:
    return TextEdit(Span(start, end, cell), replacement)


def fix(*edits: TextEdit, applicability: Applicability = SAFE, title: str = "Mend") -> Fix:
    return Fix(title, edits, applicability)


def finding(at: int, *fixes: Fix, code: str = "MLW101", cell: int | None = None) -> Finding:
    return Finding(code, Span(at, at + 1, cell), "bad", Severity.HIGH, Confidence.HIGH, fixes=fixes)


def chosen(*findings: Finding, unsafe: bool = False, document: Document = MODULE) -> list[tuple[int, str]]:
    return [(finding.span.start, fix.title) for finding, fix in choose(findings, document, unsafe)]


def mended(*findings: Finding) -> str:
    return apply(MODULE, [fix for _, fix in choose(findings, MODULE, unsafe=True)])


def test_safe_fixes_by_default_others_on_request_suggestions_never() -> None:
    bad = [
        finding(0, fix(edit(0, 1, "A"), title="safe")),
        finding(2, fix(edit(2, 3, "B"), title="unsafe", applicability=UNSAFE)),
        finding(4, fix(edit(4, 5, "C"), title="suggestion", applicability=SUGGESTION)),
        finding(6),
    ]
    assert chosen(*bad) == [(0, "safe")]
    assert chosen(*bad, unsafe=True) == [(0, "safe"), (2, "unsafe")]


def test_of_one_findings_fixes_the_first_that_is_allowed_counts() -> None:
    bad = finding(
        0,
        fix(edit(0, 1, "A"), title="suggestion", applicability=SUGGESTION),
        fix(edit(0, 1, "B"), title="unsafe", applicability=UNSAFE),
        fix(edit(0, 1, "C"), title="safe"),
    )
    assert chosen(bad) == [(0, "safe")]
    assert chosen(bad, unsafe=True) == [(0, "unsafe")]


def test_what_changes_nothing_is_no_fix() -> None:
    assert chosen(finding(0, fix(edit(0, 2, "01")), fix(edit(0, 1, "A"), title="real"))) == [(0, "real")]
    assert chosen(finding(0, fix())) == []


def test_a_fix_is_applied_whole_or_not_at_all() -> None:
    first = finding(0, fix(edit(0, 2, "A"), edit(8, 9, "B")))
    second = finding(4, fix(edit(4, 5, "C"), edit(8, 10, "D")))
    third = finding(6, fix(edit(6, 7, "E")))
    # The order in which findings come does not matter, their places do.
    assert mended(third, second, first) == "A2345E7B9abcdef\n"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (edit(0, 2, "A"), edit(1, 3, "B"), "A23456789abcdef\n"),
        (edit(0, 9, "A"), edit(4, 5, "B"), "A9abcdef\n"),
        (edit(0, 2, "A"), edit(2, 4, "B"), "AB456789abcdef\n"),
        (edit(0, 2, "A"), edit(2, 2, "B"), "A23456789abcdef\n"),
        (edit(2, 2, "A"), edit(2, 4, "B"), "01A23456789abcdef\n"),
        (edit(2, 2, "A"), edit(2, 2, "B"), "01A23456789abcdef\n"),
        (edit(2, 2, ")"), edit(2, 2, ")"), "01)23456789abcdef\n"),
        (edit(2, 3, "A"), edit(2, 3, "A"), "01A3456789abcdef\n"),
    ],
)
def test_edits_in_each_others_way(one: TextEdit, other: TextEdit, expected: str) -> None:
    assert mended(finding(0, fix(one)), finding(10, fix(other, edit(15, 15, "")))) == expected


def test_two_equal_insertions_are_two_unless_one_serves_both() -> None:
    brackets = (
        finding(0, fix(edit(0, 0, "f("), edit(4, 4, ")"))),
        finding(1, fix(edit(1, 1, "g("), edit(4, 4, ")"))),
    )
    assert mended(*brackets) == "f(0123)456789abcdef\n"
    for line in ("import os\n", "\nimport os", "\r\nfrom a.b import c", "import a as b\n\n"):
        imports = (
            finding(4, fix(edit(0, 0, line), edit(4, 5, "os"))),
            finding(6, fix(edit(0, 0, line), edit(6, 7, "os"))),
        )
        assert mended(*imports) == f"{line}0123os5os789abcdef\n"
    same = (finding(0, fix(edit(4, 4, "x"))), finding(0, fix(edit(4, 4, "x")), code="B614"))
    assert mended(*same) == "0123x456789abcdef\n"
    assert len(choose(same, MODULE, unsafe=False)) == 2


def test_cells_are_separate_texts() -> None:
    cells = tuple(Cell(index, "", "code", TEXT, TEXT) for index in range(2))
    notebook = Notebook("a.ipynb", "{}", cells)
    bad = [finding(0, fix(edit(0, 5, "A", cell=cell)), cell=cell) for cell in (1, 0)]
    assert [found.span.cell for found, _ in choose(bad, notebook, unsafe=False)] == [0, 1]
    with pytest.raises(InternalError, match="outside of the document"):
        choose([finding(0, fix(edit(0, 1, "A", cell=2)), cell=2)], notebook, unsafe=False)


def test_a_fix_that_does_not_fit_is_a_defect_of_its_rule() -> None:
    with pytest.raises(InternalError, match=r"MLW101: the fix 'Mend' edits Span\(.*\), outside of the document"):
        choose([finding(0, fix(edit(3, 18, "A")))], MODULE, unsafe=False)
    with pytest.raises(InternalError, match=r"MLW101: the fix 'Mend' edits Span\(start=2.*\) twice"):
        choose([finding(0, fix(edit(0, 3, "A"), edit(2, 4, "B")))], MODULE, unsafe=False)


EDITS = st.tuples(st.integers(0, 10), st.integers(0, 4), st.sampled_from(["", "x", "yy"])).map(
    lambda part: edit(part[0], part[0] + part[1], part[2])
)


def _fits(edits: list[TextEdit]) -> bool:
    return not any(one.span.overlaps(other.span) for at, one in enumerate(edits) for other in edits[:at])


@given(st.lists(st.lists(EDITS, min_size=1, max_size=3).filter(_fits), max_size=6))
def test_chosen_fixes_can_be_applied_together_and_change_nothing_else(groups: list[list[TextEdit]]) -> None:
    findings = [finding(at, fix(*edits)) for at, edits in enumerate(groups)]
    fixes = [fix for _, fix in choose(findings, MODULE, unsafe=False)]
    edits = list(dict.fromkeys(edit for fix in fixes for edit in fix.edits))
    if all(len(set(fix.edits)) == len(fix.edits) for fix in fixes):
        assert changed_only_inside(TEXT, apply(MODULE, fixes), edits)
    # The first finding that has a fix is never the one that waits.
    changing = [
        each for each in findings if any(TEXT[e.span.start : e.span.end] != e.replacement for e in each.fixes[0].edits)
    ]
    assert [each for each, _ in choose(findings, MODULE, unsafe=False)][:1] == changing[:1]
