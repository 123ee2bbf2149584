"""Run Bandit's tests on a Python module or a notebook; Bandit itself is imported only where a test can fire."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlwarden.bandit_engine.options import effective, excluded
from mlwarden.bandit_engine.rules import can_fire
from mlwarden.model.findings import Finding
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import PythonModule
from mlwarden.source.lines import LineIndex

if TYPE_CHECKING:
    from mlwarden.bandit_engine.memory import CellMemory

_NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


def run(
    document: PythonModule | Notebook,
    codes: frozenset[str],
    options: Mapping[str, Any],
    failures: list[str] | None = None,
    unparsed: list[int | None] | None = None,
    memory: CellMemory | None = None,
) -> list[Finding]:
    """Run the tests with the given ids.

    A notebook's Python cells are one program in order, each parsed by itself. A module or cell that `ast` refuses is
    passed over: its syntax error is the engine's to report.

    Args:
        document: what to look at.
        codes: ids such as "B602"; those that Bandit does not have are passed over.
        options: the `[tool.bandit]` table; its `skips`, `tests`, `exclude_dirs` and per-test tables are obeyed.
        failures: gets one sentence for each test that raised; the others run.
        unparsed: gets the cells (None for a module) that `ast` refused, and that no test looked at.
        memory: where the runs over a notebook's cells are taken from, and kept.

    Returns:
        The findings in the order of their places, without repetitions. Suppressions are not applied.
    """
    codes = _relevant(document, codes, options)
    if not codes:
        return []

    from mlwarden.bandit_engine.driver import Chunk, drive, finding

    memory = memory if isinstance(document, Notebook) else None
    outcome = drive(document.path, [Chunk(*piece) for piece in _pieces(document)], codes, options, memory)
    if failures is not None:
        failures.extend(f"{document.path}: {failure}" for failure in outcome.failures)
    if unparsed is not None:
        unparsed.extend(outcome.unparsed)
    return sorted(dict.fromkeys(map(finding, outcome.hits)), key=Finding.order)


def _relevant(document: PythonModule | Notebook, codes: frozenset[str], options: Mapping[str, Any]) -> frozenset[str]:
    codes = effective(codes, options)
    if not codes or excluded(document.path, options):
        return frozenset()
    return can_fire(codes, (text for _, text, _ in _pieces(document)), options)


def _pieces(document: PythonModule | Notebook) -> list[tuple[int | None, str, LineIndex]]:
    if isinstance(document, Notebook):
        return [(cell.index, cell.python, cell.lines) for cell in document.cells if cell.python.strip()]
    return [(None, document.text, document.lines)]
