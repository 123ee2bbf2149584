"""Edits to text: nothing outside of them changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlwarden.fixes.select import in_order
from mlwarden.model.fixes import Fix, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import Document


def apply(document: Document, fixes: Iterable[Fix]) -> str:
    """The text of the document after the fixes: for a notebook the text of the .ipynb.

    Args:
        document: what the edits' offsets count in.
        fixes: as `select.choose` gives them; an edit that several of them share is made once.

    Raises:
        ValueError: edits overlap or lie outside of the text.
    """
    # A fix's own insertions at one place are all made, even if two are equal; only whole edits of *other* fixes merge.
    edits: list[TextEdit] = []
    for fix in fixes:
        known = set(edits)
        edits.extend(edit for edit in fix.edits if edit not in known)
    if isinstance(document, Notebook):
        from mlwarden.notebooks.edit import apply_edits

        return apply_edits(document, edits)
    return splice(document.text, edits)


def splice(text: str, edits: Iterable[TextEdit]) -> str:
    """`text` with the edits made; their offsets count in `text`, whatever their cell.

    Raises:
        ValueError: edits overlap or lie outside of the text.
    """
    pieces: list[str] = []
    done = 0
    for edit in in_order(edits):
        if not done <= edit.span.start <= edit.span.end <= len(text):
            raise ValueError(f"edit of {edit.span} overlaps another or lies outside of the text")
        pieces += (text[done : edit.span.start], edit.replacement)
        done = edit.span.end
    pieces.append(text[done:])
    return "".join(pieces)


def changed_only_inside(old: str, new: str, edits: Sequence[TextEdit]) -> bool:
    """Whether `new` is `old` but for what the edits replace: the promise of every fix, for tests."""
    kept = [0, *(bound for edit in in_order(edits) for bound in (edit.span.start, edit.span.end)), len(old)]
    at = 0
    for index, (start, end) in enumerate(zip(kept[::2], kept[1::2], strict=True)):
        if index:
            at += len(in_order(edits)[index - 1].replacement)
        if new[at : at + end - start] != old[start:end]:
            return False
        at += end - start
    return at == len(new)
