"""Data classes whose methods are made when they are first needed.

`dataclasses` writes the source of every method and compiles it, 0.3 to 0.5 ms for each class that a run imports, and
imports `inspect`, `ast` and `tokenize` for it: half of what a hook on a clean file may cost altogether. Here `__init__` is
compiled when the first object is made, comparisons when the first is asked for. To type checkers, `record` *is*
`dataclass`; `dataclasses.replace` and `fields` work on these classes too.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` would cost a part of what is saved
    from collections.abc import Callable, Iterator
    from dataclasses import dataclass as record
    from dataclasses import field, replace
    from typing import Any

__all__ = ["field", "names_of", "record", "replace"]

_MISSING = object()
_COMPARISONS = {"__eq__": "==", "__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


class _Field:
    """What is said of a field besides its name and type."""

    __slots__ = ("compare", "default", "factory", "hash", "repr")

    def __init__(
        self,
        default: Any = _MISSING,
        factory: Any = _MISSING,
        hash: bool | None = None,  # named as `dataclasses` has it
        compare: bool = True,
        repr: bool = True,
    ) -> None:
        self.default, self.factory = default, factory
        self.compare, self.hash, self.repr = compare, compare if hash is None else hash, repr


class _StandardFields:
    """The fields as `dataclasses` describes them, made once, for the classes about which somebody asks."""

    def __init__(self, fields: dict[str, _Field]) -> None:
        self._fields = fields

    def __get__(self, instance: object, owner: type) -> dict[str, Any]:
        import dataclasses

        listed = []
        for name, each in self._fields.items():
            options: dict[str, Any] = {"hash": each.hash, "compare": each.compare, "repr": each.repr}
            if each.default is not _MISSING:
                options["default"] = each.default
            if each.factory is not _MISSING:
                options["default_factory"] = each.factory
            listed.append((name, owner.__annotations__[name], dataclasses.field(**options)))
        standard: Any = dataclasses.make_dataclass(owner.__name__, listed)
        found: dict[str, Any] = standard.__dataclass_fields__
        owner.__dataclass_fields__ = found  # type: ignore[attr-defined]
        return found


def names_of(made: Any) -> tuple[str, ...]:
    """The names of the fields of an object, or of a class."""
    names: tuple[str, ...] = made.__match_args__
    return names


if not TYPE_CHECKING:

    def field(*, default=_MISSING, default_factory=_MISSING, hash=None, compare=True, repr=True):
        """`dataclasses.field`, as far as it is used here."""
        return _Field(default, default_factory, hash, compare, repr)

    def replace(made, /, **changes):
        """`dataclasses.replace`, for records."""
        values = {name: getattr(made, name) for name in made.__match_args__}
        return type(made)(**{**values, **changes})

    def record(cls=None, /, *, frozen=False, slots=False, order=False, eq=True):
        """`dataclasses.dataclass`, as far as it is used here; classes with a base class of this kind are not."""
        if cls is None:
            return lambda decorated: _made(decorated, frozen, slots, order, eq)
        return _made(cls, frozen, slots, order, eq)


def _made(cls: type, frozen: bool, slots: bool, order: bool, eq: bool) -> type:
    fields: dict[str, _Field] = {}
    for name in cls.__annotations__:
        given = cls.__dict__.get(name, _MISSING)
        fields[name] = given if isinstance(given, _Field) else _Field(given)
    members = dict(cls.__dict__)
    for name in (*fields, "__dict__", "__weakref__"):
        members.pop(name, None)
    if slots:
        members["__slots__"] = tuple(fields)
    else:
        members.update((name, each.default) for name, each in fields.items() if each.default is not _MISSING)
    members["__match_args__"] = tuple(fields)
    members["__dataclass_fields__"] = _StandardFields(fields)
    shared: dict[str, Any] = {
        "__repr__": _repr([name for name, each in fields.items() if each.repr]),
        "__reduce__": _reduced,
    }
    if frozen:
        shared["__setattr__"] = shared["__delattr__"] = _refuse
    for name, method in shared.items():
        members.setdefault(name, method)
    if eq and not frozen:
        members["__hash__"] = None
    made: type = type(cls)(cls.__name__, cls.__bases__, members)
    checked = "__post_init__" in members
    for name, source in (("__init__", lambda: _init(fields, frozen, checked)), *_compared(fields, frozen, order, eq)):
        if name not in members or name == "__init__":
            setattr(made, name, _made_when_called(made, name, source, fields))
    return made


def _compared(
    fields: dict[str, _Field], frozen: bool, order: bool, eq: bool
) -> Iterator[tuple[str, Callable[[], str]]]:
    """The names of the methods that compare, and what gives their sources."""
    compared = [name for name, each in fields.items() if each.compare]
    for name, sign in _COMPARISONS.items():
        if eq and (order or sign == "=="):
            yield name, lambda name=name, sign=sign: _comparison(name, sign, compared)  # type: ignore[misc]
    if eq and frozen:
        hashed = [name for name, each in fields.items() if each.hash]
        yield "__hash__", lambda: f"def __hash__(self):\n return hash({_tuple('self', hashed)})"


def _made_when_called(cls: type, name: str, source: Callable[[], str], fields: dict[str, _Field]) -> Any:
    """A method that gives way to the real one."""

    def first(self: Any, *args: Any, **kwargs: Any) -> Any:
        scope: dict[str, Any] = {"_MISSING": _MISSING, "_set": object.__setattr__}
        for field_name, each in fields.items() if name == "__init__" else ():
            scope[f"_default_{field_name}"], scope[f"_make_{field_name}"] = each.default, each.factory
        exec(source(), scope)  # names of fields, nothing from outside
        method = scope[name]
        method.__qualname__ = f"{cls.__qualname__}.{name}"
        setattr(cls, name, method)
        return method(self, *args, **kwargs)

    return first


def _init(fields: dict[str, _Field], frozen: bool, checked: bool) -> str:
    parameters, lines = ["self"], []
    for name, each in fields.items():
        value = name
        if each.factory is not _MISSING:
            parameters.append(f"{name}=_MISSING")
            value = f"_make_{name}() if {name} is _MISSING else {name}"
        else:
            parameters.append(name if each.default is _MISSING else f"{name}=_default_{name}")
        lines.append(f" _set(self, {name!r}, {value})" if frozen else f" self.{name} = {value}")
    if checked:
        lines.append(" self.__post_init__()")
    return f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"])


def _comparison(name: str, sign: str, compared: list[str]) -> str:
    one, other = _tuple("self", compared), _tuple("other", compared)
    return (
        f"def {name}(self, other):\n"
        f" return {one} {sign} {other} if other.__class__ is self.__class__ else NotImplemented"
    )


def _tuple(made: str, names: list[str]) -> str:
    return "(" + "".join(f"{made}.{name}, " for name in names) + ")"


def _repr(names: list[str]) -> Any:
    def shown(made: Any) -> str:
        values = ", ".join(f"{name}={getattr(made, name)!r}" for name in names)
        return f"{type(made).__qualname__}({values})"

    return shown


def _refuse(made: Any, name: str, *_: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _reduced(made: Any) -> tuple[Any, ...]:
    return type(made), tuple(getattr(made, name) for name in made.__match_args__)
