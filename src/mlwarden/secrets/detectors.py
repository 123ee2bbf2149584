"""detect-secrets plugins made from the formats. Importing this module does not import detect-secrets; using it does.

Only `analyze_string` of a plugin is called. It reads no settings, logs nothing and opens no connection, as
`analyze_line` and detect-secrets' own scan may do.
"""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from mlwarden.secrets.formats import TokenFormat, compiled

if TYPE_CHECKING:
    from detect_secrets.plugins.base import RegexBasedDetector

# Characters around a value that a plugin gets to see besides it; assignments need their left side.
_AROUND = 200
# `user:password@`, `token@`, `token:x-oauth-basic@`
_URL_PASSWORD = (
    r"://[^\s/@:\"'<>`|\\]{0,100}:?([^\s/@:\"'<>`\\]{4,256})@",
    r"://([^\s/@:\"'<>`|\\]{20,100}):x(?:-oauth-basic)?@",
)


@cache
def detector(token: TokenFormat) -> RegexBasedDetector:
    """The plugin for a format: detect-secrets' own for that provider, extended by our pattern, or a new one."""
    from detect_secrets.plugins.base import RegexBasedDetector

    base: Any = RegexBasedDetector
    theirs: tuple[re.Pattern[str], ...] = ()
    if token.plugin:
        module, name = token.plugin.split(":")
        base = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)
        theirs = tuple(base.denylist)
    # `findall` yields the group where there is one; the formats' patterns capture nothing.
    patterns = _URL_PASSWORD if token.id == "url-password" else (token.pattern, token.loose)
    ours = tuple(compiled(pattern) for pattern in patterns if pattern)
    attributes = {"secret_type": token.kind, "denylist": (*theirs, *ours)}
    plugin: RegexBasedDetector = type(f"Mlwarden{_class_name(token.id)}Detector", (base,), attributes)()
    return plugin


def _class_name(identifier: str) -> str:
    return "".join(part.title() for part in identifier.split("-"))


def confirms(token: TokenFormat, text: str, start: int, end: int) -> bool:
    """Whether the plugin finds the value at `start..end` in its surroundings, and detect-secrets' filters pass it."""
    from detect_secrets.filters import heuristic

    value = text[start:end]
    if heuristic.is_templated_secret(value) or heuristic.is_sequential_string(value):
        return False
    if heuristic.is_not_alphanumeric_string(value):
        return False
    window = text[max(0, start - _AROUND) : end + _AROUND]
    # A plugin may know a part of the value only: the header of a key, a token without its last part.
    return any(
        len(found) > 3 and (found in value or value in found) for found in detector(token).analyze_string(window)
    )
