"""A client pulls the diagnostics of a text. Offered only to clients that ask for it by `diagnosticMode: "pull"`."""

from __future__ import annotations

from lsprotocol import types

from mlwarden_lsp.session import Session

METHOD = types.TEXT_DOCUMENT_DIAGNOSTIC
OPTIONS = types.DiagnosticOptions(
    identifier="mlwarden",
    # A trace may lead into a sibling module, a requirement may stand in another file.
    inter_file_dependencies=True,
    workspace_diagnostics=True,
)


async def handle(
    session: Session, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """The diagnostics of a text as it is now."""
    uri = params.text_document.uri
    analysis = await session.analysis(uri)
    if analysis is None:
        return types.RelatedFullDocumentDiagnosticReport(items=[])
    result_id = f"{analysis.snapshot.revision}.{session.checks.token}"
    if params.previous_result_id == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=result_id)
    items = [shown.diagnostic for shown in analysis.of_part(uri)]
    return types.RelatedFullDocumentDiagnosticReport(items=items, result_id=result_id)
