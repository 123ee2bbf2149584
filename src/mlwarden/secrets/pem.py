"""Private keys in PEM form, as files and as string literals."""

from __future__ import annotations

import re

_LONGEST = 20_000
_SHORTEST = 60  # an Ed25519 key in PKCS #8 has 64 characters
_END = re.compile(r"-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----")
# A header of a traditional or PGP key, which may hold anything: `Proc-Type: 4,ENCRYPTED`, `Version: GnuPG v2`.
_HEADER = re.compile(r"(?:^|\\n|\n)[ \t]*(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset):[^\n\\]{0,200}")
# What stands between the lines of a key: line ends, as such or as escapes, indentation, marks of literals and lists.
_BETWEEN = re.compile(r"\\[nrt]|[\s\"'`+,;\\()\[\]#>|*.&-]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}[A-Za-z0-9+/=]{0,5}")
# The lines of a key whose end is missing.
_LINES = re.compile(r"(?:\\[nr]|[A-Za-z0-9+/=\s\"',]){0,6000}")


def end_of_key(text: str, start: int) -> int | None:
    """Where the private key ends whose first line ends at `start`; None if no key follows that line.

    Code that looks for keys names the first line too, and documentation abbreviates what follows.
    """
    end = _END.search(text, start, start + _LONGEST)
    if end is not None:
        return end.end() if is_key_body(text[start : end.start()]) else None
    lines = _LINES.match(text, start)
    assert lines is not None
    body = lines[0]
    return start + len(body.rstrip(" \t\r\n\"',")) if is_key_body(body, least=200) else None


def is_key_body(body: str, least: int = _SHORTEST) -> bool:
    """Whether this, between the first and the last line, is base64 of a key that somebody made."""
    data = _BETWEEN.sub("", _HEADER.sub("", body))
    if len(data) < least or _BASE64.fullmatch(data) is None:
        return False
    return len(set(data)) > 20 and not re.search(r"(.)\1{40}", data)
