"""Which node of libcst's own tree a node of a lean tree stands for: it knows the places, and how the code is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import libcst as cst

# What has no counterpart of its own: one object stands in many places.
_SHARED = (
    cst.BaseBinaryOp,
    cst.BaseBooleanOp,
    cst.BaseUnaryOp,
    cst.BaseCompOp,
    cst.BaseAugOp,
    cst.Asynchronous,
    cst.Dot,
    cst.ParamStar,
    cst.ParamSlash,
)
_STRINGS = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)


class NoCounterpartError(Exception):
    """The trees do not say the same."""


def counterparts(lean: cst.Module, read: cst.Module) -> dict[int, cst.CSTNode]:
    """The nodes of libcst's tree by the ids of the nodes that stand for them.

    Raises:
        NoCounterpartError: the trees are not of the same text.
    """
    found: dict[int, cst.CSTNode] = {}
    todo: list[tuple[Any, Any]] = [(lean, read)]
    while todo:
        ours, theirs = todo.pop()
        if isinstance(ours, _SHARED):
            _expect(type(ours) is type(theirs), ours, theirs)
            continue
        found[id(ours)] = theirs
        if isinstance(ours, (cst.IndentedBlock, cst.Module)):
            todo.extend(_lines(ours, theirs, found))
        elif isinstance(ours, (cst.SimpleString, cst.FormattedString)):
            todo.extend(_strings(ours, theirs))
        elif isinstance(ours, cst.MatchList) and isinstance(theirs, cst.MatchTuple):
            todo.extend(_in_turn(ours.patterns, theirs.patterns))
        else:
            _expect(type(ours) is type(theirs), ours, theirs)
            for name in _names(type(ours)):
                todo.extend(_of_field(getattr(ours, name), getattr(theirs, name), ours, theirs))
    return found


def _names(kind: type) -> tuple[str, ...]:
    from mlwarden.semantics.lean_nodes import FIELDS

    return tuple(FIELDS[kind.__name__].split())


def _of_field(ours: Any, theirs: Any, node: cst.CSTNode, other: cst.CSTNode) -> Iterable[tuple[Any, Any]]:
    if isinstance(ours, cst.CSTNode):
        _expect(isinstance(theirs, cst.CSTNode), node, other)
        return [(ours, theirs)]
    if isinstance(ours, (list, tuple)):
        _expect(isinstance(theirs, (list, tuple)), node, other)
        return _in_turn(ours, theirs)
    if isinstance(node, cst.FormattedStringExpression):
        return ()  # `{x=}`: the tree says `x={x!r}`
    if isinstance(theirs, cst.CSTNode):
        _expect(isinstance(theirs, (cst.ParamStar, cst.ParamSlash)), node, other)
    return ()


def _in_turn(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    for one, other in zip_longest(ours, theirs):
        _expect(one is not None and other is not None, one, other)
        yield one, other


def _lines(ours: Any, theirs: Any, found: dict[int, cst.CSTNode]) -> Iterator[tuple[Any, Any]]:
    """Statements: how many stand on a line does not matter."""
    flat = [*_statements(theirs)]
    number = 0
    for line in ours.body:
        is_line = isinstance(line, cst.SimpleStatementLine)
        if is_line and number < len(flat):
            found[id(line)] = flat[number][1]
        for statement in line.body if is_line else [line]:
            _expect(number < len(flat), statement, theirs)
            yield statement, flat[number][0]
            number += 1
    _expect(number == len(flat), ours, theirs)


def _statements(block: Any) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """The statements of a block, each with the line or suite that it stands in."""
    if isinstance(block, cst.SimpleStatementSuite):
        for small in block.body:
            yield small, block
        return
    for line in block.body:
        if isinstance(line, cst.SimpleStatementLine):
            for small in line.body:
                yield small, line
        else:
            yield line, line


def _strings(ours: Any, theirs: Any) -> Iterator[tuple[Any, Any]]:
    """A literal, perhaps in several pieces: its expressions in turn."""
    _expect(isinstance(theirs, _STRINGS), ours, theirs)
    yield from _in_turn([*_expressions(ours)], [*_expressions(theirs)])


def _expressions(node: Any) -> Iterator[cst.CSTNode]:
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, cst.ConcatenatedString):
            todo += (node.right, node.left)
        elif isinstance(node, cst.FormattedString):
            yield from (part for part in node.parts if isinstance(part, cst.FormattedStringExpression))


def _expect(same: bool, ours: object, theirs: object) -> None:
    if not same:
        raise NoCounterpartError(f"{type(ours).__name__} stands for {type(theirs).__name__}")
