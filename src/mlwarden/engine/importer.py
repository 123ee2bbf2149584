"""A file that imports from its project, and what it gets from there."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from mlwarden.model.record import record


@record(frozen=True, slots=True)
class Importer:
    """A file as it takes from others.

    Attributes:
        content: the bytes in which its imports stand.
        words: every word of it.
        bits: the classes that these make, with the names of its folders.
        path: where it is.
        root: where its project begins.
    """

    content: bytes
    words: Set[str]
    bits: int
    path: str
    root: str


class Borrowed(NamedTuple):
    """What a file gets from the modules of its project: codes of rules, classes of words, and the names that bring it."""

    codes: frozenset[str]
    classes: frozenset[str]
    names: frozenset[str]


NOTHING_BORROWED = Borrowed(frozenset(), frozenset(), frozenset())
