"""What is known of the workspace's files that are not open, and what the client is told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from lsprotocol import types

from mlwarden_lsp.disk_files import Scanned, result_id_of
from mlwarden_lsp.paths import canonical, path_of

# The result of a file in which nothing is found.
CLEAN = result_id_of(())


class Disk:
    """The results of the last scan. Open documents have their own diagnostics, which come before these."""

    def __init__(
        self,
        publish: Callable[[str, int | None, Sequence[types.Diagnostic]], None],
        is_open: Callable[[str], bool],
    ) -> None:
        """Take the parts.

        Args:
            publish: tells the client; not called where it pulls.
            is_open: whether a document is open in the editor, whose diagnostics are not these.
        """
        self._publish, self._is_open = publish, is_open
        self._known: dict[str, Scanned] = {}
        self._changed = asyncio.Event()
        self.pulls = False

    def __len__(self) -> int:
        """The number of findings."""
        return sum(len(scanned.diagnostics) for scanned in self._known.values())

    def found(self, results: Iterable[Scanned]) -> None:
        """Some files were checked."""
        for scanned in results:
            before = self._known.pop(scanned.uri, None)
            if scanned.diagnostics:
                self._known[scanned.uri] = scanned
            if (before.result_id if before is not None else CLEAN) != scanned.result_id:
                self._tell(scanned.uri, scanned.diagnostics)

    def keep_only(self, paths: frozenset[str]) -> None:
        """Other files than these are gone, or none of our business any more."""
        for uri in [uri for uri in self._known if path_of(uri) not in paths]:
            del self._known[uri]
            self._tell(uri, ())

    def opened(self, uri: str) -> None:
        """A document is shown by its own diagnostics now; those of a notebook's file are at its cells."""
        if canonical(uri) in self._known:
            self._tell(canonical(uri), (), opened=True)

    def closed(self, uri: str) -> None:
        """A document is no longer open: what is known of its file counts again."""
        known = self._known.get(canonical(uri))
        if known is not None:
            self._tell(known.uri, known.diagnostics)

    def _tell(self, uri: str, diagnostics: Sequence[types.Diagnostic], opened: bool = False) -> None:
        self._changed.set()
        if not self.pulls and (opened or not self._is_open(uri)):
            self._publish(uri, None, diagnostics)

    # --- pulling ----------------------------------------------------------------------------------------------

    def reports(self, previous: Mapping[str, str]) -> list[types.WorkspaceDocumentDiagnosticReport]:
        """What a client must be told that has the results with these ids by URI: what changed, else that it did not."""
        found: list[types.WorkspaceDocumentDiagnosticReport] = []
        for uri in sorted({*self._known, *previous}):
            if self._is_open(uri):
                continue
            scanned = self._known.get(uri)
            result_id = scanned.result_id if scanned is not None else CLEAN
            if previous.get(uri) == result_id:
                found.append(types.WorkspaceUnchangedDocumentDiagnosticReport(uri=uri, result_id=result_id))
            else:
                items = list(scanned.diagnostics) if scanned is not None else []
                found.append(types.WorkspaceFullDocumentDiagnosticReport(uri=uri, items=items, result_id=result_id))
        return found

    async def change(self) -> None:
        """Wait until something is other than it was."""
        self._changed.clear()
        await self._changed.wait()
