"""How the outline of a module is made: by the standard library's parser, in one walk over each statement."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator

from mlwarden.engine.outline import Outline, Statement, Taken
from mlwarden.engine.text_classes import in_text
from mlwarden.semantics import word_classes
from mlwarden.semantics.identifiers import Asked, Identifiers, bound_by
from mlwarden.semantics.statements import grouped, imports_inside, parse, too_deep
from mlwarden.source.lines import LineIndex

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BUILTINS = frozenset({*dir(builtins), "__file__", "__path__"})


def outline_of(text: str, path: str, taken: list[Taken], asked: Asked) -> Outline:
    """The outline of a module.

    Args:
        text: of the module.
        path: its file.
        taken: what it imports from the project.
        asked: the words by which rules are told to be possible.
    """
    try:
        module = parse(text)
    except (SyntaxError, ValueError):
        return Outline(text, path, (), taken, unread=True)
    except (RecursionError, MemoryError):
        return Outline(text, path, (), taken)
    if too_deep(module):
        return Outline(text, path, (), taken)
    statements = list(_statements(module, text, asked))
    classes = word_classes.OF_TEXT.intersection(asked.others)
    content = text.encode("utf-8", "surrogatepass") if classes else b""
    texts = frozenset(word for word in classes if in_text(word, content))
    bound = {name for statement in statements for name in statement.binds}
    # What a whole module gives is known only when that is read: everything may be its.
    whole = any(each.names is None and not each.star for each in taken)
    given = bound.union(*(each.names or () for each in taken))
    star = any(each.star for each in taken)
    kept = (
        statement._replace(
            uses=_sorted(statement.uses if whole else given.intersection(statement.uses)),
            alone=_sorted(set(statement.alone) - bound - _BUILTINS) if star else (),
        )
        for statement in statements
    )
    return Outline(text, path, kept, taken, texts=texts)


def _statements(module: ast.Module, text: str, asked: Asked) -> Iterator[Statement]:
    starts = LineIndex(text).starts
    has_global = "global" in text
    for group, first, last in grouped(module):
        found = Identifiers()
        binds: set[str] = set()
        for statement in group:
            found.collect(statement)
            # Only a `global` inside lets a definition bind more than its name; to look for one costs a walk.
            binds |= {statement.name} if isinstance(statement, _Definition) and not has_global else bound_by(statement)
        names, said = found.unmarked(), found.said()
        yield Statement(
            starts[first],
            starts[last + 1] if last + 1 < len(starts) else len(text),
            tuple(sorted(binds)),
            tuple(names | said),
            tuple(found.alone()),
            found.among(asked),
            word_classes.bits_of(names) | word_classes.bits_in_texts(said),
            any(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in group) or imports_inside(group),
            any(isinstance(statement, ast.ClassDef) for statement in group),
        )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    """Names in order; equal strings of all modules are kept once."""
    return tuple(sorted(map(sys.intern, names)))
