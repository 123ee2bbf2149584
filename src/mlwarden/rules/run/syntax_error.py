"""MLW003: python code that does not parse."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class SyntaxErrorRule(Rule):
    """Python code that does not parse.

    ## Why is this bad?

    The rules about code could not run on the file, or on this cell of the notebook. The other cells are checked.

    ## How to fix

    Correct the syntax. Python 2 code has to be excluded.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW003"
    name = "syntax-error"
    severity = Severity.LOW
    default = True
    kinds = tuple(DocumentKind)
    triggers = ("",)
