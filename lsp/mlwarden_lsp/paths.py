"""URIs to paths and back. A URI comes from outside: whatever it holds, nothing here raises."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

# RFC 3986, appendix B. `urllib.parse.urlsplit` raises on some authorities ("file://[x").
_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)", re.DOTALL)
_DRIVE = re.compile(r"/[A-Za-z]:")


def path_of(uri: str) -> str | None:
    """The absolute path that a `file:` URI names; None for any other URI and for what no file can be called."""
    scheme, authority, path = _split(uri)
    if scheme != "file" or not path.startswith("/"):
        return None
    path = os.fsdecode(unquote_to_bytes(path.encode("utf-8", "surrogatepass")))
    if "\0" in path:
        return None
    if sys.platform == "win32":
        if authority and authority != "localhost":
            return f"//{unquote(authority)}{path}"
        return path[1].upper() + path[2:] if _DRIVE.match(path) else None
    return os.path.normpath(path)


def name_of(uri: str) -> str:
    """The last segment of a URI's path: "model.py" of "vscode-vfs://github/o/r/model.py"; "" if there is none."""
    path = unquote(_split(uri)[2]).replace("\0", "")
    return path.rstrip("/").rpartition("/")[2]


def uri_of(path: str) -> str:
    """The `file:` URI of a path; relative paths count from the working directory."""
    return Path(os.path.normpath(Path.cwd() / path)).as_uri()


def canonical(uri: str) -> str:
    """The URI as `uri_of` writes it: clients escape other characters, and mean the same file. Others stay as they are."""
    path = path_of(uri)
    return uri_of(path) if path is not None else uri


def _split(uri: str) -> tuple[str, str, str]:
    match = _PARTS.match(uri)
    assert match is not None  # it matches the empty text
    return (match[1] or "").lower(), match[2] or "", match[3] or ""


def below(path: str, folder: str) -> bool:
    """Whether a file lies in a folder, at any depth."""
    return path.startswith(folder.rstrip("/") + "/")


def state_of(path: str) -> tuple[int, int, int] | None:
    """What changes when a file is written; None where it cannot be looked at."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
