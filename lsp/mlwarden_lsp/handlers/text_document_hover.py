"""What a finding under the mouse is about."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.convert import offset_of
from mlwarden_lsp.hover import hover_of
from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_HOVER


async def handle(session: Session, params: types.HoverParams) -> types.Hover | None:
    """The pages of the rules whose findings are under the mouse."""
    uri = params.text_document.uri
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
