"""MLW224: MD5 or SHA-1 decide whether a file is the right one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mlwarden.model.spans import Span
from mlwarden.rules.base import Confidence, Finding, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics.document_trees import DocumentTree, enclosing_function
from mlwarden.semantics.loaders import left_out

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_Scope: TypeAlias = "ast.Module | ast.FunctionDef | ast.AsyncFunctionDef"


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument that takes a digest.

    Attributes:
        keyword, position: the digest.
        algorithm: keyword and position of the algorithm's name; None where the argument is for MD5 only, or says it.
        prefixed: the algorithm stands before the digest, `md5:...`; without it, it is SHA-256.
    """

    keyword: str
    position: int | None
    algorithm: tuple[str, int] | None = None
    prefixed: bool = False


_MONAI = "monai.apps"
# Calls that check a digest that they are given.
_CHECKING: dict[str, tuple[_Argument, ...]] = {
    "keras.utils.get_file": (_Argument("md5_hash", 3), _Argument("file_hash", 4, ("hash_algorithm", 6))),
    "torchvision.datasets.utils.download_url": (_Argument("md5", 3),),
    "torchvision.datasets.utils.download_and_extract_archive": (_Argument("md5", 4),),
    "torchvision.datasets.utils.download_file_from_google_drive": (_Argument("md5", 3),),
    "torchvision.datasets.utils.check_integrity": (_Argument("md5", 1),),
    "torchvision.datasets.utils.check_md5": (_Argument("md5", 1),),
    "pooch.retrieve": (_Argument("known_hash", 1, prefixed=True),),
    "gdown.cached_download": (_Argument("md5", None), _Argument("hash", 4, prefixed=True)),
    **{
        f"{package}.{name}": (_Argument(keyword, position, ("hash_type", position + 1)),)
        for package in (_MONAI, f"{_MONAI}.utils")
        for name, keyword, position in (
            ("download_url", "hash_val", 2),
            ("download_and_extract", "hash_val", 3),
            ("extractall", "hash_val", 2),
            ("check_hash", "val", 1),
        )
    },
}
_WEAK = re.compile(r"(?:md5|sha-?1)", re.I)
_WEAK_PREFIX = re.compile(r"(?P<name>md5|sha1):", re.I)
_HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}", re.I)
# A name of what a digest is compared with.
_EXPECTED = re.compile(r"(?:^|_)(?:md5\w*|sha1\w*|checksums?|digests?|hash(?:es)?|expected\w*)(?:_|$)", re.I)
# A digest that was computed before, to see whether something changed.
_EARLIER = re.compile(r"(?<![a-z])(?:prior|prev\w*|last|old|caches?|cached|current|stored|saved)(?![a-z])", re.I)
_READING = frozenset({"open", "read_bytes", "read", "file_digest", "iter_content", "urlopen"})
_HASHES = ("hashlib.md5", "hashlib.sha1", "hashlib.new")


