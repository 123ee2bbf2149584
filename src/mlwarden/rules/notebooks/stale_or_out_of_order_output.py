"""MLW710: outputs that do not belong to the sources as they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later

if TYPE_CHECKING:
    from mlwarden.source.documents import Document


class StaleOrOutOfOrderOutput(Rule):
    """Outputs that do not belong to the notebook's sources as they stand.

    ## Why is this bad?

    Where cells ran in another order, or in several sessions, what the outputs show need not be what the code does now:
    results cannot be reproduced, and nobody can tell from the sources what an output may hold.

    ## How to fix

    Restart the kernel and run all cells, or clear the outputs before the notebook is committed.

    ## When it is fine

    In a scratch notebook. The rule is off by default.

    ## Limits

    Only the numbers that Jupyter saves are compared: a cell that was edited after it ran keeps its number. Notebooks
    whose numbers were all taken away are not reported, nor are gaps between numbers.

    ## Fix safety

    Safe: outputs are no part of the program, and running the cells brings them back.
    """

    code = "MLW710"
    name = "stale-or-out-of-order-output"
    severity = Severity.LOW
    default = False
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = (("output_type", "execution_count"), ("output_type", "prompt_number"))
    cwe = (1116,)
    atlas = ("AML.T0055",)
    references = (
        Reference(
            "nbformat: code cells", "https://nbformat.readthedocs.io/en/latest/format_description.html#code-cells"
        ),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report a notebook once, at the first cell whose output is out of order."""
        if not isinstance(document, Notebook) or not document.text:
            return
        cells = [cell for cell in document.cells if cell.kind == "code" and cell.source.strip()]
        found = _out_of_order(document, cells)
        if found is None:
            return
        cell, reason = found
        assert cell.outputs_span is not None
        yield self.finding(cell.outputs_span, reason, confidence=Confidence.HIGH, fixes=(_clear(document),))


def _out_of_order(notebook: Notebook, cells: list[Cell]) -> tuple[Cell, str] | None:
    """The first cell with an output that does not fit, and why; of reasons that hold for one cell the plainest."""
    ran = [cell for cell in cells if cell.execution_count is not None]
    if not ran:
        return None
    after = {id(cell): before for before, cell in pairwise(ran)}
    for cell in cells:
        if not cell.outputs:
            continue
        if cell.execution_count is None:
            return cell, "this cell has an output but no number of a run, while others have: it was edited or copied"
        for number in _numbers(notebook, cell):
            if number != cell.execution_count:
                return cell, f"this output is of run {number}, but the cell's last run was {cell.execution_count}"
        before = after.get(id(cell))
        if before is None or before.execution_count is None:
            continue
        if before.execution_count > cell.execution_count:
            return cell, (
                f"this cell ran as number {cell.execution_count}, the one above it as number {before.execution_count}: they "
                "ran in another order or in different sessions"
            )
        if before.execution_count == cell.execution_count:
            return cell, (
                f"this cell and the one above it have the same number, {cell.execution_count}: they ran in different "
                "sessions, or one is a copy"
            )
    return None


def _numbers(notebook: Notebook, cell: Cell) -> Iterator[int]:
    """The numbers of the runs that gave the cell's outputs."""
    if cell.outputs_span is None or not any(output.kind == "execute_result" for output in cell.outputs):
        return
    try:
        outputs = json.loads(notebook.text[cell.outputs_span.start : cell.outputs_span.end])
    except (ValueError, RecursionError):
        return
    for output in outputs if isinstance(outputs, list) else ():
        if isinstance(output, dict):
            number = output.get("execution_count", output.get("prompt_number"))
            if isinstance(number, int) and not isinstance(number, bool):
                yield number


def _clear(notebook: Notebook) -> Fix:
    from mlwarden.notebooks.edit import clear_outputs_edit

    edits = tuple(edit for cell in notebook.cells for edit in clear_outputs_edit(notebook, cell.index))
    return Fix("Clear the outputs of all cells", edits, Applicability.SAFE)


def _notebook(*cells: tuple[int | None, int | None]) -> str:
    """A notebook as text: for each cell its number and that of its output, None for no output."""
    made: list[dict[str, object]] = []
    for index, (number, of_output) in enumerate(cells):
        output = {"data": {"text/plain": ["1"]}, "execution_count": of_output, "metadata": {}}
        outputs = [] if of_output is None else [{**output, "output_type": "execute_result"}]
        made.append(
            {
                "cell_type": "code",
                "execution_count": number,
                "id": f"cell-{index}",
                "metadata": {},
                "outputs": outputs,
                "source": [f"x{index}"],
            }
        )
    document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    # On one line: what the fix puts in place of outputs keeps to no layout.
    return json.dumps(document) + "\n"


def _without_number(text: str) -> str:
    """The notebook without its first cell's number; the output keeps its own."""
    return text.replace('"execution_count": 1', '"execution_count": null', 1)


def _examples() -> Examples:
    return (
        Bad(
            _notebook((2, 2), (1, 1)),
            path="example.ipynb",
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="this cell ran as number 1, the one above it as number 2: they ran in another order or in different "
            "sessions",
            fixed=_notebook((None, None), (None, None)),
        ),
        Bad(
            _notebook((3, None), (2, 2)),
            path="example.ipynb",
            fixed=_notebook((None, None), (None, None)),
        ),
        Bad(
            _notebook((1, 1), (1, 1)),
            path="example.ipynb",
            message="this cell and the one above it have the same number, 1: they ran in different sessions, or one is a copy",
            fixed=_notebook((None, None), (None, None)),
        ),
        Bad(
            _notebook((1, 1), (5, 4)),
            path="example.ipynb",
            message="this output is of run 4, but the cell's last run was 5",
            fixed=_notebook((None, None), (None, None)),
        ),
        Bad(
            _without_number(_notebook((1, 1), (2, 2))),
            path="example.ipynb",
            message="this cell has an output but no number of a run, while others have: it was edited or copied",
            fixed=_notebook((None, None), (None, None)),
        ),
        Good(
            _notebook((1, 1), (2, None), (7, 7)),
            path="example.ipynb",
            because="the cells ran in order; a cell that ran twice leaves a gap",
        ),
        Good(
            _notebook((None, 1), (None, 2)),
            path="example.ipynb",
            because="the numbers were taken away from all cells alike",
        ),
        Good(
            _notebook((4, None), (2, None)),
            path="example.ipynb",
            because="there are no outputs",
        ),
        Missed(
            _notebook((1, 1), (2, 2)).replace("x0", "y = 3"),
            path="example.ipynb",
            because="nothing in the file tells that a source was edited after it ran",
        ),
    )
