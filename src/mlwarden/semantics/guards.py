"""What code checks about a value before it uses it: membership in a fixed collection, a validator, a closed type.

The interpreter follows values, not conditions. A rule that would report a value from outside asks here whether the
way to the call passes such a check. It looks at the standard library's tree of the whole document, and only there
where something would be reported otherwise.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mlwarden.model.spans import Span
from mlwarden.semantics.document_trees import DocumentTree, FunctionNode, enclosing_function
from mlwarden.semantics.statements import parse
from mlwarden.semantics.values import ABSENT, Class, Function, Instance, Reference, Sequence, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_CLOSED_NAME = re.compile(
    r"(?:^|_)(?:allow\w*|support\w*|valid|known|permit\w*|avail\w*|approved|trusted|whitelist\w*|choices|options)(?:_|$)",
    re.I,
)
_MEMBERS = frozenset({"__members__", "_value2member_map_", "_member_names_"})
_VALIDATOR = re.compile(
    r"(?:^|_)(?:is_?)?(?:valid\w*|ensure|verify|assert|allow\w*|permit\w*|approv\w*|authori[sz]e\w*|whitelist\w*|trusted|"
    r"check(?=_(?:model|name|repo|id|path|url|source|host|allow\w*|valid\w*)))(?:_|$)",
    re.I,
)
_MATCHERS = frozenset({"match", "fullmatch"})
# A pattern whose first part, the owner or the host, is spelt out.
_FIXED_START = re.compile(r"(?:\^|\\A)?(?:https?://)?\(?(?:\?:)?[\w.|\\-]+\)?/")
_COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "dict"})
_OFFERING = frozenset({"dropdown", "radio", "checkboxgroup", "checkbox", "slider", "number"})
_COMPONENT = re.compile(
    r"gradio\.(?:components\.(?:\w+\.)?)?(?:Dropdown|Radio|CheckboxGroup|Checkbox|Slider|Number)\(\)"
)
_CLOSED_TYPES = frozenset({"Literal", "int", "float", "bool"})


def is_guarded(call: CallSite, keyword: str, position: int | None, model: SemanticModel) -> bool:
    """Whether an argument is checked on the way to a call, in its function or in those that led to it.

    A check is: a comparison with a collection that is written in the code, or whose name says that it lists what is
    allowed; a call of something that is named as a validator; equality with a literal; a parameter or field of a
    closed type (`Literal`, an enum, a number); a list of a demo that a visitor chooses from. A look whether a cache holds the value is none.
    """
    if any(_is_enumeration(option) for option in call.argument(keyword, position).alternatives()):
        return True
    # A document of thousands of such calls: they are reported rather than looked into without end.
    if call.fragment.path is not None or model.guard_budget <= 0:
        return False
    parts = model.trees
    for span, wanted in sites_of(call, keyword, position, parts):
        part = next((part for part in parts if part.cell == span.cell), None)
        if part is not None and checked_before(part, span, wanted, parts, model):
            return True
    return False


def _is_enumeration(option: object) -> bool:
    return (
        isinstance(option, Instance)
        and option.definition is not None
        and any(name.startswith("enum.") for name in option.definition.base_names())
    )


def sites_of(
    call: CallSite, keyword: str, position: int | None, parts: list[DocumentTree]
) -> Iterator[tuple[Span, list[ast.expr]]]:
    """The call and those that led to it, with the expressions that are passed there."""
    span = call.argument_span(keyword, position)
    written = _expression(call.text(call.span if span is None else span))
    if written is not None:
        yield call.span, [written] if span is not None else _passed(written)
    for step in call.context:
        part = next((part for part in parts if step.path is None and part.cell == step.span.cell), None)
        written = None if part is None else _expression(part.text[step.span.start : step.span.end])
        if written is not None:
            yield step.span, _passed(written)


def _passed(written: ast.expr) -> list[ast.expr]:
    if isinstance(written, ast.Await):
        written = written.value
    if not isinstance(written, ast.Call):
        return [written]
    return [*written.args, *(argument.value for argument in written.keywords)]


def _expression(text: str) -> ast.expr | None:
    try:
        module = parse(f"({text})")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    statement = module.body[0] if module.body else None
    return statement.value if isinstance(statement, ast.Expr) else None


def checked_before(
    part: DocumentTree, span: Span, wanted: list[ast.expr], parts: list[DocumentTree], model: SemanticModel
) -> bool:
    """Whether one of the expressions is checked before a place, in the function around it."""
    line = part.line_of(span.start)
    function = enclosing_function(part, line)
    before: list[ast.AST]
    if function is None:  # top level: in a notebook, the cells above too
        above = [other for other in parts if other.cell is not None and (other.cell < (part.cell or 0))]
        before = [node for other in above for node in ast.walk(other.tree)]
        before += [node for node in ast.walk(part.tree) if getattr(node, "lineno", 0) <= line]
    else:
        before = [node for node in ast.walk(function) if getattr(node, "lineno", 0) <= line]
    model.guard_budget -= len(before)
    known = expressions_of(wanted, before)
    closed = _Collections(parts, function)
    return (
        any(_is_check(node, known, line, closed) for node in before)
        or (function is not None and _has_closed_parameter(function, known, model, parts))
        or any(_is_closed(field, model, parts) for field in _fields(known, parts))
    )


def expressions_of(wanted: Iterable[ast.expr], before: list[ast.AST]) -> frozenset[str]:
    """The expressions that hold the value on its way: those passed, and what was assigned to the names in them."""
    known: set[str] = set()
    for expression in wanted:
        known.update(_within(expression))
    for _ in range(4):
        count = len(known)
        for node in before:
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
                targets, value = [node.target], node.value
            else:
                continue
            if any(ast.unparse(target) in known for target in targets):
                known.update(_within(value))
        if len(known) == count:
            break
    return frozenset(known)


def _within(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
            yield ast.unparse(node)


def _is_check(node: ast.AST, known: frozenset[str], line: int, closed: _Collections) -> bool:
    if isinstance(node, ast.Compare):
        return (
            isinstance(node.ops[0], (ast.In, ast.NotIn))
            and _stands_for(node.left, known)
            and closed.holds(node.comparators[0])
        )
    if isinstance(node, ast.If):
        return _is_equality(node, known, line)
    if isinstance(node, ast.Call):
        name = _last_name(node.func)
        passed = [*node.args, *(argument.value for argument in node.keywords)]
        if not any(_stands_for(argument, known) for argument in passed):
            return False
        if name in _MATCHERS:
            pattern = closed.text(node.args[0]) if len(passed) > 1 else None
            return pattern is None or _FIXED_START.match(pattern) is not None
        return _VALIDATOR.search(_snake(name)) is not None
    return False


def _stands_for(node: ast.expr, known: frozenset[str]) -> bool:
    """Whether an expression is one that holds the value, or a plain transformation of one: `name.lower()`."""
    if ast.unparse(node) in known:
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        return _stands_for(node.func.value, known)
    return isinstance(node, ast.NamedExpr) and _stands_for(node.target, known)


def _is_equality(node: ast.If, known: frozenset[str], line: int) -> bool:
    test = node.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not _stands_for(test.left, known):
        return False
    if not isinstance(test.comparators[0], ast.Constant) or not isinstance(test.comparators[0].value, str):
        return False
    if isinstance(test.ops[0], ast.NotEq):
        return isinstance(node.body[-1], (ast.Raise, ast.Return, ast.Continue))
    inside = node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)
    return isinstance(test.ops[0], ast.Eq) and inside


class _Collections:
    """Which expressions are collections that do not grow by what comes from outside."""

    def __init__(self, parts: list[DocumentTree], function: FunctionNode | None) -> None:
        self._assigned: dict[str, list[ast.expr]] = {}
        bodies: list[ast.AST] = [part.tree for part in parts]
        if function is not None:
            bodies.append(function)
        for body in bodies:
            for statement in _statements(body):
                if isinstance(statement, ast.Assign):
                    for target in statement.targets:
                        self._assigned.setdefault(ast.unparse(target), []).append(statement.value)
                elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                    self._assigned.setdefault(ast.unparse(statement.target), []).append(statement.value)

    def holds(self, node: ast.expr, depth: int = 4) -> bool:
        """Whether the collection is written in the code, or named as a list of what is allowed."""
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return bool(node.elts)
        if isinstance(node, ast.Dict):
            return bool(node.keys)
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str) and bool(node.value)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            return depth > 0 and self.holds(node.generators[0].iter, depth - 1)
        if isinstance(node, ast.BinOp):
            return depth > 0 and self.holds(node.left, depth - 1) and self.holds(node.right, depth - 1)
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in _COPIES:
                return depth > 0 and len(node.args) == 1 and self.holds(node.args[0], depth - 1)
            if isinstance(node.func, ast.Attribute) and node.func.attr in {"keys", "values", "items", "split"}:
                return depth > 0 and self.holds(node.func.value, depth - 1)
            return _CLOSED_NAME.search(_snake(_last_name(node.func))) is not None
        values = self._assigned.get(ast.unparse(node), ())
        if values and depth > 0 and all(self.holds(value, depth - 1) for value in values):
            return True
        name = _last_name(node)
        return name in _MEMBERS or _CLOSED_NAME.search(_snake(name)) is not None

    def text(self, node: ast.expr) -> str | None:
        """The text that an expression certainly is."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        values = self._assigned.get(ast.unparse(node), ())
        return self.text(values[0]) if len(values) == 1 and isinstance(values[0], ast.Constant) else None


