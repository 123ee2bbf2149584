"""The programs that a document starts, with their options: in shell cells, calls, scripts, Dockerfiles and YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_lines import Command, Word, base_name, shell_texts
from mlwarden.semantics.shell_calls import commands_of_call
from mlwarden.source.documents import PlainText

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.source.documents import Document

_PYTHON = re.compile(r"python[\d.]*|\{sys\.executable\}")
# Programs that run another program, and their words before its name.
_RUNNERS = {("uvx",): 1, ("pipx", "run"): 2, ("uv", "tool", "run"): 3, ("coverage", "run", "-m"): 3}


@dataclass(frozen=True, slots=True)
class Started:
    """A program that is started.

    Attributes:
        program: its base name in lower case; for `python -m x.y` it is "x.y".
        words: its arguments.
        span: the command.
        in_text: whether the words have places of their own, so that they can be edited.
        is_list: whether the words are the items of a list rather than of a line.
        settings: the variables set in front of it, `NAME=value program`.
        in_container: whether it is what a container runs, where only a published port can be reached.
        name_end: where the program's name ends.
    """

    program: str
    words: tuple[Word, ...]
    span: Span
    in_text: bool = True
    is_list: bool = False
    settings: tuple[tuple[str, str], ...] = ()
    in_container: bool = False
    name_end: int = 0

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the arguments."""
        return tuple(word.text for word in self.words)

    def is_called(self, program: str, *verbs: str) -> bool:
        """Whether it is this program with one of these words among its arguments that are no options."""
        return self.program == program and (not verbs or any(text in verbs for text in self.texts[:8]))

    def place(self, *names: str) -> int | None:
        """The index of the last of these options, as such options override those before."""
        found = None
        for index, word in enumerate(self.words):
            if word.text.partition("=")[0] in names or self._is_glued(word.text, names):
                found = index
        return found

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return self.place(*names) is not None

    def value(self, *names: str) -> str | None:
        """The value of an option, from `--name value`, `--name=value` or `-nvalue`; None where it is not given."""
        index = self.place(*names)
        if index is None:
            return None
        text = self.words[index].text
        name, equals, value = text.partition("=")
        if name in names:
            return value if equals else self.words[index + 1].text if index + 1 < len(self.words) else ""
        return text[2:]

    def is_switched_on(self, *names: str) -> bool:
        """Whether a switch is given: `--name`, `--name=True`, but not `--name=False`."""
        index = self.place(*names)
        if index is None:
            return False
        value = self.words[index].text.partition("=")[2]
        return value.strip("'\"").lower() not in {"false", "0", "no"}

    def with_value(self, value: str, *names: str) -> TextEdit | None:
        """The edit that gives an option another value; None where the words cannot be edited."""
        index = self.place(*names)
        if index is None or not self.in_text:
            return None
        word = self.words[index]
        name, equals, _ = word.text.partition("=")
        if name not in names:
            return TextEdit(word.span, f"{word.text[:2]}{value}")
        if equals:
            return TextEdit(word.span, f"{name}={value}")
        return TextEdit(self.words[index + 1].span, value) if index + 1 < len(self.words) else None

    def without(self, *names: str, takes_value: bool = False) -> TextEdit | None:
        """The edit that takes an option away, with the space before it; None where that is not possible."""
        index = self.place(*names)
        if index is None or not self.in_text or self.is_list:
            return None
        start = self.words[index - 1].span.end if index else self.name_end
        last = self.words[index]
        if takes_value and "=" not in last.text and index + 1 < len(self.words):
            last = self.words[index + 1]
        return TextEdit(Span(start, last.span.end, self.span.cell), "")

    @staticmethod
    def _is_glued(text: str, names: tuple[str, ...]) -> bool:
        """Whether it is `-b0.0.0.0:80`, a short option with its value."""
        return len(text) > 2 and text[0] == "-" and text[1] != "-" and text[:2] in names and not text[2].isalpha()


def started_by_call(call: CallSite) -> Iterator[Started]:
    """The programs that a call of `shell_calls.SHELL_CALLS` starts; each has the call's place."""
    for command in commands_of_call(call):
        found = _started(command, in_text=False)
        if found is not None:
            yield found


def started_in_text(document: Document) -> Iterator[Started]:
    """The programs that a notebook's shell cells, a script, a Dockerfile, a YAML file and the like start."""
    commands: Iterator[tuple[Command, bool, bool]]
    if isinstance(document, Notebook):
        commands = ((command, False, False) for shell in shell_texts(document) for command in shell.commands)
    elif isinstance(document, PlainText):
        from mlwarden.semantics.config_commands import commands_in_config

        commands = commands_in_config(document)
    else:
        return
    for command, is_list, in_container in commands:
        found = _started(command, is_list=is_list, in_container=in_container)
        if found is not None:
            yield found


def _started(
    command: Command, *, in_text: bool = True, is_list: bool = False, in_container: bool = False
) -> Started | None:
    program, words = command.program, command.arguments
    for before, count in _RUNNERS.items():
        if (program, *(word.text for word in words[: count - 1])) == before:
            while count <= len(words) and words[count - 1].text.startswith("-"):
                count += 2 if words[count - 1].text in ("--from", "--with", "--python", "-p", "--spec") else 1
            if count > len(words):
                return None
            program, words = base_name(words[count - 1].text), words[count:]
    if _PYTHON.fullmatch(program):
        index = 0
        while index < len(words) and re.fullmatch(r"-[uOBEIsS]+", words[index].text):
            index += 1
        if len(words) <= index + 1 or words[index].text != "-m":
            return None
        program, words = words[index + 1].text.lower(), words[index + 2 :]
    if not program:
        return None
    leading = (word.text.partition("=") for word in command.words[: command.start] if "=" in word.text)
    settings = tuple((name, value) for name, _, value in leading)
    end = command.words[len(command.words) - len(words) - 1].span.end
    return Started(program, words, command.span, in_text, is_list, settings, in_container, end)
