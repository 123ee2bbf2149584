"""`CallSite` and `Assignment`: what rules see, with argument look-up and the edits that mend a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from mlwarden.model.findings import TraceStep
from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.semantics.values import (
    ABSENT,
    Choice,
    Class,
    Instance,
    Mapping,
    Sequence,
    Taint,
    Unknown,
    Value,
    join,
)

if TYPE_CHECKING:
    from mlwarden.semantics.definitions import FunctionDefinition
    from mlwarden.semantics.fragments import Fragment


class Argument(NamedTuple):
    """One argument as it was passed.

    Attributes:
        value: what is passed; for a splat the mapping or sequence.
        keyword: its name, or "" if positional.
        star: "", "*" or "**".
        node: the node in the call, or None if bound elsewhere (by `functools.partial`, a callback).
    """

    value: Value
    keyword: str = ""
    star: str = ""
    node: cst.Arg | None = None


class CallSite:
    """One call of one callee, as seen in one context.

    Attributes:
        name: qualified name of the callee ("torch.load", "tarfile.TarFile().extractall"), or "" if unresolved.
        attribute: the last part of the callee as written or resolved ("from_pretrained"), or "".
        arguments: in source order.
        receiver: the value before the dot for `x.f()`, or None.
        context: how the enclosing function was reached, outermost call first; empty when it is analysed by itself.
        function: the function the call stands in, or None at top level.
        order: position in the analysis; later is larger.
        in_try: whether it stands in the body of a `try` that has handlers, and in a handler.
        indirect: the callable was handed over (`map(torch.load, paths)`), not called here.
        digest_checked: whether a digest was compared before, on the way to this call.
        read_back: the taints of what was written before into files whose paths this call gets.
        result_used: False where the call is a statement of its own.
    """

    __slots__ = (
        "arguments",
        "attribute",
        "context",
        "digest_checked",
        "fragment",
        "function",
        "indirect",
        "name",
        "node",
        "order",
        "read_back",
        "receiver",
        "result_used",
        "try_state",
    )

    def __init__(
        self,
        name: str,
        attribute: str,
        arguments: tuple[Argument, ...],
        node: cst.Call | cst.BaseExpression,
        fragment: Fragment,
        receiver: Value | None = None,
        context: tuple[TraceStep, ...] = (),
        function: FunctionDefinition | None = None,
        order: int = 0,
        try_state: tuple[tuple[int, str], ...] = (),
        indirect: bool = False,
        digest_checked: bool = False,
    ) -> None:
        self.name = name
        self.attribute = attribute
        self.arguments = arguments
        self.node = node
        self.fragment = fragment
        self.receiver = receiver
        self.context = context
        self.function = function
        self.order = order
        self.try_state = try_state
        self.indirect = indirect
        self.digest_checked = digest_checked
        self.read_back: tuple[Taint, ...] = ()
        self.result_used = True

    def __eq__(self, other: object) -> bool:
        """The same call of the same callee, whatever was known of the arguments."""
        return isinstance(other, CallSite) and self.node is other.node and self.name == other.name

    def __hash__(self) -> int:
        return hash((id(self.node), self.name))

    def __repr__(self) -> str:
        return f"CallSite({self.name or '?.' + self.attribute})"

    # --- places ------------------------------------------------------------------------------------------------

    @property
    def span(self) -> Span:
        """The whole call, `torch.load(path)`."""
        return self.fragment.span(self.node)

    @property
    def callee_span(self) -> Span:
        """What is called, `torch.load`."""
        return self.fragment.span(self.node.func if isinstance(self.node, cst.Call) else self.node)

    @property
    def written(self) -> str:
        """What is called, as it is written."""
        dotted = _dotted(self.node.func if isinstance(self.node, cst.Call) else self.node)
        return self.text(self.callee_span) if dotted is None else dotted

    @property
    def cell(self) -> int | None:
        """The notebook cell it stands in."""
        return self.fragment.cell

    def text(self, span: Span) -> str:
        """The source in a span of this call's fragment."""
        return self.fragment.text[span.start - self.fragment.start : span.end - self.fragment.start]

    # --- arguments ---------------------------------------------------------------------------------------------

    def argument(self, name: str, position: int | None = None) -> Value:
        """The value of an argument by keyword, or by 0-based position if it may be given so.

        ABSENT if it is certainly left out, Unknown if `*args` or `**kwargs` may hold it.
        """
        found = self._find(name, position)
        return found[0] if found else self._missing(name, position)

    def argument_node(self, name: str, position: int | None = None) -> cst.Arg | None:
        """The node by which the argument is given in this call, or None."""
        found = self._find(name, position)
        return found[1].node if found and not found[1].star else None

    def argument_span(self, name: str, position: int | None = None) -> Span | None:
        """Where the argument's value stands (without the keyword), or None if it isn't written in this call."""
        node = self.argument_node(name, position)
        return None if node is None else self.fragment.span(node.value)

    def keyword_names(self) -> tuple[str, ...]:
        """The keywords that are certainly given."""
        names: list[str] = []
        unpacked: list[Argument] = []
        for argument in self.arguments:
            if argument.keyword:
                names.append(argument.keyword)
            elif argument.star == "**":
                unpacked.append(argument)
        for argument in unpacked:
            if isinstance(argument.value, Mapping):
                names.extend(key for key, _ in argument.value.items if isinstance(key, str))
        return tuple(names)

    def positional(self) -> tuple[Value, ...]:
        """The positional arguments up to the first `*args` of unknown length."""
        return tuple(argument.value for argument in self._positional_arguments())

    @property
    def has_unknown_keywords(self) -> bool:
        """Whether `**kwargs` of unknown content are passed."""
        return any(
            argument.star == "**" and not (isinstance(argument.value, Mapping) and argument.value.complete)
            for argument in self.arguments
        )

    @property
    def has_unknown_positionals(self) -> bool:
        """Whether `*args` of unknown length are passed."""
        return any(
            argument.star == "*" and not (isinstance(argument.value, Sequence) and argument.value.complete)
            for argument in self.arguments
        )

    def _positional_arguments(self) -> Iterator[Argument]:
        for argument in self.arguments:
            if argument.star == "*":
                if not (isinstance(argument.value, Sequence) and argument.value.complete):
                    return
                for item in argument.value.items:
                    yield Argument(item, star="*", node=argument.node)
            elif not argument.keyword and not argument.star:
                yield argument

    def _find(self, name: str, position: int | None) -> tuple[Value, Argument] | None:
        for argument in reversed(self.arguments):
            if argument.keyword == name and name:
                return argument.value, argument
        for argument in self.arguments:
            if argument.star == "**":
                values = [option.get(name) for option in argument.value.alternatives() if isinstance(option, Mapping)]
                if values and not all(value.is_absent or isinstance(value, Unknown) for value in values):
                    return join(*values), argument
        if position is not None:
            for index, argument in enumerate(self._positional_arguments()):
                if index == position:
                    return argument.value, argument
        return None

    def _missing(self, name: str, position: int | None) -> Value:
        if self.has_unknown_keywords and name:
            return Unknown(f"'{name}' may be in the unpacked keyword arguments")
        if position is not None and self.has_unknown_positionals:
            return Unknown(f"'{name}' may be among the unpacked positional arguments")
        return ABSENT

    def receiver_defines(self, name: str) -> bool:
        """Whether the receiver is of a class of the project that defines this member itself."""
        options = () if self.receiver is None else self.receiver.alternatives()
        return any(
            isinstance(option, (Instance, Class))
            and option.definition is not None
            and option.definition.find(name) is not None
            for option in options
        )

    # --- edits -------------------------------------------------------------------------------------------------

    @property
    def can_edit_arguments(self) -> bool:
        """Whether a keyword can be added for certain: the call is written here and unpacks nothing unknown."""
        return isinstance(self.node, cst.Call) and not self.indirect and not self.has_unknown_keywords

    def add_keyword(self, name: str, expression: str) -> TextEdit | None:
        """Add `name=expression` as the last argument; None if the call can't take it."""
        if not self.can_edit_arguments:
            return None
        node = self.fragment.as_written(self.node)
        if not isinstance(node, cst.Call):
            return None
        if not node.args:
            end = self.span.end - 1
            return TextEdit(Span(end, end, self.cell), f"{name}={expression}")
        last = node.args[-1]
        if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar:
            return None  # `f(x for x in y)`: a second argument needs parentheses around the first
        end = self.fragment.span(last.value).end + _closing_parentheses(last.value)
        separator = self._separator(node)
        return TextEdit(Span(end, end, self.cell), f"{separator}{name}={expression}")

    def set_argument(self, name: str, expression: str, position: int | None = None) -> TextEdit | None:
        """Replace the argument's value, or add it as a keyword when it is left out; None if neither is possible."""
        span = self.argument_span(name, position)
        if span is not None:
            return TextEdit(span, expression)
        return self.add_keyword(name, expression) if self.argument(name, position).is_absent else None

    def remove_argument(self, name: str, position: int | None = None) -> TextEdit | None:
        """Remove a keyword argument with its comma; None if it isn't written as a keyword in this call."""
        target = self.argument_node(name, position)
        node: cst.CSTNode | None = self.node
        if target is None or target.keyword is None or not isinstance(node, cst.Call):
            return None
        index = next(i for i, arg in enumerate(node.args) if arg is target)
        start = self.fragment.span(target.keyword).start
        node, target = self.fragment.as_written(node), self.fragment.as_written(target)
        if not isinstance(node, cst.Call) or target is None:
            return None
        if index + 1 < len(node.args):  # up to the next argument
            following = node.args[index + 1]
            first: cst.CSTNode = following.keyword or following.value
            end = self.fragment.span(first).start - len(following.star)
            end -= 0 if following.keyword else _opening_parentheses(following.value)
            return TextEdit(Span(start, end, self.cell), "")
        end = self.fragment.span(target.value).end + _closing_parentheses(target.value)
        if index > 0:  # from the end of the argument before
            before = node.args[index - 1]
            start = self.fragment.span(before.value).end + _closing_parentheses(before.value)
            return TextEdit(Span(start, end, self.cell), "")
        comma = target.comma
        if isinstance(comma, cst.Comma):
            tail = self.text(Span(end, self.span.end, self.cell))
            end += tail.index(",") + 1
        return TextEdit(Span(start, end, self.cell), "")

    def replace_callee(self, expression: str) -> TextEdit:
        """Call something else with the same arguments."""
        return TextEdit(self.callee_span, expression)

    def _separator(self, node: cst.Call) -> str:
        """`, ` or, where every argument has a line of its own, a line break with the same indent."""
        first = node.args[0]
        start = self.fragment.span(first.keyword or first.value).start - self.fragment.start
        text = self.fragment.text
        line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        indent = text[line_start:start]
        last = node.args[-1]
        last_start = self.fragment.span(last.keyword or last.value).start - self.fragment.start
        last_line = max(text.rfind("\n", 0, last_start), text.rfind("\r", 0, last_start)) + 1
        own_lines = not indent.strip() and text[last_line:last_start] == indent and line_start > 0
        if not own_lines:
            return ", "
        newline = "\r\n" if text[line_start - 2 : line_start] == "\r\n" else text[line_start - 1]
        return f",{newline}{indent}"


