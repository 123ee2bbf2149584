"""Classes of identifiers as triggers: never less than what the rules report."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics import word_classes
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
    passes = word_classes.in_text(word, text.encode()) and word_classes.holds(word, word_classes.bits_of(names))
    assert passes is holds
