"""Calls: what is called, with what, and what comes back; each is recorded once per possible callee."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

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
    Choice,
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
    func: cst.BaseExpression = node.func
    # An `isinstance` that says no is slow here: libcst's classes are abstract ones.
    if type(func) is cst.Attribute:
        receiver = evaluate(frame, func.value)
        written = identifier(func.attr.value)
        callee = attribute(frame, receiver, written)
        if callee.taints and any(not taint.steps for taint in callee.taints):
            callee = _place_taints(frame, func, callee)
    else:
        callee = evaluate(frame, func)
        if type(func) is cst.Name:
            written = identifier(func.value)
    arguments = tuple([_argument(frame, argument) for argument in node.args])
    special = _special(frame, node, callee, arguments)
    if special is not None:
        return special
    if type(callee) is Choice:
        return join(*[_call_one(frame, node, option, arguments, receiver, written) for option in callee.options])
    result = _call_one(frame, node, callee, arguments, receiver, written)
    return result if type(result) is not Choice else join(result)


def _argument(frame: Frame, node: cst.Arg) -> Argument:
    name = node.keyword
    return Argument(evaluate(frame, node.value), "" if name is None else identifier(name.value), node.star, node)


def _call_one(
    frame: Frame,
    node: cst.Call,
    callee: Value,
    arguments: tuple[Argument, ...],
    receiver: Value | None,
    written: str,
) -> Value:
    if isinstance(callee, Reference):
        return _call_outside(frame, node, callee, arguments, receiver)
    if isinstance(callee, Partial):
        bound = tuple(Argument(value) for value in callee.positional)
        named = tuple(Argument(value, keyword=name) for name, value in callee.keywords)
        given = {argument.keyword for argument in arguments if argument.keyword}
        named = tuple(argument for argument in named if argument.keyword not in given)
        merged = (*bound, *arguments, *named)
        options = callee.function.alternatives()
        return join(*(_call_one(frame, node, option, merged, receiver, written) for option in options))
    site = frame.call_site(node, _outside_constructor(callee), written, arguments, receiver)
    frame.record_call(site)
    run_callbacks(frame, node, written, arguments, site)
    if isinstance(callee, Function) and callee.definition is not None:
        result = call_function(frame, callee, arguments, node)
        if callee.definition.checks_digest or _names_digest_check(callee.definition.name):
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
    if not written or llm_calls.may_answer(written):
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
    while not isinstance(node, cst.Name):
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


class _Known(NamedTuple):
    """What a qualified name alone says of calls by it.

    Attributes:
        last: the last part of the name.
        made, attribute: what the call site is named.
        checks_digest: whether it is named as a check of a digest.
        result: the name of what it gives; None if that would be too long.
        own_part: whether it is a part of a request that no visitor sets.
        source: the source that it is, or None.
        content: keyword and position of the argument that its result stands for, or None.
    """

    last: str
    made: str
    attribute: str
    checks_digest: bool
    result: str | None
    own_part: bool
    source: sources.Source | None
    content: tuple[int, str] | None


@lru_cache(maxsize=8192)
def _known(name: str) -> _Known:
    last = name.rpartition(".")[2]
    # `super().__init__(...)` of a class that is derived from a library's: the library's constructor.
    made = name.removesuffix("().__init__") if last == "__init__" else name
    result = library.result_of(name)
    return _Known(
        last=last,
        made=made,
        attribute=made.rpartition(".")[2],
        checks_digest=_names_digest_check(last),
        result=result if len(result) <= 240 else None,
        own_part=last in sources.OWN_REQUEST_PARTS,
        source=sources.source_of_call(name),
        content=library.CONTENT.get(name),
    )


@lru_cache(maxsize=8192)
def _names_digest_check(name: str) -> bool:
    return _DIGEST_HELPER.search(name) is not None


def _call_outside(
    frame: Frame,
    node: cst.Call,
    callee: Reference,
    arguments: tuple[Argument, ...],
    receiver: Value | None,
) -> Value:
    name = callee.name
    known = _known(name)
    last = known.last
    site = frame.call_site(node, known.made, known.attribute, arguments, receiver)
    if frame.state.stored:
        site.read_back = read_back(frame, site)
    frame.record_call(site)
    callback = run_callbacks(frame, node, last, arguments, site)
    if known.checks_digest:
        note_digest_check(frame)
    note_writing(frame, site)
    special = library_result(frame, node, callee, site)
    if special is not None:
        return special
    if known.result is None:
        return Unknown("too long a chain", taints=callee.taints)
    giver = receiver if receiver is not None and not known.own_part else callee
    taints = _passed_on(frame, node, name, last, giver, arguments)
    source = known.source
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
    where = known.content
    if where is not None:
        content = site.argument(where[1], where[0])
        if content.is_absent:
            content = None
        taints = merge_taints(taints, stored_taints(frame, content))
    elif name in _PATH_READERS:
        taints = merge_taints(taints, stored_taints(frame, content))
    return Reference(known.result, content=content, made_by=site, taints=taints)


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
    if not (receiver is not None and receiver.taints):
        for argument in arguments:
            if argument.value.taints:
                break
        else:
            return ()
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
    if type(callee) is not Reference and type(callee) is not Choice:
        return None
    names = callee.names()
    if len(names) != 1 or names[0] not in _SPECIAL:
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


_SPECIAL = frozenset(
    {
        "importlib.import_module",
        "__import__",
        "importlib.__import__",
        "getattr",
        "setattr",
        "functools.partial",
        "functools.partialmethod",
        "super",
        "vars",
        "globals",
        "locals",
    }
)


def _super(owner: ClassDefinition) -> Value:
    options: list[Value] = [Instance(definition=base) for base in owner.local_bases()]
    options.extend(Reference(f"{name}()") for base in owner.bases for name in base.names())
    return join(*options) if options else Unknown("the base class is not known")
