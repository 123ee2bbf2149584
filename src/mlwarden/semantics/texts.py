"""Values that are text: put together, and what is known of the result."""

from __future__ import annotations

from typing import Any

from mlwarden.semantics.values import Constant, Reference, Taint, Text, Unknown, Value, join, merge_taints, tainted


def as_text(value: Value) -> Value:
    """What `str(value)` may look like inside a string."""
    options: list[Value] = []
    for option in value.alternatives():
        if isinstance(option, Text) or (isinstance(option, Constant) and isinstance(option.value, str)):
            options.append(option)
        elif isinstance(option, Constant) and isinstance(option.value, (int, float, bool, type(None))):
            options.append(Constant(str(option.value)))
        elif isinstance(option, Reference) and option.name == "pathlib.Path()" and option.content is not None:
            options.append(tainted(as_text(option.content), option.taints))
        else:
            options.append(Text(parts=(None,), taints=option.taints))
    return join(*options)


def concatenate(left: Value, right: Value) -> Value:
    """`left + right` for values of which at least one is text; every combination of alternatives, bounded."""
    options = [concatenate_one(one, other) for one in left.alternatives()[:4] for other in right.alternatives()[:4]]
    return join(*options)


def concatenate_one(left: Value, right: Value) -> Value:
    """The same for two values without alternatives."""
    taints = merge_taints(left.taints, right.taints)
    if isinstance(left, Constant) and isinstance(right, Constant):
        try:
            total: Any = left.value + right.value
        except TypeError:
            return Unknown(taints=taints)
        if isinstance(total, (str, bytes)) and len(total) > 20_000:
            return Text(parts=(None,), taints=taints)
        return Constant(total, taints=taints)
    parts: list[str | None] = []
    for part in (*_parts(left), *_parts(right)):
        if parts and part is not None and parts[-1] is not None:
            parts[-1] += part
        elif not (parts and part is None and parts[-1] is None):
            parts.append(part)
    return Text(parts=tuple(parts), taints=taints, lead=_lead(right if _is_empty(left) else left, taints))


def _lead(first: Value, taints: tuple[Taint, ...]) -> tuple[Taint, ...] | None:
    """The taints of what a text begins with, where they are not simply its own."""
    if isinstance(first, Text):
        found = first.begins_with
    else:
        found = () if isinstance(first, Constant) and isinstance(first.value, str) else first.taints
    return None if found == taints else found


def _is_empty(value: Value) -> bool:
    return isinstance(value, Constant) and value.value == ""


def _parts(value: Value) -> tuple[str | None, ...]:
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, Constant) and isinstance(value.value, str):
        return (value.value,) if value.value else ()
    return (None,)


def is_text(value: Value) -> bool:
    """Whether a value may be a string or bytes."""
    return any(
        isinstance(option, Text) or (isinstance(option, Constant) and isinstance(option.value, (str, bytes)))
        for option in value.alternatives()
    )
