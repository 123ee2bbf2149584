"""MLW218: something downloaded is executed, imported or installed."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.findings import TraceStep
from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_lines import parse_commands
from mlwarden.rules.base import Confidence, Finding, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics import hub
from mlwarden.semantics.downloads import (
    DOWNLOADS,
    Stored,
    digest_checks,
    downloads_in,
    files_written,
    is_trusted_place,
    source_of,
)
from mlwarden.semantics.executed_words import executed, runs_its_input
from mlwarden.semantics.loaders import leaves
from mlwarden.semantics.shell_calls import SHELL_CALLS
from mlwarden.semantics.values import Constant, Sequence, Taint, Text, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Call -> keyword and position of the code, or of the file or folder that holds it.
_SINKS: dict[str, tuple[str, int]] = {
    "exec": ("source", 0),
    "eval": ("source", 0),
    "compile": ("source", 0),
    "execfile": ("", 0),
    "runpy.run_path": ("path_name", 0),
    "importlib.util.spec_from_file_location": ("location", 1),
    "importlib.machinery.SourceFileLoader": ("path", 1),
    "importlib.machinery.ExtensionFileLoader": ("path", 1),
    "imp.load_source": ("pathname", 1),
    "imp.load_dynamic": ("pathname", 1),
    "sys.path.insert": ("", 1),
    "sys.path.append": ("", 0),
    "site.addsitedir": ("sitedir", 0),
    "get_ipython().run_cell": ("raw_cell", 0),
    "get_ipython().ex": ("cmd", 0),
    "torch.utils.cpp_extension.load": ("sources", 1),
    "torch.utils.cpp_extension.load_inline": ("cpp_sources", 1),
    "os.startfile": ("filepath", 0),
    "os.execv": ("path", 0),
    "os.execl": ("", 0),
    "os.execvp": ("file", 0),
    "os.spawnl": ("", 1),
    "os.spawnv": ("", 1),
}
_WITH_SWITCH = ("run", "call", "check_call", "check_output", "Popen")
_SCRIPT = re.compile(r"(?:\./)?([A-Za-z_]\w*)\.py")
_FETCHING = (
    *("urllib", "urllib2", "urllib3", "requests", "httpx", "aiohttp", "wget", "gdown", "pooch", "get_file", "boto3"),
    *("download_url_to_file", "hf_hub_download", "snapshot_download", "socket", "storage"),
)
_RUNNING = (
    *("exec", "eval", "compile", "execfile", "runpy", "subprocess", "system", "popen", "spec_from_file_location"),
    *("SourceFileLoader", "load_source", "path", "addsitedir", "run_cell", "cpp_extension", "create_subprocess_shell"),
    *(
        "write",
        "write_bytes",
        "write_text",
        "copyfileobj",
        "urlretrieve",
        "download",
        "startfile",
        "execv",
        "execvp",
        "extractall",
        "unpack_archive",
    ),
)


class DownloadThenExecute(Rule):
    """Something downloaded that is executed, imported or installed.

    ## Why is this bad?

    Whoever can exchange the file, on its server, in its repository or on the way, runs a program of theirs with your
    rights. Nothing shows that it changed: the next run takes what is there.

    ## How to fix

    Put the code that you have read into your project, or install it as a package at a fixed version with its hash. If
    it has to be fetched, take it at a commit, and compare its SHA-256 with a constant before it runs.

    ## When it is fine

    Inside a sandbox that holds no data and no credentials.

    ## Limits

    A digest that is compared on the way, and an address that names a commit, count as checked. Files are followed by the
    path that the code names; downloads by shell commands are not followed. Loaders that unpickle have rules of their own,
    MLW132 first.
    """

    code = "MLW218"
    name = "download-then-execute"
    severity = Severity.CRITICAL
    triggers = (
        *((one, other) for one in _FETCHING for other in _RUNNING),
        *(("exec", one) for one in _FETCHING),
    )
    yields_to = ("MLW401", "MLW402")
    cwe = (494, 829)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010", "AML.T0011.000")
    references = (
        Reference(
            "CWE-494: download of code without integrity check", "https://cwe.mitre.org/data/definitions/494.html"
        ),
        Reference("MITRE ATLAS AML.T0010: ML supply chain compromise", "https://atlas.mitre.org/techniques/AML.T0010"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report calls that run what came from the network, and imports of modules that were written from it."""
        facts = _Facts(model)
        late: list[tuple[CallSite, _Source]] = []
        run: set[object] = set()
        for call, value, severity in _places(model):
            if call.fragment.path is not None or call.digest_checked:
                continue
            source = facts.source(value, call)
            if source is None:
                continue
            if call.name == "compile":
                late.append((call, source))
                continue
            run.add(source.key)
            yield self._finding(call.span, f"`{_shown(call)}` {_VERBS.get(call.name, 'runs')}", source, severity, call)
        for call, source in late:
            if source.key not in run:
                yield self._finding(call.span, "`compile` makes a program of", source, self.severity, call)
        yield from self._imports(model, facts)

    def _imports(self, model: SemanticModel, facts: _Facts) -> Iterator[Finding]:
        scripts: dict[str, Stored] = {}
        for stored in facts.written:
            if stored.writer.digest_checked or facts.is_trusted(stored):
                continue
            for leaf in leaves(stored.target):
                match = _SCRIPT.fullmatch(leaf.string() or "")
                if match is not None and stored.writer.fragment.path is None:
                    scripts.setdefault(match[1], stored)
        if not scripts:
            return
        for name, span in _imported(model):
            script = scripts.get(name)
            if script is not None and _after(span, script.writer.span):
                source = facts.of_stored(script)
                yield self._finding(span, f"`import {name}` runs", source, self.severity, None)

    def _finding(self, span: Span, what: str, source: _Source, severity: Severity, call: CallSite | None) -> Finding:
        context = () if call is None else call.context
        return self.finding(
            span,
            f"{what} what {source.phrase}: whoever can exchange that runs code here; keep the code in the project, or "
            "compare its SHA-256 first",
            severity=severity,
            confidence=source.confidence,
            trace=(*source.steps, *(step for step in context if step not in source.steps)),
        )


