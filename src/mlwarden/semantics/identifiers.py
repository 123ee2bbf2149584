"""The identifiers that really stand in code: the gate between trigger words in bytes and the libcst parse.

Comments and docstrings are gone by then; names, attributes, keywords, import names, and short string constants (which
may be names for `getattr`, keys of `os.environ`, ids of models) are kept. It knows no rule: it may let too much
through, never too little.

What is told apart is told by a mark before the word. `.load`: it is used (a name, an attribute, an import, or a string
without spaces), and not only a parameter, a keyword, a definition or a word of a longer text. `!open`: it is a name by itself,
as builtins are called. `~first_name`: a short text consists of these words.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_STRING = 400
_MAX_JOINED = 5
_MARKS = frozenset(".!~")


def identifiers_of(statements: Iterable[ast.stmt], *, has_global: bool = True) -> tuple[frozenset[str], frozenset[str]]:
    """Return (every identifier that stands in the statements, the names they bind at top level); see `bound_by`."""
    found = Identifiers()
    binds: set[str] = set()
    for statement in statements:
        _bound_by(statement, binds, has_global)
        found.collect(statement)
    return found.all(), frozenset(binds)


def plain(word: str) -> str:
    """A word without its mark."""
    return word[1:] if word[:1] in _MARKS else word


def bound_by(statement: ast.stmt, *, has_global: bool = True) -> frozenset[str]:
    """The names that a statement binds at top level.

    Args:
        statement: a whole one.
        has_global: whether `global` stands in its text, for which the bodies of its functions are searched.
    """
    binds: set[str] = set()
    _bound_by(statement, binds, has_global)
    return frozenset(binds)


class Asked:
    """Words, with or without a mark, made ready to be looked for among the identifiers of many statements."""

    def __init__(self, words: Iterable[str]) -> None:
        """Sort them by their marks."""
        words = frozenset(words)
        self.used = frozenset(word[1:] for word in words if word.startswith("."))
        self.alone = frozenset(word[1:] for word in words if word.startswith("!"))
        self.others = frozenset(word for word in words if word[:1] not in {".", "!"})


class Identifiers:
    """The identifiers below some nodes."""

    def __init__(self) -> None:
        """Start with none."""
        self._words: set[str] = set()
        self._used: set[str] = set()
        self._names: set[str] = set()
        self._said: set[str] = set()

    def all(self) -> frozenset[str]:
        """Every identifier, and the marked ones."""
        used = self._used | self._names
        return frozenset((*self._words, *self._said, *used, *map(".".__add__, used), *map("!".__add__, self._names)))

    def unmarked(self) -> set[str]:
        """Every identifier as it is written, but for the words of texts (`said`)."""
        return self._words | self._used | self._names

    def said(self) -> set[str]:
        """The words of texts that are longer than a name."""
        return self._said

    def alone(self) -> set[str]:
        """The names that stand by themselves, as builtins and imported names do."""
        return self._names

    def among(self, asked: Asked) -> frozenset[str]:
        """Those of some words that `all` would hold; it is not made for that."""
        used = self._used | self._names
        return frozenset(
            (
                *map(".".__add__, asked.used & used),
                *map("!".__add__, asked.alone & self._names),
                *(asked.others & self._words),
                *(asked.others & self._said),
                *(asked.others & used),
            )
        )

    def defines(self, name: str) -> None:
        """Add the name of a definition."""
        self._words.add(name)

    def collect(self, root: ast.AST) -> None:
        """Add every identifier that stands below a node.

        One hand-written walk; about a third of what `ast.walk` costs.
        """
        stack: list[ast.AST] = [root]
        pop, push = stack.pop, stack.append
        name, use, add = self._names.add, self._used.add, self._words.add
        while stack:
            node = pop()
            kind = type(node)
            if kind is ast.Name:
                name(node.id)  # type: ignore[attr-defined]
                continue
            if kind is ast.Constant:
                value = node.value  # type: ignore[attr-defined]
                if type(value) is str and len(value) <= _MAX_STRING:
                    self._text(value)
                continue
            if kind is ast.Expr and type(node.value) is ast.Constant:  # type: ignore[attr-defined]
                continue  # a docstring, or an expression without effect
            if kind is ast.Attribute:
                use(node.attr)  # type: ignore[attr-defined]
                push(node.value)  # type: ignore[attr-defined]
                continue
            if kind is ast.alias:
                self._used.update(node.name.split("."))  # type: ignore[attr-defined]
                if node.asname:  # type: ignore[attr-defined]
                    use(node.asname)  # type: ignore[attr-defined]
                continue
            if kind is ast.ImportFrom and node.module:  # type: ignore[attr-defined]
                self._used.update(node.module.split("."))  # type: ignore[attr-defined]
            elif kind is ast.keyword or kind is ast.arg:
                add(node.arg)  # type: ignore[attr-defined]
            elif kind in _DEFINITIONS:
                add(node.name)  # type: ignore[attr-defined]
            for value in node.__dict__.values():
                if isinstance(value, ast.AST):
                    push(value)
                elif type(value) is list:
                    for item in value:
                        if isinstance(item, ast.AST):
                            push(item)
                        elif type(item) is str:  # `global x`
                            add(item)
        self._words.discard(None)  # the `arg` of `**kwargs`

    def _text(self, value: str) -> None:
        words = _WORD.findall(value)
        if " " not in value:
            self._used.update(words)  # may be a name for `getattr` or `import_module`
            return
        self._said.update(words)
        if 1 < len(words) <= _MAX_JOINED:
            self._words.add("~" + "_".join(words))


_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})


def _bound_by(statement: ast.stmt, binds: set[str], has_global: bool) -> None:
    """Names that a statement binds in its own scope; nested blocks included, nested scopes not."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            binds.add(node.name)
            if has_global:  # inside a function it binds at top level too
                binds.update(name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names)
            continue
        if isinstance(node, (ast.Lambda, ast.Constant)):
            continue
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                binds.add(node.id)
            continue
        if isinstance(node, ast.alias):
            binds.add(node.asname or node.name.partition(".")[0])
            continue
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            # `torch.load = f` and `CONFIG["x"] = 1` change what a bound name means.
            inner: ast.AST = node
            while isinstance(inner, (ast.Attribute, ast.Subscript)):
                inner = inner.value
            if isinstance(inner, ast.Name):
                binds.add(inner.id)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            # `options.update(...)`, `parser.add_argument(...)` change what a bound name holds, too.
            receiver: ast.AST = node.value.func
            while isinstance(receiver, (ast.Attribute, ast.Subscript, ast.Call)):
                receiver = receiver.func if isinstance(receiver, ast.Call) else receiver.value
            if isinstance(receiver, ast.Name) and receiver is not node.value.func:
                binds.add(receiver.id)
        if (isinstance(node, ast.ExceptHandler) and node.name) or (
            isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name
        ):
            binds.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            binds.add(node.rest)
        stack.extend(ast.iter_child_nodes(node))
