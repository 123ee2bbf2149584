import json
import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.notebooks.json_text import MAX_DEPTH, JsonCursor, JsonError
from mlwarden.source.lines import LineIndex

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=30
)
SPACE = st.text(" \t\r\n", max_size=3)
STYLES = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 1, 2, "\t"]),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([(", ", ": "), (",", ":"), (" ,\r\n", "\t: ")]),
    }
)


def build(cursor: JsonCursor) -> object:
    """Read any value by the cursor's own methods only."""
    match cursor.peek():
        case "{":
            found: dict[str, object] = {}
            for key in cursor.members():
                found[key] = build(cursor)
            return found
        case "[":
            return [build(cursor) for _ in cursor.items()]
        case '"':
            return cursor.string()
        case _:
            return cursor.value()


@given(VALUES, STYLES, SPACE, SPACE)
def test_reads_what_json_reads(value, style, before, after):
    text = before + json.dumps(value, **style) + after
    cursor = JsonCursor(text)
    assert build(cursor) == json.loads(text)
    cursor.finish()


@given(VALUES, STYLES, SPACE)
def test_skipping_ends_where_reading_ends(value, style, before):
    body = json.dumps(value, **style)
    cursor = JsonCursor(before + body + " , rest")
    assert cursor.skip() == len(before)
    assert cursor.pos == len(before) + len(body)


@given(st.text('[]{}",:0123456789.eE+-truefalsn\\/u \t\n\x00aé', max_size=40))
def test_accepts_exactly_what_json_accepts(text):
    cursor = JsonCursor(text)
    try:
        cursor.skip()
        cursor.finish()
        accepted = True
    except JsonError:
        accepted = False
    try:
        json.loads(text)
        expected = True
    except ValueError:
        expected = False
    assert accepted == expected


@given(st.text('[]{}",:1\\u \t\nae', max_size=40), st.integers(0, 3))
def test_reading_and_skipping_agree_on_what_is_wrong(text, padding):
    # The padding puts the text beyond what the fast path looks at.
    assert_reading_and_skipping_agree(" " * 5000 * padding + text)


def assert_reading_and_skipping_agree(text):
    errors = []
    for read in (build, JsonCursor.skip):
        cursor = JsonCursor(text)
        try:
            read(cursor)
            cursor.finish()
            errors.append(None)
        except JsonError as error:
            errors.append((error.problem, error.offset))
    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    ("text", "problem", "offset"),
    [
        ("", "expected a value", 0),
        ("nul", "expected a value", 0),
        ("'a'", "expected a value", 0),
        ("[1, 2", "expected ',' or ']'", 5),
        ("[1 2]", "expected ',' or ']'", 3),
        ("[1,]", "expected a value", 3),
        ('{"a" 1}', "expected ':' after the property name", 5),
        ('{"a": 1 "b": 2}', "expected ',' or '}'", 8),
        ('{"a": 1,}', "expected a property name in double quotes", 8),
        ("{a: 1}", "expected a property name in double quotes", 1),
        ('{"a": "bc}', "expected a closing '\"' for this string", 6),
        ('["a\nb"]', "expected \\u000a in place of the control character", 3),
        ('["\\x41"]', "expected one of \" \\ / b f n r t u after '\\'", 2),
        ('["\\u12g4"]', "expected four hexadecimal digits after '\\u'", 2),
        ('["a\\', "expected a closing '\"' for this string", 1),
        ("[1] 2", "expected the end of the text", 4),
        ("[01]", "expected ',' or ']'", 2),
        ("<<<<<<< HEAD", "expected a value", 0),
    ],
)
def test_says_what_is_wrong_and_where(text, problem, offset):
    def read() -> None:
        cursor = JsonCursor(text)
        cursor.skip()
        cursor.finish()

    with pytest.raises(JsonError) as caught:
        read()
    assert (caught.value.problem, caught.value.offset) == (problem, offset)


@given(st.text("\r\nab", max_size=20))
def test_lines_and_columns_are_those_of_editors(before):
    text = f'["{"x" * 3}", \n{before.replace("a", " ").replace("b", " ")}?]'
    with pytest.raises(JsonError) as caught:
        JsonCursor(text).skip()
    line, column = LineIndex(text).position(text.index("?"))
    assert (caught.value.line, caught.value.column) == (line + 1, column + 1)
    assert str(caught.value) == f"expected a value (line {line + 1}, column {column + 1})"


def test_nan_and_infinity_are_values():
    nan, *infinities = build(JsonCursor("[NaN, Infinity, -Infinity]"))
    assert math.isnan(nan)
    assert infinities == [math.inf, -math.inf]


