"""Whether a text speaks of suppression at all. Most do not, and nothing more is imported or read for them."""

from __future__ import annotations

from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import Document


def mentioned(text: str) -> bool:
    """Whether a text holds one of the words that suppressions start with, in any case."""
    lowered = text.lower()
    return "noqa" in lowered or "nosec" in lowered or "mlwarden" in lowered


def mentioned_in(document: Document) -> bool:
    """Whether a document holds one of them, a notebook's cell tags included."""
    if isinstance(document, Notebook):
        return any(cell.tags or mentioned(cell.source) for cell in document.cells)
    return mentioned(document.text)
