from __future__ import annotations

from mlwarden.bandit_engine import covered
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.source.documents import PythonModule

TEXT = "subprocess.run(\n    answer,\n    shell=True,\n)\nsubprocess.run(x, shell=True)\n"
DOCUMENT = PythonModule("agent.py", TEXT)


def at(code: str, part: str, cell: int | None = None) -> Finding:
    start = TEXT.index(part)
    return Finding(code, Span(start, start + len(part), cell), "", Severity.HIGH, Confidence.HIGH)


SHELL = at("B602", TEXT[: TEXT.index(")") + 1])


def test_the_same_matter_on_a_shared_line_is_covered() -> None:
    assert covered(SHELL, [at("MLW402", "answer")], DOCUMENT)
    assert covered(SHELL, [at("MLW402", TEXT.splitlines()[4]), at("MLW402", "shell=True")], DOCUMENT)


def test_another_place_is_not() -> None:
    assert not covered(SHELL, [], DOCUMENT)
    assert not covered(SHELL, [at("MLW402", "subprocess.run(x, shell=True)")], DOCUMENT)


def test_another_matter_is_not() -> None:
    assert not covered(SHELL, [at("MLW101", "answer"), at("B605", "answer")], DOCUMENT)
    assert not covered(at("B507", "answer"), [at("MLW402", "answer")], DOCUMENT)


def test_a_prefix_stands_for_a_family() -> None:
    assert covered(at("B301", "answer"), [at("MLW113", "answer")], DOCUMENT)


def test_another_cell_is_not() -> None:
    cells = tuple(Cell(i, "", "code", TEXT, TEXT) for i in range(2))
    notebook = Notebook("a.ipynb", "", cells)
    assert not covered(at("B602", "answer", 0), [at("MLW402", "answer", 1)], notebook)
    assert covered(at("B602", "answer", 1), [at("MLW402", "answer", 1)], notebook)
