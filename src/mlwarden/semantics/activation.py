"""Calls of the project's own functions and classes, analysed in the context of their arguments."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from mlwarden.model.findings import TraceStep
from mlwarden.semantics import entry_points
from mlwarden.semantics.calls import Argument
from mlwarden.semantics.declarations import annotated_value, is_plain_type
from mlwarden.semantics.definitions import FunctionDefinition, Parameter
from mlwarden.semantics.expressions import (
    evaluate,
)
from mlwarden.semantics.frames import MAX_CONTEXT, MAX_TAINTED_STATEMENTS, Frame
from mlwarden.semantics.library_calls import all_keywords
from mlwarden.semantics.scopes import Scope
from mlwarden.semantics.sources import Source
from mlwarden.semantics.values import (
    Class,
    Constant,
    Function,
    Instance,
    Mapping,
    Sequence,
    Taint,
    Unknown,
    Value,
    join,
    merge_taints,
    tainted,
    untainted,
)


def call_function(frame: Frame, function: Function, arguments: tuple[Argument, ...], node: cst.Call | None) -> Value:
    """The result of a call, from the body in the context of its arguments where they tell more than nothing."""
    definition = function.definition
    assert definition is not None
    if definition.checks_digest:
        frame.digest_checked = True
    if definition in frame.stack or len(frame.context) >= MAX_CONTEXT or _spent(frame, arguments):
        return _without_context(definition, arguments)
    bound = _bind_arguments(definition, function.receiver, arguments)
    key = tuple(sorted(bound.items(), key=lambda pair: pair[0]))
    if not _informative(definition, bound, frame):
        if definition.generic is not None:
            return definition.generic
        key = ((), ())  # type: ignore[assignment]
    try:
        known = definition.memo.get(key)
    except TypeError:  # an unhashable constant
        return _without_context(definition, arguments)
    if known is not None:
        return known
    definition.memo[key] = Unknown("recursive call")
    step = () if node is None else (frame.step(node, f"calls `{definition.name or 'a lambda'}`"),)
    result = run_body(frame, definition, bound, (*frame.context, *step), (*frame.stack, definition))
    if definition.checks_digest:
        frame.digest_checked = True
    definition.memo[key] = result
    return result


def _spent(frame: Frame, arguments: tuple[Argument, ...]) -> bool:
    """Whether there is no budget left for one more context; tainted arguments get a larger one."""
    if frame.state.budget > 0:
        return False
    tainted_call = any(argument.value.taints for argument in arguments)
    return not tainted_call or frame.state.budget <= -MAX_TAINTED_STATEMENTS


def _without_context(definition: FunctionDefinition, arguments: tuple[Argument, ...]) -> Value:
    result = definition.generic or Unknown(f"the result of `{definition.name}`")
    taints = merge_taints(*(argument.value.taints for argument in arguments))
    return tainted(result, tuple(replace(taint, certain=False) for taint in taints))


def _informative(definition: FunctionDefinition, bound: dict[str, Value], frame: Frame) -> bool:
    """Whether the arguments tell more than analysing the function by itself would know."""
    for parameter in definition.parameters:
        value = bound.get(parameter.name)
        if value is None or value == parameter.default:
            continue
        for option in value.alternatives():
            if option.taints or not isinstance(option, (Unknown, Instance)):
                return True
    return False


def _bind_arguments(
    definition: FunctionDefinition, receiver: Value | None, arguments: tuple[Argument, ...]
) -> dict[str, Value]:
    positional = [parameter for parameter in definition.parameters if parameter.kind == "positional"]
    names = {parameter.name for parameter in definition.parameters if parameter.kind in {"positional", "keyword"}}
    bound: dict[str, Value] = {}
    extra: list[Value] = []
    extra_keywords: list[tuple[str, Value]] = []
    complete = True
    index = 0
    queue = [] if receiver is None else [Argument(receiver)]
    for argument in (*queue, *arguments):
        if argument.star == "**":
            if isinstance(argument.value, Mapping):
                complete = complete and argument.value.complete
                for key, value in argument.value.items:
                    if key in names:
                        bound[key] = value
                    elif isinstance(key, str):
                        extra_keywords.append((key, value))
            else:
                complete = False
        elif argument.keyword:
            if argument.keyword in names:
                bound[argument.keyword] = argument.value
            else:
                extra_keywords.append((argument.keyword, argument.value))
        else:
            values = (argument.value,)
            if argument.star == "*":
                if not (isinstance(argument.value, Sequence) and argument.value.complete):
                    complete = False
                    continue
                values = argument.value.items  # type: ignore[assignment]
            for value in values:
                if index < len(positional):
                    bound[positional[index].name] = value
                    index += 1
                else:
                    extra.append(value)
    for parameter in definition.parameters:
        if parameter.kind == "args":
            taints = merge_taints(*(value.taints for value in extra))
            bound[parameter.name] = Sequence(kind="tuple", items=tuple(extra), complete=complete, taints=taints)
        elif parameter.kind == "kwargs":
            taints = merge_taints(*(value.taints for _, value in extra_keywords))
            bound[parameter.name] = Mapping(items=tuple(extra_keywords), complete=complete, taints=taints)
        elif parameter.name not in bound:
            if not complete:
                unknown = Unknown(f"parameter '{parameter.name}'", parameter.name)
                bound[parameter.name] = unknown if parameter.default is None else join(parameter.default, unknown)
            elif parameter.default is not None:
                bound[parameter.name] = parameter.default
    return bound


def generic_arguments(frame: Frame, definition: FunctionDefinition) -> dict[str, Value]:
    """What the parameters may be when nothing is known of the callers."""
    bases = () if definition.owner is None else definition.owner.base_names()
    source = entry_points.source_of_parameters(definition.decorators, definition.name, bases)
    bound: dict[str, Value] = {}
    for index, parameter in enumerate(definition.parameters):
        if index == 0 and definition.owner is not None and not definition.is_static and definition.name:
            owner = definition.owner
            bound[parameter.name] = (
                Class(definition=owner) if definition.is_class_method else Instance(definition=owner)
            )
            continue
        unknown: Value = Unknown(f"parameter '{parameter.name}'", parameter.name)
        if parameter.kind == "args":
            bound[parameter.name] = Sequence(kind="tuple", items=(), complete=False)
            continue
        if parameter.kind == "kwargs":
            bound[parameter.name] = Mapping(complete=False)
            continue
        options = [] if parameter.default is None else [parameter.default]
        if parameter.name in definition.option_defaults:
            options = [definition.option_defaults[parameter.name]]
        annotated = None if parameter.annotation is None else annotated_value(frame, parameter.annotation)
        if annotated is not None:
            options.append(annotated)
        if source is not None and not _is_harmless(frame, parameter):
            unknown = from_outside(frame, definition.node, source, parameter.name)
        bound[parameter.name] = join(*options, unknown)
    return bound


def from_outside(frame: Frame, node: cst.CSTNode, source: Source, parameter: str) -> Value:
    """What somebody outside puts into a parameter."""
    taint = Taint(source.kind, (frame.step(node, source.note),))
    return Unknown(f"parameter '{parameter}'", parameter, taints=(taint,))


def call_from_outside(frame: Frame, function: Function, source: Source, node: cst.Call) -> None:
    """Analyse a function with what its callers outside may pass: a handler of a demo, a tool of a model."""
    definition = function.definition
    assert definition is not None
    parameters = definition.parameters[1:] if function.receiver is not None else definition.parameters
    arguments = tuple(
        Argument(from_outside(frame, node, source, parameter.name), parameter.name)
        for parameter in parameters
        if parameter.kind in {"positional", "keyword"} and not _is_harmless(frame_at(frame, definition), parameter)
    )
    if arguments:
        call_function(frame, function, arguments, node)


def _is_harmless(frame: Frame, parameter: Parameter) -> bool:
    """Whether the framework supplies a parameter (`db=Depends(...)`, a context) or checks it to be a plain value."""
    default = parameter.default
    if default is not None and any(name.endswith(("Depends()", "Security()")) for name in default.names()):
        return True
    return parameter.annotation is not None and is_plain_type(frame, parameter.annotation)


def run_body(
    frame: Frame,
    definition: FunctionDefinition,
    bound: dict[str, Value],
    context: tuple[TraceStep, ...],
    stack: tuple[FunctionDefinition, ...],
) -> Value:
    """Analyse a function's body with these parameter values and return the value it gives back."""
    from mlwarden.semantics.execution import run_block

    inner = Frame(
        state=frame.state,
        scope=Scope("function", definition.scope),
        fragment=definition.fragment,
        function=definition,
        owner=definition.owner,
        context=context,
        stack=stack,
        digest_checked=frame.digest_checked and bool(context),
    )
    inner.scope.variables.update(bound)
    body = definition.body
    if type(body) is not cst.IndentedBlock and isinstance(body, cst.BaseExpression):
        return evaluate(inner, body)
    run_block(inner, body)
    if not inner.returned:
        return Constant(None)
    result = join(*inner.returned)
    if result.is_unknown and definition.returns is not None:
        annotated = annotated_value(frame_at(frame, definition), definition.returns)
        if annotated is not None:
            return tainted(
                join(annotated, *(option for option in result.alternatives() if not isinstance(option, Unknown))),
                result.taints,
            )
    return result


def frame_at(frame: Frame, definition: FunctionDefinition) -> Frame:
    """A frame in the scope where a function is defined."""
    return Frame(state=frame.state, scope=definition.scope, fragment=definition.fragment)


def instantiate(frame: Frame, cls: Class, arguments: tuple[Argument, ...], node: cst.Call) -> Value:
    """An instance of a class of the project; its constructor is analysed, a dataclass's fields are filled."""
    definition = cls.definition
    assert definition is not None
    instance = Instance(definition=definition, taints=merge_taints(*(argument.value.taints for argument in arguments)))
    initializer = definition.find("__init__")
    if isinstance(initializer, Function):
        call_function(frame, replace(initializer, receiver=instance), arguments, node)
    elif definition.fields:  # a dataclass, a pydantic model, a NamedTuple
        for index, value in enumerate(
            argument.value for argument in arguments if not argument.keyword and not argument.star
        ):
            if index < len(definition.fields):
                definition.assign(definition.fields[index], value)
        for name, value in all_keywords(arguments).items():
            definition.assign(name, value)
    # Instances of one class share their attributes here; what one holds doesn't taint the others' whole.
    return untainted(instance)
