"""Where comments stand: checked against Python's own tokenizer, and by example in the other languages."""

from __future__ import annotations

import io
import keyword
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.policy.comments import Comment, Layout, hash_layout, markup_layout, python_layout
from mlwarden.source.lines import LineIndex


def _python(text: str) -> Layout:
    return python_layout(LineIndex(text))


def _hash(text: str) -> list[tuple[str, int, bool]]:
    lines = LineIndex(text)
    found = hash_layout(lines, range(len(lines))).comments
    assert all(text.startswith(comment.text, comment.start) for comment in found)
    return [(comment.text, comment.line, comment.own_line) for comment in found]


def _tokenized(text: str) -> list[tuple[str, int]]:
    tokens = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    return [(token.string, token.start[0] - 1) for token in tokens if token.type == tokenize.COMMENT]


def test_python_comments() -> None:
    text = "x = \"# no\"  # yes\n  # alone\ny = '''\n# no\n'''  # after\n"
    assert _python(text) == Layout(
        (
            Comment("# yes", text.index("# yes"), 0, False),
            Comment("# alone", text.index("# alone"), 1, True),
            Comment("# after", text.index("# after"), 4, False),
        ),
        ((2, 4),),
    )


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        (r'"\"# no"  # a', ["# a"]),
        (r"'\\'  # a", ["# a"]),
        (r"r'\'# no'  # a", ["# a"]),
        ("'a\\\n# no'  # a", ["# a"]),
        ("'a\\\r\n# no'  # a", ["# a"]),
        ('"""a\\"""# no"""  # a', ["# a"]),
        ('""""# no"""  # a', ["# a"]),
        ("''  # a", ["# a"]),
        ("f'{x}# no'  # a", ["# a"]),
        ("x = 'not closed  # no\ny  # a", ["# a"]),
        ('x = """not closed\ny  # a\nz = "" \'\'\'x  # b', ["# a", "# b"]),
        ("# a 'quote\n# b \"quote", ["# a 'quote", '# b "quote']),
        ("x\\# a", ["# a"]),
        ("# a\r# b\r\n# c\x0c\u2028# not another", ["# a", "# b", "# c\x0c\u2028# not another"]),
        ("", []),
    ],
)
def test_strings_and_comments(text: str, comments: list[str]) -> None:
    assert [comment.text for comment in _python(text).comments] == comments


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("a\nb\n", ()),
        ("a + \\\nb + \\\r\nc\n", ((0, 2),)),
        ("'''\n''' + '''\n\n'''\n", ((0, 3),)),
        ("'''\n'''\n'''\n'''", ((0, 1), (2, 3))),
        ("x = 'a\\\nb'\n", ((0, 1),)),
        ("f(\n  1,\n)\n", ()),
        ("# a \\\nb\n", ()),
    ],
)
def test_lines_joined_by_strings_and_backslashes(text: str, joined: tuple[tuple[int, int], ...]) -> None:
    assert _python(text).joined == joined


def test_no_unclosed_triple_quote_makes_it_slow() -> None:
    """Each of these would be read again from each of its lines by a scanner that went back: minutes, not seconds."""
    for text in ("x\\'''\n" * 40_000, "'''\\" * 60_000, '"""' + "\\" * 400_000, "#" * 1_000_000):
        _python(text)


@pytest.mark.parametrize(
    "name", ["argparse", "ast", "dataclasses", "inspect", "tokenize", "typing", "turtle", "textwrap"]
)
def test_the_standard_library_is_read_as_its_tokenizer_reads_it(name: str) -> None:
    text = (Path(sysconfig.get_paths()["stdlib"]) / f"{name}.py").read_text(encoding="utf-8")
    assert [(comment.text, comment.line) for comment in _python(text).comments] == _tokenized(text)


_STRINGS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "r", "b", "Rb", "u"]),
    st.just(""),
    st.sampled_from(["'a # b'", "'''a\n# b\n'''", '"\\"# c"', '"""\\""" # d"""', "'\\\n # e'", "''", '""']),
    st.just(""),
)
_PIECES = st.one_of(
    _STRINGS,
    st.sampled_from(["x", "(", ")", "\n", " ", "1", "+", "\\\n", "# noqa\n", "# it's\n", "#\n"]),
    st.sampled_from(keyword.kwlist),
)


@given(st.lists(_PIECES, max_size=12).map(" ".join))
def test_code_that_python_tokenizes_is_read_the_same(text: str) -> None:
    try:
        expected = _tokenized(text)
    except (tokenize.TokenError, SyntaxError):
        return
    assert [(comment.text, comment.line) for comment in _python(text).comments] == expected


@given(st.text(alphabet="'\"\\#\r\n{}f x\x0c\u2028", max_size=40))
def test_any_text_is_scanned_to_its_end(text: str) -> None:
    lines = LineIndex(text)
    layout = python_layout(lines)
    assert all(text.startswith(comment.text, comment.start) for comment in layout.comments)
    assert all(lines.line_of(comment.start) == comment.line for comment in layout.comments)
    assert all(first < last < len(lines) for first, last in layout.joined)
    ends = [line for run in layout.joined for line in run]
    assert ends == sorted(set(ends))


@pytest.mark.parametrize(
    ("line", "comment"),
    [
        ("# a", "# a"),
        ("key: value  # a", "# a"),
        ("key: value# not", None),
        ("url: http://x/#not", None),
        ("key: '# not'  # a", "# a"),
        ('KEY="# not \\" # not"  # a', "# a"),
        ("msg: don't  # a", "# a"),
        ("msg: 'open  # a", "# a"),
        ('msg: "open \\" # a', "# a"),
        ("KEY='a'\"# not\" # a", "# a"),
        ("\t#a", "#a"),
        ("", None),
    ],
)
def test_hash_comments(line: str, comment: str | None) -> None:
    assert [found for found, _, _ in _hash(line)] == ([] if comment is None else [comment])


def test_hash_comments_know_their_line_and_whether_they_are_alone() -> None:
    assert _hash("a # b\r\n  # c\r# d") == [("# b", 0, False), ("# c", 1, True), ("# d", 2, True)]


def test_a_long_line_of_open_quotes_is_read_in_one_go() -> None:
    assert _hash('x \\"' * 200_000 + " # a") == [("# a", 0, False)]


def test_markup_comments() -> None:
    text = "a <!-- b --> c <!-- d -->\n  <!-- e -->  \n<!-- open\n-->\n<!--> <!---->"
    lines = LineIndex(text)
    found = markup_layout(lines, range(len(lines))).comments
    assert [(comment.text, comment.line, comment.own_line) for comment in found] == [
        ("<!-- b -->", 0, False),
        ("<!-- d -->", 0, False),
        ("<!-- e -->", 1, True),
        ("<!--> <!---->", 4, True),
    ]
    assert all(text.startswith(comment.text, comment.start) for comment in found)
