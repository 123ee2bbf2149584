"""What imported names bring to a file: rules that their modules make possible, and classes of words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from mlwarden.engine.gate import parts_of
from mlwarden.engine.sibling_module import Module
from mlwarden.model.rule_info import RuleInfo
from mlwarden.semantics import word_classes

# The project modules that a module imports, each with the names it takes, or None for the whole module.
Imports: TypeAlias = "list[tuple[Module, frozenset[str] | None]]"
ImportsOf: TypeAlias = "Callable[[Module, str], Imports]"


class _Need(NamedTuple):
    """A rule that an exported name makes possible, where the importer also holds the word ("" for none)."""

    code: str
    word: str


@dataclass(frozen=True, slots=True)
class Importer:
    """A file as it takes from others.

    Attributes:
        words: every word of it.
        bits: the classes that these make, with the names of its folders.
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


def fed(info: RuleInfo, bits: int, brought: Set[str], words: Set[str]) -> bool:
    """Whether what a rule needs is in a file, or brought to it."""
    return any(
        need in brought or word_classes.holds(need, bits) if need.startswith("@") else need in words
        for need in info.needs
    )


class Exports:
    """Which names of a project's modules bring a rule's matter, or a class of words, with them; re-exports included.

    A name brings what the statements that bind it name, and what the names that they use bring, in its module and in
    those that this imports. Only names that are really used are followed: a package may import a thousand modules. What
    a name brings does not depend on which one was asked for first, also where modules import each other in circles.
    """

    def __init__(self, imports_of: ImportsOf, root: str, infos: tuple[RuleInfo, ...], classes: tuple[str, ...]) -> None:
        """Prepare for the triggers of rules, or for classes, which stand for themselves in the place of codes."""
        self._imports_of, self._root = imports_of, root
        self._infos = infos  # kept alive: exports are found by its identity
        self._classes = classes
        # A class that follows plain calls is judged where it stands; data goes through methods of one as well.
        self._with_classes = bool(classes) or any(info.needs for info in infos)
        self._alternatives: dict[str, list[tuple[str, str]]] = {}
        for info in infos:
            for words in info.triggers:
                # What stands in the importing file may be the last word only, or any but the first.
                self._alternatives.setdefault(words[0], []).append((info.code, words[-1]))
        self._firsts = frozenset(self._alternatives)
        self._own_needs: dict[str, dict[str, frozenset[_Need]]] = {}
        self._brought: dict[_Name, frozenset[_Need]] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._bringers: dict[str, bool] = {}

    def brought(
        self, taken: Iterable[tuple[Module, frozenset[str] | None]], importer: Importer
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The codes (or classes) that imports bring to a file, and the names that do."""
        codes: set[str] = set()
        bringing: set[str] = set()
        for module, names in taken:
            if not self._may_bring(module):
                continue
            for name in self._bound(module) & (importer.words if names is None else names):
                brought = {
                    need.code
                    for need in self._of(_Name(module.path, name), module)
                    if _in_words(need.word, importer.words, importer.bits)
                }
                if brought:
                    codes |= brought
                    bringing.add(name)
        return frozenset(codes), frozenset(bringing)

    def _may_bring(self, module: Module) -> bool:
        """Whether a module has matter of its own, or takes any from others."""
        found = self._bringers.get(module.path)
        if found is None:
            found = bool(self._candidates(module) or self._matching(module))
            found = self._bringers[module.path] = found or bool(self._imports_of(module, self._root))
        return found

    def _of(self, start: _Name, module: Module) -> frozenset[_Need]:
        """What a name brings: everything in its reach; names that reach each other bring the same (Tarjan)."""
        final = self._brought
        if start in final:
            return final[start]
        order: dict[_Name, int] = {}
        low: dict[_Name, int] = {}
        needs: dict[_Name, frozenset[_Need]] = {}
        open_names: list[_Name] = []
        stack: list[tuple[_Name, Iterator[tuple[_Name, Module]]]] = []

        def enter(name: _Name, where: Module) -> None:
            order[name] = low[name] = len(order)
            needs[name] = self._own(where).get(name.name, frozenset())
            open_names.append(name)
            stack.append((name, self._used_by(name.name, where)))

        enter(start, module)
        while stack:
            name, following = stack[-1]
            for other, where in following:
                if other in final:
                    needs[name] |= final[other]
                elif other in order:
                    low[name] = min(low[name], order[other])
                else:
                    enter(other, where)
                    break
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    low[above] = min(low[above], low[name])
                    needs[above] |= needs[name]
                if low[name] == order[name]:
                    while True:
                        member = open_names.pop()
                        final[member] = needs[name]
                        if member == name:
                            break
        return final[start]

    def _used_by(self, name: str, module: Module) -> Iterator[tuple[_Name, Module]]:
        """The names, here and in other modules, that the statements which bind a name use."""
        used: set[str] = set()
        for fragment in module.binders(name):
            if fragment.names is not None and (self._with_classes or not fragment.is_class):
                used |= fragment.names
        for other in self._bound(module) & used:
            if other != name:
                yield _Name(module.path, other), module
        star = "*" in module.binds
        for inner, names in self._imports_of(module, self._root):
            if self._may_bring(inner):
                wanted = used if names is None else used & names
                for other in self._bound(inner) & ({*wanted, name} if star and names is None else wanted):
                    yield _Name(inner.path, other), inner

    def _bound(self, module: Module) -> frozenset[str]:
        """The names of a module, those that it has from others by `from x import *` included."""
        found = self._names.get(module.path)
        if found is None:
            names: set[str] = set()
            seen = {module.path}
            for part in (queue := [module]):
                names |= part.binds
                for inner, taken in self._imports_of(part, self._root) if "*" in part.binds else ():
                    if taken is None and inner.path not in seen:
                        seen.add(inner.path)
                        queue.append(inner)
            found = self._names[module.path] = frozenset(names)
        return found

    def _candidates(self, module: Module) -> list[tuple[str, str, str]]:
        # A module may hand on a library (`import pickle as p`) whose function only the importer names.
        words, bits = module.words, module.bits
        return [
            (code, first, last)
            for first in self._firsts
            if _in_words(first, words, bits)
            for code, last in self._alternatives[first]
        ]

    def _matching(self, module: Module) -> list[str]:
        return [name for name in self._classes if word_classes.holds(name, module.bits)]

    def _own(self, module: Module) -> dict[str, frozenset[_Need]]:
        """What the statements of a module bring by themselves."""
        found = self._own_needs.get(module.path)
        if found is None:
            found = self._own_needs[module.path] = self._made(module)
        return found

    def _made(self, module: Module) -> dict[str, frozenset[_Need]]:
        candidates, classes = self._candidates(module), self._matching(module)
        found: dict[str, frozenset[_Need]] = {}
        if not candidates and not classes:
            return found
        asks = bool(classes) or any(first[:1] == "@" for _, first, _ in candidates)
        for fragment in module.fragments:
            if fragment.names is None or (fragment.is_class and not self._with_classes):
                continue
            names = fragment.names
            bits = word_classes.bits_of(names) if asks else 0
            needs = {_Need(name, "") for name in classes if word_classes.touches(name, bits)}
            for code, first, last in candidates:
                if _holds(last, names, bits):
                    needs.add(_Need(code, ""))
                elif fragment.has_import and _holds(first, names, bits):
                    needs.add(_Need(code, last))
            for name in fragment.binds if needs else ():
                found[name] = found.get(name, frozenset()) | needs
        return found


class _Name(NamedTuple):
    """A top-level name of a module, by the module's path."""

    path: str
    name: str


def _in_words(word: str, words: Set[str], bits: int) -> bool:
    """Whether the words of a file hold what a trigger, marked or not, needs."""
    return all(_holds(part, words, bits) for part in parts_of(word))


def _holds(word: str, words: Set[str], bits: int) -> bool:
    return not word or (word_classes.holds(word, bits) if word[0] == "@" else word in words)
