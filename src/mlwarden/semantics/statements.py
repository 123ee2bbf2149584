"""The top-level statements of a module, as the standard library's parser sees them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator

# Deeper syntax trees than this cannot be written by hand; libcst's parser would overflow its stack.
MAX_DEPTH = 1200


def parse(text: str) -> ast.Module:
    """The standard library's tree; top-level `await` is allowed, warnings about the scanned code are not printed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(text, "<scanned>", "exec", flags=flags, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def grouped(module: ast.Module) -> Iterator[tuple[list[ast.stmt], int, int]]:
    """The top-level statements with their first and last lines, from 0; `a; b` on one line stay together."""
    group: list[ast.stmt] = []
    first_line, last_line = 0, -1
    for statement in module.body:
        start = _first_line(statement)
        if start <= last_line:
            group.append(statement)
            last_line = max(last_line, _last_line(statement))
            continue
        if group:
            yield group, first_line, last_line
        group, first_line, last_line = [statement], start, _last_line(statement)
    if group:
        yield group, first_line, last_line


def imports_inside(group: Iterable[ast.stmt]) -> bool:
    """Whether blocks among top-level statements import anything at top level (`try: import a`)."""
    return any(
        isinstance(inner, (ast.Import, ast.ImportFrom))
        for statement in group
        if isinstance(statement, (ast.Try, ast.If, ast.With))
        for inner in ast.walk(statement)
    )


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", None)
    line: int = min([statement.lineno, *(decorator.lineno for decorator in decorators or ())])
    return line - 1


def _last_line(statement: ast.stmt) -> int:
    return (statement.end_lineno or statement.lineno) - 1


def too_deep(module: ast.Module) -> bool:
    """Whether libcst's parser would overflow its stack."""
    level: list[ast.AST] = list(module.body)
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return True
        level = [child for node in level if not _is_short(node) for child in ast.iter_child_nodes(node)]
    return False


def _is_short(node: ast.AST) -> bool:
    """Whether a node is written in fewer characters than the depth allowed: each level takes one at least."""
    start: int | None = getattr(node, "lineno", None)
    return (
        start is not None
        and start == node.end_lineno  # type: ignore[attr-defined]
        and node.end_col_offset - node.col_offset < MAX_DEPTH // 2  # type: ignore[attr-defined]
    )
