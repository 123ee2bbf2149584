"""A fix is a minimal text edit, with a promise about what it may change."""

from __future__ import annotations

import enum

from mlwarden.model.record import record
from mlwarden.model.spans import Span


class Applicability(enum.Enum):
    """What a fix promises.

    SAFE keeps the meaning of the program for legitimate input; it may run unattended.
    UNSAFE is a valid edit that may change behaviour or fail at run time; it runs on request only.
    SUGGESTION leaves something for the user to complete; editors offer it, batch runs never apply it.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    SUGGESTION = "suggestion"


@record(frozen=True, slots=True)
class TextEdit:
    """Replace `span` by `replacement`. In a notebook cell the replacement is source text, not JSON."""

    span: Span
    replacement: str


@record(frozen=True, slots=True)
class Fix:
    """The cure for a finding.

    Attributes:
        title: imperative, what the edit does, e.g. "Add `weights_only=True`".
        edits: same-document edits that do not overlap.
        applicability: what the edit promises.
        why_unsafe: one sentence, required unless SAFE.
    """

    title: str
    edits: tuple[TextEdit, ...]
    applicability: Applicability = Applicability.UNSAFE
    why_unsafe: str = ""
