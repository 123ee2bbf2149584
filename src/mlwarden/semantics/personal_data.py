"""Personal data by the names that it goes by: columns (`df["email"]`), attributes (`user.phone`) and variables (`ssn`).

Names say what a value is, not that it is real: rules report with no more than medium confidence, unless more is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from mlwarden.model.spans import Span
from mlwarden.semantics.personal_names import is_mask, kind_of_name
from mlwarden.semantics.values import Reference

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.fragments import Fragment
    from mlwarden.semantics.model import SemanticModel

_FIGURES = frozenset(
    """
    len count nunique isna isnull notna notnull shape dtype dtypes describe sum mean std min max median duplicated is_unique any all
    bool isinstance type hasattr contains match fullmatch startswith endswith size empty info memory_usage isin factorize cat codes
    fit fit_transform transform get_payload as_string as_bytes get_content get_body is_multipart walk
    """.split()  # noqa: SIM905  # a word list reads better so
)
# Attributes of a column that are the column again.
_VIEWS = frozenset(
    {"str", "values", "array", "T", "iloc", "loc", "iat", "at", "cat", "dt", "value", "number", "address"}
)
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Personal:
    """Personal data in an expression.

    Attributes:
        kind: what it is, "e-mail addresses".
        written: how it is written where it comes from, `df["email"]`.
        span: where that stands.
    """

    kind: str
    written: str
    span: Span


class PersonalData:
    """Where the personal data of a document goes, within functions, from cell to cell."""

    def __init__(self, model: SemanticModel) -> None:
        self._model = model
        self._assigned: dict[tuple[int, str], list[tuple[cst.BaseExpression, Fragment]]] = {}
        self._function_of: dict[int, int] = {}
        self._outer: dict[int, int] = {}
        for fragment in model.fragments:
            if fragment.path is None:
                self._collect(fragment)

    def in_call(self, call: CallSite) -> Personal | None:
        """The personal data among the arguments of a call, the first found."""
        if not isinstance(call.node, cst.Call):
            return None
        for argument in call.node.args:
            found = self.in_expression(argument.value, call.fragment, self._function_of.get(id(call.node), 0))
            if found is not None:
                return found
        return None

    def in_argument(self, call: CallSite, node: cst.BaseExpression) -> Personal | None:
        """The personal data in an expression that is part of a call."""
        return self.in_expression(node, call.fragment, self._function_of.get(id(call.node), 0))

    def in_expression(self, node: cst.BaseExpression, fragment: Fragment, function: int = 0) -> Personal | None:
        """The first personal data whose value is in the value of an expression.

        Args:
            node: the expression, of that fragment.
            fragment: where it stands.
            function: the identity of the node of the function that it stands in, 0 at top level.
        """
        # Each variable is followed once, so that chains of many names take no more time than they are long.
        followed: set[tuple[int, str]] = set()
        return self._in(node, fragment, function, _DEPTH, followed)

    def _in(
        self,
        node: cst.BaseExpression,
        fragment: Fragment,
        function: int,
        depth: int,
        followed: set[tuple[int, str]],
    ) -> Personal | None:
        for part in _parts(node):
            name, key = _named(part)
            kind = kind_of_name(key)
            if kind and not self._is_no_value(part, name, fragment, function):
                span = fragment.span(part)
                return Personal(kind, fragment.text[span.start - fragment.start : span.end - fragment.start], span)
            if not isinstance(part, cst.Name) or depth == 0 or (function, part.value) in followed:
                continue
            followed.add((function, part.value))
            scope, values = self._found(part.value, function)
            for value, place in values[-3:]:
                found = self._in(value, place, scope, depth - 1, followed)
                if found is not None:
                    return found
        return None

    def _found(self, name: str, function: int) -> tuple[int, list[tuple[cst.BaseExpression, Fragment]]]:
        """The function that assigns a name, from the inside out, and what it assigns."""
        while True:
            values = self._assigned.get((function, name))
            if values or not function:
                return function, values or []
            function = self._outer.get(function, 0)

    def _values(self, name: str, function: int) -> list[tuple[cst.BaseExpression, Fragment]]:
        return self._found(name, function)[1]

    def _is_no_value(self, part: cst.BaseExpression, name: str, fragment: Fragment, function: int) -> bool:
        """Whether a name that sounds like personal data is a module, or holds a constant of the program or a mask's result."""
        if name:
            bound = self._model.exports.get(name)
            if isinstance(bound, Reference) and "(" not in bound.name:
                return True
            values = [value for value, _ in self._values(name, function)]
            return bool(values) and all(_is_settled(value) for value in values)
        if isinstance(part, cst.Subscript):  # df["email"] = df["email"].map(mask)
            here = fragment.span(part)
            before = [
                value
                for value, place in self._values(_written(part), function)
                if (span := place.span(value)).cell != here.cell or span.end <= here.start
            ]
            return bool(before) and _is_settled(before[-1])
        return False

    def _collect(self, fragment: Fragment) -> None:
        stack: list[tuple[cst.CSTNode, int]] = [(fragment.tree, 0)]
        while stack:
            node, function = stack.pop()
            if isinstance(node, (cst.FunctionDef, cst.Lambda)):
                self._outer[id(node)], function = function, id(node)
            elif isinstance(node, cst.Call):
                self._function_of[id(node)] = function
            pairs: list[tuple[cst.BaseExpression, cst.BaseExpression]] = []
            if isinstance(node, cst.Assign):
                pairs = [(target.target, node.value) for target in node.targets]
            elif isinstance(node, (cst.AnnAssign, cst.NamedExpr, cst.AugAssign)) and node.value is not None:
                pairs = [(node.target, node.value)]
            elif isinstance(node, (cst.For, cst.CompFor)):
                pairs = [(node.target, node.iter)]
            elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.args:
                if node.func.attr.value in {"append", "extend", "insert", "add", "update"}:
                    pairs = [(node.func.value, node.args[-1].value)]
            for target, value in pairs:
                if isinstance(target, cst.Name):
                    self._assigned.setdefault((function, target.value), []).append((value, fragment))
                elif isinstance(target, cst.Subscript):
                    self._assigned.setdefault((function, _written(target)), []).append((value, fragment))
            # In order: what is pushed last is visited first.
            stack.extend((child, function) for child in reversed(node.children))


