"""Classes that are no matter of words: whether the text of a file allows them.

`@sql` stands for a statement of SQL, `@token` for what looks like a secret, `@hidden` for characters that no ASCII text
has.
"""

from __future__ import annotations

import re
from functools import cache

_SQL = (
    rb"\bselect\s[^;]{1,300}?\sfrom\b|\binsert\s+into\b|\bupdate\s[^;]{1,200}?\sset\b|\bdelete\s+from\b|\bmerge\s+into\b"
    rb"|\b(?:drop|create|alter|truncate)\s+(?:or\s+replace\s+)?(?:temp\w*\s+)?(?:table|view|index|schema|database|user|role)\b"
    rb"|\bwhere\s+[\w.\"`{]+\s*(?:=|<|>|!|like\b|in\b)|\bwith\s+\w+\s+as\s*\(|\bcopy\s+\w+\s+from\b|\bpragma\s|\bgrant\s|\bcall\s+\w"
)


def in_text(word: str, content: bytes) -> bool:
    """Whether a file's text allows a class; True for those that are a matter of words."""
    if word == "@sql":
        return _sql().search(content) is not None
    if word == "@hidden":
        # In JSON characters may be written as escapes.
        return not content.isascii() or b"\\u" in content
    if word == "@token":
        from mlwarden.secrets.quick_look import may_hold_secret

        # What stands in the strings of a notebook is written otherwise in its file.
        return not content.isascii() or content.lstrip()[:1] in (b"{", b"[") or may_hold_secret(content)
    return True


@cache
def _sql() -> re.Pattern[bytes]:
    return re.compile(_SQL, re.IGNORECASE)
