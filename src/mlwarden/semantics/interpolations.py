"""Values that IPython puts into commands: `!git clone {url}`, with what is known of `url` at that line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.spans import Span
from mlwarden.notebooks.interpolation import MARK, Line, lines_of, place_of
from mlwarden.notebooks.notebook import Notebook

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value


@dataclass(frozen=True, slots=True)
class Interpolation:
    """An expression that a line puts into its command.

    Attributes:
        expression: as it is written, without braces or dollar sign.
        value: what it may be, in one context.
        span: the whole line from its escape on.
        line: the line.
        call: where the model met it: its `context` is the way there.
    """

    expression: str
    value: Value
    span: Span
    line: Line
    call: CallSite


def interpolations(model: SemanticModel) -> Iterator[Interpolation]:
    """What the lines of a notebook interpolate, once for each context in which the model met the line."""
    import libcst as cst

    document = model.document
    if not isinstance(document, Notebook):
        return
    places = {(cell.index, line.start): line for cell in document.cells if cell.magics for line in lines_of(cell)}
    if not places:
        return
    for call in model.calls:
        node = call.node
        if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == MARK):
            continue
        line = places.get((call.cell if call.cell is not None else -1, call.span.start))
        if line is None or call.fragment.path is not None:
            continue
        for expression, value in zip(line.expressions, call.positional(), strict=False):
            yield Interpolation(expression, value, place_of(call.span.cell or 0, line), line, call)