def _written(node: cst.BaseExpression) -> str:
    """An item as a name to look it up by, whatever quotes it is written with."""
    return cst.Module(body=()).code_for_node(node).replace("'", '"')


def _is_settled(node: cst.BaseExpression) -> bool:
    """Whether an expression is a constant, or has nothing of what goes in (a mask)."""
    if isinstance(node, (cst.SimpleString, cst.Integer, cst.Float, cst.ConcatenatedString)):
        return True
    if isinstance(node, cst.Name):
        return node.value == "None"
    if isinstance(node, cst.Call):
        return _ends(node)
    return False


def _named(node: cst.BaseExpression) -> tuple[str, str]:
    """The bare name, or "", and the word that says what an expression's value is."""
    if isinstance(node, cst.Name):
        return node.value, node.value
    if isinstance(node, cst.Attribute):
        return "", node.attr.value
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        return "", next((text for text in _texts(node.slice[0].slice.value) if kind_of_name(text)), "")
    if isinstance(node, cst.Subscript) and len(node.slice) == 2 and isinstance(node.slice[1].slice, cst.Index):
        return "", next(
            (text for text in _texts(node.slice[1].slice.value) if kind_of_name(text)), ""
        )  # df.loc[i, "email"]
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in {"get", "pop"}:
        return "", next((text for argument in node.args[:1] for text in _texts(argument.value)), "")
    return "", ""


def _texts(node: cst.BaseExpression) -> Iterator[str]:
    """The texts of a key: one, or those of a list of columns."""
    if isinstance(node, cst.SimpleString):
        text = node.evaluated_value
        if isinstance(text, str):
            yield text
    elif isinstance(node, (cst.List, cst.Tuple)):
        for element in node.elements:
            if isinstance(element.value, cst.SimpleString):
                yield from _texts(element.value)


def _is_field(node: cst.Subscript | cst.Attribute) -> bool:
    """Whether a part of a record is taken that only its own name tells of: `email.body`, `email["subject"]`."""
    if isinstance(node, cst.Attribute):
        return node.attr.value not in _VIEWS and bool(kind_of_name(_named(node.value)[1]))
    keyed = isinstance(node.slice[0].slice, cst.Index) and isinstance(node.slice[0].slice.value, cst.SimpleString)
    return keyed and bool(kind_of_name(_named(node.value)[1]))


def _ends(node: cst.Call) -> bool:
    """Whether a call's result has nothing of a person in it: a mask, a digest, a figure."""
    name = _last_name(node.func)
    if name in _FIGURES or is_mask(name):
        return True
    if name in {"apply", "map", "transform", "applymap", "sub", "replace"}:
        written = cst.Module(body=())
        if name in {"sub", "replace"}:  # a pattern is taken out of a text
            return name == "sub"
        return any(is_mask(written.code_for_node(argument.value)) for argument in node.args)
    return False


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The expressions whose values are in an expression's value, in the order in which they are written; bounded."""
    stack: list[cst.BaseExpression] = [node]
    for _ in range(400):
        if not stack:
            return
        part = stack.pop()
        yield part
        stack.extend(reversed(list(_inner(part))))


def _inner(node: cst.BaseExpression) -> Iterable[cst.BaseExpression]:
    if isinstance(node, cst.FormattedString):
        return [piece.expression for piece in node.parts if isinstance(piece, cst.FormattedStringExpression)]
    if isinstance(node, cst.BinaryOperation):
        return (node.left, node.right)
    if isinstance(node, cst.BooleanOperation):
        return (node.left, node.right)
    if isinstance(node, cst.IfExp):
        return (node.body, node.orelse)
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        return [element.value for element in node.elements]
    if isinstance(node, cst.Dict):
        return [element.value for element in node.elements]
    if isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp)):
        return (node.elt, node.for_in.iter)
    if isinstance(node, cst.DictComp):
        return (node.value,)
    if isinstance(node, cst.Subscript):
        return () if _is_field(node) else (node.value,)
    if isinstance(node, cst.Attribute):
        return () if node.attr.value in _FIGURES or _is_field(node) else (node.value,)
    if isinstance(node, (cst.Await, cst.StarredElement)):
        return (node.expression,) if isinstance(node, cst.Await) else (node.value,)
    if isinstance(node, cst.Call):
        if _ends(node):
            return ()
        receiver = (node.func.value,) if isinstance(node.func, cst.Attribute) else ()
        return (*receiver, *(argument.value for argument in node.args))
    return ()
