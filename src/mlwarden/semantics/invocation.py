"""Calls: of outside names, of the project's functions in the context of the call, of classes; and definitions."""

from __future__ import annotations

import re
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace

import libcst as cst

from mlwarden.model.findings import TraceStep
from mlwarden.semantics import library, sources
from mlwarden.semantics.calls import Argument, CallSite
from mlwarden.semantics.definitions import ClassDefinition, FunctionDefinition, Parameter
from mlwarden.semantics.expressions import (
    _place_taints,
    attribute,
    concatenate,
    element_of,
    environment_value,
    evaluate,
    identifier,
    item,
    look_up,
    note_digest_check,
    outside,
)
from mlwarden.semantics.frames import MAX_CONTEXT, MAX_TAINTED_STATEMENTS, Frame
from mlwarden.semantics.scopes import Scope
from mlwarden.semantics.values import (
    ABSENT,
    Class,
    Constant,
    Function,
    Instance,
    Mapping,
    Partial,
    Reference,
    Sequence,
    Taint,
    Text,
    Unknown,
    Value,
    join,
    merge_taints,
    tainted,
    untainted,
)

_DIGEST_HELPER = re.compile(
    r"(?:verif|check|valid|assert|ensure|compare).*(?:hash|sha|digest|checksum|md5|integrity|signature)|compare_digest",
    re.I,
)

_ANNOTATION = re.compile(r"[A-Za-z_][\w.\[\], |]{0,120}")


# --- definitions -----------------------------------------------------------------------------------------------------


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
        default = None if parameter.default is None else evaluate(frame, parameter.default)
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
    if not isinstance(annotation, (cst.Name, cst.Attribute)):
        return None
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


# --- calls -----------------------------------------------------------------------------------------------------------


def call(frame: Frame, node: cst.Call) -> Value:
    """Evaluate a call: its callee, its arguments, its result; record it once per possible callee."""
    receiver: Value | None = None
    written = ""
    if isinstance(node.func, cst.Attribute):
        receiver = evaluate(frame, node.func.value)
        written = identifier(node.func.attr.value)
        callee = attribute(frame, receiver, written)
        if any(not taint.steps for taint in callee.taints):
            callee = _place_taints(frame, node.func, callee)
    else:
        callee = evaluate(frame, node.func)
        if isinstance(node.func, cst.Name):
            written = identifier(node.func.value)
    arguments = tuple(_argument(frame, argument) for argument in node.args)
    special = _special(frame, node, callee, arguments)
    if special is not None:
        return special
    return join(*(_call_one(frame, node, option, arguments, receiver, written) for option in callee.alternatives()))


def _argument(frame: Frame, node: cst.Arg) -> Argument:
    value = evaluate(frame, node.value)
    keyword = identifier(node.keyword.value) if node.keyword is not None else ""
    return Argument(value, keyword, node.star, node)


def _call_one(
    frame: Frame,
    node: cst.Call,
    callee: Value,
    arguments: tuple[Argument, ...],
    receiver: Value | None,
    written: str,
) -> Value:
    if isinstance(callee, Partial):
        bound = tuple(Argument(value) for value in callee.positional)
        named = tuple(Argument(value, keyword=name) for name, value in callee.keywords)
        given = {argument.keyword for argument in arguments if argument.keyword}
        named = tuple(argument for argument in named if argument.keyword not in given)
        merged = (*bound, *arguments, *named)
        options = callee.function.alternatives()
        return join(*(_call_one(frame, node, option, merged, receiver, written) for option in options))
    if isinstance(callee, Reference):
        return _call_outside(frame, node, callee, arguments, receiver)
    site = _site(frame, node, "", written, arguments, receiver)
    frame.record_call(site)
    _run_callbacks(frame, node, written, arguments, site)
    if isinstance(callee, Function) and callee.definition is not None:
        return call_function(frame, callee, arguments, node)
    if isinstance(callee, Class) and callee.definition is not None:
        return _instantiate(frame, callee, arguments, node)
    if isinstance(callee, Instance):
        return join(
            *(
                call_function(frame, option, arguments, node)
                for option in attribute(frame, callee, "__call__").alternatives()
                if isinstance(option, Function)
            )
        )
    return Unknown("the result of an unknown call", taints=_passed_on(frame, node, "", written, receiver, arguments))


