"""`find_secrets`: every secret in a text, with its range.

Candidates come from `probes`, are tested against their format, and go through the filters of `placeholders`. Only if
some are left is detect-secrets imported (it takes 0.1 s), whose plugins (`detectors`) have the last word.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.record import field, record
from mlwarden.secrets import probes

if TYPE_CHECKING:
    from mlwarden.secrets.judging import Candidate


@record(frozen=True, slots=True)
class Context:
    """What is known about a text besides itself.

    Attributes:
        path: the file's path: its name may say whose secrets it holds, and a `.secrets.baseline` which are known.
        name: the name that the whole text is the value of, e.g. an environment variable.
    """

    path: str = ""
    name: str = ""


NO_CONTEXT = Context()


@record(frozen=True, slots=True)
class SecretMatch:
    """A secret in a text.

    Attributes:
        provider: whose it is, or "".
        kind: what it is, e.g. "Hugging Face access token".
        start, end: where it stands.
        value: the secret; its `repr` is masked, and nothing should print it.
        confidence: how likely it is one.
        severity: how bad a leak is.
        env: the environment variable that the provider's client reads, or "".
        format: the id of its format.
    """

    provider: str
    kind: str
    start: int
    end: int
    value: str = field(repr=False)
    confidence: Confidence = Confidence.HIGH
    severity: Severity = Severity.CRITICAL
    env: str = ""
    format: str = ""

    def __str__(self) -> str:
        from mlwarden.secrets.redaction import mask

        return f"{self.kind} {mask(self.value)}"


def find_secrets(text: str, *, context: Context = NO_CONTEXT) -> Iterator[SecretMatch]:
    """The secrets in a text, in order; of several that overlap, the surest and longest.

    Secrets that the `.secrets.baseline` above `context.path` records are left out.
    """
    found = shapes(text, context)
    if not found:
        return
    from mlwarden.secrets.detectors import confirms
    from mlwarden.secrets.ds_baseline import baseline_for

    known = baseline_for(context.path) if context.path else None
    for candidate in found:
        value = text[candidate.start : candidate.end]
        if not confirms(candidate.token, text, candidate.start, candidate.end):
            continue
        if known is not None and known.holds(text, candidate.start, candidate.end):
            continue
        token = candidate.token
        yield SecretMatch(
            provider=token.provider,
            kind=token.kind,
            start=candidate.start,
            end=candidate.end,
            value=value,
            confidence=candidate.confidence,
            severity=token.severity,
            env=token.env,
            format=token.id,
        )


def shapes(text: str, context: Context = NO_CONTEXT) -> list[Candidate]:
    """What has the shape of a secret and is no placeholder, without overlaps, in order; needs no detect-secrets."""
    places = probes.candidates(text)
    first = next(places, None)
    if first is None and not probes.may_hold_url_credentials(text):
        return []
    from mlwarden.secrets.judging import judged

    return judged(text, context, places if first is None else chain((first,), places))
