"""MLW001: a file or folder that cannot be read."""

from __future__ import annotations

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.base import Rule, Severity


class UnreadableFile(Rule):
    """A file or folder that cannot be read.

    ## Why is this bad?

    What cannot be read cannot be checked. A scan that passed over it in silence would look clean.

    ## How to fix

    Give the scan the permission to read it, or exclude the path in the configuration.

    ## Limits

    Reported by the engine itself, so it has no examples here; the tests of the engine show it.
    """

    code = "MLW001"
    name = "unreadable-file"
    severity = Severity.MEDIUM
    default = True
    kinds = tuple(DocumentKind)
    triggers = ("",)
