"""Facts about a rule that are known without importing the rule."""

from __future__ import annotations

import enum
from typing import TypeAlias

from mlwarden.model.levels import Severity
from mlwarden.model.record import record

DOCS_BASE = "https://github.com/mlwarden/mlwarden/blob/main/docs/rules/"


class DocumentKind(enum.Enum):
    """The kinds of document the engine knows."""

    PYTHON = "python"
    NOTEBOOK = "notebook"
    DEPENDENCIES = "dependencies"
    MODEL = "model"
    TEXT = "text"


@record(frozen=True, slots=True)
class Reference:
    """A source for a claim, shown on the rule's page."""

    title: str
    url: str


_Words: TypeAlias = "tuple[str, ...]"
Row: TypeAlias = "tuple[str, str, str, int, str, str, _Words, tuple[_Words, ...], bool, bool, _Words, _Words, _Words]"


@record(frozen=True, slots=True)
class RuleInfo:
    """One line of the generated rule index (`rules/_index.py`).

    Attributes:
        code: "MLW102".
        name: "torch-load-default"; reads well as "allow torch-load-default".
        summary: first line of the docstring.
        severity: the usual severity; a finding may differ.
        module: module to import when the rule can fire, relative to `mlwarden.rules`.
        class_name: the class in it.
        kinds: documents it applies to.
        triggers: any one of these alternatives must hold; an alternative holds when all its words occur in the
            document (as identifiers, where the document is code). Empty: always.
        default: on without being asked for.
        fixable: offers a fix in at least one example.
        hooks: which of "call", "assignment", "model", "document", "policy" it overrides; a rule with only "document"
            needs no semantic model, one with "policy" runs only where there is a policy.
        yields_to: codes of more specific rules: where one of them reports an overlapping span, this one is dropped.
        needs: classes of words (`semantics.word_classes`), one of which must hold besides the triggers, in the document
            or in what it imports from its project.
    """

    code: str
    name: str
    summary: str
    severity: Severity
    module: str
    class_name: str
    kinds: tuple[DocumentKind, ...]
    triggers: tuple[tuple[str, ...], ...]
    default: bool = True
    fixable: bool = False
    hooks: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def row(self) -> Row:
        """The constants that `of` makes it of again."""
        return (
            self.code,
            self.name,
            self.summary,
            int(self.severity),
            self.module,
            self.class_name,
            tuple(kind.value for kind in self.kinds),
            self.triggers,
            self.default,
            self.fixable,
            self.hooks,
            self.yields_to,
            self.needs,
        )

    @classmethod
    def of(cls, row: Row) -> RuleInfo:
        """The line of the index that a row stands for."""
        code, name, summary, level, module, class_name, values, triggers, default, fixable, hooks, yields, needs = row
        kinds = tuple(map(DocumentKind, values))
        severity = Severity(level)
        return cls(
            code, name, summary, severity, module, class_name, kinds, triggers, default, fixable, hooks, yields, needs
        )

    @property
    def url(self) -> str:
        """The address of the rule's page."""
        return f"{DOCS_BASE}{self.code}.md"
