"""Makers of libcst's nodes that take nothing but what the code does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import libcst as cst

# The fields that say what the code does; all others only say how it is written.
FIELDS = {
    "AnnAssign": "target annotation value",
    "Annotation": "annotation",
    "Arg": "value keyword star",
    "AsName": "name",
    "Assert": "test msg",
    "Assign": "targets value",
    "AssignTarget": "target",
    "Attribute": "value attr",
    "AugAssign": "target operator value",
    "Await": "expression",
    "BinaryOperation": "left operator right",
    "BooleanOperation": "left operator right",
    "Break": "",
    "Call": "func args",
    "ClassDef": "name body bases keywords decorators type_parameters",
    "CompFor": "target iter ifs inner_for_in asynchronous",
    "CompIf": "test",
    "Comparison": "left comparisons",
    "ComparisonTarget": "operator comparator",
    "Continue": "",
    "Decorator": "decorator",
    "Del": "target",
    "Dict": "elements",
    "DictComp": "key value for_in",
    "DictElement": "key value",
    "Element": "value",
    "Ellipsis": "",
    "Else": "body",
    "ExceptHandler": "body type name",
    "ExceptStarHandler": "body type name",
    "Expr": "value",
    "Finally": "body",
    "Float": "value",
    "For": "target iter body orelse asynchronous",
    "FormattedString": "parts",
    "FormattedStringExpression": "expression conversion format_spec",
    "FormattedStringText": "value",
    "From": "item",
    "FunctionDef": "name params body decorators returns asynchronous type_parameters",
    "GeneratorExp": "elt for_in",
    "Global": "names",
    "If": "test body orelse",
    "IfExp": "test body orelse",
    "Imaginary": "value",
    "Import": "names",
    "ImportAlias": "name asname",
    "ImportFrom": "module names relative",
    "ImportStar": "",
    "IndentedBlock": "body",
    "Index": "value star",
    "Integer": "value",
    "Lambda": "params body",
    "List": "elements",
    "ListComp": "elt for_in",
    "Match": "subject cases",
    "MatchAs": "pattern name",
    "MatchCase": "pattern body guard",
    "MatchClass": "cls patterns kwds",
    "MatchKeywordElement": "key pattern",
    "MatchList": "patterns",
    "MatchMapping": "elements rest",
    "MatchMappingElement": "key pattern",
    "MatchOr": "patterns",
    "MatchOrElement": "pattern",
    "MatchSequenceElement": "value",
    "MatchSingleton": "value",
    "MatchStar": "name",
    "MatchValue": "value",
    "Name": "value",
    "NameItem": "name",
    "NamedExpr": "target value",
    "Nonlocal": "names",
    "Param": "name annotation default star",
    "ParamSpec": "name",
    "Parameters": "params star_arg kwonly_params star_kwarg posonly_params posonly_ind",
    "Pass": "",
    "Raise": "exc cause",
    "Return": "value",
    "Set": "elements",
    "SetComp": "elt for_in",
    "SimpleStatementLine": "body",
    "SimpleString": "value",
    "Slice": "lower upper step",
    "StarredDictElement": "value",
    "StarredElement": "value",
    "Subscript": "value slice",
    "SubscriptElement": "slice",
    "Try": "body handlers orelse finalbody",
    "TryStar": "body handlers orelse finalbody",
    "Tuple": "elements",
    "TypeAlias": "name value type_parameters",
    "TypeParam": "param default star",
    "TypeParameters": "params",
    "TypeVar": "name bound",
    "TypeVarTuple": "name",
    "UnaryOperation": "operator expression",
    "While": "test body orelse",
    "With": "items body asynchronous",
    "WithItem": "item asname",
    "Yield": "value",
}


def maker(kind: type[cst.CSTNode], *given: str) -> Callable[..., Any]:
    """A function that makes a node of some fields, in the order of their names; the others are defaults, shared by all nodes.

    The nodes' own `__init__` goes through `object.__setattr__` for each field, since they are frozen, and then validates
    what a parser has read: five times as long. A subclass that is not frozen takes fields by plain assignment.
    """
    others: dict[str, object] = {}
    for each in dataclasses.fields(kind):
        if each.name not in given:
            factory = each.default_factory
            others[each.name] = each.default if factory is dataclasses.MISSING else factory()
    open_kind = type(
        f"_Open{kind.__name__}",
        (kind,),
        {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__},
    )
    lines = [
        f"def make({', '.join(given)}):",
        " node = new(open_kind)",
        *(f" node.{name} = {name}" for name in given),
        *(f" node.{name} = default_{name}" for name in others),
        " node.__class__ = kind",
        " return node",
    ]
    space = {"new": object.__new__, "open_kind": open_kind, "kind": kind}
    space.update((f"default_{name}", value) for name, value in others.items())
    exec("\n".join(lines), space)
    made: Callable[..., Any] = space["make"]  # type: ignore[assignment]
    return made


class _Makers:
    """The makers of nodes, each made when it is first needed: a small file needs a third of them."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        made = maker(getattr(cst, name), *FIELDS[name].split())
        setattr(self, name, made)
        return made


make: Any = _Makers()
