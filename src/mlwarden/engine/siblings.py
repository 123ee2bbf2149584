"""Sibling modules: what a file imports from its own project, followed as far as it can matter.

A sibling is never imported. Of its text, only the top-level statements that bind a wanted name, and those that they
need, are parsed.
"""

# Paths are strings here: this runs for every import of every file.
# ruff: noqa: PTH113, PTH118, PTH120, PTH208
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlwarden.engine.exports import NOTHING_BORROWED, Borrowed, Exports, Importer, Imports, fed
from mlwarden.engine.plan import Plan
from mlwarden.engine.sibling_module import Module
from mlwarden.engine.trail import Trail
from mlwarden.model.rule_info import RuleInfo
from mlwarden.semantics.library import is_known_library
from mlwarden.source.documents import PythonModule

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.values import Value

MAX_DEPTH = 16

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\r\n#]*)"
    rb"|import[ \t]+(?P<plain>[^\r\n#;]+))",
    re.M,
)
_NAME = re.compile(rb"[^\W\d]\w*")


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
        self._imports: dict[tuple[str, str], Imports] = {}

    def borrowed(self, importer: Importer, plan: Plan) -> Borrowed:
        """What a file gets from the modules of its project: rules that may fire on it, and who brings them."""
        taken = self._taken(importer)
        if not taken:
            return NOTHING_BORROWED
        plain, names = self._exports(importer.root, plan.plain, ()).brought(taken, importer)
        brought, _ = self._exports(importer.root, (), plan.classes).brought(taken, importer)
        bits = importer.bits
        possible = [info for info in plan.needy if fed(info, bits, brought, importer.words)]
        if possible:
            more, others = self._exports(importer.root, plan.needy, ()).brought(taken, importer)
            plain |= more & {info.code for info in possible}
            names |= others
        return Borrowed(plain, frozenset(brought), names)

    def _exports(self, root: str, infos: tuple[RuleInfo, ...], classes: tuple[str, ...]) -> Exports:
        key = (root, id(infos), classes)
        found = self._exports_made.get(key)
        if found is None:
            found = self._exports_made[key] = Exports(self.imports_of, root, infos, classes)
        return found

    def _taken(self, importer: Importer) -> Imports:
        return list(self.imports(importer.content, importer.path, importer.root))

    def imports_of(self, module: Module, root: str) -> Imports:
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
