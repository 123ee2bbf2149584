"""What is in the reach of imported names, looked for near by first and only so far: behind that, anything may be."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Set

from mlwarden.engine.far_reach import FarReach
from mlwarden.engine.importer import Importer
from mlwarden.engine.links import Links, Name, Outlines, TooFarError
from mlwarden.engine.matter import Fulfilled, Matter
from mlwarden.engine.sibling_module import Module

# So many modules are looked into for one file. Classes lead from everywhere to everywhere: what is not found in these
# is mostly found in the next hundreds.
MOST_MODULES = 64


class Reach:
    """The rules' matter and the classes of words in the reach of what a file imports.

    Unlike `Exports`, it goes through classes as well: data does. Nearly all of a large project is in the reach of nearly
    every name then, and what a rule needs is near. So the search ends when all is found, or after some modules; then
    everything counts as brought that stands anywhere in the modules behind (`FarReach`), or, while these are not known,
    everything.
    """

    def __init__(
        self, outlines: Outlines, root: str, matter: Matter, goal: Iterable[str], most: int = MOST_MODULES
    ) -> None:
        """Look for some codes and classes, in so many modules."""
        self._links, self._matter, self._most = Links(outlines, root, most), matter, most
        self._far = FarReach(self._links, matter)
        self._goal = frozenset(goal)

    def brought(self, starts: Iterable[Name], importer: Importer) -> frozenset[str]:
        """The codes and classes that imported names bring to a file, or more."""
        starts = tuple(starts)
        fulfilled = Fulfilled(self._matter, importer)
        found: set[str] = set()
        try:
            for name in self._in_reach(starts):
                found |= fulfilled.codes(self._own(name))
                if found >= self._goal:
                    break
        except TooFarError:
            return self._behind(starts, fulfilled)
        return frozenset(found)

    def bringing(self, starts: Iterable[Name], codes: Set[str], importer: Importer) -> frozenset[str]:
        """Those of the imported names that bring any of some codes."""
        fulfilled = Fulfilled(self._matter, importer)
        return frozenset(start.name for start in starts if self._brings(start, codes, fulfilled))

    def _brings(self, start: Name, codes: Set[str], fulfilled: Fulfilled) -> bool:
        try:
            return any(not codes.isdisjoint(fulfilled.codes(self._own(name))) for name in self._in_reach((start,)))
        except TooFarError:
            return not codes.isdisjoint(self._behind((start,), fulfilled))

    def _behind(self, starts: Iterable[Name], fulfilled: Fulfilled) -> frozenset[str]:
        needs = self._far.needs(start.module for start in starts)
        return self._goal if needs is None else fulfilled.codes(needs)

    def _own(self, name: Name) -> int:
        return self._matter.of(self._links.outline(name.module)).get(name.name, 0)

    def _in_reach(self, starts: Iterable[Name]) -> Iterator[Name]:
        """Names, and those that they use; what stands in modules that were looked into before others."""
        queue = deque(starts)
        seen = set(queue)
        modules: set[Module] = set()
        while queue:
            name = queue.popleft()
            if name.module not in modules:
                if len(modules) == self._most:
                    raise TooFarError
                modules.add(name.module)
            yield name
            for other in self._links.following(name, classes=True):
                if other not in seen:
                    seen.add(other)
                    if other.module in modules:
                        queue.appendleft(other)
                    else:
                        queue.append(other)
