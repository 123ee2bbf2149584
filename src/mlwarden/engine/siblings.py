"""Sibling modules: what a file imports from its own project, followed as far as it can matter.

A sibling is never imported. Of its text, only the top-level statements that bind a wanted name, and those that they
need, are parsed.
"""

# Paths are strings here: this runs for every import of every file.
# ruff: noqa: PTH113, PTH118, PTH120, PTH208
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.engine.gate import folder_words, parts_of, words_of
from mlwarden.engine.plan import Plan
from mlwarden.engine.trail import Trail
from mlwarden.model.rule_info import RuleInfo
from mlwarden.semantics import word_classes
from mlwarden.semantics.library import is_known_library
from mlwarden.source.decoding import decode_python
from mlwarden.source.documents import PythonModule
from mlwarden.source.lines import LineIndex
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.fragments import Fragment
    from mlwarden.semantics.values import Value

MAX_DEPTH = 16
MAX_SIZE = 1_000_000
MAX_FRAGMENTS = 60

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\r\n#]*)"
    rb"|import[ \t]+(?P<plain>[^\r\n#;]+))",
    re.M,
)
_NAME = re.compile(rb"[^\W\d]\w*")


class _Need(NamedTuple):
    """A rule that an exported name makes possible, where the importer also holds the word ("" for none)."""

    code: str
    word: str


class Module:
    """One module of the project: its statements, parsed only as far as they are needed."""

    def __init__(self, path: str, name: str, is_package: bool) -> None:
        self.path, self.name, self.is_package = path, name, is_package
        self.content = _content(path)
        self._fragments: list[Fragment] | None = None

    @cached_property
    def words(self) -> set[str]:
        """Every word of it."""
        return words_of(self.content)

    @cached_property
    def bits(self) -> int:
        """The classes that its words make, with the names of its folders."""
        return word_classes.bits_of(self.words) | word_classes.bits_of(folder_words(self.path))

    @property
    def fragments(self) -> list[Fragment]:
        """Its top-level statements; [] if it cannot be read."""
        if self._fragments is None:
            from mlwarden.semantics.fragments import cut

            decoded = decode_python(self.content)
            self._fragments = [] if decoded.problem else cut(decoded.text, LineIndex(decoded.text), None)[0]
            for fragment in self._fragments:
                fragment.path = self.path
        return self._fragments

    @cached_property
    def _binders(self) -> dict[str, list[Fragment]]:
        found: dict[str, list[Fragment]] = {}
        for fragment in self.fragments:
            for name in fragment.binds:
                found.setdefault(name, []).append(fragment)
        return found

    @property
    def binds(self) -> Set[str]:
        """The names that it binds at top level; "*" among them for `from x import *`."""
        return self._binders.keys()

    def binders(self, name: str) -> list[Fragment]:
        """The statements that bind a name."""
        return self._binders.get(name, [])

    def closure(self, names: Iterable[str]) -> list[Fragment]:
        """The statements that bind names, and those that bind what these use, in order."""
        wanted = set(names)
        chosen: dict[int, Fragment] = {}
        grown = True
        while grown and len(chosen) < MAX_FRAGMENTS:
            grown = False
            for index, fragment in enumerate(self.fragments):
                if index not in chosen and (fragment.names is None or not wanted.isdisjoint(fragment.binds)):
                    chosen[index] = fragment
                    wanted |= fragment.names or frozenset()
                    grown = True
        return [chosen[index] for index in sorted(chosen)]


