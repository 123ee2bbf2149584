"""What files get from the modules of their project, for the rules of one plan."""

from __future__ import annotations

from mlwarden.engine.exports import Exports
from mlwarden.engine.importer import Borrowed, Importer
from mlwarden.engine.links import Links, Outlines
from mlwarden.engine.matter import Matter, fed
from mlwarden.engine.outline import Taken
from mlwarden.engine.plan import Plan
from mlwarden.engine.reach import Reach


class Borrowing:
    """The ways along which the names of a project are followed for the rules of a plan, seen from one root."""

    def __init__(self, outlines: Outlines, root: str, plan: Plan) -> None:
        plain = Matter(plan.plain, in_classes=False)
        needy = Matter(plan.needy, plan.classes, in_classes=True)
        outlines.ask_for(plain.words | needy.words)
        self.plan = plan  # kept alive: this is found by its identity
        self._links = Links(outlines, root)
        self._exports = Exports(self._links, plain)
        self._reach = Reach(outlines, root, needy, (*(info.code for info in plan.needy), *plan.classes))

    def of(self, taken: list[Taken], importer: Importer) -> Borrowed:
        """What a file gets by what it takes: rules that may fire on it, classes, and the names that bring them."""
        starts = self._links.first(taken, importer.words)
        codes, names = self._exports.brought(starts, importer)
        if not self.plan.needy:
            return Borrowed(codes, frozenset(), names)
        brought = self._reach.brought(starts, importer)
        classes = brought.intersection(self.plan.classes)
        possible = {
            info.code
            for info in self.plan.needy
            if info.code in brought and fed(info, importer.bits, classes, importer.words)
        }
        if possible:
            codes |= possible
            names |= self._reach.bringing(starts, possible, importer)
        return Borrowed(codes, classes, names)
