"""`Plan`: the rules that fit a kind of document, made ready once for all documents of a scan."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from mlwarden.model.rule_info import DocumentKind, RuleInfo

if TYPE_CHECKING:
    from mlwarden.engine.gate import Gate

_SEMANTIC_HOOKS = frozenset({"call", "assignment", "model"})


class Plan:
    """What may run on documents of one kind.

    Attributes:
        infos: the rules, in order.
        policy: those that look at a document for the organisation's policy.
        semantic: the codes of those that ask the semantic model.
        plain, needy: the semantic ones without and with needs.
        classes: the classes of words that these need.
    """

    def __init__(self, infos: Iterable[RuleInfo], kind: DocumentKind, *, policy: bool) -> None:
        """Choose from the selected rules; those about a policy only where there is one."""
        self.infos = tuple(info for info in infos if kind in info.kinds and (policy or "policy" not in info.hooks))
        self.policy = tuple(info for info in self.infos if "policy" in info.hooks)
        self._code = kind is DocumentKind.PYTHON
        semantic = [info for info in self.infos if _SEMANTIC_HOOKS.intersection(info.hooks)]
        self.semantic = frozenset(info.code for info in semantic)
        self.plain = tuple(info for info in semantic if not info.needs)
        self.needy = tuple(info for info in semantic if info.needs)
        needs = dict.fromkeys(need for info in self.needy for need in info.needs)
        self.classes = tuple(need for need in needs if need.startswith("@"))

    @cached_property
    def gate(self) -> Gate:
        """The triggers of all of them."""
        from mlwarden.engine.gate import Gate  # to make it takes a while, and not everybody asks

        return Gate(self.infos, code=self._code)


class Plans:
    """Plans by what they are made of; a scan has few."""

    def __init__(self) -> None:
        self._made: dict[tuple[frozenset[str], DocumentKind, bool], Plan] = {}

    def of(self, infos: tuple[RuleInfo, ...], kind: DocumentKind, *, policy: bool) -> Plan:
        """The plan for a selection of rules and a kind of document."""
        key = (frozenset(info.code for info in infos), kind, policy)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Plan(infos, kind, policy=policy)
        return found
