"""The result cache's table in memory and as bytes: columns that are read at once, and pools that are read where needed.

A row is a file, or a folder (its path ends with a slash) whose dependency files some files' results depend on.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

_MAGIC = b"mlwarden results 1\n"
STATE_SIZE = 32
DIGEST_SIZE = 16
# A file that is not there.
NOTHING_STATE = bytes(STATE_SIZE)
NOTHING = bytes(DIGEST_SIZE)
# The state does not tell whether the content is the same: it is looked at.
UNSURE_STATE = b"\xff" * STATE_SIZE
# No content is the same: the file changed while it was looked at.
NEVER = b"\xff" * DIGEST_SIZE

_NUMBERS = ("owners", "days", "result_at", "result_length", "edges_at", "edges_length", "names_at", "names_length")


class Folder(NamedTuple):
    """What a folder held that matters: the time of its last change (0: not to be relied on), and names."""

    changed: int
    names: frozenset[str]


class Table:
    """Rows by number; `index` finds a path's.

    Columns: `paths`; `states` and `digests` of the content, in pieces of `STATE_SIZE` and `DIGEST_SIZE` bytes;
    `owners`, the number of the settings (and the like) that a result is for, plus 1, or 0 where there is no result; `days`, when the
    result was last made or used; results, edges to other rows, and names that were looked for, in pools.
    """

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.states, self.digests = bytearray(), bytearray()
        for name in _NUMBERS:
            setattr(self, name, array("I"))
        self.results, self.all_names = bytearray(), bytearray()
        self.edges = array("I")
        self.settings: list[bytes] = []
        self.folders: dict[str, Folder] = {}
        self.questions: dict[int, list[tuple[str, ...]]] = {}
        self._index: dict[str, int] | None = None

    owners: array[int]
    days: array[int]
    result_at: array[int]
    result_length: array[int]
    edges_at: array[int]
    edges_length: array[int]
    names_at: array[int]
    names_length: array[int]

    @property
    def index(self) -> dict[str, int]:
        """Path -> row."""
        if self._index is None:
            self._index = {path: row for row, path in enumerate(self.paths)}
        return self._index

    # --- reading rows ----------------------------------------------------------------------------------------------

    def state(self, row: int) -> bytes:
        """What the system said of the file."""
        return bytes(self.states[row * STATE_SIZE : (row + 1) * STATE_SIZE])

    def digest(self, row: int) -> bytes:
        """What stands for its content."""
        return bytes(self.digests[row * DIGEST_SIZE : (row + 1) * DIGEST_SIZE])

    def result(self, row: int) -> bytes:
        """The kept result."""
        start = self.result_at[row]
        return bytes(self.results[start : start + self.result_length[row]])

    def edges_of(self, row: int) -> array[int]:
        """The rows that it depends on directly."""
        start = self.edges_at[row]
        return self.edges[start : start + self.edges_length[row]]

    def names_of(self, row: int) -> set[str]:
        """The names that it looked for."""
        start = self.names_at[row]
        data = bytes(self.all_names[start : start + self.names_length[row]])
        return set(data.decode("utf-8", "surrogatepass").split("\0")) if data else set()

    # --- writing rows ----------------------------------------------------------------------------------------------

    def row(self, path: str) -> int:
        """The row of a path, made if there is none."""
        row = self.index.get(path)
        if row is None:
            row = self.index[path] = len(self.paths)
            self.paths.append(path)
            self.states += NOTHING_STATE
            self.digests += NOTHING
            for name in _NUMBERS:
                getattr(self, name).append(0)
        return row

    def set_content(self, row: int, state: bytes, digest: bytes) -> None:
        """Record a file's state and content."""
        self.states[row * STATE_SIZE : (row + 1) * STATE_SIZE] = state
        self.digests[row * DIGEST_SIZE : (row + 1) * DIGEST_SIZE] = digest

    def set_result(self, row: int, owner: int, result: bytes, day: int) -> None:
        """Record a result."""
        self.owners[row], self.days[row] = owner, day
        self.result_at[row], self.result_length[row] = len(self.results), len(result)
        self.results += result

    def set_edges(self, row: int, targets: Iterable[int]) -> None:
        """Record what a row depends on."""
        self.edges_at[row] = len(self.edges)
        self.edges.extend(sorted(targets))
        self.edges_length[row] = len(self.edges) - self.edges_at[row]

    def set_names(self, row: int, names: Iterable[str]) -> None:
        """Record the names that a row looked for."""
        data = "\0".join(sorted(names)).encode("utf-8", "surrogatepass")
        self.names_at[row], self.names_length[row] = len(self.all_names), len(data)
        self.all_names += data

    def settings_number(self, digest: bytes) -> int:
        """The number of some settings, which get one if they have none."""
        try:
            return self.settings.index(digest)
        except ValueError:
            self.settings.append(digest)
            return len(self.settings) - 1

    # --- graph -----------------------------------------------------------------------------------------------------

    def reaching(self, rows: Iterable[int]) -> set[int]:
        """The rows that depend on any of these, and these."""
        found = set(rows)
        if not found:
            return found
        importers: dict[int, list[int]] = {}
        for row in range(len(self.paths)):
            if self.edges_length[row]:
                for target in self.edges_of(row):
                    importers.setdefault(target, []).append(row)
        return _spread(found, lambda row: importers.get(row, ()))

    def reached_from(self, rows: Iterable[int]) -> set[int]:
        """The rows that any of these depends on, and these."""
        return _spread(set(rows), self.edges_of)

    # --- bytes -----------------------------------------------------------------------------------------------------

    def compacted(self, keep: set[int]) -> Table:
        """A table of these rows and all that they depend on, without what the pools hold besides."""
        table = Table()
        kept = sorted(self.reached_from(keep))
        for row in kept:
            table.row(self.paths[row])
        for new, row in enumerate(kept):
            table.set_content(new, self.state(row), self.digest(row))
            table.set_result(new, self.owners[row], self.result(row), self.days[row])
            table.set_edges(new, (table.index[self.paths[target]] for target in self.edges_of(row)))
            table.set_names(new, self.names_of(row))
            if row in self.questions:
                table.questions[new] = self.questions[row]
        table.settings = list(self.settings)
        table.folders = dict(self.folders)
        return table

    @property
    def waste(self) -> float:
        """The part of the pools that no row refers to."""
        used = sum(self.result_length) + 4 * sum(self.edges_length) + sum(self.names_length)
        size = len(self.results) + 4 * len(self.edges) + len(self.all_names)
        return 1 - used / size if size else 0.0

    def to_bytes(self) -> bytes:
        """All of it."""
        folders = [[path, folder.changed, sorted(folder.names)] for path, folder in self.folders.items()]
        questions = [[row, *each] for row, asked in self.questions.items() for each in asked]
        sections = [
            _text(self.paths),
            bytes(self.states),
            bytes(self.digests),
            *(_little(getattr(self, name)) for name in _NUMBERS),
            bytes(self.results),
            _little(self.edges),
            bytes(self.all_names),
            b"".join(self.settings),
            json.dumps(folders).encode(),
            json.dumps(questions).encode() if questions else b"",
        ]
        lengths = struct.pack(f"<{len(sections)}Q", *map(len, sections))
        return b"".join([_MAGIC, lengths, *sections])

    @classmethod
    def of_bytes(cls, data: bytes) -> Table:
        """The way back.

        Raises:
            ValueError: it is not what `to_bytes` writes.
        """
        sections = _sections(data)
        table = cls()
        table.paths = _lines(next(sections))
        rows = len(table.paths)
        table.states, table.digests = bytearray(next(sections)), bytearray(next(sections))
        for name in _NUMBERS:
            column = _numbers(next(sections))
            setattr(table, name, column)
            _require(len(column) == rows)
        _require(len(table.states) == rows * STATE_SIZE and len(table.digests) == rows * DIGEST_SIZE)
        table.results, table.edges = bytearray(next(sections)), _numbers(next(sections))
        table.all_names = bytearray(next(sections))
        settings = bytes(next(sections))
        _require(len(settings) % DIGEST_SIZE == 0)
        table.settings = [settings[at : at + DIGEST_SIZE] for at in range(0, len(settings), DIGEST_SIZE)]
        for path, changed, names in json.loads(bytes(next(sections))):
            table.folders[path] = Folder(changed, frozenset(names))
        questions = bytes(next(sections))
        for row, *question in json.loads(questions) if questions else ():
            table.questions.setdefault(row, []).append(tuple(question))
        _require(not table.edges or max(table.edges) < rows)
        return table


def _spread(found: set[int], nexts: Any) -> set[int]:
    waiting = list(found)
    while waiting:
        for row in nexts(waiting.pop()):
            if row not in found:
                found.add(row)
                waiting.append(row)
    return found


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("not a table of results")


def _sections(data: bytes) -> Iterator[memoryview]:
    count = 9 + len(_NUMBERS)
    start = len(_MAGIC) + 8 * count
    _require(data.startswith(_MAGIC) and len(data) >= start)
    lengths = struct.unpack_from(f"<{count}Q", data, len(_MAGIC))
    _require(sum(lengths) == len(data) - start)
    view = memoryview(data)
    for length in lengths:
        yield view[start : start + length]
        start += length


# No path can hold a null character.
def _text(lines: list[str]) -> bytes:
    return "\0".join(lines).encode("utf-8", "surrogatepass")


def _lines(data: memoryview) -> list[str]:
    return bytes(data).decode("utf-8", "surrogatepass").split("\0") if data else []


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = array("I", numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _numbers(data: memoryview) -> array[int]:
    numbers = array("I")
    _require(numbers.itemsize == 4 and len(data) % 4 == 0)
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
