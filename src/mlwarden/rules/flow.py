"""`FlowRule`: data of a dangerous kind that reaches a call which acts on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from mlwarden.model.levels import Confidence
from mlwarden.rules.base import Finding, Fix, Rule, Severity, TraceStep
from mlwarden.semantics.sinks import Sink, sink_of

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Taint, Value


# Who wrote the data, to be put behind what it is: "a command {writer}".
WRITERS = {
    "llm": "that a language model wrote",
    "retrieval": "from a retrieved document",
    "tool": "that a language model passed to this tool",
    "request": "from a web request",
    "network": "from the network",
    "input": "that a person types in",
    "cli": "from the command line",
    "environment": "from the environment",
}


class FlowRule(Rule):
    """A rule about data of some kinds of source that reaches one of its sinks.

    Subclasses set `sinks`, `sources` and `message`, and may override `dangerous` and `level`.

    Attributes:
        sinks: qualified name of a call ("*.execute" for a method of anything) -> the argument that counts; `calls`
            has to be `tuple(sinks)`.
        sources: the kinds of taint that count, the most telling first.
        message: a sentence with `{call}` and `{writer}`.
    """

    sinks: ClassVar[dict[str, Sink]] = {}
    sources: ClassVar[tuple[str, ...]] = ("llm", "retrieval")
    message: ClassVar[str] = ""

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that acts on data from one of the sources, with the way it took."""
        found = sink_of(call, self.sinks)
        if found is None:
            return
        sink, resolved = found
        for place in sink.places:
            value = argument_of(call, place)
            taint = telling(value, self.sources)
            if taint is None or not self.dangerous(call, value, model):
                continue
            yield self.finding(
                call.span,
                self.message.format(call=shown(call), writer=WRITERS[taint.kind]),
                severity=self.level(call, value),
                confidence=sureness(taint, resolved),
                trace=way(call, taint),
                fixes=self.fixes(call, model),
            )

    def dangerous(self, call: CallSite, value: Value, model: SemanticModel) -> bool:
        """Whether this call, with tainted data in its sink, is one to report."""
        return True

    def level(self, call: CallSite, value: Value) -> Severity:
        """How bad it is in this call."""
        return self.severity

    def fixes(self, call: CallSite, model: SemanticModel) -> Iterator[Fix]:
        """Edits that end the danger in this call."""
        return iter(())


def argument_of(call: CallSite, place: tuple[str, int | None]) -> Value:
    """What a call gets at a place of a sink: a keyword and a position; neither for the receiver."""
    from mlwarden.semantics.values import ABSENT

    if place == ("", None):
        return call.receiver if call.receiver is not None else ABSENT
    return call.argument(*place)


def sureness(taint: Taint, resolved: bool) -> Confidence:
    """How sure a finding is: of the data's origin, and of what is called."""
    if taint.certain and resolved:
        return Confidence.HIGH
    return Confidence.MEDIUM if taint.certain or resolved else Confidence.LOW


def telling(value: Value, sources: tuple[str, ...]) -> Taint | None:
    """The taint of a value to be told of: a certain one before others, then in the order of the sources."""
    taints = value.tainted_by(*sources)
    return min(taints, key=lambda taint: (not taint.certain, sources.index(taint.kind)), default=None)


def way(call: CallSite, taint: Taint) -> tuple[TraceStep, ...]:
    """The way of the data, source first, then the calls by which it got to the sink."""
    return (*taint.steps, *(step for step in call.context if step not in taint.steps))


def shown(call: CallSite) -> str:
    """A call's name as a person would write it."""
    return call.name.replace("()", "").replace("[]", "") or call.attribute
