"""Callables that are handed over and called by somebody else: `map(torch.load, paths)`, `pool.submit(f, x)`."""

from __future__ import annotations

import libcst as cst

from mlwarden.semantics import entry_points, library, sources
from mlwarden.semantics.activation import call_from_outside, call_function
from mlwarden.semantics.calls import Argument, CallSite
from mlwarden.semantics.expressions import (
    element_of,
)
from mlwarden.semantics.frames import Frame
from mlwarden.semantics.values import (
    Absent,
    Class,
    Constant,
    Function,
    Instance,
    Partial,
    Reference,
    Sequence,
    Taint,
    Text,
    Unknown,
    Value,
    join,
)


def run_callbacks(
    frame: Frame, node: cst.Call, last: str, arguments: tuple[Argument, ...], site: CallSite
) -> Value | None:
    """A callable that is handed over is called somewhere: `map(torch.load, paths)`, `pool.submit(f, x)`."""
    if site.name in library.NEVER_CALLING or not _holds_callable(arguments):
        return None
    _run_registered(frame, node, site)
    where = library.HIGHER_ORDER.get(site.name) or library.HIGHER_ORDER_METHODS.get(last)
    position = -1
    first = -1
    if where is not None:
        position, _, first = where
    results: list[Value] = []
    plain = [argument for argument in arguments if not argument.keyword and not argument.star]
    for index, argument in enumerate(plain):
        known = index == position
        for option in argument.value.alternatives():
            if isinstance(option, (Reference, Partial)):
                if isinstance(option, Reference) and (option.made_by is not None or "()" in option.name):
                    continue
                passed = _handed_arguments(plain, index, first if known else index + 1, arguments)
                results.append(_call_handed(frame, argument, option, passed, known))
            elif isinstance(option, Function) and known:
                passed = _handed_arguments(plain, index, first, arguments)
                results.append(call_function(frame, option, passed, node))
    for argument in arguments:
        if argument.keyword in {"target", "fn", "func", "function", "loader", "callback"} and argument.node is not None:
            for option in argument.value.alternatives():
                handed = next((other.value for other in arguments if other.keyword == "args"), None)
                passed = (
                    tuple(Argument(value) for value in handed.items)
                    if isinstance(handed, Sequence)
                    else (Argument(Unknown("passed by the callee"), star="*"),)
                )
                if isinstance(option, (Reference, Partial)) and not getattr(option, "made_by", None):
                    if isinstance(option, Reference) and "()" in option.name:
                        continue
                    results.append(_call_handed(frame, argument, option, passed, known=isinstance(handed, Sequence)))
                elif isinstance(option, Function) and isinstance(handed, Sequence):
                    results.append(call_function(frame, option, passed, node))
    return join(*results) if results else None


# What neither is a function nor holds one.
_INERT = frozenset({Constant, Unknown, Text, Instance, Class, Absent})


def _holds_callable(arguments: tuple[Argument, ...]) -> bool:
    """Whether anything may be handed over that can be called; for most calls the answer is no."""
    for argument in arguments:
        value = argument.value
        if type(value) in _INERT:
            continue
        if isinstance(value, Reference) and (value.made_by is not None or "()" in value.name):
            continue  # an object, not a callable by its name
        return True
    return False


def _run_registered(frame: Frame, node: cst.Call, site: CallSite) -> None:
    """A handler of a demo, or a tool of a model, is called with what somebody outside chooses."""
    if not site.name:
        return
    registered = entry_points.registered(site.name)
    handed: list[tuple[Value, sources.Source]] = []
    if registered is not None:
        source, position, keyword = registered
        handed.append((site.argument(keyword, position if position >= 0 else None), source))
    if entry_points.takes_tools(site.name) and "tools" in site.keyword_names():
        tools = site.argument("tools")
        items = [item for option in tools.alternatives() if isinstance(option, Sequence) for item in option.items]
        handed.extend((item, entry_points.CHOSEN) for item in items)
    for value, source in handed:
        for option in value.alternatives():
            if isinstance(option, Function) and option.definition is not None:
                call_from_outside(frame, option, source, node)


def _handed_arguments(
    plain: list[Argument], index: int, first: int, arguments: tuple[Argument, ...]
) -> tuple[Argument, ...]:
    """What the callable is called with: the arguments after it, or the elements of those for `map`."""
    if first < 0:
        return tuple(Argument(element_of(argument.value)) for argument in plain[index + 1 :][:4])
    passed = [Argument(argument.value) for argument in plain[first:]]
    passed.extend(Argument(argument.value, argument.keyword) for argument in arguments if argument.keyword)
    return tuple(passed)


def _call_handed(frame: Frame, argument: Argument, callee: Value, passed: tuple[Argument, ...], known: bool) -> Value:
    """Record the call of an outside callable that was handed over."""
    if isinstance(callee, Partial):
        bound = tuple(Argument(value) for value in callee.positional)
        named = tuple(Argument(value, keyword=name) for name, value in callee.keywords)
        options = callee.function.alternatives()
        return join(*(_call_handed(frame, argument, option, (*bound, *passed, *named), known) for option in options))
    if not isinstance(callee, Reference) or argument.node is None:
        return Unknown()
    if not known:
        passed = (*passed, Argument(Unknown("passed by the callee"), star="*"))
    site = frame.call_site(
        argument.node.value,
        callee.name,
        callee.name.rpartition(".")[2],
        passed,
        None,
        indirect=True,
    )
    frame.record_call(site)
    taints: tuple[Taint, ...] = ()
    source = sources.source_of_call(callee.name)
    if source is not None:
        taints = (Taint(source.kind, (frame.step(argument.node.value, source.note),)),)
    return Reference(library.result_of(callee.name), made_by=site, taints=taints)
