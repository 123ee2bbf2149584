"""Bandit's tests over one document, in process. The only module of ours that imports Bandit.

Bandit is a program rather than a library: importing it replaces `warnings.formatwarning`, reading a configuration
writes it into the test functions, and a test that raises ends as a log line. So this module takes what is worth
having, the tests and the bookkeeping of imports that they rely on, and drives them itself:

* a test's options are bound to the call and not written into Bandit's functions, so that documents under different
  configurations can be checked in one process;
* the tree is walked without recursion, so that a long chain of operators does not end the run;
* `# nosec` is not looked at: suppressing is policy's, which counts what it hides;
* a test that raises is told as a failure, and the others still run;
* nothing is written on the nodes that all trees of a process share (`Load()` and its like), which Bandit does;
* positions come from the nodes, converted from UTF-8 bytes to code points.
"""

from __future__ import annotations

import ast
import importlib
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mlwarden.bandit_engine.memory import CellMemory, CellRun, Imports, Runs
from mlwarden.bandit_engine.options import table
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.spans import Span
from mlwarden.source.lines import LineIndex

_formatwarning = warnings.formatwarning
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of Bandit's own dependencies, when it loads its plugins
    from bandit.core import blacklisting, extension_loader, node_visitor
    from bandit.core.context import Context
    from bandit.core.metrics import Metrics
warnings.formatwarning = _formatwarning  # `bandit.core.tester` replaces it for the whole process

# Bandit logs what we tell in our own words; without a handler Python would print it on standard error.
_LOG = logging.getLogger("bandit")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False

_PASSWORDS = frozenset({"B105", "B106", "B107"})
# B202 ends its sentence with the repr of a dict of tree nodes, memory addresses and all: "{'Other': <ast.List ...>})"
_NODE_REPR = re.compile(r"\s*\{'\w+':.*\}\)", re.DOTALL)
# The word that makes a comment name an encoding (PEP 263), in the first two lines
_ENCODING_WORD = re.compile(rb"coding(?=[:=])")


class Chunk(NamedTuple):
    """A piece of Python that is parsed by itself: a module, or a notebook's cell."""

    cell: int | None
    text: str
    lines: LineIndex


@dataclass(frozen=True, slots=True)
class Hit:
    """What a Bandit test returned, before it is a finding.

    Attributes:
        code: the test's id, for Bandit's lists of calls and imports the id of the entry.
        line: the 1-based line that Bandit reports.
        span: the node that the test was looking at.
        issue: Bandit's own object.
    """

    code: str
    line: int
    span: Span
    issue: Any


@dataclass(frozen=True, slots=True)
class Drive:
    """What a run of Bandit's tests gave; `unparsed` are the cells (None: the module) that `ast` refused."""

    hits: tuple[Hit, ...]
    failures: tuple[str, ...]
    unparsed: tuple[int | None, ...]


class _Test(NamedTuple):
    code: str
    name: str
    call: Callable[[Context], Any]


def drive(
    path: str,
    chunks: Iterable[Chunk],
    codes: frozenset[str],
    options: Mapping[str, Any],
    memory: CellMemory | None = None,
) -> Drive:
    """Run the tests with the given ids over the chunks, in order, as one program: imports carry over.

    With a memory, the tests are not run again on a chunk that is what it was, after the same imports.
    """
    recorder = _Recorder(path, _tests(codes, options))
    visitor = _Visitor(path, recorder)
    unparsed: list[int | None] = []
    made_for = (codes, options)
    known = memory.of(path, made_for) if memory is not None else {}
    runs: Runs = {}
    for chunk in chunks:
        before = visitor.known_imports() if memory is not None else None
        run = None if before is None else known.get((chunk.text, before))
        if run is None:
            tree = _parse(chunk.text)
            if tree is None:
                unparsed.append(chunk.cell)
                continue
            recorder.chunk = chunk
            first, failed = len(recorder.hits), recorder.failures()
            visitor.walk(tree, chunk)
            if before is not None and recorder.failures() == failed:
                runs[chunk.text, before] = CellRun(tuple(recorder.hits[first:]), visitor.known_imports())
        elif before is not None:
            runs[chunk.text, before] = run
            recorder.hits += [replace(hit, span=replace(hit.span, cell=chunk.cell)) for hit in run.hits]
            visitor.know(run.after)
    if memory is not None:
        memory.keep(path, made_for, runs)
    return Drive(tuple(recorder.hits), recorder.failures(), tuple(unparsed))


def finding(hit: Hit) -> Finding:
    """The finding for a hit: Bandit's own words and judgement, without the value of a password."""
    issue = hit.issue
    if hit.code in _PASSWORDS:
        message = "Possible hardcoded password"
    else:
        message = " ".join(_NODE_REPR.sub("", issue.text).split())
    # Bandit also knows UNDEFINED
    severity = Severity.__members__.get(issue.severity, Severity.LOW)
    confidence = Confidence.__members__.get(issue.confidence, Confidence.LOW)
    return Finding(hit.code, hit.span, message, severity, confidence)


