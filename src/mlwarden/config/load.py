"""Reading a configuration file and turning it into checked values. Imported only where there is such a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

from mlwarden.config.codes import ALL, is_known, nearest
from mlwarden.config.fields import FIELDS, Field, Kind
from mlwarden.config.find import MAX_BYTES, OWN_FILE, PYPROJECT, LoadedConfig, absolute, display, is_file, read
from mlwarden.config.schema import Mismatch, config_schema, mismatches, shown
from mlwarden.config.settings import PerFileIgnore
from mlwarden.model.errors import ConfigError
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.policy import Policy, SourcePolicy


def load_folder(folder: Path, known: Set[str]) -> tuple[LoadedConfig | None, dict[str, Any] | None]:
    """The configuration that lies in `folder`, if any, and the `[tool.bandit]` table of its pyproject.toml, if any.

    mlwarden.toml comes before pyproject.toml; a pyproject.toml without `[tool.mlwarden]` is no configuration.

    Raises:
        ConfigError: as for `load`, and for a pyproject.toml that speaks of mlwarden but is not valid TOML.
    """
    pyproject = folder / PYPROJECT
    document = _parse_if_ours(pyproject)
    bandit = _section(document, "bandit")
    bandit = dict(bandit) if isinstance(bandit, Mapping) else None
    own = folder / OWN_FILE
    if is_file(own):
        return load(own, known), bandit
    if _section(document, "mlwarden") is not None:
        return _checked(pyproject, document, known, folder), bandit
    return None, bandit


def bandit_table(folder: Path) -> dict[str, Any]:
    """The `[tool.bandit]` table of the pyproject.toml in `folder`; empty where there is none. Raises like `load`."""
    table = _section(_parse_if_ours(folder / PYPROJECT), "bandit")
    return dict(table) if isinstance(table, Mapping) else {}


def load(path: Path, known: Set[str], *, root: Path | None = None) -> LoadedConfig:
    """Read a configuration file.

    Args:
        path: a mlwarden.toml, a pyproject.toml with `[tool.mlwarden]`, or a file of any other name that is written
            like mlwarden.toml.
        known: the codes of all rules, from the rule index.
        root: the folder that globs and paths count from; by default the file's own.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or holds an unknown key, a wrong type or an unknown code.
    """
    path = absolute(path)
    document = _parse(read(path), display(path))
    return _checked(path, document, known, path.parent if root is None else absolute(root))


def _checked(path: Path, document: dict[str, Any], known: Set[str], root: Path) -> LoadedConfig:
    table: Any = document
    prefix: tuple[str, ...] = ()
    if path.name == PYPROJECT:
        table, prefix = _section(document, "mlwarden"), ("tool", "mlwarden")
        if table is None:
            raise ConfigError(display(path), "", "has no [tool.mlwarden] table")
    elif "tool" in document:
        raise ConfigError(display(path), "tool", "keys stand at the top of this file, without [tool.mlwarden]")
    reader = _Reader(display(path), prefix, root, known)
    values = reader.read(table)
    places = {name: reader.dotted((name.replace("_", "-"),)) for name in values}
    return LoadedConfig(path, root, values, places)


# --- reading -----------------------------------------------------------------------------------------------------


def _parse(content: bytes, shown_path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    if len(content) > MAX_BYTES:
        raise ConfigError(shown_path, "", f"is larger than {MAX_BYTES} bytes")
    try:
        data: dict[str, Any] = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(shown_path, "", f"is not UTF-8 (byte {error.start})") from None
    except ValueError as error:  # TOMLDecodeError, and what `int` says to thousands of digits
        raise ConfigError(shown_path, "", f"is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(shown_path, "", "is nested too deeply") from None
    return data


def _section(document: Mapping[str, Any], tool: str) -> Any:
    tools = document.get("tool")
    return tools.get(tool) if isinstance(tools, Mapping) else None


def _parse_if_ours(pyproject: Path) -> dict[str, Any]:
    """A pyproject.toml, parsed only where it names us or Bandit: most of those on the way up do neither.

    One that cannot be parsed is an error only where it may hold our table; otherwise it is reported where the file
    itself is checked, if it is.
    """
    if not is_file(pyproject):
        return {}
    content = read(pyproject)
    if b"mlwarden" in content:
        return _parse(content, display(pyproject))
    if b"bandit" not in content:
        return {}
    try:
        return _parse(content, display(pyproject))
    except ConfigError:
        return {}


# --- checking ----------------------------------------------------------------------------------------------------

# As in the specification of names and extras on packaging.python.org.
_PACKAGE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class _Reader(NamedTuple):
    """Checks one table against the schema and turns it into values of `Settings`."""

    shown_path: str
    prefix: tuple[str, ...]
    root: Path
    known: Set[str]

    def read(self, table: Any) -> dict[str, Any]:
        for mismatch in mismatches(table, config_schema()):
            raise self._refused(mismatch)
        return {field.attribute: self._value(field, table[field.key]) for field in FIELDS if field.key in table}

    def dotted(self, keys: tuple[str | int, ...]) -> str:
        """`tool.mlwarden.per-file-ignores."tests/**"[0]`."""
        text = ""
        for key in (*self.prefix, *keys):
            if isinstance(key, int):
                text += f"[{key}]"
            else:
                bare = key if _BARE_KEY.fullmatch(key) else shown(key).replace("'", '"')
                text += f".{bare}" if text else bare
        return text

    def error(self, keys: tuple[str | int, ...], problem: str, suggestion: str = "") -> ConfigError:
        return ConfigError(self.shown_path, self.dotted(keys), problem, suggestion)

    def _refused(self, mismatch: Mismatch) -> ConfigError:
        suggestion = mismatch.suggestion or (nearest(mismatch.not_a_code, self.known) if mismatch.not_a_code else "")
        return self.error(mismatch.keys, mismatch.problem, suggestion)

    def _value(self, field: Field, value: Any) -> Any:
        keys = (field.key,)
        match field.kind:
            case Kind.CODES:
                return self._codes(keys, value)
            case Kind.GLOBS:
                return tuple(self._glob((*keys, index), glob) for index, glob in enumerate(value))
            case Kind.CODES_BY_GLOB:
                return tuple(
                    PerFileIgnore(self._glob((*keys, glob), glob, negated=False), self._codes((*keys, glob), codes))
                    for glob, codes in value.items()
                )
            case Kind.SEVERITY_BY_CODE:
                return tuple((self._code((*keys, code), code), Severity.parse(level)) for code, level in value.items())
            case Kind.SPECIFIER_BY_NAME:
                return self._specifiers(keys, value)
            case Kind.SEVERITY:
                return Severity.parse(value)
            case Kind.CONFIDENCE:
                return Confidence.parse(value)
            case Kind.PATH:
                return absolute(self.root / value).as_posix()
            case Kind.POLICY:
                return self._policy(keys, value)
            case Kind.SWITCH | Kind.COUNT:
                return value

    def _codes(self, keys: tuple[str | int, ...], codes: list[str]) -> tuple[str, ...]:
        return tuple(self._code((*keys, index), code) for index, code in enumerate(codes))

    def _code(self, keys: tuple[str | int, ...], code: str) -> str:
        if code != ALL and not is_known(code, self.known):
            raise self.error(keys, f"unknown code {shown(code)}", nearest(code, self.known))
        return code

    def _glob(self, keys: tuple[str | int, ...], glob: str, *, negated: bool = True) -> str:
        """Refuse globs that could never match, so that a slip is not a silent hole in the policy."""
        from pathspec import GitIgnoreSpec

        if glob.startswith("!") and not negated:
            raise self.error(keys, "a glob here cannot be negated")
        try:
            patterns = list(GitIgnoreSpec.from_lines([glob]).patterns)
        except ValueError as error:
            raise self.error(keys, f"is not a glob: {error}") from None
        if not any(pattern.include is not None for pattern in patterns):
            raise self.error(keys, f"the glob {shown(glob)} matches nothing")
        return glob

    def _policy(self, keys: tuple[str | int, ...], table: Mapping[str, Any]) -> Policy:
        from mlwarden.model.artifact_sources import problem_of

        lists: dict[str, tuple[str, ...]] = {}
        for name, patterns in table.get("sources", {}).items():
            for index, pattern in enumerate(patterns):
                problem, suggestion = problem_of(pattern)
                if problem:
                    place = (*keys, "sources", name, index)
                    raise self.error(place, f"the pattern {shown(pattern)} {problem}", suggestion)
            lists[name] = tuple(patterns)
        return Policy(SourcePolicy(lists.get("allow"), lists.get("deny", ())))

    def _specifiers(self, keys: tuple[str | int, ...], table: dict[str, str]) -> tuple[tuple[str, str], ...]:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
        from packaging.utils import canonicalize_name
        from packaging.version import InvalidVersion, Version

        found: dict[str, str] = {}
        for name, specifier in table.items():
            place = (*keys, name)
            if not _PACKAGE_NAME.fullmatch(name):
                raise self.error(place, f"{shown(name)} is not the name of a package")
            package = str(canonicalize_name(name))
            try:
                text = str(SpecifierSet(specifier))
            except InvalidSpecifier:
                try:
                    exact = f"=={Version(specifier)}"
                except InvalidVersion:
                    exact = ""
                raise self.error(place, f"{shown(specifier)} is not a version specifier", exact) from None
            if not text:
                raise self.error(place, "is an empty version specifier")
            if package in found:
                raise self.error(place, f"the package {package} is named twice")
            found[package] = text
        return tuple(found.items())
