"""The page of a rule, beside the finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from mlwarden.config.codes import covers
from mlwarden_lsp.analysis import Shown
from mlwarden_lsp.engine import Engine

if TYPE_CHECKING:
    from mlwarden.model.rule_info import RuleInfo

_MOST_LISTED = 40
_SEPARATOR = "\n\n---\n\n"


def hover_of(here: Sequence[Shown], page: Callable[[str], str], markdown: bool) -> types.Hover:
    """What the findings at one place say, each rule's page once, under the messages of its findings.

    Args:
        here: the findings, at least one.
        page: a rule's code -> its page in Markdown, or "".
        markdown: the client shows Markdown; otherwise it gets the same as plain text.
    """
    messages: dict[str, list[str]] = {}
    for shown in here:
        messages.setdefault(shown.finding.code, []).append(shown.finding.message)
    sections = []
    for code, said in messages.items():
        head = "\n".join(f"**{code}**: {message}" for message in dict.fromkeys(said))
        sections.append(f"{head}\n\n{page(code)}".rstrip())
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    smallest = min(here, key=lambda shown: shown.place.end - shown.place.start)
    return types.Hover(types.MarkupContent(kind, _SEPARATOR.join(sections)), smallest.diagnostic.range)


def hover_of_code(code: str, where: types.Range, engine: Engine, markdown: bool) -> types.Hover | None:
    """The page of the rule with this code; of a prefix, which rules it stands for; None if it stands for none."""
    code = code.upper()
    text = engine.page(code) or _listed(code, [info for info in engine.rules().values() if covers(code, info.code)])
    if not text:
        return None
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    return types.Hover(types.MarkupContent(kind, text), where)


def _listed(code: str, rules: Sequence[RuleInfo]) -> str:
    if not code or not rules:
        return ""
    lines = [f"- {info.code} {info.name}: {info.summary}" for info in rules[:_MOST_LISTED]]
    more = f"\n- and {len(rules) - _MOST_LISTED} more" if len(rules) > _MOST_LISTED else ""
    return f"**{code}** stands for {len(rules)} rules:\n\n" + "\n".join(lines) + more
