"""Made-up secrets of every format, for examples and tests: put together at run time, the same on every run.

They have the shape, the randomness and the check digits of real ones, and open nothing. No file of the repository
holds one, so that no scanner trips over it.
"""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable
from functools import cache

from mlwarden.secrets.checksums import github_digits
from mlwarden.secrets.formats import TokenFormat, format_of
from mlwarden.secrets.placeholders import placeholder_reason

_ALNUM = string.ascii_letters + string.digits
_ALPHABETS = {
    "letters": string.ascii_letters,
    "alnum": _ALNUM,
    "word": _ALNUM + "-_",
    "hex": "0123456789abcdef",
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "base32": string.ascii_uppercase + "234567",
    "base64": _ALNUM + "+/",
    "digits": string.digits,
}
_FIELD = re.compile(r"\{([a-z0-9]+)(?::([0-9]+))?\}")


@cache
def sample(identifier: str, number: int = 0) -> str:
    """A made-up value of a format.

    Args:
        identifier: the id of the format, e.g. "huggingface".
        number: another number gives another value.

    Raises:
        KeyError: if there is no such format.
    """
    token = format_of(identifier)
    for attempt in range(100):
        value = _made_up(token, random.Random(f"{identifier} {number} {attempt}"))
        # Nearly every random value passes; a real token that does not is missed, and issuers have no such tokens.
        if _passes(token, value):
            return value
    raise AssertionError(f"no value for {identifier}")


def _made_up(token: TokenFormat, generator: random.Random) -> str:
    return _FIELD.sub(lambda field: _field(generator, field[1], int(field[2] or 0)), token.recipe)


def _passes(token: TokenFormat, value: str) -> bool:
    if token.extent is not None:
        return True
    return not placeholder_reason(value, token.body(value)) and (token.shape is None or token.shape(value))


def _field(generator: random.Random, name: str, size: int) -> str:
    if name in _ALPHABETS:
        return "".join(generator.choice(_ALPHABETS[name]) for _ in range(size))
    makers: dict[str, Callable[[random.Random], str]] = {
        "uuid": _uuid,
        "github": _github,
        "pem": _pem,
        "jwt": _jwt,
        "neptune": _neptune,
        "discord": _discord,
    }
    return makers[name](generator)


def _uuid(generator: random.Random) -> str:
    return "-".join(_field(generator, "hex", size) for size in (8, 4, 4, 4, 12))


def _github(generator: random.Random) -> str:
    body = _field(generator, "alnum", 30)
    return body + github_digits(body)


def _pem(generator: random.Random) -> str:
    data = "MII" + _field(generator, "base64", 1605)
    lines = [data[start : start + 64] for start in range(0, len(data), 64)]
    label = "PRIVATE" + " KEY"
    return "\n".join([f"-----BEGIN RSA {label}-----", *lines, f"-----END RSA {label}-----"])


def _jwt(generator: random.Random) -> str:
    claims = {"iss": "https://auth.acme-labs.io", "sub": _field(generator, "hex", 12), "exp": 1893456000}
    parts = [_encoded({"alg": "HS256", "typ": "JWT"}), _encoded(claims), _field(generator, "word", 43)]
    return ".".join(parts)


def _neptune(generator: random.Random) -> str:
    content = {
        "api_address": "https://app.neptune.ai",
        "api_url": "https://app.neptune.ai",
        "api_key": _uuid(generator),
    }
    import json  # late: examples are seldom made at run time

    return base64.b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()


def _discord(generator: random.Random) -> str:
    return base64.b64encode(b"1" + _field(generator, "digits", 17).encode()).decode()


def _encoded(content: dict[str, object]) -> str:
    import json  # late: examples are seldom made at run time

    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")
