"""Facts about rules for the reports, taken from the rule index and, where asked for, from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlwarden.reports.options import RuleDetails

if TYPE_CHECKING:
    from mlwarden.model.rule_info import RuleInfo


def details_of(info: RuleInfo, *, with_page: bool) -> RuleDetails:
    """What reports say about a rule. `with_page` imports the rule, for its page and catalogue ids."""
    if not info.module:  # one of Bandit's own tests
        return _bandit_details(info, with_page=with_page)
    details = RuleDetails(info.code, info.name, info.summary, info.severity, info.url, info.default)
    if not with_page:
        return details
    from dataclasses import replace

    from mlwarden.rules.registry import load, rule_page

    rule = load(info)
    tags = (
        *(f"owasp-llm/{number}" for number in rule.owasp_llm),
        *(f"owasp-ml/{number}" for number in rule.owasp_ml),
        *(f"atlas/{number}" for number in rule.atlas),
    )
    return replace(details, page=rule_page(info.code), cwe=rule.cwe, tags=tags)


def _bandit_details(info: RuleInfo, *, with_page: bool) -> RuleDetails:
    from mlwarden.bandit_engine import cwe, page, url

    return RuleDetails(
        code=info.code,
        name=info.name,
        summary=info.summary,
        severity=info.severity,
        url=url(info.code),
        default=info.default,
        page=page(info.code) if with_page else "",
        cwe=cwe(info.code),
    )


def details_by_code(codes: Iterable[str], *, with_pages: bool) -> dict[str, RuleDetails]:
    """The facts for some codes; those that no rule has are left out."""
    from mlwarden.rules.registry import info_of

    infos = ((code, info_of(code)) for code in sorted(set(codes)))
    return {code: details_of(info, with_page=with_pages) for code, info in infos if info is not None}
