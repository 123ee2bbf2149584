"""What operators make of values."""

from __future__ import annotations

import libcst as cst

from mlwarden.semantics import llm_calls
from mlwarden.semantics.formatting import percent_format
from mlwarden.semantics.texts import as_text, concatenate, concatenate_one, is_text
from mlwarden.semantics.values import (
    Constant,
    Mapping,
    Reference,
    Sequence,
    Taint,
    Text,
    Unknown,
    Value,
    join,
    merge_taints,
    tainted,
)


def operate(left: Value, operator: cst.BaseBinaryOp, right: Value) -> Value:
    """The value of `left operator right`."""
    taints = merge_taints(left.taints, right.taints)
    if isinstance(operator, cst.Add):
        if isinstance(left, Sequence) and isinstance(right, Sequence):
            return Sequence(
                kind=left.kind,
                items=(left.items + right.items)[:64],
                complete=left.complete and right.complete,
                taints=taints,
            )
        if is_text(left) or is_text(right):
            return concatenate(left, right)
        if isinstance(left, Constant) and isinstance(right, Constant):
            return concatenate_one(left, right)
        return Unknown(taints=taints)
    if isinstance(operator, cst.Divide):
        base = next((option for option in left.alternatives() if _is_path(option)), None)
        if base is not None and isinstance(base, Reference):
            content = concatenate(concatenate(base.content or Unknown(), Constant("/")), as_text(right))
            return Reference(base.name, content=content, made_by=base.made_by, taints=taints)
        if is_text(right) and not any(isinstance(option, (Constant, Text)) for option in left.alternatives()):
            # Only a path is divided by text: a path that came as an argument, `tmp_path / "model.pkl"`.
            head = left if isinstance(left, Unknown) and left.parameter else Unknown()
            return concatenate(concatenate(head, Constant("/")), as_text(right))
        return Unknown(taints=taints)
    if isinstance(operator, cst.Modulo) and is_text(left):
        return percent_format(left, right)
    if isinstance(operator, cst.BitOr):
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            merged = left
            for key, value in right.items:
                merged = merged.with_item(key, value)
            return Mapping(items=merged.items, complete=left.complete and right.complete, taints=taints)
        if any(map(llm_calls.is_runnable, left.names() + right.names())):
            return _chain(left, right, taints)
    return Unknown(taints=taints)


def _chain(left: Value, right: Value, taints: tuple[Taint, ...]) -> Value:
    """`prompt | llm | parser`: a model's answer if one part is a model, or is not known."""
    names = left.names() + right.names()
    known = all(llm_calls.is_runnable(name) for name in names) and not (left.is_unknown or right.is_unknown)
    if any(map(llm_calls.writes, names)) or not known:
        return Reference(llm_calls.RUNNABLE_SEQUENCE, taints=taints)
    return tainted(join(left, right), taints)


def _is_path(value: Value) -> bool:
    return isinstance(value, Reference) and value.name.startswith("pathlib.Path()")
