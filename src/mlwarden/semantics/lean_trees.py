"""Lean trees: libcst's nodes, made from the standard library's tree, without what is written between the parts.

libcst's parser keeps every blank and comment, and takes twelve times as long as `ast`, most of it for making nodes that
no analysis looks at. What is made here has the same node classes and the same fields, but white space, parentheses, quotes
and commas are libcst's defaults, and a literal in several pieces (`"a" "b"`) is one. Who has to know how code is written
asks libcst (see `counterparts`).
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from mlwarden.semantics.lean_expressions import NoLeanTreeError
from mlwarden.semantics.lean_places import Places
from mlwarden.semantics.lean_statements import statements
from mlwarden.semantics.statements import parse

if TYPE_CHECKING:
    from mlwarden.semantics.members import Member

# Statements that were parsed, and how many lines stand before them.
Parsed: TypeAlias = tuple[Sequence[ast.stmt], int]

__all__ = ["NoLeanTreeError", "Parsed", "lean_tree"]


def lean_tree(
    text: str, left_out: Set[Member] = frozenset(), parsed: Parsed | None = None
) -> tuple[cst.Module, Places]:
    """The tree of a text, and where the calls, arguments, elements and statements in it stand.

    Args:
        text: whole statements.
        left_out: methods in them whose bodies are not read.
        parsed: the same statements, if they have been parsed already.

    Raises:
        NoLeanTreeError: libcst has to be asked.
    """
    try:
        nodes, before = (parse(text).body, 0) if parsed is None else parsed
        places = Places(text, before)
        if left_out:
            nodes = [_without(node, {member.start for member in left_out}, places) for node in nodes]
        return cst.Module(body=statements(places.note, nodes)), places
    except (SyntaxError, ValueError, RecursionError, MemoryError, KeyError) as error:
        raise NoLeanTreeError from error


def _without(node: ast.stmt, starts: Set[int], places: Places) -> ast.stmt:
    """A class in which the bodies of some methods are `...`; others' statements are shared with the one that is given."""
    if not isinstance(node, ast.ClassDef):
        return node
    node = copy.copy(node)
    node.body = [_blank(each) if _start(each, places) in starts else each for each in node.body]
    return node


def _start(node: ast.stmt, places: Places) -> int:
    """Where the body of a function begins, as `Member` says it; -1 for other statements."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return -1
    first = node.body[0]
    return places.offset(first.lineno, first.col_offset)


def _blank(node: ast.stmt) -> ast.stmt:
    node = copy.copy(node)
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    first = node.body[0]
    only = ast.Expr(ast.Constant(...))
    ast.copy_location(only.value, first)
    node.body = [ast.copy_location(only, first)]
    return node
