"""What the file system says, in the form in which the result cache compares it: files, folders, dependency files."""

# Paths are strings here: this runs for each of ten thousand files.
# ruff: noqa: PTH110, PTH112, PTH113, PTH116, PTH118, PTH120
from __future__ import annotations

import os
from collections.abc import Iterator

from mlwarden.engine.cache_hash import blake2b
from mlwarden.engine.cache_table import DIGEST_SIZE, NEVER, NOTHING, NOTHING_STATE, UNSURE_STATE, Folder
from mlwarden.engine.work import STATE, state_of
from mlwarden.model.rule_info import DocumentKind
from mlwarden.source.kinds import kind_by_name
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

# Two changes within one tick of a file system's clock leave the same time; FAT's ticks take two seconds.
_TICK = 2_000_000_000
# As long after a change, another process sees the new time for certain.
_MOMENT = 50_000_000
# What detect-secrets was told to accept; it counts for all files below it, up to a repository's top.
KNOWN_SECRETS = ".secrets.baseline"
_DEPENDENCY_ENDS = (".txt", ".in", ".lock", ".yml", ".yaml", ".toml", ".cfg", "pipfile")
_INCLUDES = (b"-r", b"-c", b"--req", b"--con")
_MOST_INCLUDES = 100


def look(path: str) -> os.stat_result | None:
    """The system's facts of a file or folder; None if there is none."""
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def plain_digest(content: bytes) -> bytes:
    """A digest of some content."""
    return blake2b(content, digest_size=DIGEST_SIZE).digest()


def settled(state: bytes, digest: bytes, started: int) -> tuple[bytes, bytes]:
    """State and digest of a file as they may be relied on, for a run that started at that time (in nanoseconds)."""
    if state == NOTHING_STATE:
        return state, digest
    _, modified, changed, _ = STATE.unpack(state)
    latest = max(modified, changed)
    if latest >= started - _MOMENT:
        return UNSURE_STATE, NEVER
    return (UNSURE_STATE, digest) if latest >= started - _TICK else (state, digest)


def content_of(path: str) -> tuple[bytes, bytes | None]:
    """State and plain digest of a file as it is now; of nothing where there is none, None for what cannot be read."""
    facts = look(path)
    if facts is None:
        return NOTHING_STATE, NOTHING
    content = read(path)
    return state_of(facts), None if isinstance(content, Problem) else plain_digest(content)


# --- folders -------------------------------------------------------------------------------------------------------


def listed(path: str, started: int) -> Folder | None:
    """The names in a folder that can matter: modules, folders that can be packages, dependency files, a few others.

    Names of folders end with a slash. None if there is no such folder.
    """
    facts = look(path)
    if facts is None:
        return None
    names = set()
    steady = facts.st_mtime_ns < started - _TICK and os.name != "nt"
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                name = _named(path, entry)
                if name:
                    names.add(name)
                    # What a link leads to can come and go without a trace in this folder.
                    steady = steady and not entry.is_symlink()
    except OSError:
        return None
    return Folder(facts.st_mtime_ns if steady else 0, frozenset(names))


def _named(folder: str, entry: os.DirEntry[str]) -> str:
    name = entry.name
    try:
        if name.endswith((".py", ".PY")):
            return name if entry.is_file() else ""
        if name in (".git", KNOWN_SECRETS):
            return name
        lower = name.lower()
        if lower.endswith(_DEPENDENCY_ENDS):
            is_dependency = kind_by_name(f"{folder}/{name}") is DocumentKind.DEPENDENCIES
            return name if is_dependency and entry.is_file() else ""
        return f"{name}/" if "." not in name and name != "__pycache__" and entry.is_dir() else ""
    except OSError:
        return ""


def existing(folder: str) -> str:
    """The folder, or the nearest one above it that there is."""
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def module_name(name: str) -> str:
    """The name by which code asks for what a folder holds under a name."""
    return name[:-3] if name.lower().endswith(".py") else name.removesuffix("/")


def changed_since(folder: str, started: int) -> bool:
    """Whether a folder may have changed since a run started."""
    now = look(folder)
    return now is None or now.st_mtime_ns >= started - _MOMENT


def tells_versions(name: str) -> bool:
    """Whether a name in a folder, as `listed`, bears on what is known of libraries' versions."""
    return name in ("setup.py", "requirements/") or not name.lower().endswith((".py", "/", KNOWN_SECRETS))


def known_secrets(folder: str, folders: dict[str, Folder], known: dict[str, str]) -> str:
    """The file of accepted secrets that counts in a folder; "" for none.

    Args:
        folder: without a slash at its end.
        folders: what is listed already and need not be asked again.
        known: the answers so far, by folder; more are added.
    """
    asked = []
    found: str | None = None
    while found is None and (found := known.get(folder)) is None:
        asked.append(folder)
        listing = folders.get(folder)
        path = f"{folder}/{KNOWN_SECRETS}"
        above = os.path.dirname(folder)
        if os.path.isfile(path) if listing is None else KNOWN_SECRETS in listing.names:
            found = path
        elif above == folder or (os.path.exists(f"{folder}/.git") if listing is None else ".git" in listing.names):
            found = ""
        folder = above
    known.update(dict.fromkeys(asked, found))
    return found


# --- dependency files ----------------------------------------------------------------------------------------------


def top_above(folder: str) -> str | None:
    """The repository's top that a folder is in, by its `.git`; None if it is in none."""
    while not os.path.exists(f"{folder}/.git"):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def dependency_files(folder: str, names: frozenset[str], inner: frozenset[str]) -> list[str]:
    """The files in a folder, and in its `requirements` folder, that say something about versions.

    Args:
        folder: without a slash at its end.
        names: of the folder, as `listed`.
        inner: the names of its `requirements` folder.
    """
    own = [f"{folder}/{name}" for name in names if name == "setup.py" or name.lower().endswith(_DEPENDENCY_ENDS)]
    return own + [f"{folder}/requirements/{name}" for name in inner if name.endswith((".txt", ".in"))]


def included_files(path: str, top: str) -> Iterator[str]:
    """The files that a dependency file leads to with `-r` and `-c`, those that are not there included."""
    from mlwarden.source.dependencies import parse_dependencies
    from mlwarden.source.router import decode_as

    seen = {path}
    waiting = [path]
    while waiting and len(seen) <= _MOST_INCLUDES:
        current = waiting.pop()
        content = read(current, 30_000_000)
        if isinstance(content, Problem) or not any(word in content for word in _INCLUDES):
            continue
        text = decode_as(DocumentKind.DEPENDENCIES, content).text
        for include in parse_dependencies(os.path.basename(current), text).includes:  # noqa: PTH119
            if "\0" in include.path or "://" in include.path:
                continue
            target = os.path.realpath(os.path.join(os.path.dirname(current), include.path)).replace(os.sep, "/")
            if target not in seen and target.startswith(os.path.realpath(top).replace(os.sep, "/").rstrip("/") + "/"):
                seen.add(target)
                waiting.append(target)
                yield target
