"""Execution of statements: order, branches, loops, `try`, and definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import libcst as cst

from mlwarden.semantics import library
from mlwarden.semantics.binding import bind, delete
from mlwarden.semantics.declarations import annotated_value, declared_default, decorator_names, define, option_defaults
from mlwarden.semantics.definitions import ClassDefinition
from mlwarden.semantics.expressions import element_of, evaluate, identifier, outside
from mlwarden.semantics.frames import Frame
from mlwarden.semantics.operators import operate
from mlwarden.semantics.scopes import Deferred, Scope, settled
from mlwarden.semantics.values import (
    Class,
    Constant,
    Function,
    Mapping,
    Reference,
    Sequence,
    Unknown,
    Value,
)


def run_block(frame: Frame, block: cst.BaseSuite | cst.Module) -> bool:
    """Execute a block; returns whether control certainly does not reach its end."""
    return run_statements(frame, block.body)


def run_statements(frame: Frame, statements: Iterable[cst.CSTNode]) -> bool:
    """Execute statements in order; what stands after a `return` or `raise` is analysed all the same."""
    ended = False
    for statement in statements:
        if type(statement) is cst.SimpleStatementLine:  # an `isinstance` that says no is slow for libcst's classes
            for small in statement.body:
                ended = _run(frame, small) or ended
        else:
            ended = _run(frame, statement) or ended
    return ended


def _run(frame: Frame, statement: cst.CSTNode) -> bool:
    frame.state.budget -= bool(frame.context)
    handler = _HANDLERS.get(type(statement))
    return bool(handler(frame, statement)) if handler is not None else False


# --- simple statements -----------------------------------------------------------------------------------------------


def _expression(frame: Frame, node: cst.Expr) -> None:
    before = len(frame.state.calls)
    evaluate(frame, node.value)
    calls = frame.state.calls
    if len(calls) > before and calls[-1].node is node.value:
        calls[-1].result_used = False


def _assign(frame: Frame, node: cst.Assign) -> None:
    value = evaluate(frame, node.value)
    for target in node.targets:
        bind(frame, target.target, value, node.value, node)


def _annotated(frame: Frame, node: cst.AnnAssign) -> None:
    if node.value is not None:
        given = evaluate(frame, node.value)
        if frame.scope.kind == "class":
            given = declared_default(given)
        bind(frame, node.target, given, node.value, node)
    elif frame.scope.kind != "class":
        value = annotated_value(frame, node.annotation.annotation)
        if value is not None and isinstance(node.target, cst.Name):
            bind(frame, node.target, value)
    if frame.scope.kind == "class" and frame.owner is not None and isinstance(node.target, cst.Name):
        frame.owner.fields.append(identifier(node.target.value))


def _augmented(frame: Frame, node: cst.AugAssign) -> None:
    operator = _AUGMENTED.get(type(node.operator))
    left = evaluate(frame, node.target)
    right = evaluate(frame, node.value)
    result = operate(left, operator(), right) if operator else Unknown(taints=left.taints)
    bind(frame, node.target, result, node.value, node)


_AUGMENTED: dict[type, Callable[[], cst.BaseBinaryOp]] = {
    cst.AddAssign: cst.Add,
    cst.DivideAssign: cst.Divide,
    cst.ModuloAssign: cst.Modulo,
    cst.BitOrAssign: cst.BitOr,
    cst.MultiplyAssign: cst.Multiply,
    cst.SubtractAssign: cst.Subtract,
}


def _return(frame: Frame, node: cst.Return) -> bool:
    frame.returned.append(Constant(None) if node.value is None else evaluate(frame, node.value))
    return True


def _raise(frame: Frame, node: cst.Raise) -> bool:
    if node.exc is not None:
        evaluate(frame, node.exc)
    return True


def _leave_loop(frame: Frame, node: cst.Break | cst.Continue) -> bool:
    return False  # what was assigned before it is still seen after the loop, or in its next round


def _assert(frame: Frame, node: cst.Assert) -> None:
    evaluate(frame, node.test)
    if node.msg is not None:
        evaluate(frame, node.msg)


def _delete(frame: Frame, node: cst.Del) -> None:
    delete(frame, node.target)


def _global(frame: Frame, node: cst.Global) -> None:
    if frame.scope.parent is not None:
        frame.scope.declared_global.update(identifier(name.name.value) for name in node.names)


def _nonlocal(frame: Frame, node: cst.Nonlocal) -> None:
    frame.scope.declared_nonlocal.update(identifier(name.name.value) for name in node.names)


# --- imports ---------------------------------------------------------------------------------------------------------


def dotted(node: cst.BaseExpression | None) -> str:
    """The dotted name that a chain of names spells."""
    if type(node) is cst.Name:
        return identifier(node.value)
    parts: list[str] = []
    while type(node) is cst.Attribute:
        parts.append(identifier(node.attr.value))
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(identifier(node.value))
    return ".".join(reversed(parts))


def _import(frame: Frame, node: cst.Import) -> None:
    for alias in node.names:
        name = dotted(alias.name)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            frame.scope.set(identifier(alias.asname.name.value), _imported(frame, library.qualified(name)))
        else:
            head = name.partition(".")[0]
            frame.scope.set(head, _imported(frame, library.qualified(head)))


def _import_from(frame: Frame, node: cst.ImportFrom) -> None:
    module = absolute_module(frame, len(node.relative), dotted(node.module))
    base = library.qualified(module)
    if isinstance(node.names, cst.ImportStar):
        frame.scope.module.star_modules.append(base)
        return
    for alias in node.names:
        name = dotted(alias.name)
        bound = name
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            bound = identifier(alias.asname.name.value)
        frame.scope.set(bound, _imported(frame, library.attribute_of(base, name)))


def _imported(frame: Frame, name: str) -> Value:
    if not library.is_known_library(name):
        return Deferred(lambda: outside(frame, name))
    return outside(frame, name)


def absolute_module(frame: Frame, level: int, module: str) -> str:
    """The absolute name of an imported module; relative ones count from the document's own module name."""
    if level == 0:
        return module
    parts = frame.state.module_name.split(".") if frame.state.module_name else []
    drop = level - 1 if frame.state.is_package else level
    parts = parts[: len(parts) - drop] if drop <= len(parts) else []
    # Leading dots mark a module of the project whose package is not known.
    prefix = ".".join(parts)
    return ".".join(piece for piece in (prefix, module) if piece) if prefix else f"{'.' * level}{module}"


