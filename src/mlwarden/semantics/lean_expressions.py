"""Expressions of lean trees, from those of the standard library's."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst
from libcst import MaybeSentinel

from mlwarden.semantics.lean_nodes import make
from mlwarden.semantics.lean_places import Note

DEFAULT = MaybeSentinel.DEFAULT


class NoLeanTreeError(Exception):
    """A text whose structure the standard library's tree does not tell, or not to this interpreter."""


def expression(note: Note, node: ast.expr) -> Any:
    """Any expression."""
    return _EXPRESSIONS[type(node)](note, node)


def optional(note: Note, node: ast.expr | None) -> Any:
    """An expression, or None for None."""
    return None if node is None else _EXPRESSIONS[type(node)](note, node)


def name(note: Note, node: ast.Name) -> cst.Name:
    """A bare name."""
    return make.Name(node.id)  # type: ignore[no-any-return]


def _attribute(note: Note, node: ast.Attribute) -> Any:
    value = node.value
    return make.Attribute(_EXPRESSIONS[type(value)](note, value), make.Name(node.attr))


def _call(note: Note, node: ast.Call) -> Any:
    made = make.Call(placed(note, node.func), arguments(note, node.args, node.keywords))
    note((id(made), node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
    return made


def placed(note: Note, node: ast.expr) -> Any:
    """An expression whose place is noted."""
    kind = type(node)
    made = _EXPRESSIONS[kind](note, node)
    if kind not in _WITH_PARENTHESES:
        note((id(made), node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
    return made


# Where these stand is another question for libcst, which leaves out their parentheses; calls are noted anyway.
_WITH_PARENTHESES = frozenset({ast.Tuple, ast.GeneratorExp, ast.Call})


def arguments(note: Note, positional: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[Any]:
    """The arguments of a call or the bases and keywords of a class, in the order in which they are written."""
    arg = make.Arg
    found = []
    for value in positional:
        if type(value) is ast.Starred:
            found.append(arg(placed(note, value.value), None, "*"))
        else:
            found.append(arg(placed(note, value), None, ""))
    for keyword in keywords:
        value, name = keyword.value, keyword.arg
        if name is None:
            found.append(arg(placed(note, value), None, "**"))
        else:
            found.append(arg(placed(note, value), make.Name(name), ""))
    if keywords and positional and _place(positional[-1]) > _place(keywords[0]):  # `f(a=1, *b)`
        places = [*map(_place, positional), *map(_place, keywords)]
        return [found[index] for index in sorted(range(len(found)), key=places.__getitem__)]
    return found


def _place(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _constant(note: Note, node: ast.Constant) -> Any:
    value: Any = node.value
    kind = type(value)
    if kind is str:
        return make.SimpleString(_literal(value))
    if kind is int:
        return make.Integer(repr(value))
    if kind is float:
        return make.Float("1e999" if value == float("inf") else repr(value))
    if kind is bytes:
        return make.SimpleString(repr(value))
    if kind is complex:
        return make.Imaginary("1e999j" if value.imag == float("inf") else f"{value.imag!r}j")
    if value is ...:
        return make.Ellipsis()
    return make.Name(repr(value))  # True, False, None


def _literal(text: str) -> str:
    """A string as it may be written; without escapes where that is possible, which is read faster."""
    if '"' in text or "\\" in text or "\r" in text or "\0" in text:
        return repr(text)
    return f'"""{text}"""' if "\n" in text else f'"{text}"'


def _formatted(note: Note, node: ast.JoinedStr) -> Any:
    return make.FormattedString(_parts(note, node))


def _parts(note: Note, node: ast.JoinedStr) -> list[Any]:
    parts = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            if value.value:  # Python 3.12 has empty ones
                parts.append(make.FormattedStringText(_braced(str(value.value))))
        else:
            assert isinstance(value, ast.FormattedValue)
            conversion = None if value.conversion < 0 else chr(value.conversion)
            spec = value.format_spec
            parts.append(
                make.FormattedStringExpression(
                    expression(note if _PLACES_IN_TEXTS else _forget, value.value),
                    conversion,
                    _parts(note if _PLACES_IN_TEXTS else _forget, spec) if isinstance(spec, ast.JoinedStr) else None,
                )
            )
    return parts


# Before Python 3.12 the tree does not say where the parts of an f-string stand, and 3.12 errs within format specifiers.
_PLACES_IN_TEXTS = sys.version_info >= (3, 13)


def _forget(place: object) -> None:
    """Note nothing."""


def _braced(text: str) -> str:
    if "\\" in text or "\r" in text or "\0" in text:
        text = text.replace("\\", "\\\\").replace("\r", "\\r").replace("\0", "\\x00")
    return text.replace("{", "{{").replace("}", "}}") if "{" in text or "}" in text else text


def _binary(note: Note, node: ast.BinOp) -> Any:
    # A long chain `a + b + c + ...` nests to the left.
    chain = []
    left: ast.expr = node
    while type(left) is ast.BinOp:
        chain.append((_BINARY[type(left.op)], left.right))
        left = left.left
    made = _EXPRESSIONS[type(left)](note, left)
    for operator, right in reversed(chain):
        made = make.BinaryOperation(made, operator, _EXPRESSIONS[type(right)](note, right))
    return made


def _boolean(note: Note, node: ast.BoolOp) -> Any:
    operator = _AND if type(node.op) is ast.And else _OR
    made = expression(note, node.values[0])
    for value in node.values[1:]:
        made = make.BooleanOperation(made, operator, _EXPRESSIONS[type(value)](note, value))
    return made


def _unary(note: Note, node: ast.UnaryOp) -> Any:
    return make.UnaryOperation(_UNARY[type(node.op)], expression(note, node.operand))


def _comparison(note: Note, node: ast.Compare) -> Any:
    targets = [
        make.ComparisonTarget(_COMPARISONS[type(operator)], expression(note, value))
        for operator, value in zip(node.ops, node.comparators, strict=True)
    ]
    return make.Comparison(expression(note, node.left), targets)


def _conditional(note: Note, node: ast.IfExp) -> Any:
    return make.IfExp(expression(note, node.test), expression(note, node.body), expression(note, node.orelse))


def _lambda(note: Note, node: ast.Lambda) -> Any:
    return make.Lambda(parameters(note, node.args), expression(note, node.body))


def elements(note: Note, nodes: Iterable[ast.expr]) -> list[Any]:
    """The elements of a list, tuple or set."""
    return [
        make.StarredElement(expression(note, node.value))
        if type(node) is ast.Starred
        else make.Element(placed(note, node))
        for node in nodes
    ]


def _list(note: Note, node: ast.List) -> Any:
    return make.List(elements(note, node.elts))


def _tuple(note: Note, node: ast.Tuple) -> Any:
    return make.Tuple(elements(note, node.elts))


def _set(note: Note, node: ast.Set) -> Any:
    return make.Set(elements(note, node.elts))


def _dict(note: Note, node: ast.Dict) -> Any:
    return make.Dict(
        [
            make.StarredDictElement(expression(note, value))
            if key is None
            else make.DictElement(_EXPRESSIONS[type(key)](note, key), placed(note, value))
            for key, value in zip(node.keys, node.values, strict=True)
        ]
    )


def _list_comprehension(note: Note, node: ast.ListComp) -> Any:
    return make.ListComp(expression(note, node.elt), _comprehension(note, node.generators))


def _set_comprehension(note: Note, node: ast.SetComp) -> Any:
    return make.SetComp(expression(note, node.elt), _comprehension(note, node.generators))


def _generator(note: Note, node: ast.GeneratorExp) -> Any:
    return make.GeneratorExp(expression(note, node.elt), _comprehension(note, node.generators))


def _dict_comprehension(note: Note, node: ast.DictComp) -> Any:
    if node.value is None:  # `{**a for a in b}`, Python 3.15
        raise NoLeanTreeError
    return make.DictComp(
        expression(note, node.key), expression(note, node.value), _comprehension(note, node.generators)
    )


def _comprehension(note: Note, generators: Sequence[ast.comprehension]) -> Any:
    made = None
    for each in reversed(generators):
        made = make.CompFor(
            expression(note, each.target),
            expression(note, each.iter),
            [make.CompIf(expression(note, condition)) for condition in each.ifs],
            made,
            ASYNCHRONOUS if each.is_async else None,
        )
    return made


def _subscript(note: Note, node: ast.Subscript) -> Any:
    index = node.slice
    parts = index.elts if type(index) is ast.Tuple and not _in_parentheses(index) else [index]
    value = node.value
    return make.Subscript(
        _EXPRESSIONS[type(value)](note, value), [make.SubscriptElement(_subscript_part(note, part)) for part in parts]
    )


def _in_parentheses(index: ast.Tuple) -> bool:
    """Whether `x[(a, b)]` is written, for which the tree is that of `x[a, b]`."""
    if not index.elts:
        return True
    first, last = index.elts[0], index.elts[-1]
    if _place(first) == _place(index) or (last.end_lineno, last.end_col_offset) == (
        index.end_lineno,
        index.end_col_offset,
    ):
        return False
    raise NoLeanTreeError  # `x[(a, b)]`, or `x[(a), (b)]`


def _subscript_part(note: Note, part: ast.expr) -> Any:
    if type(part) is ast.Slice:
        return make.Slice(optional(note, part.lower), optional(note, part.upper), optional(note, part.step))
    if type(part) is ast.Starred:
        return make.Index(expression(note, part.value), "*")
    return make.Index(_EXPRESSIONS[type(part)](note, part), None)


def _await(note: Note, node: ast.Await) -> Any:
    return make.Await(expression(note, node.value))


def _yield(note: Note, node: ast.Yield) -> Any:
    return make.Yield(optional(note, node.value))


def _yield_from(note: Note, node: ast.YieldFrom) -> Any:
    return make.Yield(make.From(expression(note, node.value)))


def _named(note: Note, node: ast.NamedExpr) -> Any:
    return make.NamedExpr(name(note, node.target), expression(note, node.value))


_EXPRESSIONS: dict[type, Callable[[Note, Any], Any]] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _comparison,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _dict_comprehension,
    ast.GeneratorExp: _generator,
    ast.IfExp: _conditional,
    ast.JoinedStr: _formatted,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.ListComp: _list_comprehension,
    ast.Name: name,
    ast.NamedExpr: _named,
    ast.Set: _set,
    ast.SetComp: _set_comprehension,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}

_AND, _OR = cst.And(), cst.Or()
ASYNCHRONOUS = cst.Asynchronous()
_BINARY: dict[type, cst.BaseBinaryOp] = {
    ast.Add: cst.Add(),
    ast.BitAnd: cst.BitAnd(),
    ast.BitOr: cst.BitOr(),
    ast.BitXor: cst.BitXor(),
    ast.Div: cst.Divide(),
    ast.FloorDiv: cst.FloorDivide(),
    ast.LShift: cst.LeftShift(),
    ast.MatMult: cst.MatrixMultiply(),
    ast.Mod: cst.Modulo(),
    ast.Mult: cst.Multiply(),
    ast.Pow: cst.Power(),
    ast.RShift: cst.RightShift(),
    ast.Sub: cst.Subtract(),
}
AUGMENTED: dict[type, cst.BaseAugOp] = {
    ast.Add: cst.AddAssign(),
    ast.BitAnd: cst.BitAndAssign(),
    ast.BitOr: cst.BitOrAssign(),
    ast.BitXor: cst.BitXorAssign(),
    ast.Div: cst.DivideAssign(),
    ast.FloorDiv: cst.FloorDivideAssign(),
    ast.LShift: cst.LeftShiftAssign(),
    ast.MatMult: cst.MatrixMultiplyAssign(),
    ast.Mod: cst.ModuloAssign(),
    ast.Mult: cst.MultiplyAssign(),
    ast.Pow: cst.PowerAssign(),
    ast.RShift: cst.RightShiftAssign(),
    ast.Sub: cst.SubtractAssign(),
}
_UNARY: dict[type, cst.BaseUnaryOp] = {
    ast.Invert: cst.BitInvert(),
    ast.Not: cst.Not(),
    ast.UAdd: cst.Plus(),
    ast.USub: cst.Minus(),
}
_COMPARISONS: dict[type, cst.BaseCompOp] = {
    ast.Eq: cst.Equal(),
    ast.Gt: cst.GreaterThan(),
    ast.GtE: cst.GreaterThanEqual(),
    ast.In: cst.In(),
    ast.Is: cst.Is(),
    ast.IsNot: cst.IsNot(),
    ast.Lt: cst.LessThan(),
    ast.LtE: cst.LessThanEqual(),
    ast.NotEq: cst.NotEqual(),
    ast.NotIn: cst.NotIn(),
}


# --- parameters ------------------------------------------------------------------------------------------------------


def parameters(note: Note, node: ast.arguments) -> Any:
    """The parameters of a function."""
    positional = [*node.posonlyargs, *node.args]
    defaults = [*[None] * (len(positional) - len(node.defaults)), *node.defaults]
    found = [_parameter(note, each, default, "") for each, default in zip(positional, defaults, strict=True)]
    only = len(node.posonlyargs)
    star: Any = DEFAULT
    if node.vararg is not None:
        star = _parameter(note, node.vararg, None, "*")
    elif node.kwonlyargs:
        star = _PARAM_STAR
    return make.Parameters(
        found[only:],
        star,
        [_parameter(note, each, default, "") for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)],
        None if node.kwarg is None else _parameter(note, node.kwarg, None, "**"),
        found[:only],
        _PARAM_SLASH if only else DEFAULT,
    )


def _parameter(note: Note, node: ast.arg, default: ast.expr | None, star: str) -> Any:
    return make.Param(make.Name(node.arg), annotation(note, node.annotation), optional(note, default), star)


def annotation(note: Note, node: ast.expr | None) -> Any:
    """An annotation without its sign; None for None."""
    if node is None:
        return None
    if type(node) is ast.Starred:  # `*args: *Ts`
        raise NoLeanTreeError
    return make.Annotation(_EXPRESSIONS[type(node)](note, node))


_PARAM_STAR, _PARAM_SLASH = cst.ParamStar(), cst.ParamSlash()
