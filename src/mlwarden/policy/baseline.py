"""The baseline: a file of findings that somebody has seen and left for later.

It holds no line numbers and no dates, in a fixed order and layout, so that it changes only where the findings do, and
two branches rarely collide in it. Like findings of a file share a fingerprint and are counted: one more copy of a
recorded line is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlwarden.model.errors import ConfigError
from mlwarden.model.findings import Finding
from mlwarden.policy.fingerprints import fingerprint, relative_posix, root_of
from mlwarden.source.documents import Document

if TYPE_CHECKING:
    from mlwarden.model.results import FileResult

__all__ = ["Applied", "Baseline", "BaselineEntry", "apply", "fingerprint", "load", "record", "root_of", "write"]

_VERSION = 1
_MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True, order=True)
class BaselineEntry:
    """So many like findings in one file.

    Attributes:
        path: the file, as seen from the baseline's folder.
        code: the rule.
        fingerprint: `policy.fingerprints.fingerprint`, with that folder as root.
        count: how many findings are recorded.
        note, owner: free text that somebody added by hand; kept when the baseline is recorded again.
    """

    path: str
    code: str
    fingerprint: str
    count: int
    note: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Baseline:
    """A baseline as read.

    Attributes:
        entries: sorted.
        root: the folder it lies in; paths count from there.
    """

    entries: tuple[BaselineEntry, ...] = ()
    root: str = "."
    _by_path: dict[str, list[BaselineEntry]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        for entry in self.entries:
            self._by_path.setdefault(entry.path, []).append(entry)

    def of(self, path: str) -> Sequence[BaselineEntry]:
        """The entries of one file; the path as shown, from the working directory or absolute."""
        return self._by_path.get(relative_posix(path, self.root), ())


class Applied(NamedTuple):
    """A partition of findings, and what is left of the baseline.

    Attributes:
        new: not recorded, or more often than recorded.
        known: recorded.
        stale: entries of the file with the count that nothing was found for.
    """

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: tuple[BaselineEntry, ...]


def apply(findings: Sequence[Finding], document: Document, baseline: Baseline) -> Applied:
    """Tell recorded findings of one document from new ones; of like findings, the first ones are the recorded ones.

    Args:
        findings: in the order of their places; a fingerprint that is set is taken to count from the baseline's folder.
        document: where they were found.
        baseline: what is recorded.
    """
    left = Counter({entry.fingerprint: entry.count for entry in baseline.of(document.path)})
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        identity = finding.fingerprint or fingerprint(finding, document, root=baseline.root)
        if left[identity] > 0:
            left[identity] -= 1
            known.append(finding)
        else:
            new.append(finding)
    stale = (replace(entry, count=left[entry.fingerprint]) for entry in baseline.of(document.path))
    return Applied(tuple(new), tuple(known), tuple(entry for entry in stale if entry.count > 0))


def record(
    results: Iterable[FileResult], root: str, previous: Baseline | None = None, checked: Set[str] | None = None
) -> tuple[BaselineEntry, ...]:
    """The entries for a run's findings: those reported, and those that the old baseline held back.

    Args:
        results: of a run whose settings have `baseline` set to the file that will be written, so that fingerprints
            count from its folder; the file need not exist.
        root: the folder of that file.
        previous: the old baseline, whose notes and owners are kept.
        checked: for a run over a part of what `previous` records: the codes that were checked. Entries for other
            rules, and for other files that still exist, are kept as they are. None: nothing else is kept.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    paths = set()
    for result in results:
        path = relative_posix(result.path, root)
        paths.add(path)
        for finding in (*result.verdict.reported, *result.verdict.baselined):
            counts[path, finding.code, finding.fingerprint] += 1
    old = {(entry.path, entry.code, entry.fingerprint): entry for entry in (previous.entries if previous else ())}
    entries = []
    for (path, code, identity), count in counts.items():
        before = old.get((path, code, identity))
        note, owner = (before.note, before.owner) if before else ("", "")
        entries.append(BaselineEntry(path, code, identity, count, note, owner))
    if checked is not None:
        entries += [
            entry
            for entry in old.values()
            if (entry.code not in checked if entry.path in paths else (Path(root) / entry.path).exists())
        ]
    return tuple(sorted(entries))