_VERBS = {"sys.path.insert": "imports from", "sys.path.append": "imports from", "site.addsitedir": "imports from"}


@dataclass(frozen=True, slots=True)
class _Source:
    """Where executed code was downloaded."""

    phrase: str
    confidence: Confidence
    steps: tuple[TraceStep, ...]

    @property
    def key(self) -> object:
        return self.steps[0] if self.steps else self.phrase


class _Facts:
    """What a document downloads, and which files it goes into."""

    def __init__(self, model: SemanticModel) -> None:
        self._downloads = downloads_in(model)
        self._hub = {(call.fragment.path, call.span): call for name in hub.FILE_CALLS for call in model.calls_of(name)}
        self._checks = digest_checks(model)
        self.written = [*files_written(model)]
        self.written.extend(self._extracted(model))

    def source(self, value: Value, call: CallSite) -> _Source | None:
        """Where the code in a value, or in the file that it names, was downloaded; None if it was not."""
        for taint in value.tainted_by("network"):
            download = source_of(taint, self._downloads)
            if not self._trusted(taint) and not (download is not None and self._is_checked(download, call)):
                note = taint.steps[0].note if taint.steps else "comes from the network"
                sure = Confidence.HIGH if taint.certain else Confidence.MEDIUM
                return _Source(_phrase(note), sure, taint.steps)
        for stored in reversed(self.written):
            if stored.writer.order >= call.order or stored.writer.digest_checked or self.is_trusted(stored):
                continue
            if self._is_checked(stored.writer, call):
                continue
            if stored.holds(value, call) or _is_at_or_below(value, stored.target):
                return self.of_stored(stored)
        return None

    def _is_checked(self, download: CallSite, use: CallSite) -> bool:
        return any(download.order < order < use.order for order in self._checks)

    def of_stored(self, stored: Stored) -> _Source:
        """The source of what is in a file."""
        taint, writer = stored.taint, stored.writer
        if taint is None:
            step = TraceStep(writer.span, f"downloaded by `{_shown(writer)}`", writer.fragment.path)
            return _Source(_phrase(step.note), Confidence.HIGH, (step,))
        step = TraceStep(writer.span, f"written by `{_shown(writer)}`", writer.fragment.path)
        note = taint.steps[0].note if taint.steps else "comes from the network"
        return _Source(_phrase(note), Confidence.HIGH if taint.certain else Confidence.MEDIUM, (*taint.steps, step))

    def is_trusted(self, stored: Stored) -> bool:
        """Whether a file comes from an address that names its content."""
        if stored.taint is not None:
            return self._trusted(stored.taint)
        return stored.writer.name in DOWNLOADS and is_trusted_place(stored.writer)

    def _trusted(self, taint: Taint) -> bool:
        download = source_of(taint, self._downloads)
        if download is not None:
            return is_trusted_place(download)
        fetched = source_of(taint, self._hub)
        if fetched is None:
            return False
        api = hub.FILE_CALLS[fetched.name]
        return hub.is_offline(fetched) or hub.pin_of(hub.revision_of(fetched, api)) is hub.Pin.COMMIT

    def _extracted(self, model: SemanticModel) -> Iterator[Stored]:
        """The folders into which downloaded archives were unpacked."""
        for call in model.calls_of("shutil.unpack_archive"):
            yield from self._folder(call, call.argument("filename", 0), call.argument("extract_dir", 1))
        for call in model.calls_of("*.extractall"):
            archive = call.receiver
            if archive is not None:
                yield from self._folder(call, archive, call.argument("path", 0))

    def _folder(self, call: CallSite, archive: Value, folder: Value) -> Iterator[Stored]:
        for taint in archive.tainted_by("network")[:1]:
            yield Stored(call, folder, taint)
            return
        for stored in self.written:
            if stored.holds(archive, call):
                step = TraceStep(stored.writer.span, f"downloaded by `{_shown(stored.writer)}`")
                yield Stored(call, folder, stored.taint or Taint("network", (step,)))
                return


