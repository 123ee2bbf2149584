"""Where a string literal stands in a document, and the edit that reads it from the environment instead."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import PythonModule, lines_at, text_at

if TYPE_CHECKING:
    from mlwarden.source.documents import Document
    from mlwarden.source.lines import LineIndex

# The whole literal around a value: prefix, quotes. A bytes literal is no string.
_BEFORE = re.compile(r"(?:(?<![A-Za-z0-9_])[rRuU]{1,2})?(\"\"\"|'''|\"|')\Z")
_NAME_OF_SECRET = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")


def value_span(document: Document, value: str, near: Span) -> Span | None:
    """Where the characters of a known string stand in the document.

    Args:
        document: a module or notebook.
        value: what the string holds; one with escapes is not found.
        near: where it is used: what stands in it comes first, then the last place before it, then the first after.

    Returns:
        The place, without quotes; None if the value stands nowhere as it is.
    """
    if not value:
        return None
    text = text_at(document, near.cell)
    inside = text.find(value, near.start, near.end)
    if inside >= 0:
        return Span(inside, inside + len(value), near.cell)
    before = text.rfind(value, 0, near.start)
    if before >= 0:
        return Span(before, before + len(value), near.cell)
    if isinstance(document, Notebook) and near.cell is not None:
        for cell in reversed(document.cells[: near.cell]):
            found = cell.python.rfind(value)
            if found >= 0:
                return Span(found, found + len(value), cell.index)
    after = text.find(value, near.end)
    return None if after < 0 else Span(after, after + len(value), near.cell)


def literal_at(document: Document, value: Span) -> Span | None:
    """The whole string literal whose value is exactly the characters of `value`, where an expression may replace it.

    Docstrings, parts of longer literals, patterns of `match`, annotations and bytes are no such places.
    """
    found = _literal(document, value)
    return None if found is None else found[0]


def read_from_environment(document: Document, value: Span, variable: str) -> tuple[TextEdit, ...] | None:
    """The edits that replace a literal by `os.environ["variable"]`, and import `os` where nothing does.

    Args:
        document: a module or notebook.
        value: the characters of the literal's value.
        variable: the name of the environment variable; "" takes the name that the literal is assigned to.

    Returns:
        None where the characters are not a whole literal that an expression may replace, or no name is known.
    """
    from mlwarden.fixes.imports import import_edit

    found = _literal(document, value)
    if found is None:
        return None
    span, target = found
    name = target if _NAME_OF_SECRET.fullmatch(target) else variable
    if not name:
        return None
    module, added = import_edit(document, "os", cell=value.cell)
    quote = "'" if _inside_quotes(text_at(document, span.cell), span) else '"'
    edit = TextEdit(span, f"{module}.environ[{quote}{name}{quote}]")
    return (edit,) if added is None else (added, edit)


def _inside_quotes(text: str, span: Span) -> bool:
    """Whether the literal is written with single quotes, as in an f-string's braces."""
    return text[span.end - 1 : span.end] == "'"


def _literal(document: Document, value: Span) -> tuple[Span, str] | None:
    """The literal, and the name that it is assigned to or ""."""
    if not isinstance(document, (PythonModule, Notebook)):
        return None
    text = document.cells[value.cell].python if isinstance(document, Notebook) and value.cell is not None else ""
    text = text if isinstance(document, Notebook) else document.text
    before = _BEFORE.search(text, max(0, value.start - 8), value.start)
    if before is None or not text.startswith(before[1], value.end):
        return None
    span = Span(before.start(), value.end + len(before[1]), value.cell)
    lines = lines_at(document, value.cell)
    try:
        from mlwarden.semantics.statements import parse

        tree = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    line, column = lines.position(span.start)
    column = len(lines.line_text(line)[:column].encode("utf-8", "surrogatepass"))
    return _found_in(tree, (line + 1, column), span, lines)


def _found_in(tree: ast.Module, place: tuple[int, int], span: Span, lines: LineIndex) -> tuple[Span, str] | None:
    todo: list[tuple[ast.AST, ast.AST, str]] = [(tree, tree, "")]
    while todo:
        node, parent, field = todo.pop()
        if isinstance(node, ast.Constant) and (node.lineno, node.col_offset) == place:
            ends_here = _offset(lines, node.end_lineno or 0, node.end_col_offset or 0) == span.end
            if not isinstance(node.value, str) or not ends_here or _is_fixed(parent, field):
                return None
            return span, _target(parent)
        if isinstance(node, (ast.JoinedStr, ast.Subscript)) and _is_opaque(node):
            continue
        for name, children in ast.iter_fields(node):
            for child in children if isinstance(children, list) else (children,):
                if isinstance(child, ast.AST):
                    todo.append((child, node, name))
    return None


def _offset(lines: LineIndex, line: int, column: int) -> int:
    text = lines.line_text(line - 1).encode("utf-8", "surrogatepass")[:column]
    return lines.starts[line - 1] + len(text.decode("utf-8", "surrogatepass"))


def _is_fixed(parent: ast.AST, field: str) -> bool:
    """Whether a literal in this place must stay one."""
    return isinstance(parent, (ast.Expr, ast.MatchValue)) or field in {"annotation", "returns"}


def _is_opaque(node: ast.JoinedStr | ast.Subscript) -> bool:
    """Whether the literals in it cannot be replaced: the parts of an f-string, the arguments of `Literal[...]`."""
    if isinstance(node, ast.JoinedStr):
        return True
    name = node.value
    return (isinstance(name, ast.Name) and name.id == "Literal") or (
        isinstance(name, ast.Attribute) and name.attr == "Literal"
    )


def _target(parent: ast.AST) -> str:
    """The name that the literal is assigned to, or ""."""
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return parent.targets[0].id
    if isinstance(parent, ast.AnnAssign) and isinstance(parent.target, ast.Name):
        return parent.target.id
    return ""
