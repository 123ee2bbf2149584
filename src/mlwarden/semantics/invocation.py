"""Calls: what is called, with what, and what comes back; each is recorded once per possible callee."""

from __future__ import annotations

import re
from dataclasses import replace

import libcst as cst

from mlwarden.semantics import library, llm_calls, propagation, sources
from mlwarden.semantics.activation import call_function, instantiate
from mlwarden.semantics.callbacks import run_callbacks
from mlwarden.semantics.calls import Argument, CallSite
from mlwarden.semantics.definitions import ClassDefinition
from mlwarden.semantics.expressions import (
    _place_taints,
    attribute,
    evaluate,
    identifier,
    note_digest_check,
    outside,
)
from mlwarden.semantics.frames import Frame
from mlwarden.semantics.library_calls import all_keywords, library_result
from mlwarden.semantics.scopes import settled
from mlwarden.semantics.secret_sources import SECRET_CALLS
from mlwarden.semantics.stored_files import note_download, note_writing, read_back, stored_taints
from mlwarden.semantics.values import (
    Class,
    Constant,
    Function,
    Instance,
    Mapping,
    Partial,
    Reference,
    Taint,
    Unknown,
    Value,
    join,
    merge_taints,
)

_DIGEST_HELPER = re.compile(
    r"(?:verif|check|valid|assert|ensure|compare).*(?:hash|sha|digest|checksum|md5|integrity|signature)|compare_digest",
    re.I,
)

_PATH_READERS = frozenset({"pathlib.Path().open", "pathlib.Path().read_bytes", "pathlib.Path().read_text"})


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
    site = frame.call_site(node, _outside_constructor(callee), written, arguments, receiver)
    frame.record_call(site)
    run_callbacks(frame, node, written, arguments, site)
    if isinstance(callee, Function) and callee.definition is not None:
        result = call_function(frame, callee, arguments, node)
        if callee.definition.checks_digest or _DIGEST_HELPER.search(callee.definition.name):
            note_digest_check(frame)
        return result
    if isinstance(callee, Class) and callee.definition is not None:
        return instantiate(frame, callee, arguments, node)
    if isinstance(callee, Instance):
        return join(
            *(
                call_function(frame, option, arguments, node)
                for option in attribute(frame, callee, "__call__").alternatives()
                if isinstance(option, Function)
            )
        )
    taints = _passed_on(frame, node, "", written, receiver, arguments)
    form = _form(node.func)
    if llm_calls.answers_by_form(form):
        step = frame.step(node, f"model output comes from `{form}`, by its name")
        taints = merge_taints((Taint("llm", (step,), certain=False),), taints)
    return Unknown("the result of an unknown call", taints=taints)


def _outside_constructor(callee: Value) -> str:
    """The library's class whose constructor a class of the project is made with, if it adds none of its own."""
    definition = callee.definition if isinstance(callee, Class) else None
    if definition is None or definition.find("__init__") is not None or definition.find("__new__") is not None:
        return ""
    names = [name for name in definition.base_names() if name not in library.BUILTINS and "." in name]
    return names[0] if len(names) == 1 else ""


def _form(node: cst.BaseExpression) -> str:
    """A callee as it is written, calls and items left out: `self.llm.bind(x).invoke` is `self.llm.bind.invoke`."""
    parts: list[str] = []
    while True:
        if isinstance(node, cst.Attribute):
            parts.append(identifier(node.attr.value))
            node = node.value
        elif isinstance(node, cst.Call):
            node = node.func
        elif isinstance(node, cst.Subscript):
            node = node.value
        else:
            break
    if isinstance(node, cst.Name):
        parts.append(identifier(node.value))
    return ".".join(reversed(parts))


