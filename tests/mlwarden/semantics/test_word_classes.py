"""Classes of identifiers as triggers: never less than what the rules report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwarden.engine.text_classes import in_text
from mlwarden.semantics import personal_names, word_classes
from mlwarden.semantics.secret_sources import NAMED_SECRET


@pytest.mark.parametrize(
    "name",
    ["api_key", "OPENAI_API_KEY", "HF_TOKEN", "hf_token", "password", "DB_PASSWORD", "secretKey", "access_token"],
)
def test_names_of_secrets(name: str) -> None:
    assert word_classes.holds("@secret", word_classes.bits_of([name]))


@pytest.mark.parametrize("name", ["key", "token", "tokens", "keyboard", "TOKENIZERS_PARALLELISM", "pad_token", "x"])
def test_ordinary_names(name: str) -> None:
    assert not word_classes.holds("@secret", word_classes.bits_of([name]))


def test_a_plain_word_is_no_class() -> None:
    assert not word_classes.holds("print", word_classes.bits_of(["print", "api_key"]))


@given(st.from_regex(NAMED_SECRET, fullmatch=True).filter(lambda name: name.isidentifier() and len(name) <= 100))
def test_every_named_secret_passes(name: str) -> None:
    assert word_classes.holds("@secret", word_classes.bits_of([name]))


@pytest.mark.parametrize(
    "text",
    [
        "from flask import request",
        "import gradio as gr",
        "name = input('model? ')",
        "def view(request): ...",
        "@app.post('/x')",
    ],
)
def test_words_of_requests(text: str) -> None:
    assert word_classes.holds("@request", word_classes.bits_of(re.findall(r"\w+", text)))


@pytest.mark.parametrize("text", ["self.input_layernorm(x)", "model.generate(**inputs)"])
def test_words_of_other_code(text: str) -> None:
    assert not word_classes.holds("@request", word_classes.bits_of(re.findall(r"\w+", text)))


@pytest.mark.parametrize(
    ("word", "text", "holds"),
    [
        ("@personal", "df['email'].head()", True),
        ("@personal", "user.phone_number", True),
        ("@personal", "model.name", False),
        ("@table", "def f(df): return df.query(q)", True),
        ("@table", "train_df.eval(x)", True),
        ("@table", "import pandas", True),
        ("@table", "model.eval()", False),
        ("@sql", 'f"SELECT * FROM users WHERE id = {x}"', True),
        ("@sql", "insert into t values", True),
        ("@sql", "DROP TABLE x", True),
        ("@sql", "self.query(hidden_states)", False),
    ],
)
def test_other_classes(word: str, text: str, holds: bool) -> None:
    names = re.findall(r"\w+", text)
    passes = in_text(word, text.encode()) and word_classes.holds(word, word_classes.bits_of(names))
    assert passes is holds


# Pieces of names, and names that are made of them in any way of writing: most classes are met by such.
_OTHER_PIECES = (
    "name number id no first ip api my get full list s ses value num ber hf gh 1 2 x df _ __ ~ ſ K é home street mobile"
    " user client person security e address column tools lm huggingface urllib www"
)
_PIECES = sorted(
    {
        *(stem for each in word_classes._CLASSES for stem in each.stems.split()),
        *(word.rstrip("*+") for pair in word_classes._PAIRS for part in pair for word in part.split()),
        *_OTHER_PIECES.split(),
    }
)
_NAMES = st.lists(
    st.sampled_from(_PIECES).flatmap(lambda piece: st.sampled_from([piece, piece.title(), piece.upper()])), max_size=4
).flatmap(lambda pieces: st.sampled_from(["", "_"]).map(lambda between: between.join(pieces)))


_TABLE = word_classes._Table()


def _plainly(word: str) -> int:
    """The bits of a word by asking every question, without a look for stems first."""
    if len(word) > 100 or word[:1] in ("", ".", "!"):
        return 0
    parts = [part for pair in word_classes._PAIRS for part in pair]
    patterns = ["|".join(parts).replace("*", r"\w*").replace("+", r"\w+") for parts in map(str.split, parts)]
    answers = [
        *(each.test(word) for each in word_classes._CLASSES),
        *(re.fullmatch(pattern, word) is not None for pattern in patterns),
    ]
    return sum(1 << number for number, answer in enumerate(answers) if answer)


@settings(max_examples=2_000)
@given(_NAMES)
def test_stems_lose_no_word(name: str) -> None:
    assert _TABLE.bits_of(name) == _plainly(name)


@pytest.mark.parametrize("kind", [pattern for pattern, _ in personal_names._KINDS])
@given(data=st.data())
def test_stems_lose_no_name_of_a_person(kind: str, data: st.DataObject) -> None:
    words = data.draw(st.from_regex(kind, fullmatch=True)).replace("'", "").split(" ")
    name = data.draw(st.sampled_from(["_".join(words), "".join(map(str.title, words)), "_".join(words).upper()]))
    assert _TABLE.bits_of(name) == _plainly(name)


@given(st.lists(st.lists(_NAMES, max_size=6), max_size=6), st.integers(1, 8))
def test_what_is_known_of_words_does_not_change_what_is_said(sets: list[list[str]], free: int) -> None:
    known = word_classes.Bits(free)
    for names in sets:
        expected = 0
        for name in names:
            expected |= _plainly(name)
        assert known.of(names) == known.of(frozenset(names)) == expected


def test_in_every_word_of_a_class_stands_one_of_its_stems() -> None:
    """Over all names of up to three of the words that the patterns of personal data are made of."""
    parts = {part for pattern, _ in personal_names._KINDS for part in re.findall("[a-z]{2,}", pattern)}
    parts.update(("all", "user", "x", "s"))
    stems = [stem.split("+") for stem in word_classes.stems_of("@personal")]
    found = 0
    for length in (1, 2, 3):
        for words in product(sorted(parts), repeat=length) if length < 3 else _with_three(sorted(parts)):
            name = "_".join(words)
            if word_classes.holds("@personal", word_classes.bits_of([name])):
                found += 1
                assert any(all(part in name for part in stem) for stem in stems), name
    assert found > 1000


def _with_three(parts: list[str]) -> Iterator[tuple[str, ...]]:
    yield from product(parts, parts, ("name", "number", "address", "id"))


def test_words_that_tell_of_a_model_together_tell_nothing_in_texts() -> None:
    together = ["completion", "create"]
    assert word_classes.holds("@model", word_classes.bits_of(together))
    assert not word_classes.holds("@model", word_classes.bits_in_texts(together))
    for word, name in (("@model", "openai"), ("@tool", "tool"), ("@personal", "email"), ("@secret", "api_key")):
        assert word_classes.holds(word, word_classes.bits_in_texts([name])), name
