"""The page of a rule, beside the finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsprotocol import types

from mlwarden_lsp.analysis import Shown

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
