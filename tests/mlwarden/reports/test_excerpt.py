from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.spans import Span
from mlwarden.reports.excerpt import ExcerptLine, Secrets, Values, excerpt
from mlwarden.reports.text import width
from mlwarden.source.lines import LineIndex


def shown(text: str, part: str, *secrets: str, context: int = 1) -> list[str]:
    """The excerpt around `part`, each marked line followed by its carets."""
    start = text.index(part)
    spans = [Span(text.index(secret), text.index(secret) + len(secret)) for secret in secrets]
    return drawn(excerpt(LineIndex(text), Span(start, start + len(part)), Secrets(spans), context))


def drawn(lines: tuple[ExcerptLine, ...]) -> list[str]:
    rows = []
    for line in lines:
        rows.append(f"{line.number or ''}|{line.text}")
        if line.mark is not None:
            column, length = line.mark
            rows.append(" " * (column + 2) + "^" * length)
    return rows


def test_one_line_with_context_on_both_sides() -> None:
    assert shown("a = 1\nb = f(2)\nc = 3\n", "f(2)") == ["1|a = 1", "2|b = f(2)", "      ^^^^", "3|c = 3"]


def test_first_and_last_line() -> None:
    assert shown("f(1)", "f(1)") == ["1|f(1)", "  ^^^^"]
    assert shown("f(1)\n", "f(1)") == ["1|f(1)", "  ^^^^"]
    assert shown("a\nb", "b") == ["1|a", "2|b", "  ^"]


def test_more_context() -> None:
    assert shown("a\nb\nc\nd\ne\n", "c", context=2) == ["1|a", "2|b", "3|c", "  ^", "4|d", "5|e"]


def test_tabs_become_spaces_up_to_the_next_stop() -> None:
    assert shown("if x:\n\ta\tb = f(1)\n", "f(1)", context=0) == ["2|    a   b = f(1)", "              ^^^^"]


def test_wide_and_combining_characters_count_as_the_terminal_counts() -> None:
    assert shown('n = "模型😀"; f(1)\n', "f(1)") == ['1|n = "模型😀"; f(1)', " " * 16 + "^^^^"]
    assert shown("e\u0301 = f(1)\n", "f(1)") == ["1|e\u0301 = f(1)", "      ^^^^"]


def test_crlf_and_lone_cr_end_lines_and_are_not_shown() -> None:
    assert shown("a = 1\r\nb = f(2)\r\nc = 3\r\n", "f(2)") == ["1|a = 1", "2|b = f(2)", "      ^^^^", "3|c = 3"]
    assert shown("a\rb\rc", "b") == ["1|a", "2|b", "  ^", "3|c"]


def test_other_separators_do_not_end_lines() -> None:
    assert shown("a\x0c = f(1)\u2028 # b\n", "f(1)") == ["1|a␌ = f(1)<U+2028> # b", "       ^^^^"]


def test_terminal_escapes_are_shown_as_pictures() -> None:
    assert shown("f('\x1b[2J')\n", "f('\x1b[2J')") == ["1|f('␛[2J')", "  ^^^^^^^^^"]


def test_several_lines_are_underlined_without_their_indentation() -> None:
    assert shown("x = f(\n    1,\n    2,\n)\ny\n", "f(\n    1,\n    2,\n)") == [
        "1|x = f(",
        "      ^^",
        "2|    1,",
        "      ^^",
        "3|    2,",
        "      ^^",
        "4|)",
        "  ^",
        "5|y",
    ]


def test_a_long_range_is_shown_by_its_first_and_last_lines() -> None:
    inner = "".join(f"    {number},\n" for number in range(10))
    assert shown(f"f(\n{inner})\n", f"f(\n{inner})") == [
        "1|f(",
        "  ^^",
        "2|    0,",
        "      ^^",
        "3|    1,",
        "      ^^",
        "|...",
        "12|)",
        "  ^",
    ]


def test_an_empty_range_is_one_caret() -> None:
    assert drawn(excerpt(LineIndex("ab\n"), Span(1, 1))) == ["1|ab", "   ^"]
    assert drawn(excerpt(LineIndex("ab"), Span(2, 2))) == ["1|ab", "    ^"]
    assert drawn(excerpt(LineIndex(""), Span(0, 0))) == ["1|", "  ^"]


