"""`SemanticModel`: what a Python module or notebook does, ready to be asked by rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mlwarden.model.errors import StoppedError
from mlwarden.model.fixes import TextEdit
from mlwarden.model.policy import Policy
from mlwarden.model.spans import Span
from mlwarden.semantics.calls import Assignment, CallSite
from mlwarden.semantics.fragments import Fragment
from mlwarden.semantics.frames import Frame, State
from mlwarden.semantics.scopes import Bindings, Scope
from mlwarden.semantics.values import Unknown, Value, join

if TYPE_CHECKING:
    from mlwarden.notebooks.notebook import Notebook
    from mlwarden.semantics.document_trees import DocumentTree
    from mlwarden.semantics.hub_cache import CommitLookup, PathLookup
    from mlwarden.semantics.versions import VersionFacts, VersionRange
    from mlwarden.source.documents import PythonModule


@dataclass
class SemanticModel:
    """The result of one interpretation of a document.

    Attributes:
        document: what was analysed.
        calls: every call, once per possible callee and context, in order of evaluation.
        assignments: every assignment to an attribute or item.
        exports: what the module binds at top level; what it imports from its project is looked up when it is asked for.
        versions: what the project requires of libraries.
        policy: what the organisation decided.
        guard_budget: nodes that `guards` may still look at.
        commit_lookup, path_lookup: how `hub_commit` and `is_local` look at the machine; None for the usual way.
    """

    document: PythonModule | Notebook
    calls: list[CallSite]
    assignments: list[Assignment]
    exports: Bindings
    versions: VersionFacts
    fragments: list[Fragment] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)
    commit_lookup: CommitLookup | None = None
    path_lookup: PathLookup | None = None
    guard_budget: int = 300_000
    _by_name: dict[str, list[CallSite]] = field(default_factory=dict)
    _by_attribute: dict[str, list[CallSite]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for call in self.calls:
            if call.name:
                self._by_name.setdefault(call.name, []).append(call)
            if call.attribute:
                self._by_attribute.setdefault(call.attribute, []).append(call)

    def of(self, document: PythonModule | Notebook, versions: VersionFacts, policy: Policy) -> SemanticModel:
        """The same for a document in which the fragments say what they said, and stand elsewhere."""
        return SemanticModel(document, self.calls, self.assignments, self.exports, versions, self.fragments, policy)

    def calls_of(self, pattern: str) -> list[CallSite]:
        """The calls that a pattern of `Rule.calls` matches."""
        if pattern.startswith("*."):
            return self._by_attribute.get(pattern[2:], [])
        return self._by_name.get(pattern, [])

    def attributes(self) -> Iterable[str]:
        """The last parts of what is called, each once."""
        return self._by_attribute.keys()

    def assignments_of(self, pattern: str) -> Iterable[Assignment]:
        """The assignments that a pattern of `Rule.assigns` matches."""
        if pattern.startswith("*."):
            return (a for a in self.assignments if a.attribute == pattern[2:])
        return (a for a in self.assignments if a.target == pattern)

    def version(self, package: str) -> VersionRange:
        """What the project requires of a library."""
        return self.versions.of(package)

    def hub_commit(self, repo_id: str, kind: str = "model", reference: str = "main") -> str | None:
        """The commit that the local Hugging Face cache has for a branch of a repository; None if it has none."""
        from mlwarden.semantics.hub_cache import commit_on_this_machine

        return (self.commit_lookup or commit_on_this_machine)(repo_id, kind, reference)

    def is_local(self, text: str) -> bool:
        """Whether a name like `owner/name` is that of a path: one that exists, or that this document writes to."""
        from mlwarden.semantics.hub_cache import path_exists

        return text in self._written_paths or (self.path_lookup or path_exists)(text, self.document.path)

    @cached_property
    def trees(self) -> list[DocumentTree]:
        """The standard library's trees of the whole document, for the few questions that calls don't answer."""
        from mlwarden.semantics.document_trees import trees_of

        return trees_of(self.document)

    @cached_property
    def _written_paths(self) -> frozenset[str]:
        """Literal folders that the document saves to or makes."""
        found: set[str] = set()
        for call in self.calls:
            if call.attribute in {"save_pretrained", "save_model", "save", "makedirs", "mkdir", "save_to_disk"}:
                found.update(text for value in call.positional()[:1] for text in value.strings())
            for name in ("output_dir", "local_dir", "save_directory"):
                if name in call.keyword_names():
                    found.update(call.argument(name).strings())
        return frozenset(text.rstrip("/") for text in found)

    def import_edit(self, module: str, at: Span) -> tuple[str, TextEdit | None]:
        """The name by which code at `at` can use `module`, and the edit that imports it if nothing does yet."""
        from mlwarden.fixes.imports import import_edit

        return import_edit(self.document, module, cell=at.cell)


def build(
    document: PythonModule | Notebook,
    fragments: list[Fragment],
    versions: VersionFacts,
    *,
    module_name: str = "",
    is_package: bool = False,
    outside: Callable[[str], Value | None] | None = None,
    policy: Policy | None = None,
    stopped: Callable[[], bool] | None = None,
) -> SemanticModel:
    """Interpret fragments, in order, as one program.

    Args:
        document: where they come from.
        fragments: those that matter; each must parse.
        versions: the project's requirements.
        module_name: dotted name of the module in its project, "" if unknown; relative imports count from it.
        is_package: whether the module is an `__init__.py`.
        outside: looks up names of sibling modules.
        policy: what the organisation decided.
        stopped: asked before each function whether to break off.

    Raises:
        StoppedError: `stopped` said so.
    """
    state, scope = _run(fragments, module_name, is_package, outside)
    _analyse_pending(state, scope, stopped)
    return SemanticModel(
        document,
        state.calls,
        state.assignments,
        Bindings(scope),
        versions,
        fragments,
        policy=policy or Policy(),
    )


def interpret(
    fragments: list[Fragment],
    *,
    module_name: str,
    is_package: bool,
    outside: Callable[[str], Value | None],
) -> Scope:
    """The scope that fragments of a sibling module make at top level; what its functions do is seen where they are called."""
    readable = [fragment for fragment in fragments if fragment.parses]
    return _run(readable, module_name, is_package, outside)[1]


def _run(
    fragments: list[Fragment],
    module_name: str,
    is_package: bool,
    outside: Callable[[str], Value | None] | None,
) -> tuple[State, Scope]:
    from mlwarden.semantics.execution import run_block

    state = State(module_name=module_name, is_package=is_package)
    if outside is not None:
        state.outside = outside
    scope = Scope("module", None)
    if fragments:
        frame = Frame(state=state, scope=scope, fragment=fragments[0])
        for fragment in fragments:
            frame.fragment = fragment
            run_block(frame, fragment.tree)
    return state, scope


def _analyse_pending(state: State, scope: Scope, stopped: Callable[[], bool] | None) -> None:
    """Analyse every function by itself: constructors first, since methods read what they assign."""
    from mlwarden.semantics.activation import frame_at, generic_arguments, run_body

    while state.pending:
        batch = list(state.pending)
        state.pending.clear()
        batch.sort(key=lambda definition: definition.name not in {"__init__", "__post_init__", "setup", "__enter__"})
        for definition in batch:
            if not definition.fragment.tree.body:
                continue
            if stopped is not None and stopped():
                raise StoppedError
            frame = Frame(state=state, scope=definition.scope, fragment=definition.fragment)
            bound = generic_arguments(frame_at(frame, definition), definition)
            definition.generic = Unknown("recursive call")
            result = run_body(frame, definition, bound, (), (definition,))
            definition.generic = join(result)
