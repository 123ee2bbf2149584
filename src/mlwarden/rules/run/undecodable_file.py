"""MLW002: a file whose bytes are not text in its encoding."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class UndecodableFile(Rule):
    """A file whose bytes are not text in its encoding.

    ## Why is this bad?

    The rules could not run on it. Python itself refuses such a file, so it may also be a sign of a broken copy.

    ## How to fix

    Save the file as UTF-8, or declare its encoding in the first line.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW002"
    name = "undecodable-file"
    severity = Severity.MEDIUM
    default = True
    kinds = tuple(DocumentKind)
    triggers = ("",)
