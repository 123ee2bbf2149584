"""What the client can do, read once from its capabilities."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import get_capability


@dataclass(frozen=True, slots=True)
class Features:
    """The capabilities that make a difference here; all off where a client says nothing."""

    related_information: bool = False
    document_changes: bool = False
    markdown_hover: bool = False
    pull_diagnostics: bool = False
    diagnostic_refresh: bool = False
    configuration: bool = False
    watched_files: bool = False
    code_action_literals: bool = False
    tags: bool = False
    create_files: bool = False
    work_done_progress: bool = False
    show_document: bool = False
    configuration_registration: bool = False
    markdown_completion: bool = False


def features_of(capabilities: types.ClientCapabilities) -> Features:
    """Read a client's capabilities."""

    def has(path: str) -> bool:
        return bool(get_capability(capabilities, path, False))

    created = get_capability(capabilities, "workspace.workspace_edit.resource_operations", None) or ()
    completions = (
        get_capability(capabilities, "text_document.completion.completion_item.documentation_format", None) or ()
    )
    tags = get_capability(capabilities, "text_document.publish_diagnostics.tag_support.value_set", None) or ()
    formats = get_capability(capabilities, "text_document.hover.content_format", None) or ()
    return Features(
        related_information=has("text_document.publish_diagnostics.related_information"),
        document_changes=has("workspace.workspace_edit.document_changes"),
        markdown_hover=types.MarkupKind.Markdown in formats,
        pull_diagnostics=capabilities.text_document is not None and capabilities.text_document.diagnostic is not None,
        diagnostic_refresh=has("workspace.diagnostics.refresh_support"),
        configuration=has("workspace.configuration"),
        watched_files=has("workspace.did_change_watched_files.dynamic_registration"),
        code_action_literals=has("text_document.code_action.code_action_literal_support"),
        tags=types.DiagnosticTag.Unnecessary in tags,
        create_files=types.ResourceOperationKind.Create in created,
        work_done_progress=has("window.work_done_progress"),
        show_document=has("window.show_document.support"),
        configuration_registration=has("workspace.did_change_configuration.dynamic_registration"),
        markdown_completion=types.MarkupKind.Markdown in completions,
    )
