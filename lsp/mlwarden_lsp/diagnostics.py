"""Findings as diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lsprotocol import types

from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.levels import Severity
from mlwarden.source.lines import LineIndex
from mlwarden.source.problems import UNUSED_SUPPRESSION
from mlwarden_lsp.convert import Encoding, range_of
from mlwarden_lsp.paths import uri_of
from mlwarden_lsp.places import Place, Places

SOURCE = "mlwarden"
# A file of Python code that a trace leads to is not larger.
_SIBLING_LIMIT = 5_000_000

# A suppression that suppresses nothing: editors fade it.
_TAGS: Mapping[str, types.DiagnosticTag] = {UNUSED_SUPPRESSION: types.DiagnosticTag.Unnecessary}


@dataclass
class Rendering:
    """How a client wants diagnostics, and what one check has looked up for that.

    Attributes:
        encoding: what columns count.
        url: a rule's code -> the address of its page, or "".
        related: the client shows related places.
        tags: the client knows tags.
        levels: severity -> the name of the level that it is shown at, where it is not the usual one.
    """

    encoding: Encoding
    url: Callable[[str], str]
    related: bool
    tags: bool = False
    levels: tuple[tuple[str, str], ...] = ()
    _siblings: dict[str, LineIndex | None] = field(default_factory=dict)

    def sibling(self, path: str) -> LineIndex | None:
        """The lines of another file that a trace leads to, as it is on disk; None if it cannot be read."""
        if path not in self._siblings:
            self._siblings[path] = _lines_of(path)
        return self._siblings[path]


def diagnostic_of(
    finding: Finding, place: Place, places: Places, number: int, rendering: Rendering
) -> types.Diagnostic:
    """The diagnostic that shows a finding, the one with this number in its analysis (see `numbers`)."""
    url = rendering.url(finding.code)
    related = [*_related(finding, places, rendering)] if rendering.related else []
    return types.Diagnostic(
        range=place.range(rendering.encoding),
        message=finding.message,
        severity=severity_of(finding.severity, rendering.levels),
        code=finding.code,
        code_description=types.CodeDescription(url) if url else None,
        source=SOURCE,
        tags=[_TAGS[finding.code]] if rendering.tags and finding.code in _TAGS else None,
        related_information=related or None,
        data={"revision": places.snapshot.revision, "finding": number},
    )


def numbers(diagnostics: Iterable[types.Diagnostic], revision: int) -> frozenset[int]:
    """The numbers of the findings that a client names by handing their diagnostics back, where they are of this state.

    A request for code actions comes with them. Its range may miss a finding that the client means, where the client
    shows findings by line.
    """
    found = set()
    for diagnostic in diagnostics:
        data = diagnostic.data
        if diagnostic.source == SOURCE and isinstance(data, Mapping) and data.get("revision") == revision:
            number = data.get("finding")
            if isinstance(number, int):
                found.add(number)
    return frozenset(found)


def severity_of(severity: Severity, levels: Iterable[tuple[str, str]] = ()) -> types.DiagnosticSeverity:
    """Critical and high are errors, medium is a warning, low is information, where `levels` says nothing else."""
    for name, level in levels:
        if name == str(severity):
            return types.DiagnosticSeverity[level.capitalize()]
    if severity >= Severity.HIGH:
        return types.DiagnosticSeverity.Error
    if severity is Severity.MEDIUM:
        return types.DiagnosticSeverity.Warning
    return types.DiagnosticSeverity.Information


def _related(finding: Finding, places: Places, rendering: Rendering) -> Iterator[types.DiagnosticRelatedInformation]:
    for step in finding.trace:
        location = _location(step, places, rendering)
        if location is not None:
            yield types.DiagnosticRelatedInformation(location, step.note)


def _location(step: TraceStep, places: Places, rendering: Rendering) -> types.Location | None:
    if step.path is None or step.path == places.document.path:
        place = places.of(step.span)
        return types.Location(place.part.uri, place.range(rendering.encoding)) if place is not None else None
    lines = rendering.sibling(step.path)
    if lines is None:
        return None
    return types.Location(uri_of(step.path), range_of(lines, step.span.start, step.span.end, rendering.encoding))


def _lines_of(path: str) -> LineIndex | None:
    from mlwarden.source.problems import Problem
    from mlwarden.source.reading import read
    from mlwarden.source.router import shown_document

    content = read(path, _SIBLING_LIMIT)
    return None if isinstance(content, Problem) else shown_document(path, content).lines
