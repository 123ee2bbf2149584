"""Which modules of its own project a file imports, found without importing anything."""

# Paths are strings here: this runs for every import of every file.
# ruff: noqa: PTH113, PTH118, PTH119, PTH120, PTH122, PTH208
from __future__ import annotations

import os
from collections.abc import Iterator

from mlwarden.engine.import_statements import imports_in
from mlwarden.engine.outline import Taken
from mlwarden.engine.sibling_module import Module
from mlwarden.engine.trail import Trail
from mlwarden.semantics.library import is_known_library


class ModuleSearch:
    """Finds the files of modules; a folder is listed once."""

    def __init__(self, trail: Trail | None = None) -> None:
        """Start with nothing; `trail` takes down what is looked for."""
        self._trail = trail
        self._modules: dict[str, Module | None] = {}
        self._by_path: dict[str, Module] = {}
        self._listings: dict[str, frozenset[str]] = {}
        self._packages: dict[str, tuple[str, str]] = {}

    def taken(self, content: bytes, path: str, root: str) -> Iterator[Taken]:
        """What a file imports from its project."""
        _, package = self._package_of(path)
        for dotted, names, star, in_block in imports_in(content):
            if names is None:
                module = None if is_known_library(dotted) else self.module(dotted, path, root)
                if module is not None:
                    yield Taken(module, None)
                continue
            absolute = _absolute(dotted, package)
            # What a library imports of itself is not followed either: rules know its names by heart. All names of a
            # module are taken to be used, unless only type checkers see them (2,190 times in transformers).
            if is_known_library(absolute) and (not star or in_block):
                continue
            module = self.module(absolute, path, root)
            if module is not None:
                yield Taken(module, None if star else names, star)
            for name in sorted(names):  # `from package import module`
                inner = self.module(f"{absolute}{'' if absolute.endswith('.') else '.'}{name}", path, root)
                if inner is not None:
                    yield Taken(inner, None)

    def split(self, name: str, path: str, root: str) -> tuple[Module, str] | None:
        """The module in which a qualified name is a top-level name, and the name there."""
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

    def at(self, path: str | None) -> Module | None:
        """The module in a file, if it was found before."""
        return None if path is None else self._by_path.get(path)

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
        above = os.path.join(folder, *parts[:-1])
        if parts and not self._has(above, parts[-1]):
            return None  # most imported names are no modules: nothing is kept of them
        stem = os.path.join(folder, *parts)
        if stem not in self._modules:
            module: Module | None = None
            if parts and os.path.isfile(f"{stem}.py"):
                module = Module(f"{stem}.py", ".".join(name), False)
            elif os.path.isfile(os.path.join(stem, "__init__.py")):
                module = Module(os.path.join(stem, "__init__.py"), ".".join(name), True)
            self._modules[stem] = module
            if module is not None:
                self._by_path.setdefault(module.path, module)
            if self._trail is not None:
                self._trail.folders.update((os.path.dirname(stem), stem))
        return self._modules[stem]

    def _package_of(self, path: str) -> tuple[str, str]:
        folder = os.path.dirname(path)
        found = self._packages.get(folder)
        if found is None:
            found = self._packages[folder] = _package_of(path)
        return found


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
    stem = os.path.splitext(os.path.basename(path))[0]
    _, package = _package_of(path)
    if stem == "__init__":
        return package, True
    return (f"{package}.{stem}" if package else ""), False
