"""Offsets of libcst nodes, computed only for fragments that hold a candidate.

libcst's own PositionProvider needs a MetadataWrapper, which deep-copies the tree, and keeps lines and columns; this
records plain offsets while the code is generated once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from libcst._nodes.internal import CodegenState

if TYPE_CHECKING:
    import libcst as cst


class _OffsetState(CodegenState):
    """A code generator that counts characters and notes where each node begins and ends."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.offset = 0
        self.spans: dict[int, tuple[int, int]] = {}
        self._open: list[int] = []

    def add_token(self, value: str) -> None:
        self.offset += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.offset += len(token)

    def pop_trailing_newline(self) -> None:
        """Nothing to take back: no tokens are kept."""

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._open.append(self.offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._open.pop()
        self.spans.setdefault(id(node), (start, self.offset))

    def record_syntactic_position(  # type: ignore[override]  # libcst asks for a generator, and uses it in `with` only
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> _Recording:
        return _Recording(self, node, start_node, end_node)


class _Recording:
    """Notes where a node without its parentheses stands. One is made for most nodes: a generator would take twice as long."""

    __slots__ = ("_end_node", "_node", "_start", "_start_node", "_state")

    def __init__(
        self, state: _OffsetState, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self._state, self._node, self._start_node, self._end_node = state, node, start_node, end_node

    def __enter__(self) -> None:
        self._start = self._state.offset

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            return
        spans = self._state.spans
        start, end = self._start, self._state.offset
        if self._start_node is not None:
            start = spans[id(self._start_node)][0]
        if self._end_node is not None:
            end = spans[id(self._end_node)][1]
        spans[id(self._node)] = (start, end)


def offsets_of(module: cst.Module) -> dict[int, tuple[int, int]]:
    """Map `id(node)` to (start, end) in the module's code, for every node of the tree.

    The ids are valid as long as the tree is kept.
    """
    state = _OffsetState(module.default_indent, module.default_newline)
    module._codegen(state)
    return state.spans
