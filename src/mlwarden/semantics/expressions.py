"""Evaluation of expressions to abstract values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any

import libcst as cst

from mlwarden.semantics import library, llm_calls, sources
from mlwarden.semantics.frames import Frame
from mlwarden.semantics.literal_values import formatted_text, number_value, string_value
from mlwarden.semantics.operators import operate
from mlwarden.semantics.scopes import Scope
from mlwarden.semantics.secret_sources import STORES, is_secret_variable
from mlwarden.semantics.texts import as_text, concatenate
from mlwarden.semantics.values import (
    ABSENT,
    MAX_NAME,
    Choice,
    Class,
    Constant,
    Function,
    Instance,
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


def evaluate(frame: Frame, node: cst.BaseExpression) -> Value:
    """The value of an expression; every call in it is recorded."""
    handler = _HANDLERS.get(type(node))
    return handler(frame, node) if handler is not None else Unknown()


def identifier(name: str) -> str:
    """A name as Python compares it (PEP 3131: NFKC)."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


# --- names and attributes --------------------------------------------------------------------------------------------


def _name(frame: Frame, node: cst.Name) -> Value:
    name = node.value
    return look_up(frame, name if name.isascii() else identifier(name))


_KEYWORDS = {"None": Constant(None), "True": Constant(True), "False": Constant(False)}
_BUILTINS = {name: Reference(name=name) for name in library.BUILTINS}


def look_up(frame: Frame, name: str) -> Value:
    """What a bare name stands for."""
    found = _KEYWORDS.get(name) or frame.scope.get(name)
    if found is not None:
        return found
    found = _BUILTINS.get(name)
    if found is not None:
        return frame.state.overrides.get(name, found)
    stars = frame.scope.module.star_modules
    if stars:
        return join(*(outside(frame, library.attribute_of(module, name)) for module in stars))
    if name in {"__file__", "__name__", "__doc__"}:
        return Text(parts=(None,))
    if name == "__builtins__":
        return Reference("")
    return Unknown(f"'{name}' is not defined here")


def outside(frame: Frame, name: str) -> Value:
    """The value of a qualified name from outside the document: an override, a sibling module's, or a reference."""
    override = frame.state.overrides.get(name)
    if override is not None:
        return override
    found = frame.state.outside(name)
    if found is not None:
        return found
    source = sources.source_of_attribute(name)
    return Reference(name) if source is None else Reference(name, taints=(Taint(source.kind, ()),))


def _attribute(frame: Frame, node: cst.Attribute) -> Value:
    base = evaluate(frame, node.value)
    value = attribute(frame, base, identifier(node.attr.value))
    if value.taints and any(not taint.steps for taint in value.taints):
        # A source that is an attribute (`sys.argv`, `flask.request`) gets its place here.
        value = _place_taints(frame, node, value)
    return value


def _place_taints(frame: Frame, node: cst.CSTNode, value: Value) -> Value:
    from dataclasses import replace

    notes = {
        "cli": "taken from the command line",
        "request": "taken from the web request",
        "environment": "taken from the environment",
    }
    placed = tuple(
        taint if taint.steps else taint.then(frame.step(node, notes.get(taint.kind, "comes from outside")))
        for taint in value.taints
    )
    return replace(value, taints=placed)


def attribute(frame: Frame, base: Value, name: str) -> Value:
    """The value of `base.name`."""
    if type(base) is Choice:
        return join(*[_attribute_of(frame, option, name) for option in base.options])
    found = _attribute_of(frame, base, name)
    return found if type(found) is not Choice else join(found)


def _attribute_of(frame: Frame, base: Value, name: str) -> Value:
    if isinstance(base, Reference):
        return _outside_attribute(frame, base, name)
    if isinstance(base, Unknown) and not base.taints:
        if base.parameter == "request" and sources.is_request_part("request", name):
            return Unknown("a part of a web request", taints=(Taint("request", (), certain=False),))
        return Unknown(f"attribute '{name}' of an unknown object")
    if isinstance(base, (Instance, Class)) and base.definition is not None:
        return _member(frame, base, name)
    if isinstance(base, Constant) and name == "value":
        return base  # of an enumeration's member, which stands for its value here
    if isinstance(base, (Constant, Text)):
        return Reference(f"str().{name}", content=base, taints=base.taints)
    if isinstance(base, (Sequence, Mapping)):
        kind = "dict" if isinstance(base, Mapping) else base.kind
        return Reference(f"{kind}().{name}", content=base, taints=base.taints)
    return Unknown(f"attribute '{name}' of an unknown object", taints=llm_calls.taints_of_field(base.taints, name))


