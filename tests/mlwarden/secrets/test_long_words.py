from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.secrets import long_words as module
from mlwarden.secrets.formats import all_formats
from mlwarden.secrets.long_words import MIN_LENGTH, long_words
from mlwarden.secrets.probes import candidates
from mlwarden.secrets.samples import sample

WORD = re.compile(r"[A-Za-z0-9_\-/+.=%~:]{20,}")
PIECES = st.sampled_from(
    ["a", "Zz9" * 6, "q7" * 10, "x" * 19, "y" * 20, "z" * 300, ".", "=", "_-/+%~:", " ", "\n", '"', "\u00e9", "\u4f60", "\ud800"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=30).map("".join)
SAMPLES = st.sampled_from([sample(token.id, number) for token in all_formats() for number in range(2)])
CODE = st.lists(SAMPLES | PIECES | st.sampled_from([' = "', "key: ", "\\n", "//", "<a>\n  "]), max_size=12).map("".join)


@given(TEXTS)
def test_all_long_words_with_what_stands_around_them(text):
    (words,) = list(long_words(text)) or [None]
    expected = [(match.start(), match[0]) for match in WORD.finditer(text)]
    if words is None:
        assert expected == []
        return
    assert [(words.place(match.start()), match[0]) for match in WORD.finditer(words.text)] == expected
    for start, word in expected:
        around = text[max(start - 5, 0) : start + len(word) + 1]
        assert around in words.text
    for offset, character in enumerate(words.text):
        if character != "\n":
            assert text[words.place(offset)] == character


def test_nothing_of_a_text_without_long_words():
    assert list(long_words("")) == []
    assert list(long_words(f"{'x' * (MIN_LENGTH - 1)} " * 100)) == []


@given(CODE)
def test_windows_change_nothing(code):
    whole = set(map(_named, candidates(code)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_WINDOW", 64)
        assert set(map(_named, candidates(code))) == whole


@given(CODE)
def test_what_stands_far_away_changes_nothing(code):
    """The same places are found with any other text before."""
    before = f"# {'lorem ipsum ' * 3}\n\n\n\n"
    shifted = {(name, place - len(before)) for name, place in map(_named, candidates(before + code))}
    assert shifted == set(map(_named, candidates(code)))


def _named(found):
    token, place = found
    return token.id, place
