"""Which rules the names that a file imports make possible on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlwarden.engine.importer import Importer
from mlwarden.engine.links import Links, Name
from mlwarden.engine.matter import Fulfilled, Matter

# So many names are known before everything is forgotten: a project may have a million.
MOST_NAMES = 1 << 16


class Exports:
    """Which names of a project's modules bring a rule's matter with them; re-exports included.

    A name brings what the statements that bind it name, and what the names that they use bring, in its module and in
    those that this imports. Only names that are really used are followed: a package may import a thousand modules. What
    a name brings does not depend on which one was asked for first, also where modules import each other in circles.
    Classes are not followed: a class that follows plain calls is judged where it stands.
    """

    def __init__(self, links: Links, matter: Matter) -> None:
        self._links, self._matter = links, matter
        self._brought: dict[Name, int] = {}

    def brought(self, starts: Iterable[Name], importer: Importer) -> tuple[frozenset[str], frozenset[str]]:
        """The codes that imported names bring to a file, and the names that do."""
        fulfilled = Fulfilled(self._matter, importer)
        if len(self._brought) > MOST_NAMES:
            self._brought.clear()
        codes: set[str] = set()
        bringing: set[str] = set()
        for start in starts:
            brought = fulfilled.codes(self._of(start))
            if brought:
                codes |= brought
                bringing.add(start.name)
        return frozenset(codes), frozenset(bringing)

    def _of(self, start: Name) -> int:
        """What a name brings: everything in its reach; names that reach each other bring the same (Tarjan)."""
        final = self._brought
        if start in final:
            return final[start]
        order: dict[Name, int] = {}
        low: dict[Name, int] = {}
        needs: dict[Name, int] = {}
        open_names: list[Name] = []
        stack: list[tuple[Name, Iterator[Name]]] = []

        def enter(name: Name) -> None:
            order[name] = low[name] = len(order)
            needs[name] = self._own(name)
            open_names.append(name)
            stack.append((name, self._links.following(name, classes=False)))

        enter(start)
        while stack:
            name, following = stack[-1]
            for other in following:
                if other in final:
                    needs[name] |= final[other]
                elif other in order:
                    low[name] = min(low[name], order[other])
                else:
                    enter(other)
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

    def _own(self, name: Name) -> int:
        return self._matter.of(self._links.outline(name.module)).get(name.name, 0)
