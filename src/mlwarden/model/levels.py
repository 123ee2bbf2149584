"""Severity (how bad if true) and confidence (how likely true): two independent judgements on a finding."""

from __future__ import annotations

import enum


class _Level(enum.IntEnum):
    """An ordered level whose text form is its lower-case name."""

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str):  # type: ignore[no-untyped-def]  # returns the subclass's own member
        """Return the member called `text` (any case).

        Raises:
            ValueError: if there is none; the message lists the allowed names.
        """
        try:
            return cls[text.upper()]
        except KeyError:
            allowed = ", ".join(str(level) for level in reversed(cls))
            raise ValueError(f"unknown level '{text}': expected one of {allowed}") from None


class Severity(_Level):
    """Impact if the finding is true."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Confidence(_Level):
    """How likely the finding is true."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
