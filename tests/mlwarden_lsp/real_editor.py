"""A real client for the real server: pytest-lsp's, which remembers what the server says and waits for it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

COMMAND = [sys.executable, "-m", "mlwarden", "server"]
# Seconds after which a server that says nothing is taken to hang: a guard, not a measurement.
HANGS = 60
Published = types.PublishDiagnosticsParams


class Editor(LanguageClient):
    """A client that remembers all that was published, and can wait for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.published: list[Published] = []
        self.came = asyncio.Condition()
        self.registered: list[str] = []
        self.said: dict[Any, list[dict[str, Any]]] = {}

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something the server says makes this true. A server that does not say it fails the test."""

        async def wait() -> None:
            async with self.came:
                while not true():
                    await self.came.wait()

        try:
            await asyncio.wait_for(wait(), HANGS)
        except asyncio.TimeoutError:
            pytest.fail(f"waited in vain: {what}; {self.published} {self.said}")

    async def diagnostics_of(self, uri: str, version: int | None) -> list[types.Diagnostic]:
        """The diagnostics for a version of a text, once they are there. A server that sends none fails the test."""
        try:
            return await asyncio.wait_for(self._diagnostics_of(uri, version), HANGS)
        except asyncio.TimeoutError:
            pytest.fail(f"no diagnostics for {uri} in version {version}; there are {self.published}")

    async def _diagnostics_of(self, uri: str, version: int | None) -> list[types.Diagnostic]:
        async with self.came:
            while True:
                for params in self.published:
                    if (params.uri, params.version) == (uri, version):
                        return list(params.diagnostics)
                await self.came.wait()

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        self.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, version, text))
        )

    def change(self, uri: str, version: int, *changes: types.TextDocumentContentChangeEvent) -> None:
        identifier = types.VersionedTextDocumentIdentifier(version=version, uri=uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, list(changes)))

    async def actions(self, uri: str, where: types.Range, only: Iterable[str] | None = None) -> list[types.CodeAction]:
        context = types.CodeActionContext(diagnostics=[], only=list(only) if only is not None else None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), where, context)
        answer = await self.text_document_code_action_async(params)
        # This client's library takes a code action that brings a command for the command alone.
        return [action for action in answer or () if isinstance(action, types.CodeAction)]


async def _published(client: Editor, params: Published) -> None:
    client.diagnostics[params.uri] = params.diagnostics
    async with client.came:
        client.published.append(params)
        client.came.notify_all()


async def _progress(client: Editor, params: types.ProgressParams) -> None:
    async with client.came:
        client.said.setdefault(params.token, []).append(params.value)
        client.came.notify_all()


def _register(client: Editor, params: types.RegistrationParams) -> None:
    client.registered.extend(registration.method for registration in params.registrations)


def make_editor() -> Editor:
    editor = Editor(converter_factory=default_converter)
    features = {
        **DEFAULT_CLIENT_FEATURES,
        types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: _published,
        types.CLIENT_REGISTER_CAPABILITY: _register,
        types.PROGRESS: _progress,
    }
    register_lsp_features(editor, features)
    return editor


def capabilities(encodings: list[str] | None = None, *, notebooks: bool = True) -> types.ClientCapabilities:
    """Those of VS Code, with what it has got since the version that the test library knows."""
    found = client_capabilities("visual-studio-code")
    if notebooks:
        found.notebook_document = types.NotebookDocumentClientCapabilities(
            types.NotebookDocumentSyncClientCapabilities()
        )
    found.general = types.GeneralClientCapabilities(position_encodings=encodings)
    return found


def config() -> ClientServerConfig[Editor]:
    return ClientServerConfig(server_command=COMMAND, client_factory=make_editor)
