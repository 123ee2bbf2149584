"""One module of a project beside the checked file: its text, and the statements of it that are needed. Never imported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlwarden.model.record import record
from mlwarden.source.decoding import decode_python
from mlwarden.source.problems import Problem
from mlwarden.source.reading import read

if TYPE_CHECKING:
    from mlwarden.engine.outline import Outline
    from mlwarden.semantics.fragments import Fragment

MAX_SIZE = 1_000_000
MAX_STATEMENTS = 60


@record(frozen=True, slots=True, eq=False)
class Module:
    """A module of the project: its file, its dotted name ("" if unknown), and whether it is a package's own."""

    path: str
    name: str
    is_package: bool

    def content(self) -> bytes:
        """Its bytes; b"" if they cannot be had."""
        content = read(self.path, MAX_SIZE)
        return b"" if isinstance(content, Problem) else content


def text_of(content: bytes) -> str:
    """The text of a module; "" if it cannot be decoded."""
    decoded = decode_python(content)
    return "" if decoded.problem else decoded.text


def closure(outline: Outline, names: Iterable[str]) -> list[int]:
    """The numbers of the statements that bind names, and of those that bind what these use, in order."""
    wanted = set(names)
    chosen: set[int] = set()
    grown = True
    while grown and len(chosen) < MAX_STATEMENTS:
        grown = False
        for number, statement in enumerate(outline.statements):
            if number not in chosen and not wanted.isdisjoint(statement.binds):
                chosen.add(number)
                wanted.update(statement.uses)
                grown = True
    return sorted(chosen)


def fragments_of(module: Module, outline: Outline, numbers: Iterable[int]) -> dict[int, Fragment]:
    """Statements of a module as libcst is to read them; none if its text is no longer the one that was outlined."""
    from mlwarden.semantics.fragments import Fragment, cut
    from mlwarden.source.lines import LineIndex

    text = text_of(module.content())
    if hash(text) != outline.text_hash:
        return {}
    if outline.unread:  # newer syntax than this interpreter's, which libcst may know
        found = dict(enumerate(cut(text, LineIndex(text), None)[0]))
    else:
        statements = [(number, outline.statements[number]) for number in numbers]
        found = {
            number: Fragment(text[each.start : each.end], each.start, None, frozenset(each.uses), frozenset(each.binds))
            for number, each in statements
        }
    for fragment in found.values():
        fragment.path = module.path
    return found
