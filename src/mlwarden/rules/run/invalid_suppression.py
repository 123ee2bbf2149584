"""MLW009: a suppression comment that names an unknown code."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class InvalidSuppression(Rule):
    """A suppression comment that names an unknown code.

    ## Why is this bad?

    The comment looks as if somebody accepted a risk, but it suppresses nothing.

    ## How to fix

    Correct the code; the message names the nearest one.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW009"
    name = "invalid-suppression"
    severity = Severity.LOW
    default = True
    kinds = tuple(DocumentKind)
    triggers = ("",)
