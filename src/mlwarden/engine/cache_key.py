"""What a kept result depends on besides files: the settings, and the programs that made it."""

# ruff: noqa: PTH120, PTH208
from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import mlwarden
from mlwarden.config.settings import Settings
from mlwarden.engine.cache_hash import blake2b
from mlwarden.engine.cache_table import DIGEST_SIZE
from mlwarden.model.record import names_of
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

# Settings that say which files are checked, how, and what becomes of the report: no result depends on them.
_NOT_IN_RESULTS = frozenset(
    {
        "exclude",
        "extend_exclude",
        "respect_gitignore",
        "fail_on",
        "unsafe_fixes",
        "jobs",
        "cache",
        "cache_dir",
        "config_path",
    }
)
# What reads code for us; the folders of their installed versions are named after these.
_LIBRARIES = ("bandit-", "libcst-", "detect_secrets-", "nbformat-", "packaging-", "pathspec-", "PyYAML-")
_INSTALLED = (".dist-info", ".egg-info")
_BASELINE_LIMIT = 200_000_000


def settings_digest(settings: Settings) -> bytes:
    """A digest of what a result depends on, the recorded findings of the baseline included."""
    values = [(name, getattr(settings, name)) for name in names_of(settings) if name not in _NOT_IN_RESULTS]
    digest = blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=DIGEST_SIZE)
    if settings.baseline:
        content = read(settings.baseline, _BASELINE_LIMIT)
        digest.update(b"none" if isinstance(content, Problem) else b"baseline" + content)
    return digest.digest()


def file_name(settings: Settings) -> str:
    """The name under which results are kept that runs with such settings, in this folder, by these programs can share."""
    rules = (settings.select, settings.extend_select, settings.ignore)
    shown = (settings.severity, settings.confidence, settings.baseline)
    asked = (rules, shown, settings.root, os.getcwd())  # noqa: PTH109
    digest = blake2b(repr(asked).encode("utf-8", "surrogatepass"), digest_size=12)
    for fact in _programs():
        digest.update(fact.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _programs() -> Iterator[str]:
    """The interpreter, whose parser decides what can be read, our own sources and the libraries' versions."""
    yield f"{sys.implementation.cache_tag} {sys.version} {sys.platform} {mlwarden.__version__}"
    package = os.path.dirname(mlwarden.__file__)
    for path, size, changed in sorted(_sources(package)):
        yield f"{path[len(package) :]} {size} {changed}"
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:  # a zip file, or nothing
            continue
        yield from sorted(name for name in names if name.startswith(_LIBRARIES) and name.endswith(_INSTALLED))


def _sources(folder: str) -> Iterator[tuple[str, int, int]]:
    """Our modules, as they are installed: in a checkout they change without a new version."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                facts = entry.stat()
                yield entry.path, facts.st_size, facts.st_mtime_ns
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                yield from _sources(entry.path)
