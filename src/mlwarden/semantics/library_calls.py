"""Results of outside calls that are known better than 'an instance': strings, containers, paths, options, downloads."""

from __future__ import annotations

import inspect
import posixpath
import textwrap
from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from mlwarden.semantics.calls import Argument, CallSite
from mlwarden.semantics.expressions import (
    element_of,
    environment_value,
    item,
)
from mlwarden.semantics.formatting import brace_format
from mlwarden.semantics.frames import Frame
from mlwarden.semantics.secret_sources import GETTERS
from mlwarden.semantics.texts import concatenate
from mlwarden.semantics.values import (
    Constant,
    Mapping,
    Reference,
    Sequence,
    Text,
    Unknown,
    Value,
    join,
    merge_taints,
    tainted,
)


def all_keywords(arguments: tuple[Argument, ...]) -> dict[str, Value]:
    """The keyword arguments by name, those of an unpacked dictionary included."""
    found: dict[str, Value] = {}
    for argument in arguments:
        if argument.keyword:
            found[argument.keyword] = argument.value
        elif argument.star == "**" and isinstance(argument.value, Mapping):
            found.update((key, value) for key, value in argument.value.items if isinstance(key, str))
    return found


def library_result(frame: Frame, node: cst.Call, callee: Reference, site: CallSite) -> Value | None:
    """Results of outside calls that are known better than 'an instance'."""
    name = callee.name
    content = callee.content
    if content is not None:
        if name.startswith("str()."):
            return _string_method(name[6:], content, site)
        if isinstance(content, Sequence) and "()." in name:
            return _list_method(frame, node, name.partition("().")[2], content, site)
        if isinstance(content, Mapping) and name.startswith("dict()."):
            return _dict_method(frame, node, name[7:], content, site)
    known = _RESULTS.get(name)
    if known is not None:
        return known(frame, node, name, site)
    if name.endswith(".add_argument") and "argparse" in name:
        _note_option(frame, site)
    return None


# --- functions by their names: each gives the result, or None where it is not known better ---------------------------


