"""`Word` and `Command`: what a shell runs, each word with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlwarden.model.spans import Span

MOST_SOURCES = 64
"""Commands of a pipe or group that are looked at; nobody writes longer ones by hand."""

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
LEADING = frozenset({"!", "{", "(", "then", "do", "else", "elif", "if", "while", "until", "exec", "command", "builtin"})
"""Words before the program's own name."""
_IO_NICE = ("-c", "-n", "-p")
_STREAMS = ("-i", "-o", "-e")
# Program that runs another one -> its options that take the next word, and how many words of its own come first.
_WRAPPERS: dict[str, tuple[tuple[str, ...], int]] = {
    "sudo": (("-u", "-g", "-h", "-p", "-C", "-U"), 0),
    "doas": (("-u", "-C"), 0),
    "env": (("-u", "-C", "-S"), 0),
    "nice": (("-n",), 0),
    "ionice": (_IO_NICE, 0),
    "stdbuf": (_STREAMS, 0),
    "nohup": ((), 0),
    "setsid": ((), 0),
    "time": (("-f", "-o"), 0),
    "timeout": (("-k", "-s", "--kill-after", "--signal"), 1),
    "xargs": (("-n", "-I", "-P", "-L", "-d", "-a", "-s", "-E"), 0),
}
_RUNNERS = frozenset({"conda", "mamba", "micromamba", "uv", "poetry", "pipenv", "pdm", "pixi", "rye"})
_RUN_VALUES = ("-n", "--name", "-p", "--prefix", "--with", "--python", "--project", "--extra", "--group", "-e")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command.

    Attributes:
        text: with quotes and backslashes taken off; a substitution as it is written.
        span: where it stands, quotes included.
        nested: the commands of the substitutions in it, `$(...)`, backquotes, `<(...)`.
        is_process: whether it is `<(...)`, a file that a command writes.
    """

    text: str
    span: Span
    nested: tuple[Command, ...] = ()
    is_process: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command.

    Attributes:
        words: all words but redirections.
        span: from the first word to the last.
        source: the command whose output is piped into it, or None.
        redirects: (operator, word) such as (">", Word("out.txt")).
        beside: the other commands of a group, `(a || b) | c`, whose output goes the same way as that of `source`.
    """

    words: tuple[Word, ...]
    span: Span
    source: Command | None = None
    redirects: tuple[tuple[str, Word], ...] = ()
    beside: tuple[Command, ...] = ()

    @property
    def start(self) -> int:
        """The index of the program's word: assignments, `sudo`, `env` and the like come before it."""
        index = 0
        while index < len(self.words):
            text = self.words[index].text
            if text in LEADING or ASSIGNMENT.match(text):
                index += 1
            elif base_name(text) in _WRAPPERS and index + 1 < len(self.words):
                options, own = _WRAPPERS[base_name(text)]
                index = self._after_options(index + 1, options) + own
            elif self._is_runner(index):
                index = self._after_options(index + 2, _RUN_VALUES)
            else:
                break
        return index

    def _is_runner(self, index: int) -> bool:
        """Whether `conda run` or its like stands at `index`, with something to run after it."""
        following = self.words[index + 1 : index + 3]
        return len(following) == 2 and following[0].text == "run" and base_name(self.words[index].text) in _RUNNERS

    def _after_options(self, index: int, with_value: tuple[str, ...]) -> int:
        while index < len(self.words) and self.words[index].text.startswith("-"):
            index += 2 if self.words[index].text in with_value else 1
        return index

    @property
    def program(self) -> str:
        """The base name of the program in lower case, "" if there is none."""
        words = self.words[self.start : self.start + 1]
        return base_name(words[0].text) if words else ""

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words after the program."""
        return self.words[self.start + 1 :]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the arguments."""
        return tuple(word.text for word in self.arguments)

    @property
    def is_root(self) -> bool:
        """Whether it runs by `sudo` or `doas`."""
        return any(base_name(word.text) in ("sudo", "doas") for word in self.words[: self.start + 1])

    def sources(self) -> Iterator[Command]:
        """The commands before it in the pipe, the nearest first; of a very long pipe some."""
        command: Command | None = self
        for _ in range(MOST_SOURCES):
            if command is None or command.source is None:
                return
            yield command.source
            yield from command.beside[:MOST_SOURCES]
            command = command.source

    def option(self, *names: str) -> Word | None:
        """The first argument that is one of these options: `--name`, `--name=...`, `-n` also among `-qn`."""
        for word in self.arguments:
            head = word.text.partition("=")[0]
            if head in names:
                return word
            if word.text.startswith("-") and not word.text.startswith("--"):
                letters = word.text[1:]
                if letters.isalpha() and any(len(name) == 2 and name[1] in letters for name in names):
                    return word
        return None


def base_name(word: str) -> str:
    """The name of a program without its folder, in lower case."""
    name = word.replace("\\", "/").rpartition("/")[2].lower()
    return name.removesuffix(".exe")


def moved(command: Command, span: Span) -> Command:
    """The command with a place of its own: for commands in strings, whose words have no places in the file."""
    return replace(command, span=span)
