"""Where a fix puts an `import`, and what the module is called where it is imported already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.source.documents import Document, PythonModule
from mlwarden.source.lines import LineIndex

if TYPE_CHECKING:
    import ast

_LINE_END = re.compile(r"\r\n|\r|\n")
_LEADING_COMMENTS = re.compile(r"\ufeff?(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*")
# What a line at the top level of a module starts with; not a comment, a closing bracket or text inside a string.
_STARTS_STATEMENT = re.compile(r"[\w@(\[{*\"']")
_BLOCK = re.compile(r"^(?:@|(?:async|class|def|for|if|match|try|type|while|with)\b)", re.MULTILINE)
# Enough for several new pieces of syntax in one file; each attempt ends before the one that failed.
_ATTEMPTS = 8


def import_edit(document: Document, module: str, *, cell: int | None = None) -> tuple[str, TextEdit | None]:
    """How code can use a module.

    A new import goes after the first block of imports, else after the module's docstring and `__future__` imports,
    else before the first statement; in a notebook into the first cell that imports something, else to the top of the
    cell that needs it. It has the line ends of the text it goes into. Only imports at the top level of the module (of
    the cells up to `cell`) count as there already: those in functions and `try` may not have run.

    Args:
        document: the Python module or notebook that needs it.
        module: dotted name, e.g. "hashlib" or "urllib.parse".
        cell: index of the notebook cell that needs it.

    Returns:
        The name to use (an alias where there is one, or where the plain name means something else here), and the edit
        that imports it, None where it is imported already.

    Raises:
        ValueError: the document holds no Python code, or there is no such cell.
    """
    if isinstance(document, PythonModule):
        return _in_module(document.text, module)
    if isinstance(document, Notebook) and cell is not None and 0 <= cell < len(document.cells):
        return _in_notebook(document, module, cell)
    raise ValueError(f"no Python code to import {module} into")


@dataclass(frozen=True, slots=True)
class _Code:
    """The statements of a text, none where it does not parse, and where new lines may go.

    Attributes:
        text: the code.
        body: the statements at its top level.
        floor: offset that nothing may be inserted before (a cell magic has to stay the first line).
    """

    text: str
    body: list[ast.stmt]
    floor: int = 0

    @classmethod
    def of(cls, text: str, floor: int = 0) -> _Code:
        return cls(text, _parsed(text), floor)


def _parsed(text: str) -> list[ast.stmt]:
    """The statements of the text; of one with syntax that this interpreter is too old for, those before that."""
    import ast
    import warnings

    lines = LineIndex(text)
    end = len(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the scanned code's invalid escapes are nobody's business here
        for _ in range(_ATTEMPTS):
            try:
                return ast.parse(text[:end]).body
            except SyntaxError as error:
                # Errors inside of f-strings may count from those.
                line = (error.lineno or 0) - 1 if error.filename == "<unknown>" else -1
                end = _statement_start(lines, line, end)
            except (ValueError, RecursionError, MemoryError):
                break
    return []


def _statement_start(lines: LineIndex, line: int, before: int) -> int:
    """Where the top-level statement around a line starts; before the first block where the line is not known."""
    if line < 0:
        found = _BLOCK.search(lines.text, 0, before)
        return found.start() if found and found.start() < before else 0
    while line > 0 and (lines.starts[line] >= before or not _STARTS_STATEMENT.match(lines.line_text(line))):
        line -= 1
    return lines.starts[line]


def _in_module(text: str, module: str) -> tuple[str, TextEdit | None]:
    code = _Code.of(text)
    known = _imported_name(code.body, module)
    if known is not None:
        return known, None
    statement, name = _statement(module, [code])
    at, replacement = _insertion(code, statement, gap=True)
    return name, TextEdit(Span(at, at), replacement)


def _in_notebook(notebook: Notebook, module: str, cell: int) -> tuple[str, TextEdit | None]:
    codes = {each.index: _Code.of(each.python, _floor(each)) for each in notebook.cells if each.python.strip()}
    earlier = [index for index in codes if index <= cell]
    for index in earlier:
        known = _imported_name(codes[index].body, module)
        if known is not None:
            return known, None
    statement, name = _statement(module, codes.values())
    target = next((index for index in earlier if _import_block(codes[index].body)), cell)
    code = codes.get(target) or _Code.of(notebook.cells[target].python, _floor(notebook.cells[target]))
    at, replacement = _insertion(code, statement, gap=False)
    return name, TextEdit(Span(at, at, target), replacement)


def _floor(cell: Cell) -> int:
    """The start of the line after a cell magic such as `%%time`."""
    magic = next((magic for magic in cell.magics if magic.kind == "cell"), None)
    if magic is None:
        return 0
    line_end = _LINE_END.search(cell.source, magic.span.start)
    return line_end.end() if line_end else len(cell.source)


# --- names ---------------------------------------------------------------------------------------------------------


def _imported_name(body: Iterable[ast.stmt], module: str) -> str | None:
    """The name by which top-level imports make the module known, the last one winning as at run time."""
    import ast

    parent, _, last = module.rpartition(".")
    found = None
    for statement in body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.name == module:
                    found = alias.asname or module
        elif isinstance(statement, ast.ImportFrom) and parent and statement.level == 0 and statement.module == parent:
            for alias in statement.names:
                if alias.name == last:
                    found = alias.asname or last
    return found


def _statement(module: str, codes: Iterable[_Code]) -> tuple[str, str]:
    """The import statement, and the name it binds: not one that means something else anywhere in the code."""
    top = module.partition(".")[0]
    taken: set[str] = set()
    for code in codes:
        if top in code.text:
            taken.update(_bound_names(code.body, module))
    if top not in taken:
        return f"import {module}", module
    name = "_" + module.replace(".", "_")
    while name in taken:
        name = "_" + name
    return f"import {module} as {name}", name


def _bound_names(body: list[ast.stmt], module: str) -> Iterator[str]:
    """The names that the code binds in any scope, to anything but the module or a package around it."""
    import ast

    own = module.partition(".")[0]
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.Import(names=aliases):
                for alias in aliases:
                    bound = alias.asname or alias.name.partition(".")[0]
                    if bound != own or (alias.asname and alias.name != module):
                        yield bound
            case ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name for alias in aliases)
        stack.extend(ast.iter_child_nodes(node))


# --- places --------------------------------------------------------------------------------------------------------


def _insertion(code: _Code, statement: str, gap: bool) -> tuple[int, str]:
    """Where the statement goes, and with which line ends around it; `gap` asks for blank lines where they are usual."""
    text = code.text
    newline = _newline_of(text)
    lines = LineIndex(text)
    block = _import_block(code.body)
    if block:
        last = block[-1]
        at = lines.line_end(_end_line(last))
        follower = _follower(code.body, last)
        if follower is not None and follower.lineno - 1 == _end_line(last):
            # `import a; use(a)`: the new import must come before the use.
            before = lines.starts[block[0].lineno - 1]
            if not _shares_line(code.body, block[0]) and before >= code.floor:
                return before, statement + newline
        return at, newline + statement
    head = _head(code.body)
    if head is not None:
        blank = newline if gap else ""
        return lines.line_end(_end_line(head)), newline + blank + statement
    if code.body:
        at = lines.starts[_first_line(code.body[0], lines, with_comments=gap)]
    else:
        comments = _LEADING_COMMENTS.match(text)
        at = comments.end() if comments else 0
    at = max(at, code.floor)
    if at == len(text):
        return at, statement + newline if at == 0 or text[at - 1] in "\r\n" else newline + statement
    return at, statement + newline + (newline if gap else "")


def _first_line(statement: ast.stmt, lines: LineIndex, with_comments: bool) -> int:
    """The 0-based line that the statement starts on, with its decorators and, unless they head the file, comments."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    line = min([statement.lineno, *(each.lineno for each in decorators)]) - 1
    above = line
    while with_comments and above > 0 and lines.line_text(above - 1).lstrip().startswith("#"):
        above -= 1
    return above or line


