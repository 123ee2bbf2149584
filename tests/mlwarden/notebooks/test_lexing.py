import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.notebooks.lexing import logical_line, physical_end, string_end


def lines_of(text: str) -> list[str]:
    """The texts of the logical lines, line ends included."""
    found = []
    pos = 0
    while pos < len(text):
        line = logical_line(text, pos)
        found.append(text[pos : line.next])
        pos = line.next
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n", ["a\n", "b\n"]),
        ("a\r\nb\rc", ["a\r\n", "b\r", "c"]),
        ("f(\n1\n)\nx", ["f(\n1\n)\n", "x"]),
        ("[{(\n)}\n]\nx", ["[{(\n)}\n]\n", "x"]),
        ("x = 1 \\\n  + 2\ny", ["x = 1 \\\n  + 2\n", "y"]),
        ("x = \\\r\n 2\ny", ["x = \\\r\n 2\n", "y"]),
        ("'''a\nb'''\nx", ["'''a\nb'''\n", "x"]),
        ('"""a\n\\"""\n"""\nx', ['"""a\n\\"""\n"""\n', "x"]),
        ("s = 'it\\'s ('\nx", ["s = 'it\\'s ('\n", "x"]),
        ("# it's (\nx", ["# it's (\n", "x"]),
        ("f(  # it's )\n)\nx", ["f(  # it's )\n)\n", "x"]),
        ("'not closed (\nx", ["'not closed (\n", "x"]),
        ("'continued \\\n (' \nx", ["'continued \\\n (' \n", "x"]),
        (")]}\nx", [")]}\n", "x"]),
        ('"""not closed\nx\n', ['"""not closed\nx\n']),
        ('x = ""\ny', ['x = ""\n', "y"]),
        ('f"{x["a"]}"\ny', ['f"{x["a"]}"\n', "y"]),
    ],
)
def test_logical_lines(text, expected):
    assert lines_of(text) == expected


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("x  # comment", "x"),
        ("  # comment", None),
        ("   ", None),
        ("x?  ", "?"),
        ("x = 'a?'  ", "'"),
        ("(1,\n  2)  # c", ")"),
        ("x == 3", "3"),
        ("x =", "="),
    ],
)
def test_the_last_character_that_counts(text, last):
    line = logical_line(text, 0)
    assert (None if line.last < 0 else text[line.last]) == last


@pytest.mark.parametrize(
    ("text", "escape"),
    [
        ("x = !ls", 4),
        ("x=%time f()", 2),
        ("x = % time f()", 4),
        ("if a == 1: x = !ls", 15),
        ("a, b = c, d = !ls", 14),
        ("x = \\\n  !ls", 8),
        ("x: int = !ls", 9),
        ("x = 5 % y", -1),
        ("x = %5", -1),
        ("f(x=!ls)", -1),
        ("x != y", -1),
        ("x == !y", -1),
        ("s = '= !ls'", -1),
        ("# x = !ls", -1),
        ("x = (\n!ls)", -1),
    ],
)
def test_an_escape_after_an_assignment(text, escape):
    assert logical_line(text, 0).escape == escape


def test_the_line_of_an_escape_is_the_shells():
    text = "x = !echo \"it's (\ny = 2"
    line = logical_line(text, 0)
    assert text[line.start : line.end] == "x = !echo \"it's ("
    assert text[line.next :] == "y = 2"


@pytest.mark.parametrize(
    ("text", "end", "after"),
    [
        ("!a\nb", 2, 3),
        ("!a\r\nb", 2, 4),
        ("!a \\\n b\nc", 7, 8),
        ("!a \\\r\n b\rc", 8, 9),
        ("!a \\", 4, 4),
        ("!a \\\n", 4, 5),
        ("!a \\ \nb", 5, 6),
        ("", 0, 0),
    ],
)
def test_physical_lines_joined_by_a_backslash(text, end, after):
    assert physical_end(text, 0) == (end, after)


@given(st.text("ab\"'\\\n\r#()[]=!%? ", max_size=60))
def test_lines_cover_any_text_without_gaps(text):
    assert "".join(lines_of(text)) == text


@given(st.text("ab\"'\\\n\r", max_size=30).map(lambda text: "'" + text))
def test_strings_end_inside_the_text(text):
    assert 0 < string_end(text, 0) <= len(text)