class Siblings:
    """The modules around a set of files, found and read once.

    Only texts, syntax trees and tables of exports are kept here. What a module's names *mean* is worked out anew for each
    document that imports them (`SiblingView`): values change as code is interpreted, and one document's calls must not
    be seen in another's.
    """

    def __init__(self, trail: Trail | None = None) -> None:
        """Start with nothing; `trail` takes down what is looked for."""
        self._trail = trail
        self._modules: dict[str, Module | None] = {}
        self._listings: dict[str, frozenset[str]] = {}
        self._exports_made: dict[tuple[str, int, tuple[str, ...]], Exports] = {}
        self._packages: dict[str, tuple[str, str]] = {}
        self._imports: dict[tuple[str, str], list[tuple[Module, frozenset[str] | None]]] = {}

    def borrowed(self, importer: Importer, plan: Plan) -> Borrowed:
        """What a file gets from the modules of its project: rules that may fire on it, and who brings them."""
        taken = self._taken(importer)
        if not taken:
            return NOTHING_BORROWED
        plain, names = self._exports(importer.root, plan.plain, ()).brought(taken, importer)
        brought, _ = self._exports(importer.root, (), plan.classes).brought(taken, importer)
        bits = importer.bits
        fed = [info for info in plan.needy if _fed(info, bits, brought, importer.words)]
        if fed:
            more, others = self._exports(importer.root, plan.needy, ()).brought(taken, importer)
            plain |= more & {info.code for info in fed}
            names |= others
        return Borrowed(plain, frozenset(brought), names)

    def _exports(self, root: str, infos: tuple[RuleInfo, ...], classes: tuple[str, ...]) -> Exports:
        key = (root, id(infos), classes)
        found = self._exports_made.get(key)
        if found is None:
            found = self._exports_made[key] = Exports(self, root, infos, classes)
        return found

    def _taken(self, importer: Importer) -> list[tuple[Module, frozenset[str] | None]]:
        return list(self.imports(importer.content, importer.path, importer.root))

    def imports_of(self, module: Module, root: str) -> list[tuple[Module, frozenset[str] | None]]:
        """The same for a module, looked up once."""
        found = self._imports.get((module.path, root))
        if found is None:
            found = self._imports[module.path, root] = list(self.imports(module.content, module.path, root))
        return found

    def imports(self, content: bytes, path: str, root: str) -> Iterator[tuple[Module, frozenset[str] | None]]:
        """The project modules that a file imports, each with the names it takes, or None for the whole module."""
        _, package = self._package_of(path)
        for match in _IMPORT.finditer(content):
            if match["plain"] is not None:
                for item in match["plain"].split(b","):
                    dotted = item.split(b" as ")[0].strip().decode("utf-8", "replace")
                    module = None if is_known_library(dotted) else self.module(dotted, path, root)
                    if module is not None:
                        yield module, None
                continue
            dotted = match["module"].decode("utf-8", "replace")
            if is_known_library(dotted):
                continue
            absolute = _absolute(dotted, package)
            names = frozenset(name.decode("utf-8", "replace") for name in _NAME.findall(match["names"]))
            star = b"*" in match["names"]
            module = self.module(absolute, path, root)
            if module is not None:
                yield module, None if star else names
            for name in names:  # `from package import module`
                inner = self.module(f"{absolute}{'' if absolute.endswith('.') else '.'}{name}", path, root)
                if inner is not None:
                    yield inner, None

    def _package_of(self, path: str) -> tuple[str, str]:
        folder = os.path.dirname(path)
        found = self._packages.get(folder)
        if found is None:
            found = self._packages[folder] = _package_of(path)
        return found

    # --- finding modules ---------------------------------------------------------------------------------------

    def split(self, name: str, path: str, root: str) -> tuple[Module, str] | None:
        """The module in which a qualified name is a top-level name."""
        module_name, _, attribute = name.rpartition(".")
        if not module_name or not attribute.isidentifier() or "(" in module_name or "[" in module_name:
            return None
        module = self.module(module_name if module_name.strip(".") else name[: -len(attribute)], path, root)
        return None if module is None else (module, attribute)

    def module(self, dotted: str, path: str, root: str) -> Module | None:
        """The module of the project with this name, seen from a file."""
        found = self._find(dotted, path, root)
        if self._trail is not None:
            self._trail.looked_up(dotted, path, None if found is None else found.path)
        return found

    def _find(self, dotted: str, path: str, root: str) -> Module | None:
        folder, package = self._package_of(path)
        level = len(dotted) - len(dotted.lstrip("."))
        parts = [part for part in dotted.split(".") if part]
        if level:
            base = os.path.dirname(path)
            for _ in range(level - 1):
                base = os.path.dirname(base)
            return self._file(base, parts, [])
        roots = [folder]
        if not package:
            roots.append(os.path.dirname(path))
        roots += [root, os.path.join(root, "src")]
        for candidate in dict.fromkeys(roots):
            if parts and self._has(candidate, parts[0]):
                module = self._file(candidate, parts, parts)
                if module is not None:
                    return module
        return None

    def _has(self, folder: str, name: str) -> bool:
        listing = self._listings.get(folder)
        if listing is None:
            try:
                listing = frozenset(entry.partition(".")[0] for entry in os.listdir(folder or "."))
            except OSError:
                listing = frozenset()
            self._listings[folder] = listing
            if self._trail is not None:
                self._trail.folders.add(folder)
        return name in listing

    def _file(self, folder: str, parts: list[str], name: list[str]) -> Module | None:
        stem = os.path.join(folder, *parts)
        if stem not in self._modules:
            module: Module | None = None
            if parts and os.path.isfile(f"{stem}.py"):
                module = Module(f"{stem}.py", ".".join(name), False)
            elif os.path.isfile(os.path.join(stem, "__init__.py")):
                module = Module(os.path.join(stem, "__init__.py"), ".".join(name), True)
            self._modules[stem] = module
            if self._trail is not None:
                self._trail.folders.update((os.path.dirname(stem), stem))
        return self._modules[stem]

    def at(self, path: str | None) -> Module | None:
        """The module in a file, if it was found before."""
        return next((module for module in self._modules.values() if module is not None and module.path == path), None)


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


