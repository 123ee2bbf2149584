"""Checking files as they are on disk, for editors: what a worker process does for a scan of the workspace."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types

from mlwarden.model.results import FileResult
from mlwarden.model.rule_info import DocumentKind
from mlwarden_lsp.diagnostics import Rendering, diagnostic_of
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.paths import below, uri_of
from mlwarden_lsp.places import Places
from mlwarden_lsp.snapshot import Part, TextSnapshot

if TYPE_CHECKING:
    from mlwarden.source.discovery import DiscoveredFile
    from mlwarden_lsp.editor_config import EditorConfig

_CHUNK_BYTES = 200_000
_CHUNK_FILES = 25
_READ_LIMIT = 2_000_000


class Scanned(NamedTuple):
    """What is known of a file on disk.

    Attributes:
        uri: the file's.
        diagnostics: in order.
        result_id: the same for the same diagnostics.
        failures: rules that crashed, one sentence each.
    """

    uri: str
    diagnostics: tuple[types.Diagnostic, ...]
    result_id: str
    failures: tuple[str, ...] = ()


class Chunk(NamedTuple):
    """Files to check in one go, with where their settings come from."""

    tasks: tuple[DiscoveredFile, ...]
    config: EditorConfig


def check_chunk(engine: Engine, chunk: Chunk, scan_id: str, rendering: Rendering) -> list[Scanned]:
    """Check some files. `scan_id` names the scan: what is found out about the project is kept for all of its chunks."""
    return [_scanned(result, rendering) for result in engine.check_files(chunk.tasks, chunk.config, scan_id)]


def _scanned(result: FileResult, rendering: Rendering) -> Scanned:
    from mlwarden.source.router import shown_document

    uri = uri_of(result.path)
    diagnostics: list[types.Diagnostic] = []
    if result.verdict.reported:
        document = shown_document(result.path, result.content or b"")
        places = Places(TextSnapshot(uri, 0, Part(uri, None, document.text, "")), document)
        for finding in result.verdict.reported:
            place = places.of(finding.span)
            if place is not None:
                diagnostics.append(diagnostic_of(finding, place, places, len(diagnostics), rendering))
    return Scanned(uri, tuple(diagnostics), result_id_of(diagnostics), result.failures)


def result_id_of(diagnostics: Sequence[types.Diagnostic]) -> str:
    """A name for a list of diagnostics, the same for the same list."""
    return hashlib.blake2b(repr([*diagnostics]).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


# --- what is to be checked ------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """The files of one workspace folder.

    Attributes:
        chunks: those to check.
        locations: the paths of all that there are.
    """

    chunks: list[tuple[DiscoveredFile, ...]]
    locations: frozenset[str]


def look(
    folder: str,
    inner: Sequence[str],
    config: EditorConfig,
    changed: frozenset[str] | None,
    seen: frozenset[str],
) -> Found:
    """Look for the files below a workspace folder, with absolute paths as open documents have them.

    Args:
        folder: the folder's path.
        inner: folders below it whose files are not this one's: other workspace folders.
        config: what counts in it.
        changed: the paths of files that have changed, when it is only about them; None for all files.
        seen: the paths that the last scan has found.
    """
    from mlwarden.source.discovery import discover

    files = [
        replace(file, path=file.location)
        for file in discover([folder], config.for_folder)
        if not any(below(file.location, other) for other in inner)
    ]
    locations = frozenset(file.location for file in files)
    if changed is not None:
        files = affected(files, changed, seen)
    return Found(list(_chunks(files)), locations)


def affected(files: Iterable[DiscoveredFile], changed: frozenset[str], seen: frozenset[str]) -> list[DiscoveredFile]:
    """The files to check again after some have changed: those, the new ones, and what speaks of a changed module."""
    modules = {name for path in changed if (name := _module_name(path))}
    # A module may be imported under any part of its name: `from . import tools`, `import project.tools`.
    word = re.compile(rb"\b(?:%s)\b" % b"|".join(re.escape(os.fsencode(name)) for name in sorted(modules)))
    return [
        file
        for file in files
        if file.location in changed or file.location not in seen or (modules and _mentions(file, word))
    ]


def _module_name(path: str) -> str:
    folder, _, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix not in ("py", "pyi"):
        return ""
    return folder.rpartition("/")[2] if stem == "__init__" else stem


def _mentions(file: DiscoveredFile, word: re.Pattern[bytes]) -> bool:
    if file.kind not in (DocumentKind.PYTHON, DocumentKind.NOTEBOOK):
        return False
    try:
        with open(file.location, "rb") as stream:
            return word.search(stream.read(_READ_LIMIT)) is not None
    except OSError:
        return False


def _chunks(files: Iterable[DiscoveredFile]) -> Iterator[tuple[DiscoveredFile, ...]]:
    """The files in portions that take about the same time: small ones, so that results come soon."""
    chunk: list[DiscoveredFile] = []
    size = 0
    for file in files:
        chunk.append(file)
        size += _size(file)
        if size >= _CHUNK_BYTES or len(chunk) >= _CHUNK_FILES:
            yield tuple(chunk)
            chunk, size = [], 0
    if chunk:
        yield tuple(chunk)


def _size(file: DiscoveredFile) -> int:
    try:
        return os.stat(file.location).st_size  # noqa: PTH116  # no Path for each of ten thousand files
    except OSError:
        return 0


def singles(chunk: Chunk) -> Iterator[Chunk]:
    """The files of a chunk, each in one of its own."""
    for task in chunk.tasks:
        yield Chunk((task,), chunk.config)
