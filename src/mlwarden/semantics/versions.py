"""PROVISIONAL, to be replaced by the worker on source/: version facts from settings only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class VersionRange:
    """What is allowed."""

    package: str
    specifier: str | None = None

    def at_least(self, version: str) -> bool | None:
        return self._compare(version)

    def below(self, version: str) -> bool | None:
        known = self._compare(version)
        return None if known is None else not known

    def describe(self) -> str:
        return f"{self.package}{self.specifier or ''}"

    def _compare(self, version: str) -> bool | None:
        if self.specifier is None:
            return None
        from packaging.specifiers import SpecifierSet
        from packaging.version import Version

        low = None
        for spec in SpecifierSet(self.specifier):
            if spec.operator in {"==", ">=", ">", "~="}:
                low = Version(spec.version)
                if low >= Version(version):
                    return True
                if spec.operator == "==":
                    return False
            if spec.operator in {"<", "<="} and Version(spec.version) <= Version(version):
                return False
        return False if low is not None else None


@dataclass(frozen=True)
class VersionFacts:
    """All of them."""

    known: dict[str, VersionRange] = field(default_factory=dict)

    def of(self, package: str) -> VersionRange:
        return self.known.get(package, VersionRange(package))

    def overridden(self, versions: tuple[tuple[str, str], ...]) -> VersionFacts:
        return VersionFacts({**self.known, **{name: VersionRange(name, spec) for name, spec in versions}})


def collect(root: Path, file: Path) -> VersionFacts:
    return VersionFacts()
