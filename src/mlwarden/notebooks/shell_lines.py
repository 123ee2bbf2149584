"""The shell commands in a notebook: `!...` lines, `%%bash` bodies, `%pip` and its like, each word with its place.

The grammar is that of POSIX shells as far as it tells which programs run with which arguments: quotes, pipes, lists,
substitutions, redirections, comments and here-documents. Control flow is passed over: the commands of every branch
count. Text that is no valid shell gives fewer commands, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook

MAX_DEPTH = 8
"""Substitutions inside substitutions; deeper ones are text."""
MAX_TEXT = 200_000
"""Longer shell texts are cut: nobody writes them by hand."""

_SHELL_CELLS = frozenset({"bash", "sh", "zsh", "ksh", "dash", "!", "!!", "sx", "system", "script"})
_SHELL_LINES = frozenset({"sx", "system", "sc"})
_INSTALLERS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
_SHELL_SCRIPT = re.compile(r"(?:--?\S+\s+)*(?:\S*/)?(?:ba|z|k|da)?sh\b")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_DOUBLE = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACES = re.compile(r"\{[^{}\r\n]*(?:\{[^{}\r\n]*\}[^{}\r\n]*)*\}")
_PLAIN = re.compile(r"[^\s\\'\"`$<>|&;(){}#]+")
_HERE = re.compile(r"-?[ \t]*(?P<quote>['\"]?)(?P<end>[\w.-]+)(?P=quote)")
# Words before the program's own name.
_LEADING = frozenset(
    {"!", "{", "(", "then", "do", "else", "elif", "if", "while", "until", "time", "nohup", "exec", "command", "builtin"}
)
_WRAPPERS = {"sudo": ("-u", "-g", "-h", "-p", "-C", "-U"), "env": ("-u", "-C", "-S"), "nice": ("-n",), "doas": ("-u",)}


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
    """

    words: tuple[Word, ...]
    span: Span
    source: Command | None = None
    redirects: tuple[tuple[str, Word], ...] = ()

    @property
    def start(self) -> int:
        """The index of the program's word: assignments, `sudo`, `env` and the like come before it."""
        index = 0
        while index < len(self.words):
            text = self.words[index].text
            if text in _LEADING or _ASSIGNMENT.match(text):
                index += 1
            elif base_name(text) in _WRAPPERS and index + 1 < len(self.words):
                index = self._after_options(index + 1, _WRAPPERS[base_name(text)])
            else:
                break
        return index

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
        """The commands before it in the pipe, the nearest first."""
        command = self.source
        while command is not None:
            yield command
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


def base_name(word: str) -> str:
    """The name of a program without its folder, in lower case."""
    name = word.replace("\\", "/").rpartition("/")[2].lower()
    return name.removesuffix(".exe")


def shell_texts(notebook: Notebook) -> Iterator[ShellText]:
    """The shell texts of a notebook's code cells, in order."""
    for cell in notebook.cells:
        for magic in cell.magics:
            if magic.kind == "shell" or (magic.kind == "line" and magic.name in _SHELL_LINES):
                yield _shell_text(magic.text, cell.index, magic.text_span.start, expands=True)
            elif magic.kind == "line" and magic.name in _INSTALLERS:
                start = cell.source.find(magic.name, magic.span.start, magic.text_span.start)
                start = start if start >= 0 else magic.text_span.start
                text = cell.source[start : magic.text_span.end]
                yield _shell_text(text, cell.index, start, expands=True)
            elif magic.kind == "cell" and magic.name in _SHELL_CELLS and magic.body_span is not None:
                if magic.name != "script" or _SHELL_SCRIPT.match(magic.text):
                    yield _shell_text(magic.body, cell.index, magic.body_span.start, expands=False)


def _shell_text(text: str, cell: int, offset: int, *, expands: bool) -> ShellText:
    return ShellText(text, cell, offset, expands, parse_commands(text, offset=offset, cell=cell))


def parse_commands(text: str, *, offset: int = 0, cell: int | None = None) -> tuple[Command, ...]:
    """The commands in a shell's text, those inside substitutions included, in order of their place.

    Args:
        text: one or more lines.
        offset: added to all places.
        cell: the cell that the places count in.
    """
    reader = _Reader(text[:MAX_TEXT], offset, cell)
    reader.read(0, len(reader.text), 0)
    return tuple(sorted(reader.found, key=lambda command: (command.span.start, -command.span.end)))


