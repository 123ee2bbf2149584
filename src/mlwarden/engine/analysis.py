"""What the rules say of one document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlwarden.engine import gate
from mlwarden.engine.findings import merged
from mlwarden.engine.importer import Borrowed, Importer
from mlwarden.engine.plan import Plan
from mlwarden.engine.project import Project
from mlwarden.engine.siblings import SiblingView, module_name_of
from mlwarden.model.errors import StoppedError
from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.rule_info import DocumentKind, RuleInfo
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules import registry
from mlwarden.semantics import word_classes
from mlwarden.source.documents import Document, PythonModule
from mlwarden.source.problems import PYTHON_SYNTAX, RULE_FAILED, TOO_LARGE

if TYPE_CHECKING:
    from mlwarden.config.settings import Settings
    from mlwarden.rules.base import Rule
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.fragments import Fragment, SyntaxProblem
    from mlwarden.semantics.model import SemanticModel

_SEMANTIC_HOOKS = frozenset({"call", "assignment", "model"})


class Analysis:
    """The rules' findings on one document, and what failed on the way.

    Attributes:
        findings: merged and sorted.
        failures: one sentence for each rule that crashed.
    """

    def __init__(
        self,
        document: Document,
        infos: Sequence[RuleInfo],
        settings: Settings,
        project: Project,
        *,
        whole: bool = False,
        stopped: Callable[[], bool] | None = None,
    ) -> None:
        """Run rules on a document.

        Args:
            document: what to look at.
            infos: the rules.
            settings: what is in force for it.
            project: facts shared between files.
            whole: libcst itself reads every statement, also those that cannot matter.
            stopped: asked now and then whether to break off.

        Raises:
            StoppedError: `stopped` said so.
        """
        self._whole, self._stopped = whole, stopped
        self._view = SiblingView(project.siblings, document.path, settings.root)
        self.document, self.settings, self.project = document, settings, project
        self.failures: list[str] = []
        self._found: list[Finding] = []
        self._run(infos)
        if isinstance(document, Notebook):
            self._run_written(document, infos)
        self.findings = merged(self._found, infos)

    def _run(self, infos: Sequence[RuleInfo]) -> None:
        document, policy = self.document, self.settings.policy
        plan = self.project.plans.of(tuple(infos), document.kind, policy=bool(policy))
        # The bytes are as large as the file, and should not be alive while the rules run.
        content = _searched(document)
        words = gate.words_of(content)
        around = gate.folder_words(document.path)
        # Classes of words are asked for of code only: the outputs of a notebook may hold a million other words.
        code = _code(document) if isinstance(document, Notebook) else content
        code_words = gate.words_of(code) if isinstance(document, Notebook) else words
        passing = plan.gate.in_content(content, words, (*code_words, *around))
        for info in passing.infos:
            if "document" in info.hooks:
                self._collect(info, lambda rule: rule.check_document(document))
        for info in plan.policy:
            self._collect(info, lambda rule: rule.check_policy(document, policy))
        if not isinstance(document, (PythonModule, Notebook)):
            return
        if not plan.semantic:
            self._check_syntax(document)
            return
        bits = word_classes.bits_of(code_words) | word_classes.bits_of(around)
        importer = Importer(code, code_words, bits, document.path, self.settings.root)
        borrowed = self.project.siblings.borrowed(importer, plan)
        own = {info.code for info in passing.infos}
        own.update(info.code for info in passing.starved if not borrowed.classes.isdisjoint(info.needs))
        own &= plan.semantic
        if own or borrowed.codes:
            del content, code, words, code_words, importer
            self._run_semantic(document, plan, own, borrowed)
        else:
            self._check_syntax(document)

    def _run_written(self, notebook: Notebook, infos: Sequence[RuleInfo]) -> None:
        """Analyse the modules that cells write (`%%writefile train.py`); each is a program of its own."""
        from mlwarden.engine.written_modules import written_modules

        semantic = [
            info for info in infos if DocumentKind.PYTHON in info.kinds and _SEMANTIC_HOOKS.intersection(info.hooks)
        ]
        for written in written_modules(notebook):
            if self.project.trail is not None:
                self.project.trail.led_to(notebook.path, written.module.path)
            analysis = Analysis(
                written.module, semantic, self.settings, self.project, whole=self._whole, stopped=self._stopped
            )
            self.failures.extend(analysis.failures)
            # What is written may be a template: that it doesn't parse is no trouble of the notebook's.
            found = [finding for finding in analysis.findings if finding.code not in (PYTHON_SYNTAX, TOO_LARGE)]
            self._found.extend(written.in_cell(finding) for finding in found)

    def _run_semantic(self, document: PythonModule | Notebook, plan: Plan, own: set[str], borrowed: Borrowed) -> None:
        from mlwarden.semantics.fragments import fragments_of

        memory = self.project.memory
        cut, problems = fragments_of(document, None if memory is None else memory.fragments)
        self._report(problems)
        try:
            self._run_on(document, cut, plan, own, borrowed)
        finally:
            for fragment in cut:
                fragment.parsed = None  # those that are remembered are not to hold it

    def _run_on(
        self,
        document: PythonModule | Notebook,
        fragments: list[Fragment],
        plan: Plan,
        own: set[str],
        borrowed: Borrowed,
    ) -> None:
        from mlwarden.semantics.relevance import relevant

        memory = self.project.memory
        names: set[str] = set()
        opaque = False
        for fragment in fragments:
            if fragment.names is None:
                opaque = True
            else:
                names |= fragment.names
        codes, seeds = own, {""}
        if not opaque:
            passing = plan.gate.in_names(frozenset(names), gate.folder_words(document.path), borrowed.classes)
            codes = own.intersection(info.code for info in passing.infos)
            seeds = set().union(*(passing.seeds[code] for code in codes))
        infos = [info for info in plan.infos if info.code in codes or info.code in borrowed.codes]
        if not infos:
            return
        if any(not info.triggers for info in infos):
            seeds.add("")
        if self._whole:
            for fragment in fragments:
                fragment.by_libcst = True
        else:
            fragments = relevant(fragments, seeds, borrowed.names)
        model = self._model(document, fragments)
        if model is None:
            return
        for info in infos:
            self._collect(info, lambda rule: self._ask(rule, info, model))  # noqa: B023  # consumed at once
        if memory is not None:
            memory.models.give_back(document.path, self.settings.root, model)

    def _model(self, document: PythonModule | Notebook, fragments: list[Fragment]) -> SemanticModel | None:
        import libcst

        from mlwarden.semantics.model import build

        versions = self.project.versions(document.path, self.settings).with_document(document)
        if self.project.memory is not None:
            # What follows from the path is the same for the same path; siblings are those of the same project.
            known = self.project.memory.models.take(document.path, self.settings.root, fragments)
            if known is not None:
                return known.of(document, versions, self.settings.policy)
        readable: list[Fragment] = []
        for fragment in fragments:
            if self._stopped is not None and self._stopped():
                raise StoppedError
            try:
                _ = fragment.tree
            except libcst.ParserSyntaxError as error:
                line = max(error.raw_line - 1, 0)
                offset = fragment.start + sum(len(text) for text in fragment.text.splitlines(keepends=True)[:line])
                message = f"libcst cannot parse this statement: {error.message}"
                self._add(PYTHON_SYNTAX, Span(offset, offset, fragment.cell), message)
            else:
                readable.append(fragment)
        module_name, is_package = module_name_of(document.path)
        try:
            model = build(
                document,
                readable,
                versions,
                module_name=module_name,
                is_package=is_package,
                outside=self._view.value,
                policy=self.settings.policy,
                stopped=self._stopped,
            )
        except RecursionError:
            self._add(TOO_LARGE, Span(0, 0), "code is nested too deeply to be analysed")
            return None
        trail = self.project.trail
        if trail is not None:
            model.commit_lookup = partial(trail.commit, document.path)
            model.path_lookup = trail.exists
        return model

    def _ask(self, rule: Rule, info: RuleInfo, model: SemanticModel) -> Iterator[Finding]:
        if "call" in info.hooks:
            for pattern in rule.calls:
                for call in model.calls_of(pattern):
                    if call.fragment.path is None:
                        yield from rule.check_call(call, model)
                    else:
                        yield from self._in_sibling(rule, call, model)
        if "assignment" in info.hooks:
            for pattern in rule.assigns:
                for assignment in model.assignments_of(pattern):
                    if assignment.fragment.path is None:
                        yield from rule.check_assignment(assignment, model)
        if "model" in info.hooks:
            yield from rule.check_model(model)

    def _in_sibling(self, rule: Rule, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """A call in a sibling's function, reached from this document: reported here, where it is made dangerous.

        What the sibling shows by itself is its own finding and is not repeated at every caller.
        """
        # The innermost call in this document: what many ways lead to is reported once.
        entry = next((step for step in reversed(call.context) if step.path is None), None)
        if entry is None:
            return
        found = list(rule.check_call(call, model))
        if not found:
            return
        known = max(
            (
                (finding.severity, finding.confidence)
                for site in self._view.generic_calls(call)
                for finding in rule.check_call(site, model)
            ),
            default=(0, 0),
        )
        for finding in found:
            if (finding.severity, finding.confidence) > known and finding.severity > known[0]:
                sink = TraceStep(call.span, f"reaches `{call.name or call.attribute}`", call.fragment.path)
                yield replace(finding, span=entry.span, trace=(*finding.trace, sink), fixes=())

    def _check_syntax(self, document: PythonModule | Notebook) -> None:
        """A document on which no rule can fire is still parsed: a file that can't be read is never passed over."""
        from mlwarden.engine.syntax import problems_in

        self._report(problems_in(document))

    def _report(self, problems: Iterable[SyntaxProblem]) -> None:
        for problem in problems:
            code = TOO_LARGE if problem.kind == "depth" else PYTHON_SYNTAX
            message = problem.message if problem.kind == "depth" else f"syntax error: {problem.message}"
            self._add(code, problem.span, message)

    def _add(self, code: str, span: Span, message: str) -> None:
        self._found.append(Finding(code, span, message, Severity.LOW, Confidence.HIGH))

    def _collect(self, info: RuleInfo, run: Callable[[Rule], Iterator[Finding]]) -> None:
        rule = registry.load(info)
        try:
            self._found.extend(run(rule))
        except Exception as error:  # one rule's defect must not hide the others' findings
            message = f"rule {info.code} failed: {type(error).__name__}: {error}"
            self.failures.append(f"{self.document.path}: {message}")
            self._add(RULE_FAILED, Span(0, 0), message)


def _code(document: PythonModule | Notebook) -> bytes:
    """The Python of a document, in which its imports stand."""
    text = "\n".join(cell.python for cell in document.cells) if isinstance(document, Notebook) else document.text
    return text.encode("utf-8", "surrogatepass")


def _searched(document: Document) -> bytes:
    """The bytes that are searched for triggers."""
    if document.kind is DocumentKind.MODEL:
        return b""
    if isinstance(document, Notebook) and not document.text:  # an editor's notebook has no file text
        content = "\n".join(cell.source for cell in document.cells)
    else:
        text = document.readable_text if isinstance(document, Notebook) else document.text
        content = gate.without_pictures(text)
    if isinstance(document, Notebook):
        from mlwarden.notebooks.interpolation import MARK, has_interpolations

        if has_interpolations(document):
            content = f"{content}\n{MARK}"  # as `fragments_of` writes such lines
    return content.encode("utf-8", "surrogatepass")
