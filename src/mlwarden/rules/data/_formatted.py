"""What is put into a string that is built by formatting: read from the text of the expression.

The interpreter knows which parts of a string are unknown, and where they come from. Whether a part is a number, a
placeholder or quoted only the expression tells.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.semantics.statements import parse
from mlwarden.source.documents import lines_at

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_DEPTH = 6
_ASSIGNMENTS = 1000
_NUMBERS = frozenset({"int", "float", "len", "round", "abs", "sum", "ord", "hash", "bool"})
_NUMBER_FORMAT = re.compile(r".*[bdeEfFgGnoxX%]\Z", re.DOTALL)
_PLACEHOLDER = re.compile(r"[\"'](?:\?|%s|:|\$)|place_?holder|q_?mark|\bmarks\b|\bbind", re.IGNORECASE)
_QUOTED = re.compile(r"(?:^|[._])(?:quote|escape|saniti[sz]e|valid|literal|identifier|mogrify|check)", re.IGNORECASE)
_WRAPPERS = frozenset({"dedent", "text", "str", "strip", "lstrip", "rstrip", "cleandoc", "encode", "lower", "upper"})
_PERCENT = re.compile(r"%(?:\(\w*\))?[-+ #0]*(?:\d+|\*)?(?:\.\d+)?(?P<kind>[a-zA-Z%])")
_FIELD = re.compile(r"\{(?P<name>[^{}:!]*)(?:!(?P<conversion>\w))?(?::(?P<format>[^{}]*))?\}")


@dataclass(frozen=True)
class Hole:
    """A part of a string that is filled in.

    Attributes:
        before: the text before it, with `{}` for other holes.
        expression: what is filled in; a name is looked up.
        written: the same as it is written.
        is_repr: whether it is written as a Python literal, `{name!r}`.
        is_number: whether the format only takes numbers.
    """

    before: str
    expression: ast.expr
    written: ast.expr
    is_repr: bool = False
    is_number: bool = False


class _Block:
    """The tree of a function, module or cell, with what its names are assigned, by line."""

    def __init__(self, text: str, *, is_function: bool) -> None:
        try:
            self.tree = parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.tree = ast.Module(body=[], type_ignores=[])
        self.function = next(_functions(self.tree), None) if is_function else None
        self.assignments: dict[str, list[tuple[int, ast.expr, bool, bool]]] = {}
        self.loops: dict[str, list[ast.For | ast.comprehension]] = {}
        for node in _own_nodes(self.function or self.tree):
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign)) and node.value is not None:
                augments = isinstance(node, ast.AugAssign)
                appends = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add)
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name):
                        self.assignments.setdefault(target.id, []).append((node.lineno, node.value, augments, appends))
            elif isinstance(node, (ast.For, ast.comprehension)):
                for part in ast.walk(node.target):
                    if isinstance(part, ast.Name):
                        self.loops.setdefault(part.id, []).append(node)
        for assigned in self.assignments.values():
            assigned.sort(key=lambda entry: entry[0])


@lru_cache(maxsize=16)
def _block(text: str, is_function: bool) -> _Block:
    """The same for a text that was asked for just before: a file may hold thousands of calls."""
    return _Block(text, is_function=is_function)


class Surroundings:
    """The function, module or cell that a call stands in: what its names are assigned, and its parameters."""

    def __init__(self, call: CallSite, model: SemanticModel) -> None:
        self._call, self._model = call, model
        text, self._line = _around(call, model)
        self._block = _block(text, call.function is not None)

    def assigned(self, name: str) -> list[ast.expr]:
        """What a name is assigned before the call: the last value, then what is appended to it."""
        found: list[ast.expr] = []
        for line, value, augments, appends in self._block.assignments.get(name, ())[:_ASSIGNMENTS]:
            if line > self._line:
                break
            found = [*found, value] if augments and appends else [value]
        return found

    def parameters(self) -> dict[str, ast.expr | None]:
        """The parameters of the function, with their annotations."""
        if self._block.function is None:
            return {}
        arguments = self._block.function.args
        listed = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        return {argument.arg: argument.annotation for argument in listed if argument is not None}


class Formatting(Surroundings):
    """The holes of an argument, and what is known of them.

    Attributes:
        holes: in order; None if the string is not built in the same function, or in a way that is not known.
    """

    def __init__(self, call: CallSite, model: SemanticModel, keyword: str, position: int | None) -> None:
        super().__init__(call, model)
        self.holes: tuple[Hole, ...] | None = None
        span = call.argument_span(keyword, position)
        expression = None if span is None else expression_of(call.text(span))
        pieces = None if expression is None else self._pieces(expression, expression, _DEPTH)
        if pieces is None or (
            len(pieces) == 1 and isinstance(pieces[0], Hole) and not isinstance(expression, ast.JoinedStr)
        ):
            return
        found, before = [], ""
        for piece in pieces:
            if isinstance(piece, str):
                before += piece
            else:
                found.append(Hole(before, piece.expression, piece.written, piece.is_repr, piece.is_number))
                before += "{}"
        self.holes = tuple(found)

    def is_safe(self, hole: Hole) -> bool:
        """Whether a hole takes a number, a constant of the program, a placeholder or something that was quoted."""
        return (
            hole.is_number
            or self._is_number(hole.expression, _DEPTH)
            or self._is_constant(hole.expression)
            or any(_is_marked(part) for part in (hole.expression, hole.written))
        )

    def is_parameter(self, hole: Hole) -> bool:
        """Whether a hole is filled with a parameter of the function, or a part of one."""
        names = {node.id for node in ast.walk(hole.expression) if isinstance(node, ast.Name)} - {"self", "cls"}
        return bool(names & set(self.parameters()))

    # --- pieces ------------------------------------------------------------------------------------------------------

    def _pieces(self, node: ast.expr, written: ast.expr, depth: int) -> list[str | Hole] | None:
        """The texts and holes of an expression; one hole for an expression that is not formatted."""
        if depth == 0:
            return [Hole("", node, written)]
        if isinstance(node, ast.Constant):
            return [str(node.value)] if isinstance(node.value, (str, int, float)) else [Hole("", node, written)]
        if isinstance(node, ast.JoinedStr):
            return self._joined(node, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._added(node, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self._percent(node, depth)
        if isinstance(node, ast.Call):
            return self._called(node, written, depth)
        if isinstance(node, ast.Name):
            assigned = self.assigned(node.id)
            if assigned:
                pieces: list[str | Hole] = []
                for value in assigned:
                    if isinstance(value, ast.Name) and value.id == node.id:
                        return [Hole("", node, written)]
                    found = self._pieces(value, written if isinstance(written, ast.Name) else node, depth - 1)
                    if found is None:
                        return None
                    pieces.extend(found)
                return pieces
        return [Hole("", node, written)]

    def _added(self, node: ast.expr, depth: int) -> list[str | Hole] | None:
        operands: list[ast.expr] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):  # a chain nests to the left
            operands.append(node.right)
            node = node.left
        pieces: list[str | Hole] = []
        for operand in (node, *reversed(operands)):
            found = self._pieces(operand, operand, depth - 1)
            if found is None:
                return None
            pieces.extend(found)
        return pieces

    def _joined(self, node: ast.JoinedStr, depth: int) -> list[str | Hole] | None:
        pieces: list[str | Hole] = []
        for value in node.values:
            if not isinstance(value, ast.FormattedValue):
                pieces.append(str(value.value) if isinstance(value, ast.Constant) else "")
                continue
            spec = value.format_spec
            texts = (
                [part.value for part in spec.values if isinstance(part, ast.Constant)]
                if isinstance(spec, ast.JoinedStr)
                else []
            )
            number = bool(texts) and bool(_NUMBER_FORMAT.match(str(texts[-1])))
            if value.conversion > 0 or spec is not None:
                pieces.append(Hole("", value.value, value.value, value.conversion == ord("r"), number))
                continue
            found = self._pieces(value.value, value.value, depth - 1)
            if found is None:
                return None
            pieces.extend(found)
        return pieces

    def _percent(self, node: ast.BinOp, depth: int) -> list[str | Hole] | None:
        left = self._pieces(node.left, node.left, depth - 1)
        if left is None or len(left) != 1 or not isinstance(left[0], str):
            return None
        values: list[ast.expr] = list(node.right.elts) if isinstance(node.right, ast.Tuple) else [node.right]
        if isinstance(node.right, ast.Dict):
            values = list(node.right.values)
        pieces: list[str | Hole] = []
        end = index = 0
        for match in _PERCENT.finditer(left[0]):
            pieces.append(left[0][end : match.start()])
            end = match.end()
            if match["kind"] == "%":
                pieces.append("%")
                continue
            value = values[min(index, len(values) - 1)]
            index += 1
            found = self._pieces(value, value, depth - 1)
            if match["kind"] in "dfeEgGixX" or found is None:
                found = [Hole("", value, value, False, match["kind"] in "dfeEgGixX")]
            pieces.extend(found)
        return [*pieces, left[0][end:]]

    def _called(self, node: ast.Call, written: ast.expr, depth: int) -> list[str | Hole] | None:
        name = (
            node.func.attr
            if isinstance(node.func, ast.Attribute)
            else node.func.id
            if isinstance(node.func, ast.Name)
            else ""
        )
        if name == "format" and isinstance(node.func, ast.Attribute):
            return self._format(node, node.func.value, depth)
        if name in _WRAPPERS:
            inner = node.args[0] if node.args else node.func.value if isinstance(node.func, ast.Attribute) else None
            if inner is not None and len(node.args) < 2:
                return self._pieces(inner, inner, depth - 1)
        return [Hole("", node, written)]

    def _format(self, node: ast.Call, template: ast.expr, depth: int) -> list[str | Hole] | None:
        left = self._pieces(template, template, depth - 1)
        if left is None or len(left) != 1 or not isinstance(left[0], str):
            return None
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        pieces: list[str | Hole] = []
        end = automatic = 0
        text = left[0].replace("{{", "\0").replace("}}", "\1")
        for match in _FIELD.finditer(text):
            pieces.append(text[end : match.start()])
            end = match.end()
            head = re.split(r"[.\[]", match["name"], maxsplit=1)[0]
            if not head:
                head, automatic = str(automatic), automatic + 1
            value = keywords.get(head)
            if value is None and head.isdigit() and int(head) < len(node.args):
                value = node.args[int(head)]
            if value is None:
                return None
            number = bool(match["format"]) and bool(_NUMBER_FORMAT.match(match["format"]))
            found = self._pieces(value, value, depth - 1) if not match["conversion"] and not number else None
            pieces.extend(found or [Hole("", value, value, match["conversion"] == "r", number)])
        return [*pieces, text[end:]]

    # --- names -------------------------------------------------------------------------------------------------------

    def _is_number(self, node: ast.expr, depth: int) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, (int, float))
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id in _NUMBERS
        if isinstance(node, ast.BinOp):
            return depth > 0 and self._is_number(node.left, depth - 1) and self._is_number(node.right, depth - 1)
        if isinstance(node, ast.UnaryOp):
            return depth > 0 and self._is_number(node.operand, depth - 1)
        if isinstance(node, ast.IfExp):
            return depth > 0 and self._is_number(node.body, depth - 1) and self._is_number(node.orelse, depth - 1)
        if not isinstance(node, ast.Name):
            return False
        annotation = self.parameters().get(node.id)
        if annotation is not None:
            names = {part.id for part in ast.walk(annotation) if isinstance(part, ast.Name)}
            return bool(names) and names <= {"int", "float", "bool", "Optional"}
        assigned = self.assigned(node.id)
        if assigned:
            return depth > 0 and all(self._is_number(value, depth - 1) for value in assigned)
        return any(_counts(loop, node.id) for loop in self._block.loops.get(node.id, ()))

    def _is_constant(self, node: ast.expr, depth: int = _DEPTH) -> bool:
        """Whether an expression is a constant of the program, as far as names tell."""
        if isinstance(node, ast.Constant):
            return True
        last = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if last and last.strip("_").isupper():
            return True
        if isinstance(node, ast.IfExp):
            return depth > 0 and self._is_constant(node.body, depth - 1) and self._is_constant(node.orelse, depth - 1)
        value = self._value(node.id) if isinstance(node, ast.Name) and node.id not in self.parameters() else None
        return value is not None and len(value.constants()) == len(value.alternatives())

    def _value(self, name: str) -> Value | None:
        function = self._call.function
        return self._model.exports.get(name) if function is None else function.scope.get(name)


def _is_marked(node: ast.expr) -> bool:
    text = unparsed(node)
    return bool(_PLACEHOLDER.search(text) or _QUOTED.search(text))


def unparsed(node: ast.AST) -> str:
    """The text of a node, "" if it is nested too deeply to be written."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return ""


