"""What can be done about the findings in a range."""

from __future__ import annotations

from functools import partial

from lsprotocol import types

from mlwarden_lsp.actions import KINDS, Actions, request_of
from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_CODE_ACTION
OPTIONS = types.CodeActionOptions(code_action_kinds=KINDS)

# Somebody who types that fast wants no actions.
_MOST_TRIES = 3


async def handle(session: Session, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """The actions for the text as it is now; None where there is nothing to act upon, or no end to its changing.

    Actions for a state that the text has left are made anew: not every client looks at the versions in edits.
    """
    uri = params.text_document.uri
    if not session.features.code_action_literals:
        return None
    for _ in range(_MOST_TRIES):
        analysis = await session.analysis(uri)
        part = next((part for part in analysis.snapshot.parts if part.uri == uri), None) if analysis else None
        if analysis is None or part is None:
            return None
        actions = Actions(
            analysis,
            session.store.encoding,
            session.features.document_changes,
            session.engine.codes(),
            session.check,
            session.context(analysis.snapshot.uri),
        )
        made = await session.in_worker(partial(actions.of, request_of(params, part, session.store.encoding)))
        if session.store.revision(analysis.snapshot.uri) == analysis.snapshot.revision:
            return made or None
    return None
