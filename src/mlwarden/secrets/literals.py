"""Is a literal that is given as an API key a real one?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlwarden.model.levels import Confidence, Severity
from mlwarden.secrets.names import is_secret_name
from mlwarden.secrets.placeholders import is_uuid, placeholder_reason
from mlwarden.secrets.scan import Context, SecretMatch, find_secrets

_SHORTEST, _LONGEST = 16, 2000
_CHARACTERS = re.compile(r"[\w\-./+=:~|!@#%^&]+", re.ASCII)
_PIECES = re.compile(r"[-_./:+=@|]+")
# A word, a camel-case name, a short number, a word with a short number: `prod`, `myKey`, `2024`, `v2`, `KEY1`, `8B`.
_PIECE_OF_NAME = re.compile(r"(?:[A-Za-z]?[a-z]*(?:[A-Z][a-z]+){0,6}|[A-Z]{1,12})[0-9]{0,4}|[0-9]{1,4}[A-Za-z]{1,2}")


def judge(value: str, *, name: str = "", provider: str = "", path: str = "") -> SecretMatch | None:
    """The secret that a literal is, or None for a placeholder, a name, or nothing that could open anything.

    Args:
        value: the literal.
        name: the argument or variable it is given to.
        provider: words that name whose key it would be, e.g. "cohere.Client".
        path: the file's path, for its `.secrets.baseline`.

    Returns:
        A match whose `start` and `end` count in `value`. A value of no known format that is random enough has medium
        confidence, if its name says that it is a secret.
    """
    if not value or len(value) > 20_000:
        return None
    before = f'{provider} {name or "api_key"}="'
    for found in find_secrets(f'{before}{value}"', context=Context(path=path)):
        start, end = found.start - len(before), found.end - len(before)
        if start >= 0 and end <= len(value):
            return SecretMatch(
                found.provider,
                found.kind,
                start,
                end,
                found.value,
                found.confidence,
                found.severity,
                found.env,
                found.format,
            )
    if not (name and is_secret_name(name) and looks_random(value)) or _is_accepted(value, before, path):
        return None
    confidence = Confidence.LOW if is_uuid(value) else Confidence.MEDIUM
    return SecretMatch("", "API key", 0, len(value), value, confidence, Severity.CRITICAL)


def looks_random(value: str) -> bool:
    """Whether a value was made by a generator of keys, and not by a person."""
    if not _SHORTEST <= len(value) <= _LONGEST or not _CHARACTERS.fullmatch(value):
        return False
    if not re.search(r"[0-9]", value) or not re.search(r"[A-Za-z]", value) or placeholder_reason(value):
        return False
    if "://" in value or value.startswith(("/", "./", "~")):
        return False
    return not all(_PIECE_OF_NAME.fullmatch(piece) for piece in _PIECES.split(value))


def _is_accepted(value: str, before: str, path: str) -> bool:
    if not path:
        return False
    from mlwarden.secrets.ds_baseline import baseline_for

    known = baseline_for(path)
    return known is not None and known.holds(f'{before}{value}"', len(before), len(before) + len(value))


def secrets_in(values: Iterator[str] | tuple[str, ...], **about: str) -> Iterator[tuple[str, SecretMatch]]:
    """The values that are secrets, each once, with what they are; `about` as for `judge`."""
    for value in dict.fromkeys(values):
        found = judge(value, **about)
        if found is not None:
            yield value, found
