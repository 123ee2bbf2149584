"""`find_secrets`: every secret in a text, with its range.

Candidates come from `probes`, are tested against their format, and go through the filters of `placeholders`. Only if
some are left is detect-secrets imported (it takes 0.1 s), whose plugins (`detectors`) have the last word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlwarden.model.levels import Confidence, Severity
from mlwarden.secrets import probes, urls
from mlwarden.secrets.formats import TokenFormat
from mlwarden.secrets.names import Place, mentions
from mlwarden.secrets.placeholders import placeholder_reason
from mlwarden.secrets.redaction import mask


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about a text besides itself.

    Attributes:
        path: the file's path: its name may say whose secrets it holds, and a `.secrets.baseline` which are known.
        name: the name that the whole text is the value of, e.g. an environment variable.
    """

    path: str = ""
    name: str = ""


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
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
        return f"{self.kind} {mask(self.value)}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value of a format's shape, before detect-secrets has looked at it."""

    token: TokenFormat
    start: int
    end: int
    confidence: Confidence


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
    found: list[Candidate] = []
    place: Place | None = None
    last = -1
    for token, start in probes.candidates(text):
        if token.near and not token.prefixes:
            # Many formats are tried at one place, and what stands before it is the same for all.
            if start != last or place is None:
                place, last = Place(text, start, context.path, context.name), start
            if not place.is_secret:
                continue
        candidate = _judged(token, text, start, context, place)
        if candidate is not None:
            found.append(candidate)
    found.extend(
        Candidate(urls.URL_PASSWORD, each.start, each.end, each.confidence) for each in urls.find_credentials(text)
    )
    return _without_overlaps(found)


def _judged(token: TokenFormat, text: str, start: int, context: Context, place: Place | None) -> Candidate | None:
    matched = token.match(text, start)
    if matched is None:
        return None
    end, exact = matched
    value = text[start:end]
    if token.shape is not None and not token.shape(value):
        return None
    confidence = Confidence.HIGH if exact else Confidence.MEDIUM
    if token.near:
        named = _named(token, text, start, end, context, place)
        if named is None:
            return None
        confidence = confidence if named else Confidence.MEDIUM
    elif token.id == "openai-style":
        confidence = Confidence.MEDIUM
    if token.extent is None and placeholder_reason(value, token.body(value)):
        return None
    if token.checksum is not None and exact and not token.checksum(value):
        confidence = Confidence.LOW
    return Candidate(token, start, end, confidence)


def _named(token: TokenFormat, text: str, start: int, end: int, context: Context, place: Place | None) -> bool | None:
    if not token.prefixes and place is not None:
        return place.names(token.near)
    # A value with a prefix needs no more than the provider's name somewhere around it.
    around = text[max(0, start - 200) : start] + " " + text[end : end + 200]
    return True if mentions(f"{context.name} {around}", token.near) else None


def _without_overlaps(found: list[Candidate]) -> list[Candidate]:
    """The surest of those that overlap; then the longest, then the one whose format comes first."""
    order = sorted(range(len(found)), key=lambda i: (-found[i].confidence, found[i].start - found[i].end, i))
    kept: list[Candidate] = []
    for index in order:
        candidate = found[index]
        if all(other.end <= candidate.start or candidate.end <= other.start for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda candidate: candidate.start)
