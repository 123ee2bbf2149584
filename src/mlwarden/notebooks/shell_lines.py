"""The shell commands in a notebook: `!...` lines, `%%bash` bodies, `%pip` and its like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlwarden.notebooks.notebook import Cell, Magic, Notebook
from mlwarden.notebooks.shell_reader import MAX_TEXT, parse_commands
from mlwarden.notebooks.shell_words import Command, Word, base_name, moved

__all__ = ["MAX_TEXT", "Command", "ShellText", "Word", "base_name", "moved", "parse_commands", "shell_texts"]

_SHELL_CELLS = frozenset({"bash", "sh", "zsh", "ksh", "dash", "!", "!!", "sx", "system", "script"})
_SHELL_LINES = frozenset({"sx", "system", "sc", "sh"})  # `%sh` is Databricks's
_INSTALLERS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
_SHELL_SCRIPT = re.compile(r"(?:--(?:out|err|proc)\s+\w+\s+|--?\S+\s+)*(?:\S*/)?(?:ba|z|k|da)?sh(?!\S)")
_SCRIPT_FILE = re.compile(r"(?:-a\s+|--append\s+)*\S+\.(?:ba|z|k)?sh")
# `%time !command`, `%time %pip install x`
_TIMERS = frozenset({"time", "timeit", "prun", "memit", "mprun", "scalene"})
_TIMED = re.compile(r"(?:-\S+\s+)*(?P<escape>!!?|%(?=(?:pip|conda|mamba|micromamba|uv|sx|system)\s))")


@dataclass(frozen=True, slots=True)
class ShellText:
    """A piece of a notebook that a shell, or an installer's magic, runs.

    Attributes:
        text: the shell's text; for `%pip install x` it is "pip install x".
        cell: the cell's index.
        offset: where `text` begins in the cell's source.
        expands: whether IPython replaces `{expression}` and `$name` by values of Python.
        commands: the commands in it, those in substitutions included.
    """

    text: str
    cell: int
    offset: int
    expands: bool
    commands: tuple[Command, ...]


def shell_texts(notebook: Notebook) -> Iterator[ShellText]:
    """The shell texts of a notebook's code cells, in order."""
    for cell in notebook.cells:
        for magic in cell.magics:
            for start, end, expands in _shell_ranges(cell, magic):
                yield _shell_text(cell.source[start:end], cell.index, start, expands=expands)


def _shell_ranges(cell: Cell, magic: Magic) -> Iterator[tuple[int, int, bool]]:
    """Where a magic holds shell text in its cell's source, and whether IPython puts values of Python into it."""
    line = magic.text_span
    if magic.kind == "shell" or (magic.kind == "line" and magic.name in _SHELL_LINES):
        yield line.start, line.end, True
    elif magic.kind == "line" and magic.name in _INSTALLERS:
        start = cell.source.find(magic.name, magic.span.start, line.start)
        yield start if start >= 0 else line.start, line.end, True
    elif magic.kind == "line" and magic.name in _TIMERS:
        timed = _TIMED.match(magic.text)
        if timed is not None:
            yield line.start + timed.end(), line.end, True
    elif magic.kind == "cell" and magic.body_span is not None:
        if magic.name in _SHELL_CELLS and (magic.name != "script" or _SHELL_SCRIPT.match(magic.text)):
            if not cell.source.startswith("%%", magic.span.start):  # Databricks's `%sh command`
                yield line.start, line.end, False
            yield magic.body_span.start, magic.body_span.end, False
        elif magic.name in ("writefile", "file") and _SCRIPT_FILE.fullmatch(magic.text):
            yield magic.body_span.start, magic.body_span.end, False


def _shell_text(text: str, cell: int, offset: int, *, expands: bool) -> ShellText:
    return ShellText(text, cell, offset, expands, parse_commands(text, offset=offset, cell=cell))