class _Reader:
    """Reads shell text; `found` collects every command."""

    def __init__(self, text: str, offset: int, cell: int | None) -> None:
        self.text, self.offset, self.cell = text, offset, cell
        self.found: list[Command] = []
        self.last_single = text.rfind("'")
        self.last_back = text.rfind("`")

    def span(self, start: int, end: int) -> Span:
        return Span(start + self.offset, end + self.offset, self.cell)

    def read(self, pos: int, end: int, depth: int, *, nested: bool = False) -> tuple[int, tuple[Command, ...]]:
        """Read commands up to `end`, or to the parenthesis that closes a substitution; returns where it stopped."""
        return _Level(self, pos, end, depth, nested).run()


class _Level:
    """One list of commands: the text itself or the inside of a substitution."""

    def __init__(self, reader: _Reader, pos: int, end: int, depth: int, nested: bool) -> None:
        self.reader, self.text, self.pos, self.end, self.depth, self.nested = (
            reader,
            reader.text,
            pos,
            end,
            depth,
            nested,
        )
        self.commands: list[Command] = []
        self.words: list[Word] = []
        self.redirects: list[tuple[str, Word]] = []
        self.redirect = ""
        self.source: Command | None = None
        self.pieces: list[str] = []
        self.inner: list[Command] = []
        self.word_start = -1
        self.is_process = False
        self.parentheses = 0
        self.here: list[str] = []

    def run(self) -> tuple[int, tuple[Command, ...]]:
        text, end = self.text, self.end
        while self.pos < end:
            plain = _PLAIN.match(text, self.pos, end)
            if plain is not None:
                self.add(plain[0], self.pos, plain.end())
                continue
            character = text[self.pos]
            if character in " \t\f\v":
                self.end_word()
                self.pos += 1
            elif character in "\r\n":
                self.end_command()
                self.pos += 1
                self.skip_here_documents()
            elif character == "#" and self.word_start < 0:
                while self.pos < end and text[self.pos] not in "\r\n":
                    self.pos += 1
            elif character in "|&;()":
                if self.operator(character):
                    self.end_command()
                    return self.pos, tuple(self.commands)
            elif character in "<>":
                self.redirection(character)
            else:
                self.piece(character)
        self.end_command()
        return self.pos, tuple(self.commands)

    # --- pieces of words ---------------------------------------------------------------------------------------------

    def add(self, piece: str, start: int, end: int) -> None:
        if self.word_start < 0:
            self.word_start = start
        self.pieces.append(piece)
        self.pos = end

    def piece(self, character: str) -> None:
        text, pos, end = self.text, self.pos, self.end
        if character == "\\":
            after = 3 if text.startswith("\r\n", pos + 1) else 2
            if text[pos + 1 : pos + 2] in ("\r", "\n"):
                self.pos = pos + after
            else:
                self.add(text[pos + 1 : min(pos + 2, end)], pos, min(pos + 2, end))
        elif character == "'" and pos < self.reader.last_single:
            close = text.find("'", pos + 1, end)
            self.add(text[pos + 1 : close] if close > 0 else "'", pos, close + 1 if close > 0 else pos + 1)
        elif character == '"':
            self.double_quoted()
        elif character == "$" and text.startswith("$(", pos):
            self.substitution(pos, pos + 2)
        elif character == "`" and pos < self.reader.last_back:
            close = text.find("`", pos + 1, end)
            if close > 0 and self.depth < MAX_DEPTH:
                _, commands = self.reader.read(pos + 1, close, self.depth + 1)
                self.inner.extend(commands)
            self.add(text[pos : close + 1] if close > 0 else "`", pos, close + 1 if close > 0 else pos + 1)
        elif character == "{" and (braces := _BRACES.match(text, pos, min(end, pos + 2000))):
            if text[pos + 1] in " \t":
                self.add("{", pos, pos + 1)
            else:
                self.add(braces[0], pos, braces.end())
        else:
            self.add(character, pos, pos + 1)

    def double_quoted(self) -> None:
        pos = self.pos
        quoted = _DOUBLE.match(self.text, pos, self.end)
        if quoted is None:
            self.add('"', pos, pos + 1)
            return
        inside = quoted[0][1:-1]
        for opening in re.finditer(r"\$\((?!\()|`", inside):
            at = pos + 1 + opening.start()
            if self.depth >= MAX_DEPTH:
                break
            if opening[0] == "`":
                close = self.text.find("`", at + 1, quoted.end())
                if close < 0 or any(at < command.span.end - self.reader.offset for command in self.inner):
                    continue
                _, commands = self.reader.read(at + 1, close, self.depth + 1)
            else:
                if any(at < command.span.end - self.reader.offset for command in self.inner):
                    continue
                _, commands = self.reader.read(at + 2, quoted.end() - 1, self.depth + 1, nested=True)
            self.inner.extend(commands)
        self.add(re.sub(r"\\([\"\\$`])", r"\1", inside), pos, quoted.end())

    def substitution(self, start: int, inside: int) -> None:
        """`$(...)` or `<(...)`."""
        if self.depth >= MAX_DEPTH:
            self.add(self.text[start:inside], start, inside)
            return
        stop, commands = self.reader.read(inside, self.end, self.depth + 1, nested=True)
        self.inner.extend(commands)
        self.add(self.text[start:stop], start, stop)

    # --- ends --------------------------------------------------------------------------------------------------------

    def end_word(self) -> None:
        if self.word_start < 0:
            return
        word = Word(
            "".join(self.pieces), self.reader.span(self.word_start, self.pos), tuple(self.inner), self.is_process
        )
        if self.redirect:
            self.redirects.append((self.redirect, word))
            self.redirect = ""
        else:
            self.words.append(word)
        self.pieces, self.inner, self.word_start, self.is_process = [], [], -1, False

    def end_command(self, *, piped: bool = False) -> None:
        self.end_word()
        self.redirect = ""
        command = None
        if self.words:
            span = Span(self.words[0].span.start, self.words[-1].span.end, self.reader.cell)
            command = Command(tuple(self.words), span, self.source, tuple(self.redirects))
            self.commands.append(command)
            self.reader.found.append(command)
        self.words, self.redirects = [], []
        self.source = command if piped else None

    def operator(self, character: str) -> bool:
        """A control operator; True where it closes this level."""
        text, pos = self.text, self.pos
        if character == "(":
            if self.word_start >= 0:  # a function's name, an array
                self.add("(", pos, pos + 1)
            else:
                self.end_command()
                self.pos = pos + 1
            self.parentheses += 1
            return False
        if character == ")":
            self.pos = pos
            if self.nested and self.parentheses == 0:
                self.end_command()
                self.pos = pos + 1
                return True
            self.parentheses = max(self.parentheses - 1, 0)
            self.end_command()
            self.pos = pos + 1
            return False
        if character == "&" and text.startswith("&>", pos):
            self.end_word()
            self.redirect = ">"
            self.pos = pos + (3 if text.startswith("&>>", pos) else 2)
            return False
        double = text.startswith(character * 2, pos)
        self.end_command(piped=character == "|" and not double)
        self.pos = pos + (2 if double or text.startswith("|&", pos) else 1)
        return False

    def redirection(self, character: str) -> None:
        text, pos = self.text, self.pos
        if text.startswith(f"{character}(", pos):
            self.end_word()
            self.is_process = True
            self.substitution(pos, pos + 2)
            return
        if self.word_start >= 0 and "".join(self.pieces).isdigit():  # `2>`
            self.pieces, self.word_start = [], -1
        self.end_word()
        if text.startswith("<<<", pos):
            self.redirect, self.pos = "<<<", pos + 3
        elif text.startswith("<<", pos):
            end = _HERE.match(text, pos + 2, self.end)
            if end is not None:
                self.here.append(end["end"])
            self.pos = end.end() if end is not None else pos + 2
        else:
            operator = character * 2 if text.startswith(character * 2, pos) else character
            self.redirect, self.pos = operator, pos + len(operator)
            if text.startswith("&", self.pos):  # `2>&1`
                self.pos += 1

    def skip_here_documents(self) -> None:
        """Pass over the bodies of the here-documents that the line before opened: they are data."""
        for word in self.here:
            close = re.compile(rf"^[ \t]*{re.escape(word)}[ \t]*$", re.MULTILINE).search(self.text, self.pos, self.end)
            if close is not None:
                self.pos = close.end()
        self.here = []


def moved(command: Command, span: Span) -> Command:
    """The command with a place of its own: for commands in strings, whose words have no places in the file."""
    return replace(command, span=span)
