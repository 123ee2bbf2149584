"""Secrets of no one provider: private keys, JSON web tokens, passwords in URLs."""

from __future__ import annotations

from mlwarden.model.levels import Severity
from mlwarden.secrets.checksums import is_jwt
from mlwarden.secrets.formats import BEFORE_BASE64, TokenFormat
from mlwarden.secrets.pem import end_of_key

# Short parts are abbreviations: "eyJ...".
_PART = r"[A-Za-z0-9_\-]{12,4000}={0,2}"

GENERAL: tuple[TokenFormat, ...] = (
    TokenFormat(
        id="private-key",
        provider="",
        kind="private key",
        pattern=(r"-----BEGIN (?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED|PGP|SSH2 ENCRYPTED) )?PRIVATE KEY(?: BLOCK)?-----"),
        prefixes=("-----BEGIN ",),
        swept=True,
        after="",
        extent=end_of_key,
        plugin="private_key:PrivateKeyDetector",
        before="",
        recipe="{pem}",
        source="https://www.rfc-editor.org/rfc/rfc7468",
    ),
    TokenFormat(
        id="jwt",
        provider="",
        kind="JSON web token",
        pattern=rf"eyJ{_PART}\.{_PART}\.{_PART}(?:\.{_PART}){{0,2}}",
        prefixes=("eyJ",),
        severity=Severity.HIGH,
        swept=True,
        shape=is_jwt,
        plugin="jwt:JwtTokenDetector",
        before=BEFORE_BASE64,
        recipe="{jwt}",
        source="https://www.rfc-editor.org/rfc/rfc7519",
    ),
)