def _outside_attribute(frame: Frame, base: Reference, name: str) -> Value:
    full = f"{base.name}.{name}" if base.name else name
    full = library.CANONICAL.get(full, full)
    if len(full) > MAX_NAME:
        return Unknown("too long a chain", taints=base.taints)
    override = frame.state.overrides.get(full)
    if override is not None:
        return override
    taints = base.taints
    if taints:
        if name in sources.OWN_REQUEST_PARTS and base.tainted_by("request"):
            return Reference(full, made_by=base.made_by)
        taints = llm_calls.taints_of_field(taints, name)
    if base.made_by is None and "(" not in full:
        found = outside(frame, full)
        return tainted(found, base.taints) if base.taints else found
    option = _command_line_option(frame, base, name) or _namespace_member(base, name)
    if option is not None:
        return option
    return Reference(full, content=base.content, made_by=base.made_by, taints=taints)


def _command_line_option(frame: Frame, base: Reference, name: str) -> Value | None:
    if not base.name.endswith((".parse_args()", ".parse_known_args()[]")) or "ArgumentParser" not in base.name:
        return None
    default = frame.state.options.get(name)
    given = Unknown("given on the command line", taints=base.taints)
    return given if default is None else join(default, given)


# Objects whose attributes are the arguments they were made with; a dictionary may stand for them.
_NAMESPACES = frozenset(
    {
        "types.SimpleNamespace()",
        "argparse.Namespace()",
        "omegaconf.OmegaConf.create()",
        "omegaconf.DictConfig()",
        "ml_collections.ConfigDict()",
        "easydict.EasyDict()",
        "munch.Munch()",
        "box.Box()",
        "addict.Dict()",
    }
)


def _namespace_member(base: Reference, name: str) -> Value | None:
    if base.name not in _NAMESPACES or base.made_by is None:
        return None
    value = base.made_by.argument(name)
    for given in base.made_by.positional()[:1]:
        if value.is_absent and isinstance(given, Mapping):
            value = given.get(name)
    if value.is_absent or isinstance(value, Unknown):
        return None
    # Attributes may be set later on.
    return value


def _member(frame: Frame, base: Instance | Class, name: str) -> Value:
    definition = base.definition
    assert definition is not None
    if isinstance(base, Instance):
        own = definition.find_attribute(name)
        member = definition.find(name)
        if own is not None:
            # A class-level default stays possible as long as only some methods assign.
            plain = member is not None and not isinstance(member, Function)
            return join(member, own) if plain and member is not None else own
    else:
        member = definition.find(name)
    if member is not None:
        return _bind(frame, member, base)
    names = definition.base_names()
    if names:
        suffix = "()" if isinstance(base, Instance) else ""
        return join(*(Reference(library.attribute_of(f"{outer}{suffix}", name)) for outer in names[:4]))
    return Unknown(f"attribute '{name}' is not defined in class {definition.name}")


def _bind(frame: Frame, member: Value, base: Instance | Class) -> Value:
    if not isinstance(member, Function) or member.definition is None:
        return member
    definition = member.definition
    if definition.is_static:
        return member
    if definition.is_class_method:
        return Function(definition=definition, receiver=Class(definition=base.definition))
    if isinstance(base, Class):
        return member
    if definition.is_property:
        from mlwarden.semantics.activation import call_function

        return call_function(frame, Function(definition=definition, receiver=base), (), None)
    return Function(definition=definition, receiver=base)


# --- literals --------------------------------------------------------------------------------------------------------


def _simple_string(frame: Frame, node: cst.SimpleString) -> Value:
    return string_value(node.value)


def _number(frame: Frame, node: cst.Integer | cst.Float | cst.Imaginary) -> Value:
    return number_value(node.value)


def _ellipsis(frame: Frame, node: cst.Ellipsis) -> Value:
    return Constant(...)


def _concatenated(frame: Frame, node: cst.ConcatenatedString) -> Value:
    return concatenate(evaluate(frame, node.left), evaluate(frame, node.right))


