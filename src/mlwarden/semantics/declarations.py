"""Declarations: functions with their parameters, decorators by name, and what annotations say."""

from __future__ import annotations

import re
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace

import libcst as cst

from mlwarden.semantics import library, sources
from mlwarden.semantics.definitions import FunctionDefinition, Parameter
from mlwarden.semantics.expressions import (
    attribute,
    evaluate,
    identifier,
    look_up,
)
from mlwarden.semantics.frames import Frame
from mlwarden.semantics.values import (
    Class,
    Constant,
    Instance,
    Reference,
    Taint,
    Unknown,
    Value,
    join,
)

_ANNOTATION = re.compile(r"[A-Za-z_][\w.\[\], |]{0,120}")


def define(
    frame: Frame,
    node: cst.FunctionDef | cst.Lambda,
    name: str,
    parameters: cst.Parameters,
    body: cst.BaseSuite | cst.BaseExpression,
    returns: cst.Annotation | None,
) -> FunctionDefinition:
    """A definition whose body will be analysed by itself once everything around it is known."""
    definition = FunctionDefinition(
        name=name,
        node=node,
        body=body,
        parameters=_parameters(frame, parameters),
        scope=frame.scope,
        fragment=frame.fragment,
        owner=frame.owner if frame.scope.kind == "class" else None,
        returns=None if returns is None else returns.annotation,
    )
    frame.state.pending.append(definition)
    return definition


def _parameters(frame: Frame, parameters: cst.Parameters) -> tuple[Parameter, ...]:
    found: list[Parameter] = []

    def add(parameter: cst.Param, kind: str) -> None:
        default = None if parameter.default is None else declared_default(evaluate(frame, parameter.default))
        annotation = None if parameter.annotation is None else parameter.annotation.annotation
        found.append(Parameter(identifier(parameter.name.value), kind, default, annotation))

    for parameter in (*parameters.posonly_params, *parameters.params):
        add(parameter, "positional")
    if isinstance(parameters.star_arg, cst.Param):
        add(parameters.star_arg, "args")
    for parameter in parameters.kwonly_params:
        add(parameter, "keyword")
    if parameters.star_kwarg is not None:
        add(parameters.star_kwarg, "kwargs")
    return tuple(found)


# `host: str = typer.Option("0.0.0.0")`: the parameter's default stands in the call.
_DECLARING = frozenset(
    f"{library}.{name}()"
    for library, names in {
        "typer": ("Option", "Argument"),
        "fastapi": ("Query", "Body", "Form", "Header", "Cookie"),
        "pydantic": ("Field",),
        "dataclasses": ("field",),
        "attr": ("ib", "attrib"),
        "attrs": ("field",),
    }.items()
    for name in names
)


def declared_default(default: Value) -> Value:
    """What a parameter or field is by default, where a call declares it."""
    if not isinstance(default, Reference) or default.name not in _DECLARING or default.made_by is None:
        return default
    given = default.made_by.argument("default", 0)
    return Unknown("no default") if given.is_absent or given.may_be(...) else given


_CLICK_OPTIONS = re.compile(r"(?:click|rich_click|asyncclick|cloup)\.(?:option|argument)\(\)")


def option_defaults(decorators: AbstractSequence[Value]) -> dict[str, Value]:
    """The defaults that click's decorators give to parameters, by the parameter's name (click's rule for names)."""
    found: dict[str, Value] = {}
    for decorator in decorators:
        if not isinstance(decorator, Reference) or decorator.made_by is None:
            continue
        if not _CLICK_OPTIONS.fullmatch(decorator.name):
            continue
        site = decorator.made_by
        names = [text for value in site.positional() for text in value.strings()]
        plain = next((name for name in names if not name.startswith("-")), None)
        long = max((name for name in names if name.startswith("-")), key=lambda name: name.startswith("--"), default="")
        name = plain or long.partition("/")[0].lstrip("-")
        default = site.argument("default")
        if default.is_absent and site.argument("is_flag").may_be(True):
            default = Constant(False)
        if name and not default.is_absent:
            found[name.replace("-", "_").lower()] = default
    return found


def decorator_names(frame: Frame, decorators: AbstractSequence[cst.Decorator]) -> tuple[str, ...]:
    """The qualified names of decorators; "()" at the end marks a decorator that is called with arguments."""
    names: list[str] = []
    for decorator in decorators:
        expression = decorator.decorator
        called = isinstance(expression, cst.Call)
        function = expression.func if isinstance(expression, cst.Call) else expression
        value = look_up_quietly(frame, function)
        suffix = "()" if called else ""
        found = [f"{name}{suffix}" for name in value.names()]
        if not found and isinstance(function, cst.Attribute):
            found = [f".{function.attr.value}{suffix}"]
        names.extend(found)
    return tuple(names)


def look_up_quietly(frame: Frame, node: cst.BaseExpression) -> Value:
    """The value of a dotted name, without recording anything."""
    if isinstance(node, cst.Name):
        return look_up(frame, identifier(node.value))
    if isinstance(node, cst.Attribute):
        return attribute(frame, look_up_quietly(frame, node.value), identifier(node.attr.value))
    return Unknown()


