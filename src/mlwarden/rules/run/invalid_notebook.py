"""MLW004: a .ipynb file that is not a notebook."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class InvalidNotebook(Rule):
    """A .ipynb file that is not a notebook.

    ## Why is this bad?

    Broken JSON, or JSON that is no notebook, hides what is in the file from every check.

    ## How to fix

    Open and save it in Jupyter, or restore it; an unresolved merge conflict is the usual cause.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW004"
    name = "invalid-notebook"
    severity = Severity.MEDIUM
    default = True
    kinds = tuple(DocumentKind)
    triggers = ("",)
