"""The sentences in which the rules speak of a secret: its kind, never its value."""

from __future__ import annotations

from mlwarden.model.levels import Confidence
from mlwarden.secrets.formats import format_of
from mlwarden.secrets.scan import SecretMatch

WHY_ENVIRONMENT = "the environment variable must be set where the program runs"


def sentence(found: SecretMatch, place: str) -> str:
    """What was found, where (e.g. "in the code"), and what that means."""
    return f"{kind_of(found)} {place}: whoever reads it here, or in its history, can use it until it is revoked"


def kind_of(found: SecretMatch) -> str:
    """What the secret is; a value whose check digits are wrong only looks like it."""
    is_known = found.format not in {"", "url-password"}
    if is_known and found.confidence is Confidence.LOW and format_of(found.format).checksum is not None:
        return f"{found.kind} with wrong check digits"
    return found.kind