def _counts(loop: ast.For | ast.comprehension, name: str) -> bool:
    """Whether a loop's variable is a number: `for i in range(n)`, `for i, x in enumerate(xs)`."""
    if not (isinstance(loop.iter, ast.Call) and isinstance(loop.iter.func, ast.Name)):
        return False
    if loop.iter.func.id == "range":
        return _is_name(loop.target, name)
    return (
        loop.iter.func.id == "enumerate"
        and isinstance(loop.target, ast.Tuple)
        and bool(loop.target.elts)
        and _is_name(loop.target.elts[0], name)
    )


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _own_nodes(body: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module or function, without those of functions in it."""
    stack = [*ast.iter_child_nodes(body)]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        yield node
        stack.extend(ast.iter_child_nodes(node))


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def expression_of(text: str) -> ast.expr | None:
    """The tree of an expression, or None if it can't be read."""
    try:
        return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _around(call: CallSite, model: SemanticModel) -> tuple[str, int]:
    """The text of the function, module or cell that a call stands in, and the call's line in it."""
    fragment = call.fragment
    function = call.function
    start = call.span.start - fragment.start
    if function is not None and function.fragment is fragment:
        span = fragment.span(function.node)
        first = fragment.text.rfind("\n", 0, span.start - fragment.start) + 1
        text = fragment.text[first : span.end - fragment.start]
        line = text.count("\n", 0, start - first) + 1
        if text[:1].isspace():
            text, line = f"if 1:\n{text}", line + 1
    elif fragment.path is not None:
        text, line = fragment.text, fragment.text.count("\n", 0, start) + 1
    else:
        document = model.document
        text = document.cells[call.cell or 0].python if isinstance(document, Notebook) else document.text
        line = lines_at(document, call.cell).line_of(call.span.start) + 1
    return text, line
