"""What is found in the saved outputs of a notebook that is open cell by cell.

Editors keep outputs to themselves: over the protocol a notebook is its cells' sources. The file has the outputs as they
were saved, so it is checked when it was opened or saved, and what is found in its outputs is shown at the cells.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.config.settings import Settings
from mlwarden.model.findings import Finding
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.paths import state_of
from mlwarden_lsp.places import Place
from mlwarden_lsp.snapshot import NotebookSnapshot, Part

if TYPE_CHECKING:
    from mlwarden.engine.project import Project
    from mlwarden.notebooks.notebook import Cell


class SavedFinding(NamedTuple):
    """A finding in an output, and the cell of the file that the output belongs to."""

    finding: Finding
    cell: Cell


class _Known(NamedTuple):
    state: tuple[int, int, int]
    settings: Settings
    found: tuple[SavedFinding, ...]


class SavedOutputs:
    """The findings in the outputs of notebooks, by path; a file that has not changed is not checked again."""

    def __init__(self, engine: Engine) -> None:
        """`engine` is what checks."""
        self._engine = engine
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def of(self, path: str, settings: Settings, project: Project | None) -> tuple[SavedFinding, ...]:
        """What is found in the outputs in the file as it is now; nothing where there is none or it cannot be read."""
        state = state_of(path)
        if state is None:
            return ()
        with self._lock:
            known = self._known.get(path)
        if known is None or known.state != state or known.settings != settings:
            known = _Known(state, settings, tuple(self._found(path, settings, project)))
            with self._lock:
                self._known[path] = known
        return known.found

    def _found(self, path: str, settings: Settings, project: Project | None) -> Iterator[SavedFinding]:
        from mlwarden.notebooks.mapping import cell_at
        from mlwarden.notebooks.notebook import Notebook
        from mlwarden.source.problems import Problem
        from mlwarden.source.reading import read
        from mlwarden.source.router import document_of

        content = read(path)
        document = document_of(path, content) if not isinstance(content, Problem) else content
        if not isinstance(document, Notebook) or not any(cell.outputs for cell in document.cells):
            return
        for finding in self._engine.check(document, settings, project).verdict.reported:
            cell = cell_at(document, finding.span.start) if finding.span.cell is None else None
            if cell is not None and cell.outputs_span is not None and cell.outputs_span.overlaps(finding.span):
                # What its fixes edit is in no text of the editor's.
                yield SavedFinding(replace(finding, fixes=(), trace=()), cell)


def shown_at(snapshot: NotebookSnapshot, saved: tuple[SavedFinding, ...]) -> Iterator[tuple[Finding, Place]]:
    """Each finding with the first line of its cell as it is in the editor; none of cells that are gone or others now."""
    by_id: dict[object, Part] = {}
    by_source: dict[str, Part] = {}
    for part in snapshot.cells:
        by_id.setdefault(part.metadata.get("id"), part)
        by_source.setdefault(part.text, part)
    for finding, cell in saved:
        same = (by_id.get(cell.id) if cell.id else None) or by_source.get(cell.source)
        if same is not None:
            yield finding, Place(same, 0, same.lines.line_end(0))
