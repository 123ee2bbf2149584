import json

from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.spans import Span
from mlwarden.notebooks.literals import Literal, TextMap

# Single code points as JSON may write them.
PIECES = st.sampled_from(
    ["a", "\u00e9", "\U0001f600", "\\n", '\\"', "\\\\", "\\/", "\\u00e9", "\\u0041", "\\ud83d\\ude00", "\\ud83d", "\\t"]
)


def decoded(piece: str) -> str:
    return json.loads(f'"{piece}"')


@given(st.lists(PIECES), st.text("ab", max_size=3))
def test_every_character_is_found_where_it_is_written(pieces, before):
    contents = "".join(pieces)
    # A lone first half of a pair must not meet a second half: no piece begins with one.
    text = f'{before}"{contents}"'
    literal = Literal(text, len(before) + 1, len(text) - 1)
    assert len(literal) == len(decoded(contents)) == len(pieces)
    place = len(before) + 1
    for offset, piece in enumerate(pieces):
        assert literal.place(offset) == place
        for within in range(len(piece)):
            assert literal.offset(place + within) == offset
        place += len(piece)
    assert literal.place(len(pieces)) == place == literal.end
    assert literal.offset(place) == len(pieces)


@given(st.lists(st.lists(PIECES, min_size=1), min_size=1), st.sampled_from([", ", ",\n    "]), st.integers(0, 1))
def test_lists_are_joined(strings, between, gap):
    quoted = ['"' + "".join(pieces) + '"' for pieces in strings]
    text = "[" + between.join(quoted) + "]"
    text_map = TextMap(text, Span(0, len(text)), gap)
    assert text_map.is_list
    assert len(text_map) == len(strings)
    assert text_map.length == sum(map(len, strings)) + gap * (len(strings) - 1)
    offset = 0
    place = 1
    for index, pieces in enumerate(strings):
        start, end = offset, offset + len(pieces)
        assert text_map.bounds(index) == (start, end)
        place += 1
        assert text_map.edges(index) == (place, place + len("".join(pieces)))
        for piece in pieces:
            assert text_map.places(offset, offset + 1) == (place, place + len(piece))
            assert text_map.offset(place) == offset
            offset += 1
            place += len(piece)
        place += 1 + len(between)
        offset += gap
    assert text_map.place(text_map.length) == len(text) - 2


def test_a_range_over_several_strings_reaches_from_first_to_last_character():
    text = '["ab\\n", "cd\\n", "ef"]'
    text_map = TextMap(text, Span(0, len(text)))
    start, end = text_map.places(1, 7)
    assert text[start:end] == 'b\\n", "cd\\n", "e'
    assert text[slice(*text_map.places(2, 3))] == "\\n"


def test_an_empty_range_between_two_strings_is_in_the_second():
    text = '["ab\\n", "cd"]'
    assert TextMap(text, Span(0, len(text))).places(3, 3) == (text.index("cd"), text.index("cd"))


def test_what_is_not_text_has_no_literals():
    for text in ("[]", "null", "[1]", '{"a": "b"}'):
        text_map = TextMap(text, Span(0, len(text)))
        assert (len(text_map), text_map.length) == (0, 0)
    assert TextMap("[]", Span(0, 2)).places(0, 0) == (1, 1)


def test_the_end_of_a_string_before_another_counts_to_the_next():
    text = '["ab", "cd"]'
    text_map = TextMap(text, Span(0, len(text)))
    assert [text_map.offset(place) for place in range(len(text))] == [0, 0, 0, 1, 2, 2, 2, 2, 2, 3, 4, 4]