def test_a_byte_order_mark_is_passed_over():
    assert build(JsonCursor("\ufeff{}")) == {}


def test_the_last_of_repeated_keys_counts():
    assert build(JsonCursor('{"a": 1, "a": 2}')) == {"a": 2}


def test_numbers_of_any_length_are_read():
    assert JsonCursor("9" * 5000).value() == math.inf
    assert JsonCursor("9" * 4000).value() == int("9" * 4000)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":[', "[ "])
def test_deep_nesting_is_an_error(opening):
    with pytest.raises(JsonError) as caught:
        JsonCursor(opening * 100_000).skip()
    assert caught.value.problem == f"nested deeper than {MAX_DEPTH} levels"


@pytest.mark.parametrize("padding", ["", " " * 5000])
def test_the_depth_limit_is_exact(padding):
    def nested(depth: int) -> str:
        return "[" * depth + padding + "]" * depth

    assert JsonCursor(nested(MAX_DEPTH)).skip() == 0
    for read in (build, JsonCursor.skip):
        with pytest.raises(JsonError) as caught:
            read(JsonCursor(nested(MAX_DEPTH + 1)))
        assert caught.value.offset == MAX_DEPTH


def test_depth_counts_from_the_outermost_value():
    text = "[" * 150 + "[" * 51 + "]" * 201
    cursor = JsonCursor(text)

    def descend(levels: int) -> None:
        for _ in cursor.items():
            if levels > 1:
                descend(levels - 1)

    with pytest.raises(JsonError) as caught:
        descend(150)
    assert caught.value.offset == MAX_DEPTH


@given(st.text(st.characters(exclude_categories=())) | st.lists(st.text(st.characters(exclude_categories=()))), STYLES)
def test_text_is_a_string_or_a_list_of_strings(value, style):
    text = json.dumps(value, **style)
    found = array("q")
    cursor = JsonCursor(text)
    decoded = cursor.lines("|", found)
    expected = json.loads(text)
    assert decoded == (expected if isinstance(expected, str) else "|".join(expected))
    assert JsonCursor(text).lines("|") == decoded
    assert cursor.pos == len(text)
    parts = [expected] if isinstance(expected, str) else expected
    assert [json.loads(text[start - 1 : end + 1]) for start, end in zip(found[0::3], found[1::3], strict=True)] == parts
    assert list(found[2::3]) == [len(part) for part in parts]


@pytest.mark.parametrize("value", ["null", "1", '{"a": "b"}', '["a", 1, "b"]', '["a", ["b"]]'])
def test_anything_else_is_not_text_and_is_passed_over(value):
    for literals in (None, array("q")):
        cursor = JsonCursor(value + "!")
        assert cursor.lines(literals=literals) is None
        assert cursor.pos == len(value)


def test_long_lists_are_joined_in_order():
    lines = [f"line {number} \u00e9\n" for number in range(20_000)]
    text = json.dumps(lines)
    assert JsonCursor(text).lines() == "".join(lines)
    assert JsonCursor(text).lines("+") == "+".join(lines)


def test_long_strings_are_skipped_without_their_copy():
    payload = "QUJD" * 1_000_000
    assert JsonCursor(f'"{payload}"').skip() == 0
    with pytest.raises(JsonError) as caught:
        JsonCursor(f'"{payload}\n"').skip()
    assert caught.value.offset == len(payload) + 1
    cursor = JsonCursor(f'"{payload}\\n{payload}"')
    cursor.skip()
    assert cursor.pos == 2 * len(payload) + 4


@given(
    st.lists(
        st.sampled_from(
            ['"ab\\n"', '"a]"', '"["', '"{}"', "1", "[]", "{}", '"\\x"', '"', "nul", "]", '"\n"', '"a" "b"']
        ),
        max_size=3,
    ),
    st.sampled_from(["]", "", "]]", "}"]),
)
def test_long_lists_of_lines_are_passed_over_as_they_are_read(odd, closing):
    picture = ['"' + "QUJD" * 19 + '\\n"'] * 80
    text = "[" + ", ".join([*picture, *odd, *picture]) + closing
    assert_reading_and_skipping_agree(text)


def test_a_list_of_lines_beyond_the_limit_is_passed_over(monkeypatch):
    text = json.dumps(["QUJD" * 19 + "\n"] * 2_000)
    for limit in (100, len(text) - 1, len(text)):
        monkeypatch.setattr("mlwarden.notebooks.json_text._LINES", limit)
        cursor = JsonCursor(text + ",")
        assert (cursor.skip(), cursor.pos) == (0, len(text))
