"""The standard library's tree of a whole document, for the few questions that the interpreter's calls don't answer.

Statements that cannot matter to a rule's calls are left out of the semantic model; here they are all there. Rules ask
for it only where they would report something otherwise.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.semantics.statements import parse

if TYPE_CHECKING:
    from mlwarden.source.documents import PythonModule
    from mlwarden.source.lines import LineIndex

FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


@dataclass(frozen=True)
class DocumentTree:
    """The tree of a module, or of a cell of a notebook.

    Attributes:
        cell: the cell's index, or None.
        text, lines: what was parsed.
    """

    cell: int | None
    text: str
    lines: LineIndex
    tree: ast.Module

    @cached_property
    def functions(self) -> list[FunctionNode]:
        """The functions in it, outer ones before those inside."""
        return [node for node in ast.walk(self.tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]

    def line_of(self, offset: int) -> int:
        """The line that holds an offset, counted as the tree does."""
        return self.lines.line_of(offset) + 1

    def span(self, node: ast.stmt | ast.expr) -> Span:
        """Where a node stands."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return Span(self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column), self.cell)

    def _offset(self, line: int, column: int) -> int:
        # The tree counts columns in bytes of UTF-8.
        start = self.lines.offset(line - 1, 0)
        before = self.text[start : start + column].encode("utf-8", "surrogatepass")[:column]
        return start + len(before.decode("utf-8", "ignore"))


def trees_of(document: PythonModule | Notebook) -> list[DocumentTree]:
    """The trees of a document, in order; cells that do not parse are left out."""
    texts = (
        [(cell.index, cell.python, cell.lines) for cell in document.cells]
        if isinstance(document, Notebook)
        else [(None, document.text, document.lines)]
    )
    found = []
    for cell, text, lines in texts:
        try:
            found.append(DocumentTree(cell, text, lines, parse(text)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return found


def enclosing_function(part: DocumentTree, line: int) -> FunctionNode | None:
    """The innermost function around a line."""
    found: FunctionNode | None = None
    for node in part.functions:
        if node.lineno <= line <= (node.end_lineno or 0) and (found is None or node.lineno >= found.lineno):
            found = node
    return found