def _call_outside(
    frame: Frame,
    node: cst.Call,
    callee: Reference,
    arguments: tuple[Argument, ...],
    receiver: Value | None,
) -> Value:
    name = callee.name
    last = name.rpartition(".")[2]
    # `super().__init__(...)` of a class that is derived from a library's: the library's constructor.
    made = name.removesuffix("().__init__") if last == "__init__" else name
    site = frame.call_site(node, made, made.rpartition(".")[2], arguments, receiver)
    if frame.state.stored:
        site.read_back = read_back(frame, site)
    frame.record_call(site)
    callback = run_callbacks(frame, node, last, arguments, site)
    if _DIGEST_HELPER.search(last):
        note_digest_check(frame)
    note_writing(frame, site)
    special = library_result(frame, node, callee, site)
    if special is not None:
        return special
    result = library.result_of(name)
    if len(result) > 240:
        return Unknown("too long a chain", taints=callee.taints)
    giver = receiver if receiver is not None and last not in sources.OWN_REQUEST_PARTS else callee
    taints = _passed_on(frame, node, name, last, giver, arguments)
    source = sources.source_of_call(name)
    if source is not None and source.kind == "network" and any(map(llm_calls.is_model_service, _addresses(site))):
        source = sources.Source("llm", f"model output comes from `{sources.short(name)}`")
    if source is not None:
        taints = merge_taints((Taint(source.kind, (frame.step(node, source.note),)),), taints)
        note_download(frame, site, taints)
    elif name in SECRET_CALLS:
        taints = merge_taints((Taint("secret", (frame.step(node, SECRET_CALLS[name]),)),), taints)
    if callback is not None:
        taints = merge_taints(taints, callback.taints)
    content = callee.content
    where = library.CONTENT.get(name)
    if where is not None:
        content = site.argument(where[1], where[0])
        if content.is_absent:
            content = None
        taints = merge_taints(taints, stored_taints(frame, content))
    elif name in _PATH_READERS:
        taints = merge_taints(taints, stored_taints(frame, content))
    return Reference(result, content=content, made_by=site, taints=taints)


def _addresses(site: CallSite) -> tuple[str, ...]:
    """What the address of a request begins with."""
    return tuple(text for value in (*site.positional()[:2], site.argument("url")) for text in value.prefixes())


def _passed_on(
    frame: Frame,
    node: cst.CSTNode,
    name: str,
    last: str,
    receiver: Value | None,
    arguments: tuple[Argument, ...],
) -> tuple[Taint, ...]:
    """The taints of a call's result: its receiver's and, with less certainty, its arguments'."""
    if propagation.is_neutral(name, last):
        return ()
    groups: list[tuple[Taint, ...]] = []
    if receiver is not None and receiver.taints:
        groups.append(receiver.taints)
    certain = name in propagation.PROPAGATORS or name.startswith(("str().", "bytes().", "re."))
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
            frame.record_call(frame.call_site(node, name, name.rpartition(".")[2], arguments, None))
            if name.endswith("__import__"):
                module = module.partition(".")[0]
            return outside(frame, library.qualified(module))
        return None
    if name == "getattr" and len(plain) >= 2:
        wanted = plain[1].string()
        if wanted is None:
            return None
        frame.record_call(frame.call_site(node, name, name, arguments, None))
        found = attribute(frame, plain[0], wanted)
        return join(found, plain[2]) if len(plain) > 2 and isinstance(plain[2], (Reference, Function)) else found
    if name == "setattr" and len(plain) == 3 and isinstance(plain[1], Constant) and isinstance(plain[0], Reference):
        frame.state.overrides[library.attribute_of(plain[0].name, str(plain[1].value))] = plain[2]
        return None
    if name in {"functools.partial", "functools.partialmethod"} and plain:
        frame.record_call(frame.call_site(node, name, "partial", arguments, None))
        keywords = all_keywords(arguments)
        return Partial(function=plain[0], positional=tuple(plain[1:]), keywords=tuple(keywords.items()))
    if name == "super":
        owner = None if frame.function is None else frame.function.owner
        return None if owner is None else _super(owner)
    if name == "vars" and plain:
        return Reference("vars()", content=plain[0])
    if name in {"globals", "locals"} and not arguments:
        return Mapping(
            items=tuple((name, settled(value)) for name, value in frame.scope.module.variables.items()), complete=False
        )
    return None


def _super(owner: ClassDefinition) -> Value:
    options: list[Value] = [Instance(definition=base) for base in owner.local_bases()]
    options.extend(Reference(f"{name}()") for base in owner.bases for name in base.names())
    return join(*options) if options else Unknown("the base class is not known")
