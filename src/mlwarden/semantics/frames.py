"""`Frame`: where evaluation stands. `State`: what one document's interpretation shares."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlwarden.model.findings import TraceStep
from mlwarden.semantics.calls import Argument, Assignment, CallSite
from mlwarden.semantics.steps import UnplacedStep
from mlwarden.semantics.values import Choice, Reference, Taint, Value

if TYPE_CHECKING:
    import libcst as cst

    from mlwarden.semantics.definitions import ClassDefinition, FunctionDefinition
    from mlwarden.semantics.fragments import Fragment
    from mlwarden.semantics.scopes import Scope

MAX_CONTEXT = 4
# Statements executed in the context of callers: for any context, and more where something tainted is passed.
MAX_STATEMENTS = 8_000
MAX_TAINTED_STATEMENTS = 20_000


@dataclass
class State:
    """What the interpretation of one document collects.

    Attributes:
        calls, assignments: what rules see, in order of evaluation.
        pending: functions whose bodies are still to be analysed by themselves.
        overrides: values that the document puts in the place of outside names (`np.load = partial(...)`).
        stored: taints of data written to files, by what the path is known by (`stored_files`).
        options: default values of command-line options by their destination.
        budget: statements that may still be executed in the context of a caller.
        outside: looks a qualified name up in a sibling module; None if it is not the project's.
    """

    calls: list[CallSite] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    pending: deque[FunctionDefinition] = field(default_factory=deque)
    overrides: dict[str, Value] = field(default_factory=dict)
    stored: dict[Hashable, tuple[Taint, ...]] = field(default_factory=dict)
    options: dict[str, Value] = field(default_factory=dict)
    budget: int = MAX_STATEMENTS
    outside: Callable[[str], Value | None] = lambda name: None
    module_name: str = ""
    is_package: bool = False


@dataclass
class Frame:
    """One activation: module level, a function analysed by itself, or a function in the context of a call.

    Attributes:
        context: the calls that led here, outermost first; empty unless in the context of a call.
        stack: the definitions being evaluated, to stop recursion.
        returned: values returned so far.
        try_state: the `try` statements around, as (id of the statement, "body" or "handler").
        loops: how many loops are around.
        digest_checked: a digest was compared before on this way.
    """

    state: State
    scope: Scope
    fragment: Fragment
    function: FunctionDefinition | None = None
    owner: ClassDefinition | None = None
    context: tuple[TraceStep, ...] = ()
    stack: tuple[FunctionDefinition, ...] = ()
    returned: list[Value] = field(default_factory=list)
    try_state: tuple[tuple[int, str], ...] = ()
    loops: int = 0
    digest_checked: bool = False

    def step(self, node: cst.CSTNode, note: str) -> TraceStep:
        """A trace step at a node of this frame's fragment."""
        return UnplacedStep(self.fragment, node, note)

    def nested(self, scope: Scope) -> Frame:
        """A frame for a nested scope (a comprehension, a class body) of the same activation."""
        return Frame(
            state=self.state,
            scope=scope,
            fragment=self.fragment,
            function=self.function,
            owner=self.owner,
            context=self.context,
            stack=self.stack,
            returned=self.returned,
            try_state=self.try_state,
            loops=self.loops,
            digest_checked=self.digest_checked,
        )

    def record_call(self, call: CallSite) -> None:
        """Hand a call to the rules."""
        self.state.calls.append(call)

    def call_site(
        self,
        node: cst.Call | cst.BaseExpression,
        name: str,
        attribute_name: str,
        arguments: tuple[Argument, ...],
        receiver: Value | None,
        *,
        indirect: bool = False,
    ) -> CallSite:
        """A call that is made here, of a callee by its qualified name ("" if unresolved)."""
        return CallSite(  # by position: one is made for each call
            name,
            attribute_name,
            arguments,
            node,
            self.fragment,
            receiver,
            self.context,
            self.function,
            len(self.state.calls),
            self.try_state,
            indirect,
            self.digest_checked,
        )

    def is_digest(self, value: Value) -> bool:
        """Whether a value is a digest computed here."""
        for option in value.options if isinstance(value, Choice) else (value,):
            if type(option) is Reference and option.name.startswith(("hashlib.", "hmac.", "zlib.crc32")):
                return True
        return False
