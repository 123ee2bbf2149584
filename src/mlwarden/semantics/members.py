"""The methods of a top-level class as parts of their own: what each names and binds, and where its body stands.

In model code a class is most of the file. libcst reads the bodies that can matter; the others are blanked, with every
offset as it was.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mlwarden.model.record import record
from mlwarden.semantics.blanks import MARK
from mlwarden.semantics.blocks import block_of
from mlwarden.semantics.identifiers import Identifiers, bound_by

if TYPE_CHECKING:
    from mlwarden.source.lines import LineIndex


@record(frozen=True, slots=True)
class Member:
    """A method, or a nested class's, of a top-level class.

    Attributes:
        name: its name.
        names: every identifier in it, its decorators and defaults included.
        binds: its name, and the attributes and global names that it sets or changes.
        start, end, cuts: where its body stands in the class's text, as in `Block`.
    """

    name: str
    names: frozenset[str]
    binds: frozenset[str]
    start: int
    end: int
    cuts: tuple[int, ...] = ()


class Parts(NamedTuple):
    """A class in parts: methods that are long enough to be worth leaving out, and the identifiers and names of the rest."""

    members: tuple[Member, ...]
    names: frozenset[str]
    binds: frozenset[str]


def parts_of(node: ast.ClassDef, text: str, lines: LineIndex, begin: int, *, has_global: bool = True) -> Parts:
    """Take a class apart that stands at `begin` in a text; `has_global` is as in `identifiers.bound_by`."""
    members: list[Member] = []
    binds: set[str] = {node.name}
    rest = Identifiers()
    rest.defines(node.name)
    for part in (*node.decorator_list, *node.bases, *node.keywords):
        rest.collect(part)
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            member = _member(statement, text, lines, begin)
            if member is not None:
                members.append(member)
                continue
        rest.collect(statement)
        binds |= bound_by(statement, has_global=has_global)
        binds.update(_changed(statement))
    return Parts(tuple(members), rest.all(), frozenset(binds))


def _member(node: ast.FunctionDef | ast.AsyncFunctionDef, text: str, lines: LineIndex, begin: int) -> Member | None:
    block = block_of(node.body, text, lines, begin)
    if block is None or block.end - block.start <= len(MARK):
        return None
    found = Identifiers()
    found.collect(node)
    names = found.all()
    binds = {node.name}
    binds.update(_changed(node))
    if not _BY_NAME.isdisjoint(names):
        binds |= names  # attributes that are set by their names
    return Member(node.name, names, frozenset(binds), *block)


_BY_NAME = frozenset({"setattr", "__dict__", "__setattr__", "update", "vars"})


def _changed(function: ast.AST) -> Iterator[str]:
    """The attributes that a method sets or changes, and its global names."""
    # One hand-written walk, as in `identifiers`; `ast.walk` costs three times as much.
    stack: list[ast.AST] = [function]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        kind = type(node)
        if kind is ast.Name or kind is ast.Constant:
            continue
        if kind is ast.Attribute or kind is ast.Subscript:
            if type(node.ctx) is not ast.Load:  # type: ignore[attr-defined]
                yield from _chain(node)
        elif kind is ast.Expr and type(node.value) is ast.Call:  # type: ignore[attr-defined]
            yield from _chain(node.value.func)  # type: ignore[attr-defined]
        elif kind is ast.Global:
            yield from node.names  # type: ignore[attr-defined]
        for value in node.__dict__.values():
            if isinstance(value, ast.AST):
                push(value)
            elif type(value) is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        push(item)


def _chain(node: ast.AST) -> Iterator[str]:
    """The names along `self.options["a"].headers`."""
    while True:
        if isinstance(node, ast.Attribute):
            yield node.attr
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return
