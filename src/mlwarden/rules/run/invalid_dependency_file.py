"""MLW006: a dependency file that breaks its own format."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class InvalidDependencyFile(Rule):
    """A dependency file that breaks its own format.

    ## Why is this bad?

    What the project requires is not known then, so rules whose truth depends on versions have to assume the worst.

    ## How to fix

    Correct the line that the message names.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW006"
    name = "invalid-dependency-file"
    severity = Severity.LOW
    default = True
    kinds = tuple(DocumentKind)
    triggers = ("",)
