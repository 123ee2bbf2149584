"""A module of the project as others see it: what its statements bind and name. Little enough to be kept for many modules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.engine.words import folder_words
from mlwarden.semantics import word_classes

if TYPE_CHECKING:
    from mlwarden.engine.sibling_module import Module


class Taken(NamedTuple):
    """What a module imports from another one of the project: names, or None for the whole module; `star`: by `*`."""

    module: Module
    names: frozenset[str] | None
    star: bool = False


class Statement(NamedTuple):
    """A top-level statement, or several on one line.

    Attributes:
        start, end: where it stands in the module's text.
        binds: the names that it binds at top level; "*" among them for `from x import *`.
        uses: the names in it that may be bound by other statements or be imported, sorted.
        alone: the names that stand by themselves and are not bound here, where anything is taken by `*`.
        asked: those of the asked words that stand in it.
        bits: the classes of words that it touches.
        has_import, is_class: whether it imports anything, holds a class.
    """

    start: int
    end: int
    binds: tuple[str, ...]
    uses: tuple[str, ...]
    alone: tuple[str, ...]
    asked: frozenset[str]
    bits: int
    has_import: bool
    is_class: bool


class Outline:
    """The statements of a module and what it imports.

    Attributes:
        statements: in order; none if the text cannot be read.
        unread: whether the standard library's parser refused the text: what it names is not known.
        taken: what it imports from the project, in order.
        binders: name -> the numbers of the statements that bind it.
        wholes: the modules that it takes whole, by their names.
        starred: those that it takes the names of, whatever they are (`from x import *`).
        given: name -> the modules that it is taken from by name.
        asked, bits: of all statements, `bits` with the names of its folders.
        texts: those of the asked classes of texts (`engine.text_classes`) that its text allows.
        notes: what was worked out of it, by whom.
        text_hash: of the text.
        size: about how much is kept for it, in bytes.
    """

    def __init__(
        self,
        text: str,
        path: str,
        statements: Iterable[Statement],
        taken: Iterable[Taken],
        *,
        texts: frozenset[str] = frozenset(),
        unread: bool = False,
    ) -> None:
        self.text_hash = hash(text)
        self.texts = texts
        self.notes: dict[object, dict[str, int]] = {}
        self.statements = tuple(statements)
        self.taken = tuple(taken)
        self.unread = unread
        binders: dict[str, list[int]] = {}
        for number, statement in enumerate(self.statements):
            for name in statement.binds:
                binders.setdefault(name, []).append(number)
        self.binders = {name: tuple(numbers) for name, numbers in binders.items()}
        self.asked = frozenset().union(*(statement.asked for statement in self.statements))
        self.bits = word_classes.bits_of(folder_words(path))
        for statement in self.statements:
            self.bits |= statement.bits
        self.wholes = tuple(each.module for each in self.taken if each.names is None and not each.star)
        self.starred = tuple(each.module for each in self.taken if each.star)
        given: dict[str, list[Module]] = {}
        for module, names, _ in self.taken:
            for name in names or ():
                given.setdefault(name, []).append(module)
        self.given = {name: tuple(modules) for name, modules in given.items()}
        self.size = 1000 + sum(300 + 12 * len(statement.uses) for statement in self.statements) + 200 * len(given)