def _environment(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value:
    value = environment_value(frame, site.argument("key", 0), node)
    default = site.argument("default", 1)
    return value if default.is_absent else join(default, value)


def _tidied(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value | None:
    for text in site.positional()[:1]:
        written = text.string()
        if written is None or len(written) > 20_000:
            return text
        return tainted(Constant(_TIDYING[name](written)), text.taints)
    return None


def _part_of_path(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value | None:
    values = site.positional()
    path = values[0].string() if len(values) == 1 else None
    return None if path is None else tainted(_constant(_PATH_PARTS[name](path)), values[0].taints)


def _str(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value:
    return site.argument("object", 0) if site.arguments else Constant("")


def _container(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value | None:
    values = site.positional()
    if len(values) != 1:
        return None
    value = values[0]
    if isinstance(value, Sequence):
        return value
    return Sequence(items=(element_of(value),), complete=False, taints=value.taints)


def _element(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value | None:
    values = site.positional()
    return element_of(values[0]) if values else None


def _cast(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value | None:
    values = site.positional()
    return values[1] if len(values) == 2 else None


def _enumerate(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value | None:
    values = site.positional()
    if not values:
        return None
    inner = element_of(values[0])
    pair = Sequence(kind="tuple", items=(Unknown("an index"), inner), taints=inner.taints)
    return Sequence(items=(pair,), complete=False, taints=inner.taints)


def _zip(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value:
    items = tuple(element_of(value) for value in site.positional())
    row = Sequence(kind="tuple", items=items, taints=merge_taints(*(value.taints for value in items)))
    return Sequence(items=(row,), complete=False, taints=row.taints)


def _same(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value | None:
    values = site.positional()
    return values[0] if len(values) == 1 else None


def _bool(frame: Frame, node: cst.Call, name: str, site: CallSite) -> Value:
    truth = site.argument("x", 0).truth() if site.arguments else None
    return _CONDITION if truth is None else Constant(truth)


_CONDITION = Unknown("a condition")
_DECORATOR = Unknown("a decorator")
_TIDYING: dict[str, Callable[[str], str]] = {"textwrap.dedent": textwrap.dedent, "inspect.cleandoc": inspect.cleandoc}
_PATH_PARTS: dict[str, Callable[[str], object]] = {
    "os.path.basename": posixpath.basename,
    "os.path.dirname": posixpath.dirname,
    "os.path.splitext": posixpath.splitext,
    "os.path.split": posixpath.split,
}
_RESULTS: dict[str, Callable[[Frame, cst.Call, str, CallSite], Value | None]] = {
    **dict.fromkeys(GETTERS, _environment),
    **dict.fromkeys(["os.path.join", "posixpath.join"], lambda frame, node, name, site: _join_path(site.positional())),
    **dict.fromkeys(_TIDYING, _tidied),
    **dict.fromkeys(_PATH_PARTS, _part_of_path),
    "str": _str,
    "dict": lambda frame, node, name, site: _make_dict(site),
    **dict.fromkeys(["list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"], _container),
    **dict.fromkeys(["next", "min", "max", "random.choice"], _element),
    **dict.fromkeys(["typing.cast", "cast"], _cast),
    "enumerate": _enumerate,
    "zip": _zip,
    "staticmethod": _same,
    "bool": _bool,
    **dict.fromkeys(["isinstance", "callable", "hasattr"], lambda frame, node, name, site: _CONDITION),
    **dict.fromkeys(
        ["functools.wraps", "functools.lru_cache", "functools.cache"], lambda frame, node, name, site: _DECORATOR
    ),
}


# --- methods of texts, lists and dictionaries ------------------------------------------------------------------------


def _string_method(method: str, content: Value, site: CallSite) -> Value | None:
    receiver_taints = content.taints
    if method == "format":
        taints = merge_taints(receiver_taints, *(argument.value.taints for argument in site.arguments))
        starred = any(argument.star == "*" for argument in site.arguments)
        return tainted(brace_format(content, site.positional(), site.argument, complete=not starred), taints)
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
    if text is not None and method in _ON_CONSTANTS and (computed := _computed(text, method, site)) is not None:
        return tainted(computed, receiver_taints)
    if text is not None and method == "encode":
        return Constant(text, taints=receiver_taints)
    if method == "replace" and site.argument("old", 0).tainted_by("secret"):
        return Text(parts=(None,))  # the secret is taken out of the text
    if method in {"strip", "lstrip", "rstrip", "lower", "upper", "replace", "removeprefix", "removesuffix", "encode"}:
        taints = merge_taints(receiver_taints, *(argument.value.taints for argument in site.arguments))
        return Text(parts=(None,), taints=taints)
    if method in {"split", "rsplit", "splitlines", "partition", "rpartition"}:
        return Sequence(items=(Text(parts=(None,), taints=receiver_taints),), complete=False, taints=receiver_taints)
    return None


# String methods whose result follows from constants alone, and is no longer than what goes in (`replace` is bounded).
_ON_CONSTANTS = frozenset(
    "strip lstrip rstrip lower upper title replace removeprefix removesuffix split rsplit partition rpartition".split()  # noqa: SIM905
)


def _computed(text: str, method: str, site: CallSite) -> Value | None:
    """What a string method gives for constants; None if an argument is not one."""
    values = [value.value if isinstance(value, Constant) else None for value in site.positional()]
    if len(values) != len(site.arguments) or len(text) > 2_000 or not all(isinstance(v, (str, int)) for v in values):
        return None
    if any(isinstance(value, str) and len(value) > 200 for value in values):
        return None
    try:
        return _constant(getattr(text, method)(*values))
    except (TypeError, ValueError):
        return None


def _constant(result: object) -> Value:
    if isinstance(result, (list, tuple)):
        kind = "list" if isinstance(result, list) else "tuple"
        return Sequence(kind=kind, items=tuple(map(_constant, result[:64])), complete=len(result) <= 64)
    return Constant(result)


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
            known = key.value in {name for name, _ in content.items}
            value = found if known else Constant(None) if default.is_absent else default
            if not known and not content.complete:
                value = join(value, found)
            if method == "setdefault" and not known and isinstance(node.func, cst.Attribute):
                from mlwarden.semantics.binding import _replace

                _replace(frame, node.func.value, content.with_item(key.value, value))
            return value
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
    for key, value in all_keywords(site.arguments).items():
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