# --- the file ----------------------------------------------------------------------------------------------------


def render(entries: Iterable[BaselineEntry]) -> bytes:
    """The bytes of a baseline file: one entry a line, sorted; the same entries always make the same bytes."""
    import json

    lines = []
    for entry in sorted(entries):
        shown = {"path": entry.path, "code": entry.code, "fingerprint": entry.fingerprint, "count": entry.count}
        extra = {"note": entry.note, "owner": entry.owner}
        shown |= {key: value for key, value in extra.items() if value}
        lines.append("    " + json.dumps(shown, ensure_ascii=False))
    body = "[\n" + ",\n".join(lines) + "\n  ]" if lines else "[]"
    text = f'{{\n  "version": {_VERSION},\n  "entries": {body}\n}}\n'
    return text.encode("utf-8", "backslashreplace")


def write(path: Path, entries: Iterable[BaselineEntry]) -> None:
    """Write a baseline file, whole or not at all. It need not exist, its folder must.

    Raises:
        WriteError: it cannot be written.
    """
    from mlwarden.fixes.atomic import WriteError, write_atomically

    content = render(entries)
    created = False
    try:
        if not path.exists():
            path.touch(exist_ok=False)
            created = True
        write_atomically(path, content)
    except (OSError, WriteError) as error:
        if created:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise WriteError(path, error.strerror or str(error)) from error
        raise


def load(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        ConfigError: it is missing, cannot be read or is not a baseline; the message says what to do.
    """
    import json

    shown = path.as_posix()
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(shown, "", "there is no such baseline; `mlwarden baseline` writes one") from None
    except OSError as error:
        raise ConfigError(shown, "", f"the baseline cannot be read: {error.strerror}") from None
    if len(content) > _MAX_BYTES:
        raise ConfigError(shown, "", f"the baseline is larger than {_MAX_BYTES} bytes; {_WHAT_TO_DO}")
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        hint = "it holds conflict markers of a merge; " if b"<<<<<<<" in content else ""
        raise ConfigError(shown, "", f"the baseline is not valid JSON ({error}); {hint}{_WHAT_TO_DO}") from None
    if not isinstance(data, dict) or not isinstance(data.get("entries"), list):
        raise ConfigError(shown, "", f"this is not a baseline of mlwarden; {_WHAT_TO_DO}")
    if data.get("version") != _VERSION:
        problem = f"this release reads version {_VERSION}; use the release that wrote the file, or record it again"
        raise ConfigError(shown, "version", problem)
    entries = tuple(sorted(_entries(data["entries"], shown)))
    return Baseline(entries, (Path.cwd() / path).parent.as_posix())


_WHAT_TO_DO = "restore it from version control, or record it again with `mlwarden baseline`"

# The texts of an entry and what stands for one that is left out; None: it may not be left out.
_TEXTS: dict[str, str | None] = {"path": None, "code": None, "fingerprint": None, "note": "", "owner": ""}


def _entries(items: list[Any], shown: str) -> Iterator[BaselineEntry]:
    seen = set()
    for index, item in enumerate(items):
        key = f"entries[{index}]"
        if not isinstance(item, dict):
            raise ConfigError(shown, key, f"expected an object; {_WHAT_TO_DO}")
        texts = [
            item.get("path"),
            item.get("code"),
            item.get("fingerprint"),
            item.get("note", ""),
            item.get("owner", ""),
        ]
        for name, value in zip(("path", "code", "fingerprint", "note", "owner"), texts, strict=True):
            if not isinstance(value, str):
                raise ConfigError(shown, f"{key}.{name}", f"expected a string; {_WHAT_TO_DO}")
        count = item.get("count")
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise ConfigError(shown, f"{key}.count", f"expected a whole number, at least 1; {_WHAT_TO_DO}")
        path, code, identity, note, owner = texts
        if (path, identity) in seen:
            raise ConfigError(shown, key, f"stands twice, perhaps after a merge; {_WHAT_TO_DO}")
        seen.add((path, identity))
        yield BaselineEntry(path, code, identity, count, note, owner)
