"""The settings in force for a file, parsed once into frozen data and passed down."""

from __future__ import annotations

from typing import Any

from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.policy import Policy
from mlwarden.model.record import field, record


@record(frozen=True, slots=True)
class PerFileIgnore:
    """Codes that are ignored in files matching a glob (relative to the config file's folder)."""

    pattern: str
    codes: tuple[str, ...]


@record(frozen=True, slots=True)
class Settings:
    """What a check obeys.

    Attributes:
        select: codes and prefixes to check; None means the default selection. "ALL" means every rule.
        extend_select: added to `select`.
        ignore: codes and prefixes taken away, the more specific of select/ignore winning.
        per_file_ignores: codes taken away by path.
        exclude: globs that replace the default exclusions; `extend_exclude` adds to them.
        severity: least severity shown.
        confidence: least confidence shown.
        fail_on: least severity that makes the exit status 1; None means any shown finding.
        fix, unsafe_fixes: whether fixes are applied, and which.
        severities: overrides of a rule's severity by code.
        versions: versions of libraries that the user vouches for, name -> specifier ("torch": ">=2.6").
        root: folder that relative globs count from.
        config_path: file the settings came from, or "".
        bandit: the raw `[tool.bandit]` table, for Bandit's own tests.
        unsuppressable: codes and prefixes that no inline suppression may hide.
        baseline: absolute path of the baseline file, or "" for none.
        jobs: number of processes; None means one per processor.
        policy: where models, data and packages may come from.
        cache: whether results are kept between runs.
        cache_dir: absolute path of the cache's folder, or "" for the default place.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[PerFileIgnore, ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    severity: Severity = Severity.LOW
    confidence: Confidence = Confidence.LOW
    fail_on: Severity | None = None
    unsafe_fixes: bool = False
    severities: tuple[tuple[str, Severity], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    root: str = "."
    config_path: str = ""
    bandit: dict[str, Any] = field(default_factory=dict, hash=False)
    unsuppressable: tuple[str, ...] = ()
    baseline: str = ""
    jobs: int | None = None
    policy: Policy = field(default_factory=Policy)
    cache: bool = True
    cache_dir: str = ""
