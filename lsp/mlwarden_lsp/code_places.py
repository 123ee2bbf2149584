"""Where rule codes stand, or may be written: in comments that suppress findings, and in configuration files."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from mlwarden.policy.comments import Comment, hash_layout, markup_layout, python_layout
from mlwarden.policy.mentions import mentioned
from mlwarden_lsp.paths import name_of
from mlwarden_lsp.snapshot import CellPart, Part


class Codes(enum.Enum):
    """What a place takes."""

    ANY = "any"
    SELECTORS = "any, and ALL"
    BANDIT = "Bandit's"
    SCOPES = "no code, but how far a suppression reaches"


class Slot(NamedTuple):
    """A place for a code.

    Attributes:
        start, end: the word that is there.
        codes: what may stand there.
        taken: what stands beside it already.
        quote: the code needs quotes around it.
    """

    start: int
    end: int
    codes: Codes
    taken: frozenset[str] = frozenset()
    quote: bool = False


_CODE = r"[A-Za-z]+[0-9][0-9A-Za-z]*"
_LIST = rf"(?P<list>(?:{_CODE}[ \t,]+)*)(?P<word>[\w-]*)$"
_FORMS: tuple[tuple[re.Pattern[str], Codes], ...] = (
    (re.compile(rf"#[ \t]*noqa[ \t]*:[ \t]*{_LIST}", re.IGNORECASE), Codes.ANY),
    (re.compile(rf"#[ \t]*nosec(?:[ \t]*:[ \t]*|[ \t]+){_LIST}"), Codes.BANDIT),
    (
        re.compile(r"mlwarden[ \t]*:[ \t]*ignore(?:-file|-cell)?[ \t]*\[(?P<list>[^\]]*?)(?P<word>[\w-]*)$"),
        Codes.ANY,
    ),
    (re.compile(r"mlwarden[ \t]*:[ \t]*(?P<list>)(?P<word>[\w-]*)$"), Codes.SCOPES),
)
_WORD = re.compile(r"[\w-]*")
_MARKUP = frozenset({".md", ".markdown", ".mdx", ".html", ".htm", ".xhtml", ".xml", ".svg"})
_WITHOUT_COMMENTS = frozenset({".json", ".jsonl", ".ndjson", ".ipynb", ".csv", ".tsv"})
_TABLES: Mapping[str, tuple[str, ...]] = {"mlwarden.toml": (), "pyproject.toml": ("tool", "mlwarden")}


def is_config(uri: str) -> bool:
    """Whether a document is a configuration file, by its name."""
    return name_of(uri) in _TABLES


def mentions(part: Part, line: int) -> bool:
    """Whether a line speaks of suppression: most do not, and nothing more is looked at."""
    return line < len(part.lines) and mentioned(part.lines.line_text(line))


def slot_at(part: Part, offset: int, python: bool, config: bool = False) -> Slot | None:
    """The place for a code at an offset, if there is one.

    Args:
        part: the text.
        offset: where.
        python: the text is Python.
        config: it is a configuration file; one of another name than usual is written like mlwarden.toml.
    """
    name = name_of(part.uri)
    table = _TABLES.get(name, () if config else None)
    slot = _in_config(part.text, offset, table) if table is not None and not python else None
    return slot if slot is not None else _in_comment(part, offset, name, python)


# --- comments -----------------------------------------------------------------------------------------------------


def _in_comment(part: Part, offset: int, name: str, python: bool) -> Slot | None:
    if not mentions(part, part.lines.line_of(offset)):
        return None
    comment = _comment_at(part, offset, name, python)
    if comment is None:
        return None
    word = _WORD.match(comment.text, offset - comment.start)
    before = comment.text[: word.end() if word else offset - comment.start]
    for form, codes in _FORMS:
        match = form.search(before)
        if match is not None and comment.start + match.start("word") <= offset:
            taken = frozenset(code.upper() for code in re.findall(_CODE, match["list"]))
            return Slot(comment.start + match.start("word"), comment.start + match.end("word"), codes, taken)
    return None


def _comment_at(part: Part, offset: int, name: str, python: bool) -> Comment | None:
    line = part.lines.line_of(offset)
    suffix = PurePosixPath(name).suffix.lower()
    comments: tuple[Comment, ...]
    if python:
        comments = python_layout(part.lines).comments
    elif (isinstance(part, CellPart) and not part.code) or suffix in _MARKUP or part.language == "markdown":
        comments = markup_layout(part.lines, [line]).comments or _unclosed(part, line)
    elif suffix in _WITHOUT_COMMENTS:
        return None
    else:
        comments = hash_layout(part.lines, [line]).comments
    inside = (comment for comment in comments if comment.start < offset <= comment.start + len(comment.text))
    return next(inside, None)


def _unclosed(part: Part, line: int) -> tuple[Comment, ...]:
    """A comment of Markdown that is being typed."""
    text = part.lines.line_text(line)
    start = text.rfind("<!--")
    return (Comment(text[start:], part.lines.starts[line] + start, line, False),) if start >= 0 else ()


# --- configuration ------------------------------------------------------------------------------------------------


def _in_config(text: str, offset: int, table: tuple[str, ...]) -> Slot | None:
    from mlwarden.config.fields import FIELDS, Kind
    from mlwarden_lsp.toml_cursor import cursor_at

    cursor = cursor_at(text, offset)
    if cursor is None or cursor.path[: len(table)] != table:
        return None
    path = cursor.path[len(table) :]
    kind = next((field.kind for field in FIELDS if path and field.key == path[0]), None)
    if kind is Kind.SEVERITY_BY_CODE and cursor.is_key and len(path) == 1:
        return Slot(cursor.start, cursor.end, Codes.ANY)
    lists = (kind is Kind.CODES and len(path) == 1) or (kind is Kind.CODES_BY_GLOB and len(path) == 2)
    if not lists or not cursor.in_array or (cursor.start < cursor.end and not cursor.quoted):
        return None
    taken = cursor.taken - {text[cursor.start : cursor.end]}
    return Slot(cursor.start, cursor.end, Codes.SELECTORS, taken, quote=not cursor.quoted)
