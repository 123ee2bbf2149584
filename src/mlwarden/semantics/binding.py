"""Assignment of values to targets: names, attributes, items, tuples."""

from __future__ import annotations

import libcst as cst

from mlwarden.semantics import library
from mlwarden.semantics.calls import Assignment
from mlwarden.semantics.expressions import element_of, evaluate, identifier
from mlwarden.semantics.frames import Frame
from mlwarden.semantics.values import (
    ABSENT,
    Class,
    Constant,
    Instance,
    Mapping,
    Reference,
    Sequence,
    Unknown,
    Value,
    join,
    tainted,
)


def bind(
    frame: Frame,
    target: cst.BaseExpression,
    value: Value,
    source: cst.BaseExpression | None = None,
    statement: cst.CSTNode | None = None,
) -> None:
    """Assign `value` to a target; `source` is the assigned expression where the target takes it whole."""
    if type(target) is cst.Name:
        frame.scope.set(identifier(target.value), value)
    elif type(target) is cst.Attribute:  # an `isinstance` that says no is slow for libcst's classes
        _bind_attribute(frame, target, value, source, statement)
    elif isinstance(target, (cst.Tuple, cst.List)):
        _unpack(frame, target, value, source, statement)
    elif isinstance(target, cst.Subscript):
        _bind_item(frame, target, value, source, statement)
    elif isinstance(target, cst.StarredElement):
        bind(frame, target.value, Sequence(items=(value,), complete=False, taints=value.taints))


def _unpack(
    frame: Frame,
    target: cst.Tuple | cst.List,
    value: Value,
    source: cst.BaseExpression | None,
    statement: cst.CSTNode | None,
) -> None:
    count = len(target.elements)
    starred = any(type(element) is cst.StarredElement for element in target.elements)
    pieces: list[Value] | None = None
    options = value.alternatives()
    if not starred and all(
        isinstance(option, Sequence) and option.complete and len(option.items) == count for option in options
    ):
        pieces = [
            join(*(option.items[index] for option in options if isinstance(option, Sequence))) for index in range(count)
        ]
    sources: list[cst.BaseExpression | None] = [None] * count
    if pieces is not None and isinstance(source, (cst.Tuple, cst.List)) and len(source.elements) == count:
        sources = [element.value for element in source.elements]
    one = element_of(value)
    for index, element in enumerate(target.elements):
        piece = one if pieces is None else pieces[index]
        if type(element) is cst.StarredElement:
            piece = Sequence(items=(one,), complete=False, taints=one.taints)
        bind(frame, element.value, piece, sources[index], statement)


def _bind_attribute(
    frame: Frame,
    target: cst.Attribute,
    value: Value,
    source: cst.BaseExpression | None,
    statement: cst.CSTNode | None,
) -> None:
    base = evaluate(frame, target.value)
    name = identifier(target.attr.value)
    for option in base.alternatives():
        qualified = ""
        if isinstance(option, (Instance, Class)) and option.definition is not None:
            option.definition.assign(name, value)
            if isinstance(option, Class):
                option.definition.members[name] = value
            outer = option.definition.base_names()
            qualified = library.attribute_of(f"{outer[0]}()", name) if outer else ""
        elif isinstance(option, Reference):
            qualified = library.attribute_of(option.name, name)
            if "(" not in qualified:
                frame.state.overrides[qualified] = value
        _record(frame, qualified, name, ABSENT, value, target, source, statement)


def _bind_item(
    frame: Frame,
    target: cst.Subscript,
    value: Value,
    source: cst.BaseExpression | None,
    statement: cst.CSTNode | None,
) -> None:
    base = evaluate(frame, target.value)
    key: Value = Unknown()
    for element in target.slice:
        if isinstance(element.slice, cst.Index):
            key = evaluate(frame, element.slice.value)
    if isinstance(base, Mapping):
        updated: Value
        if isinstance(key, Constant):
            updated = base.with_item(key.value, value)
        else:
            updated = Mapping(items=(*base.items, (None, value)), complete=False, taints=base.taints)
        _replace(frame, target.value, tainted(updated, value.taints))
    elif isinstance(base, Sequence) and value.taints:
        _replace(frame, target.value, tainted(base, value.taints))
    names = base.names()
    for name in names or ("",):
        _record(frame, f"{name}[]" if name else "", "", key, value, target, source, statement)


def _replace(frame: Frame, expression: cst.BaseExpression, value: Value) -> None:
    """The object that an expression names has changed: what held it holds the new value."""
    if isinstance(expression, cst.Name):
        frame.scope.set(identifier(expression.value), value)
    elif isinstance(expression, cst.Attribute):
        base = evaluate(frame, expression.value)
        for option in base.alternatives():
            if isinstance(option, (Instance, Class)) and option.definition is not None:
                option.definition.attributes[identifier(expression.attr.value)] = value


def _record(
    frame: Frame,
    qualified: str,
    attribute: str,
    key: Value,
    value: Value,
    target: cst.BaseExpression,
    source: cst.BaseExpression | None,
    statement: cst.CSTNode | None,
) -> None:
    if source is None or statement is None:
        return
    frame.state.assignments.append(
        Assignment(
            target=qualified,
            attribute=attribute,
            key=key,
            value=value,
            node=source,
            target_node=target,
            statement=statement,
            fragment=frame.fragment,
            function=frame.function,
            context=frame.context,
            order=len(frame.state.calls),
        )
    )


def delete(frame: Frame, target: cst.BaseExpression) -> None:
    """`del target`."""
    if isinstance(target, cst.Name):
        frame.scope.delete(identifier(target.value))
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            delete(frame, element.value)
    else:
        evaluate(frame, target)
