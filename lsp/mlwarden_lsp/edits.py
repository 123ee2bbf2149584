"""Edits of the library's as edits of the protocol's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from os.path import commonprefix

from lsprotocol import types

from mlwarden.model.fixes import Fix
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden_lsp.convert import Encoding
from mlwarden_lsp.places import Place, Places
from mlwarden_lsp.snapshot import NotebookSnapshot, Part, Snapshot, TextSnapshot

PlacedEdit = tuple[Place, str]


def placed(places: Places, fixes: Iterable[Fix]) -> list[PlacedEdit] | None:
    """Where the edits of fixes apply; None if one of them cannot be made in the editor's texts.

    Two fixes may both bring an edit (the same import): it is made once.
    """
    fixes = list(fixes)
    if isinstance(places.document, Notebook) and isinstance(places.snapshot, TextSnapshot):
        return _in_json(places.document, places, fixes)
    found: list[PlacedEdit] = []
    for fix in fixes:
        known = set(found)
        for edit in fix.edits:
            place = places.of_edit(edit)
            if place is None:
                return None
            if (place, edit.replacement) not in known:
                found.append((place, edit.replacement))
    return sorted(found, key=lambda each: (each[0].part.uri, each[0].start, each[0].end))


def _in_json(notebook: Notebook, places: Places, fixes: list[Fix]) -> list[PlacedEdit]:
    """The fixes of a notebook that is open as JSON text, as one edit of that text."""
    from mlwarden.fixes.apply import apply

    start, end, replacement = difference(notebook.text, apply(notebook, fixes))
    place = places.of(Span(start, end))
    return [(place, replacement)] if place is not None and (end > start or replacement) else []


def difference(old: str, new: str) -> tuple[int, int, str]:
    """The one edit that makes `new` of `old`: what to replace, without what is equal before and after it."""
    start = len(commonprefix([old, new]))  # noqa: RUF071  # character by character is what is wanted
    most = min(len(old), len(new)) - start
    same = len(commonprefix([old[: -most - 1 : -1], new[: -most - 1 : -1]]))  # noqa: RUF071
    return start, len(old) - same, new[start : len(new) - same]


def edited(snapshot: Snapshot, edits: Iterable[PlacedEdit]) -> Snapshot:
    """The snapshot as it would be after the edits, which are in order and do not overlap."""
    texts = {part.uri: part.text for part in snapshot.parts}
    for place, replacement in reversed(list(edits)):
        text = texts[place.part.uri]
        texts[place.part.uri] = text[: place.start] + replacement + text[place.end :]
    if isinstance(snapshot, NotebookSnapshot):
        return replace(snapshot, cells=tuple(replace(cell, text=texts[cell.uri]) for cell in snapshot.cells))
    return replace(snapshot, part=replace(snapshot.part, text=texts[snapshot.uri]))


def workspace_edit(edits: Iterable[PlacedEdit], encoding: Encoding, document_changes: bool) -> types.WorkspaceEdit:
    """The edits by text, each text with the version they were made for where the client looks at it.

    A client refuses edits for a version that it has no longer, instead of putting them in the wrong place.
    """
    by_part: dict[str, tuple[Part, list[types.TextEdit]]] = {}
    for place, replacement in edits:
        _, texts = by_part.setdefault(place.part.uri, (place.part, []))
        texts.append(types.TextEdit(place.range(encoding), replacement))
    if not document_changes:
        return types.WorkspaceEdit(changes={uri: texts for uri, (_, texts) in by_part.items()})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, part.version), [*texts])
            for uri, (part, texts) in by_part.items()
        ]
    )
