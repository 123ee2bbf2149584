"""pygls's protocol with what it does not leave to a server: who keeps the texts, and answers to unreadable requests."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method


def _handed_on(method: str) -> Any:
    """A built-in handler that does nothing but call ours.

    pygls would keep each text itself, in lines that `str.splitlines` makes: a form feed or U+2028 moves every edit
    after it to the wrong line. The session keeps the texts.
    """

    @lsp_method(method)
    def handle(protocol: LanguageServerProtocol, params: Any) -> None:
        handler = protocol.fm.features.get(method)
        if handler is not None:
            handler(params)

    return handle


class Protocol(LanguageServerProtocol):
    """The protocol."""

    lsp_text_document__did_open = _handed_on(types.TEXT_DOCUMENT_DID_OPEN)
    lsp_text_document__did_change = _handed_on(types.TEXT_DOCUMENT_DID_CHANGE)
    lsp_text_document__did_close = _handed_on(types.TEXT_DOCUMENT_DID_CLOSE)
    lsp_notebook_document__did_open = _handed_on(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    lsp_notebook_document__did_change = _handed_on(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    lsp_notebook_document__did_close = _handed_on(types.NOTEBOOK_DOCUMENT_DID_CLOSE)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Hand a command on; pygls's own handler takes neither the client's progress token nor its cancelling."""
        return await self.fm.features[types.WORKSPACE_EXECUTE_COMMAND](params)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Initialize; pygls's own workspace, which is not used here, raises on a root URI such as "file://[x"."""
        root_uri, params.root_uri = params.root_uri, None
        root_path, params.root_path = params.root_path, None
        steps = super().lsp_initialize(params)
        value = None
        while True:
            try:
                step = steps.send(value)
            except StopIteration as stop:
                result: types.InitializeResult = stop.value
                return result
            params.root_uri, params.root_path = root_uri, root_path
            value = yield step

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message; a request that cannot be read is answered, so that its client does not wait for ever."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and isinstance(data.get("id"), (int, str)):
                self._send_response(data["id"], error=error.to_response_error())
            raise