def _dotted(node: cst.CSTNode) -> str | None:
    """The text of a dotted name; None for other expressions, whose place must be known: for it libcst reads the whole statement."""
    names: list[str] = []
    while type(node) is cst.Attribute:
        names.append(node.attr.value)
        node = node.value
    if type(node) is not cst.Name:
        return None
    names.append(node.value)
    return ".".join(reversed(names))


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """An assignment to an attribute or item: `openai.api_key = x`, `os.environ["A"] = x`, `session.verify = False`.

    Attributes:
        target: qualified, "openai.api_key", "os.environ[]", "requests.Session().verify"; "" if unresolved.
        attribute: the attribute's name, or "" for an item.
        key: the item's key, or ABSENT.
        value: what is assigned.
        node: the assigned expression.
        target_node: what is assigned to.
        statement: the whole statement.
    """

    target: str
    attribute: str
    key: Value
    value: Value
    node: cst.BaseExpression
    target_node: cst.BaseExpression
    statement: cst.CSTNode
    fragment: Fragment
    function: FunctionDefinition | None = None
    context: tuple[TraceStep, ...] = ()
    order: int = 0

    @property
    def span(self) -> Span:
        """The statement."""
        return self.fragment.span(self.statement)

    @property
    def target_span(self) -> Span:
        """What is assigned to."""
        return self.fragment.span(self.target_node)

    @property
    def value_span(self) -> Span:
        """The assigned expression."""
        return self.fragment.span(self.node)

    @property
    def cell(self) -> int | None:
        """The notebook cell it stands in."""
        return self.fragment.cell


def options_of(value: Value) -> tuple[Value, ...]:
    """The alternatives of a value, a choice flattened."""
    return value.options if isinstance(value, Choice) else (value,)


def _closing_parentheses(node: cst.BaseExpression) -> int:
    """Characters of the closing parentheses that belong to the node but not to its span."""
    return sum(len(_code(paren.whitespace_before)) + 1 for paren in node.rpar)


def _opening_parentheses(node: cst.BaseExpression) -> int:
    return sum(len(_code(paren.whitespace_after)) + 1 for paren in node.lpar)


def _code(node: cst.CSTNode) -> str:
    return cst.Module(body=()).code_for_node(node)