def _site(
    frame: Frame,
    node: cst.Call | cst.BaseExpression,
    name: str,
    attribute_name: str,
    arguments: tuple[Argument, ...],
    receiver: Value | None,
    *,
    indirect: bool = False,
) -> CallSite:
    return CallSite(
        name=name,
        attribute=attribute_name,
        arguments=arguments,
        node=node,
        fragment=frame.fragment,
        receiver=receiver,
        context=frame.context,
        function=frame.function,
        order=len(frame.state.calls),
        try_state=frame.try_state,
        indirect=indirect,
        digest_checked=frame.digest_checked,
    )


def _call_outside(
    frame: Frame,
    node: cst.Call,
    callee: Reference,
    arguments: tuple[Argument, ...],
    receiver: Value | None,
) -> Value:
    name = callee.name
    last = name.rpartition(".")[2]
    site = _site(frame, node, name, last, arguments, receiver)
    frame.record_call(site)
    callback = _run_callbacks(frame, node, last, arguments, site)
    if _DIGEST_HELPER.search(last):
        note_digest_check(frame)
    special = _library_result(frame, node, callee, site)
    if special is not None:
        return special
    result = library.result_of(name)
    if len(result) > 240:
        return Unknown("too long a chain", taints=callee.taints)
    taints = _passed_on(frame, node, name, last, receiver if receiver is not None else callee, arguments)
    source = sources.source_of_call(name)
    if source is not None:
        taints = merge_taints((Taint(source.kind, (frame.step(node, source.note),)),), taints)
        _note_download(frame, site, taints)
    if callback is not None:
        taints = merge_taints(taints, callback.taints)
    content = callee.content
    where = library.CONTENT.get(name)
    if where is not None:
        content = site.argument(where[1], where[0])
        if content.is_absent:
            content = None
        taints = merge_taints(taints, _stored_taints(frame, content))
    return Reference(result, content=content, made_by=site, taints=taints)


def _passed_on(
    frame: Frame,
    node: cst.CSTNode,
    name: str,
    last: str,
    receiver: Value | None,
    arguments: tuple[Argument, ...],
) -> tuple[Taint, ...]:
    """The taints of a call's result: its receiver's and, with less certainty, its arguments'."""
    if sources.is_neutral(name, last):
        return ()
    groups: list[tuple[Taint, ...]] = []
    if receiver is not None and receiver.taints:
        groups.append(receiver.taints)
    certain = name in sources.PROPAGATORS or name.startswith(("str().", "bytes().", "re."))
    for argument in arguments:
        if not argument.value.taints:
            continue
        if certain:
            groups.append(argument.value.taints)
        elif not argument.keyword or argument.keyword in {"text", "data", "content", "code", "input", "prompt"}:
            # What an unknown function makes of it can't be told.
            label = sources.short(name) if name else (last or "a call")
            step = frame.step(node, f"passed through `{label}`")
            groups.append(tuple(replace(taint.then(step), certain=False) for taint in argument.value.taints))
    return merge_taints(*groups) if groups else ()


# --- calls that the analysis itself understands ----------------------------------------------------------------------


