"""What a token looks like: the type, and the list of all formats. Data only, from `providers/`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from mlwarden.model.levels import Severity
from mlwarden.model.record import record

# What may not follow a token: otherwise it is a part of something longer.
AFTER_WORD = r"(?![A-Za-z0-9_\-])"
AFTER_BASE64 = r"(?![A-Za-z0-9+/=])"
# What may not stand before it. Ids that turn up inside base64 by chance may not follow its characters.
BEFORE_WORD = r"[A-Za-z0-9_]\Z"
BEFORE_BASE64 = r"[A-Za-z0-9_+/]\Z"
# Escapes that end in a letter or digit: `\n`, `%3D`, `\u003d`, terminal colours. After them a token may begin.
_ESCAPE = re.compile(r"(?:\\[nrtbfv0]|%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\x1b\[[0-9;]{0,12}m)\Z")


@record(frozen=True, slots=True)
class TokenFormat:
    """The format of one kind of token.

    Attributes:
        id: stable name, e.g. "huggingface".
        provider: who issues it, e.g. "Hugging Face".
        kind: what it is, for messages, e.g. "Hugging Face access token".
        pattern: regular expression of the whole value, as issued today.
        recipe: how to make up a value, in the language of `samples`.
        source: where the format is described.
        prefixes: what every value begins with; empty where the shape says nothing by itself.
        near: lower-case words, one of which must stand before the value on its line (or the two lines above).
        loose: a wider pattern, for lengths that issuers change; a match is less certain.
        env: the environment variable that the provider's own client reads.
        severity: how bad a leak is.
        swept: a search of its own finds the prefix in a text. Otherwise the value must have 20 letters and digits in
            a row after one of `_-"'=:`, which one search finds for all such formats.
        before, after: what may not stand before and after.
        shape: a test of the structure; a value that fails it is no token.
        checksum: a test of the check digits; a value that fails it is reported with low confidence.
        plugin: module and class of the detect-secrets plugin that finds it; "" for one made from the pattern.
        extent: given the text and the end of the match, the end of the whole secret, or None if there is none; for
            secrets that no regular expression should describe.
    """

    id: str
    provider: str
    kind: str
    pattern: str
    recipe: str
    source: str
    prefixes: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    loose: str = ""
    env: str = ""
    severity: Severity = Severity.CRITICAL
    swept: bool = False
    before: str = BEFORE_WORD
    after: str = AFTER_WORD
    shape: Callable[[str], bool] | None = None
    checksum: Callable[[str], bool] | None = None
    plugin: str = ""
    extent: Callable[[str, int], int | None] | None = None

    def match(self, text: str, start: int) -> tuple[int, bool] | None:
        """The end of a value that begins at `start`, and whether it is exact; None if there is none."""
        before = text[max(0, start - 16) : start]
        if self.before and compiled(self.before).search(before) and not _ESCAPE.search(before):
            return None
        for pattern, exact in ((self.pattern, True), (self.loose, False)):
            found = compiled(pattern + self.after).match(text, start) if pattern else None
            if found is not None:
                end = found.end() if self.extent is None else self.extent(text, found.end())
                return None if end is None else (end, exact)
        return None

    def body(self, value: str) -> str:
        """The value without its fixed beginning: the part that is random in a real token."""
        for prefix in self.prefixes:
            if value.startswith(prefix):
                return value[len(prefix) :]
        return value


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled once; the patterns are the constants of this package."""
    return re.compile(pattern)


@cache
def all_formats() -> tuple[TokenFormat, ...]:
    """Every format, the more specific ones before those that match the same text."""
    from mlwarden.secrets.providers.clouds import CLOUDS
    from mlwarden.secrets.providers.development import DEVELOPMENT
    from mlwarden.secrets.providers.general import GENERAL
    from mlwarden.secrets.providers.models import MODELS
    from mlwarden.secrets.providers.platforms import PLATFORMS

    return (*MODELS, *PLATFORMS, *CLOUDS, *DEVELOPMENT, *GENERAL)


@cache
def format_of(identifier: str) -> TokenFormat:
    """The format with this id.

    Raises:
        KeyError: if there is none.
    """
    return {each.id: each for each in all_formats()}[identifier]
