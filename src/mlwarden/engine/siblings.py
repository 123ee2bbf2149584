"""Sibling modules: what a file imports from its own project, followed as far as it can matter.

A sibling is never imported. Of its text, only the top-level statements that bind a wanted name, and those that they
need, are parsed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from mlwarden.engine.importer import NOTHING_BORROWED, Borrowed, Importer
from mlwarden.engine.module_search import ModuleSearch, module_name_of
from mlwarden.engine.plan import Plan
from mlwarden.engine.sibling_module import Module, closure, fragments_of
from mlwarden.engine.trail import Trail
from mlwarden.semantics.library import is_known_library

if TYPE_CHECKING:
    from mlwarden.engine.borrowing import Borrowing
    from mlwarden.engine.links import Outlines
    from mlwarden.engine.outline import Outline
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.fragments import Fragment
    from mlwarden.semantics.values import Value

__all__ = ["SiblingView", "Siblings", "module_name_of"]

MAX_DEPTH = 16
# So many characters of statements are kept with their trees, which are a hundred times as large.
MOST_PARSED = 250_000
MOST_KEPT = 12_000_000


class Siblings:
    """The modules around a set of files, found and outlined once.

    Only outlines and syntax trees are kept here, and not more than fit. What a module's names *mean* is worked out anew
    for each document that imports them (`SiblingView`): values change as code is interpreted, and one document's calls
    must not be seen in another's.
    """

    def __init__(
        self, trail: Trail | None = None, *, most_kept: int = MOST_KEPT, most_parsed: int = MOST_PARSED
    ) -> None:
        """Start with nothing.

        Args:
            trail: takes down what is looked for.
            most_kept: so many bytes of outlines are kept, about.
            most_parsed: so many characters of statements are kept with their trees.
        """
        self.search = ModuleSearch(trail)
        self._most_kept, self._most_parsed = most_kept, most_parsed
        self._borrowing: dict[tuple[str, int], Borrowing] = {}
        self._parsed: OrderedDict[str, dict[int, Fragment]] = OrderedDict()
        self._characters = 0

    def borrowed(self, importer: Importer, plan: Plan) -> Borrowed:
        """What a file gets from the modules of its project: rules that may fire on it, and who brings them."""
        taken = list(self.search.taken(importer.content, importer.path, importer.root))
        if not taken:
            return NOTHING_BORROWED
        key = (importer.root, id(plan))
        borrowing = self._borrowing.get(key)
        if borrowing is None:
            from mlwarden.engine.borrowing import Borrowing

            borrowing = self._borrowing[key] = Borrowing(self._outlines, importer.root, plan)
        return borrowing.of(taken, importer)

    @cached_property
    def _outlines(self) -> Outlines:
        from mlwarden.engine.links import Outlines  # most files import nothing of their project

        return Outlines(self.search, self._most_kept)

    def outline(self, module: Module, root: str) -> Outline:
        """The outline of a module."""
        return self._outlines.of(module, root)

    def fragments(self, module: Module, outline: Outline, numbers: Iterable[int]) -> dict[int, Fragment]:
        """Statements of a module, by their numbers; they may be shared with other documents."""
        kept = self._parsed.setdefault(module.path, {})
        self._parsed.move_to_end(module.path)
        found = {number: kept[number] for number in numbers if number in kept}
        missing = [number for number in numbers if number not in kept]
        if missing:
            made = fragments_of(module, outline, missing)
            kept.update(made)
            found.update(made)
            self._characters += sum(len(fragment.text) for fragment in made.values())
        while self._characters > self._most_parsed and len(self._parsed) > 1:
            _, dropped = self._parsed.popitem(last=False)
            self._characters -= sum(len(fragment.text) for fragment in dropped.values())
        return found

    def forget_trees(self) -> None:
        """Make room: what was parsed is parsed again when it is needed."""
        self._parsed.clear()
        self._characters = 0


class SiblingView:
    """What the names of sibling modules mean to one document."""

    def __init__(self, siblings: Siblings, path: str, root: str) -> None:
        self._siblings, self._path, self._root = siblings, path, root
        # One document's calls are compared by the nodes that they stand in: these must not be made anew meanwhile.
        self._fragments: dict[str, dict[int, Fragment]] = {}
        self._values: dict[tuple[str, str], Value | None] = {}
        self._generic: dict[int, list[CallSite]] = {}
        self._depth = 0

    def value(self, name: str) -> Value | None:
        """The value of a qualified name as the document imports it; None if it is not the project's."""
        return self._value(name, self._path)

    def _value(self, name: str, path: str) -> Value | None:
        if self._depth >= MAX_DEPTH or "." not in name or is_known_library(name):
            return None
        found = self._siblings.search.split(name, path, self._root)
        if found is None:
            return None
        module, attribute = found
        key = (module.path, attribute)
        if key not in self._values:
            self._values[key] = None  # an import cycle finds nothing
            self._depth += 1
            try:
                self._values[key] = self._evaluate(module, attribute)
            finally:
                self._depth -= 1
        return self._values[key]

    def _evaluate(self, module: Module, attribute: str) -> Value | None:
        from mlwarden.semantics.model import interpret  # libcst comes with it

        fragments = self._closure(module, [attribute])
        if not any(attribute in fragment.binds or "*" in fragment.binds for fragment in fragments):
            return None
        return interpret(
            fragments,
            module_name=module.name,
            is_package=module.is_package,
            outside=lambda name: self._value(name, module.path),
        ).own(attribute)

    def generic_calls(self, call: CallSite) -> list[CallSite]:
        """The same call of a sibling's function, as an analysis of the sibling by itself sees it."""
        module = self._siblings.search.at(call.fragment.path)
        if module is None:
            return []
        from mlwarden.semantics.model import build
        from mlwarden.semantics.versions import VersionFacts
        from mlwarden.source.documents import PythonModule

        known = self._generic.get(id(call.fragment))
        if known is None:
            fragments = [fragment for fragment in self._closure(module, call.fragment.binds) if fragment.parses]
            model = build(
                PythonModule(module.path, ""),
                fragments,
                VersionFacts(),
                module_name=module.name,
                is_package=module.is_package,
                outside=lambda name: self._value(name, module.path),
            )
            known = self._generic[id(call.fragment)] = [site for site in model.calls if not site.context]
        return [site for site in known if site == call]

    def _closure(self, module: Module, names: Iterable[str]) -> list[Fragment]:
        outline = self._siblings.outline(module, self._root)
        known = self._fragments.setdefault(module.path, {})
        numbers = [0] if outline.unread else closure(outline, names)
        missing = [number for number in numbers if number not in known]
        if missing:
            known.update(self._siblings.fragments(module, outline, missing))
        return [known[number] for number in numbers if number in known]
