"""The names of a project's modules and what each of them uses, here and in other modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from mlwarden.engine.module_search import ModuleSearch
from mlwarden.engine.outline import Outline, Taken
from mlwarden.engine.outlining import outline_of
from mlwarden.engine.sibling_module import Module, text_of
from mlwarden.semantics.identifiers import Asked


class Outlines:
    """The outlines of a project's modules, made when they are first asked for; the ones not used for long are dropped."""

    def __init__(self, search: ModuleSearch, most: int) -> None:
        """Keep about so many bytes."""
        self._search, self._most = search, most
        self._known: OrderedDict[tuple[Module, str], Outline] = OrderedDict()
        self._kept = 0
        self._words: frozenset[str] = frozenset()
        self._asked = Asked(())

    def ask_for(self, words: Set[str]) -> None:
        """See to it that outlines tell of these words; those that were made before and don't are forgotten."""
        if not words <= self._words:
            self._words |= words
            self._asked = Asked(self._words)
            self._known.clear()
            self._kept = 0

    def of(self, module: Module, root: str) -> Outline:
        """The outline of a module, as its imports are found from a root."""
        found = self._known.get((module, root))
        if found is not None:
            self._known.move_to_end((module, root))
            return found
        content = module.content()
        taken = list(self._search.taken(content, module.path, root))
        found = self._known[module, root] = outline_of(text_of(content), module.path, taken, self._asked)
        self._kept += found.size
        while self._kept > self._most and len(self._known) > 1:
            self._kept -= self._known.popitem(last=False)[1].size
        return found


class Name(NamedTuple):
    """A top-level name of a module."""

    module: Module
    name: str


class TooFarError(Exception):
    """There is more in reach than is looked at."""


class Links:
    """Which names use which, seen from one root."""

    def __init__(self, outlines: Outlines, root: str, most_starred: int | None = None) -> None:
        """Follow `from x import *` to any number of modules, or to so many at most."""
        self._outlines, self._root, self._most = outlines, root, most_starred
        self._starred: dict[Module, frozenset[str]] = {}

    def outline(self, module: Module) -> Outline:
        """The outline of a module."""
        return self._outlines.of(module, self._root)

    def first(self, taken: Iterable[Taken], words: Set[str]) -> list[Name]:
        """The names that a file takes from its project, where it holds these words."""
        found: dict[Name, None] = {}
        for module, names, _ in taken:
            chosen = self.bound(module) & words if names is None else names
            found.update(dict.fromkeys(Name(module, name) for name in sorted(chosen)))
        return list(found)

    def following(self, start: Name, *, classes: bool) -> Iterator[Name]:
        """The names that the statements which bind a name use; some may turn out to be bound by nothing.

        What stands in the same module comes first.

        Args:
            start: the name.
            classes: whether classes are followed as well.

        Raises:
            TooFarError: there are too many modules in which a name may be bound.
        """
        module, name = start
        outline = self.outline(module)
        statements = [outline.statements[number] for number in outline.binders.get(name, ())]
        if not classes:
            statements = [each for each in statements if not each.is_class]
        used = {word for each in statements for word in each.uses}
        ordered = sorted(used)
        binders = outline.binders
        yield from (Name(module, word) for word in ordered if word in binders and word != name)
        for word in ordered:
            for inner in outline.given.get(word, ()):
                yield Name(inner, word)
        yield from (Name(inner, word) for inner in outline.wholes if used for word in sorted(self.bound(inner) & used))
        if not outline.starred:
            return
        # What a module binds itself is not looked for in those that it takes all names of: these may be thousands.
        wanted = {word for each in statements for word in each.alone}
        if name not in binders:
            wanted.add(name)
        for inner in outline.starred if wanted else ():
            yield from (Name(inner, word) for word in sorted(self.bound(inner) & wanted))

    def bound(self, module: Module) -> Set[str]:
        """The names of a module, those that it has from others by `from x import *` included.

        Raises:
            TooFarError: there are too many others.
        """
        outline = self.outline(module)
        if not outline.starred:
            return outline.binders.keys()
        found = self._starred.get(module)
        if found is None:
            found = self._starred[module] = frozenset(self._with_starred(module))
        return found

    def _with_starred(self, module: Module) -> set[str]:
        names: set[str] = set()
        seen = {module}
        queue = [module]
        for part in queue:
            if self._most is not None and len(seen) > self._most:
                raise TooFarError
            outline = self.outline(part)
            names |= outline.binders.keys()
            for inner in outline.starred:
                if inner not in seen:
                    seen.add(inner)
                    queue.append(inner)
        return names
