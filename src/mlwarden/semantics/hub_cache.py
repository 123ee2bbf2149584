"""What the machine already knows of the Hub: commits in the local Hugging Face cache, and local paths.

Only looked at, never downloaded. A `refs/<branch>` file of the cache holds the commit that a branch had when it was
last fetched (huggingface_hub, "Manage huggingface_hub cache-system").
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from mlwarden.semantics.hub_ids import is_commit

# (repository, kind, reference) -> commit
CommitLookup = Callable[[str, str, str], "str | None"]
# (literal path, path of the document) -> whether something is there
PathLookup = Callable[[str, str], bool]

_MAX_REF = 200
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Where the Hub's cache is, by the variables that huggingface_hub reads (huggingface_hub/constants.py)."""
    direct = environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE")
    if direct:
        return Path(direct).expanduser()
    home = environment.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    base = environment.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "huggingface" / "hub"
    except RuntimeError:  # no home directory
        return None


def commit_in(folder: Path, repo_id: str, kind: str = "model", reference: str = "main") -> str | None:
    """The commit that the cache in `folder` has for a branch or tag; None if it has none, or nothing sensible.

    Names that could lead out of the folder are refused; the file must be a small regular one with a full hash in it.
    """
    parts = repo_id.split("/")
    if kind not in {"model", "dataset", "space"} or not 1 <= len(parts) <= 2:
        return None
    if not all(_is_plain(part) for part in (*parts, *reference.split("/"))):
        return None
    path = folder.joinpath(f"{kind}s--{'--'.join(parts)}", "refs", *reference.split("/"))
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with path.open("rb") as file:
            text = file.read(_MAX_REF).decode("ascii", "replace").strip()
    except (OSError, ValueError):
        return None
    return text if is_commit(text) else None


def _is_plain(part: str) -> bool:
    return bool(part) and len(part) <= 100 and set(part) <= _NAME and not part.startswith(".")


def commit_on_this_machine(repo_id: str, kind: str = "model", reference: str = "main") -> str | None:
    """The commit in the cache of whoever runs mlwarden."""
    folder = cache_folder(os.environ)
    return None if folder is None else commit_in(folder, repo_id, kind, reference)


def path_exists(text: str, document_path: str) -> bool:
    """Whether a literal such as "models/bert" names something beside the document or in a folder above it."""
    if not text or len(text) > 200 or "\0" in text or Path(text).is_absolute() or ".." in text.split("/"):
        return False
    folder = Path(document_path).parent
    for candidate in (folder, *list(folder.parents)[:2]):
        try:
            os.lstat(candidate / text)
        except (OSError, ValueError):
            continue
        return True
    return False
