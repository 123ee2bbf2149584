"""Completion of rule codes where one may be written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from lsprotocol import types

from mlwarden_lsp.code_places import Codes, Slot
from mlwarden_lsp.convert import Encoding, range_of
from mlwarden_lsp.snapshot import Part

if TYPE_CHECKING:
    from mlwarden.model.rule_info import RuleInfo

_SCOPES = {
    "ignore": "the findings on this line, or on the next if the comment stands alone",
    "ignore-file": "all findings in this file",
    "ignore-cell": "all findings in this notebook cell",
}


def completions(
    part: Part,
    slot: Slot,
    rules: Mapping[str, RuleInfo],
    here: Collection[str],
    encoding: Encoding,
    markdown: bool,
) -> types.CompletionList:
    """What may be written into a place.

    Args:
        part: the text.
        slot: the place.
        rules: all rules by code.
        here: the codes of findings near the place, which come first.
        encoding: what columns count.
        markdown: the client shows Markdown.
    """
    where = range_of(part.lines, slot.start, slot.end, encoding)
    if slot.codes is Codes.SCOPES:
        items = [
            types.CompletionItem(scope, kind=types.CompletionItemKind.Keyword, detail=what)
            for scope, what in _SCOPES.items()
        ]
    else:
        items = [_item(info, info.code in here, markdown) for info in _offered(rules.values(), slot)]
        if slot.codes is Codes.SELECTORS and "ALL" not in slot.taken:
            items.append(types.CompletionItem("ALL", kind=types.CompletionItemKind.Constant, detail="every rule"))
    for item in items:
        item.text_edit = types.TextEdit(where, f'"{item.label}"' if slot.quote else item.label)
    return types.CompletionList(is_incomplete=False, items=items)


def _offered(rules: Iterable[RuleInfo], slot: Slot) -> Iterable[RuleInfo]:
    """Own rules first: they are what most people look for."""
    wanted = (info for info in rules if info.code not in slot.taken)
    if slot.codes is Codes.BANDIT:
        return [info for info in wanted if not info.module]
    return sorted(wanted, key=lambda info: (not info.module, info.code))


def _item(info: RuleInfo, here: bool, markdown: bool) -> types.CompletionItem:
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    return types.CompletionItem(
        label=info.code,
        kind=types.CompletionItemKind.Constant,
        detail=info.name,
        documentation=types.MarkupContent(kind, info.summary),
        # Editors filter by what is typed: a part of the rule's name finds it, too.
        filter_text=f"{info.code} {info.name}",
        sort_text=f"{0 if here else 1 if info.module else 2}{info.code}",
        preselect=True if here else None,
    )
