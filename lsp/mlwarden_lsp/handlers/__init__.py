"""One file for each method of the protocol, each with `METHOD`, `handle(session, params)` and, if need be, `OPTIONS`.

A handler that changes what the session holds is a plain function and is done when it returns. One that answers from a
check is a coroutine: it waits without holding up the messages that come after it.
"""

from __future__ import annotations

from types import ModuleType

from mlwarden_lsp.handlers import (
    initialized,
    notebook_document_did_change,
    notebook_document_did_close,
    notebook_document_did_open,
    notebook_document_did_save,
    shutdown,
    text_document_code_action,
    text_document_completion,
    text_document_did_change,
    text_document_did_close,
    text_document_did_open,
    text_document_did_save,
    text_document_hover,
    workspace_did_change_configuration,
    workspace_did_change_watched_files,
    workspace_did_change_workspace_folders,
    workspace_execute_command,
)

HANDLERS: tuple[ModuleType, ...] = (
    initialized,
    notebook_document_did_change,
    notebook_document_did_close,
    notebook_document_did_open,
    notebook_document_did_save,
    shutdown,
    text_document_code_action,
    text_document_completion,
    text_document_did_change,
    text_document_did_close,
    text_document_did_open,
    text_document_did_save,
    text_document_hover,
    workspace_did_change_configuration,
    workspace_did_change_watched_files,
    workspace_did_change_workspace_folders,
    workspace_execute_command,
)
