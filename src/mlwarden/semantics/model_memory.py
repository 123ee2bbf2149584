"""What documents did when they were last interpreted, for an editor, where most keystrokes change nothing that matters.

A model is made of the statements and methods that can matter, and of nothing else in the document. Where these are what
they were, word for word, so is the model; only the places have moved. A place is worked out from its fragment whenever
somebody asks, so it is enough to tell the fragments where they stand now.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlwarden.semantics.fragments import Fragment
    from mlwarden.semantics.model import SemanticModel


class _Kept(NamedTuple):
    made_for: object
    model: SemanticModel


# While a cell is being typed, it is broken at every other keystroke, and the notebook goes back and forth between two states.
_STATES = 2


class ModelMemory:
    """The last models of each of some documents. One is in one hand at a time, because its fragments are moved."""

    def __init__(self, documents: int = 8) -> None:
        """Remember so many documents: a model holds the trees of all that matters."""
        self._most = documents
        self._lock = Lock()
        self._known: dict[str, list[_Kept]] = {}

    def take(self, path: str, made_for: object, fragments: Sequence[Fragment]) -> SemanticModel | None:
        """The model that was made of these very fragments, moved to where they stand now; None if there is none.

        It is not here any more until it is given back.

        Args:
            path: the document's.
            made_for: whatever else the interpretation depends on, compared with `==`.
            fragments: what matters in the document now; it need not be parsed.
        """
        with self._lock:
            states = self._known.get(path, [])
            kept = next((each for each in states if each.made_for == made_for and _same(each.model, fragments)), None)
            if kept is None:
                return None
            self._known[path] = [each for each in states if each is not kept]
        for old, new in zip(kept.model.fragments, fragments, strict=True):
            old.move_to(new)
        return kept.model

    def give_back(self, path: str, made_for: object, model: SemanticModel) -> None:
        """Remember a model that is no longer in use; the document looked at the longest time ago is forgotten."""
        with self._lock:
            states = self._known.pop(path, [])
            self._known[path] = [_Kept(made_for, model), *states][:_STATES]
            while len(self._known) > self._most:
                del self._known[next(iter(self._known))]


def _same(model: SemanticModel, fragments: Sequence[Fragment]) -> bool:
    before = model.fragments
    return len(before) == len(fragments) and all(
        old.says_the_same(new) for old, new in zip(before, fragments, strict=True)
    )
