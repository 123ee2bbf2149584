"""From places where a secret may begin to candidates: the formats' tests, names around the value, filters, overlaps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlwarden.model.levels import Confidence
from mlwarden.model.record import record
from mlwarden.secrets import urls
from mlwarden.secrets.formats import TokenFormat
from mlwarden.secrets.names import Place, mentions
from mlwarden.secrets.placeholders import placeholder_reason

if TYPE_CHECKING:
    from mlwarden.secrets.scan import Context


@record(frozen=True, slots=True)
class Candidate:
    """A value of a format's shape, before detect-secrets has looked at it."""

    token: TokenFormat
    start: int
    end: int
    confidence: Confidence


def judged(text: str, context: Context, places: Iterable[tuple[TokenFormat, int]]) -> list[Candidate]:
    """The candidates among places that `probes` found, and the credentials in URLs; without overlaps, in order."""
    found: list[Candidate] = []
    place: Place | None = None
    last = -1
    for token, start in places:
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
