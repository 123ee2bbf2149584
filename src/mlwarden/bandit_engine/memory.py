"""What Bandit's tests said of the cells of notebooks, for an editor, which changes one of them at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from mlwarden.bandit_engine.driver import Hit


class Imports(NamedTuple):
    """What Bandit knows to be imported: all that one cell tells the next."""

    names: frozenset[str]
    aliases: tuple[tuple[str, str], ...]


class CellRun(NamedTuple):
    """What the tests said of a cell, and what was imported after it."""

    hits: tuple[Hit, ...]
    after: Imports


# By a cell's text and what was imported before it.
Runs: TypeAlias = "dict[tuple[str, Imports], CellRun]"


class CellMemory:
    """The runs of the tests over the cells of documents as they were last."""

    def __init__(self, documents: int = 32) -> None:
        """Remember so many documents."""
        self._most = documents
        self._known: dict[str, tuple[object, Runs]] = {}

    def of(self, path: str, made_for: object) -> Mapping[tuple[str, Imports], CellRun]:
        """What is known of a document's cells, if the same tests were run with the same options (`made_for`)."""
        known = self._known.get(path)
        return known[1] if known is not None and known[0] == made_for else {}

    def keep(self, path: str, made_for: object, runs: Runs) -> None:
        """Remember a document as it is now; the one that was looked at the longest time ago is forgotten."""
        self._known.pop(path, None)
        self._known[path] = (made_for, runs)
        while len(self._known) > self._most:
            self._known.pop(next(iter(self._known)), None)
