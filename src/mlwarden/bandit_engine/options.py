"""The `[tool.bandit]` table: the keys that Bandit reads from it, with Bandit's own meaning."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any


def _names(options: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = options.get(key)
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(item.strip() for item in value if isinstance(item, str) and item.strip())


def effective(codes: frozenset[str], options: Mapping[str, Any]) -> frozenset[str]:
    """The codes that are left of a selection once `skips` and `tests` are obeyed.

    `tests` limits Bandit to the tests it lists; here it narrows the selection and never widens it, since what is
    selected is said in one place, mlwarden's own settings.
    """
    wanted = _names(options, "tests")
    left = codes & frozenset(wanted) if wanted else codes
    return left - frozenset(_names(options, "skips"))


def excluded(path: str, options: Mapping[str, Any]) -> bool:
    """Whether `exclude_dirs` covers a file: a glob that matches its path, or a piece of text that occurs in it.

    Bandit's paths start with `./` where it was given a relative folder, so a pattern may be written with it or without.
    """
    shown = path if path.startswith(("/", "./")) else f"./{path}"
    return any(
        fnmatch(path, pattern) or fnmatch(shown, pattern) or pattern in shown
        for pattern in _names(options, "exclude_dirs")
    )


def table(name: str, options: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A test's own options, `[tool.bandit.<name>]`, over its defaults.

    Bandit takes the user's table as a whole, and its tests then fail on a key that it lacks; a missing key keeps its
    default here.
    """
    own = options.get(name)
    return {**defaults, **own} if isinstance(own, Mapping) else dict(defaults)
