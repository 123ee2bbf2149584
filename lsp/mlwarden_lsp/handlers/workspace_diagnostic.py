"""A client pulls the diagnostics of files that are not open. Offered where `textDocument/diagnostic` is."""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol import types

from mlwarden_lsp.scans import Summary
from mlwarden_lsp.session import Session

METHOD = types.WORKSPACE_DIAGNOSTIC


async def handle(session: Session, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
    """What is found in the workspace's files, at once what the client does not know yet, else as soon as it changes.

    The first request starts the scan that keeps the results up to date. A client that gives a token gets the results
    of that scan as they come.
    """
    previous = {known.uri: known.value for known in params.previous_result_ids}
    if not session.scans.wanted and not session.scans.declined:
        scan = asyncio.ensure_future(session.scan(params.work_done_token))
        try:
            await _told(session, scan, params.partial_result_token, previous)
        finally:
            scan.cancel()
    reports = session.disk.reports(previous)
    while previous and not any(isinstance(report, types.WorkspaceFullDocumentDiagnosticReport) for report in reports):
        await session.disk.change()
        reports = session.disk.reports(previous)
    return types.WorkspaceDiagnosticReport(reports)


async def _told(
    session: Session, scan: asyncio.Future[Summary | None], token: types.ProgressToken | None, previous: dict[str, str]
) -> None:
    """Wait for a scan and send its results under the token; what was sent is in `previous` afterwards."""
    while not scan.done():
        change = asyncio.ensure_future(session.disk.change())
        both: set[asyncio.Future[Any]] = {scan, change}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        change.cancel()
        fresh = [
            report
            for report in session.disk.reports(previous)
            if isinstance(report, types.WorkspaceFullDocumentDiagnosticReport)
        ]
        if token is not None and fresh and not scan.done():
            session.client.partial(token, types.WorkspaceDiagnosticReportPartialResult(fresh))
            previous.update((report.uri, report.result_id or "") for report in fresh)
