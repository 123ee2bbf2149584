"""Statements of lean trees, from those of the standard library's."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from mlwarden.semantics.lean_expressions import (
    ASYNCHRONOUS,
    AUGMENTED,
    DEFAULT,
    NoLeanTreeError,
    annotation,
    arguments,
    elements,
    expression,
    name,
    optional,
    parameters,
    placed,
)
from mlwarden.semantics.lean_nodes import make
from mlwarden.semantics.lean_places import Note


def statements(note: Note, nodes: Sequence[ast.stmt]) -> list[Any]:
    """Statements of a block; small ones on a line stay together."""
    made: list[Any] = []
    line: list[Any] = []
    end = -1
    for node in nodes:
        kind = type(node)
        small = _SMALL.get(kind)
        if small is None:
            made.append(_COMPOUND[kind](note, node))
            end = -1
            continue
        statement = small(note, node)
        note((id(statement), node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
        if node.lineno == end:
            line.append(statement)
        else:
            line = [statement]
            made.append(make.SimpleStatementLine(line))
        end = node.end_lineno or -1
    return made


def _block(note: Note, nodes: Sequence[ast.stmt]) -> Any:
    return make.IndentedBlock(statements(note, nodes))


def _else(note: Note, nodes: Sequence[ast.stmt]) -> Any:
    return make.Else(make.IndentedBlock(statements(note, nodes))) if nodes else None


def _expression_statement(note: Note, node: ast.Expr) -> Any:
    return make.Expr(expression(note, node.value))


def _assign(note: Note, node: ast.Assign) -> Any:
    targets = [make.AssignTarget(placed(note, each)) for each in node.targets]
    return make.Assign(targets, placed(note, node.value))


def _annotated(note: Note, node: ast.AnnAssign) -> Any:
    value = None if node.value is None else placed(note, node.value)
    return make.AnnAssign(placed(note, node.target), annotation(note, node.annotation), value)


def _augmented(note: Note, node: ast.AugAssign) -> Any:
    return make.AugAssign(placed(note, node.target), AUGMENTED[type(node.op)], placed(note, node.value))


def _return(note: Note, node: ast.Return) -> Any:
    return make.Return(None if node.value is None else placed(note, node.value))


def _raise(note: Note, node: ast.Raise) -> Any:
    return make.Raise(optional(note, node.exc), None if node.cause is None else make.From(expression(note, node.cause)))


def _assert(note: Note, node: ast.Assert) -> Any:
    return make.Assert(expression(note, node.test), optional(note, node.msg))


def _delete(note: Note, node: ast.Delete) -> Any:
    targets = node.targets
    return make.Del(expression(note, targets[0]) if len(targets) == 1 else make.Tuple(elements(note, targets)))


def _global(note: Note, node: ast.Global) -> Any:
    return make.Global([make.NameItem(make.Name(name)) for name in node.names])


def _nonlocal(note: Note, node: ast.Nonlocal) -> Any:
    return make.Nonlocal([make.NameItem(make.Name(name)) for name in node.names])


def _import(note: Note, node: ast.Import) -> Any:
    return make.Import(_aliases(node.names))


def _import_from(note: Note, node: ast.ImportFrom) -> Any:
    names = make.ImportStar() if node.names[0].name == "*" else _aliases(node.names)
    module = None if node.module is None else _dotted(node.module)
    return make.ImportFrom(module, names, [_DOT] * node.level)


_DOT = cst.Dot()


def _aliases(nodes: Iterable[ast.alias]) -> list[Any]:
    return [make.ImportAlias(_dotted(node.name), _as_name(node.asname)) for node in nodes]


def _as_name(name: str | None) -> Any:
    return None if name is None else make.AsName(make.Name(name))


def _dotted(name: str) -> Any:
    first, *others = name.split(".")
    made = make.Name(first)
    for other in others:
        made = make.Attribute(made, make.Name(other))
    return made


def _type_alias(note: Note, node: Any) -> Any:
    return make.TypeAlias(name(note, node.name), expression(note, node.value), _type_parameters(note, node))


_SMALL: dict[type, Callable[[Note, Any], Any]] = {
    ast.AnnAssign: _annotated,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Break: lambda _, __: make.Break(),
    ast.Continue: lambda _, __: make.Continue(),
    ast.Delete: _delete,
    ast.Expr: _expression_statement,
    ast.Global: _global,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Nonlocal: _nonlocal,
    ast.Pass: lambda _, __: make.Pass(),
    ast.Raise: _raise,
    ast.Return: _return,
}


def _if(note: Note, node: ast.If) -> Any:
    orelse = node.orelse
    if len(orelse) == 1 and type(orelse[0]) is ast.If and orelse[0].col_offset == node.col_offset:  # `elif`
        otherwise = _if(note, orelse[0])
    else:
        otherwise = _else(note, orelse)
    return make.If(expression(note, node.test), _block(note, node.body), otherwise)


def _for(note: Note, node: ast.For | ast.AsyncFor) -> Any:
    asynchronous = ASYNCHRONOUS if type(node) is ast.AsyncFor else None
    return make.For(
        expression(note, node.target),
        expression(note, node.iter),
        _block(note, node.body),
        _else(note, node.orelse),
        asynchronous,
    )


def _while(note: Note, node: ast.While) -> Any:
    return make.While(expression(note, node.test), _block(note, node.body), _else(note, node.orelse))


def _with(note: Note, node: ast.With | ast.AsyncWith) -> Any:
    items = []
    for each in node.items:
        name = None if each.optional_vars is None else make.AsName(expression(note, each.optional_vars))
        items.append(make.WithItem(expression(note, each.context_expr), name))
    return make.With(items, _block(note, node.body), ASYNCHRONOUS if type(node) is ast.AsyncWith else None)


def _try(note: Note, node: Any) -> Any:
    star = type(node) is not ast.Try
    handler = make.ExceptStarHandler if star else make.ExceptHandler
    handlers = [
        handler(_block(note, each.body), optional(note, each.type), _as_name(each.name)) for each in node.handlers
    ]
    final = make.Finally(_block(note, node.finalbody)) if node.finalbody else None
    return (make.TryStar if star else make.Try)(_block(note, node.body), handlers, _else(note, node.orelse), final)


def _function(note: Note, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Any:
    return make.FunctionDef(
        make.Name(node.name),
        parameters(note, node.args),
        _block(note, node.body),
        [make.Decorator(expression(note, each)) for each in node.decorator_list],
        annotation(note, node.returns),
        ASYNCHRONOUS if type(node) is ast.AsyncFunctionDef else None,
        _type_parameters(note, node),
    )


def _class(note: Note, node: ast.ClassDef) -> Any:
    given = arguments(note, node.bases, node.keywords)
    return make.ClassDef(
        make.Name(node.name),
        _block(note, node.body),
        [each for each in given if each.keyword is None and each.star != "**"],
        [each for each in given if each.keyword is not None or each.star == "**"],
        [make.Decorator(expression(note, each)) for each in node.decorator_list],
        _type_parameters(note, node),
    )


def _type_parameters(note: Note, node: Any) -> Any:
    found = getattr(node, "type_params", None)
    if not found:
        return None
    return make.TypeParameters([_type_parameter(note, each) for each in found])


def _type_parameter(note: Note, node: Any) -> Any:
    name, kind = make.Name(node.name), type(node).__name__
    default = getattr(node, "default_value", None)
    if type(default) is ast.Starred:
        raise NoLeanTreeError
    if kind == "TypeVarTuple":
        param = make.TypeVarTuple(name)
    elif kind == "ParamSpec":
        param = make.ParamSpec(name)
    else:
        param = make.TypeVar(name, optional(note, node.bound))
    return make.TypeParam(param, optional(note, default), DEFAULT)


# --- patterns --------------------------------------------------------------------------------------------------------


def _match(note: Note, node: ast.Match) -> Any:
    cases = [
        make.MatchCase(_pattern(note, each.pattern), _block(note, each.body), optional(note, each.guard))
        for each in node.cases
    ]
    return make.Match(expression(note, node.subject), cases)


def _pattern(note: Note, node: ast.pattern) -> Any:
    if isinstance(node, ast.MatchValue):
        return make.MatchValue(expression(note, node.value))
    if isinstance(node, ast.MatchSingleton):
        return make.MatchSingleton(make.Name(repr(node.value)))
    if isinstance(node, ast.MatchSequence):
        return make.MatchList([_pattern_element(note, each) for each in node.patterns])
    if isinstance(node, ast.MatchMapping):
        elements = [
            make.MatchMappingElement(expression(note, key), _pattern(note, value))
            for key, value in zip(node.keys, node.patterns, strict=True)
        ]
        return make.MatchMapping(elements, None if node.rest is None else make.Name(node.rest))
    if isinstance(node, ast.MatchClass):
        return make.MatchClass(
            expression(note, node.cls),
            [_pattern_element(note, each) for each in node.patterns],
            [
                make.MatchKeywordElement(make.Name(key), _pattern(note, value))
                for key, value in zip(node.kwd_attrs, node.kwd_patterns, strict=True)
            ],
        )
    if isinstance(node, ast.MatchOr):
        return make.MatchOr([make.MatchOrElement(_pattern(note, each)) for each in node.patterns])
    assert isinstance(node, ast.MatchAs)
    pattern = None if node.pattern is None else _pattern(note, node.pattern)
    return make.MatchAs(pattern, None if node.name is None else make.Name(node.name))


def _pattern_element(note: Note, node: ast.pattern) -> Any:
    if isinstance(node, ast.MatchStar):
        return make.MatchStar(None if node.name is None else make.Name(node.name))
    return make.MatchSequenceElement(_pattern(note, node))


_COMPOUND: dict[type, Callable[[Note, Any], Any]] = {
    ast.AsyncFor: _for,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _with,
    ast.ClassDef: _class,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.If: _if,
    ast.Match: _match,
    ast.Try: _try,
    ast.While: _while,
    ast.With: _with,
}
if hasattr(ast, "TryStar"):  # Python 3.11
    _COMPOUND[ast.TryStar] = _try
if hasattr(ast, "TypeAlias"):  # Python 3.12
    _SMALL[ast.TypeAlias] = _type_alias
