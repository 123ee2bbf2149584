"""`UnplacedStep`: a trace step whose place is worked out only when a finding shows it.

Nearly all steps belong to data that no rule reports, and finding the place of a node means generating the code of the
whole statement it stands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwarden.model.findings import TraceStep

if TYPE_CHECKING:
    import libcst as cst

    from mlwarden.model.spans import Span
    from mlwarden.semantics.fragments import Fragment


class UnplacedStep(TraceStep):
    """A step at a node of a fragment; equal to another one at the same place with the same sentence."""

    __slots__ = ("_fragment", "_node")
    _fragment: Fragment
    _node: cst.CSTNode

    def __init__(self, fragment: Fragment, node: cst.CSTNode, note: str) -> None:
        """A step at `node`, which must be of the fragment's tree."""
        put = object.__setattr__
        put(self, "_fragment", fragment)
        put(self, "_node", node)
        put(self, "note", note)
        put(self, "path", fragment.path)

    @property
    def span(self) -> Span:
        """The place."""
        return self._fragment.span(self._node)

    def placed(self) -> TraceStep:
        """The same step as plain data."""
        return TraceStep(self.span, self.note, self.path)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TraceStep) or self.note != other.note or self.path != other.path:
            return False
        if isinstance(other, UnplacedStep) and self._fragment is other._fragment:
            # Steps stand at expressions and definitions: no two of them in one tree have the same place.
            return self._node is other._node
        return self.span == other.span

    def __hash__(self) -> int:
        return hash((self.note, self.path))
