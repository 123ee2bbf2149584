"""Sibling modules: what a file imports from its own project, followed as far as it can matter.

A sibling is never imported. Of its text, only the top-level statements that bind a wanted name, and those that they
need, are parsed.
"""

# Paths are strings here: this runs for every import of every file.
# ruff: noqa: PTH113, PTH118, PTH120, PTH208
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.model.rule_info import RuleInfo
from mlwarden.semantics.fragments import Fragment, cut
from mlwarden.semantics.library import is_known_library
from mlwarden.semantics.versions import VersionFacts
from mlwarden.source.decoding import decode_python
from mlwarden.source.documents import PythonModule
from mlwarden.source.lines import LineIndex
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.values import Value

MAX_DEPTH = 4
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
        self._values: dict[str, Value | None] = {}

    @property
    def fragments(self) -> list[Fragment]:
        """Its top-level statements; [] if it cannot be read."""
        if self._fragments is None:
            decoded = decode_python(self.content)
            self._fragments = [] if decoded.problem else cut(decoded.text, LineIndex(decoded.text), None)[0]
            for fragment in self._fragments:
                fragment.path = self.path
        return self._fragments

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
    """The modules around a set of files, found and read once."""

    def __init__(self) -> None:
        self._modules: dict[str, Module | None] = {}
        self._listings: dict[str, frozenset[str]] = {}
        self._exported: dict[tuple[str, int], dict[str, frozenset[_Need]]] = {}
        self._generic: dict[int, list[CallSite]] = {}
        self._depth = 0

    # --- values ------------------------------------------------------------------------------------------------

    def value(self, name: str, path: str, root: str) -> Value | None:
        """The value of a qualified name as the file at `path` imports it; None if it is not the project's."""
        if self._depth >= MAX_DEPTH or ("." not in name) or is_known_library(name):
            return None
        found = self._split(name, path, root)
        if found is None:
            return None
        module, attribute = found
        if attribute not in module._values:
            module._values[attribute] = None  # an import cycle finds nothing
            self._depth += 1
            try:
                module._values[attribute] = self._evaluate(module, attribute, root)
            finally:
                self._depth -= 1
        return module._values[attribute]

    def _evaluate(self, module: Module, attribute: str, root: str) -> Value | None:
        from mlwarden.semantics.model import interpret  # libcst comes with it

        fragments = module.closure([attribute])
        if not any(attribute in fragment.binds for fragment in fragments):
            return None
        return interpret(
            fragments,
            module_name=module.name,
            is_package=module.is_package,
            outside=lambda name: self.value(name, module.path, root),
        ).get(attribute)

    def generic_calls(self, call: CallSite, root: str) -> list[CallSite]:
        """The same call of a sibling's function, as an analysis of the sibling by itself sees it."""
        path = call.fragment.path
        module = next((module for module in self._modules.values() if module is not None and module.path == path), None)
        if module is None:
            return []
        from mlwarden.semantics.model import build

        known = self._generic.get(id(call.fragment))
        if known is None:
            fragments = [fragment for fragment in module.closure(call.fragment.binds) if fragment.parses]
            model = build(
                PythonModule(module.path, ""),
                fragments,
                VersionFacts(),
                module_name=module.name,
                is_package=module.is_package,
                outside=lambda name: self.value(name, module.path, root),
            )
            known = self._generic[id(call.fragment)] = [site for site in model.calls if not site.context]
        return [site for site in known if site == call]

    # --- the gate ----------------------------------------------------------------------------------------------

    def borrowed(self, content: bytes, path: str, root: str, infos: list[RuleInfo]) -> tuple[list[RuleInfo], set[str]]:
        """The rules that may fire on a file through what it imports from siblings, and the names that bring it."""
        by_code = {info.code: info for info in infos}
        codes: set[str] = set()
        bringing: set[str] = set()
        for module, names in self._imports(content, path, root):
            for name, needs in self._interesting(module, root, infos, MAX_DEPTH).items():
                if name in names if names is not None else name.encode() in content:
                    brought = {need.code for need in needs if need.word.encode() in content}
                    codes |= brought
                    if brought:
                        bringing.add(name)
        found = [by_code[code] for code in sorted(codes) if code in by_code]
        return found, bringing

    def _imports(self, content: bytes, path: str, root: str) -> Iterator[tuple[Module, frozenset[str] | None]]:
        """The project modules that a file imports, each with the names it takes, or None for the whole module."""
        _, package = _package_of(path)
        for match in _IMPORT.finditer(content):
            if match["plain"] is not None:
                for item in match["plain"].split(b","):
                    dotted = item.split(b" as ")[0].strip().decode("utf-8", "replace")
                    module = None if is_known_library(dotted) else self._module(dotted, path, root)
                    if module is not None:
                        yield module, None
                continue
            dotted = match["module"].decode("utf-8", "replace")
            if is_known_library(dotted):
                continue
            absolute = _absolute(dotted, package)
            names = frozenset(name.decode("utf-8", "replace") for name in _NAME.findall(match["names"]))
            star = b"*" in match["names"]
            module = self._module(absolute, path, root)
            if module is not None:
                yield module, None if star else names
            for name in names:  # `from package import module`
                inner = self._module(f"{absolute}{'' if absolute.endswith('.') else '.'}{name}", path, root)
                if inner is not None:
                    yield inner, None

    def _interesting(self, module: Module, root: str, infos: list[RuleInfo], depth: int) -> dict[str, frozenset[_Need]]:
        """Names that a module exports and that bring a rule's matter with them.

        Classes are left out: their methods are judged where they stand.
        """
        key = (module.path, hash(tuple(info.code for info in infos)))
        known = self._exported.get(key)
        if known is not None:
            return known
        self._exported[key] = {}  # an import cycle
        found: dict[str, frozenset[_Need]] = {}
        if depth > 0:
            for inner, names in self._imports(module.content, module.path, root):
                for name, needs in self._interesting(inner, root, infos, depth - 1).items():
                    if names is None or name in names:
                        found[name] = found.get(name, frozenset()) | needs
        # A module may hand on a library (`import pickle as p`) whose function only the importer names.
        present = [
            (info.code, words) for info in infos for words in info.triggers if words[0].encode() in module.content
        ]
        for fragment in module.fragments if present else ():
            if fragment.names is None or fragment.is_class:
                continue
            needs = frozenset(
                _Need(code, "" if words[-1] in fragment.names else words[-1])
                for code, words in present
                if words[-1] in fragment.names or (fragment.has_import and words[0] in fragment.names)
            )
            for name in fragment.binds if needs else ():
                found[name] = found.get(name, frozenset()) | needs
        grown = bool(found)
        while grown:  # a function that uses such a name brings the same
            grown = False
            for fragment in module.fragments:
                if fragment.names is None or fragment.is_class or fragment.is_import:
                    continue
                needs = frozenset[_Need]().union(*(found[name] for name in fragment.names & found.keys()))
                for name in fragment.binds:
                    if not needs <= found.get(name, frozenset()):
                        found[name] = found.get(name, frozenset()) | needs
                        grown = True
        self._exported[key] = found
        return found

    # --- finding modules ---------------------------------------------------------------------------------------

    def _split(self, name: str, path: str, root: str) -> tuple[Module, str] | None:
        """The module in which a qualified name is a top-level name."""
        module_name, _, attribute = name.rpartition(".")
        if not module_name or not attribute.isidentifier() or "(" in module_name or "[" in module_name:
            return None
        module = self._module(module_name if module_name.strip(".") else name[: -len(attribute)], path, root)
        return None if module is None else (module, attribute)

    def _module(self, dotted: str, path: str, root: str) -> Module | None:
        """The module of the project with this name, seen from a file."""
        folder, package = _package_of(path)
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
        return self._modules[stem]


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
