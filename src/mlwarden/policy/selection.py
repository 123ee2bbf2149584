"""Which rules are on.

`select` and `extend-select` turn rules on, `ignore` turns them off, and the more specific entry wins: a whole code
before a longer prefix, a longer prefix before a shorter one, any prefix before "ALL", and anything before the default
selection. On a tie `ignore` wins. A prefix turns on those of its rules that are on by default; only a whole code or
"ALL" also turns on a rule that is off by default, which is off because most people find it too noisy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mlwarden.config.codes import ALL, check_codes
from mlwarden.config.settings import Settings
from mlwarden.model.rule_info import RuleInfo

__all__ = ["check_codes", "selected"]

# How specific an entry is; a prefix is as specific as it is long.
_NOT_NAMED: Final = -2
_BY_DEFAULT: Final = -1
_ALL: Final = 0
_WHOLE_CODE: Final = 1000


def selected(infos: Iterable[RuleInfo], settings: Settings) -> frozenset[str]:
    """The codes of the rules that are on. The codes in `settings` are taken to be checked (`check_codes`)."""
    return frozenset(info.code for info in infos if _is_on(info, settings))


def _is_on(info: RuleInfo, settings: Settings) -> bool:
    wanted = _BY_DEFAULT if settings.select is None and info.default else _NOT_NAMED
    for entry in (*(settings.select or ()), *settings.extend_select):
        rank = _rank(entry, info.code)
        if info.default or rank in (_ALL, _WHOLE_CODE):
            wanted = max(wanted, rank)
    unwanted = max((_rank(entry, info.code) for entry in settings.ignore), default=_NOT_NAMED)
    return wanted > unwanted


def _rank(entry: str, code: str) -> int:
    if entry == code:
        return _WHOLE_CODE
    if entry == ALL:
        return _ALL
    return len(entry) if code.startswith(entry) else _NOT_NAMED
