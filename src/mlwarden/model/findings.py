"""`Finding`: what is wrong, where, how bad, how sure, how it got there, and the cures. Plain data, never mutated."""

from __future__ import annotations

from mlwarden.model.fixes import Fix
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.record import field, record
from mlwarden.model.spans import Span, sort_key


@record(frozen=True, slots=True)
class TraceStep:
    """One related place with its own sentence: a source, a step on the way, or the sink.

    Attributes:
        span: the place.
        note: the sentence, e.g. "model output comes from `client.chat.completions.create`".
        path: `None` for the finding's own file, otherwise the path of a sibling module.
    """

    span: Span
    note: str
    path: str | None = None

    def placed(self) -> TraceStep:
        """The step as plain data; a subclass may know its place only by what it stands for."""
        return self


@record(frozen=True, slots=True)
class Finding:
    """What a rule found.

    Attributes:
        code: the rule's code, e.g. "MLW102", "B105".
        span: what is underlined.
        message: one sentence: what, and why it is dangerous. A secret never appears in it.
        severity: impact if true.
        confidence: how likely true.
        trace: related places, source first.
        fixes: cures, the preferred one first.
        fingerprint: set by policy, "" before: an identity that survives moved lines (`policy.baseline.fingerprint`);
            equal lines of a file share it. Not part of equality.
    """

    code: str
    span: Span
    message: str
    severity: Severity
    confidence: Confidence
    trace: tuple[TraceStep, ...] = ()
    fixes: tuple[Fix, ...] = ()
    fingerprint: str = field(default="", compare=False)

    def order(self) -> tuple[tuple[int, int, int], str, str]:
        """Sort key: place, then code, then message; total over the findings of one file."""
        return (sort_key(self.span), self.code, self.message)
