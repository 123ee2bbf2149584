"""Where the data that a loader reads comes from, and how bad that makes it: one judgement for all rules."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from mlwarden.model.findings import TraceStep
from mlwarden.model.levels import Confidence, Severity
from mlwarden.semantics.calls import CallSite
from mlwarden.semantics.values import (
    Constant,
    Reference,
    Sequence,
    Taint,
    Unknown,
    Value,
    merge_taints,
)


class OriginKind(enum.Enum):
    """What is known of a loader's input, the most dangerous first."""

    REMOTE = "remote"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data comes from.

    Attributes:
        kind: REMOTE: a download, a request, a model's answer; OUTSIDE: given by the person at the keyboard, the
            environment or a document store; LITERAL: a path written in the code; UNKNOWN: a parameter, a computed value.
        phrase: ends the sentence "... reads", e.g. "data downloaded by `requests.get`", "'model.pkl'".
        taints: how it got there.
    """

    kind: OriginKind
    phrase: str
    taints: tuple[Taint, ...] = ()

    @property
    def trace(self) -> tuple[TraceStep, ...]:
        """The steps of its first taint."""
        return self.taints[0].steps if self.taints else ()

    @property
    def certain(self) -> bool:
        """Whether the way is known step by step."""
        return all(taint.certain for taint in self.taints[:1])


_URL = re.compile(r"(?:https?|ftp|s3|gs|gcs|az|abfss?|hf|hdfs|wasbs?)://", re.I)
_REMOTE_KINDS = ("request", "llm", "tool", "network")
_OUTSIDE_KINDS = ("retrieval", "input", "cli", "environment")
_PHRASES = {
    "request": "data from a web request",
    "llm": "the output of a language model",
    "tool": "an argument chosen by a language model",
    "retrieval": "a retrieved document",
    "network": "data from the network",
    "input": "what a person types in",
    "cli": "a path from the command line",
    "environment": "a path from the environment",
}


def origin_of(value: Value, read_back: tuple[Taint, ...] = ()) -> Origin:
    """Judge where the data in a value (a path, a file object, bytes) comes from.

    Args:
        value: what is read.
        read_back: `CallSite.read_back` of the call that reads it, if it reads a path.
    """
    values = _contents(value)
    taints = merge_taints(*(content.taints for content in values), read_back)
    remote = [taint for taint in taints if taint.kind in _REMOTE_KINDS]
    if remote:
        remote.sort(key=lambda taint: (not taint.certain, _REMOTE_KINDS.index(taint.kind)))
        return Origin(OriginKind.REMOTE, _PHRASES[remote[0].kind], tuple(remote))
    urls = [text for content in values for text in content.prefixes() if _URL.match(text)]
    if urls:
        return Origin(OriginKind.REMOTE, f"'{_shortened(urls[0])}'")
    outside = [taint for taint in taints if taint.kind in _OUTSIDE_KINDS]
    if outside:
        return Origin(OriginKind.OUTSIDE, _PHRASES[outside[0].kind], tuple(outside))
    leaves = [option for content in values for option in content.alternatives()]
    literal = next((leaf for leaf in leaves if isinstance(leaf, Constant) and isinstance(leaf.value, str)), None)
    if literal is not None and all(_is_literal(leaf) for leaf in leaves):
        return Origin(OriginKind.LITERAL, f"'{_shortened(literal.value)}'")
    if leaves and all(_is_literal(leaf) for leaf in leaves):
        return Origin(OriginKind.LITERAL, "a file named in the code")
    parameter = next((leaf.parameter for leaf in leaves if isinstance(leaf, Unknown) and leaf.parameter), "")
    return Origin(OriginKind.UNKNOWN, f"parameter '{parameter}'" if parameter else "a file of unknown origin")


def graded(origin: Origin) -> tuple[Severity, Confidence]:
    """How bad and how sure a code-executing loader is on data of this origin."""
    if origin.kind is OriginKind.REMOTE:
        return Severity.HIGH, Confidence.HIGH if origin.certain else Confidence.MEDIUM
    if origin.kind is OriginKind.LITERAL:
        return Severity.LOW, Confidence.HIGH
    return Severity.MEDIUM, Confidence.HIGH if origin.kind is OriginKind.OUTSIDE else Confidence.MEDIUM


def trace_of(call: CallSite, origin: Origin | None = None) -> tuple[TraceStep, ...]:
    """The finding's trace: where the data comes from, then the calls by which it got here."""
    steps = origin.trace if origin is not None else ()
    return (*steps, *(step for step in call.context if step not in steps))


def _contents(value: Value, depth: int = 6) -> list[Value]:
    """The value, and what it is made from, innermost last; file objects and paths are looked through."""
    found: list[Value] = []
    for option in value.alternatives():
        if isinstance(option, Reference):
            if option.content is not None and depth > 0:
                found.extend(_with_taints(inner, option) for inner in _contents(option.content, depth - 1))
                continue
            if option.made_by is not None and depth > 0 and option.made_by.receiver is not None:
                inner = option.made_by.receiver
                if isinstance(inner, Reference) and inner.content is not None:
                    found.extend(_with_taints(part, option) for part in _contents(inner, depth - 1))
                    continue
        elif isinstance(option, Sequence) and option.items and depth > 0:
            for element in option.items[:4]:
                found.extend(_contents(element, depth - 1))
            continue
        found.append(option)
    return found or [value]


def _with_taints(inner: Value, outer: Value) -> Value:
    from mlwarden.semantics.values import tainted

    return tainted(inner, outer.taints)


def _is_literal(leaf: Value) -> bool:
    return isinstance(leaf, Constant)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
