"""What may be shown of a secret."""

from __future__ import annotations

import hashlib
import hmac

_SHOWN = 4
_LEAST_LENGTH = 16  # of a shorter value four characters would be too much of it


def mask(value: str) -> str:
    """The first four characters, if the value is long enough to spare them, and the length: "hf_Q… (37 characters)"."""
    shown = value[:_SHOWN] if len(value) >= _LEAST_LENGTH else ""
    return f"{shown}… ({len(value)} characters)"


def salted_fingerprint(value: str, salt: bytes) -> str:
    """An identity of the value that only somebody who has the salt can compare with a guess.

    Args:
        value: the secret.
        salt: random bytes that stay on this machine; with a salt that is published, short secrets can be guessed.

    Raises:
        ValueError: if the salt is shorter than 16 bytes.
    """
    if len(salt) < 16:
        raise ValueError("a salt has at least 16 bytes")
    return hmac.new(salt, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
