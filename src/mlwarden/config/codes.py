"""Which rule codes and prefixes exist. The set of known codes is passed in: configuration knows no rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from mlwarden.model.errors import UsageError

ALL = "ALL"

# The families of the design: a prefix stays valid in a release in which its family has no rule yet.
FAMILIES = frozenset({"MLW", *(f"MLW{digit}" for digit in range(10))})

# Bandit's ids, e.g. "B301", and their prefixes "B", "B3", "B30".
_BANDIT = r"B[0-9]{0,3}"
_SHAPE = r"MLW[0-9A-Z]*|B[0-9]*"


def is_known(code: str, known: Set[str]) -> bool:
    """Whether `code` is a known code, a prefix of one, a family, or a Bandit id or prefix.

    Bandit's ids are looked up in `known` where it holds any of them, and taken by their shape where it does not.
    "ALL" is not a code: callers that allow it say so.
    """
    if code in known or code in FAMILIES:
        return True
    if code.startswith("B") and not any(other.startswith("B") for other in known):
        return re.fullmatch(_BANDIT, code) is not None
    return re.fullmatch(_SHAPE, code) is not None and any(other.startswith(code) for other in known)


_DIGITS = str.maketrans("OQILSZ", "001152")


def nearest(code: str, known: Set[str], *, allow_all: bool = True) -> str:
    """The right spelling that `code` most likely stands for, or ""."""
    upper = code.strip().upper()
    if is_known(upper, known) or (allow_all and upper == ALL):
        return upper
    # The commonest slip: letters for digits, `MLW1O2` for `MLW102`.
    head = "MLW" if upper.startswith("MLW") else upper[:1]
    digits = head + upper[len(head) :].translate(_DIGITS)
    if is_known(digits, known):
        return digits
    candidates = sorted({*known, *FAMILIES, *([ALL] if allow_all else [])})
    return nearest_of(upper, candidates)


def nearest_of(word: str, candidates: Iterable[str]) -> str:
    """The candidate nearest in spelling to `word`, or "" where none is near, as to any text too long for a slip."""
    if len(word) > 40:
        return ""
    from difflib import SequenceMatcher, get_close_matches
    from itertools import takewhile

    def likeness(candidate: str) -> tuple[float, int, str]:
        """Of equally near ones, the one that starts alike, then the last in the alphabet: any fixed order will do."""
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(candidate, word, strict=False)))
        return SequenceMatcher(None, candidate, word).ratio(), alike, candidate

    return max(get_close_matches(word, list(candidates), n=5, cutoff=0.6), key=likeness, default="")


def covers(code: str, rule: str) -> bool:
    """Whether a code or prefix, or "ALL", stands for the rule with the code `rule`."""
    return code == ALL or rule.startswith(code)


def check_codes(codes: Iterable[str], known: Set[str], place: str = "") -> None:
    """Check codes and prefixes that somebody typed; "ALL" is one. `place` says where, e.g. "--select".

    Raises:
        UsageError: the first unknown one, with the nearest right spelling.
    """
    for code in codes:
        if code != ALL and not is_known(code, known):
            suggestion = nearest(code, known)
            hint = f" (did you mean '{suggestion}'?)" if suggestion else ""
            raise UsageError(f"{place + ': ' if place else ''}unknown code '{code}'{hint}")