class WeakArtifactHash(Rule):
    """MD5 or SHA-1 decide whether a downloaded file is the right one.

    ## Why is this bad?

    Two files with the same MD5 are made in seconds, and with the same SHA-1 for the price of some hours of computing.
    Whoever publishes the file can so prepare a harmless and a harmful one that both pass. Against damage on the way
    these digests still help, against intent they do not.

    ## How to fix

    Compare the SHA-256: `file_hash` of Keras with 64 digits, `known_hash="sha256:..."` of pooch, `hash_type="sha256"` of
    MONAI, `hashlib.sha256`.

    ## When it is fine

    When the publisher gives no other digest and you trust the publisher; nobody has yet made a file for an MD5
    that is fixed beforehand.

    ## Limits

    A digest that is not compared, such as a key of a cache, is left alone. This rule is off by default.
    """

    code = "MLW224"
    name = "weak-artifact-hash"
    severity = Severity.LOW
    default = False
    triggers = ("md5", "sha1", "md5_hash", "check_md5", "check_integrity", "file_hash", "SHA1", "MD5")
    cwe = (328,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010",)
    references = (
        Reference("CWE-328: use of weak hash", "https://cwe.mitre.org/data/definitions/328.html"),
        Reference("RFC 6151: MD5 security considerations", "https://www.rfc-editor.org/rfc/rfc6151"),
        Reference("SHAttered: a collision of SHA-1", "https://shattered.io/"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report digests that are given to a download, and comparisons with MD5 and SHA-1."""
        for name, arguments in _CHECKING.items():
            for call in model.calls_of(name):
                if call.fragment.path is None:
                    yield from self._given(call, arguments)
        seen: set[Span] = set()
        parts = None
        for name in _HASHES:
            for call in model.calls_of(name):
                weak = _weak_name(call)
                if weak is None or call.fragment.path is not None or call.span in seen:
                    continue
                seen.add(call.span)
                parts = model.trees if parts is None else parts
                sure = _compared(call, parts)
                if sure is not None:
                    if call.argument("usedforsecurity").must_be(False):
                        sure = Confidence.LOW
                    yield self.finding(call.span, _message(weak), confidence=sure)

    def _given(self, call: CallSite, arguments: tuple[_Argument, ...]) -> Iterator[Finding]:
        for argument in arguments:
            value = call.argument(argument.keyword, argument.position)
            if left_out(value):
                continue
            weak: str | None = "MD5"
            if argument.prefixed:
                match = next((m for text in value.prefixes() if (m := _WEAK_PREFIX.match(text))), None)
                weak = None if match is None else match["name"].upper()
            elif argument.algorithm is not None:
                named = call.argument(*argument.algorithm).string()
                weak = named.upper() if named is not None and _WEAK.fullmatch(named) else None
                if argument.keyword == "file_hash" and named in {None, "auto"}:
                    # Keras takes any digest that is not as long as a SHA-256 for an MD5.
                    weak = "MD5" if any(_HEX.fullmatch(text) for text in value.strings()) else None
            if weak is not None:
                span = call.argument_span(argument.keyword, argument.position)
                yield self.finding(call.span if span is None else span, _message(weak), trace=call.context)


def _message(weak: str) -> str:
    return (
        f"{weak} decides whether this is the right file, and two files with the same {weak} are easily made; "
        "compare the SHA-256"
    )


def _weak_name(call: CallSite) -> str | None:
    if call.name == "hashlib.md5":
        return "MD5"
    if call.name == "hashlib.sha1":
        return "SHA-1"
    text = call.argument("name", 0).string() or ""
    return text.upper() if _WEAK.fullmatch(text) else None


# --- comparisons -----------------------------------------------------------------------------------------------------


def _compared(call: CallSite, parts: list[DocumentTree]) -> Confidence | None:
    """How sure it is that the digest that a call begins is compared with one that is expected."""
    part = next((part for part in parts if part.cell == call.cell), None)
    if part is None:
        return None
    line = part.line_of(call.span.start)
    written = call.written
    scope: _Scope = enclosing_function(part, line) or part.tree
    holders = _holders(scope, line, written)
    scopes: list[ast.AST] = [scope]
    if isinstance(scope, ast.Module):
        scopes = [other.tree for other in parts]
    elif any(
        isinstance(node, ast.Return) and node.value is not None and _holds(node.value, holders, line, written)
        for node in ast.walk(scope)
    ):
        holders |= {f"{scope.name}()"}
        scopes = [other.tree for other in parts]
        for document in parts:
            for inner in ast.walk(document.tree):
                if isinstance(inner, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
                    holders |= _grown(inner, holders, 0, "")
    found: Confidence | None = None
    reads = any(isinstance(node, ast.Call) and _last_name(node.func) in _READING for node in ast.walk(scope))
    literals = _literals(parts)
    for node in (node for scope in scopes for node in ast.walk(scope)):
        for one, other in _comparisons(node):
            for left, right in ((one, other), (other, one)):
                if _holds(left, holders, line, written):
                    sure = _expected(right, literals)
                    if sure is Confidence.MEDIUM and not reads:
                        sure = Confidence.LOW  # perhaps it is no file at all
                    if sure is not None and (found is None or sure > found):
                        found = sure
    return found


def _holders(scope: _Scope, line: int, written: str) -> frozenset[str]:
    """The names that hold the digest, or the object that computes it."""
    return _grown(scope, frozenset(), line, written)


def _grown(scope: ast.AST, holders: frozenset[str], line: int, written: str) -> frozenset[str]:
    for _ in range(3):
        before = holders
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and _holds(node.value, holders, line, written):
                holders |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            elif isinstance(node, ast.NamedExpr) and _holds(node.value, holders, line, written):
                holders |= {node.target.id}
        if holders == before:
            break
    return holders


def _holds(node: ast.expr, holders: frozenset[str], line: int, written: str) -> bool:
    """Whether an expression is the digest: the call itself, a name that holds it, or a method of these."""
    if isinstance(node, ast.Name):
        return node.id in holders
    if isinstance(node, ast.Attribute):
        return _holds(node.value, holders, line, written)
    if isinstance(node, ast.Call):
        if isinstance(node.func, (ast.Name, ast.Attribute)):
            if node.lineno <= line <= (node.end_lineno or 0) and ast.unparse(node.func) == written:
                return True
            if f"{_last_name(node.func)}()" in holders:
                return True
        return isinstance(node.func, ast.Attribute) and _holds(node.func, holders, line, written)
    return False


def _comparisons(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        yield node.left, node.comparators[0]
    elif isinstance(node, ast.Call) and len(node.args) == 2:
        if _last_name(node.func) in {"compare_digest", "assertEqual"}:
            yield node.args[0], node.args[1]


def _literals(parts: list[DocumentTree]) -> frozenset[str]:
    """Names to which a digest is assigned in the document."""
    return frozenset(
        target.id
        for part in parts
        for node in ast.walk(part.tree)
        if isinstance(node, ast.Assign) and _is_hex(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def _is_hex(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and _HEX.fullmatch(node.value) is not None


def _expected(node: ast.expr, literals: frozenset[str]) -> Confidence | None:
    """How sure it is that an expression is the digest that a file must have."""
    if _is_hex(node) or (isinstance(node, ast.Name) and node.id in literals):
        return Confidence.HIGH
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        return _expected(node.func.value, literals)  # `expected.lower()`
    if _EARLIER.search(ast.unparse(node)):
        return None
    name = ""
    if isinstance(node, ast.Subscript):
        key = node.slice
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ast.unparse(node.value)
    elif isinstance(node, (ast.Name, ast.Attribute)):
        name = ast.unparse(node).rpartition(".")[2]
    return Confidence.MEDIUM if _EXPECTED.search(name) else None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _examples() -> Examples:
    from mlwarden.rules.downloads._weak_artifact_hash_examples import EXAMPLES

    return EXAMPLES
