"""Abstract values: what an expression may evaluate to, as far as the text tells.

`Unknown` is a value of its own, with a reason, so that a rule has to decide what not knowing means. A value carries
its taints: where dangerous data in it came from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from mlwarden.model.findings import TraceStep
from mlwarden.semantics.value_classes import immutable

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.definitions import ClassDefinition, FunctionDefinition

MAX_OPTIONS = 8
MAX_TAINTS = 4
MAX_STEPS = 8
MAX_NAME = 240
# Nodes in one nested value. Code such as `history.append(history)` would otherwise double it at every step.
MAX_WEIGHT = 600
_LIGHT = 12


@dataclass(frozen=True, slots=True)
class Taint:
    """Where dangerous data came from.

    Attributes:
        kind: "llm", "network", "request", "input", "cli", "file", "environment", "secret", "tool", "retrieval".
        steps: the way so far, source first.
        certain: False once it passed through a call whose effect is not known.
    """

    kind: str
    steps: tuple[TraceStep, ...]
    certain: bool = True

    def then(self, step: TraceStep) -> Taint:
        """This taint, one step further; a long way keeps its beginning and its end."""
        steps = self.steps if len(self.steps) < MAX_STEPS else (*self.steps[:2], *self.steps[3:])
        return replace(self, steps=(*steps, step))


@immutable(frozen=True, slots=True)
class Value:
    """Base of all abstract values."""

    taints: tuple[Taint, ...] = field(default=(), kw_only=True)

    @property
    def weight(self) -> int:
        """The number of values it is made of, itself included."""
        return 1

    def alternatives(self) -> tuple[Value, ...]:
        """The values this may be; one unless it is a `Choice`."""
        return (self,)

    # --- questions that rules ask ------------------------------------------------------------------------------

    @property
    def is_absent(self) -> bool:
        """Certainly not given (an argument that is left out)."""
        return False

    @property
    def may_be_absent(self) -> bool:
        """Perhaps not given."""
        return any(option.is_absent for option in self.alternatives())

    @property
    def is_unknown(self) -> bool:
        """Nothing is known in at least one alternative."""
        return any(isinstance(option, Unknown) for option in self.alternatives())

    def constants(self) -> tuple[Any, ...]:
        """The Python constants among the alternatives."""
        return tuple(option.value for option in self.alternatives() if isinstance(option, Constant))

    def strings(self) -> tuple[str, ...]:
        """The str constants among the alternatives."""
        return tuple(value for value in self.constants() if isinstance(value, str))

    def string(self) -> str | None:
        """The one str this certainly is, or None."""
        return self.value if isinstance(self, Constant) and isinstance(self.value, str) else None

    def may_be(self, wanted: object) -> bool:
        """Whether one alternative is that constant, of that very type (`True` is not `1`)."""
        return any(value == wanted and type(value) is type(wanted) for value in self.constants())

    def must_be(self, wanted: object) -> bool:
        """Whether every alternative is that constant, of that very type."""
        return all(
            isinstance(option, Constant) and option.value == wanted and type(option.value) is type(wanted)
            for option in self.alternatives()
        )

    def truth(self) -> bool | None:
        """True or False where every alternative has that truth value, else None."""
        found = {_truth(option) for option in self.alternatives()}
        return found.pop() if len(found) == 1 else None

    def may_be_true(self) -> bool:
        """Whether one alternative is known to be truthy."""
        return any(_truth(option) is True for option in self.alternatives())

    def may_be_false(self) -> bool:
        """Whether one alternative is known to be falsy."""
        return any(_truth(option) is False for option in self.alternatives())

    def prefixes(self) -> tuple[str, ...]:
        """What the alternatives that are (partly) known strings certainly begin with."""
        found = []
        for option in self.alternatives():
            if isinstance(option, Constant) and isinstance(option.value, str):
                found.append(option.value)
            elif isinstance(option, Text) and option.parts and option.parts[0] is not None:
                found.append(option.parts[0])
        return tuple(found)

    def suffixes(self) -> tuple[str, ...]:
        """What the alternatives that are (partly) known strings certainly end with."""
        found = []
        for option in self.alternatives():
            if isinstance(option, Constant) and isinstance(option.value, str):
                found.append(option.value)
            elif isinstance(option, Text) and option.parts and option.parts[-1] is not None:
                found.append(option.parts[-1])
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        """The qualified names among the alternatives ("torch.load", "openai.OpenAI().chat")."""
        return tuple(option.name for option in self.alternatives() if isinstance(option, Reference))

    def tainted_by(self, *kinds: str) -> tuple[Taint, ...]:
        """Its taints of these kinds (all, if none is named), certain ones first."""
        found = [taint for taint in self.taints if not kinds or taint.kind in kinds]
        return tuple(sorted(found, key=lambda taint: not taint.certain))


@immutable(frozen=True, slots=True)
class Absent(Value):
    """No value was given."""

    @property
    def is_absent(self) -> bool:  # noqa: D102
        return True


ABSENT = Absent()


@immutable(frozen=True, slots=True)
class Constant(Value):
    """A known Python constant: str, bytes, int, float, complex, bool, None or Ellipsis."""

    value: Any = None

    def __eq__(self, other: object) -> bool:
        """Constants differ by type too: True is not 1."""
        return (
            isinstance(other, Constant)
            and type(self.value) is type(other.value)
            and bool(self.value == other.value)
            and self.taints == other.taints
        )

    def __hash__(self) -> int:
        return hash((type(self.value), self.value, self.taints))


@immutable(frozen=True, slots=True)
class Unknown(Value):
    """Nothing is known but why.

    Attributes:
        reason: e.g. "parameter 'path'", "computed at run time".
        parameter: name of the function parameter it stands for, or "".
    """

    reason: str = "computed at run time"
    parameter: str = ""


@immutable(frozen=True, slots=True)
class Reference(Value):
    """Something outside the document, by qualified name.

    "torch.load" is an imported name, "eval" a builtin; "tarfile.open()" is what calling it gives, and
    "tarfile.open().extractall" an attribute of that; "x[]" is an item of x.

    Attributes:
        name: the qualified name.
        content: what the data in it is named by or made from: the path of `open(path)`, the argument of `Path(x)`,
            the buffer of `BytesIO(b)`, the URL of a download.
        made_by: the call that gave it, if one did.
    """

    name: str = ""
    content: Value | None = None
    made_by: CallSite | None = None

    def __post_init__(self) -> None:
        if self.content is not None and self.content.weight >= MAX_WEIGHT:
            object.__setattr__(self, "content", _opaque(self.content))

    @property
    def weight(self) -> int:  # noqa: D102
        return 1 if self.content is None else 1 + self.content.weight


@immutable(frozen=True, slots=True)
class Text(Value):
    """A string of which some parts are known; None stands for an unknown part.

    Attributes:
        parts: in order.
        lead: the taints of the unknown part that it begins with; None if they are not told from the others'.
    """

    parts: tuple[str | None, ...] = ()
    lead: tuple[Taint, ...] | None = None

    @property
    def shown(self) -> str:
        """The string with `{}` for what is unknown."""
        return "".join("{}" if part is None else part for part in self.parts)

    @property
    def begins_with(self) -> tuple[Taint, ...]:
        """The taints of what it begins with; none where that is a known text."""
        if self.parts and self.parts[0]:
            return ()
        return self.taints if self.lead is None else self.lead


@immutable(frozen=True, slots=True)
class Sequence(Value):
    """A list, tuple or set display. `complete` is False if it may hold more than `items`."""

    kind: str = "list"
    items: tuple[Value, ...] = ()
    complete: bool = True
    _weight: int = field(default=0, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        items, weight = _bounded(self.items)
        if items is not self.items:
            object.__setattr__(self, "complete", self.complete and len(items) == len(self.items))
            object.__setattr__(self, "items", items)
        object.__setattr__(self, "_weight", weight)

    @property
    def weight(self) -> int:  # noqa: D102
        return self._weight


@immutable(frozen=True, slots=True)
class Mapping(Value):
    """A dict display or `dict(...)`; keys are constants. `complete` is False if it may hold more."""

    items: tuple[tuple[Any, Value], ...] = ()
    complete: bool = True
    _weight: int = field(default=0, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        values = tuple(value for _, value in self.items)
        bounded, weight = _bounded(values)
        if bounded is not values:
            object.__setattr__(self, "complete", self.complete and len(bounded) == len(values))
            items = tuple((key, value) for (key, _), value in zip(self.items, bounded, strict=False))
            object.__setattr__(self, "items", items)
        object.__setattr__(self, "_weight", weight)

    @property
    def weight(self) -> int:  # noqa: D102
        return self._weight

    def get(self, key: object) -> Value:
        """The value for a constant key: ABSENT if it is certainly not there, Unknown if that can't be told."""
        found: Value
        for known, found in reversed(self.items):
            if known == key and type(known) is type(key):
                return found
        return ABSENT if self.complete else Unknown("the dictionary is only partly known")

    def with_item(self, key: Any, value: Value) -> Mapping:
        """A copy in which `key` maps to `value`."""
        items = tuple((known, old) for known, old in self.items if known != key or type(known) is not type(key))
        return replace(self, items=(*items, (key, value)))


