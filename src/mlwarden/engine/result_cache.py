"""Results kept between runs.

A result is used again if nothing that it was made from has changed: the file, the settings, the programs, and what the
check looked at besides (`Trail`): modules of the project and all that they look at in turn, names of modules that were
not there, dependency files, the local Hugging Face cache. Files and folders are compared by what the system says of
them, and by content where that has changed or is too recent to be relied on.
"""

# Paths are strings here: this runs for each of ten thousand files.
# ruff: noqa: PTH120
from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.config.settings import Settings
from mlwarden.engine import cache_facts as facts
from mlwarden.engine.cache_folder import CacheFolder, path_of
from mlwarden.engine.cache_key import file_name, settings_digest
from mlwarden.engine.cache_table import NEVER, NOTHING_STATE, Table
from mlwarden.engine.cache_update import Update, is_kept
from mlwarden.engine.work import Checked, Work, state_of
from mlwarden.model.results import FileResult, Verdict
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

if TYPE_CHECKING:
    from mlwarden.engine.trail import Trail

__all__ = ["Known", "ResultCache", "open_cache"]

_NO_FINDINGS = Verdict()
# A run over some files asks about what these depend on; one over most of them asks about everything.
_FEW = 4


class Known(NamedTuple):
    """What the cache knows, and what it does not.

    Attributes:
        results: for the files whose kept results hold.
        unknown: the files that must be checked.
    """

    results: list[FileResult]
    unknown: list[Work]


def open_cache(settings: Settings, clock: Callable[[], int] = time.time_ns) -> ResultCache | None:
    """The cache that the settings of a run's first path name; None where there is to be none, or can be none."""
    if not settings.cache:
        return None
    folder = CacheFolder.at(path_of(settings))
    return None if folder is None else ResultCache(folder, file_name(settings), clock)


class ResultCache:
    """One file of results, for one run: `known` first, `keep` at its end."""

    def __init__(self, folder: CacheFolder, name: str, clock: Callable[[], int] = time.time_ns) -> None:
        """Load what there is; `clock` tells the time in nanoseconds."""
        self._folder, self._name = folder, name
        self._started = clock()
        self._table = Table()
        data = folder.load(name)
        if data is not None:
            # It is signed, so it is ours; but a program that is killed, or a defect, must not make every later run fail.
            with suppress(ValueError, TypeError, KeyError, IndexError):
                self._table = Table.of_bytes(data)
        self._numbers: dict[tuple[int, str], int] = {}
        self._digests: dict[int, bytes] = {}
        self._secrets: dict[str, bytes] = {}
        self._secrets_of: dict[str, str] = {}
        self._alive: list[Settings] = []
        self._update = Update(self._table, folder.keyed, self._started)
        self._hits: list[int] = []

    def known(self, work: Sequence[Work]) -> Known:
        """The results that hold."""
        table, index = self._table, self._table.index
        rows = [index.get(each.location) for each in work]
        asked = {row for row in rows if row is not None}
        changed = {
            row for row, each in zip(rows, work, strict=True) if row is not None and self._differs(row, each.state)
        }
        few = len(asked) * _FEW < len(table.paths)
        needed: Iterable[int] = table.reached_from(asked) if few else range(len(table.paths))
        changed.update(row for row in needed if row not in asked and self._differs(row))
        unanswered = {row for row in table.questions if (not few or row in needed) and not self._answered(row)}
        renamed = self._update.look_at_folders()
        self._update.prepare(work)
        stale = table.reaching(changed | unanswered | renamed)
        self._update.forget(stale, changed | unanswered | renamed)
        results: list[FileResult] = []
        unknown: list[Work] = []
        for row, each in zip(rows, work, strict=True):
            result = None if row is None or row in stale or not is_kept(each) else self._result(row, each)
            if result is None:
                unknown.append(each)
            else:
                results.append(result)
        return Known(results, unknown)

    def keep(self, checked: Iterable[Checked], trail: Trail | None) -> bool:
        """Keep what a run found out; returns whether that went well (a folder that cannot be written to is no trouble).

        Args:
            checked: the files that were not known.
            trail: what their checks looked at; None if nothing was checked.
        """
        if trail is not None:
            self._update.take(checked, trail, self._number)
        self._update.settle()
        if not self._update.is_needed:
            return True
        return self._folder.store(self._name, self._update.finished(self._hits).to_bytes())

    def _number(self, work: Work) -> int:
        """The number in the table of what is decided for a file: its settings and its folder's accepted secrets."""
        folder = os.path.dirname(work.location)
        # There are few settings objects, and comparing them by value takes long; `_alive` keeps their identity theirs.
        key = (id(work.settings), folder)
        known = self._numbers.get(key)
        if known is None:
            self._alive.append(work.settings)
            known = self._numbers[key] = self._table.settings_number(self._decided(work.settings, folder))
        return known

    def _decided(self, settings: Settings, folder: str) -> bytes:
        digest = self._digests.get(id(settings))
        if digest is None:
            digest = self._digests[id(settings)] = settings_digest(settings)
        secrets = facts.known_secrets(folder, self._table.folders, self._secrets_of)
        if not secrets:
            return digest
        if secrets not in self._secrets:
            content = read(secrets)
            self._secrets[secrets] = b"" if isinstance(content, Problem) else facts.plain_digest(content)
        return facts.plain_digest(digest + secrets.encode("utf-8", "surrogatepass") + self._secrets[secrets])

    def _differs(self, row: int, state: bytes | None = None) -> bool:
        """Whether a file is not what it was; `state` is what the system says of it, where that is known already."""
        table = self._table
        path = table.paths[row]
        if path.endswith("/"):
            return False  # a folder: it is judged by its listing, and by the rows of its files
        if state is None:
            now = facts.look(path)
            state = NOTHING_STATE if now is None else state_of(now)
        if state == table.state(row):
            return table.digest(row) == NEVER
        content = read(path)
        if isinstance(content, Problem) or self._folder.keyed(facts.plain_digest(content)) != table.digest(row):
            return True
        self._update.touch(row, state)
        return False

    def _answered(self, row: int) -> bool:
        from mlwarden.engine.trail import still_so

        return all(still_so(question) for question in self._table.questions[row])

    def _result(self, row: int, work: Work) -> FileResult | None:
        table = self._table
        if table.owners[row] != self._number(work) + 1:
            return None
        self._hits.append(row)
        if not table.result_length[row]:
            return FileResult(work.path, _NO_FINDINGS)
        from mlwarden.engine.kept_results import decode

        try:
            verdict, has_content = decode(table.result(row))
        except (ValueError, TypeError, KeyError):
            return None
        if not has_content:
            return FileResult(work.path, verdict)
        content = read(work.location)
        if isinstance(content, Problem) or self._changed_meanwhile(row, work, content):
            return None
        return FileResult(work.path, verdict, (), content)

    def _changed_meanwhile(self, row: int, work: Work, content: bytes) -> bool:
        now = facts.look(work.location)
        if now is not None and state_of(now) == work.state == self._table.state(row):
            return False
        return self._folder.keyed(facts.plain_digest(content)) != self._table.digest(row)