# --- definitions -----------------------------------------------------------------------------------------------------


def _function(frame: Frame, node: cst.FunctionDef) -> None:
    definition = define(frame, node, identifier(node.name.value), node.params, node.body, node.returns)
    evaluated = [evaluate(frame, decorator.decorator) for decorator in node.decorators]
    definition.decorators = decorator_names(frame, node.decorators)
    definition.option_defaults = option_defaults(evaluated)
    if frame.scope.kind == "class" and frame.owner is not None:
        frame.owner.methods.append(definition)
    name = definition.name
    if any(decorator.endswith((".setter", ".deleter")) for decorator in definition.decorators):
        return
    frame.scope.set(name, Function(definition=definition))


def _class(frame: Frame, node: cst.ClassDef) -> None:
    bases = tuple(evaluate(frame, base.value) for base in node.bases)
    for keyword in node.keywords:
        evaluate(frame, keyword.value)
    definition = ClassDefinition(identifier(node.name.value), node, bases, frame.fragment)
    for decorator in node.decorators:
        evaluate(frame, decorator.decorator)
    definition.decorators = decorator_names(frame, node.decorators)
    inner = frame.nested(Scope("class", frame.scope))
    inner.owner = definition
    # Visible to its own methods before the class statement is over.
    frame.scope.set(definition.name, Class(definition=definition))
    run_block(inner, node.body)
    definition.members.update((name, settled(value)) for name, value in inner.scope.variables.items())


# --- blocks ----------------------------------------------------------------------------------------------------------


def branch(frame: Frame, run: Callable[[], bool]) -> dict[str, Value] | None:
    """Run something as a branch; returns what it wrote, or None if control does not come out of it."""
    checked = frame.digest_checked
    frame.scope.begin()
    try:
        ended = run()
    finally:
        written = frame.scope.end()
    # A check in one arm that ends (`if digest != expected: raise`) is made by the test, before the arm.
    frame.digest_checked = checked or frame.digest_checked
    return None if ended else written


def join_branches(frame: Frame, branches: list[dict[str, Value] | None]) -> bool:
    """Continue after branches; returns whether none of them comes out."""
    alive = [written for written in branches if written is not None]
    if alive:
        frame.scope.merge(alive)
    return not alive


def _if(frame: Frame, node: cst.If) -> bool:
    # `elif` chains nest: walk them instead of recursing.
    branches: list[dict[str, Value] | None] = []
    current: cst.If | cst.Else | None = node
    while current is not None and type(current) is cst.If:
        evaluate(frame, current.test)
        body = current.body
        branches.append(branch(frame, lambda body=body: run_block(frame, body)))  # type: ignore[misc]
        current = current.orelse
    if current is not None:
        orelse = current.body
        branches.append(branch(frame, lambda: run_block(frame, orelse)))
    else:
        branches.append({})
    return join_branches(frame, branches)


def _loop(frame: Frame, body: Callable[[], bool], orelse: cst.Else | None) -> None:
    frame.loops += 1
    before = dict(frame.scope.variables) if frame.loops == 1 else None
    written = branch(frame, body) or {}
    frame.scope.merge([{}, written])
    if before is not None and any(_matters(before.get(name), value) for name, value in written.items()):
        # What one round leaves behind is seen by the next.
        written = branch(frame, body) or {}
        frame.scope.merge([{}, written])
    frame.loops -= 1
    if orelse is not None:
        run_block(frame, orelse.body)


