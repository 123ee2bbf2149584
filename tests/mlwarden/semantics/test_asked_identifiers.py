"""Words that are asked for are found among identifiers as if all identifiers were made."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.identifiers import Asked, Identifiers, plain

PIECES = (
    "import torch.hub as hub\n",
    "from pickle import load\n",
    "model = torch.load('a.pt', weights_only=False)\n",
    "def read(path, mode='first name'):\n    return open(path, mode)\n",
    "getattr(f, 'load')(**options)\n",
    "class Loader(Base):\n    read = 'torch_load'\n",
    "print('a text of many words that is about load and open')\n",
)
WORDS = ("torch", "load", "open", "read", "path", "first", "getattr", "first_name", "weights_only", "Base", "about")


@given(
    st.lists(st.sampled_from(PIECES)),
    st.sets(st.builds(str.__add__, st.sampled_from(("", ".", "!", "~")), st.sampled_from(WORDS))),
)
def test_as_among_all(pieces: list[str], words: set[str]) -> None:
    identifiers = Identifiers()
    for statement in ast.parse("".join(pieces)).body:
        identifiers.collect(statement)
    assert identifiers.among(Asked(words)) == identifiers.all() & words
    assert {word for word in identifiers.unmarked() | identifiers.said() if word[0] != "~"} == {
        plain(word) for word in identifiers.all() if word[0] != "~"
    }


def test_words_of_texts_are_told_apart() -> None:
    identifiers = Identifiers()
    identifiers.collect(ast.parse("ask('name', 'one of these', f'{x} is so', key='a b')"))
    assert identifiers.said() == {"one", "of", "these", "is", "so", "a", "b"}
    assert {word for word in identifiers.unmarked() if word[0] != "~"} == {"ask", "name", "x", "key"}
