"""What a finding, or the code of a rule, under the mouse is about."""

from __future__ import annotations

from functools import partial

from lsprotocol import types

from mlwarden_lsp.code_places import Codes, mentions, slot_at
from mlwarden_lsp.convert import offset_of, range_of
from mlwarden_lsp.documents import is_python
from mlwarden_lsp.hover import hover_of, hover_of_code
from mlwarden_lsp.session import Session
from mlwarden_lsp.snapshot import Part

METHOD = types.TEXT_DOCUMENT_HOVER


async def handle(session: Session, params: types.HoverParams) -> types.Hover | None:
    """The page of the rule whose code is under the mouse, or those of the rules whose findings are there."""
    uri = params.text_document.uri
    part = session.part(uri)
    if part is None:
        return None
    if session.is_config(uri) or mentions(part, params.position.line):
        hover = await session.in_worker(partial(_code, session, part, params.position))
        if hover is not None:
            return hover
    analysis = await session.analysis(uri)
    part = next((part for part in analysis.snapshot.parts if part.uri == uri), None) if analysis else None
    if analysis is None or part is None:
        return None
    offset = offset_of(part.lines, params.position, session.store.encoding)
    here = [shown for shown in analysis.of_part(uri) if shown.place.touches(offset, offset)]
    if not here:
        return None
    markdown = session.features.markdown_hover
    return await session.in_worker(lambda: hover_of(here, session.engine.page, markdown))


def _code(session: Session, part: Part, position: types.Position) -> types.Hover | None:
    encoding = session.store.encoding
    offset = offset_of(part.lines, position, encoding)
    slot = slot_at(part, offset, is_python(part), session.is_config(part.uri))
    if slot is None or slot.start == slot.end or slot.codes is Codes.SCOPES:
        return None
    where = range_of(part.lines, slot.start, slot.end, encoding)
    return hover_of_code(part.text[slot.start : slot.end], where, session.engine, session.features.markdown_hover)
