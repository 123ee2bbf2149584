"""What can be done about the findings in a range."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.actions import KINDS, Actions, request_of
from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_CODE_ACTION
OPTIONS = types.CodeActionOptions(code_action_kinds=KINDS)


async def handle(session: Session, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """The actions for the text as it is now; None where there is nothing to act upon."""
    uri = params.text_document.uri
    analysis = await session.analysis(uri)
    if analysis is None or not session.features.code_action_literals:
        return None
    part = next((part for part in analysis.snapshot.parts if part.uri == uri), None)
    if part is None:
        return None
    request = request_of(params, part, session.store.encoding)
    actions = Actions(
        analysis,
        session.store.encoding,
        session.features.document_changes,
        session.engine.codes(),
        session.check,
    )
    return await session.in_worker(lambda: actions.of(request)) or None
