"""What may be written at the cursor: codes of rules, where one may stand."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.code_places import mentions, slot_at
from mlwarden_lsp.completion import completions
from mlwarden_lsp.convert import offset_of
from mlwarden_lsp.documents import is_python
from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_COMPLETION
OPTIONS = types.CompletionOptions(trigger_characters=["[", ",", ":", " ", '"', "'"])


async def handle(session: Session, params: types.CompletionParams) -> types.CompletionList | None:
    """The codes for the text as it is now; None where none may stand. Waits for no check."""
    part = session.part(params.text_document.uri)
    if part is None:
        return None
    config, line = session.is_config(part.uri), params.position.line
    if not config and not mentions(part, line):
        return None
    encoding, markdown = session.store.encoding, session.features.markdown_completion
    near = session.shown(part.uri)

    def found() -> types.CompletionList | None:
        offset = offset_of(part.lines, params.position, encoding)
        slot = slot_at(part, offset, is_python(part), config)
        if slot is None:
            return None
        lines = [(shown.finding.code, shown.diagnostic.range) for shown in near]
        # A comment alone on its line counts for the next.
        here = {code for code, where in lines if where.start.line <= line + 1 and line <= where.end.line}
        return completions(part, slot, session.engine.rules(), here, encoding, markdown)

    return await session.in_worker(found)
