"""What code looks at before it unpacks an archive: where members lead, and how much they are.

The interpreter follows values, not conditions. So the text is read: of the function up to the call, and of the
functions of the project that it calls there, among them the one that picks the members.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.semantics.statements import parse
from mlwarden.semantics.values import Class, Function, Instance, Value
from mlwarden.source.documents import lines_at

if TYPE_CHECKING:
    import ast

    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.definitions import FunctionDefinition
    from mlwarden.semantics.model import SemanticModel


class Check(enum.IntEnum):
    """How well the members' paths are checked.

    BY_NAME: by a function out of sight whose name says so. PARTLY: absolute names or `..`, but not both.
    """

    NONE = 0
    BY_NAME = 1
    PARTLY = 2
    FULLY = 3


_MEMBER = re.compile(r"(?<!\bos)\.(?:name|filename)\b|\b(?:getnames|namelist|getmembers|infolist|member)\b")
_RESOLVED = re.compile(
    r"\bcommonpath\b|\bcommonprefix\b|\bis_relative_to\b|\brelative_to\(|\bsafe_join\b|\bsecure_filename\("
    r"|\b(?:realpath|abspath|resolve)\(.{0,2000}?(?:\bstartswith\((?!\s*[\"'(fr])|\.parents\b)"
    r"|\bbasename\(\s*\w+\.(?:name|filename)|\b(?:data|tar)_filter\b"
    r"|(?<!\bos)\.(?:name|filename)\s+(?:not\s+)?in\b|(?<!\bos)\.(?:name|filename)\s*[!=]=",
    re.DOTALL,
)
_DOTS = re.compile(r"[\"']\.\.(?:[/\\]+)?[\"']|\bpardir\b")
_ABSOLUTE = re.compile(
    r"\bisabs\(|\bis_absolute\(|\b(?:starts|l)(?:with|trip)\(\s*\(?[^()]{0,40}?(?:[\"'][/\\]|\bos\.sep\b)"
)
# `filter="data"` where Python has it, and otherwise not.
_ASKS_FOR_FILTER = re.compile(
    r"\bhasattr\(\s*tarfile\s*,\s*[\"'](?:data|tar)_filter[\"']"
    r"|\bfilter\s*=\s*[\"'](?:data|tar)[\"'](?:(?!\bextract(?:all)?\().){0,2000}?\b(?:except|else)\b",
    re.DOTALL,
)
_SAYS_SO = re.compile(r"safe|valid|verif|check|sanit|travers|within|filter|secure", re.IGNORECASE)
_SIZE = re.compile(
    r"\.file_size\b|\.size\b|\bcompress_size\b|\bst_size\b|\b(?:MAX|LIMIT)_?\w*(?:SIZE|BYTES|FILES)\b|\bmax_\w*(?:size|bytes|files)\b"
)
_COMMENT = re.compile(r"#[^\r\n]*")
_CALLED = re.compile(r"(?<![\w.])(?:(?P<owner>self|cls|[A-Z]\w*)\.)?(?P<name>[A-Za-z_]\w*)\(")
_FUNCTIONS = 12
# Characters before a call that are read.
_LONGEST = 20_000


def check_before(call: CallSite, model: SemanticModel) -> Check:
    """How well the members are checked in the function of a call, up to the call, its arguments included."""
    text, texts, foreign = _texts(call, model)
    if _ASKS_FOR_FILTER.search(text):
        return Check.FULLY
    level = level_of("\n".join(texts))
    if level is Check.NONE and any(_SAYS_SO.search(name) for name in foreign):
        return Check.BY_NAME
    return level


def level_of(text: str) -> Check:
    """How well a text checks the paths of members."""
    if not _MEMBER.search(text):
        return Check.NONE
    if _RESOLVED.search(text):
        return Check.FULLY
    dots, absolute = _DOTS.search(text), _ABSOLUTE.search(text)
    if dots and absolute:
        return Check.FULLY
    return Check.PARTLY if dots or absolute else Check.NONE


def limits_size(call: CallSite, model: SemanticModel) -> bool:
    """Whether the function of a call looks at the size of members before it."""
    return any(_SIZE.search(text) for text in _texts(call, model)[1])


def text_of(definition: FunctionDefinition) -> str:
    """The text of a function of the project, without comments."""
    fragment = definition.fragment
    span = fragment.span(definition.node)
    return _COMMENT.sub("", fragment.text[span.start - fragment.start : span.end - fragment.start])


def _texts(call: CallSite, model: SemanticModel) -> tuple[str, list[str], list[str]]:
    """The text up to a call; with those of the functions it calls; the names of the calls that lead elsewhere."""
    text = _COMMENT.sub("", _text_before(call, model)[-_LONGEST:])
    texts, foreign = [text], []
    seen: set[int] = set()
    pending = [(text, call.function)]
    while pending and len(texts) < _FUNCTIONS:
        part, function = pending.pop()
        for name, definition in _called(part, function, model):
            if definition is None:
                foreign.append(name)
            elif id(definition) not in seen and definition is not call.function:
                seen.add(id(definition))
                texts.append(text_of(definition))
                pending.append((texts[-1], definition))
    return text, texts, foreign


def _called(
    text: str, function: FunctionDefinition | None, model: SemanticModel
) -> Iterator[tuple[str, FunctionDefinition | None]]:
    for match in _CALLED.finditer(text):
        name = match["name"]
        value: Value | None
        if match["owner"] in {"self", "cls"}:
            owner = None if function is None else function.owner
            value = None if owner is None else owner.find(name)
        elif match["owner"]:
            holder = _look_up(match["owner"], function, model)
            owner = holder.definition if isinstance(holder, Class) else None
            value = None if owner is None else owner.find(name)
        else:
            value = _look_up(name, function, model)
        definition = next(
            (
                option.definition
                for option in (() if value is None else value.alternatives())
                if isinstance(option, Function)
            ),
            None,
        )
        if definition is not None:
            yield name, definition
        elif value is not None and not isinstance(value, (Class, Instance)):
            yield name, None


def _look_up(name: str, function: FunctionDefinition | None, model: SemanticModel) -> Value | None:
    return model.exports.get(name) if function is None else function.scope.get(name)


def _text_before(call: CallSite, model: SemanticModel) -> str:
    fragment = call.fragment
    end = call.span.end - fragment.start
    if call.function is not None and call.function.fragment is fragment:
        return fragment.text[fragment.span(call.function.node).start - fragment.start : end]
    if fragment.path is not None:
        return fragment.text[:end]
    document = model.document
    text = document.cells[call.cell or 0].python if isinstance(document, Notebook) else document.text
    last = lines_at(document, call.cell).line_of(call.span.end) + 1
    statements = _statements(text)
    if statements is None:
        return fragment.text[:end]
    lines = _lines(text)
    found: list[str] = []
    size = 0
    # What functions and classes above contain does not run before the call.
    for statement in reversed(statements):
        if statement.lineno <= last and not _is_definition(statement):
            part = "\n".join(lines[statement.lineno - 1 : min(statement.end_lineno or statement.lineno, last)])
            found.append(part)
            size += len(part)
            if size > _LONGEST:
                break
    return "\n".join(reversed(found))


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


@lru_cache(maxsize=4)
def _statements(text: str) -> list[ast.stmt] | None:
    try:
        return parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_definition(statement: ast.stmt) -> bool:
    return type(statement).__name__ in {"FunctionDef", "AsyncFunctionDef", "ClassDef"}
