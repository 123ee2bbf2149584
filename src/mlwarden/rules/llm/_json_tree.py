"""A lenient reader of JSON with comments and trailing commas, as agents' and editors' settings are written, with places."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlwarden.model.spans import Span

MAX_DEPTH = 40
MAX_NODES = 50_000
_TOKEN = re.compile(
    r"(?P<blank>[\s,\ufeff]+|//[^\r\n]*|/\*(?:[^*]|\*(?!/)){0,2000}\*/)|(?P<open>[{\[])|(?P<close>[}\]])|(?P<colon>:)"
    r"|(?P<string>\"(?:[^\"\\\r\n]|\\.)*\"|'(?:[^'\\\r\n]|\\.)*')|(?P<word>[^\s,{}\[\]:\"'/]+|.)",
    re.DOTALL,
)
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(eq=False)
class Node:
    """A value in the text.

    Attributes:
        span: where it stands; of a string the contents, without the quotes.
        value: the str, bool, None, or the bare word; None for a container.
        members: of an object, in order; a repeated key's last value is the last.
        items: of an array.
        kind: "object", "array" or "scalar".
    """

    span: Span
    value: str | bool | None = None
    members: list[tuple[str, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    kind: str = "scalar"

    def get(self, *names: str) -> Node | None:
        """The member of one of these names."""
        return next((node for name, node in reversed(self.members) if name in names), None)

    def strings(self) -> list[Node]:
        """The strings of an array, or the string itself."""
        nodes = self.items if self.kind == "array" else [self]
        return [node for node in nodes if isinstance(node.value, str)]

    def walk(self, depth: int = MAX_DEPTH) -> Iterator[tuple[str, Node]]:
        """All members of this object and of what is in it, outer ones first."""
        for name, node in self.members:
            yield name, node
            if depth > 0:
                yield from node.walk(depth - 1)
        for node in self.items:
            if depth > 0:
                yield from node.walk(depth - 1)


def read(text: str) -> Node:
    """The value that a text begins with; what is malformed, nested too deep or too much is left out."""
    root = Node(Span(0, len(text)), kind="array")
    stack = [root]
    key: str | None = None
    pending: Node | None = None  # a string that may turn out to be a key
    for count, match in enumerate(_TOKEN.finditer(text)):
        kind = match.lastgroup
        if kind == "blank":
            continue
        if count > MAX_NODES:
            break
        if kind == "colon":
            key, pending = (str(pending.value) if pending is not None else None), None
            continue
        if pending is not None:
            _add(stack[-1], key, pending)
            pending, key = None, None
        if kind == "open":
            if len(stack) > MAX_DEPTH:
                break
            node = Node(Span(match.start(), match.end()), kind="object" if match[0] == "{" else "array")
            _add(stack[-1], key, node)
            key = None
            stack.append(node)
        elif kind == "close":
            if len(stack) > 1:
                closed = stack.pop()
                closed.span = Span(closed.span.start, match.end())
            key = None
        elif kind == "string":
            pending = Node(Span(match.start() + 1, match.end() - 1), _decoded(match[0]))
        else:
            pending = Node(Span(match.start(), match.end()), _WORDS.get(match[0], match[0]))
    if pending is not None:
        _add(stack[-1], key, pending)
    return root.items[0] if root.items else root


def _add(parent: Node, key: str | None, node: Node) -> None:
    if parent.kind == "array":
        parent.items.append(node)
    elif key is not None:
        parent.members.append((key, node))


def _decoded(literal: str) -> str:
    if literal[0] == '"':
        try:
            return str(json.loads(literal, strict=False))
        except ValueError:
            return literal[1:-1]
    return literal[1:-1]