def _parse(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like: the user's, not ours to print
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _tests(codes: frozenset[str], options: Mapping[str, Any]) -> dict[str, list[_Test]]:
    """The selected tests by the kind of node they look at."""
    manager = extension_loader.MANAGER
    by_node: dict[str, list[_Test]] = {}
    for plugin in sorted(manager.plugins, key=lambda plugin: plugin.plugin._test_id):
        function = plugin.plugin
        if function._test_id in codes:
            call = _bound(function, options)
            test = _Test(function._test_id, plugin.name, _tar_test(call) if function._test_id == "B202" else call)
            for node in function._checks:
                by_node.setdefault(node, []).append(test)
    # `from . import x` is shown to the tests of Import with a node that is an ImportFrom: the table needs every kind.
    chosen = {node: [entry for entry in entries if entry["id"] in codes] for node, entries in manager.blacklist.items()}
    for node, entries in chosen.items():
        if entries:
            by_node.setdefault(node, []).append(_Test("B001", "blacklist", _with(_listed, chosen)))
    return by_node


def _bound(function: Any, options: Mapping[str, Any]) -> Callable[[Context], Any]:
    name = getattr(function, "_takes_config", None)
    if name is None:
        return function  # type: ignore[no-any-return]  # Bandit has no types
    defaults = importlib.import_module(function.__module__).gen_config(name)
    return _with(function, table(name, options, defaults if isinstance(defaults, Mapping) else {}))


def _listed(context: Context, entries: Mapping[str, Any]) -> Any:
    """Bandit's lists of calls and imports. It looks for the name in `import_module(**options)`, where there is none."""
    try:
        return blacklisting.blacklist(context, entries)
    except KeyError:
        return None


def _tar_test(call: Callable[[Context], Any]) -> Callable[[Context], Any]:
    """B202 without its defect: it takes for granted that a function given as `members=` is called by a plain name."""

    def checked(context: Context) -> Any:
        members = [keyword.value for keyword in context.node.keywords if keyword.arg == "members"]
        if members and isinstance(members[0], ast.Call) and not isinstance(members[0].func, ast.Name):
            return None  # as with a plain name, the members are chosen; Bandit says so with low severity and confidence
        return call(context)

    return checked


def _with(function: Any, config: Mapping[str, Any]) -> Callable[[Context], Any]:
    return lambda context: function(context, config)


class _Recorder:
    """Stands in for `BanditTester`: runs the tests for a node, and keeps what they say with the node's place."""

    def __init__(self, path: str, tests: dict[str, list[_Test]]) -> None:
        self.path, self.tests = path, tests
        self.chunk = Chunk(None, "", LineIndex(""))
        self.hits: list[Hit] = []
        self._failed: dict[tuple[str, str, str], tuple[int, int]] = {}  # (code, name, error) -> (first line, times)

    def run_tests(self, raw: dict[str, Any], kind: str) -> None:
        for test in self.tests.get(kind, ()):
            try:
                issue = test.call(Context(dict(raw)))
            except Exception as error:  # whatever a test stumbles over must not hide what the others find
                key = (test.code, test.name, type(error).__name__)
                line, times = self._failed.get(key, (raw["lineno"], 0))
                self._failed[key] = (line, times + 1)
                continue
            if issue is not None:
                line = raw["lineno"] if issue.lineno is None else issue.lineno
                span = self._place(raw.get("node"), issue, line)
                self.hits.append(Hit(issue.test_id or test.code, line, span, issue))

    def failures(self) -> tuple[str, ...]:
        """One sentence for each test that raised; only the kind of error, since its text may quote the source."""
        return tuple(
            f"Bandit's test {code} ({name}) failed with {error} at line {line}"
            + (f", and {times - 1} more times" if times > 1 else "")
            for (code, name, error), (line, times) in sorted(self._failed.items())
        )

    def _place(self, node: ast.AST | None, issue: Any, line: int) -> Span:
        text, lines, cell = self.chunk.text, self.chunk.lines, self.chunk.cell
        if node is None:  # a test of the whole file: B613 counts with `str.splitlines`, which knows more line ends
            start = sum(map(len, text.splitlines(keepends=True)[: line - 1])) + max(issue.col_offset - 1, 0)
            return Span(min(start, len(text)), min(start + 1, len(text)), cell)
        start = _offset(lines, node.lineno, node.col_offset)  # type: ignore[attr-defined]  # tests see placed nodes only
        body = getattr(node, "body", None)
        if isinstance(body, list) and body:  # a function or a handler: its first line, not everything in it
            end = lines.line_end(lines.line_of(start))
        else:
            end = _offset(lines, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return Span(start, max(start, end), cell)


class _Visitor(node_visitor.BanditNodeVisitor):  # type: ignore[misc]  # Bandit has no types
    """Bandit's visitor, for the context that it prepares for each kind of node, over a walk of our own."""

    def __init__(self, path: str, recorder: _Recorder) -> None:
        # The module name that Bandit would look for on disk, folder by folder, is used by none of its tests.
        super().__init__("./module.py", None, None, None, False, {}, Metrics())
        self.fname = path
        self.tester = recorder

    def known_imports(self) -> Imports:
        """What was imported so far."""
        return Imports(frozenset(self.imports), tuple(sorted(self.import_aliases.items())))

    def know(self, imports: Imports) -> None:
        """Go on as after these imports."""
        self.imports, self.import_aliases = set(imports.names), dict(imports.aliases)

    def walk(self, tree: ast.Module, chunk: Chunk) -> None:
        """Visit every node in source order, then run the tests of the whole text."""
        self.fdata = io.BytesIO(_without_cookie(chunk.text))
        looked_at: dict[type[ast.AST], bool] = {}
        pending = _children(tree)
        while pending:
            node = pending.pop()
            kind = type(node)
            looks = looked_at.get(kind)
            if looks is None:
                looks = looked_at[kind] = self._looks_at(kind.__name__)
            if looks:
                self.pre_visit(node)
                self.visit(node)
            pending.extend(_children(node))
        self.tester.run_tests({"file_data": self.fdata, "filename": self.fname, "lineno": 1, "col_offset": 0}, "File")

    def _looks_at(self, kind: str) -> bool:
        """Whether anything would come of a visit: most files are seen by a few tests, for a few kinds of nodes."""
        tests = self.tester.tests
        if kind == "Constant":
            return not tests.keys().isdisjoint(("Str", "Bytes", "Constant"))
        return kind in tests or (kind != "Call" and hasattr(self, f"visit_{kind}"))

    def pre_visit(self, node: ast.AST) -> bool:
        """Prepare the context that the tests read."""
        self.context: dict[str, Any] = {
            "imports": self.imports,
            "import_aliases": self.import_aliases,
            "lineno": getattr(node, "lineno", 1),
            "col_offset": getattr(node, "col_offset", 0),
            "node": node,
            "filename": self.fname,
            "file_data": self.fdata,
        }
        return True

    def visit_Str(self, node: ast.Constant) -> None:  # noqa: N802  # Bandit's name
        """Show a string to the tests unless it is a statement by itself, as a docstring is."""
        self._literal(node, "str", "Str")

    def visit_Bytes(self, node: ast.Constant) -> None:  # noqa: N802
        """The same for bytes."""
        self._literal(node, "bytes", "Bytes")

    def _literal(self, node: ast.Constant, key: str, kind: str) -> None:
        self.context[key] = node.value
        if not isinstance(node._bandit_parent, ast.Expr):  # type: ignore[attr-defined]
            self.tester.run_tests(self.context, kind)

    def update_scores(self, scores: None) -> None:
        """Nothing is scored here."""


_LEAVES = frozenset({ast.Name, ast.Constant})


def _children(node: ast.AST) -> list[ast.AST]:
    """A node's children, last first, each told its parent and its sibling as Bandit's tests expect it."""
    children: list[ast.AST] = []
    if type(node) in _LEAVES:
        return children
    for name in node._fields:
        value = getattr(node, name, None)
        if type(value) is list:
            last = len(value) - 1
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and (item._fields or item._attributes):
                    item._bandit_parent = node  # type: ignore[attr-defined]
                    item._bandit_sibling = value[index + 1] if index < last else None  # type: ignore[attr-defined]
                    children.append(item)
        # `Load()`, `Add()` and their like are one object each for all trees of the process, not to be written on.
        elif isinstance(value, ast.AST) and (value._fields or value._attributes):
            value._bandit_parent = node  # type: ignore[attr-defined]
            value._bandit_sibling = None  # type: ignore[attr-defined]
            children.append(value)
    children.reverse()
    return children


def _offset(lines: LineIndex, line: int, column: int) -> int:
    """The offset of a 1-based line and a column in UTF-8 bytes."""
    if line > len(lines):
        return len(lines.text)
    text = lines.line_text(line - 1)
    if not text.isascii():
        column = len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
    return lines.offset(line - 1, column)


def _without_cookie(text: str) -> bytes:
    """The text as UTF-8; a comment that names another encoding, which no longer holds, is spoilt."""
    content = text.encode("utf-8", "surrogatepass")
    head = content.split(b"\n", 2)
    return b"\n".join(_ENCODING_WORD.sub(b"c0ding", line) for line in head[:2]) + b"".join(
        b"\n" + rest for rest in head[2:]
    )
