"""What a file gets by its imports, asked in the engine's own words but without the rest of the engine.

Imported by `glance` for files that hold no rule's words themselves and import modules of their project, as most files of
a package do.
"""

# ruff: noqa: PTH100, PTH109
from __future__ import annotations

import os

from mlwarden.engine.importer import Importer
from mlwarden.engine.siblings import Siblings
from mlwarden.engine.words import folder_words, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set

    from mlwarden.engine.plan import Plan


class Imports:
    """The modules of a project around some files, which no configuration speaks of."""

    def __init__(self) -> None:
        self._root = os.getcwd().replace(os.sep, "/")
        self._siblings = Siblings()
        self._plan: Plan | None = None

    def bring_nothing(self, path: str, content: bytes, starved: Set[str]) -> bool:
        """Whether a file can have no finding because of what it imports.

        Args:
            path: as it was given.
            content: of the file, in ASCII.
            starved: what rules that could fire on the file need, and do not find in it.
        """
        shown = _shown(path, self._root)
        if next(self._siblings.search.taken(content, shown, self._root), None) is None:
            return True  # what is called like something here is a library's
        from mlwarden.semantics import word_classes

        if self._plan is None:
            self._plan = _plan()
        words = words_of(content)
        bits = word_classes.bits_of(words) | word_classes.bits_of(folder_words(shown))
        borrowed = self._siblings.borrowed(Importer(content, words, bits, shown, self._root), self._plan)
        return not borrowed.codes and borrowed.classes.isdisjoint(starved)


def _plan() -> Plan:
    """The rules that are on by default."""
    from mlwarden.engine.plan import Plan
    from mlwarden.model.rule_info import DocumentKind
    from mlwarden.rules.registry import all_rules

    return Plan((info for info in all_rules() if info.default), DocumentKind.PYTHON, policy=False)


def _shown(path: str, root: str) -> str:
    """The path of a file as its document has it: relative to the working folder where it lies below that."""
    whole = os.path.abspath(path).replace(os.sep, "/")
    prefix = root if root.endswith("/") else f"{root}/"
    return whole[len(prefix) :] if whole.startswith(prefix) else whole
