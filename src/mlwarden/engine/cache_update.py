"""What a run changes in the result cache's table."""

# Paths are strings here: this runs for each of ten thousand files.
# ruff: noqa: PTH109, PTH118, PTH120, PTH119
from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from mlwarden.engine import cache_facts as facts
from mlwarden.engine.cache_table import NEVER, Table
from mlwarden.engine.work import Checked, Work, state_of

if TYPE_CHECKING:
    from mlwarden.engine.trail import Trail

_DAY = 24 * 3600 * 1_000_000_000
# Results of files that no run asks about any more.
_DAYS_KEPT = 30
_MOST_SETTINGS = 100
# Old results and lists make room when they take up this part of the file.
_WASTE = 0.5


class Update:
    """Collects the changes of one run; the table is changed as they come in."""

    def __init__(self, table: Table, keyed: Callable[[bytes], bytes], started: int) -> None:
        """Take the table, the function that makes digests of digests, and the time at which the run started."""
        self._table, self._keyed, self._started = table, keyed, started
        self._cwd = os.getcwd().replace(os.sep, "/")
        self._absolute: dict[str, str] = {}
        self._states: dict[str, bytes] = {}
        # The rows whose content has been recorded, or found unchanged, in this run.
        self._settled: set[int] = set()
        self._outdated: set[int] = set()
        self._folder_rows: set[int] = set()
        self._rows_before = len(table.paths)
        # From the first check on, a folder that is listed may have changed since it was looked into.
        self._checking = False
        self._unsure = False
        self.is_needed = False

    # --- before the checks -----------------------------------------------------------------------------------------

    def touch(self, row: int, state: bytes) -> None:
        """A file has the content that is recorded, but not the state."""
        state, _ = facts.settled(state, b"", self._started)
        if state != self._table.state(row):
            self._table.set_content(row, state, self._table.digest(row))
            self.is_needed = True

    def look_at_folders(self) -> set[int]:
        """Bring the folders up to date; returns the rows that looked for a name which has come or gone."""
        renamed: list[tuple[str, str]] = []
        for path, folder in list(self._table.folders.items()):
            now = facts.look(path)
            if now is not None and folder.changed and now.st_mtime_ns == folder.changed:
                continue
            new = facts.listed(path, self._started) if now is not None else None
            if new is None:
                del self._table.folders[path]
                self._add_folder(path)
            else:
                self._table.folders[path] = new
            self.is_needed = self.is_needed or new != folder
            names = new.names if new is not None else frozenset()
            renamed.extend((path, name) for name in folder.names ^ names)
        return self._looking_for(renamed) if renamed else set()

    def prepare(self, work: Sequence[Work]) -> None:
        """List the folders of all files before anything is checked: what comes later is then seen by the next run."""
        for folder in {os.path.dirname(each.location) for each in work}:
            while folder not in self._table.folders and folder.startswith(self._cwd):
                self._add_folder(folder)
                folder = os.path.dirname(folder)
            self._add_folder(folder)
        self._states = {each.location: each.state for each in work}
        self._checking = True

    def _looking_for(self, renamed: list[tuple[str, str]]) -> set[int]:
        table = self._table
        names = {facts.module_name(name).casefold() for _, name in renamed}
        # `src` is looked into without being named.
        everything = "src" in names or any(not name.isascii() for name in names)
        # A package comes or goes with its __init__.py.
        packages = [folder for folder, name in renamed if facts.module_name(name) == "__init__"]
        names.update(os.path.basename(folder).casefold() for folder in packages)
        below = tuple(f"{folder}/" for folder in packages)
        versions = {f"{folder}/" for folder, name in renamed if facts.tells_versions(name)}
        versions.update(f"{os.path.dirname(folder)}/" for folder, _ in renamed if folder.endswith("/requirements"))
        found = set()
        for row, path in enumerate(table.paths):
            if path.endswith("/"):
                concerned = path in versions
            elif below and path.startswith(below):
                concerned = True
            elif table.names_length[row]:
                concerned = everything or any(name.casefold() in names for name in table.names_of(row))
            else:
                concerned = False
            if concerned:
                found.add(row)
        return found

    def forget(self, stale: Iterable[int], changed: Iterable[int]) -> None:
        """Drop results that do not hold, and what is known of files whose content or surroundings have changed."""
        table = self._table
        for row in stale:
            table.owners[row] = 0
            self.is_needed = True
        for row in changed:
            table.set_edges(row, ())
            table.set_names(row, ())
            table.questions.pop(row, None)
            self._outdated.add(row)

    # --- after the checks ------------------------------------------------------------------------------------------

    def take(self, checked: Iterable[Checked], trail: Trail, number: Callable[[Work], int]) -> None:
        """Take in results and what their checks looked at; `number` gives the number of what is decided for a file."""
        from mlwarden.engine.kept_results import encode

        table = self._table
        today = self._started // _DAY
        checked = list(checked)
        self._absolute.update((each.work.path, each.work.location) for each in checked)
        self._take_trail(trail)
        for work, result, digest in checked:
            self.is_needed = True
            row = table.row(work.location)
            self._record(row, digest)
            looked = work.path in trail.names or work.path in trail.versions or work.path in trail.modules
            if digest is not None and not result.failures and not (looked and self._unsure) and is_kept(work):
                table.set_result(row, number(work) + 1, encode(result.verdict, result.content is not None), today)

    def settle(self) -> None:
        """Record the other files that are new in the table, or not what they were."""
        table = self._table
        for row in (*self._outdated, *range(self._rows_before, len(table.paths))):
            if row not in self._settled:
                self._record(row, facts.content_of(table.paths[row])[1])

    def _take_trail(self, trail: Trail) -> None:
        table = self._table
        for folder in trail.folders:
            self._add_folder(self._path(folder))
        for path, found in trail.modules.items():
            self._add_edges(table.row(self._path(path)), {table.row(self._path(each)) for each in found})
        for path, names in trail.names.items():
            row = table.row(self._path(path))
            if not names <= (known := table.names_of(row)):
                table.set_names(row, names | known)
            self._add_packages(table.paths[row])
        for path, root in trail.versions.items():
            row = table.row(self._path(path))
            self._add_packages(table.paths[row])
            self._add_edges(row, {self._folder_row(os.path.dirname(table.paths[row]), self._path(root))})
        for path, questions in trail.questions.items():
            row = table.row(self._path(path))
            known_ones = table.questions.setdefault(row, [])
            known_ones.extend(question for question in sorted(questions) if question not in known_ones)

    def finished(self, hits: Iterable[int]) -> Table:
        """The table as it is to be written."""
        table = self._table
        today = self._started // _DAY
        for row in hits:
            table.days[row] = today
        kept = {row for row, owner in enumerate(table.owners) if owner and table.days[row] + _DAYS_KEPT >= today}
        if len(table.settings) > _MOST_SETTINGS:
            return Table()
        if table.waste > _WASTE or len(kept) < sum(1 for owner in table.owners if owner):
            return table.compacted(kept)
        return table

    def _path(self, path: str) -> str:
        """The absolute path, by which rows are found, of a path as documents and modules have it."""
        known = self._absolute.get(path)
        if known is None:
            known = os.path.normpath(os.path.join(self._cwd, path)).replace(os.sep, "/")
            self._absolute[path] = known
        return known

    def _record(self, row: int, digest: bytes | None) -> None:
        """Record a file's content, of which the plain digest is given; None: it cannot be read."""
        table, path = self._table, self._table.paths[row]
        self._settled.add(row)
        if path.endswith("/"):
            return
        state = self._states.get(path)
        if state is None:
            state, digest = facts.content_of(path)
        elif (now := facts.look(path)) is None or state_of(now) != state:
            digest = None  # others may have seen another content than was checked
        if digest is None:
            digest = NEVER
        elif any(digest):
            digest = self._keyed(digest)
        table.set_content(row, *facts.settled(state, digest, self._started))

    def _add_edges(self, row: int, targets: set[int]) -> None:
        known = self._table.edges_of(row)
        if not targets.issubset(known):
            self._table.set_edges(row, targets.union(known))

    def _add_packages(self, path: str) -> None:
        """The folders whose `__init__.py` decides on a module's full name."""
        folder = os.path.dirname(path)
        self._add_folder(folder)
        while folder in self._table.folders and "__init__.py" in self._table.folders[folder].names:
            folder = os.path.dirname(folder)
            self._add_folder(folder)

    def _add_folder(self, path: str) -> None:
        """List a folder, if it isn't yet; in place of one that there isn't, the nearest one above."""
        if path in self._table.folders:
            return
        path = facts.existing(path)
        if path in self._table.folders:
            return
        folder = facts.listed(path, self._started)
        if folder is not None:
            self._table.folders[path] = folder
            self._unsure = self._unsure or (self._checking and facts.changed_since(path, self._started))

    def _folder_row(self, folder: str, root: str) -> int:
        """The row that stands for what a folder's dependency files, and those above it, say."""
        row = self._table.row(f"{folder}/")
        if row not in self._folder_rows:
            self._add_dependencies(row, folder, root)
        return row

    def _add_dependencies(self, row: int, folder: str, root: str) -> None:
        table = self._table
        self._folder_rows.add(row)
        self._add_folder(folder)
        self._add_folder(f"{folder}/requirements")
        top = facts.top_above(folder) or (root if f"{folder}/".startswith(f"{root}/") else folder)
        own, inner = (table.folders.get(path) for path in (folder, f"{folder}/requirements"))
        files = facts.dependency_files(folder, own.names if own else frozenset(), inner.names if inner else frozenset())
        files += [included for path in files for included in facts.included_files(path, top)]
        targets = {table.row(path) for path in files}
        if folder != top:
            targets.add(self._folder_row(os.path.dirname(folder), root))
        elif ".git" not in (own.names if own else ()):
            table.questions[row] = [("top", folder, "")]
        self._add_edges(row, targets)


def is_kept(work: Work) -> bool:
    """Whether a result may be kept: its settings allow it, and the shown path is one file's only.

    Names that are no text are all shown alike.
    """
    return work.settings.cache and "\ufffd" not in work.path