def _statements(body: ast.AST) -> Iterator[ast.AST]:
    """The statements of a module, of its classes, and of a function; not those of the functions in it."""
    for node in ast.iter_child_nodes(body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.stmt):
            yield node
            yield from _statements(node)


def _has_closed_parameter(
    function: FunctionNode, known: frozenset[str], model: SemanticModel, parts: list[DocumentTree]
) -> bool:
    named = [*_named(function, known)]
    if any(_is_closed(argument.annotation, model, parts) for argument in named):
        return True
    offered = _offered(model).get(function.name, {})
    return any(offered.get(argument.arg, False) for argument in named)


def _offered(model: SemanticModel) -> dict[str, dict[str, bool]]:
    """Handlers of Gradio events -> parameter -> whether a component fills it that refuses what it does not offer.

    `Dropdown.preprocess` and `Radio.preprocess` raise an error for other values (gradio 6.31).
    """
    found: dict[str, dict[str, bool]] = {}
    for call in model.calls:
        if not call.name.startswith("gradio."):
            continue
        handlers = [option for option in call.argument("fn", 0).alternatives() if isinstance(option, Function)]
        inputs = call.argument("inputs", 1) if handlers else ABSENT
        components = inputs.items if isinstance(inputs, Sequence) else (inputs,)
        for handler in handlers:
            if handler.definition is None:
                continue
            skipped = 1 if handler.receiver is not None else 0
            names = [parameter.name for parameter in handler.definition.parameters][skipped:]
            known = found.setdefault(handler.definition.name, {})
            for name, component in zip(names, components, strict=False):
                known[name] = known.get(name, True) and _refuses_others(component)
    return found


