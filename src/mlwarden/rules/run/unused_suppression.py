"""MLW008: a suppression comment that suppresses nothing."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class UnusedSuppression(Rule):
    """A suppression comment that suppresses nothing.

    ## Why is this bad?

    A comment that outlived its finding hides the next one that appears on its line.

    ## How to fix

    Remove the comment, or the code from its list.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW008"
    name = "unused-suppression"
    severity = Severity.LOW
    default = False
    kinds = tuple(DocumentKind)
    triggers = ("",)
