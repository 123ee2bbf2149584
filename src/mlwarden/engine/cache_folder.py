"""Where results are kept: a folder that is marked as a cache, files that are written whole, and the key they are signed with.

A repository can bring a folder of this name along, with anything in it. So a file counts only if it is signed with a
key that this user's mlwarden made for itself, outside of any repository, and nothing in the folder is followed out of it.
"""

# Paths are strings here: this runs before anything else of a short run.
# ruff: noqa: PTH103, PTH105, PTH108, PTH111, PTH114, PTH118, PTH208, PTH119, PTH117
from __future__ import annotations

import os
import time
from contextlib import suppress

from mlwarden.config.settings import Settings
from mlwarden.engine.cache_hash import blake2b
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

DEFAULT_NAME = ".mlwarden_cache"
# What backup programs know caches by (https://bford.info/cachedir/).
TAG_NAME = "CACHEDIR.TAG"
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder holds results that mlwarden can make again.\n"
# Instead of the key in the user's cache folder: for machines that are made anew for each run and keep only this folder.
KEY_VARIABLE = "MLWARDEN_CACHE_KEY"

_SUFFIX = ".results"
_MAC_SIZE = 32
_KEY_SIZE = 32
_LARGEST = 512_000_000
# Files of other settings, versions and working directories.
_MOST_FILES = 12
_OLDEST = 60 * 24 * 3600
_OLDEST_UNFINISHED = 3600


def path_of(settings: Settings) -> str:
    """The folder that settings name."""
    return settings.cache_dir or os.path.join(settings.root, DEFAULT_NAME)


class CacheFolder:
    """A folder with signed files."""

    def __init__(self, path: str, key: bytes) -> None:
        self.path, self._key = path, key

    @classmethod
    def at(cls, path: str) -> CacheFolder | None:
        """The folder, if it is, or can become, a cache of ours; None otherwise, and where no key can be had."""
        if os.path.islink(path) or not _is_ours(path):
            return None
        key = _key()
        return None if key is None else cls(path, key)

    def keyed(self, digest: bytes) -> bytes:
        """A digest that tells nobody anything about the content, however short it was."""
        return blake2b(digest, key=self._key, digest_size=16).digest()

    def load(self, name: str) -> bytes | None:
        """What was stored under a name; None if there is nothing, or nothing that we wrote."""
        path = os.path.join(self.path, name + _SUFFIX)
        if os.path.islink(path):
            return None
        content = read(path, _LARGEST)
        if isinstance(content, Problem) or len(content) < _MAC_SIZE:
            return None
        body = memoryview(content)[_MAC_SIZE:]
        mac = self._mac(name, body)
        return bytes(body) if mac == content[:_MAC_SIZE] else None

    def store(self, name: str, body: bytes) -> bool:
        """Keep something under a name, whole or not at all; returns whether that went well. Clears away what is old."""
        temporary = os.path.join(self.path, f".{name}.{os.urandom(8).hex()}")
        try:
            self._prepare()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(self._mac(name, body))
                file.write(body)
            os.replace(temporary, os.path.join(self.path, name + _SUFFIX))
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)
            return False
        self._prune()
        return True

    def _mac(self, name: str, body: bytes | memoryview) -> bytes:
        """A file is signed with its name, so that it counts for nothing else."""
        mac = blake2b(name.encode() + b"\0", key=self._key, digest_size=_MAC_SIZE)
        mac.update(body)
        return mac.digest()

    def _prepare(self) -> None:
        os.makedirs(self.path, exist_ok=True)
        for name, content in ((TAG_NAME, _TAG), (".gitignore", b"*\n")):
            path = os.path.join(self.path, name)
            if not os.path.lexists(path):
                with open(path, "xb") as file:
                    file.write(content)

    def _prune(self) -> None:
        kept = []
        now = time.time()
        with suppress(OSError), os.scandir(self.path) as entries:
            for entry in entries:
                with suppress(OSError):
                    age = now - entry.stat(follow_symlinks=False).st_mtime
                    if entry.name.endswith(_SUFFIX):
                        kept.append((age, entry.path))
                    elif entry.name.startswith(".") and entry.name != ".gitignore" and age > _OLDEST_UNFINISHED:
                        os.unlink(entry.path)
        kept.sort()
        for number, (age, path) in enumerate(kept):
            if number >= _MOST_FILES or age > _OLDEST:
                with suppress(OSError):
                    os.unlink(path)


def _is_ours(path: str) -> bool:
    """Whether the folder may be filled and emptied by us: it is new or empty, or marked, or has our name."""
    if os.path.basename(path) == DEFAULT_NAME:
        return True
    try:
        names = os.listdir(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return not names or TAG_NAME in names


def _key() -> bytes | None:
    """This user's key; made where there is none yet."""
    given = os.environ.get(KEY_VARIABLE)
    if given:
        return blake2b(given.encode("utf-8", "surrogateescape"), digest_size=_KEY_SIZE).digest()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    base = base or os.path.join(os.path.expanduser("~"), ".cache")
    if not os.path.isabs(base):
        return None
    folder = os.path.join(base, "mlwarden")
    path = os.path.join(folder, "key")
    if not os.path.lexists(path):
        with suppress(OSError):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            temporary = f"{path}.{os.urandom(8).hex()}"
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(_KEY_SIZE))
            try:
                os.link(temporary, path)  # fails where another run was faster, unlike a rename
            except (OSError, AttributeError):
                if not os.path.lexists(path):
                    os.replace(temporary, path)
            with suppress(OSError):
                os.unlink(temporary)
    key = read(path, _KEY_SIZE)
    return key if isinstance(key, bytes) and len(key) == _KEY_SIZE else None
