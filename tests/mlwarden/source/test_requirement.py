"""One requirement, as pip writes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Reference
from packaging.specifiers import SpecifierSet

from mlwarden.model.spans import Span
from mlwarden.source.requirement import Requirement, Role, normalised, parse_requirement, spanned


def parsed(text: str) -> Requirement:
    requirement = parse_requirement(text)
    assert requirement is not None
    return requirement


def cut(text: str, span: Span) -> str:
    return text[span.start : span.end]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch", Requirement("torch", "", Span(0, 5), Span(0, 5), Span(5, 5))),
        (
            " Hugging.Face_Hub [cli, torch] >= 0.20 , <1 ; python_version < '3.12' ",
            Requirement(
                "hugging-face-hub",
                ">=0.20,<1",
                Span(1, 69),
                Span(1, 17),
                Span(31, 43),
                written=">= 0.20 , <1",
                marker="python_version < '3.12'",
                extras=("cli", "torch"),
            ),
        ),
        (
            "torch(==2.5.1,)",
            Requirement("torch", "==2.5.1", Span(0, 13), Span(0, 5), Span(6, 13), written="==2.5.1", pinned="2.5.1"),
        ),
        ("x[a]", Requirement("x", "", Span(0, 4), Span(0, 1), Span(4, 4), extras=("a",))),
        (
            "m @ git+https://github.com/o/m@v1;x ; sys_platform == 'linux'",
            Requirement(
                "m",
                "",
                Span(0, 61),
                Span(0, 1),
                Span(1, 1),
                url="git+https://github.com/o/m@v1;x",
                marker="sys_platform == 'linux'",
            ),
        ),
        (
            "torch@https://x.org/torch-2.5.1%2Bcu121-cp311-cp311-linux_x86_64.whl#sha256=00",
            Requirement(
                "torch",
                "",
                Span(0, 78),
                Span(0, 5),
                Span(5, 5),
                pinned="2.5.1+cu121",
                url="https://x.org/torch-2.5.1%2Bcu121-cp311-cp311-linux_x86_64.whl#sha256=00",
            ),
        ),
        (
            "git+https://github.com/o/m.git@main#egg=My_M&subdirectory=a",
            Requirement(
                "my-m",
                "",
                Span(0, 59),
                Span(40, 44),
                Span(59, 59),
                url="git+https://github.com/o/m.git@main#egg=My_M&subdirectory=a",
            ),
        ),
        (
            "  ./wheels/torch-2.0-py3-none-any.whl ; os_name == 'nt'",
            Requirement(
                "torch",
                "",
                Span(2, 37),
                Span(11, 16),
                Span(37, 37),
                pinned="2.0",
                url="./wheels/torch-2.0-py3-none-any.whl",
                marker="os_name == 'nt'",
            ),
        ),
        (".[dev]", Requirement("", "", Span(0, 6), Span(0, 6), Span(6, 6), extras=("dev",), url=".[dev]")),
        (
            "x===1.0.x",
            Requirement("x", "===1.0.x", Span(0, 9), Span(0, 1), Span(1, 9), written="===1.0.x", pinned="1.0.x"),
        ),
        ("x==1.*", Requirement("x", "==1.*", Span(0, 6), Span(0, 1), Span(1, 6), written="==1.*")),
        (
            "x!=1.1,==1.2",
            Requirement("x", "!=1.1,==1.2", Span(0, 12), Span(0, 1), Span(1, 12), written="!=1.1,==1.2", pinned="1.2"),
        ),
    ],
)
def test_requirements(text: str, expected: Requirement) -> None:
    assert parse_requirement(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "   ", "# x", "Install the following packages", "x=1", "x >", "x[a", "[a]", "x @", "x (==1", "@x", "x" * 3000],
)
def test_other_text_is_no_requirement(text: str) -> None:
    requirement = parse_requirement(text)
    # An unclosed bracket is forgiven.
    assert requirement is None or (text, requirement.specifier) == ("x (==1", "==1")


def test_hostile_lines_take_no_time() -> None:
    for text in (
        "x" + " " * 1990 + "!",
        "a-1" * 660,
        "x[" * 999,
        "x==1," * 399 + "!",
        "/" * 1999,
        "x;" + " " * 1990 + "\0",
    ):
        parse_requirement(text)


def test_in_a_string_with_escapes_the_place_is_the_whole_string() -> None:
    literal = Span(10, 30)
    assert spanned("torch==2.0", 11, literal, Role.DECLARED, "g") == Requirement(
        "torch", "==2.0", Span(11, 21), Span(11, 16), Span(16, 21), written="==2.0", pinned="2.0", group="g"
    )
    hidden = spanned("torch==2.0", None, literal, Role.LOCKED, "")
    assert hidden == Requirement(
        "torch", "==2.0", literal, literal, literal, written="==2.0", pinned="2.0", role=Role.LOCKED
    )
    assert spanned("no requirement", 11, literal, Role.DECLARED, "") is None


NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,5}[A-Za-z0-9])?", fullmatch=True)
OPERATORS = st.sampled_from(["==", ">=", "<=", "<", ">", "~=", "!="])
VERSIONS = st.sampled_from(["1.0", "2.5.1", "0.1rc1", "1!2.0", "2.5+cu1"])
CLAUSES = st.builds("{}{}{}".format, OPERATORS, st.sampled_from(["", " "]), VERSIONS)
PARTS = st.tuples(
    NAMES,
    st.sampled_from(["", "[a]", " [a,b-c]", "[ a , b ]"]),
    st.lists(CLAUSES, max_size=3).map(", ".join),
    st.sampled_from(["", "; python_version < '3.12'", " ; extra == \"x\" and os_name == 'nt'"]),
)


@given(PARTS, st.booleans())
def test_packaging_reads_the_same(parts: tuple[str, str, str, str], spaced: bool) -> None:
    text = (" " if spaced else "").join(parts)
    try:
        reference = Reference(text)
    except InvalidRequirement:
        return  # e.g. ~= with one number
    found = parsed(text)
    assert found.name == normalised(reference.name)
    assert SpecifierSet(found.specifier) == reference.specifier
    assert set(found.extras) == reference.extras
    assert (found.marker != "") == (reference.marker is not None)
    assert cut(text, found.name_span) == reference.name
    assert "".join(cut(text, found.specifier_span).split()) == found.specifier
    assert parsed(cut(text, found.span)).specifier == found.specifier


@given(st.text(st.sampled_from("ab1=<>~!,;@[]() .-#/\t'\""), max_size=30))
def test_any_text(text: str) -> None:
    requirement = parse_requirement(text)
    if requirement is not None:
        assert requirement.span.contains(requirement.name_span)
        assert requirement.span.contains(requirement.specifier_span)
        assert requirement.span.end <= len(text)