@immutable(frozen=True, slots=True)
class Function(Value):
    """A function or lambda defined in the project; `receiver` is bound as its first argument."""

    definition: FunctionDefinition | None = None
    receiver: Value | None = None


@immutable(frozen=True, slots=True)
class Class(Value):
    """A class defined in the project."""

    definition: ClassDefinition | None = None


@immutable(frozen=True, slots=True)
class Instance(Value):
    """An instance of a class defined in the project."""

    definition: ClassDefinition | None = None


@immutable(frozen=True, slots=True)
class Partial(Value):
    """A callable with arguments already bound (`functools.partial`)."""

    function: Value = ABSENT
    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        if self.weight > MAX_WEIGHT:
            object.__setattr__(self, "positional", tuple(_opaque(value) for value in self.positional))
            object.__setattr__(self, "keywords", tuple((name, _opaque(value)) for name, value in self.keywords))
            if self.function.weight > MAX_WEIGHT:
                object.__setattr__(self, "function", _opaque(self.function))

    @property
    def weight(self) -> int:  # noqa: D102
        bound = sum(value.weight for value in self.positional) + sum(value.weight for _, value in self.keywords)
        return 1 + self.function.weight + bound


@immutable(frozen=True, slots=True)
class Choice(Value):
    """One of several values (branches, defaults, rebinding)."""

    options: tuple[Value, ...] = ()
    _weight: int = field(default=0, init=False, compare=False, repr=False)
    # Made by `join`, which would make the same of it again.
    _settled: bool = field(default=False, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        options, weight = _bounded(self.options)
        if options is not self.options:
            object.__setattr__(self, "options", options)
        object.__setattr__(self, "_weight", weight)

    @property
    def weight(self) -> int:  # noqa: D102
        return self._weight

    def alternatives(self) -> tuple[Value, ...]:  # noqa: D102
        return self.options


def _opaque(value: Value) -> Value:
    """A value of which only the taints are kept."""
    return Unknown("too large a value", taints=value.taints)


def _bounded(values: tuple[Value, ...]) -> tuple[tuple[Value, ...], int]:
    """Parts that weigh no more than `MAX_WEIGHT` together, and what they weigh with their whole."""
    weight = 1
    for value in values:
        weight += value.weight
    if weight <= MAX_WEIGHT:
        return values, weight
    light = tuple(value if value.weight <= _LIGHT else _opaque(value) for value in values)
    while (weight := 1 + sum(value.weight for value in light)) > MAX_WEIGHT:
        light = light[: len(light) // 2]
    return light, weight


_V = TypeVar("_V", bound=Value)


def tainted(value: _V, taints: Iterable[Taint]) -> _V:
    """`value` with more taints (bounded; duplicates by kind and source dropped)."""
    merged = merge_taints(value.taints, taints)
    return value if merged == value.taints else replace(value, taints=merged)


def untainted(value: _V) -> _V:
    """`value` without its taints."""
    return replace(value, taints=()) if value.taints else value


def merge_taints(*groups: Iterable[Taint]) -> tuple[Taint, ...]:
    """The union, one per kind and source, at most `MAX_TAINTS`."""
    found: dict[object, Taint] = {}
    for group in groups:
        for taint in group:
            key = (taint.kind, taint.steps[0] if taint.steps else None)
            old = found.get(key)
            if old is None or (taint.certain and not old.certain):
                found[key] = taint
    return tuple(found.values())[:MAX_TAINTS]


def join(*values: Value) -> Value:
    """The value that is one of these; equal ones are merged, many are cut to `MAX_OPTIONS` and an Unknown."""
    # One of the functions that are called most: no generators here, and what is usual comes first.
    count = len(values)
    if count == 1:
        first = values[0]
        if type(first) is not Choice or first._settled:
            return first
    elif count == 2:
        first, second = values
        if first is second or (type(first) is type(second) and first == second):
            return first
        if type(first) is Choice and first._settled and second in first.options:
            return first
    options: list[Value] = []
    unknown = -1
    for value in values:
        for option in value.options if type(value) is Choice else (value,):
            kind = type(option)
            if kind is Unknown:
                if unknown < 0:
                    unknown = len(options)
                    options.append(option)
                elif option.taints and option != options[unknown]:
                    options[unknown] = tainted(options[unknown], option.taints)
                continue
            for known in options:
                if known is option or (type(known) is kind and known == option):
                    break
            else:
                options.append(option)
    if not options:
        return Unknown("no value")
    if len(options) == 1:
        return options[0]
    groups = [option.taints for option in options if option.taints]
    taints = merge_taints(*groups) if groups else ()
    if len(options) > MAX_OPTIONS:
        # Names matter most (they decide which rules see a call), then constants.
        options.sort(key=_rank)
        options = [*options[:MAX_OPTIONS], Unknown("too many alternatives", taints=taints)]
        return Choice(options=tuple(options), taints=taints)
    whole = tuple(options)
    choice = Choice(options=whole, taints=taints)
    if choice.options is whole:
        object.__setattr__(choice, "_settled", True)
    return choice


def _rank(value: Value) -> int:
    if isinstance(value, (Reference, Function, Partial)):
        return 0
    return 1 if isinstance(value, Constant) else 2


def _truth(value: Value) -> bool | None:
    if isinstance(value, Constant):
        return bool(value.value)
    if isinstance(value, Sequence):
        return True if value.items else (False if value.complete else None)
    if isinstance(value, Mapping):
        return True if value.items else (False if value.complete else None)
    if isinstance(value, (Function, Class, Partial)):
        return True
    if isinstance(value, Text):
        return True if any(value.parts) else None
    return None
