"""What IPython puts into a command before it runs it: `{expression}` and `$name`, as Python that can be analysed.

IPython formats the text of `!...`, of line magics and of a cell magic's first line with the values of Python
(IPython/utils/text.py, `DollarFormatter`). Here such a line becomes a call of `MARK` with the expressions as arguments,
in the space that the line takes up, so that every other offset stays.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from string import Formatter

from mlwarden.model.record import record
from mlwarden.model.spans import Span
from mlwarden.notebooks.magics import parses
from mlwarden.notebooks.notebook import Cell, Magic, Notebook

MARK = "\u01c3"
"""Called with what a line interpolates: the letter for a click of the tongue, a Python identifier that nobody uses."""
MAX_INTERPOLATIONS = 200
"""Lines of a cell that are looked at."""

_LINES = frozenset({"sx", "system", "sc", "sh", "pip", "conda", "mamba", "micromamba", "uv"})
_CELLS = frozenset({"bash", "sh", "zsh", "script", "!", "!!", "sx", "system"})
_DOLLAR = re.compile(r"\$(\$?[\w.]+)")
_NOT_LINE_END = re.compile(r"[^\r\n]")
_PLACEHOLDER = re.compile(r"[0_;\s]*")


@record(frozen=True, slots=True)
class Line:
    """A line that interpolates.

    Attributes:
        magic: the line.
        start, end: the part of the cell's source that it takes up from its escape on.
        expressions: what it interpolates, in order.
    """

    magic: Magic
    start: int
    end: int
    expressions: tuple[str, ...]


def expressions_in(command: str) -> tuple[str, ...]:
    """The Python expressions that IPython puts into a command; () where it leaves the command as it is.

    It does so where a brace or an expression is not well formed, as in `awk '{print $1}'`.
    """
    if "{" not in command and "$" not in command:
        return ()
    found: list[str] = []
    try:
        for literal, field, specification, _ in Formatter().parse(command):
            for match in _DOLLAR.finditer(literal):
                # Not between single quotes, as far as IPython tells: an odd number of quotes follows.
                if not match[1].startswith("$") and literal.count("'", match.end()) % 2 == 0:
                    found.append(match[1])
            if field is not None:
                found.append(f"{field}:{specification}" if specification else field)
    except ValueError:
        return ()
    expressions = tuple(expression.strip() for expression in found)
    return expressions if all(map(_is_expression, expressions)) else ()


def _is_expression(text: str) -> bool:
    if not text or "\n" in text or "\r" in text or "#" in text:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return isinstance(ast.parse(text, mode="eval").body, ast.expr)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def lines_of(cell: Cell) -> Iterator[Line]:
    """The lines of a code cell that interpolate Python into a command."""
    for magic in cell.magics[:MAX_INTERPOLATIONS]:
        is_line = magic.kind == "shell" or (magic.kind == "line" and magic.name in _LINES)
        if not is_line and not (magic.kind == "cell" and magic.name in _CELLS):
            continue
        expressions = expressions_in(magic.text)
        if expressions:
            escape = magic.name if magic.kind == "shell" else "%%" if magic.kind == "cell" else "%"
            start = cell.source.rfind(escape, magic.span.start, magic.text_span.start)
            yield Line(magic, start if start >= 0 else magic.span.start, magic.text_span.end, expressions)


def has_interpolations(notebook: Notebook) -> bool:
    """Whether a code cell of the notebook puts Python into a command."""
    return any(True for cell in notebook.cells if cell.magics for _ in lines_of(cell))


def python_of(cell: Cell) -> str:
    """`cell.python`, with calls of `MARK` in the place of lines that interpolate."""
    if not cell.magics:
        return cell.python
    python = cell.python
    for line in lines_of(cell):
        if line.magic.kind == "cell":
            if python.strip():
                continue  # the body is Python
            python = _NOT_LINE_END.sub(" ", cell.source)
        if len(python) != len(cell.source) or not _PLACEHOLDER.fullmatch(python, line.start, line.end):
            continue
        written = _written(line.expressions, python[line.start : line.end])
        if written:
            python = python[: line.start] + written + python[line.end :]
    return python if python == cell.python or parses(python) else cell.python


def _written(expressions: tuple[str, ...], space: str) -> str:
    """The call, as long as the space that it stands in and with its line ends; "" if it does not fit."""
    pieces = [f"{MARK}(", *(f"{expression}," for expression in expressions[:-1]), f"{expressions[-1]})"]
    rows = re.split(r"(\r\n|\r|\n)", space)
    index = 0
    done: list[str] = []
    for number in range(0, len(rows), 2):
        row = ""
        while pieces and index < len(pieces) and len(row) + len(pieces[index]) <= len(rows[number]):
            row += pieces[index]
            index += 1
        done.append(row.ljust(len(rows[number])) + "".join(rows[number + 1 : number + 2]))
    return "".join(done) if index == len(pieces) else ""


def place_of(cell: int, line: Line) -> Span:
    """Where a line stands in the notebook, from its escape to its end."""
    return Span(line.start, line.end, cell)