def test_a_range_past_the_end_is_the_end() -> None:
    assert drawn(excerpt(LineIndex("ab\n"), Span(90, 99))) == ["1|ab", "2|", "  ^"]


def test_secrets_are_masked_and_the_mask_is_underlined() -> None:
    assert shown('k = "s3cr3t-value"\n', "s3cr3t-value", "s3cr3t-value") == ['1|k = "****"', "       ^^^^"]


def test_a_secret_beside_the_range_is_masked_too() -> None:
    assert shown('f("s3cr3t-value", g(1))\n', "g(1)", "s3cr3t-value") == ['1|f("****", g(1))', "            ^^^^"]


def test_a_secret_over_several_lines_is_masked_on_each() -> None:
    text = "k = '''AAAA\nBBBB\nCCCC'''\nx = 1\n"
    assert shown(text, "x = 1", "AAAA\nBBBB\nCCCC") == ["3|****'''", "4|x = 1", "  ^^^^^"]


def test_overlapping_secrets_leave_no_rest() -> None:
    assert shown("abcdefgh = 1\n", "1", "abcd", "cdefgh") == ["1|**** = 1", "         ^"]


def test_an_overlong_line_is_cut_around_the_range() -> None:
    text = "x" * 1000 + " f(1) " + "y" * 1000
    (line,) = excerpt(LineIndex(text), Span(1001, 1005))
    assert line.text == "…" + "x" * 49 + " f(1) " + "y" * 105 + "…"
    assert line.mark is not None
    assert line.text[line.mark[0] : line.mark[0] + line.mark[1]] == "f(1)"


@given(
    st.text(alphabet="ab\t\r\n模e\u0301😀\x1b\u2028\"'", max_size=60),
    st.tuples(st.integers(0, 70), st.integers(0, 70)),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=3),
)
def test_marks_lie_inside_their_lines(text: str, bounds: tuple[int, int], hidden: list[tuple[int, int]]) -> None:
    secrets = Secrets([Span(start, start + length) for start, length in hidden], Values(["ab", "e\u0301"]))
    lines = excerpt(LineIndex(text), Span(min(bounds), max(bounds)), secrets)
    assert any(line.mark is not None for line in lines)
    for line in lines:
        assert "\n" not in line.text
        assert "\r" not in line.text
        if line.mark is not None:
            column, length = line.mark
            assert length >= 1
            assert column + length <= max(width(line.text), column + 1)


def test_values_are_masked_wherever_they_stand() -> None:
    text = "a = 1 # s3cr3t\nb = 's3cr3t'\ns3cr3t s3cr3ts3cr3t\n"
    lines = excerpt(LineIndex(text), Span(text.index("b"), text.index("b") + 1), Secrets(values=Values(["s3cr3t"])))
    assert [line.text for line in lines] == ["a = 1 # ****", "b = '****'", "**** ********"]


def test_a_value_that_the_cut_goes_through_is_masked() -> None:
    secret = "S" * 60
    text = "x" * 500 + secret + "y" * 20 + "f(1)" + "z" * 80 + secret + "y" * 500
    start = text.index("f(1)")
    (line,) = excerpt(LineIndex(text), Span(start, start + 4), Secrets(values=Values([secret])))
    assert line.text == "…****" + "y" * 20 + "f(1)" + "z" * 80 + "****…"
    assert line.mark == (25, 4)


@given(st.lists(st.text(alphabet="ab", max_size=4), max_size=4), st.text(alphabet="abc", max_size=30))
def test_many_values_are_found_as_few_are(values: list[str], text: str) -> None:
    few = Values(values)
    many = Values([*values, *(f"z{number}" * 9 for number in range(60))])
    for bounds in ((0, len(text)), (len(text) // 3, len(text) // 2)):
        assert sorted(few.found(text, *bounds)) == sorted(many.found(text, *bounds))
    masked = Secrets(values=few).masked(text)
    assert not any(value and value in masked for value in values)
