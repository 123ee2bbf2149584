"""`Project`: facts beyond one file: the versions its dependency files allow, and its sibling modules."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlwarden.config.settings import Settings
from mlwarden.engine.plan import Plans
from mlwarden.engine.siblings import Siblings
from mlwarden.engine.trail import Trail
from mlwarden.model.rule_info import RuleInfo
from mlwarden.policy.selection import selected
from mlwarden.rules import registry

if TYPE_CHECKING:
    from mlwarden.engine.memory import Memory
    from mlwarden.policy.baseline import Baseline
    from mlwarden.semantics.versions import FolderFacts, VersionFacts


class Project:
    """Facts of the projects around the checked files, found once per folder. It can be sent to another process."""

    def __init__(self, trail: Trail | None = None, memory: Memory | None = None) -> None:
        """Start with nothing.

        Args:
            trail: takes down what is looked for beyond the checked files.
            memory: keeps what is known of documents that are checked again and again.
        """
        self.trail = trail
        self.memory = memory
        self._versions: dict[tuple[str, tuple[tuple[str, str], ...]], VersionFacts] = {}
        self._folders: dict[tuple[Path, Path], FolderFacts] = {}
        self.siblings = Siblings(trail)
        self.plans = Plans()
        self._baselines: dict[str, Baseline] = {}
        self._enabled: dict[Settings, tuple[RuleInfo, ...]] = {}

    def enabled(self, settings: Settings) -> tuple[RuleInfo, ...]:
        """The rules that the settings select, sorted by code."""
        found = self._enabled.get(settings)
        if found is None:
            codes = selected(registry.every_rule(), settings)
            found = self._enabled[settings] = tuple(info for info in registry.every_rule() if info.code in codes)
        return found

    @cached_property
    def known_codes(self) -> frozenset[str]:
        """The codes of all rules, selected or not."""
        return frozenset(info.code for info in registry.every_rule())

    @cached_property
    def bandit_names(self) -> dict[str, str]:
        """Bandit's names of its tests, for `# nosec assert_used`."""
        return {info.name: info.code for info in registry.every_rule() if not info.module}

    def baseline(self, settings: Settings) -> Baseline | None:
        """The baseline that the settings name, read once.

        Raises:
            ConfigError: if it cannot be read.
        """
        if not settings.baseline:
            return None
        found = self._baselines.get(settings.baseline)
        if found is None:
            from mlwarden.policy.baseline import load

            found = self._baselines[settings.baseline] = load(Path(settings.baseline))
        return found

    def versions(self, path: str, settings: Settings) -> VersionFacts:
        """What the project around a file requires of libraries; what the settings vouch for wins."""
        if self.trail is not None:
            self.trail.versions[path] = settings.root
        folder = Path(path).parent
        key = (str(folder), settings.versions)
        found = self._versions.get(key)
        if found is None:
            from mlwarden.semantics.versions import collect

            facts = collect(Path(settings.root), Path(path), self._folders)
            found = self._versions[key] = facts.overridden(settings.versions)
        return found
