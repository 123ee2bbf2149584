"""What code does to a path, an address, a page or a query before it uses it: the checks that `guards` does not know.

As there, the standard library's tree of the whole document is asked, and only where something would be reported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.semantics import guards
from mlwarden.semantics.document_trees import DocumentTree, FunctionNode, enclosing_function

if TYPE_CHECKING:
    from mlwarden.model.spans import Span
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

Place = tuple[str, "int | None"]
"""A keyword and a position; `("", None)` is the receiver of a method."""

_BASE_NAMES = frozenset(
    {"basename", "secure_filename", "slugify", "safe_join", "get_valid_filename", "sanitize_filename"}
)
_PATH_TYPES = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath", "PureWindowsPath", "WindowsPath"})
_ALL_BUT = re.compile(r"\(?\[\^[^/]*\]|\\W")
_LAST_PARTS = frozenset({"name", "stem", "suffix"})
_CONFINES = re.compile(
    r"^(?!.*(?:load|dump|eval|format|substitute|print|request))"
    r"(?:.*_)?(?:safe|secure|sandbox\w*|jail|confin\w*|within|contain\w*|is_?relative|ensure_in\w*|inside|restrict\w*)(?:_|$)",
    re.I,
)
_PUBLIC_HOST = re.compile(
    r"(?:^|_)(?:safe|ssrf|public|is_private|is_global|is_loopback|is_internal|host|domain)(?:_|$)", re.I
)
_HOST = frozenset({"hostname", "netloc", "host", "domain", "registered_domain", "origin"})
_ONE_HOST = re.compile(r"https?://[^/{}]+/?")
_READS_SQL = re.compile(r"(?:^|_)(?:sqlglot|sqlparse|sqlfluff|read_?only|is_select|only_select)(?:_|$)", re.I)
_CLEANERS = frozenset(
    {"nh3.clean", "nh3.clean_text", "bleach.clean", "bleach.sanitizer.Cleaner().clean", "lxml.html.clean.clean_html"}
)
_SAFE_PAGE = re.compile(r"(?:^|_)(?:clean_?html|strip_tags|bleach|purify|sanitized?)(?:_|$)", re.I)


@dataclass(frozen=True)
class _Way:
    """What leads to one call: the tree nodes before it, and the expressions that hold the value."""

    before: list[ast.AST]
    back: frozenset[str]
    on: frozenset[str]


def is_checked(call: CallSite, place: Place, model: SemanticModel) -> bool:
    """Whether an argument, or the receiver, is checked on the way: `guards.is_guarded`, for receivers too."""
    if place != ("", None):
        return guards.is_guarded(call, *place, model)
    if call.fragment.path is not None:
        return False
    parts = model.trees
    return any(
        guards.checked_before(part, span, wanted, parts, model) for part, span, wanted in _sites(call, place, parts)
    )


def confined(call: CallSite, place: Place, model: SemanticModel) -> bool:
    """Whether a path is only a file's name, or is compared with the folder that it has to be in."""
    parts = model.trees
    functions = _functions(parts)
    for way in _ways(call, place, parts):
        for node in way.before:
            if isinstance(node, (ast.Call, ast.Attribute)) and ast.unparse(node) in way.back:
                if (
                    _is_last_part(node)
                    or _keeps_letters_only(node)
                    or (isinstance(node, ast.Call) and _by_name(node, _CONFINES, functions, _confines))
                ):
                    return True
            if _is_path_check(node) and _mentions(node, way.on):
                return True
            if isinstance(node, ast.Call) and _by_name(node, _CONFINES, functions, _confines) and _takes(node, way.on):
                return True
    return False