def _matters(before: Value | None, after: Value) -> bool:
    if before is None or before == after:
        return False
    if isinstance(after, Deferred):
        return True
    return bool(after.taints) or any(isinstance(option, (Reference, Function)) for option in after.alternatives())


def _for(frame: Frame, node: cst.For) -> None:
    iterated = evaluate(frame, node.iter)

    def body() -> bool:
        bind(frame, node.target, element_of(iterated))
        run_block(frame, node.body)
        return False  # a loop may run no round at all

    _loop(frame, body, node.orelse)


def _while(frame: Frame, node: cst.While) -> None:
    def body() -> bool:
        evaluate(frame, node.test)
        run_block(frame, node.body)
        return False

    _loop(frame, body, node.orelse)


def _with(frame: Frame, node: cst.With) -> bool:
    for with_item in node.items:
        value = evaluate(frame, with_item.item)
        if with_item.asname is not None:
            bind(frame, with_item.asname.name, value)
    return run_block(frame, node.body)


def _try(frame: Frame, node: cst.Try | cst.TryStar) -> bool:
    outer = frame.try_state
    if node.handlers:
        frame.try_state = (*outer, (id(node), "body"))
    body = branch(frame, lambda: run_block(frame, node.body))
    branches: list[dict[str, Value] | None] = []
    frame.scope.begin()
    frame.scope.merge([{}, body or {}])  # the body may have stopped anywhere
    frame.try_state = (*outer, (id(node), "handler"))
    for handler in node.handlers:
        branches.append(branch(frame, lambda handler=handler: _handler(frame, handler)))  # type: ignore[misc]
    in_handlers = frame.scope.end()
    frame.try_state = outer
    branches = [None if written is None else {**in_handlers, **written} for written in branches]
    if node.orelse is not None and body is not None:
        frame.scope.begin()
        frame.scope.merge([body])
        orelse = node.orelse.body
        after = branch(frame, lambda: run_block(frame, orelse))
        wrote = frame.scope.end()
        body = None if after is None else {**wrote, **after}
    ended = join_branches(frame, [body, *branches])
    if node.finalbody is not None:
        ended = run_block(frame, node.finalbody.body) or ended
    return ended


def _handler(frame: Frame, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    if handler.type is not None:
        evaluate(frame, handler.type)
    if handler.name is not None:
        bind(frame, handler.name.name, Unknown("an exception"))
    return run_block(frame, handler.body)


def _match(frame: Frame, node: cst.Match) -> bool:
    subject = evaluate(frame, node.subject)
    branches: list[dict[str, Value] | None] = [{}]
    for case in node.cases:

        def run(case: cst.MatchCase = case) -> bool:
            _bind_pattern(frame, case.pattern, subject)
            if case.guard is not None:
                evaluate(frame, case.guard)
            return run_block(frame, case.body)

        branches.append(branch(frame, run))
        irrefutable = isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None and case.guard is None
        if irrefutable:
            branches[0] = None
    return join_branches(frame, branches)


def _bind_pattern(frame: Frame, pattern: cst.MatchPattern, subject: Value) -> None:
    """Bind the names a pattern captures; parts of the subject keep its taints."""
    if isinstance(pattern, cst.MatchAs):
        if pattern.pattern is not None:
            _bind_pattern(frame, pattern.pattern, subject)
        if pattern.name is not None:
            bind(frame, pattern.name, subject)
        return
    part = Unknown("part of a matched value", taints=subject.taints)
    if isinstance(pattern, cst.MatchOr):
        for choice in pattern.patterns:
            _bind_pattern(frame, choice.pattern, subject)
    elif isinstance(pattern, cst.MatchSequence):
        for element in pattern.patterns:
            if isinstance(element, cst.MatchStar):
                if element.name is not None:
                    bind(frame, element.name, Sequence(items=(part,), complete=False, taints=part.taints))
            else:
                _bind_pattern(frame, element.value, part)
    elif isinstance(pattern, cst.MatchMapping):
        for mapped in pattern.elements:
            _bind_pattern(frame, mapped.pattern, part)
        if pattern.rest is not None:
            bind(frame, pattern.rest, Mapping(complete=False, taints=subject.taints))
    elif isinstance(pattern, cst.MatchClass):
        for positional in pattern.patterns:
            _bind_pattern(frame, positional.value, part)
        for keyword in pattern.kwds:
            _bind_pattern(frame, keyword.pattern, part)


_HANDLERS: dict[type, Callable[[Frame, Any], Any]] = {
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Break: _leave_loop,
    cst.Continue: _leave_loop,
    cst.Assert: _assert,
    cst.Del: _delete,
    cst.Global: _global,
    cst.Nonlocal: _nonlocal,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Match: _match,
}
