"""The gate: which rules can fire on a document, by the words in it. Most documents end here.

A rule's triggers are alternatives of words that are all needed. The gate asks first for the words in the bytes, then,
for code, for identifiers that really stand in it. It may let too much through, never too little.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from mlwarden.model.rule_info import RuleInfo
from mlwarden.semantics import word_classes

# Pictures in base64, in one piece or in the lines of a JSON list. No identifier is as long, and none stands beside one
# without something between them that base64 does not have. Searching megabytes of it for each word costs seconds.
_LARGE = 1 << 20
_PAYLOAD = re.compile(r"[A-Za-z0-9+/]{1000,}")
_PAYLOAD_LINES = re.compile(r'"(?:[A-Za-z0-9+/]{76}\\n",\s{0,40}"){10,}')


def without_pictures(text: str) -> str:
    """A text as it is searched for triggers: a large one without the pictures that are embedded in it."""
    return text if len(text) <= _LARGE else _PAYLOAD_LINES.sub('" "', _PAYLOAD.sub(" ", text))


def in_bytes(content: bytes, infos: Iterable[RuleInfo]) -> list[RuleInfo]:
    """The rules whose triggers occur in the bytes."""
    haystack = content
    if not haystack.isascii():
        # Python compares identifiers in NFKC form (PEP 3131): letters of other alphabets may spell `eval`.
        text = haystack.decode("utf-8", "replace")
        if not unicodedata.is_normalized("NFKC", text):
            haystack += b"\n" + unicodedata.normalize("NFKC", text).encode("utf-8", "replace")
    known: dict[str, bool] = {}

    def holds(word: str) -> bool:
        found = known.get(word)
        if found is None:
            found = word_classes.in_bytes(word, haystack) if word.startswith("@") else word.encode() in haystack
            found = known[word] = bool(found)
        return found

    return _passing(infos, holds)


def in_names(names: frozenset[str] | set[str], infos: Iterable[RuleInfo]) -> list[RuleInfo]:
    """The rules whose triggers are identifiers of the code."""
    return _passing(infos, lambda word: not word or word in names or word_classes.among(word, names))


def _passing(infos: Iterable[RuleInfo], holds: Callable[[str], bool]) -> list[RuleInfo]:
    return [info for info in infos if not info.triggers or any(all(map(holds, words)) for words in info.triggers)]
