"""One module of a project beside the checked file, parsed only as far as it is needed, and never imported."""

from __future__ import annotations

from collections.abc import Iterable, Set
from functools import cached_property
from typing import TYPE_CHECKING

from mlwarden.engine.gate import folder_words, words_of
from mlwarden.semantics import word_classes
from mlwarden.source.decoding import decode_python
from mlwarden.source.lines import LineIndex
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

if TYPE_CHECKING:
    from mlwarden.semantics.fragments import Fragment

MAX_SIZE = 1_000_000
MAX_FRAGMENTS = 60


class Module:
    """One module of the project: its statements, parsed only as far as they are needed."""

    def __init__(self, path: str, name: str, is_package: bool) -> None:
        self.path, self.name, self.is_package = path, name, is_package
        self.content = _content(path)
        self._fragments: list[Fragment] | None = None

    @cached_property
    def words(self) -> set[str]:
        """Every word of it."""
        return words_of(self.content)

    @cached_property
    def bits(self) -> int:
        """The classes that its words make, with the names of its folders."""
        return word_classes.bits_of(self.words) | word_classes.bits_of(folder_words(self.path))

    @property
    def fragments(self) -> list[Fragment]:
        """Its top-level statements; [] if it cannot be read."""
        if self._fragments is None:
            from mlwarden.semantics.fragments import cut

            decoded = decode_python(self.content)
            self._fragments = [] if decoded.problem else cut(decoded.text, LineIndex(decoded.text), None)[0]
            for fragment in self._fragments:
                fragment.path = self.path
        return self._fragments

    @cached_property
    def _binders(self) -> dict[str, list[Fragment]]:
        found: dict[str, list[Fragment]] = {}
        for fragment in self.fragments:
            for name in fragment.binds:
                found.setdefault(name, []).append(fragment)
        return found

    @property
    def binds(self) -> Set[str]:
        """The names that it binds at top level; "*" among them for `from x import *`."""
        return self._binders.keys()

    def binders(self, name: str) -> list[Fragment]:
        """The statements that bind a name."""
        return self._binders.get(name, [])

    def closure(self, names: Iterable[str]) -> list[Fragment]:
        """The statements that bind names, and those that bind what these use, in order."""
        wanted = set(names)
        chosen: dict[int, Fragment] = {}
        grown = True
        while grown and len(chosen) < MAX_FRAGMENTS:
            grown = False
            for index, fragment in enumerate(self.fragments):
                if index not in chosen and (fragment.names is None or not wanted.isdisjoint(fragment.binds)):
                    chosen[index] = fragment
                    wanted |= fragment.names or frozenset()
                    grown = True
        return [chosen[index] for index in sorted(chosen)]


def _content(path: str) -> bytes:
    content = read(path, MAX_SIZE)
    return b"" if isinstance(content, Problem) else content