def _import_block(body: list[ast.stmt]) -> list[ast.stmt]:
    """The first run of import statements, those from `__future__` aside."""
    block: list[ast.stmt] = []
    for statement in body:
        if _is_import(statement) and not _is_future(statement):
            block.append(statement)
        elif block:
            break
    return block


def _head(body: list[ast.stmt]) -> ast.stmt | None:
    """The last statement that has to come first: the docstring or a `__future__` import."""
    import ast

    head = None
    for index, statement in enumerate(body):
        is_docstring = (
            index == 0
            and isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str)
        )
        if not is_docstring and not _is_future(statement):
            break
        head = statement
    return head


def _is_import(statement: ast.stmt) -> bool:
    import ast

    return isinstance(statement, (ast.Import, ast.ImportFrom))


def _is_future(statement: ast.stmt) -> bool:
    import ast

    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and statement.level == 0


def _end_line(statement: ast.stmt) -> int:
    """The 0-based line that the statement ends on."""
    return (statement.end_lineno or statement.lineno) - 1


def _follower(body: list[ast.stmt], statement: ast.stmt) -> ast.stmt | None:
    at = body.index(statement)
    return body[at + 1] if at + 1 < len(body) else None


def _shares_line(body: list[ast.stmt], statement: ast.stmt) -> bool:
    """Whether another statement ends on the line that this one starts on."""
    at = body.index(statement)
    return at > 0 and _end_line(body[at - 1]) == statement.lineno - 1


def _newline_of(text: str) -> str:
    found = _LINE_END.search(text)
    return found[0] if found else "\n"
