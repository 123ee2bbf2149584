"""Type into a document that a server has open, and take the times."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.editor_latency.client import Server, ServerError
from benchmarks.editor_latency.documents import Document, Position
from benchmarks.editor_latency.typing_places import keystrokes


class Subject(NamedTuple):
    """A server to measure: its name in the table, how to start it, its `initializationOptions`."""

    name: str
    command: tuple[str, ...]
    options: Mapping[str, Any]


class Stroke(NamedTuple):
    """One keystroke: where, seconds until the diagnostics, seconds of processor time."""

    place: str
    wall: float
    cpu: float


class Measured(NamedTuple):
    """What was measured for a document and a server: the first diagnostics after opening, and each keystroke."""

    opened: float
    findings: int
    strokes: tuple[Stroke, ...]


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def finds(document: Document, subject: Subject) -> bool:
    """Whether the server finds anything in the document."""
    return bool(measure(document, subject, rounds=0).findings)


def measure(document: Document, subject: Subject, rounds: int) -> Measured:
    """Start the server, open the document, type at every place as often as `rounds` says.

    Raises:
        ServerError: the server failed, or shows something else after what was typed is taken back.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "workspace"
        root.mkdir()
        with Server(subject.command, root, subject.options) as server:
            sent = document.open(server, root)
            arrived, found = server.diagnostics(document.uris(root), 1)
            count = sum(map(len, found.values()))
            strokes: list[Stroke] = []
            version = 1
            for position in document.positions(root, found) if rounds else ():
                for _ in range(rounds):
                    version = _type(document, server, root, position, version, strokes, found[position.uri])
            return Measured(arrived - sent, count, tuple(strokes))


def _type(
    document: Document,
    server: Server,
    root: Path,
    position: Position,
    version: int,
    strokes: list[Stroke],
    before: Sequence[Mapping[str, Any]],
) -> int:
    """Type the line and take it back; the version after that."""
    uri, place = position
    walls: list[float] = []
    clock = [server.cpu()]
    for line, column, text in keystrokes(place):
        version += 1
        at = {"line": line, "character": column}
        sent = document.edit(server, root, version, uri, {"range": {"start": at, "end": at}, "text": text})
        walls.append(server.diagnostics([uri], version)[0] - sent)
        # What the server goes on doing after its answer, until this is read, counts too.
        clock.append(server.cpu())
    strokes += [Stroke(place.name, *times) for times in zip(walls, _differences(clock), strict=True)]
    version += 1
    line = {"start": {"line": place.line, "character": 0}, "end": {"line": place.line + 1, "character": 0}}
    document.edit(server, root, version, uri, {"range": line, "text": ""})
    after = server.diagnostics([uri], version)[1][uri]
    if _shown(after) != _shown(before):
        raise ServerError(f"other diagnostics after typing at {place}: {_shown(after)}, not {_shown(before)}")
    return version


def _differences(values: Sequence[float]) -> list[float]:
    return [after - before for before, after in itertools.pairwise(values)]


def _shown(diagnostics: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(f"{each['range']} {each.get('code')}" for each in diagnostics)
