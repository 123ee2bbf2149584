"""Names on the Hub that look like those of well-known publishers.

Pure functions over `rules/data/publishers.txt`. Whoever is listed there imitates nobody.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

MIN_EDITED = 6
"""Names shorter than that are near to many others: of them only look-alike letters and separators count."""
_MIN_SKELETON = 4
_SEPARATORS = re.compile(r"[-_.]")
# Letters that look like others in common fonts, after lower case; the first group are single letters.
_LOOKALIKES = str.maketrans(
    {
        "0": "o", "1": "l", "i": "l", "|": "l", "5": "s", "3": "e", "4": "a", "8": "b", "9": "g", "2": "z",
        "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "һ": "h", "і": "l", "ј": "j", "к": "k", "ӏ": "l", "м": "m",
        "н": "h", "о": "o", "р": "p", "ѕ": "s", "т": "t", "ц": "u", "ѵ": "v", "ԝ": "w", "х": "x", "у": "y", "ı": "l",
        "α": "a", "β": "b", "ε": "e", "ι": "l", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x",
    }
)  # fmt: skip
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_CLAIMS = re.compile(r"(?:the)?(?:official|original|verified|real|genuine)s?")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whom a publisher's name resembles.

    Attributes:
        official: the well-known name.
        how: in words that end the sentence "The name ... by".
    """

    official: str
    how: str


@cache
def known_publishers() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The well-known publishers: lower case -> (as they write it, the beginnings of their models' names)."""
    from importlib.resources import files

    text = files("mlwarden.rules.data").joinpath("publishers.txt").read_text(encoding="utf-8")
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for line in text.splitlines():
        name, colon, families = line.partition(":")
        if colon and not line.startswith("#"):
            starts = tuple(part.strip().lower() for part in families.split(",") if part.strip())
            found[name.strip().lower()] = (name.strip(), starts)
    return found


def likeness_of(repo_id: str) -> Likeness | None:
    """Whom the publisher in `owner/name` resembles without being it; None for everybody else, and for the well-known."""
    owner, _, name = repo_id.partition("/")
    folded = owner.lower()
    if not name or folded in known_publishers():
        return None
    return _same_but_for_separators(folded) or _lookalike(folded) or _one_edit(folded) or _claimed(folded, name.lower())


def _same_but_for_separators(owner: str) -> Likeness | None:
    official = _bare_names().get(_SEPARATORS.sub("", owner))
    return None if official is None or len(owner) < _MIN_SKELETON else Likeness(official, "its separators")


def _lookalike(owner: str) -> Likeness | None:
    official = _skeletons().get(_skeleton(owner))
    return None if official is None or len(owner) < _MIN_SKELETON else Likeness(official, "letters that look alike")


def _one_edit(owner: str) -> Likeness | None:
    for known, (official, _) in known_publishers().items():
        if len(known) >= MIN_EDITED and abs(len(known) - len(owner)) <= 1:
            how = _edit(known, owner)
            if how:
                return Likeness(official, how)
    return None


def _edit(known: str, owner: str) -> str:
    """How one edit makes `owner` of `known`; "" if none does."""
    start = 0
    while start < min(len(known), len(owner)) and known[start] == owner[start]:
        start += 1
    rest, other = known[start:], owner[start:]
    if rest[1:] == other[1:] and rest and other:
        return "" if rest[0].isdigit() and other[0].isdigit() else "one letter"
    if len(rest) > 1 and len(other) > 1 and rest[0] == other[1] and rest[1] == other[0] and rest[2:] == other[2:]:
        return "two letters that changed places"
    if rest[1:] == other:
        return "a letter that is missing"
    if rest == other[1:] and not other[0].isdigit():
        return "a letter that is added"
    return ""


def _claimed(owner: str, name: str) -> Likeness | None:
    """`meta-llama-official/Llama-3.2-1B`: a claim to be the publisher, for a model of the kind it is known for."""
    pieces = [piece for piece in _SEPARATORS.split(owner) if piece]
    kept = [piece for piece in pieces if not _CLAIMS.fullmatch(piece)]
    if len(kept) == len(pieces) or not kept:
        return None
    official = _bare_names().get("".join(kept))
    if official is None:
        return None
    families = known_publishers()[official.lower()][1]
    return Likeness(official, "a claim to be official") if name.startswith(families) else None


@cache
def _bare_names() -> dict[str, str]:
    return {_SEPARATORS.sub("", name): official for name, (official, _) in known_publishers().items()}


@cache
def _skeletons() -> dict[str, str]:
    return {_skeleton(name): official for name, (official, _) in known_publishers().items()}


def _skeleton(name: str) -> str:
    """What is left of a name when letters that look alike are made the same."""
    text = unicodedata.normalize("NFKD", name)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower().translate(_LOOKALIKES)
    text = _SEPARATORS.sub("", text)
    for pair, single in _PAIRS:
        text = text.replace(pair, single)
    return text


__all__ = ["MIN_EDITED", "Likeness", "known_publishers", "likeness_of"]