def _refuses_others(component: Value) -> bool:
    text = component.string()
    if text is not None:
        return text.lower() in _OFFERING
    return all(
        isinstance(option, Reference)
        and _COMPONENT.fullmatch(option.name) is not None
        and not (option.made_by is not None and option.made_by.argument("allow_custom_value").may_be_true())
        for option in component.alternatives()
    )


def _named(function: FunctionNode, known: frozenset[str]) -> Iterator[ast.arg]:
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg in known:
            yield argument


def _fields(known: frozenset[str], parts: list[DocumentTree]) -> Iterator[ast.expr]:
    """The annotations of the fields that are read on the way: `body.model`, of `class Body: model: Literal[...]`."""
    read = {name.rpartition(".")[2] for name in known if "." in name and name.rpartition(".")[2].isidentifier()}
    for part in parts:
        for node in ast.walk(part.tree):
            if isinstance(node, ast.ClassDef):
                for statement in node.body:
                    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                        if statement.target.id in read:
                            yield statement.annotation


def _is_closed(annotation: ast.expr | None, model: SemanticModel, parts: list[DocumentTree]) -> bool:
    """Whether only some values, or no text at all, are of an annotated type."""
    if annotation is None:
        return False
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _is_closed(_expression(annotation.value), model, parts)
    for node in ast.walk(annotation):
        name = _last_name(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        if name in _CLOSED_TYPES:
            return True
        found = model.exports.get(name) if isinstance(node, ast.Name) else None
        if isinstance(found, Class) and found.definition is not None:
            if any(base.startswith("enum.") for base in found.definition.base_names()):
                return True
        if name and any(_is_enum_class(inner, name) for part in parts for inner in part.tree.body):
            return True
    return False


def _is_enum_class(node: ast.AST, name: str) -> bool:
    return (
        isinstance(node, ast.ClassDef)
        and node.name == name
        and any(_last_name(base) in {"Enum", "StrEnum", "IntEnum"} for base in node.bases)
    )


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
