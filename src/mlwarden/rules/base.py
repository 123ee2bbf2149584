"""`Rule`: what a rule file defines. A rule asks the semantic model or the document; it never walks a tree itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.fixes import Fix
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.rule_info import DocumentKind, Reference
from mlwarden.model.spans import Span
from mlwarden.rules.examples import Bad, Good, Missed

if TYPE_CHECKING:
    from mlwarden.model.policy import Policy
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

__all__ = [
    "Bad",
    "Confidence",
    "DocumentKind",
    "Finding",
    "Fix",
    "Good",
    "Missed",
    "Reference",
    "Rule",
    "Severity",
    "Span",
    "TraceStep",
]


class Rule:
    """Base of all rules. Subclasses set the class attributes and override the hooks they need.

    The subclass's docstring is its documentation page: a first line that names the pattern, then the headings
    "Why is this bad?", "How to fix", "When it is fine", "Limits" and, where there is a fix, "Fix safety".

    Attributes:
        code: e.g. "MLW101"; once released it never changes meaning.
        name: kebab case, reads well as "allow <name>"; the file is the same in snake case, the class in camel case.
        since: the release that brought it.
        severity: the usual severity.
        default: on by default; a rule too noisy for one's own repository is off.
        kinds: the documents it applies to.
        calls: qualified names of calls that `check_call` sees. "torch.load" is exact;
            "tarfile.open().extractall" is a method of what a call returned; "*.from_pretrained" is any call of an
            attribute with that name, resolved or not.
        assigns: qualified targets that `check_assignment` sees: "openai.api_key" (attribute),
            "os.environ[]" (an item), "*.verify" (any attribute of that name).
        triggers: words without which the rule cannot fire: alternatives, each a word or a tuple of words that are
            all needed. Left empty, they are derived from `calls` and `assigns`. A rule that must see every document
            sets `triggers = ("",)`. "@secret" stands for any name of a secret (`semantics.word_classes`).
        needs: classes of words, one of which must hold besides the triggers: what the data that a rule follows comes
            from, where what it reaches (`open`, `getattr`) is in every file. A sibling module may bring it.
        yields_to: codes of more specific rules that cover the same thing; where one of them reports an overlapping
            span, this rule's finding is dropped.
        cwe, owasp_llm, owasp_ml, atlas: ids in the public catalogues.
        references: sources for the claims.
        examples: bad, good and missed code; tests and documentation at once.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    since: ClassVar[str] = "0.1.0"
    severity: ClassVar[Severity]
    default: ClassVar[bool] = True
    kinds: ClassVar[tuple[DocumentKind, ...]] = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK)
    calls: ClassVar[tuple[str, ...]] = ()
    assigns: ClassVar[tuple[str, ...]] = ()
    triggers: ClassVar[tuple[str | tuple[str, ...], ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    yields_to: ClassVar[tuple[str, ...]] = ()
    cwe: ClassVar[tuple[int, ...]] = ()
    owasp_llm: ClassVar[tuple[str, ...]] = ()
    owasp_ml: ClassVar[tuple[str, ...]] = ()
    atlas: ClassVar[tuple[str, ...]] = ()
    references: ClassVar[tuple[Reference, ...]] = ()
    examples: ClassVar[tuple[Bad | Good | Missed, ...]] = ()

    # --- hooks: override those at the level the rule needs ------------------------------------------------------

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Yield findings for one call whose qualified name is in `calls`."""
        return iter(())

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Yield findings for one assignment whose target is in `assigns`."""
        return iter(())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Yield findings that need the whole Python module or notebook; runs once per document."""
        return iter(())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Yield findings that need only the document's text, cells, magics or outputs."""
        return iter(())

    def check_policy(self, document: Document, policy: Policy) -> Iterator[Finding]:
        """Yield findings that need only the document's text and the organisation's policy.

        A rule with this hook runs only where there is a policy, whatever its triggers; the other hooks find it in
        `model.policy`.
        """
        return iter(())

    # --- for subclasses ----------------------------------------------------------------------------------------

    def finding(
        self,
        span: Span,
        message: str,
        *,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
        trace: Iterable[TraceStep] = (),
        fixes: Iterable[Fix] = (),
    ) -> Finding:
        """A finding of this rule; the severity is the rule's own unless given."""
        return Finding(
            code=self.code,
            span=span,
            message=message,
            severity=self.severity if severity is None else severity,
            confidence=confidence,
            trace=tuple(step.placed() for step in trace),
            fixes=tuple(fixes),
        )
