"""`ConfigSource`: the settings for any path, and where each value came from."""

# ruff: noqa: PTH109, PTH120
from __future__ import annotations

import os
from collections.abc import Callable, Set
from typing import TYPE_CHECKING, Any, NamedTuple

from mlwarden.config.codes import FAMILIES, check_codes
from mlwarden.config.find import LoadedConfig, absolute, absolute_text, display, may_hold_settings
from mlwarden.config.settings import Settings
from mlwarden.model.errors import UsageError
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.record import replace

if TYPE_CHECKING:
    from pathlib import Path


class CommandLine(NamedTuple):
    """What the command line, or an editor's settings, ask for; None means: not given.

    Attributes:
        select: replaces what the configuration file says about selection: its `select`, `extend-select` and `ignore`.
        extend_select, ignore: added to those of the configuration file. Where one of them names the very code or
            prefix that the file's opposite list names, the command line wins.
        baseline, cache_dir: paths; relative ones count from the working directory.
        origin: how `ConfigSource.explain` and error messages name this source.

    The other attributes are those of `Settings`.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None
    fail_on: Severity | None = None
    unsafe_fixes: bool | None = None
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] | None = None
    respect_gitignore: bool | None = None
    baseline: str | None = None
    jobs: int | None = None
    cache: bool | None = None
    cache_dir: str | None = None
    origin: str = "command line"

    def given(self) -> dict[str, Any]:
        """`Settings` attribute -> value, only for what was given; paths are absolute."""
        values = {name: value for name, value in self._asdict().items() if value is not None and name != "origin"}
        for name in ("baseline", "cache_dir"):
            if values.get(name):
                values[name] = absolute_text(values[name]).replace(os.sep, "/")
        return values


class Explained(NamedTuple):
    """One line of `mlwarden config`.

    Attributes:
        key: as written in a configuration file.
        value: as it would stand there: strings, numbers, lists and tables; None where nothing stands for it.
        origin: "default", "command line", or the file and the dotted key; both where the value is made of both.
    """

    key: str
    value: Any
    origin: str


class ConfigSource:
    """Where settings come from. Precedence: command line, then configuration file, then default.

    It holds what it has found so far and can be sent to another process. It never looks at a file twice: after a
    configuration file has changed, make a new one.
    """

    def __init__(
        self,
        overrides: CommandLine | None = None,
        config_file: Path | None = None,
        isolated: bool = False,
        known_codes: Set[str] | Callable[[], Set[str]] = frozenset(),
    ) -> None:
        """Fix the rules of the search.

        Args:
            overrides: what the command line gives.
            config_file: the one file to use, instead of a search; its globs and paths count from the working
                directory, so that one shared policy file can serve many repositories.
            isolated: use no configuration file at all.
            known_codes: the codes of all rules, from the rule index, or a function that gives them where they are needed.

        Raises:
            UsageError: an unknown code on the command line, or `isolated` together with `config_file`.
            ConfigError: from `config_file`.
        """
        if isolated and config_file is not None:
            raise UsageError("--isolated and --config exclude each other")
        self._overrides = overrides if overrides is not None else CommandLine()
        self._known_codes = known_codes
        for key in ("select", "extend-select", "ignore"):
            codes = getattr(self._overrides, key.replace("-", "_")) or ()
            if not FAMILIES.issuperset(codes):
                check_codes(codes, self._known, f"{self._overrides.origin}: {key}")
        self._folders: dict[str, _InForce] = {}
        self._asked: dict[str, _InForce] = {}
        self._fixed: _InForce | None = None
        if isolated:
            self._fixed = _combined(_no_config(), self._overrides, {})
        elif config_file is not None:
            from mlwarden.config.load import bandit_table, load

            path = absolute(config_file)
            loaded = load(path, self._known, root=absolute("."))
            self._fixed = _combined(loaded, self._overrides, bandit_table(path.parent))

    @property
    def _known(self) -> Set[str]:
        known = self._known_codes
        return known() if callable(known) else known

    def for_path(self, path: str | os.PathLike[str]) -> Settings:
        """The settings for a file, which need not exist.

        Raises:
            ConfigError: the configuration file that counts for it is wrong.
        """
        return self.for_folder(os.path.split(path)[0])

    def for_folder(self, folder: str | os.PathLike[str]) -> Settings:
        """The settings for the files that lie directly in a folder. Raises like `for_path`."""
        return self._in_force(os.fspath(folder)).settings

    def explain(self, path: str | os.PathLike[str]) -> list[Explained]:
        """Every key with its value for a file or folder and where that came from. Raises like `for_path`."""
        from mlwarden.config.fields import FIELDS
        from mlwarden.config.schema import to_plain

        path = absolute(path)
        config, settings = self._in_force(os.fspath(path if path.is_dir() else path.parent))
        given = self._overrides.given()
        lines = []
        for field in FIELDS:
            name = field.attribute
            origins = []
            if config.path is not None and name in config.values and not _overruled(name, given):
                origins.append(f"{display(config.path)}: {config.places[name]}")
            if name in given:
                origins.append(self._overrides.origin)
            value = to_plain(field.kind, getattr(settings, name))
            lines.append(Explained(field.key, value, " and ".join(origins) or "default"))
        return lines

    def _in_force(self, folder: str) -> _InForce:
        """What counts in a folder, by the name it was asked for: one look-up for each of its files."""
        if self._fixed is not None:
            return self._fixed
        found = self._asked.get(folder)
        if found is None:
            found = self._asked[folder] = self._search(absolute_text(folder))
        return found

    def _search(self, folder: str) -> _InForce:
        """The folder's own configuration, or that of the nearest folder above that has one."""
        found: _InForce | None = None
        below: list[tuple[str, dict[str, Any] | None]] = []
        while found is None and (found := self._folders.get(folder)) is None:
            config, bandit = self._load(folder)
            above = os.path.dirname(folder)
            if config is not None or above == folder:
                found = _combined(config or _no_config(), self._overrides, bandit or {})
                self._folders[folder] = found
            else:
                below.append((folder, bandit))
                folder = above
        # Top down: a folder without a [tool.bandit] of its own has that of the folder above it.
        for folder, bandit in reversed(below):
            if bandit is not None:
                found = _InForce(found.config, replace(found.settings, bandit=bandit))
            self._folders[folder] = found
        return found

    def _load(self, folder: str) -> tuple[LoadedConfig | None, dict[str, Any] | None]:
        if not may_hold_settings(folder):
            return None, None
        from mlwarden.config.load import load_folder

        return load_folder(absolute(folder), self._known)


