"""What the rules about agent frameworks share: which API of which library a name is, under all its import paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from mlwarden.semantics.values import Constant, Reference, Sequence
from mlwarden.semantics.values import Mapping as MappingValue

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_T = TypeVar("_T")

LANGCHAIN = (
    "langchain",
    "langchain_classic",
    "langchain_community",
    "langchain_core",
    "langchain_experimental",
    "langchain_neo4j",
)
_DEPTH = 4


def api_of(name: str, apis: Mapping[str, tuple[str, ...]]) -> str:
    """The entry under which a qualified name stands, or "".

    Args:
        name: "langchain.chains.pal.PALChain.from_math_prompt".
        apis: name without its modules ("PALChain.from_math_prompt", "create_csv_agent") -> the packages that have it,
            by top-level name or longer dotted prefix. Frameworks move their modules about from release to release, so
            that modules are not compared.
    """
    if not name or "(" in name:
        return ""
    parts = name.split(".")
    for length in (2, 1):
        key = ".".join(parts[-length:])
        packages = apis.get(key, ())
        if len(parts) > length and any(name.startswith(f"{package}.") for package in packages):
            return key
    return ""


def from_langchain(name: str) -> bool:
    """Whether a qualified name is one of LangChain's packages' or of its partner packages'."""
    return name.partition(".")[0].partition("_")[0] == "langchain"


def patterns(*names: str) -> tuple[str, ...]:
    """Entries of `Rule.calls` for names under any import path: "PALChain.from_math_prompt" -> "*.from_math_prompt"."""
    return tuple(dict.fromkeys(f"*.{name.rpartition('.')[2]}" for name in names))


def parts_of(value: Value, depth: int = _DEPTH) -> Iterator[Value]:
    """The alternatives of a value, and what lies in them where they are lists or dictionaries."""
    for option in value.alternatives():
        yield option
        if depth > 0 and isinstance(option, Sequence):
            for item in option.items:
                yield from parts_of(item, depth - 1)
        elif depth > 0 and isinstance(option, MappingValue):
            for _, item in option.items:
                yield from parts_of(item, depth - 1)


def made_by(value: Value) -> Iterator[CallSite]:
    """The calls that made what a value is or holds."""
    for part in parts_of(value):
        if isinstance(part, Reference) and part.made_by is not None:
            yield part.made_by


def handed_over(call: CallSite, calls: list[CallSite]) -> bool:
    """Whether what `call` gives is an argument of another call, by itself or in a list."""
    return any(made is call for other in calls for argument in other.arguments for made in made_by(argument.value))


def is_given(value: Value) -> bool:
    """Whether an argument that asks for a callable or object is given for certain, and not as None or False."""
    return not any(
        option.is_absent or (isinstance(option, Constant) and not option.value) for option in value.alternatives()
    )


def shown(name: str) -> str:
    """A qualified name for messages: the last part, with its class: "PALChain.from_math_prompt"."""
    parts = name.split(".")
    return ".".join(parts[-2:]) if len(parts) > 1 and parts[-2][:1].isupper() else parts[-1]


def asked_elsewhere(model: SemanticModel, tool: str) -> bool:
    """Whether the agent is built so that a person is asked before the tool runs."""
    if model.calls_of("*.HumanApprovalCallbackHandler"):
        return True
    for call in model.calls_of("*.HumanInTheLoopMiddleware"):
        for option in call.argument("interrupt_on", 0).alternatives():
            if not isinstance(option, MappingValue) or not tool:
                return True
            asked = option.get(tool)
            if not (asked.is_absent or asked.must_be(False)):
                return True
    return any(is_given(call.argument("interrupt_before")) for call in model.calls if _interrupts(call))


def _interrupts(call: CallSite) -> bool:
    return call.attribute in {"compile", "create_react_agent", "create_agent"} and (
        "interrupt_before" in call.keyword_names()
    )
