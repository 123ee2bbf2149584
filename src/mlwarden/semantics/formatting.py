"""`"...".format(...)` and `"..." % ...`: what is known of the text that they make."""

from __future__ import annotations

import re
import string
from collections.abc import Callable

from mlwarden.semantics.texts import as_text, concatenate
from mlwarden.semantics.values import Constant, Mapping, Sequence, Taint, Text, Value, merge_taints, tainted

_MAX_PIECES = 40
_PLACEHOLDER = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?(?P<form>[-#0 +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?)(?P<type>[diouxXeEfFgGcrsa%])"
)


def percent_format(left: Value, right: Value) -> Value:
    """The value of `left % right`; every alternative of the template that is known is filled in."""
    taints = merge_taints(left.taints, right.taints)
    templates = [option.string() for option in left.alternatives()]
    if len(templates) != 1 or templates[0] is None:
        return _begins_like(left, "%", taints)
    values = list(right.items) if isinstance(right, Sequence) and right.kind == "tuple" else [right]
    known = not isinstance(right, Sequence) or right.complete

    def value_of(match: re.Match[str]) -> Value | None:
        if match["key"] is not None:
            return right.get(match["key"]) if isinstance(right, Mapping) else None
        return values.pop(0) if values and known else None

    pieces: list[Value | str | None] = []
    end = 0
    for match in _PLACEHOLDER.finditer(templates[0]):
        pieces.append(templates[0][end : match.start()])
        end = match.end()
        if match["type"] == "%":
            pieces.append("%")
            continue
        value = value_of(match)
        pieces.append(value if match["type"] in "sd" and not match["form"] else None)
    pieces.append(templates[0][end:])
    return tainted(_joined(pieces), taints)


def brace_format(
    template: Value, positional: tuple[Value, ...], keyword: Callable[[str], Value], *, complete: bool
) -> Value:
    """The value of `template.format(...)`.

    Args:
        template: the text with its `{}`.
        positional: the positional arguments.
        keyword: gives a keyword argument, absent if there is none.
        complete: whether these are all of the positional arguments.
    """
    text = template.string()
    if text is None:
        return _begins_like(template, "{", template.taints)
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return Text(parts=(None,), taints=template.taints)
    pieces: list[Value | str | None] = []
    count = 0
    for literal, field, form, conversion in fields:
        pieces.append(literal)
        if field is None:
            continue
        value: Value | None = None
        if field == "" or field.isdigit():
            index = count if field == "" else int(field)
            count += field == ""
            value = positional[index] if complete and index < len(positional) else None
        elif field.isidentifier():
            value = keyword(field)
        pieces.append(value if not form and not conversion else None)
    return tainted(_joined(pieces), template.taints)


def _joined(pieces: list[Value | str | None]) -> Value:
    result: Value = Constant("")
    for piece in pieces[:_MAX_PIECES]:
        if isinstance(piece, str):
            result = concatenate(result, Constant(piece)) if piece else result
        elif piece is None or piece.is_absent:
            result = concatenate(result, Text(parts=(None,)))
        else:
            result = concatenate(result, as_text(piece))
    return result if len(pieces) <= _MAX_PIECES else concatenate(result, Text(parts=(None,)))


def _begins_like(template: Value, sign: str, taints: tuple[Taint, ...]) -> Value:
    head = next(iter(template.prefixes()), "").partition(sign)[0]
    return Text(parts=(head, None) if head else (None,), taints=taints)
