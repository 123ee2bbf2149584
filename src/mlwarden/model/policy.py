"""What an organisation decided: for now, where models, data and packages may come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwarden.model.record import field, record

if TYPE_CHECKING:
    from mlwarden.model.artifact_sources import Source


@record(frozen=True, slots=True)
class SourcePolicy:
    """Patterns of the places that things may, or must not, come from.

    Attributes:
        allow: if given, everything else is refused.
        deny: refused even where `allow` has it.
    """

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it decides anything."""
        return self.allow is not None or bool(self.deny)

    def refusal(self, source: Source) -> str | None:
        """Why a source is refused: the pattern of `deny`, or "" if no pattern of `allow` has it; None if it is not."""
        from mlwarden.model.artifact_sources import matches

        for pattern in self.deny:
            if matches(pattern, source, wide=True):
                return pattern
        if self.allow is not None and not any(matches(pattern, source) for pattern in self.allow):
            return ""
        return None


@record(frozen=True, slots=True)
class Policy:
    """Everything that an organisation decided.

    Attributes:
        sources: where models, data and packages may come from.
    """

    sources: SourcePolicy = field(default_factory=SourcePolicy)

    def __bool__(self) -> bool:
        """Whether it decides anything."""
        return bool(self.sources)