def _is_at_or_below(value: Value, place: Value) -> bool:
    """Whether a literal path is that of a file or folder that is named literally, or lies in that folder."""
    paths = [posixpath.normpath(text) for leaf in leaves(value) for text in leaf.prefixes()]
    bases = [posixpath.normpath(leaf.string() or ".") for leaf in leaves(place)]
    return any(path == base or path.startswith(f"{base}/") for path in paths for base in bases if base != ".")


def _phrase(note: str) -> str:
    return note if note.startswith("comes") else f"was {note}".replace("()", "")


def _shown(call: CallSite) -> str:
    return call.name.replace("()", "") or call.attribute


def _places(model: SemanticModel) -> Iterator[tuple[CallSite, Value, Severity]]:
    """Calls that run something: the call, what names the code, how bad it is if that was downloaded."""
    for name, (keyword, position) in _SINKS.items():
        for call in model.calls_of(name):
            value = call.argument(keyword, position)
            if not value.is_absent:
                yield call, value, Severity.HIGH if name in _VERBS else Severity.CRITICAL
    for name, (position, keyword) in SHELL_CALLS.items():
        for call in model.calls_of(name):
            for option in call.argument(keyword, position).alternatives():
                for value in _run_words(call, option):
                    yield call, value, Severity.CRITICAL


def _run_words(call: CallSite, option: Value) -> Iterator[Value]:
    """The values in the places of a command that are run."""
    by_shell = call.name.rpartition(".")[2] not in _WITH_SWITCH or call.argument("shell").may_be_true()
    if isinstance(option, Sequence):
        words = [_word(item) for item in option.items]
        for index in executed(words):
            yield option.items[index]
            if words[index - 1] == "-c" and words[index]:
                yield from _in_shell_text(option.items[index])
        if runs_its_input(words):
            yield call.argument("input")
            yield call.argument("stdin")
    elif by_shell:
        yield from _in_shell_text(option)
        if runs_its_input([_word(option)]):
            yield call.argument("input")
    elif not isinstance(option, Text):
        yield option


def _in_shell_text(option: Value) -> Iterator[Value]:
    if isinstance(option, (Constant, Text)):
        text = option.value if isinstance(option, Constant) else option.shown
        if not isinstance(text, str):
            return
        for command in parse_commands(text):
            words = [word.text for word in command.words]
            known = ["" if word == "{}" else word for word in words]
            for index in executed(known):
                if "{}" in words[index]:
                    yield option  # which value stands there is not known where there are several
                else:
                    yield Constant(words[index].removeprefix("./"))
    else:
        yield option


def _word(item: Value) -> str:
    if isinstance(item, Name) and item.name == "sys.executable":
        return "python"
    return item.string() or ""


def _imported(model: SemanticModel) -> Iterator[tuple[str, Span]]:
    """The modules that the document imports, and where."""
    for part in model.trees:
        for node in ast.walk(part.tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            for name in names:
                yield name.partition(".")[0], part.span(node)


def _after(span: Span, other: Span) -> bool:
    return (span.cell or 0, span.start) > (other.cell or 0, other.start)


def _examples() -> Examples:
    from mlwarden.rules.downloads._download_then_execute_examples import EXAMPLES

    return EXAMPLES
