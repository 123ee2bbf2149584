"""Known secrets of a `.secrets.baseline`, the file in which detect-secrets keeps what a team has accepted.

It holds, for each file, the unsalted SHA-1 of each value that one of its plugins found. What a plugin takes for the
value is not always the whole secret, so that for a secret of ours the values are hashed that detect-secrets' own
plugins find in its line.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detect_secrets.plugins.base import BasePlugin

NAME = ".secrets.baseline"
_LARGEST = 50_000_000
# The plugins whose findings are judged by entropy after `analyze_string`, with their default limits.
_MORE_ARGUMENTS: dict[str, dict[str, float]] = {
    "Base64HighEntropyString": {"limit": 4.5},
    "HexHighEntropyString": {"limit": 3.0},
}


@dataclass(frozen=True)
class KnownSecrets:
    """The accepted secrets of one file.

    Attributes:
        hashes: SHA-1 of the values, in hexadecimal.
        types: the names of the detect-secrets plugins that found them, e.g. "Secret Keyword".
    """

    hashes: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()

    def holds(self, text: str, start: int, end: int) -> bool:
        """Whether the secret at `start..end` is one of them."""
        if not self.hashes:
            return False
        if _sha1(text[start:end]) in self.hashes:
            return True
        line = _line_around(text, start, min(end, start + 4000))
        value = text[start:end]
        for plugin in self._relevant():
            for found in plugin.analyze_string(line):
                if found and (found in value or value in found) and _sha1(found) in self.hashes:
                    return True
        return False

    def _relevant(self) -> Iterable[BasePlugin]:
        return (_plugin(kind) for kind in sorted(self.types) if kind in _plugin_classes())


def _line_around(text: str, start: int, end: int) -> str:
    first = max(text.rfind("\n", 0, start) + 1, start - 2000, 0)
    last = text.find("\n", end)
    return text[first : min(last if last >= 0 else len(text), end + 2000)]


def _sha1(value: str) -> str:
    return hashlib.sha1(value.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


@cache
def _plugin_classes() -> dict[str, type[BasePlugin]]:
    """detect-secrets' own plugins by the name that a baseline gives them."""
    import detect_secrets.plugins as package
    from detect_secrets.plugins.base import BasePlugin

    found: dict[str, type[BasePlugin]] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, BasePlugin) and value.__module__ == module.__name__:
                kind = getattr(value, "secret_type", None)
                if isinstance(kind, str):
                    found[kind] = value
    return found


@cache
def _plugin(kind: str) -> BasePlugin:
    plugin = _plugin_classes()[kind]
    return plugin(**_MORE_ARGUMENTS.get(plugin.__name__, {}))


def baseline_for(path: str) -> KnownSecrets | None:
    """The accepted secrets of a file, from the nearest `.secrets.baseline` above it; None if there is no such file.

    A baseline that cannot be read accepts nothing.
    """
    try:
        file = Path(path).absolute()
        for folder in file.parents:
            candidate = folder / NAME
            if candidate.is_file():
                state = candidate.stat()
                entries = _read(str(candidate), state.st_mtime_ns, state.st_size)
                return entries.get(file.relative_to(folder).as_posix())
            if (folder / ".git").exists():
                return None
    except OSError:
        return None
    return None


@lru_cache(maxsize=4)
def _read(path: str, modified: int, size: int) -> dict[str, KnownSecrets]:
    """The baseline by file; time and size are arguments so that a changed file is read anew."""
    if size > _LARGEST:
        return {}
    try:
        content: Any = json.loads(Path(path).read_bytes())
        results = content["results"]
        items = results.items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {str(name).replace("\\", "/"): _known(entries) for name, entries in items if isinstance(entries, list)}


def _known(entries: list[Any]) -> KnownSecrets:
    accepted = [
        entry
        for entry in entries
        # `detect-secrets audit` marks what a person took for a true secret: that is a finding still.
        if isinstance(entry, dict)
        and isinstance(entry.get("hashed_secret"), str)
        and entry.get("is_secret") is not True
    ]
    return KnownSecrets(
        frozenset(entry["hashed_secret"] for entry in accepted),
        frozenset(str(entry.get("type", "")) for entry in accepted),
    )