def _formatted(frame: Frame, node: cst.FormattedString | cst.TemplatedString) -> Value:
    result: Value = Constant("")
    raw = "r" in node.start.lower()
    for part in node.parts:
        if isinstance(part, (cst.FormattedStringText, cst.TemplatedStringText)):
            result = concatenate(result, Constant(formatted_text(part.value, raw=raw)))
            continue
        if not isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
            continue
        value = evaluate(frame, part.expression)
        for piece in part.format_spec or ():
            if isinstance(piece, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
                evaluate(frame, piece.expression)
        if _is_abridged(part):
            value = without_secrets(value)
        if part.conversion or part.format_spec:
            value = Text(parts=(None,), taints=value.taints)
        result = concatenate(result, as_text(value))
    return result


def _is_abridged(part: cst.FormattedStringExpression | cst.TemplatedStringExpression) -> bool:
    """Whether the format shows a few characters only: `{key:.4}`."""
    first = part.format_spec[0] if part.format_spec else None
    return (
        isinstance(first, (cst.FormattedStringText, cst.TemplatedStringText))
        and re.match(r"[^.]{0,4}\.[0-9](?![0-9])", first.value) is not None
    )


def without_secrets(value: Value) -> Value:
    """The value without the taint of a secret: so little is left of it that it opens nothing."""
    if not any(taint.kind == "secret" for taint in value.taints):
        return value
    return Unknown("a part of a secret", taints=tuple(taint for taint in value.taints if taint.kind != "secret"))


def _sequence(frame: Frame, node: cst.List | cst.Tuple | cst.Set) -> Value:
    items: list[Value] = []
    complete = True
    for element in node.elements:
        value = evaluate(frame, element.value)
        if type(element) is cst.StarredElement:
            if isinstance(value, Sequence) and value.complete:
                items.extend(value.items)
            else:
                complete = False
                items.append(Unknown(taints=value.taints))
        else:
            items.append(value)
    if len(items) > 64:
        items, complete = items[:64], False
    return Sequence(
        kind=_DISPLAYS[type(node)],
        items=tuple(items),
        complete=complete,
        taints=merge_taints(*[item.taints for item in items if item.taints]),
    )


_DISPLAYS: dict[type, str] = {
    cst.List: "list",
    cst.Tuple: "tuple",
    cst.Set: "set",
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.GeneratorExp: "generator",
}


def _dict(frame: Frame, node: cst.Dict) -> Value:
    items: list[tuple[Any, Value]] = []
    complete = True
    taints: list[tuple[Taint, ...]] = []
    for element in node.elements:
        value = evaluate(frame, element.value)
        if value.taints:
            taints.append(value.taints)
        if type(element) is cst.StarredDictElement:
            if isinstance(value, Mapping):
                items.extend(value.items)
                complete = complete and value.complete
            else:
                complete = False
            continue
        key = evaluate(frame, element.key) if isinstance(element, cst.DictElement) else Unknown()
        if isinstance(key, Constant):
            items.append((key.value, value))
        else:
            complete = False
            items.append((None, value))
    return Mapping(items=tuple(items), complete=complete, taints=merge_taints(*taints))


# --- operators -------------------------------------------------------------------------------------------------------


def _binary(frame: Frame, node: cst.BinaryOperation) -> Value:
    # A long chain `a + b + c + ...` nests to the left: walk the spine, don't recurse.
    chain: list[tuple[cst.BaseBinaryOp, cst.BaseExpression]] = []
    left: cst.BaseExpression = node
    while type(left) is cst.BinaryOperation:
        chain.append((left.operator, left.right))
        left = left.left
    result = evaluate(frame, left)
    for operator, right in reversed(chain):
        result = operate(result, operator, evaluate(frame, right))
    return result


def _boolean(frame: Frame, node: cst.BooleanOperation) -> Value:
    left = evaluate(frame, node.left)
    right = evaluate(frame, node.right)
    truth = left.truth()
    if type(node.operator) is cst.Or:
        if truth is True:
            return left
        if truth is False:
            return right
    else:
        if truth is False:
            return left
        if truth is True:
            return right
    return join(left, right)


def _unary(frame: Frame, node: cst.UnaryOperation) -> Value:
    value = evaluate(frame, node.expression)
    if isinstance(node.operator, cst.Not):
        truth = value.truth()
        return Unknown("a condition") if truth is None else Constant(not truth)
    if isinstance(value, Constant) and isinstance(value.value, (int, float)):
        if isinstance(node.operator, cst.Minus):
            return Constant(-value.value)
        if isinstance(node.operator, cst.Plus):
            return value
    return Unknown(taints=value.taints)


def _comparison(frame: Frame, node: cst.Comparison) -> Value:
    digest = frame.is_digest(evaluate(frame, node.left))
    equality = False
    for target in node.comparisons:
        digest = frame.is_digest(evaluate(frame, target.comparator)) or digest
        equality = equality or type(target.operator) in _EQUALITY
    if equality and digest:
        note_digest_check(frame)
    return _CONDITION


_EQUALITY = frozenset({cst.Equal, cst.NotEqual, cst.In, cst.NotIn})
_CONDITION = Unknown("a condition")


def note_digest_check(frame: Frame) -> None:
    """From here on, calls in this activation come after a comparison of a digest."""
    frame.digest_checked = True
    if frame.function is not None:
        frame.function.checks_digest = True


def _conditional(frame: Frame, node: cst.IfExp) -> Value:
    test = evaluate(frame, node.test).truth()
    body = evaluate(frame, node.body)
    other = evaluate(frame, node.orelse)
    if test is None:
        return join(body, other)
    return body if test else other


# --- the rest --------------------------------------------------------------------------------------------------------


def _subscript(frame: Frame, node: cst.Subscript) -> Value:
    base = evaluate(frame, node.value)
    key: Value = Unknown()
    for element in node.slice:
        part = element.slice
        if isinstance(part, cst.Index):
            key = evaluate(frame, part.value)
            if key.taints and _is_namespace(node.value, base):
                _note_lookup(frame, node, base, key, part.value)
        elif isinstance(part, cst.Slice):
            written = (part.lower, part.upper, part.step)
            lower, upper, _ = (ABSENT if bound is None else evaluate(frame, bound) for bound in written)
            key = Unknown("a slice")
            if _is_short(lower, upper):
                base = join(
                    *(one if isinstance(one, Sequence) else without_secrets(one) for one in base.alternatives())
                )
    if type(base) is Choice:
        return join(*[item(frame, option, key, node) for option in base.options])
    found = item(frame, base, key, node)
    return found if type(found) is not Choice else join(found)


def _is_namespace(written: cst.BaseExpression, base: Value) -> bool:
    """Whether an expression holds everything that a module or an object has: `globals()`, `vars(x)`, `x.__dict__`."""
    if isinstance(written, cst.Call) and isinstance(written.func, cst.Name):
        return written.func.value in {"globals", "locals", "vars"}
    if isinstance(written, cst.Attribute) and written.attr.value == "__dict__":
        return True
    return any(name in {"vars()", "sys.modules"} for name in base.names())


def _note_lookup(frame: Frame, node: cst.Subscript, base: Value, key: Value, written: cst.BaseExpression) -> None:
    """`globals()[name]` with a name from outside stands among the calls, as `namespace().get`."""
    from mlwarden.semantics.calls import Argument

    arguments = (Argument(key, node=cst.Arg(written)),)
    frame.record_call(frame.call_site(node, "namespace().get", "get", arguments, base, indirect=True))


_SHORT = 10  # characters; people show as much of a key to tell it from others


def _is_short(lower: Value, upper: Value) -> bool:
    """Whether a slice takes a few characters only: `key[:4]`, `key[-4:]`."""
    first = 0 if lower.is_absent else lower.value if isinstance(lower, Constant) else None
    last = upper.value if isinstance(upper, Constant) else None
    if not isinstance(first, int):
        return False
    if upper.is_absent:
        return -_SHORT <= first < 0
    return isinstance(last, int) and 0 <= last - first <= _SHORT and (first >= 0) == (last >= 0)


def item(frame: Frame, base: Value, key: Value, node: cst.CSTNode) -> Value:
    """The value of `base[key]`."""
    if isinstance(base, Mapping):
        if isinstance(key, Constant):
            found = base.get(key.value)
            return Unknown("a missing key") if found.is_absent else found
        values = [value for _, value in base.items]
        return join(*values, *([] if base.complete else [Unknown()])) if values else Unknown(taints=base.taints)
    if isinstance(base, Sequence):
        if isinstance(key, Constant) and isinstance(key.value, int) and base.complete:
            return base.items[key.value] if -len(base.items) <= key.value < len(base.items) else Unknown()
        if isinstance(key, Unknown) and key.reason == "a slice":
            return base
        return join(*base.items) if base.items else Unknown(taints=base.taints)
    if isinstance(base, Reference):
        if base.name in STORES:
            return environment_value(frame, key, node)
        if base.name in {"", "vars()"} or base.name.endswith(".__dict__"):  # `__builtins__`, `torch.__dict__`
            owner = base.content if base.name == "vars()" else Reference(base.name.removesuffix(".__dict__"))
            name = key.string()
            return attribute(frame, owner or Unknown(), name) if name else Unknown()
        if base.name == "sys.modules":
            name = key.string()
            return outside(frame, library.qualified(name)) if name else Unknown()
        if base.name.startswith(("typing.", "collections.abc.")) or base.name in {
            "list",
            "dict",
            "tuple",
            "set",
            "type",
        }:
            return base
        full = f"{base.name}[]"
        if len(full) > MAX_NAME:
            return Unknown("too long a chain", taints=base.taints)
        return Reference(full, content=base.content, made_by=base.made_by, taints=base.taints)
    return Unknown(taints=base.taints)


def environment_value(frame: Frame, key: Value, node: cst.CSTNode) -> Value:
    """The value of an environment variable."""
    if is_secret_variable(key.string() or ""):
        taint = Taint("secret", (frame.step(node, f"the secret in the environment variable `{key.string()}`"),))
    else:
        taint = Taint("environment", (frame.step(node, "taken from the environment"),))
    return Unknown("taken from the environment", taints=(taint,))


def _lambda(frame: Frame, node: cst.Lambda) -> Value:
    from mlwarden.semantics.declarations import define

    definition = define(frame, node, "", node.params, node.body, None)
    return Function(definition=definition)


def _comprehension(frame: Frame, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Value:
    inner = frame.nested(Scope("comprehension", frame.scope))
    _run_generators(inner, node.for_in)
    if isinstance(node, cst.DictComp):
        key = evaluate(inner, node.key)
        value = evaluate(inner, node.value)
        return Mapping(items=((None, value),), complete=False, taints=merge_taints(key.taints, value.taints))
    element = evaluate(inner, node.elt)
    return Sequence(kind=_DISPLAYS[type(node)], items=(element,), complete=False, taints=element.taints)


def _run_generators(frame: Frame, clause: cst.CompFor) -> None:
    from mlwarden.semantics.binding import bind

    current: cst.CompFor | None = clause
    while current is not None:
        bind(frame, current.target, element_of(evaluate(frame, current.iter)))
        for condition in current.ifs:
            evaluate(frame, condition.test)
        current = current.inner_for_in


def element_of(value: Value) -> Value:
    """What iterating over a value gives."""
    if type(value) is Unknown:
        return Unknown("an element", taints=value.taints)
    options: list[Value] = []
    for option in value.alternatives():
        if isinstance(option, Sequence):
            options.extend(option.items)
            if not option.complete or not option.items:
                options.append(Unknown(taints=option.taints))
        elif isinstance(option, Mapping):
            options.extend(Constant(key) for key, _ in option.items if key is not None)
            options.append(Unknown(taints=option.taints))
        elif isinstance(option, Reference):
            options.append(
                Reference(f"{option.name}[]", content=option.content, made_by=option.made_by, taints=option.taints)
            )
        else:
            options.append(Unknown("an element", taints=option.taints))
    return join(*options)


def _await(frame: Frame, node: cst.Await) -> Value:
    return evaluate(frame, node.expression)


def _yield(frame: Frame, node: cst.Yield) -> Value:
    if node.value is None:
        return Unknown("sent to a generator")
    if isinstance(node.value, cst.From):
        value = element_of(evaluate(frame, node.value.item))
    else:
        value = evaluate(frame, node.value)
    frame.returned.append(Sequence(kind="generator", items=(value,), complete=False, taints=value.taints))
    return Unknown("sent to a generator")


def _named(frame: Frame, node: cst.NamedExpr) -> Value:
    from mlwarden.semantics.binding import bind

    value = evaluate(frame, node.value)
    target = frame
    if frame.scope.kind == "comprehension":  # PEP 572: it binds in the scope around the comprehension
        scope = frame.scope
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        target = frame.nested(scope)
    bind(target, node.target, value)
    return value


def _call(frame: Frame, node: cst.Call) -> Value:
    return _caller()(frame, node)


@cache
def _caller() -> Callable[[Frame, cst.Call], Value]:
    """What evaluates calls; it needs this module. An import at each call would cost as much as a short one's evaluation."""
    from mlwarden.semantics.invocation import call

    return call


_HANDLERS: dict[type, Callable[[Frame, Any], Value]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.SimpleString: _simple_string,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _formatted,
    cst.TemplatedString: _formatted,
    cst.Integer: _number,
    cst.Float: _number,
    cst.Imaginary: _number,
    cst.Ellipsis: _ellipsis,
    cst.List: _sequence,
    cst.Tuple: _sequence,
    cst.Set: _sequence,
    cst.Dict: _dict,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.NamedExpr: _named,
}
