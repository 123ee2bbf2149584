"""What is in all modules that a file leads to: less exact than `Reach`, and cheap once the modules are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mlwarden.engine.links import Links
from mlwarden.engine.matter import Matter
from mlwarden.engine.sibling_module import Module

# So many modules that nothing is known of are looked into for one file. A scan knows all of them after some files; a
# hook does not pay for a project of thousands.
MOST_NEW = 32


class _Module(NamedTuple):
    needs: int
    imports: frozenset[Module]


class FarReach:
    """The needs of whole modules, followed along their imports, whatever the names."""

    def __init__(self, links: Links, matter: Matter, most_new: int = MOST_NEW) -> None:
        """Look for the matter of some rules, in so many unknown modules for each question."""
        self._links, self._matter, self._most_new = links, matter, most_new
        self._known: dict[Module, _Module] = {}

    def needs(self, modules: Iterable[Module]) -> int | None:
        """The needs, as bits of a number, of everything that some modules lead to; None if that is not known yet."""
        found = new = 0
        queue = list(dict.fromkeys(modules))
        seen = set(queue)
        for module in queue:
            known = self._known.get(module)
            if known is None:
                if new == self._most_new:
                    return None
                new += 1
                known = self._known[module] = self._looked_into(module)
            found |= known.needs
            queue += known.imports - seen
            seen |= known.imports
        return found

    def _looked_into(self, module: Module) -> _Module:
        outline = self._links.outline(module)
        needs = 0
        for each in self._matter.of(outline).values():
            needs |= each
        return _Module(needs, frozenset(taken.module for taken in outline.taken))
