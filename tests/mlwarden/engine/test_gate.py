from __future__ import annotations

import base64
import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.engine.gate import Gate, without_pictures, words_of
from mlwarden.engine.text_classes import in_text
from mlwarden.rules.registry import all_rules

PICTURE = base64.b64encode(Random(1).randbytes(1_500_000)).decode()
LINES = [PICTURE[start : start + 76] + "\n" for start in range(0, len(PICTURE), 76)]
CODE = "import torch\nmodel = torch.load('m.pt')\nb = \"\u00e9\"\n"


def passing(text: str) -> list[str]:
    content = without_pictures(text).encode()
    words = words_of(content)
    return [info.code for info in Gate(all_rules(), code=False).in_content(content, words, words).infos]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("payload", [PICTURE, LINES])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_pictures_neither_pass_nor_hide_anything(indent: int | None, payload: object, ascii_only: bool) -> None:
    around = [CODE, "payload", CODE.replace("torch", "pickle"), "eval(x)"]
    filled = [CODE, payload, CODE.replace("torch", "pickle"), "eval(x)"]
    small = json.dumps(around, indent=indent, ensure_ascii=ascii_only)
    large = json.dumps(filled, indent=indent, ensure_ascii=ascii_only)
    assert passing(large) == passing(small)


def test_words_at_the_edges_of_a_picture_are_seen() -> None:
    code = f"torch.load('{PICTURE}'); eval(x)"
    assert passing(code) == passing("torch.load('a'); eval(x)")


@pytest.mark.parametrize(
    ("word", "content", "allowed"),
    [
        ("@sql", b"x = 'SELECT a FROM b'", True),
        ("@sql", b"x = 'select one'", False),
        ("@hidden", b"x = 1", False),
        ("@hidden", "x = '\u200b'".encode(), True),
        ("@hidden", rb'{"source": "\u200b"}', True),
        ("@token", b"x = 1", False),
        ("@token", b'{"cells": []}', True),
        ("@token", "x = 'ä'".encode(), True),
        ("@token", b"key = '" + b"hf_" + b"aB3" * 11 + b"q'", True),
        ("@model", b"", True),
    ],
)
def test_classes_of_texts(word: str, content: bytes, allowed: bool) -> None:
    assert in_text(word, content) is allowed


@given(
    st.text(alphabet="ab_1 \\né-\u017f", max_size=40),
    st.text(alphabet="ab_1-", min_size=1, max_size=3),
    st.text(alphabet="ab_1-", min_size=1, max_size=3),
)
def test_in_texts_parts_of_words_count(text: str, first: str, second: str) -> None:
    info = replace(all_rules()[0], triggers=((first, second),), hooks=("document",), needs=())
    content = text.encode()
    words = words_of(content)
    passes = bool(Gate([info], code=False).in_content(content, words, words).infos)
    stands = first.encode() in content and second.encode() in content
    # Letters that are another way to write a word may let more through.
    assert passes if stands else not passes or not text.isascii() or "\\" in text