def host_checked(call: CallSite, place: Place, model: SemanticModel) -> bool:
    """Whether the host of an address is compared with a list, or looked up to tell that it is a public one."""
    parts = model.trees
    functions = _functions(parts)
    for way in _ways(call, place, parts):
        for node in way.before:
            if _is_host_check(node) and _mentions(node, way.on):
                return True
            if isinstance(node, ast.Call) and _takes(node, way.on | way.back):
                if _by_name(node, _PUBLIC_HOST, functions, _is_host_check) and _last(node.func) not in _HOST:
                    return True
    return False


def parsed_as_query(call: CallSite, place: Place, model: SemanticModel) -> bool:
    """Whether a query is parsed (sqlglot, sqlparse) or asked whether it only reads, before it runs."""
    for way in _ways(call, place, model.trees):
        for node in way.before:
            if isinstance(node, ast.Call) and _takes(node, way.on | way.back):
                if any(_READS_SQL.search(guards._snake(word)) for word in ast.unparse(node.func).split(".")):
                    return True
    return False


def cleaned_page(call: CallSite, place: Place, model: SemanticModel) -> bool:
    """Whether markup passes a cleaner (nh3, bleach, a function that is named as one) on the way."""
    cleaned = {
        unparsed
        for other in model.calls
        if other.name in _CLEANERS and (unparsed := _unparsed(other.text(other.span))) is not None
    }
    for way in _ways(call, place, model.trees):
        if cleaned & way.back:
            return True
        for node in way.before:
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node) in way.back
                and _SAFE_PAGE.search(_snake_last(node.func))
            ):
                return True
    return False


# --- the way ---------------------------------------------------------------------------------------------------------


def _sites(
    call: CallSite, place: Place, parts: list[DocumentTree]
) -> Iterator[tuple[DocumentTree, Span, list[ast.expr]]]:
    if call.fragment.path is not None:
        return
    for index, (span, wanted) in enumerate(guards.sites_of(call, *place, parts)):
        part = next((part for part in parts if part.cell == span.cell), None)
        if part is None:
            continue
        if index == 0 and place == ("", None) and span == call.span:
            callee = guards._expression(call.written)
            wanted = [callee.value] if isinstance(callee, ast.Attribute) else wanted
        yield part, span, wanted


def _ways(call: CallSite, place: Place, parts: list[DocumentTree]) -> Iterator[_Way]:
    for part, span, wanted in _sites(call, place, parts):
        line = part.line_of(span.start)
        last = part.line_of(max(span.end - 1, span.start))
        function = enclosing_function(part, line)
        before: list[ast.AST] = []
        if function is None:
            for other in parts:
                if other.cell is not None and other.cell < (part.cell or 0):
                    before += ast.walk(other.tree)
        around: ast.AST = part.tree if function is None else function
        before += (node for node in ast.walk(around) if getattr(node, "lineno", 0) <= last)
        back = guards.expressions_of(wanted, before)
        yield _Way(before, back, _onward(back, before))


def _onward(back: frozenset[str], before: list[ast.AST]) -> frozenset[str]:
    """The names that hold the value or something made from it: `host = urlparse(url).hostname`."""
    names = {text for text in back if text.replace(".", "").replace("_", "").isalnum()}
    for _ in range(3):
        count = len(names)
        for node in before:
            if isinstance(node, ast.Assign) and _mentions(node.value, names):
                names.update(
                    ast.unparse(target) for target in node.targets if isinstance(target, (ast.Name, ast.Attribute))
                )
            elif (
                isinstance(node, (ast.AnnAssign, ast.NamedExpr))
                and node.value is not None
                and _mentions(node.value, names)
            ):
                names.add(ast.unparse(node.target))
        if len(names) == count:
            break
    return frozenset(names)


def _mentions(node: ast.AST, names: frozenset[str] | set[str]) -> bool:
    return any(isinstance(inner, (ast.Name, ast.Attribute)) and ast.unparse(inner) in names for inner in ast.walk(node))


def _takes(node: ast.Call, names: frozenset[str]) -> bool:
    """Whether a call gets the value as an argument, or is a method of it."""
    given: list[ast.expr] = [*node.args, *(keyword.value for keyword in node.keywords)]
    if isinstance(node.func, ast.Attribute):
        given.append(node.func.value)
    return any(_mentions(one, names) for one in given)


