"""MLW005: a file that is too large or too deeply nested to be analysed."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class FileTooLarge(Rule):
    """A file that is too large or too deeply nested to be analysed.

    ## Why is this bad?

    Analysis has bounds so that a hostile file cannot stop it. What lies beyond them was not checked.

    ## How to fix

    Split the file, or exclude it if it is generated.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW005"
    name = "file-too-large"
    severity = Severity.LOW
    default = True
    kinds = tuple(DocumentKind)
    triggers = ("",)
