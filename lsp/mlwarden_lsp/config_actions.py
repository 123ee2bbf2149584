"""Ignoring a rule in the configuration that counts for a document, as an edit for the client to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types

from mlwarden.config.find import MAX_BYTES, OWN_FILE, PYPROJECT
from mlwarden.source.lines import LineIndex
from mlwarden_lsp.analysis import Analysis
from mlwarden_lsp.config_edit import Replacement, ignoring
from mlwarden_lsp.convert import Encoding, range_of
from mlwarden_lsp.paths import below, path_of
from mlwarden_lsp.snapshot import Part


@dataclass(frozen=True, slots=True)
class Context:
    """What actions need to know beside the document.

    Attributes:
        root: the workspace folder, or None.
        configs: the configuration files that are open, by path.
        create_files: the client can make files.
        overruled: the editor's settings take the place of what a configuration file ignores.
        reason: what is written into comments that suppress a finding.
    """

    root: str | None = None
    configs: Mapping[str, Part] = field(default_factory=dict)
    create_files: bool = False
    overruled: bool = False
    reason: str = ""


class Made(NamedTuple):
    """An edit of a configuration file with this name."""

    name: str
    edit: types.WorkspaceEdit


def ignoring_edit(
    code: str, analysis: Analysis, context: Context, encoding: Encoding, document_changes: bool
) -> Made | None:
    """The edit after which a rule is ignored where the document's settings come from; None where there is none.

    That is the nearest configuration file, else the nearest pyproject.toml in the workspace folder, else a new
    mlwarden.toml at its top. What is open in the editor is edited as it is there.
    """
    path = path_of(analysis.snapshot.uri)
    if context.overruled or (path is None and context.root is None):
        return None
    folder = Path(path).parent if path is not None else Path(context.root or ".")
    target = _target(analysis.settings.config_path, folder, context.root)
    if target is None:
        if not (document_changes and context.create_files):
            return None
        top = Path(context.root) if context.root is not None and below(str(folder / "x"), context.root) else folder
        return Made(OWN_FILE, _created(top / OWN_FILE, f'ignore = ["{code}"]\n'))
    part = context.configs.get(str(target))
    text = part.text if part is not None else _read(target)
    table = ("tool", "mlwarden") if target.name == PYPROJECT else ()
    edits = ignoring(code, text, table) if text is not None else None
    if text is None or not edits:
        return None
    uri = part.uri if part is not None else target.as_uri()
    version = part.version if part is not None else None
    return Made(target.name, _edited(uri, version, text, edits, encoding, document_changes))


def _target(config_path: str, folder: Path, root: str | None) -> Path | None:
    if config_path:
        return Path(config_path)
    while root is not None and (str(folder) == root or below(str(folder), root)):
        if (folder / PYPROJECT).is_file():
            return folder / PYPROJECT
        folder = folder.parent
    return None


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        return content.decode("utf-8-sig") if len(content) <= MAX_BYTES else None
    except (OSError, UnicodeDecodeError):
        return None


def _edited(
    uri: str, version: int | None, text: str, edits: list[Replacement], encoding: Encoding, document_changes: bool
) -> types.WorkspaceEdit:
    lines = LineIndex(text)
    made = [types.TextEdit(range_of(lines, edit.start, edit.end, encoding), edit.text) for edit in edits]
    if not document_changes:
        return types.WorkspaceEdit(changes={uri: made})
    document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [*made])])


def _created(path: Path, text: str) -> types.WorkspaceEdit:
    start = types.Position(0, 0)
    document = types.OptionalVersionedTextDocumentIdentifier(path.as_uri(), None)
    return types.WorkspaceEdit(
        document_changes=[
            types.CreateFile(uri=path.as_uri(), options=types.CreateFileOptions(overwrite=False)),
            types.TextDocumentEdit(document, [types.TextEdit(types.Range(start, start), text)]),
        ]
    )
