"""Which versions of a library a project allows, as its dependency files, lock files and settings say.

Nothing is installed, imported or looked up: where no file tells, the answer is that it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlwarden.semantics.requirement_files import NOTHING, Allowed, Finding, FolderFacts, Level, summed_up

if TYPE_CHECKING:
    from packaging.version import Version

    from mlwarden.source.documents import Document

__all__ = ["Allowed", "FolderFacts", "VersionFacts", "VersionRange", "collect"]

# Folders between a file and its project's top.
_MOST_FOLDERS = 64
# Longer specifiers are nobody's, and dear to read.
_LONGEST_SPECIFIER = 500


@dataclass(frozen=True)
class VersionRange:
    """What is known of a package's version: alternatives, each of which some file (or marker) allows; () for nothing.

    Attributes:
        package: the normalised name.
        alternatives: versions allowed; a question is answered where all alternatives answer it alike.
    """

    package: str
    alternatives: tuple[Allowed, ...] = ()

    def at_least(self, version: str) -> bool | None:
        """True: every allowed version is `version` or later. False: every one is earlier. None: neither is certain."""
        answers = {_at_least(allowed.specifier, version) for allowed in self.alternatives}
        return answers.pop() if len(answers) == 1 else None

    def below(self, version: str) -> bool | None:
        """True: every allowed version is earlier than `version`. False: none is. None: neither is certain."""
        answer = self.at_least(version)
        return None if answer is None else not answer

    def describe(self) -> str:
        """For messages: "torch==2.5.1 (requirements.txt)"; alternatives are joined by "or"."""
        if not self.alternatives:
            return f"{self.package} of unknown version"
        shown = []
        for allowed in self.alternatives[:3]:
            origin = f" ({allowed.origin})" if allowed.origin else ""
            shown.append(f"{self.package}{allowed.specifier}{origin}")
        return " or ".join(shown)


@dataclass(frozen=True)
class VersionFacts:
    """What a project says about versions.

    Attributes:
        folders: the folders with dependency files, the nearest to the checked file first.
        vouched: package -> specifier from the settings; these win.
        own: what the document itself says (a PEP 723 block, `%pip install` lines); it counts before any folder.
    """

    folders: tuple[FolderFacts, ...] = ()
    vouched: tuple[tuple[str, str], ...] = ()
    own: tuple[tuple[str, Finding], ...] = ()
    _known: dict[str, VersionRange] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of(self, package: str) -> VersionRange:
        """What is known of a package, by any spelling of its name.

        Settings count before a document's own requirements, those before the files of the nearest folder. A lock file
        counts before an exact pin, that before a range; a lock file or pin of a folder further up (the top of a
        workspace) fills in where nearer files only have a range that it fits.
        """
        known = self._known.get(package)
        if known is None:
            from mlwarden.source.requirement import normalised

            name = normalised(package)
            known = self._known[package] = VersionRange(name, self._alternatives(name))
        return known

    def overridden(self, versions: Sequence[tuple[str, str]]) -> VersionFacts:
        """The same, with versions that the settings vouch for."""
        return VersionFacts(self.folders, (*self.vouched, *versions), self.own)

    def with_document(self, document: Document) -> VersionFacts:
        """The same, with what a script's or notebook's own text says about versions."""
        from mlwarden.source.dependencies import dependencies_of

        dependencies = dependencies_of(document)
        if not dependencies.requirements:
            return self
        name = document.path.replace("\\", "/").rpartition("/")[2]
        own = summed_up([(name, dependencies)])
        return VersionFacts(self.folders, self.vouched, (*own.items(), *self.own))

    def fingerprint(self) -> str:
        """A digest of everything the answers can depend on, for cache keys."""
        import hashlib

        digest = hashlib.blake2b(repr((self.vouched, self.own)).encode(), digest_size=16)
        for folder in self.folders:
            for path, content in folder.contents().items():
                digest.update(f"\0{path}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
        return digest.hexdigest()

    def _alternatives(self, name: str) -> tuple[Allowed, ...]:
        from mlwarden.source.requirement import normalised

        for package, specifier in reversed(self.vouched):
            if normalised(package) == name:
                return (Allowed(specifier, ""),)
        own = next((finding for package, finding in self.own if package == name), NOTHING)
        nearer: tuple[Allowed, ...] = ()
        for level, alternatives in (own, *(folder.finding(name) for folder in self.folders)):
            if level >= Level.PIN:
                return alternatives if _fit(alternatives, nearer) else nearer
            if level is Level.RANGE and not nearer:
                nearer = alternatives
        return nearer


def collect(root: Path, file: Path, folders: dict[tuple[Path, Path], FolderFacts] | None = None) -> VersionFacts:
    """The version facts of the project around a file: of its folder and those above, up to the repository's top.

    Args:
        root: the folder that counts as the top where there is no repository.
        file: the checked file; it need not exist.
        folders: what was found before; hand in the same dict for each file of a run, so that no folder is read twice.
    """
    import os

    known = {} if folders is None else folders
    start = Path(os.path.abspath(file)).parent  # noqa: PTH100  # `resolve` would follow links out of the project
    chain = [start, *start.parents][:_MOST_FOLDERS]
    tops = [folder for folder in chain if (folder / ".git").exists()]
    top = tops[0] if tops else Path(os.path.abspath(root))  # noqa: PTH100
    if top not in chain:
        top = start
    found = []
    for folder in chain[: chain.index(top) + 1]:
        if (folder, top) not in known:
            known[folder, top] = FolderFacts(folder, top)
        found.append(known[folder, top])
    return VersionFacts(tuple(found))


# --- specifiers ----------------------------------------------------------------------------------------------------


def _at_least(specifier: str, version: str) -> bool | None:
    if not specifier or len(specifier) > _LONGEST_SPECIFIER:
        return None
    from packaging.version import Version

    try:
        bounds = _bounds(specifier)
    except ValueError:  # InvalidSpecifier, InvalidVersion, and numbers too long for int()
        return None
    low, high, includes_high = bounds
    if low is not None and high is not None and (low > high or (low == high and not includes_high)):
        return None  # nothing is allowed: the file is wrong
    wanted = Version(version)
    if low is not None and low >= wanted:
        return True
    if high is not None and (high < wanted or (high == wanted and not includes_high)):
        return False
    return None


def _bounds(specifier: str) -> tuple[Version | None, Version | None, bool]:
    """The least and the greatest version that a specifier allows, and whether it allows the greatest itself.

    What `!=` leaves out, and pre-releases before a lower bound, change no answer that a rule asks for.
    """
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    lows: list[Version] = []
    highs: list[tuple[Version, bool]] = []
    for clause in SpecifierSet(specifier):
        text, operator = clause.version, clause.operator
        if operator == "!=":
            continue
        if operator == "==" and text.endswith(".*"):
            version = Version(text[:-2])
            lows.append(version)
            highs.append((_next(version.release, version.epoch), False))
            continue
        version = Version(text)
        if operator in ("==", "===", ">=", ">", "~="):
            lows.append(version)
        if operator in ("==", "===", "<="):
            highs.append((version, True))
        elif operator == "<":
            highs.append((version, False))
        elif operator == "~=":
            highs.append((_next(version.release[:-1], version.epoch), False))
    high, includes_high = min(highs, key=lambda each: each, default=(None, False))
    return max(lows, default=None), high, includes_high


def _next(release: tuple[int, ...], epoch: int) -> Version:
    """The first release after all those that start alike."""
    from packaging.version import Version

    return Version(f"{epoch}!" + ".".join(map(str, (*release[:-1], release[-1] + 1))))


def _fit(pins: tuple[Allowed, ...], ranges: tuple[Allowed, ...]) -> bool:
    """Whether each pinned version is one that the ranges allow."""
    if not ranges:
        return True
    from packaging.specifiers import SpecifierSet

    from mlwarden.source.requirement import pin_of

    try:
        allowed = [SpecifierSet(each.specifier) for each in ranges]
        versions = [pin_of(pin.specifier) or "" for pin in pins]
        return all(any(each.contains(version, prereleases=True) for each in allowed) for version in versions)
    except ValueError:
        return False
