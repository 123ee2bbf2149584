"""Where models, data and packages come from, and the patterns of a policy that stand for such places."""

from __future__ import annotations

import posixpath
import re

from mlwarden.model.record import record, replace

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:[^/?#\s]*@)?(?P<host>\[[^\]/\s]*\]|[^/?#:\s]*)(?::\d*)?(?P<path>/[^?#]*)?"
)
# Protocols whose host is a machine's name; in others (`s3://`) it is a bucket's.
_NETWORK = re.compile(r"(?:(?:git|hg|svn|bzr)\+)?(?:https?|ftps?|ssh|sftp|git|rsync)")
_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_KINDS = ("datasets", "spaces", "models")
_PATTERN = re.compile(r"[A-Za-z0-9._*?/:+@%~=,-]+")


@record(frozen=True, slots=True)
class Source:
    """Where something comes from.

    Attributes:
        shown: as a message names it, without credentials.
        scheme, host, path: its URL in pieces; the path begins with "/" or is "".
        hub_id: its name on the Hugging Face Hub in lower case, or "".
        kind: "models", "datasets" or "spaces", for the Hub.
        partial: only the beginning of the URL is known, up to its host or beyond.
    """

    shown: str
    scheme: str
    host: str
    path: str = ""
    hub_id: str = ""
    kind: str = "models"
    partial: bool = False


def hub_source(repo_id: str, kind: str = "model") -> Source:
    """A repository on the Hub; `kind` is "model", "dataset" or "space"."""
    folder = f"{kind}s"
    path = f"/{repo_id}" if folder == "models" else f"/{folder}/{repo_id}"
    return Source(repo_id, "https", "huggingface.co", path, repo_id.lower(), folder)


def github_source(repository: str) -> Source:
    """A repository on GitHub: `owner/name`, with a branch or commit after a colon or not."""
    name = repository.partition(":")[0]
    return Source(f"github.com/{name}", "https", "github.com", f"/{name}")


def url_source(text: str, *, partial: bool = False) -> Source | None:
    """A URL's place, or None if the text is no URL; `partial` says that more may follow on the text.

    A host whose end is not known for certain gives None.
    """
    match = _URL.match(text.strip())
    if match is None or (partial and match["path"] is None):
        return None
    scheme, host, path = match["scheme"].lower(), match["host"].lower().rstrip("."), match["path"] or ""
    if scheme in {"hf", "file", "data"}:
        return _in_hub(text, f"/{host}{path}", partial) if scheme == "hf" else None
    if ".." in path:
        path = "/" + posixpath.normpath(path).lstrip("/")
    found = Source(f"{scheme}://{host}{path}"[:200], scheme, host, path, partial=partial)
    hub = _in_hub(text, path, partial) if host in _HUB_HOSTS else None
    return found if hub is None else replace(found, hub_id=hub.hub_id, kind=hub.kind)


def _in_hub(text: str, path: str, partial: bool) -> Source | None:
    parts = path.strip("/").split("/")
    kind = parts.pop(0) if parts[0] in _KINDS else "models"
    complete = len(parts) > 2 or (len(parts) == 2 and not partial)
    if not complete:
        return None
    repo_id = f"{parts[0]}/{parts[1].partition('@')[0]}"
    found = hub_source(repo_id, kind[:-1])
    return replace(found, shown=text[:200]) if text.startswith("hf://") else found


def problem_of(pattern: str) -> tuple[str, str]:
    """What is wrong with a pattern, and the nearest right spelling; ("", "") if nothing is.

    A pattern that could never match is a hole in the policy: it is refused.
    """
    if not _PATTERN.fullmatch(pattern):
        return "only letters, digits, '*', '?' and the characters of URLs can stand in a pattern", ""
    scheme, separator, rest = pattern.partition("://")
    if separator:
        host = rest.partition("/")[0]
        if not scheme or not host:
            return "names no host or bucket", ""
        return ("names no host or bucket; '@' and what is before it is not compared", "") if "@" in host else ("", "")
    if pattern.startswith(("/", ".", "~")):
        return "is a path; a pattern is a hub id, a host, or a URL", ""
    if ":" in pattern or "@" in pattern:
        return "is neither a hub id, a host, nor a URL with its protocol", ""
    if "/" not in pattern:
        return "", ""
    first, _, tail = pattern.partition("/")
    if not tail:
        return "names no repository", f"{pattern}*"
    if tail.count("/") and first not in _KINDS and "." not in first and "*" not in first:
        return "is neither a hub id nor a host with a path", ""
    return "", ""


def matches(pattern: str, source: Source, *, wide: bool = False) -> bool:
    """Whether a pattern has a source. `*` stands for any text within a name, and for any at all in a path.

    Args:
        pattern: `owner/name`, `datasets/owner/name`, a host with or without a path, or a URL with its protocol.
        source: what is judged.
        wide: whether a bare name also means the publisher of that name.
    """
    if pattern == "*":
        return True
    scheme, separator, rest = pattern.partition("://")
    if separator and scheme.lower() != "hf":
        return _glob(scheme.lower(), source.scheme) and _place(rest, source, wide)
    name = (rest if separator else pattern).lower()
    if source.hub_id:
        if _glob(name, source.hub_id) or _glob(name, f"{source.kind}/{source.hub_id}"):
            return True
        owner, slash, _ = source.hub_id.partition("/")
        if wide and slash and "/" not in name and _glob(name, owner):
            return True
    return not separator and _NETWORK.fullmatch(source.scheme) is not None and _place(pattern, source, wide)


def _place(pattern: str, source: Source, wide: bool) -> bool:
    """Host and path of a URL. Of a URL that is known in part, its path is given the benefit of the doubt."""
    host, slash, path = pattern.partition("/")
    if not _glob(re.sub(r":\d+$", "", host.lower()), source.host):
        return False
    if not slash or path == "*":
        return True
    if source.partial and not wide:
        return True
    return re.fullmatch(_regex(f"/{path}", ".*"), source.path, re.DOTALL) is not None


def _glob(pattern: str, text: str) -> bool:
    return re.fullmatch(_regex(pattern, "[^/]*"), text) is not None


def _regex(pattern: str, anything: str) -> str:
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    return "".join(anything if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in pattern)


__all__ = ["Source", "github_source", "hub_source", "matches", "problem_of", "url_source"]