def annotated_value(frame: Frame, annotation: cst.BaseExpression) -> Value | None:
    """An instance of the annotated type, where that is a class of a library or of the project."""
    if type(annotation) in _NAMES:
        return _named_type(frame, annotation)
    if isinstance(annotation, cst.SimpleString):
        text = annotation.evaluated_value
        if not isinstance(text, str) or not _ANNOTATION.fullmatch(text):
            return None
        try:
            node = cst.parse_expression(text)
        except cst.ParserSyntaxError:
            return None
        # Its nodes have no place in the fragment; only names are looked up.
        return None if isinstance(node, cst.SimpleString) else annotated_value(frame, node)
    if isinstance(annotation, cst.BinaryOperation):  # X | None
        found = [annotated_value(frame, side) for side in (annotation.left, annotation.right)]
        known = [value for value in found if value is not None]
        return join(*known) if known else None
    if isinstance(annotation, cst.Subscript):  # Optional[X], Annotated[X, ...]
        outer = look_up_quietly(frame, annotation.value).names()
        if outer and outer[0].rpartition(".")[2] in {"Optional", "Union", "Annotated", "Final", "ClassVar"}:
            parts = [element.slice.value for element in annotation.slice if isinstance(element.slice, cst.Index)]
            found = [annotated_value(frame, part) for part in parts]
            known = [value for value in found if value is not None]
            return join(*known) if known else None
    return None


_NAMES = frozenset({cst.Name, cst.Attribute})


def _named_type(frame: Frame, annotation: cst.BaseExpression) -> Value | None:
    options: list[Value] = []
    for option in look_up_quietly(frame, annotation).alternatives():
        if isinstance(option, Class):
            options.append(Instance(definition=option.definition))
        elif (
            isinstance(option, Reference) and "." in option.name and not option.name.startswith(("typing.", "pathlib."))
        ):
            made = Reference(library.result_of(option.name))
            source = sources.source_of_attribute(made.name)
            if source is not None:
                made = replace(made, taints=(Taint(source.kind, ()),))
            options.append(made)
    return join(*options) if options else None


_PLAIN = frozenset(["int", "float", "bool", "complex", "NoneType", "uuid.UUID", "decimal.Decimal"])
_PLAIN_MODULES = ("datetime.", "enum.", "ipaddress.")
# Objects that a framework puts in by their type.
_SUPPLIED = re.compile(
    r"(?:fastmcp|mcp)[\w.]*\.Context|fastapi\.(?:BackgroundTasks|Response|Request|WebSocket)|starlette[\w.]*\.(?:Request|WebSocket)"
    r"|pydantic_ai[\w.]*\.RunContext|agents[\w.]*\.(?:RunContextWrapper|ToolContext)|lang(?:chain|graph)[\w.]*\.(?:ToolRuntime"
    r"|InjectedState|InjectedStore|RunnableConfig|CallbackManagerFor\w+|AsyncCallbackManagerFor\w+)"
    r"|gradio\.(?:Request|Progress|OAuthProfile|OAuthToken)|sqlalchemy[\w.]*\.(?:Session|AsyncSession)|click\.Context|typer\.Context"
)


def is_plain_type(frame: Frame, annotation: cst.BaseExpression) -> bool:
    """Whether an annotation leaves no room for text: numbers, `Literal`, enumerations, objects the framework supplies."""
    if isinstance(annotation, cst.BinaryOperation):
        return is_plain_type(frame, annotation.left) and is_plain_type(frame, annotation.right)
    if isinstance(annotation, cst.Subscript):
        outer = look_up_quietly(frame, annotation.value).names()
        kind = outer[0].rpartition(".")[2] if outer else ""
        if kind == "Literal" or _SUPPLIED.fullmatch(outer[0] if outer else ""):
            return True
        parts = [element.slice.value for element in annotation.slice if isinstance(element.slice, cst.Index)]
        if kind == "Annotated" and parts:
            injected = any(
                name.rpartition(".")[2].startswith(("Depends", "Injected", "Security"))
                for part in parts[1:]
                for name in look_up_quietly(frame, part.func if isinstance(part, cst.Call) else part).names()
            )
            return injected or is_plain_type(frame, parts[0])
        return kind in {"Optional", "Union", "list", "List", "tuple", "Tuple", "set", "Set", "Sequence"} and all(
            isinstance(part, cst.Ellipsis) or is_plain_type(frame, part) for part in parts
        )
    if isinstance(annotation, cst.Name) and annotation.value == "None":
        return True
    if not isinstance(annotation, (cst.Name, cst.Attribute)):
        return False
    options = look_up_quietly(frame, annotation).alternatives()
    return bool(options) and all(_is_plain(option) for option in options)


def _is_plain(option: Value) -> bool:
    if isinstance(option, Reference):
        known = option.name in _PLAIN or option.name.startswith(_PLAIN_MODULES)
        return known or _SUPPLIED.fullmatch(option.name) is not None
    if isinstance(option, Class) and option.definition is not None:
        return any(name.startswith("enum.") for name in option.definition.base_names())
    return False
