"""A rule's examples: its tests and the code on its page."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from mlwarden.model.levels import Confidence, Severity


@dataclass(frozen=True)
class Bad:
    """Code that must be reported.

    Attributes:
        code: dedented source. A line made only of spaces and carets underlines the exact range of a finding of the
            rule on the line above, and is removed before the run. Without carets, exactly one finding is expected
            somewhere. A range over several lines is marked on its first line only, with a `~` as last mark.
        fixed: the whole text after every fix of the rule, unsafe ones too, was applied; None: no fix is expected.
        severity, confidence: asserted when given.
        versions: library versions the project requires, name -> specifier, e.g. {"torch": "==2.5"}.
        files: sibling files by relative path (other modules, requirements.txt, a config).
        path: the file name, which decides the kind of document.
        message: asserted when given, whole.
        texts: asserted when given: the text that each finding underlines, in order. For notebooks, whose sources
            stand in JSON strings that lines of carets cannot underline.
    """

    code: str
    fixed: str | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    path: str = "example.py"
    message: str = ""
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Good:
    """Code on which the rule must be silent; `because` says why it is fine."""

    code: str
    because: str
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    path: str = "example.py"


@dataclass(frozen=True)
class Missed:
    """Bad code that the rule does not see, on record: the test turns red when that improves."""

    code: str
    because: str
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    path: str = "example.py"


Examples: TypeAlias = "tuple[Bad | Good | Missed, ...]"


def later(make: Callable[[], Examples]) -> Examples:
    """Examples that are made when they are first asked for: a check needs none, and some take time to put together."""
    return cast("Examples", _Later(make))


class _Later:
    def __init__(self, make: Callable[[], Examples]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Examples:
        made = self._make()
        setattr(owner, self._name, made)
        return made


@dataclass(frozen=True)
class Mark:
    """A line of carets: an expected range, in the code without such lines. `open_end`: it goes on for more lines."""

    start: int
    end: int
    open_end: bool


def strip_marks(code: str) -> str:
    """The example's code, dedented, without the lines of carets."""
    return marked(code)[0]


def marked(code: str) -> tuple[str, tuple[Mark, ...]]:
    """Split an example into its code and the ranges that its lines of carets mark."""
    text = textwrap.dedent(code).lstrip("\n") if code.startswith("\n") else textwrap.dedent(code)
    kept: list[str] = []
    marks: list[Mark] = []
    line_start = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if bare and set(bare) <= {"^", "~"} and bare[0] == "^" and kept:
            column = line.index("^")
            start = line_start + column
            marks.append(Mark(start, start + len(bare), bare.endswith("~")))
            continue
        if kept:
            line_start += len(kept[-1])
        kept.append(line)
    return "".join(kept), tuple(marks)


def as_notebook(*sources: str, outputs: Sequence[dict[str, object]] = ()) -> str:
    """A notebook with these code cells, as nbformat would write it; the last one has the outputs."""
    import json

    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{index}",
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for index, source in enumerate(sources)
    ]
    if outputs:
        cells[-1].update(execution_count=1, outputs=list(outputs))
    document = {
        "cells": cells,
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
