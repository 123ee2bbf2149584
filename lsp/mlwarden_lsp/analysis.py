"""One check of one snapshot: what a worker thread does, from the editor's texts to findings with places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lsprotocol import types

from mlwarden.config.settings import Settings
from mlwarden.model.findings import Finding
from mlwarden.source.documents import Document
from mlwarden.source.problems import UNUSED_SUPPRESSION, Problem
from mlwarden_lsp.configuration import Configuration
from mlwarden_lsp.diagnostics import Rendering, diagnostic_of
from mlwarden_lsp.documents import document_of, refused
from mlwarden_lsp.engine import Engine
from mlwarden_lsp.paths import path_of
from mlwarden_lsp.places import Place, Places
from mlwarden_lsp.saved_outputs import shown_at
from mlwarden_lsp.snapshot import NotebookSnapshot, Snapshot, TextSnapshot


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding, where the editor shows it, and as what."""

    finding: Finding
    place: Place
    diagnostic: types.Diagnostic


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of a snapshot.

    Attributes:
        snapshot: what was checked.
        document: the document made of it; None where there was nothing to check.
        settings: what counted.
        shown: the findings that are reported, in order.
        failures: rules that crashed, one sentence each.
        config_problem: what is wrong with the configuration, or "".
    """

    snapshot: Snapshot
    document: Document | None
    settings: Settings
    shown: tuple[Shown, ...] = ()
    failures: tuple[str, ...] = ()
    config_problem: str = ""

    def of_part(self, uri: str) -> list[Shown]:
        """The findings that lie in the text with this URI."""
        return [shown for shown in self.shown if shown.place.part.uri == uri]

    @property
    def places(self) -> Places:
        """Where spans of the document lie."""
        assert self.document is not None
        return Places(self.snapshot, self.document)


def analyse(
    snapshot: Snapshot,
    engine: Engine,
    configuration: Configuration,
    rendering: Rendering,
    stopped: Callable[[], bool] | None = None,
) -> Analysis:
    """Check a snapshot.

    Raises:
        StoppedError: `stopped` said that nobody waits for the result any more.
    """
    in_force = configuration.of(path_of(snapshot.uri))
    made = None if in_force.excluded else document_of(snapshot)
    if made is None:
        return Analysis(snapshot, None, in_force.settings, config_problem=in_force.problem)
    if isinstance(made, Problem):
        assert isinstance(snapshot, TextSnapshot)  # a notebook's cells always make one
        plain = refused(snapshot)
        document: Document = plain
        result = engine.refuse(plain, made, in_force.settings, configuration.project)
    else:
        document = made
        result = engine.check(document, in_force.settings, configuration.project, stopped)
    places = Places(snapshot, document)
    shown: list[Shown] = []
    for finding, place in _placed(result.verdict.reported, places, configuration, in_force.settings):
        diagnostic = diagnostic_of(finding, place, places, len(shown), rendering)
        shown.append(Shown(finding, place, diagnostic))
    return Analysis(snapshot, document, in_force.settings, tuple(shown), result.failures, in_force.problem)


def _placed(
    findings: Iterable[Finding], places: Places, configuration: Configuration, settings: Settings
) -> Iterator[tuple[Finding, Place]]:
    snapshot = places.snapshot
    for finding in findings:
        place = places.of(finding.span)
        if place is not None and not (isinstance(snapshot, NotebookSnapshot) and _may_be_used(finding, place)):
            yield finding, place
    path = path_of(snapshot.uri)
    if isinstance(snapshot, NotebookSnapshot) and path is not None:
        yield from shown_at(snapshot, configuration.outputs.of(path, settings, configuration.project))


def _may_be_used(finding: Finding, place: Place) -> bool:
    """Whether a suppression that seems to be idle may be there for an output, which the editor keeps to itself."""
    if finding.code != UNUSED_SUPPRESSION:
        return False
    text = place.part.text[place.start : place.end]
    return "ignore-cell" in text or "ignore-file" in text or text == place.part.text  # the last: a cell tag