def _special(frame: Frame, node: cst.Call, callee: Value, arguments: tuple[Argument, ...]) -> Value | None:
    """Calls that are about names, not data: `getattr`, `import_module`, `partial`, ..."""
    names = callee.names()
    if len(names) != 1:
        return None
    name = names[0]
    plain = [argument.value for argument in arguments if not argument.keyword and not argument.star]
    if name in {"importlib.import_module", "__import__", "importlib.__import__"} and plain:
        module = plain[0].string()
        if module is not None:
            frame.record_call(_site(frame, node, name, name.rpartition(".")[2], arguments, None))
            if name.endswith("__import__"):
                module = module.partition(".")[0]
            return outside(frame, library.qualified(module))
        return None
    if name == "getattr" and len(plain) >= 2:
        wanted = plain[1].string()
        if wanted is None:
            return None
        frame.record_call(_site(frame, node, name, name, arguments, None))
        found = attribute(frame, plain[0], wanted)
        return join(found, plain[2]) if len(plain) > 2 and isinstance(plain[2], (Reference, Function)) else found
    if name == "setattr" and len(plain) == 3 and isinstance(plain[1], Constant) and isinstance(plain[0], Reference):
        frame.state.overrides[library.attribute_of(plain[0].name, str(plain[1].value))] = plain[2]
        return None
    if name in {"functools.partial", "functools.partialmethod"} and plain:
        frame.record_call(_site(frame, node, name, "partial", arguments, None))
        keywords = _all_keywords(arguments)
        return Partial(function=plain[0], positional=tuple(plain[1:]), keywords=tuple(keywords.items()))
    if name == "super":
        owner = None if frame.function is None else frame.function.owner
        return None if owner is None else _super(owner)
    if name == "vars" and plain:
        return Reference("vars()", content=plain[0])
    if name in {"globals", "locals"} and not arguments:
        return Mapping(items=tuple(frame.scope.module.variables.items()), complete=False)
    return None


def _super(owner: ClassDefinition) -> Value:
    options: list[Value] = [Instance(definition=base) for base in owner.local_bases()]
    options.extend(Reference(f"{name}()") for base in owner.bases for name in base.names())
    return join(*options) if options else Unknown("the base class is not known")


