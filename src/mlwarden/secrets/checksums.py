"""Check digits and structure of tokens: what can be told from a token without asking its issuer."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import Any

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def base62(number: int, width: int) -> str:
    """A number in the digits 0-9A-Za-z, with leading zeros."""
    return _in_digits(number, _BASE62).rjust(width, "0")


def base36(number: int, width: int) -> str:
    """A number in the digits 0-9a-z, with leading zeros."""
    return _in_digits(number, _BASE36).rjust(width, "0")


def _in_digits(number: int, alphabet: str) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        digits = alphabet[digit] + digits
    return digits


def github_digits(random_part: str) -> str:
    """The six check digits of a GitHub or npm token: the CRC-32 of the random part in base 62.

    https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    return base62(zlib.crc32(random_part.encode()), 6)


def has_github_digits(token: str) -> bool:
    """Whether the last six characters of `ghp_...` or `npm_...` are the check digits of those before."""
    body = token.split("_", 1)[1]
    return len(body) > 6 and github_digits(body[:-6]) == body[-6:]


def gitlab_digits(before: str) -> str:
    """The seven check digits of a routable GitLab token: the CRC-32 of all before them in base 36.

    https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/
    """
    return base36(zlib.crc32(before.encode()), 7)


def has_gitlab_digits(token: str) -> bool:
    """Whether a GitLab token of the routable form ends in its check digits; true of the older form, which has none."""
    return "." not in token or gitlab_digits(token[:-7]) == token[-7:]


def decoded(part: str) -> bytes | None:
    """URL-safe base64 without padding, decoded; None if it is not that."""
    try:
        return base64.urlsafe_b64decode(part.rstrip("=") + "=" * (-len(part.rstrip("=")) % 4))
    except (ValueError, binascii.Error):
        return None


def _json_object(part: str) -> dict[str, Any] | None:
    import json  # late: few tokens hold JSON

    data = decoded(part)
    if data is None:
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_jwt(token: str) -> bool:
    """Whether the header and the payload of a JWT are JSON, the header names an algorithm, and it is no public token.

    Supabase's "anon" key is made to be public, and the token with the subject 1234567890 is everybody's example.
    """
    header, payload, signature = [*token.split("."), "", ""][:3]
    head, claims = _json_object(header), _json_object(payload)
    if head is None or "alg" not in head:
        return False
    if "enc" in head:  # encrypted (JWE): the second part is no JSON
        return True
    if claims is None or not signature:
        return False
    return claims.get("role") != "anon" and claims.get("sub") != "1234567890"


def is_neptune(token: str) -> bool:
    """Whether a Neptune token is base64 of JSON with an address and a key."""
    content = _json_object(token.replace("+", "-").replace("/", "_"))
    return content is not None and "api_address" in content and ("api_key" in content or "api_url" in content)


def is_discord_bot(token: str) -> bool:
    """Whether the first part of a Discord bot token is base64 of the bot's number."""
    number = decoded(token.split(".", 1)[0])
    return number is not None and re.fullmatch(rb"[0-9]{15,21}", number) is not None


def is_discord_form(token: str) -> bool:
    """Whether the parts of a Discord bot token look random, unlike three names with dots between them."""
    first, _, last = token.split(".")
    return re.search("[0-9]", first) is not None and is_mixed(last)


def is_mixed(token: str) -> bool:
    """Whether upper and lower case letters and digits all occur: true of nearly every random base-62 string."""
    return bool(re.search("[A-Z]", token) and re.search("[a-z]", token) and re.search("[0-9]", token))


def has_digit_and_letter(token: str) -> bool:
    """Whether both a digit and a letter occur."""
    return bool(re.search("[0-9]", token) and re.search("[A-Za-z]", token))
