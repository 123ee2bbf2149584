"""What the names around a value say: whose secret it is, and whether it is one at all."""

from __future__ import annotations

import re
from functools import cache, cached_property

_REACH = 160
# Names of secrets.
_SECRET = re.compile(r"api|key|token|secret|passw|pwd|credential|auth|login|bearer|license|signature|_pat\b|\bpat\b")
# Names of values that look like secrets: digests, identifiers, versions.
_NOT_SECRET = re.compile(
    r"hash|sha_?(?:1|2|256|512)?$|md5|checksum|digest|commit|revision|(?:^|[^a-z])rev$|etag|uuid|guid"
    r"|(?:^|[^a-z])ids?$|fingerprint|thumbprint|version|signature_base|cache_?key|public_?key|pubkey|key_?id$|token_?type"
    r"|(?:tokenizer|project|entity|space|workspace|run|endpoint|url|uri|model|image|path|file|name|dir)$"
)
# The name right before a value, in most notations: `name = "`, `"name": "`, `name("`, `NAME=`, `name -> `, `--name `.
_ADJACENT = re.compile(
    r"""([\w.\-/]{1,80})["'`\])]{0,3}[ \t]{0,8}(?:=>|:=|->|==|[=:(,]|[ \t])[ \t]{0,8}[rbfuRBFU]{0,2}["'`]{0,3}\Z"""
)


@cache
def _words(words: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"(?<![a-z])(?:{alternatives})(?:(?![a-z])|(?=api|key|token|secret|pass))")


def mentions(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of the lower-case words stands in the text, as a word or as a part of a name."""
    return _words(words).search(text.lower()) is not None


def is_secret_name(name: str) -> bool:
    """Whether things of this name are secrets: `api_key`, `HF_TOKEN`; not `token_type`, `key_id`."""
    lower = name.strip().lower()
    return _SECRET.search(lower) is not None and _NOT_SECRET.search(lower) is None


def adjacent_name(before: str) -> str:
    """The name that the value after `before` is given to, or ""."""
    found = _ADJACENT.search(before[-_REACH:])
    return found[1] if found else ""


class Place:
    """What stands before a value.

    Attributes:
        line: what is before it on its line, in lower case.
    """

    def __init__(self, text: str, start: int, path: str = "", name: str = "") -> None:
        """`path` is the file's, whose last part may name a provider; `name` is what the whole text is the value of."""
        self._text, self._path, self._name = text, path, name
        self._line_start = max(text.rfind("\n", max(0, start - _REACH), start) + 1, start - _REACH, 0)
        line = text[self._line_start : start]
        if not line.strip() and text[: self._line_start].rstrip().endswith(">"):
            # A line of its own inside an element: `<apiKey>` stands on the line before.
            end = len(text[: self._line_start].rstrip())
            line = text[max(text.rfind("\n", 0, end) + 1, end - _REACH) : end]
        self.line = (f"{name} {line}" if name else line).lower()

    @cached_property
    def is_secret(self) -> bool:
        """Whether the value may be a secret by its name."""
        if _SECRET.search(self.line) is None:
            return False
        adjacent = adjacent_name(self.line) or self._name.lower() or self.line.rstrip()
        return _NOT_SECRET.search(adjacent) is None

    @cached_property
    def _around(self) -> str:
        """The two lines above and the file's name."""
        above = max(self._line_start - 2 * _REACH, 0)
        lines = self._text[above : self._line_start].split("\n")[-3:]
        return "\n".join([*lines, self._path.replace("\\", "/").rsplit("/", 1)[-1]]).lower()

    @cached_property
    def _is_named(self) -> bool:
        return is_secret_name(adjacent_name(self.line) or self._name)

    def names(self, words: tuple[str, ...]) -> bool | None:
        """Whether the value is given to a name that is a secret of the provider with these names.

        Returns:
            True if the provider is named on the line, False if only above it or in the file's name, None if nowhere.
        """
        if not self.is_secret:
            return None
        pattern = _words(words)
        if pattern.search(self.line):
            return True
        return False if self._is_named and pattern.search(self._around) else None
