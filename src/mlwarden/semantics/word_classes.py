"""Classes of identifiers that a rule may name among its triggers, where no list of words would do.

`@secret` stands for any name that says its value is a secret: `hf_token`, `OPENAI_API_KEY`, `password`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

# What the bytes of a file must hold for one of its identifiers to be of the class.
_STEMS = {"@secret": re.compile(rb"key|token|secret|passw|passphrase|pwd|_pat\b|credential", re.IGNORECASE)}


def in_bytes(word: str, content: bytes) -> bool | None:
    """Whether a file may hold an identifier of a class; None if the word names no class."""
    stems = _STEMS.get(word)
    return None if stems is None else stems.search(content) is not None


def among(word: str, names: Iterable[str]) -> bool:
    """Whether one of the identifiers is of the class that the word names."""
    return word in _STEMS and any(map(_is_secret, names))


@lru_cache(maxsize=65536)
def _is_secret(name: str) -> bool:
    from mlwarden.semantics.secret_sources import NAMED_SECRET, is_secret_variable

    # Names of environment variables are written in capitals; in others, `key` and `token` are ordinary words.
    return NAMED_SECRET.fullmatch(name) is not None or (name.isupper() and is_secret_variable(name))
