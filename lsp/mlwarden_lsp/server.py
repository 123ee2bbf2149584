"""The language server: a session, connected to a client by pygls."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from mlwarden import __version__
from mlwarden_lsp.commands import COMMANDS
from mlwarden_lsp.engine import Engine, MlwardenEngine
from mlwarden_lsp.garbage import Garbage
from mlwarden_lsp.handlers import HANDLERS, text_document_diagnostic, workspace_diagnostic
from mlwarden_lsp.progress import WorkDone
from mlwarden_lsp.protocol import Protocol
from mlwarden_lsp.scans import Progress
from mlwarden_lsp.session import DEBOUNCE, Session
from mlwarden_lsp.workers import DaemonThreads

# Checks compete for one interpreter; more than one thread is there for a document that takes very long. The same goes
# for answers.
_THREADS = 2

# All cells: those with text may hold secrets, and editors ask for actions of a notebook by its first cell's URI,
# whatever that cell is.
_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    notebook_selector=[
        types.NotebookDocumentFilterWithNotebook(notebook="jupyter-notebook"),
        types.NotebookDocumentFilterWithNotebook(notebook="interactive"),
    ],
    save=True,
)


class Server(LanguageServer):
    """pygls's server with a session.

    Attributes:
        session: the state; everything that is not about the wire.
        garbage: what collects it, from when the client introduces itself.
    """

    def __init__(self, engine: Engine | None = None, debounce: float = DEBOUNCE) -> None:
        """`engine` is the library unless a test puts something else in its place."""
        super().__init__(
            "mlwarden",
            __version__,
            types.TextDocumentSyncKind.Incremental,
            _NOTEBOOKS,
            protocol_cls=Protocol,
        )
        client = _Client(self)
        checking, answering = DaemonThreads(_THREADS), DaemonThreads(_THREADS)
        self.garbage = Garbage(answering)
        self.session = Session(
            engine or MlwardenEngine(), client, checking, debounce, answering=answering, garbage=self.garbage
        )
        for module in HANDLERS:
            handler = partial(module.handle, self.session)
            self.feature(module.METHOD, getattr(module, "OPTIONS", None))(handler)
        for command in COMMANDS:
            self.command(command)(_named)
        self.feature(types.INITIALIZE)(partial(self._initialize))

    def _initialize(self, params: types.InitializeParams) -> None:
        """Before pygls says what the server can do: one that pushes diagnostics must not offer to be asked for them.

        Clients that do both would show everything twice.
        """
        self.garbage.start()
        self.session.start(params)
        if self.session.pulls:
            for module in (text_document_diagnostic, workspace_diagnostic):
                handler = partial(module.handle, self.session)
                self.feature(module.METHOD, getattr(module, "OPTIONS", None))(handler)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """An error outside of any check; it goes to the log, by type only: its text may quote a document."""
        message = f"{getattr(source, '__name__', source)}: {type(error).__name__}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))


def _named() -> None:
    """Stands for a command where pygls says which there are; `workspace_execute_command` runs it."""


class _Client:
    """The client, as the session sees it."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        params = types.PublishDiagnosticsParams(uri, diagnostics, version)
        self._server.text_document_publish_diagnostics(params)

    def log(self, message: str, level: types.MessageType) -> None:
        self._server.window_log_message(types.LogMessageParams(level, message))

    def show(self, message: str, level: types.MessageType) -> None:
        self._server.window_show_message(types.ShowMessageParams(level, message))

    def refresh(self) -> None:
        if self._server.session.features.diagnostic_refresh:
            self._ask(self._server.workspace_diagnostic_refresh_async(None))

    def watch(self, globs: Sequence[str]) -> None:
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(glob) for glob in globs])
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registration = types.Registration("mlwarden.watched", method, options)
        self._ask(self._server.client_register_capability_async(types.RegistrationParams([registration])))

    def watch_settings(self) -> None:
        method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
        options = types.DidChangeConfigurationRegistrationOptions(section="mlwarden")
        registration = types.Registration("mlwarden.settings", method, options)
        self._ask(self._server.client_register_capability_async(types.RegistrationParams([registration])))

    async def configuration(self, scopes: Sequence[str | None]) -> Sequence[Any]:
        items = [types.ConfigurationItem(scope_uri=scope, section="mlwarden") for scope in scopes]
        return await self._server.workspace_configuration_async(types.ConfigurationParams(items))

    async def apply(self, label: str, edit: types.WorkspaceEdit) -> bool:
        answer = await self._server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
        return answer.applied

    async def open(self, url: str) -> bool:
        answer = await self._server.window_show_document_async(types.ShowDocumentParams(url, external=True))
        return answer.success

    def progress(self, title: str, token: types.ProgressToken | None, cancel: Callable[[], None]) -> Progress:
        return WorkDone(self._server, title, token, cancel)

    def partial(self, token: types.ProgressToken, value: Any) -> None:
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(token, value))

    def _ask(self, request: Any) -> None:
        """Send a request whose answer does not matter, a refusal neither."""
        task = asyncio.ensure_future(request)
        self._server.session.keep(task)


def serve(host: str | None = None, port: int | None = None) -> int:
    """Serve one client until it says exit; the exit status: 0, or 1 where the client left without shutting down.

    Args:
        host: the address to listen on; without it, standard input and output.
        port: the port to listen on.
    """
    # Errors reach the client by `report_server_error`. pygls's own log lines quote whole messages.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    server = Server()
    if host is not None and port is not None:
        server.start_tcp(host, port)
    else:
        server.start_io(sys.stdin.buffer, _own_stdout())
    return 0 if server.session.shut_down else 1


def _own_stdout() -> BinaryIO:
    """Standard output for the protocol alone: whatever else is printed, by any library, goes to standard error."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream
