"""All rules, from the generated index; a rule's module is imported only when it can fire or is asked about."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

from mlwarden.model.errors import InternalError, UsageError
from mlwarden.model.rule_info import RuleInfo

if TYPE_CHECKING:
    from mlwarden.rules.base import Rule


@cache
def all_rules() -> tuple[RuleInfo, ...]:
    """Every rule of mlwarden's own, sorted by code. Bandit's are in `mlwarden.bandit_engine`."""
    from mlwarden.rules._index import ROWS

    return tuple(map(RuleInfo.of, ROWS))


@cache
def every_rule() -> tuple[RuleInfo, ...]:
    """Every rule that can be selected: mlwarden's own and Bandit's."""
    from mlwarden.bandit_engine import infos

    return (*all_rules(), *infos())


@cache
def every_code() -> frozenset[str]:
    """The codes of all rules that can be selected."""
    return frozenset(info.code for info in every_rule())


@cache
def info_of(code: str) -> RuleInfo | None:
    """The rule with this code, or None."""
    from mlwarden.rules._index import ROWS

    # A report asks for a few of them.
    for row in ROWS:
        if row[0] == code:
            return RuleInfo.of(row)
    from mlwarden.bandit_engine import infos

    return next((info for info in infos() if info.code == code), None)


@cache
def load(info: RuleInfo) -> Rule:
    """The rule itself.

    Raises:
        InternalError: if its module does not import; a selected rule never goes missing in silence.
    """
    try:
        module = importlib.import_module(f"mlwarden.rules.{info.module}")
        rule: Rule = getattr(module, info.class_name)()
    except Exception as error:
        raise InternalError(f"rule {info.code} cannot be loaded: {type(error).__name__}: {error}") from error
    return rule


def rule_page(code: str) -> str:
    """A rule's documentation as Markdown.

    Raises:
        UsageError: if there is no such rule; the message names the nearest code.
    """
    info = info_of(code)
    if info is None:
        import difflib

        near = difflib.get_close_matches(code.upper(), sorted(every_code()), n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UsageError(f"there is no rule {code}{hint}; `mlwarden rule --all` lists them")
    if not info.module:
        from mlwarden.bandit_engine import rule_page as bandit_page

        return bandit_page(info)
    from mlwarden.rules.page import page_of

    return page_of(info, load(info))
