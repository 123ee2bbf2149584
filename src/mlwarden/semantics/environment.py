"""Environment variables that code, cells and configuration files set, and the edits that unset them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.semantics.values import Constant, Mapping, Value
from mlwarden.source.documents import PlainText, text_at

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_SET_BY_CALL = ("os.environ.setdefault", "os.putenv", "os.environ.__setitem__", "*.setenv")
_SET_BY_MAPPING = ("os.environ.update",)
_RUNS = ("run", "Popen", "call", "check_call", "check_output")
ANY_VALUE = r"[^\s\"'#;}\]]+"
"""The pattern of a variable's value that may be anything without blanks and quotes."""
# Files that explain, rather than configure.
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".html", ".htm", ".rmd", ".qmd")


@dataclass(frozen=True, slots=True)
class Setting:
    """One place that sets a variable.

    Attributes:
        span: the statement, call or line part that sets it.
        value: what it is set to.
        removal: the edit that takes it away, where that is a statement or line of its own.
    """

    span: Span
    value: Value
    removal: TextEdit | None = None


def settings_in_code(model: SemanticModel, name: str, *, siblings: bool = False) -> Iterator[Setting]:
    """Where Python code sets an environment variable: for its own process, or for one that it starts.

    Args:
        model: the document.
        name: the variable.
        siblings: whether functions of sibling modules that the document calls count; their spans are of other files.
    """
    for assignment in model.assignments_of("os.environ[]"):
        own = assignment.fragment.path is None
        if assignment.key.may_be(name) and (own or siblings):
            removal = without_statement(model.document, assignment.span) if own else None
            yield Setting(assignment.span, assignment.value, removal)
    for call, value, span in _set_by_calls(model, name):
        own = call.fragment.path is None
        if own or siblings:
            alone = own and not call.result_used and call.attribute in {"setdefault", "putenv", "setenv"}
            yield Setting(span, value, without_statement(model.document, span) if alone else None)


def _set_by_calls(model: SemanticModel, name: str) -> Iterator[tuple[CallSite, Value, Span]]:
    for pattern in _SET_BY_CALL:
        for call in model.calls_of(pattern):
            if call.argument("key", 0).may_be(name) or call.argument("name", 0).may_be(name):
                yield call, call.argument("value", 1), call.span
    for pattern in _SET_BY_MAPPING:
        for call in model.calls_of(pattern):
            for value in (call.argument(name), *_values(call.positional(), name)):
                if not value.is_absent:
                    yield call, value, call.span
    for function in _RUNS:
        for call in model.calls_of(f"subprocess.{function}"):
            for value in _values((call.argument("env", 10),), name):
                yield call, value, call.argument_span("env", 10) or call.span


def _values(mappings: tuple[Value, ...], name: str) -> Iterator[Value]:
    for mapping in mappings:
        for option in mapping.alternatives():
            if isinstance(option, Mapping) and any(key == name for key, _ in option.items):
                yield option.get(name)


def settings_in_text(document: Document, name: str, *, value: str = "[A-Za-z0-9]+") -> Iterator[Setting]:
    """Where notebook magics, shell lines, `.env` files, Dockerfiles, YAML and the like set a variable.

    Args:
        document: the document.
        name: the variable.
        value: the pattern of the values that count; `ANY_VALUE` for every value without blanks.
    """
    if isinstance(document, Notebook):
        for cell in document.cells:
            for magic in cell.magics:
                span = Span(magic.span.start, magic.span.end, cell.index)
                text = cell.source[span.start : span.end]
                words = magic.name in {"env", "set_env"}
                for match in _pattern(name, words, value).finditer(text):
                    whole = magic.kind in {"line", "shell"} and words
                    removal = without_statement(document, span) if whole else None
                    yield Setting(_part(span, match), Constant(match["value"]), removal)
    elif isinstance(document, PlainText) and not document.path.lower().endswith(_PROSE):
        for match in _pattern(name, "docker" in document.path.lower(), value).finditer(document.text):
            line_start = document.text.rfind("\n", 0, match.start("name")) + 1
            if document.text[line_start : match.start("name")].lstrip().startswith(("#", "//", ";", "rem ", "REM ")):
                continue
            span = _part(Span(0, len(document.text)), match)
            yield Setting(span, Constant(match["value"]), _without_line(document, span))


def is_set(model: SemanticModel, name: str) -> bool:
    """Whether the document turns an environment variable on, in code or in magics."""
    found = [*settings_in_code(model, name, siblings=True), *settings_in_text(model.document, name)]
    return any(is_true(setting.value) for setting in found)


def is_unset(model: SemanticModel, name: str) -> bool:
    """Whether the document turns an environment variable off, in code or in magics."""
    found = [*settings_in_code(model, name, siblings=True), *settings_in_text(model.document, name)]
    return any(is_false(setting.value) for setting in found)


def is_true(value: Value) -> bool:
    """Whether a variable's value may be one of the words that libraries take for true."""
    return any(
        str(constant).strip().lower() in {"1", "y", "yes", "true", "on", "t"}
        for constant in value.constants()
        if not isinstance(constant, bytes)
    )


def is_false(value: Value) -> bool:
    """Whether a variable's value may be one of the words that libraries take for false."""
    return any(str(constant).strip().lower() in {"0", "n", "no", "false", "off", "f"} for constant in value.constants())


def without_statement(document: Document, span: Span) -> TextEdit:
    """The edit that removes a whole statement: its lines, or `pass` in its place where a block may need one."""
    text = text_at(document, span.cell)
    start, end = span.start, span.end
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    rest = re.compile(r"[ \t]*;?[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)").match(text, end)
    if line_start == start and rest is not None:
        return TextEdit(Span(start, rest.end(), span.cell), "")
    return TextEdit(span, "pass")


def _without_line(document: PlainText, span: Span) -> TextEdit | None:
    """The edit that removes a line that only sets the variable."""
    text = document.text
    line_start = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
    before = text[line_start : span.start]
    after = re.compile(r"[\"']?[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)").match(text, span.end)
    if after is None or not re.fullmatch(r"[ \t]*(?:export[ \t]+|ENV[ \t]+|set[ \t]+|- )?[\"']?", before):
        return None
    if "\n" in text[span.start : span.end] or text[:line_start].rstrip(" \t\r\n").endswith("\\"):
        return None
    if document.path.lower().endswith(".json"):
        return None  # the comma before it would stay
    return TextEdit(Span(line_start, after.end()), "")


def _part(outer: Span, match: re.Match[str]) -> Span:
    return Span(outer.start + match.start("name"), outer.start + match.end("value"), outer.cell)


def _pattern(name: str, spaces: bool, value: str) -> re.Pattern[str]:
    """`NAME=1`, `NAME: "1"`, `"NAME": "1"`, `name: NAME` followed by `value: "1"`; with `spaces` also `NAME 1`."""
    between = r"(?:[\"']?[ \t]*[=:][ \t]*|[\"']?[ \t]*\r?\n[ \t]*[\"']?value[\"']?[ \t]*:[ \t]*"
    between += r"|[ \t]+)" if spaces else ")"
    return re.compile(rf"(?<![\w$-])(?P<name>{re.escape(name)}){between}[\"']?(?P<value>{value})(?![\w.])")


__all__ = [
    "ANY_VALUE",
    "Setting",
    "is_false",
    "is_set",
    "is_true",
    "is_unset",
    "settings_in_code",
    "settings_in_text",
    "without_statement",
]
