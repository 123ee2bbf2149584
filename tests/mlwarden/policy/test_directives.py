"""What a comment says: which codes, which reason, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.results import Suppression
from mlwarden.model.spans import Span
from mlwarden.policy.comments import Comment
from mlwarden.policy.directives import Directive, Problem, Scope, Vocabulary, directives

VOCABULARY = Vocabulary(
    frozenset({"MLW001", "MLW101", "MLW102", "MLW203", "MLWD01", "B101", "B301", "B614"}), {"assert_used": "B101"}
)


def _read(text: str) -> list[Directive | Problem]:
    return list(directives(Comment(text, 10, 0, False), VOCABULARY))


def _said(text: str) -> list[tuple[str, tuple[str, ...], str]]:
    """(origin, codes, reason) of each directive; there must be no problem."""
    found = []
    for item in _read(text):
        assert isinstance(item, Directive), item
        found.append((item.suppression.origin, item.suppression.codes, item.suppression.reason))
    return found


def _problems(text: str) -> list[tuple[str, str]]:
    """(the text that is wrong, message) of each problem."""
    return [
        (text[item.span.start - 10 : item.span.end - 10], item.message)
        for item in _read(text)
        if isinstance(item, Problem)
    ]


@pytest.mark.parametrize(
    ("text", "codes", "reason"),
    [
        ("# noqa", (), ""),
        ("#noqa", (), ""),
        ("# NoQA", (), ""),
        ("# noqa  checked by hand, see MLW101", (), "checked by hand, see MLW101"),
        ("# noqa: MLW101", ("MLW101",), ""),
        ("#noqa:MLW101,B301", ("MLW101", "B301"), ""),
        ("# noqa : MLW101", ("MLW101",), ""),
        ("# noqa: MLW101, MLW2", ("MLW101", "MLW2"), ""),
        ("# noqa: MLW101 B301", ("MLW101", "B301"), ""),
        ("# noqa: mlw101", ("MLW101",), ""),
        ("# noqa: MLW", ("MLW",), ""),
        ("# noqa: MLWD01", ("MLWD01",), ""),
        ("# noqa: E501, MLW101, F401", ("MLW101",), ""),
        ("# noqa: MLW101 - our own file, not B301", ("MLW101",), "our own file, not B301"),
        ("# noqa: MLW101, because B301 says so", ("MLW101",), "because B301 says so"),
        ("# noqa MLW101", ("MLW101",), ""),
        ("# type: ignore # noqa: MLW101", ("MLW101",), ""),
        ("# noqa: MLW101  # type: ignore[arg-type]", ("MLW101",), ""),
        ("# noqa: MLW101 trusted # pylint: disable=x", ("MLW101",), "trusted"),
        ("# text ## noqa: MLW101", ("MLW101",), ""),
    ],
)
def test_noqa(text: str, codes: tuple[str, ...], reason: str) -> None:
    assert _said(text) == [("noqa", codes, reason)]


@pytest.mark.parametrize(
    "text",
    [
        "# noqa: E501",
        "# noqa E501",
        "# noqa: E501, F401",
        "# noqa: B008",
        "# noqa: reason without a code",
        "# noqa:",
        "# noqab",
        "# noqa-file",
        "# see noqa",
        "# flake8: noqa",
        "# ruff: noqa: MLW101",
        "# a comment",
        "#",
    ],
)
def test_what_is_no_noqa_of_ours(text: str) -> None:
    assert _read(text) == []


def test_a_noqa_that_can_only_mean_us_but_does_not_exist() -> None:
    assert _problems("# noqa: E501, MLW999, B999") == [("MLW999", "Unknown code 'MLW999' in a suppression")]


@pytest.mark.parametrize(
    ("text", "codes", "reason"),
    [
        ("# nosec", (), ""),
        ("#nosec", (), ""),
        ("# nosec B301", ("B301",), ""),
        ("# nosec: B301", ("B301",), ""),
        ("# nosec B301, B614", ("B301", "B614"), ""),
        ("# nosec b301 B614", ("B301", "B614"), ""),
        ("# nosec assert_used", ("B101",), ""),
        ("# nosec B614: trusted file", ("B614",), "trusted file"),
        ("# nosec B614 - as with B301", ("B614",), "as with B301"),
        ("# nosec - we wrote it", (), "we wrote it"),
        ("# nosec: reason, not B301", (), "reason, not B301"),
        ("# nosec B301 # noqa: E501", ("B301",), ""),
    ],
)
def test_nosec(text: str, codes: tuple[str, ...], reason: str) -> None:
    assert _said(text) == [("nosec", codes, reason)]


@pytest.mark.parametrize("text", ["# NOSEC", "# nosecurity", "# nosec-ish", "# no nosec"])
def test_what_is_no_nosec(text: str) -> None:
    assert _read(text) == []


@pytest.mark.parametrize(
    ("text", "codes", "reason"),
    [
        ("# mlwarden: ignore", (), ""),
        ("#mlwarden:ignore", (), ""),
        ('# mlwarden: ignore reason="we made it"', (), "we made it"),
        ("# mlwarden: ignore[MLW101]", ("MLW101",), ""),
        ("# mlwarden: ignore [MLW101]", ("MLW101",), ""),
        ("# mlwarden: ignore[ MLW101 , MLW2,B301 ]", ("MLW101", "MLW2", "B301"), ""),
        ("# mlwarden: ignore[mlw101]", ("MLW101",), ""),
        ("# mlwarden: ignore[MLW101] we made it, see MLW203", ("MLW101",), "we made it, see MLW203"),
        ("# mlwarden: ignore[MLW101]: we made it", ("MLW101",), "we made it"),
        ("# mlwarden: ignore[MLW101] \u2014 we made it", ("MLW101",), "we made it"),
        ("# mlwarden: ignore[MLW101] reason='it''s ours' and more", ("MLW101",), "it"),
        ("# mlwarden: ignore[MLW101] see #12 and [MLW203]", ("MLW101",), "see #12 and [MLW203]"),
        ("# mlwarden: ignore[MLW101] ours # type: ignore", ("MLW101",), "ours"),
    ],
)
def test_ignore(text: str, codes: tuple[str, ...], reason: str) -> None:
    assert _said(text) == [("ignore", codes, reason)]


def test_ignore_of_a_file_or_cell() -> None:
    for word, scope in (("ignore-file", Scope.FILE), ("ignore-cell", Scope.CELL)):
        text = f"# mlwarden: {word}[MLW1] test data"
        expected = Suppression(Span(10, 10 + len(text)), ("MLW1",), "test data", "ignore")
        assert _read(text) == [Directive(expected, scope)]


def test_several_directives_in_one_comment_each_with_its_own_range() -> None:
    text = "# ok # mlwarden: ignore[MLW101] ours  # noqa: B301 # nosec"
    found = [item for item in _read(text) if isinstance(item, Directive)]
    assert [text[item.suppression.span.start - 10 : item.suppression.span.end - 10] for item in found] == [
        "# mlwarden: ignore[MLW101] ours",
        "# noqa: B301",
        "# nosec",
    ]
    assert _said(text) == [("ignore", ("MLW101",), "ours"), ("noqa", ("B301",), ""), ("nosec", (), "")]


def test_markup() -> None:
    text = "<!-- mlwarden: ignore[MLW101] sample output -->"
    expected = Suppression(Span(10, 10 + len(text)), ("MLW101",), "sample output", "ignore")
    assert _read(text) == [Directive(expected)]
    assert _said("<!--mlwarden:ignore-->") == [("ignore", (), "")]
    assert _read("<!-- noqa: MLW101 -->") == []
    assert _read("<!-- see mlwarden: ignore -->") == []


def test_a_notebook_cell_is_in_the_range() -> None:
    (found,) = directives(Comment("# noqa", 4, 0, False), VOCABULARY, 7)
    assert found == Directive(Suppression(Span(4, 10, 7), (), "", "noqa"))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("# mlwarden: ignore[MLW999]", "MLW999", "Unknown code 'MLW999' in a suppression"),
        ("# mlwarden: ignore[E501]", "E501", "Unknown code 'E501' in a suppression"),
        ("# mlwarden: ignore[ALL]", "ALL", "Unknown code 'ALL' in a suppression"),
        ("# mlwarden: ignore[]", "# mlwarden: ignore[]", "`ignore[]` names no code, so nothing is suppressed"),
        (
            "# mlwarden: ignore[MLW101",
            "# mlwarden: ignore[MLW101",
            "The bracket after `ignore` is not closed, so nothing is suppressed",
        ),
        (
            "# mlwarden: ignore MLW101",
            "# mlwarden: ignore MLW101",
            "A suppression without brackets suppresses nothing: write `ignore[CODES] reason`",
        ),
        (
            "# mlwarden: ignore-file",
            "# mlwarden: ignore-file",
            "A suppression without brackets suppresses nothing: write `ignore-file[CODES] reason`",
        ),
        ("# mlwarden: ignroe[MLW101]", "ignroe", "Unknown word 'ignroe' in a suppression: write `ignore[CODES]`"),
        (
            "# mlwarden: ignorefile[MLW1]",
            "ignorefile",
            "Unknown word 'ignorefile' in a suppression: write `ignore-file[CODES]`",
        ),
        ("# mlwarden: disable=MLW101", "disable", "Unknown word 'disable' in a suppression: write `ignore[CODES]`"),
        ("# mlwarden: noqa", "noqa", "Unknown word 'noqa' in a suppression: write `ignore[CODES]`"),
    ],
)
def test_problems(text: str, place: str, message: str) -> None:
    assert _problems(text) == [(place, message)]
    assert len(_read(text)) == 1


def test_the_right_codes_count_beside_a_wrong_one() -> None:
    text = "# mlwarden: ignore[MLW101, MLW1O2] ours"
    problem, directive = _read(text)
    assert problem == Problem(Span(37, 43), "Unknown code 'MLW1O2' in a suppression", "MLW1O2")
    assert directive == Directive(Suppression(Span(10, 10 + len(text)), ("MLW101",), "ours", "ignore"))


@pytest.mark.parametrize("text", ["# mlwarden: the linter we use", "# mlwarden", "# mlwarden:", "# mlwarden: see docs"])
def test_prose_about_us_is_no_suppression(text: str) -> None:
    assert _read(text) == []


_FRAGMENTS = st.sampled_from(
    [
        "# ",
        "#",
        "noqa",
        "nosec",
        "mlwarden:",
        " ignore",
        "-file",
        "[",
        "]",
        ",",
        ":",
        " MLW101",
        "B301",
        " x",
        "-->",
        "<!--",
    ]
)


@given(st.lists(_FRAGMENTS | st.text(max_size=3), max_size=14).map("".join))
def test_any_comment_is_read_and_every_range_lies_in_it(text: str) -> None:
    for item in directives(Comment(text, 10, 0, False), VOCABULARY, 3):
        span = item.span if isinstance(item, Problem) else item.suppression.span
        assert span.cell == 3
        assert 10 <= span.start < span.end <= 10 + len(text)
        if isinstance(item, Directive):
            assert all(code in VOCABULARY.known or len(code) < 6 or code[0] == "B" for code in item.suppression.codes)


def test_a_hostile_comment_takes_linear_time() -> None:
    for text in (
        "# noqa " * 100_000,
        "# mlwarden: ignore[" * 50_000,
        "# mlwarden: ignore[" + "A" * 1_000_000 + "]",
        "# noqa: " + "A" * 1_000_000,
        "# nosec" + " " * 1_000_000 + "x",
        "#" + " " * 1_000_000 + "#",
    ):
        list(directives(Comment(text, 0, 0, False), VOCABULARY))
