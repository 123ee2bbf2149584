"""Cells in plain Python files: the percent format of Jupytext, Spyder and VS Code, and Databricks' source format.

In the first, a cell begins with a comment such as `# %% a title [markdown] tags=["setup"]`, and files that Jupytext
manages keep IPython syntax in comments (`# %pip install x`). In the second, the file begins with
`# Databricks notebook source`, cells are parted by `# COMMAND ----------`, and `# MAGIC ` stands before every line of
IPython syntax and of other languages. The files are Python as they stand: only where cells are, and the magics in
comments, are of interest.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from mlwarden.model.spans import Span
from mlwarden.notebooks.languages import PYTHON, is_python_name
from mlwarden.notebooks.lexing import LogicalLine, logical_line
from mlwarden.notebooks.magics import Masked, TooManyMagicsError, mask
from mlwarden.notebooks.notebook import Magic

# `# %%`, `#%% title`, Spyder's sub-cells `# %%% title`, and `# In[3]:` as nbconvert writes.
_PERCENT = re.compile(r"#[ \t]*%%(?!%%)%?(?:[ \t]+([^\r\n]*))?|# In\[[\d ]*\]:?[ \t]*()")
_SOURCE = re.compile(r"# Databricks notebook source[ \t]*(?=[\r\n]|\Z)")
_COMMAND = re.compile(r"# COMMAND -+[ \t]*()")
_TITLE = re.compile(r"# DBTITLE \d+,([^\r\n]*)")
_ANY_MARK = re.compile(r"(?:\A|[\r\n])#[ \t]*(?:%%|In\[)")
_JUPYTEXT = re.compile(r"(?:#![^\r\n]*\s+)?(?:# -\*-[^\r\n]*\s+)?# ---[ \t]*\r?\n(?:#[^\r\n]*\r?\n)*?#[ \t]+jupyter:")

_KIND = re.compile(r"\[(markdown|md|raw)\]")
_TAGS = re.compile(r'\b"?tags"?[ \t]*[=:][ \t]*(\[[^\]\r\n]*\])')
_LANGUAGE = re.compile(r'\blanguage="([^"\r\n]*)"')
_OPTION = re.compile(r'(?:^|[ \t])(?:\[(?:markdown|md|raw)\]|[\w.]+=|\{").*')
_MAGIC_COMMENT = re.compile(r"# MAGIC(?: |(?=[\r\n])|\Z)")
_JUPYTEXT_MAGIC = re.compile(r"# (?=%[A-Za-z%]|![^\s=])")
_COMMENT = re.compile(r"# ?")


@dataclass(frozen=True, slots=True)
class PercentCell:
    """A cell of a Python file.

    Attributes:
        index: 0-based position.
        kind: "code", "markdown" or "raw".
        language: "python", or what the cell's comments are written in ("sql", "bash", "markdown"; "" for raw text).
        title: as its first line states it, or "".
        tags: likewise.
        span: the cell, its first line included, up to the next cell.
        body_span: what follows that line.
        magics: IPython syntax that the file keeps in comments. Spans count in the file and take in the comment signs
            between; `text` and `body` are without them.
    """

    index: int
    kind: str
    language: str
    title: str
    tags: tuple[str, ...]
    span: Span
    body_span: Span
    magics: tuple[Magic, ...] = ()


def percent_format(text: str) -> str:
    """How a Python file marks cells: "databricks", "percent", or "" if it does not."""
    if _SOURCE.match(text):
        return "databricks"
    return "percent" if _ANY_MARK.search(text) else ""


def percent_cells(text: str) -> tuple[PercentCell, ...]:
    """The cells of a Python file, in order; none if it marks no cells.

    A mark inside a string is none. What stands before the first mark is a cell if there is code in it.
    """
    form = percent_format(text)
    if not form:
        return ()
    mark = _COMMAND if form == "databricks" else _PERCENT
    in_comments = form == "databricks" or _JUPYTEXT.match(text) is not None
    lines = list(_lines(text))
    starts = [
        number for number, line in enumerate(lines) if line.last < 0 and mark.fullmatch(text, line.start, line.end)
    ]
    if not starts and form == "percent":
        return ()
    cells: list[PercentCell] = []
    first = 1 if form == "databricks" else 0
    opening = lines[first : starts[0] if starts else len(lines)]
    if any(line.last >= 0 or (first and _MAGIC_COMMENT.match(text, line.start)) for line in opening):
        cells.append(_cell(text, 0, "", opening, opening, form, in_comments))
    for number, end in pairwise([*starts, len(lines)]):
        found = mark.fullmatch(text, lines[number].start, lines[number].end)
        assert found is not None
        body = lines[number + 1 : end]
        cells.append(_cell(text, len(cells), found[1] or "", lines[number:end], body, form, in_comments))
    return tuple(cells)


def _lines(text: str) -> Iterator[LogicalLine]:
    pos = 0
    while pos < len(text):
        line = logical_line(text, pos)
        yield line
        pos = line.next


def _cell(
    text: str, index: int, head: str, lines: list[LogicalLine], body: list[LogicalLine], form: str, in_comments: bool
) -> PercentCell:
    span = Span(lines[0].start, lines[-1].next)
    body_span = Span(body[0].start, span.end) if body else Span(span.end, span.end)
    if form == "databricks":
        return _databricks_cell(text, index, span, body, body_span)
    kind = _KIND.search(head)
    language = _LANGUAGE.search(head)
    magics: list[Magic] = []
    name = {"": PYTHON, "raw": ""}.get(kind[1] if kind else "", "markdown")
    if language and not is_python_name(language[1]):
        name = language[1].lower()
        magics.append(_commented_cell(text, language[1], span, body, body_span))
    elif in_comments and not kind:
        for line in body:
            if line.last < 0 and _JUPYTEXT_MAGIC.match(text, line.start):
                magics.extend(_uncommented(text, [line], _COMMENT)[1])
    return PercentCell(
        index,
        {"markdown": "markdown", "md": "markdown", "raw": "raw"}[kind[1]] if kind else "code",
        name,
        _OPTION.sub("", head).strip(),
        _tags(head),
        span,
        body_span,
        tuple(magics),
    )


def _databricks_cell(text: str, index: int, span: Span, body: list[LogicalLine], body_span: Span) -> PercentCell:
    title = ""
    kind, language = "code", PYTHON
    commented: list[LogicalLine] = []
    for line in body:
        stated = _TITLE.match(text, line.start)
        if stated and not title:
            title = stated[1].strip()
        elif _MAGIC_COMMENT.match(text, line.start):
            commented.append(line)
    masked, magics = _uncommented(text, commented, _MAGIC_COMMENT)
    if magics and magics[0].kind == "cell" and not masked.python:
        name = magics[0].name.lower()
        kind, language = ("markdown", "markdown") if name in ("md", "md-sandbox") else ("code", name)
    return PercentCell(index, kind, language, title, (), span, body_span, magics)


def _tags(head: str) -> tuple[str, ...]:
    stated = _TAGS.search(head)
    try:
        tags = json.loads(stated[1]) if stated else []
    except ValueError:
        return ()
    return tuple(tag for tag in tags if isinstance(tag, str))


def _commented_cell(text: str, name: str, span: Span, body: list[LogicalLine], body_span: Span) -> Magic:
    """A cell in another language, whose lines Jupytext keeps as comments."""
    lines = [_without(text, line, _COMMENT)[0] for line in body]
    return Magic("cell", name, "", "".join(lines), span, Span(body_span.start, body_span.start), body_span)


def _without(text: str, line: LogicalLine, prefix: re.Pattern[str]) -> tuple[str, int]:
    """A line with its line end and without its prefix, and where it then begins."""
    found = prefix.match(text, line.start)
    start = found.end() if found else line.start
    return text[start : line.next], start


def _uncommented(text: str, lines: list[LogicalLine], prefix: re.Pattern[str]) -> tuple[Masked, tuple[Magic, ...]]:
    """The IPython syntax in comment lines; the magics with spans in the file."""
    parts: list[str] = []
    offsets: list[int] = []
    places: list[int] = []
    length = 0
    for line in lines:
        part, start = _without(text, line, prefix)
        parts.append(part)
        offsets.append(length)
        places.append(start)
        length += len(part)
    try:
        masked = mask("".join(parts), databricks=prefix is _MAGIC_COMMENT)
    except TooManyMagicsError:
        return Masked(""), ()

    def place(offset: int) -> int:
        known = max(bisect_right(offsets, offset) - 1, 0)
        return places[known] + offset - offsets[known]

    def in_file(span: Span) -> Span:
        start = place(span.start)
        return Span(start, start if span.end == span.start else place(span.end - 1) + 1)

    return masked, tuple(
        replace(
            magic,
            span=in_file(magic.span),
            text_span=in_file(magic.text_span),
            body_span=None if magic.body_span is None else in_file(magic.body_span),
        )
        for magic in masked.magics
    )