def _no_config() -> LoadedConfig:
    return LoadedConfig(None, None, {}, {})


class _InForce(NamedTuple):
    config: LoadedConfig
    settings: Settings


_ADDED = ("extend_select", "ignore", "extend_exclude")


def _overruled(name: str, given: dict[str, Any]) -> bool:
    """Whether the command line takes the place of the configuration file's value."""
    if "select" in given and name in ("select", "extend_select", "ignore"):
        return True
    return name in given and name not in _ADDED


def _combined(config: LoadedConfig, overrides: CommandLine, bandit: dict[str, Any]) -> _InForce:
    given = overrides.given()
    values = {name: value for name, value in config.values.items() if not _overruled(name, given)}
    # On a tie `ignore` wins; so what the command line selects leaves the file's `ignore`.
    asked_for = given.get("extend_select", ())
    if "ignore" in values:
        values["ignore"] = tuple(code for code in values["ignore"] if code not in asked_for)
    for name, value in given.items():
        before = values.get(name, ()) if name in _ADDED else ()
        values[name] = (*before, *(item for item in value if item not in before)) if name in _ADDED else value
    path = config.path.as_posix() if config.path is not None else ""
    root = config.root.as_posix() if config.root is not None else os.getcwd().replace(os.sep, "/")
    settings = Settings(**values, root=root, config_path=path, bandit=bandit)
    return _InForce(config, settings)
