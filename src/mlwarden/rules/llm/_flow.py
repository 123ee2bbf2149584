"""`TaintRule`: what the rules share that follow a model's output into a dangerous call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from mlwarden.rules.base import Confidence, Finding, Fix, Rule, Severity
from mlwarden.semantics.sinks import RECEIVER, Sink

if TYPE_CHECKING:
    from mlwarden.model.findings import TraceStep
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Taint, Value

# Ends the sentence "... runs Python that".
WRITERS: dict[str, str] = {
    "llm": "a language model wrote",
    "tool": "a language model passed to this tool",
    "retrieval": "came with a retrieved document",
}


class TaintRule(Rule):
    """Base of rules on data that reaches a sink: a table of calls, the kinds of data, and a message.

    Attributes:
        sinks: qualified call -> (position, keyword) of the argument that matters; `calls` is to be their names.
        sources: the kinds of taint that are reported.
    """

    sinks: ClassVar[Mapping[str, Sink]] = {}
    sources: ClassVar[tuple[str, ...]] = ("llm",)

    def message(self, call: CallSite, taint: Taint) -> str:
        """One sentence on what happens."""
        raise NotImplementedError

    def is_harmless(self, call: CallSite, value: Value, model: SemanticModel) -> bool:
        """Whether what is known of the call or its argument rules the danger out."""
        return False

    def level(self, call: CallSite, taint: Taint) -> Severity:
        """How bad it is."""
        return self.severity

    def fixes(self, call: CallSite, model: SemanticModel) -> Iterator[Fix]:
        """The edits that mend it."""
        return iter(())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an argument that carries such data, with the way it took."""
        sink = self.sinks.get(call.name)
        if sink is not None:
            yield from self.check_value(call, sink_value(call, sink), model)

    def check_value(
        self, call: CallSite, value: Value, model: SemanticModel, confidence: Confidence = Confidence.HIGH
    ) -> Iterator[Finding]:
        """Report a value that carries such data; at most with the given confidence."""
        taints = value.tainted_by(*self.sources)
        if not taints or self.is_harmless(call, value, model):
            return
        taint = taints[0]
        yield self.finding(
            call.span,
            self.message(call, taint),
            severity=self.level(call, taint),
            confidence=min(confidence, Confidence.HIGH if taint.certain else Confidence.MEDIUM),
            trace=way(call, taint),
            fixes=self.fixes(call, model),
        )


def sink_value(call: CallSite, sink: Sink) -> Value:
    """The value that a sink does something with."""
    position, keyword = sink
    if position == RECEIVER:
        from mlwarden.semantics.values import ABSENT

        return ABSENT if call.receiver is None else call.receiver
    return call.argument(keyword, position)


def way(call: CallSite, taint: Taint) -> tuple[TraceStep, ...]:
    """The trace of a finding: from the source, then through the calls that lead to the sink."""
    return (*taint.steps, *(step for step in call.context if step not in taint.steps))


def shown(call: CallSite) -> str:
    """The callee as a person would write it."""
    return call.name.replace("()", "").replace("[]", "")
