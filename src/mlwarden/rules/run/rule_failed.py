"""MLW007: a rule that crashed on this file."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class RuleFailed(Rule):
    """A rule that crashed on this file.

    ## Why is this bad?

    This is a defect of mlwarden or of an added rule. The other rules ran; what this one would have found is not known.

    ## How to fix

    Report it with the file, or with the part of it that makes the rule crash.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW007"
    name = "rule-failed"
    severity = Severity.MEDIUM
    default = True
    kinds = tuple(DocumentKind)
    triggers = ("",)
