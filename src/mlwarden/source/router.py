"""`document_of`: the one way from a file's bytes to a `Document`."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.source.decoding import Decoded, decode_python, decode_text, decode_utf8
from mlwarden.source.documents import DependencyFile, Document, ModelFile, PlainText, PythonModule
from mlwarden.source.kinds import kind_by_name, kind_of
from mlwarden.source.problems import INVALID_NOTEBOOK, Problem

__all__ = ["decode_as", "document_from_text", "document_of", "kind_by_name", "kind_of", "shown_document"]


def decode_as(kind: DocumentKind | None, content: bytes) -> Decoded:
    """The text of a file of that kind; `decoding.encode` is the way back. A model file has no text: `Decoded("")`."""
    match kind:
        case DocumentKind.PYTHON:
            return decode_python(content)
        case DocumentKind.NOTEBOOK:
            return decode_utf8(content)
        case DocumentKind.MODEL:
            return Decoded("", "utf-8", exact=False)
        case _:
            return decode_text(content)


def document_of(path: str, content: bytes, kind: DocumentKind | None = None) -> Document | Problem:
    """The document that a file's bytes make, or why they make none.

    Args:
        path: decides the kind, together with the first bytes, and becomes the document's path.
        content: all of the bytes.
        kind: set to overrule that: a caller who asked for a file gets it as text where `kind_of` knows nothing.
    """
    if kind is None:
        kind = kind_of(path, content[:4096]) or DocumentKind.TEXT
    if kind is DocumentKind.MODEL:
        return ModelFile(path, content)
    decoded = decode_as(kind, content)
    if decoded.problem is not None:
        return decoded.problem
    return document_from_text(path, decoded.text, kind)


def document_from_text(path: str, text: str, kind: DocumentKind | None = None) -> Document | Problem:
    """The same for text that an editor holds.

    Pass `kind=DocumentKind.PYTHON` for an editor that shows a notebook's cells as one plain Python text under the
    notebook's own path (JupyterLab's language server client does). A model file has no text and is shown as plain.
    """
    if kind is None:
        kind = kind_of(path, text[:512].encode("utf-8", "replace"))
    match kind:
        case DocumentKind.PYTHON:
            return PythonModule(path, text)
        case DocumentKind.NOTEBOOK:
            # Late: most runs see no notebook.
            from mlwarden.notebooks.read import NotebookError, read_notebook

            try:
                return read_notebook(path, text)
            except NotebookError as error:
                return Problem(INVALID_NOTEBOOK, error.message, error.offset)
        case DocumentKind.DEPENDENCIES:
            return DependencyFile(path, text)
        case _:
            return PlainText(path, text)


def shown_document(path: str, content: bytes) -> Document:
    """A document to show places in, whatever the bytes: where `document_of` gives a problem, its text as plain text.

    The offsets of every finding that a check of the same bytes makes, those about problems too, count in it.
    """
    document = document_of(path, content)
    if not isinstance(document, Problem):
        return document
    kind = kind_of(path, content[:4096])
    return PlainText(path, decode_as(kind, content).text)
