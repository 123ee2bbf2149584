"""What the dependency files of one folder say about a package's version."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlwarden.model.rule_info import DocumentKind
from mlwarden.semantics.python_versions import python_required
from mlwarden.source.kinds import kind_by_name
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

if TYPE_CHECKING:
    from mlwarden.source.requirement import Dependencies, Requirement

# Lock files of large projects reach a few megabytes.
_FILE_LIMIT = 30_000_000
# Files that one folder's requirements files may lead to with `-r`.
_MOST_INCLUDES = 30

# One library under several names: in conda's channels, and as builds for some hardware.
_CONDA_NAMES = {"pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch"}
_BUILDS = {"tensorflow-cpu": "tensorflow", "tensorflow-gpu": "tensorflow", "tensorflow-macos": "tensorflow"}


class Level(enum.IntEnum):
    """How much a requirement tells; the more certain one counts."""

    ANY = 0
    RANGE = 1
    PIN = 2
    LOCK = 3


@dataclass(frozen=True, slots=True)
class Allowed:
    """Versions that one file allows.

    Attributes:
        specifier: as PEP 440 has it; "" for any.
        origin: the file as it is shown in messages, "" for the settings.
    """

    specifier: str
    origin: str


Finding = tuple[Level, tuple[Allowed, ...]]
NOTHING: Finding = (Level.ANY, ())


def summed_up(groups: Iterable[tuple[str, Dependencies]]) -> dict[str, Finding]:
    """What files that lie side by side say together: for each package the alternatives at the highest level.

    Args:
        groups: for each file how it is shown, and what it says.
    """
    files = list(groups)
    by_package: defaultdict[str, list[tuple[str, Requirement]]] = defaultdict(list)
    for origin, dependencies in files:
        for requirement in dependencies.requirements:
            if requirement.name and requirement.group != "build-system":
                by_package[_library(requirement)].append((origin, requirement))
    return {package: _finding(said) for package, said in by_package.items()}


def _library(requirement: Requirement) -> str:
    name = _BUILDS.get(requirement.name, requirement.name)
    return _CONDA_NAMES.get(name, name) if requirement.group == "conda" else name


def _finding(said: list[tuple[str, Requirement]]) -> Finding:
    from mlwarden.source.requirement import Role

    locked = [(origin, r) for origin, r in said if r.role is Role.LOCKED and r.pinned]
    if locked:
        return Level.LOCK, _distinct(Allowed(f"=={r.pinned}", origin) for origin, r in _always_installed(locked))
    constraints = ",".join(dict.fromkeys(r.specifier for _, r in said if r.role is Role.CONSTRAINT and r.specifier))
    declared = [(origin, r) for origin, r in said if r.role is Role.DECLARED]
    alternatives: list[tuple[Level, Allowed]] = []
    for origin in dict.fromkeys(origin for origin, _ in declared):
        of_file = [r for other, r in _always_installed(declared_in(declared, origin))]
        alternatives += [_graded(_both(each, constraints), origin) for each in _alternatives(of_file)]
    if not declared and constraints:
        origin = next(origin for origin, r in said if r.role is Role.CONSTRAINT and r.specifier)
        alternatives.append(_graded(constraints, origin))
    # Where one file pins and another does not care, the pin is what gets installed.
    best = max((level for level, _ in alternatives), default=Level.ANY)
    return best, _distinct(allowed for level, allowed in alternatives if level is best)


def declared_in(said: list[tuple[str, Requirement]], origin: str) -> list[tuple[str, Requirement]]:
    """What one file says."""
    return [(other, requirement) for other, requirement in said if other == origin]


def _always_installed(said: list[tuple[str, Requirement]]) -> list[tuple[str, Requirement]]:
    """Those outside of any extra or group; if there are none, all of them."""
    always = [(origin, r) for origin, r in said if r.group in ("", "conda")]
    return always or said


def _alternatives(requirements: list[Requirement]) -> Iterator[str]:
    """The specifiers of one file for one package: one for each group and marker; others hold together."""
    for group in dict.fromkeys(_group(r) for r in requirements):
        members = [r for r in requirements if _group(r) == group]
        common = ",".join(dict.fromkeys(_specifier(r) for r in members if not r.marker and _specifier(r)))
        chosen = [r for r in members if r.marker]
        if chosen:
            yield from dict.fromkeys(_both(_specifier(r), common) for r in chosen)
        else:
            yield common


def _group(requirement: Requirement) -> str:
    return "" if requirement.group == "conda" else requirement.group


def _specifier(requirement: Requirement) -> str:
    if requirement.url is not None:
        return f"=={requirement.pinned}" if requirement.pinned else ""
    return requirement.specifier


def _both(one: str, other: str) -> str:
    return f"{one},{other}" if one and other else one or other


def _graded(specifier: str, origin: str) -> tuple[Level, Allowed]:
    from mlwarden.source.requirement import pin_of

    level = Level.PIN if pin_of(specifier) else Level.RANGE if specifier else Level.ANY
    return level, Allowed(specifier, origin)


def _distinct(alternatives: Iterable[Allowed]) -> tuple[Allowed, ...]:
    """One for each specifier, the first file that says it."""
    found: dict[str, Allowed] = {}
    for allowed in alternatives:
        found.setdefault(allowed.specifier, allowed)
    return tuple(found.values())


class FolderFacts:
    """The dependency files of one folder, and of a `requirements` folder in it; read when something is first asked."""

    def __init__(self, folder: Path, top: Path) -> None:
        """Take a folder, and the project's top folder, which files are shown relative to."""
        self._folder = folder
        self._top = top
        self._contents: dict[Path, bytes] | None = None
        self._findings: dict[str, Finding] | None = None

    def finding(self, package: str) -> Finding:
        """What the folder's files say about a package, by its normalised name."""
        if self._findings is None:
            self._findings = summed_up(self._parsed())
        return self._findings.get(package, NOTHING)

    def contents(self) -> dict[Path, bytes]:
        """The files' bytes, sorted by path; those that cannot be read are left out, they are reported by themselves."""
        if self._contents is None:
            paths = sorted(_dependency_files(self._folder))
            loaded = ((path, read(path, _FILE_LIMIT)) for path in paths)
            self._contents = {path: content for path, content in loaded if not isinstance(content, Problem)}
        return self._contents

    def _parsed(self) -> Iterator[tuple[str, Dependencies]]:
        """Each file and what it says; `-r` and `-c` are followed, to files below the top folder only."""
        from mlwarden.source.dependencies import parse_dependencies
        from mlwarden.source.pip_lines import parse_requirements_file
        from mlwarden.source.router import decode_as

        queue = [(path, content, False) for path, content in self.contents().items()]
        seen = {path for path, _, _ in queue}
        for path, content, constraint in queue:
            text = decode_as(DocumentKind.DEPENDENCIES, content).text
            found = parse_requirements_file(text, True) if constraint else parse_dependencies(path.name, text)
            yield self._shown(path), found
            yield self._shown(path), python_required(path.name, text)
            for include in found.includes:
                target = self._included(path, include.path)
                if target is None or target in seen or len(seen) > len(self.contents()) + _MOST_INCLUDES:
                    continue
                seen.add(target)
                included = read(target, _FILE_LIMIT)
                if not isinstance(included, Problem):
                    queue.append((target, included, include.constraint or constraint))

    def _included(self, path: Path, name: str) -> Path | None:
        if "\0" in name or "://" in name:
            return None
        try:
            target = (path.parent / name).resolve()
            target.relative_to(self._top.resolve())
        except (OSError, ValueError, RuntimeError):
            return None
        return target

    def _shown(self, path: Path) -> str:
        try:
            return path.relative_to(self._top).as_posix()
        except ValueError:
            return path.name


def _dependency_files(folder: Path) -> Iterator[Path]:
    import os

    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return
    for name in names:
        if name == "setup.py" or kind_by_name(name) is DocumentKind.DEPENDENCIES:
            yield folder / name
        elif name == "requirements" and (folder / name).is_dir():
            yield from (path for path in (folder / name).iterdir() if path.suffix in (".txt", ".in"))
