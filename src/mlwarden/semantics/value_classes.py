"""`immutable`: how the classes of abstract values are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

__all__ = ["immutable"]

if TYPE_CHECKING:
    from dataclasses import dataclass as immutable
else:

    def immutable(*, eq=True, **options):
        """`dataclass(frozen=True, slots=True)`, but that nothing is assigned to is for type checkers alone to see.

        Values are made by the hundred thousand, and a frozen one takes twice as long to make.
        """

        def made(cls):
            has_hash = cls.__dict__.get("__hash__") is not None
            return dataclass(cls, slots=True, eq=eq, unsafe_hash=eq and not has_hash)

        return made
