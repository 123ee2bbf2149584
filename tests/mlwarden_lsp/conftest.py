"""A small engine and a client that remembers, for tests of the session without a process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from mlwarden.config.settings import Settings
from mlwarden.config.source import ConfigSource
from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, Verdict
from mlwarden.model.rule_info import DocumentKind, RuleInfo
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.discovery import DiscoveredFile
from mlwarden.source.documents import Document, PlainText
from mlwarden.source.problems import PYTHON_SYNTAX, Problem
from mlwarden.source.router import document_of

RULES = {
    code: RuleInfo(code, name, summary, Severity.HIGH, module, "", (DocumentKind.PYTHON,), ())
    for code, name, summary, module in [
        ("B301", "pickle", "Pickle", ""),
        ("MLW101", "bad-word", "Says bad.", "x"),
        ("MLW102", "worse-word", "Says worse.", "x"),
    ]
}
_BAD = re.compile(r"\bbad(\d?)\b")
# Words whose fix is no end of it: the first is bad still, the second no longer parses.
_WORSE = {"worse": "bad", "worst": "(("}
_LEVELS = {"": Severity.HIGH, "1": Severity.LOW, "2": Severity.MEDIUM, "3": Severity.CRITICAL}


class FakeEngine:
    """Finds the word `bad` (`bad1` to `bad3` by severity) and offers `good` for it; see also `_WORSE`.

    Attributes:
        checked: the documents, in order.
        crash: an exception to raise instead.
        failures: what results report.
        trace: the trace of each finding of `bad`; the start of the text if None.
    """

    def __init__(self) -> None:
        self.checked: list[Document] = []
        self.scanned: list[str] = []
        self.settings: list[Settings] = []
        self.crash: Exception | None = None
        self.failures: tuple[str, ...] = ()
        self.trace: tuple[TraceStep, ...] | None = None

    def codes(self) -> frozenset[str]:
        return frozenset(RULES)

    def rules(self) -> Mapping[str, RuleInfo]:
        return RULES

    def check_files(self, files: Iterable[DiscoveredFile], config: ConfigSource, scan_id: str) -> Iterator[FileResult]:
        """Reads files as text; one called `crash.py` raises."""
        for file in files:
            self.scanned.append(file.location)
            if file.location.endswith("crash.py"):
                raise ValueError("the text of the file")
            content = Path(file.location).read_bytes()
            settings = config.for_path(file.location)
            document = document_of(file.path, content)
            assert not isinstance(document, Problem)
            result = self.check(document, settings, None)
            yield FileResult(result.path, result.verdict, result.failures, content)

    def project(self) -> None:
        return None

    def check(self, document: Document, settings: Settings, project: Any, stopped: Any = None) -> FileResult:
        self.checked.append(document)
        self.settings.append(settings)
        if self.crash is not None:
            raise type(self.crash)(*self.crash.args)
        texts = [(None, document.text)]
        if isinstance(document, Notebook):
            texts = [(cell.index, cell.python or cell.source) for cell in document.cells]
        found = [finding for cell, text in texts for finding in _findings(text, cell, self.trace)]
        return FileResult(document.path, Verdict(reported=tuple(found)), self.failures)

    def refuse(self, document: PlainText, problem: Problem, settings: Settings, project: Any) -> FileResult:
        self.checked.append(document)
        span = Span(problem.offset, problem.offset)
        finding = Finding(problem.code, span, problem.message, Severity.LOW, Confidence.HIGH)
        return FileResult(document.path, Verdict(reported=(finding,)))

    def page(self, code: str) -> str:
        return f"# {code} `bad-word`\n\nSays bad." if code == "MLW101" else ""

    def url(self, code: str) -> str:
        return f"https://example.invalid/{code}" if code == "MLW101" else ""


def _findings(text: str, cell: int | None, steps: tuple[TraceStep, ...] | None) -> list[Finding]:
    found = []
    for match in _BAD.finditer(text):
        span = Span(match.start(), match.end(), cell)
        safe = Fix("Say good", (TextEdit(span, "good"),), Applicability.SAFE)
        unsafe = Fix("Say nothing", (TextEdit(span, ""),), Applicability.UNSAFE, "It changes what is said.")
        trace = (TraceStep(Span(0, 0, cell), "here it starts"),) if steps is None else steps
        message = f"`{match[0]}` is a bad word"
        found.append(Finding("MLW101", span, message, _LEVELS[match[1]], Confidence.HIGH, trace, (safe, unsafe)))
    for match in re.finditer("|".join(_WORSE), text):
        span = Span(match.start(), match.end(), cell)
        fix = Fix("Say less", (TextEdit(span, _WORSE[match[0]]),), Applicability.SAFE)
        found.append(Finding("MLW102", span, "a worse word", Severity.HIGH, Confidence.HIGH, (), (fix,)))
    if "((" in text:
        found.append(Finding(PYTHON_SYNTAX, Span(0, 0, cell), "syntax error", Severity.LOW, Confidence.HIGH))
    return sorted(found, key=Finding.order)


@dataclass
class FakeProgress:
    """Remembers what was said of a scan."""

    title: str
    token: types.ProgressToken | None
    cancel: Callable[[], None]
    said: list[str] = field(default_factory=list)

    def report(self, done: int, total: int) -> None:
        self.said.append(f"{done}/{total}")

    def end(self, message: str) -> None:
        self.said.append(message)


@dataclass
class FakeClient:
    """Remembers what it was told."""

    published: list[tuple[str, int | None, list[types.Diagnostic]]] = field(default_factory=list)
    logged: list[tuple[str, types.MessageType]] = field(default_factory=list)
    shown: list[tuple[str, types.MessageType]] = field(default_factory=list)
    watched: list[str] = field(default_factory=list)
    refreshed: int = 0
    watches_settings: bool = False
    settings: Any = None
    asked: list[list[str | None]] = field(default_factory=list)
    applied: list[tuple[str, types.WorkspaceEdit]] = field(default_factory=list)
    applies: bool = True
    opened: list[str] = field(default_factory=list)
    opens: bool = True
    progresses: list[FakeProgress] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        self.published.append((uri, version, list(diagnostics)))

    def log(self, message: str, level: types.MessageType) -> None:
        self.logged.append((message, level))

    def show(self, message: str, level: types.MessageType) -> None:
        self.shown.append((message, level))

    def refresh(self) -> None:
        self.refreshed += 1

    def watch(self, globs: Sequence[str]) -> None:
        self.watched.extend(globs)

    def watch_settings(self) -> None:
        self.watches_settings = True

    async def configuration(self, scopes: Sequence[str | None]) -> Sequence[Any]:
        """`settings` are those of every folder, or a function of the folder's URI."""
        self.asked.append(list(scopes))
        return [self.settings(scope) if callable(self.settings) else self.settings for scope in scopes]

    async def apply(self, label: str, edit: types.WorkspaceEdit) -> bool:
        self.applied.append((label, edit))
        return self.applies

    async def open(self, url: str) -> bool:
        self.opened.append(url)
        return self.opens

    def progress(self, title: str, token: types.ProgressToken | None, cancel: Callable[[], None]) -> FakeProgress:
        self.progresses.append(FakeProgress(title, token, cancel))
        return self.progresses[-1]

    def partial(self, token: types.ProgressToken, value: Any) -> None:
        self.parts.append((token, value))

    def marks(self) -> list[tuple[str, int | None, list[str]]]:
        """What was published, each diagnostic as `line:column-line:column message`."""
        return [(uri, version, [mark(diagnostic) for diagnostic in found]) for uri, version, found in self.published]


def mark(diagnostic: types.Diagnostic) -> str:
    return f"{diagnostic.range!r} {diagnostic.message}"


class InlineExecutor(Executor):
    """Runs a task when it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class StepExecutor(Executor):
    """Runs a task when it is told to."""

    def __init__(self) -> None:
        self.tasks: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.tasks.append((future, lambda: fn(*args, **kwargs)))
        return future

    def step(self) -> None:
        """Run the oldest task."""
        future, run = self.tasks.pop(0)
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(run())
        except Exception as error:
            future.set_exception(error)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def inline() -> InlineExecutor:
    return InlineExecutor()


@pytest.fixture
def steps() -> StepExecutor:
    return StepExecutor()