def _all_keywords(arguments: tuple[Argument, ...]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for argument in arguments:
        if argument.keyword:
            found[argument.keyword] = argument.value
        elif argument.star == "**" and isinstance(argument.value, Mapping):
            found.update((key, value) for key, value in argument.value.items if isinstance(key, str))
    return found


def _library_result(frame: Frame, node: cst.Call, callee: Reference, site: CallSite) -> Value | None:
    """Results of outside calls that are known better than 'an instance'."""
    name = callee.name
    content = callee.content
    if name.startswith("str().") and content is not None:
        return _string_method(name[6:], content, site)
    if isinstance(content, Sequence) and "()." in name:
        return _list_method(frame, node, name.partition("().")[2], content, site)
    if name.startswith("dict().") and isinstance(content, Mapping):
        return _dict_method(frame, node, name[7:], content, site)
    if name in {"os.environ.get", "os.getenv", "os.environ.setdefault"}:
        value = environment_value(frame, site.argument("key", 0), node)
        default = site.argument("default", 1)
        return value if default.is_absent else join(default, value)
    if name in {"os.path.join", "posixpath.join"}:
        return _join_path(site.positional())
    if name == "str":
        return site.argument("object", 0) if site.arguments else Constant("")
    if name == "dict":
        return _make_dict(site)
    if name in {"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"} and len(site.positional()) == 1:
        value = site.positional()[0]
        return (
            value
            if isinstance(value, Sequence)
            else Sequence(items=(element_of(value),), complete=False, taints=value.taints)
        )
    if name in {"next", "min", "max", "random.choice"} and site.positional():
        return element_of(site.positional()[0])
    if name in {"typing.cast", "cast"} and len(site.positional()) == 2:
        return site.positional()[1]
    if name == "enumerate" and site.positional():
        inner = element_of(site.positional()[0])
        pair = Sequence(kind="tuple", items=(Unknown("an index"), inner), taints=inner.taints)
        return Sequence(items=(pair,), complete=False, taints=inner.taints)
    if name == "zip":
        items = tuple(element_of(value) for value in site.positional())
        row = Sequence(kind="tuple", items=items, taints=merge_taints(*(value.taints for value in items)))
        return Sequence(items=(row,), complete=False, taints=row.taints)
    if name == "staticmethod" and len(site.positional()) == 1:
        return site.positional()[0]
    if name in {"bool", "isinstance", "callable", "hasattr"}:
        return Unknown("a condition")
    if name.endswith(".add_argument") and "argparse" in name:
        _note_option(frame, site)
    if name in {"functools.wraps", "functools.lru_cache", "functools.cache"}:
        return Unknown("a decorator")
    if name == "map":
        return None
    return None


def _string_method(method: str, content: Value, site: CallSite) -> Value | None:
    receiver_taints = content.taints
    if method == "format":
        prefix = next(iter(content.prefixes()), "").partition("{")[0]
        taints = merge_taints(receiver_taints, *(argument.value.taints for argument in site.arguments))
        return Text(parts=(prefix, None) if prefix else (None,), taints=taints)
    if method == "join":
        values = site.positional()
        taints = merge_taints(receiver_taints, *(value.taints for value in values))
        if len(values) == 1 and isinstance(values[0], Sequence) and values[0].complete:
            separator = content
            result: Value = Constant("")
            for index, value in enumerate(values[0].items):
                if index:
                    result = concatenate(result, separator)
                result = concatenate(result, value)
            return tainted(result, taints)
        return Text(parts=(None,), taints=taints)
    text = content.string() if isinstance(content, Constant) else None
    if text is not None and method in {"strip", "lstrip", "rstrip", "lower", "upper", "title"} and not site.arguments:
        return Constant(getattr(text, method)(), taints=receiver_taints)
    if text is not None and method == "encode":
        return Constant(text, taints=receiver_taints)
    if method in {"strip", "lstrip", "rstrip", "lower", "upper", "replace", "removeprefix", "removesuffix", "encode"}:
        taints = merge_taints(receiver_taints, *(argument.value.taints for argument in site.arguments))
        return Text(parts=(None,), taints=taints)
    if method in {"split", "rsplit", "splitlines", "partition", "rpartition"}:
        return Sequence(items=(Text(parts=(None,), taints=receiver_taints),), complete=False, taints=receiver_taints)
    return None


def _list_method(frame: Frame, node: cst.Call, method: str, content: Sequence, site: CallSite) -> Value | None:
    values = site.positional()
    if method == "pop":
        return element_of(content)
    if method == "copy":
        return content
    if method not in {"append", "add", "insert", "extend", "update", "appendleft"} or not values:
        return None
    if not isinstance(node.func, cst.Attribute):
        return None
    from mlwarden.semantics.binding import _replace

    added: tuple[Value, ...] = (values[-1],)
    complete = content.complete and frame.loops == 0
    if method in {"extend", "update"}:
        whole = values[-1]
        known = isinstance(whole, Sequence) and whole.complete
        added = whole.items if isinstance(whole, Sequence) and known else (element_of(whole),)
        complete = complete and known
    items = content.items if added == content.items[-len(added) :] and frame.loops else (*content.items, *added)
    taints = merge_taints(content.taints, *(value.taints for value in added))
    _replace(
        frame,
        node.func.value,
        replace(content, items=items[:64], complete=complete and len(items) <= 64, taints=taints),
    )
    return Constant(None)


def _dict_method(frame: Frame, node: cst.Call, method: str, content: Mapping, site: CallSite) -> Value | None:
    if method in {"get", "pop", "setdefault"}:
        default = site.argument("default", 1)
        key = site.argument("key", 0)
        if isinstance(key, Constant):
            found = content.get(key.value)
            if found.is_absent:
                return Constant(None) if default.is_absent else default
            return found
        value = item(frame, content, key, node)
        return value if default.is_absent else join(value, default)
    if method == "values":
        return Sequence(
            items=tuple(value for _, value in content.items), complete=content.complete, taints=content.taints
        )
    if method == "items":
        pairs = tuple(
            Sequence(kind="tuple", items=(Unknown() if key is None else Constant(key), value), taints=value.taints)
            for key, value in content.items
        )
        return Sequence(items=pairs, complete=content.complete, taints=content.taints)
    if method == "copy":
        return content
    if method == "update" and isinstance(node.func, cst.Attribute):
        from mlwarden.semantics.binding import _replace

        updated = content
        complete = content.complete
        for argument in site.arguments:
            if argument.keyword:
                updated = updated.with_item(argument.keyword, argument.value)
            elif isinstance(argument.value, Mapping):
                complete = complete and argument.value.complete
                for key_value, value in argument.value.items:
                    updated = updated.with_item(key_value, value)
            else:
                complete = False
        _replace(frame, node.func.value, replace(updated, complete=complete))
        return Constant(None)
    return None


def _make_dict(site: CallSite) -> Value:
    result = Mapping()
    complete = not site.has_unknown_keywords
    for value in site.positional():
        if isinstance(value, Mapping):
            result = replace(value)
        else:
            complete = False
    for key, value in _all_keywords(site.arguments).items():
        result = result.with_item(key, value)
    taints = merge_taints(*(argument.value.taints for argument in site.arguments))
    return replace(result, complete=result.complete and complete, taints=taints)


def _join_path(values: tuple[Value, ...]) -> Value:
    result: Value = Constant("")
    for index, value in enumerate(values):
        if index:
            result = concatenate(result, Constant("/"))
        piece = value
        if isinstance(value, Reference) and value.content is not None:
            piece = tainted(value.content, value.taints)
        result = concatenate(result, piece)
    return result


def _note_option(frame: Frame, site: CallSite) -> None:
    """Remember the default of a command-line option (argparse's rules for the destination's name)."""
    flags = [value.string() for value in site.positional()]
    destination = site.argument("dest").string()
    if destination is None:
        long = next((flag for flag in flags if flag and flag.startswith("--")), flags[0] if flags else None)
        if not long:
            return
        destination = long.lstrip("-").replace("-", "_")
    default = site.argument("default")
    action = site.argument("action").string()
    if default.is_absent:
        default = {"store_true": Constant(False), "store_false": Constant(True)}.get(action or "", Constant(None))
    frame.state.options[destination] = default


def _note_download(frame: Frame, site: CallSite, taints: tuple[Taint, ...]) -> None:
    """A download that names its target file taints what is read from that file later."""
    for keyword, position in (("filename", 1), ("dst", 1), ("out", 1), ("output", 1), ("Filename", 2)):
        target = site.argument(keyword, position if site.attribute not in {"get", "post", "request"} else None)
        for path in target.strings():
            frame.state.stored[path] = merge_taints(frame.state.stored.get(path, ()), taints)


def _stored_taints(frame: Frame, path: Value | None) -> tuple[Taint, ...]:
    if path is None:
        return ()
    found = [frame.state.stored[text] for text in path.strings() if text in frame.state.stored]
    if isinstance(path, Reference) and path.content is not None:
        found.append(_stored_taints(frame, path.content))
    return merge_taints(path.taints, *found)


def _run_callbacks(
    frame: Frame, node: cst.Call, last: str, arguments: tuple[Argument, ...], site: CallSite
) -> Value | None:
    """A callable that is handed over is called somewhere: `map(torch.load, paths)`, `pool.submit(f, x)`."""
    if site.name in library.NEVER_CALLING:
        return None
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
    site = _site(
        frame,
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


# --- calls of the project's own functions ----------------------------------------------------------------------------


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
    source = sources.source_of_parameters(definition.decorators)
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
        annotated = None if parameter.annotation is None else annotated_value(frame, parameter.annotation)
        if annotated is not None:
            options.append(annotated)
        if source is not None and not _is_injected(parameter):
            taint = Taint(source.kind, (frame.step(definition.node, source.note),))
            unknown = tainted(unknown, (taint,))
        bound[parameter.name] = join(*options, unknown)
    return bound


def _is_injected(parameter: Parameter) -> bool:
    """A route's parameter that the framework supplies (`db=Depends(...)`, a request state)."""
    default = parameter.default
    return default is not None and any(name.endswith("Depends()") for name in default.names())


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
    if isinstance(definition.body, cst.BaseExpression):
        return evaluate(inner, definition.body)
    run_block(inner, definition.body)
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


def _instantiate(frame: Frame, cls: Class, arguments: tuple[Argument, ...], node: cst.Call) -> Value:
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
        for name, value in _all_keywords(arguments).items():
            definition.assign(name, value)
    # Instances of one class share their attributes here; what one holds doesn't taint the others' whole.
    return untainted(instance)


__all__ = [
    "ABSENT",
    "annotated_value",
    "call",
    "call_function",
    "decorator_names",
    "define",
    "generic_arguments",
    "run_body",
]