def _fed(info: RuleInfo, bits: int, brought: Set[str], words: Set[str]) -> bool:
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

    def __init__(self, siblings: Siblings, root: str, infos: tuple[RuleInfo, ...], classes: tuple[str, ...]) -> None:
        """Prepare for the triggers of rules, or for classes, which stand for themselves in the place of codes."""
        self._siblings, self._root = siblings, root
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
            found = self._bringers[module.path] = found or bool(self._siblings.imports_of(module, self._root))
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
        for inner, names in self._siblings.imports_of(module, self._root):
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
                for inner, taken in self._siblings.imports_of(part, self._root) if "*" in part.binds else ():
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


class SiblingView:
    """What the names of sibling modules mean to one document."""

    def __init__(self, siblings: Siblings, path: str, root: str) -> None:
        self._siblings, self._path, self._root = siblings, path, root
        self._values: dict[tuple[str, str], Value | None] = {}
        self._generic: dict[int, list[CallSite]] = {}
        self._depth = 0

    def value(self, name: str) -> Value | None:
        """The value of a qualified name as the document imports it; None if it is not the project's."""
        return self._value(name, self._path)

    def _value(self, name: str, path: str) -> Value | None:
        if self._depth >= MAX_DEPTH or "." not in name or is_known_library(name):
            return None
        found = self._siblings.split(name, path, self._root)
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

        fragments = module.closure([attribute])
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
        module = self._siblings.at(call.fragment.path)
        if module is None:
            return []
        from mlwarden.semantics.model import build
        from mlwarden.semantics.versions import VersionFacts

        known = self._generic.get(id(call.fragment))
        if known is None:
            fragments = [fragment for fragment in module.closure(call.fragment.binds) if fragment.parses]
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


def _content(path: str) -> bytes:
    content = read(path, MAX_SIZE)
    return b"" if isinstance(content, Problem) else content


def _package_of(path: str) -> tuple[str, str]:
    """The folder above the top package of a file, and the dotted name of the package the file is in."""
    folder = os.path.dirname(path)
    parts: list[str] = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.append(name)
        if not name:
            break
    return folder, ".".join(reversed(parts))


def _absolute(dotted: str, package: str) -> str:
    level = len(dotted) - len(dotted.lstrip("."))
    if not level or not package:
        return dotted
    parts = package.split(".")
    parts = parts[: len(parts) - level + 1]
    rest = dotted[level:]
    return ".".join([*parts, rest]) if rest else ".".join(parts)


def module_name_of(path: str) -> tuple[str, bool]:
    """The dotted name of the module in a file, from the packages around it, and whether it is a package's own.

    A file outside any package is named by its stem alone.
    """
    stem = Path(path).stem
    _, package = _package_of(path)
    if stem == "__init__":
        return package, True
    return (f"{package}.{stem}" if package else ""), False