def _functions(parts: list[DocumentTree]) -> dict[str, FunctionNode]:
    found: dict[str, FunctionNode] = {}
    for part in parts:
        for node in ast.walk(part.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found[node.name] = node
    return found


def _by_name(node: ast.Call, named: re.Pattern[str], functions: dict[str, FunctionNode], checks: object) -> bool:
    """Whether a function is named as one that checks, or is one of the document's that does."""
    name = _last(node.func)
    own = functions.get(name)
    if own is not None:
        assert callable(checks)
        return any(checks(inner) for inner in ast.walk(own))
    return named.search(guards._snake(name)) is not None


# --- the checks ------------------------------------------------------------------------------------------------------


def _is_last_part(node: ast.Call | ast.Attribute) -> bool:
    """`os.path.basename(x)`, `Path(x).name`."""
    if isinstance(node, ast.Call):
        return _last(node.func) in _BASE_NAMES
    return node.attr in _LAST_PARTS and isinstance(node.value, ast.Call) and _last(node.value.func) in _PATH_TYPES


def _keeps_letters_only(node: ast.AST) -> bool:
    r"""`re.sub(r"[^\w-]", "_", x)`, `"".join(c for c in x if c.isalnum())`, `x.replace("/", "_")`."""
    if not isinstance(node, ast.Call):
        return False
    name = _last(node.func)
    first = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    if name == "sub" and isinstance(first, str):
        return _ALL_BUT.match(first) is not None or ("/" in first and "[^" not in first)
    return name in {"isalnum", "isalpha", "isidentifier"} or (name == "replace" and first in {"/", "..", "../"})


def _confines(node: ast.AST) -> bool:
    return _is_path_check(node) or _keeps_letters_only(node)


def _is_path_check(node: ast.AST) -> bool:
    """`p.is_relative_to(root)`, `os.path.commonpath([...]) == root`, `p.startswith(root)`, `root in p.parents`, `".." in p`."""
    if isinstance(node, ast.Call):
        name = _last(node.func)
        if name in {"is_relative_to", "relative_to", "commonpath", "commonprefix"}:
            return True
        return name == "startswith" and len(node.args) == 1 and not isinstance(node.args[0], ast.Constant)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        right = node.comparators[0]
        if isinstance(right, ast.Attribute) and right.attr in {"parents", "parts"}:
            return True
        return isinstance(node.left, ast.Constant) and node.left.value in {"..", "/", "../"}
    return False


def _is_host_check(node: ast.AST) -> bool:
    """`urlparse(url).hostname in ALLOWED`, `url.startswith("https://docs.example.com/")`, `ip.is_private`."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return any(
            (isinstance(side, (ast.Name, ast.Attribute)) and _last(side).lower().strip("_") in _HOST)
            or (isinstance(side, ast.Call) and _last_of_chain(side) in _HOST)
            for side in sides
        )
    if isinstance(node, ast.Attribute):
        return node.attr in {"is_private", "is_global", "is_loopback", "is_reserved"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "startswith" and node.args:
            given = node.args[0].elts if isinstance(node.args[0], ast.Tuple) else [node.args[0]]
            texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if len(texts) < len(given):
                return True
            return all(_ONE_HOST.match(text) for text in texts)
        return node.func.attr == "endswith" and _last(node.func.value) in _HOST
    return False


def _last_of_chain(node: ast.expr) -> str:
    """The last field of a plain transformation: `urlparse(url).hostname.lower()` is `hostname`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return _last(node)


def _last(node: ast.AST) -> str:
    return guards._last_name(node)


def _snake_last(node: ast.AST) -> str:
    return guards._snake(_last(node))


def _unparsed(text: str) -> str | None:
    found = guards._expression(text)
    return None if found is None else ast.unparse(found)
