"""The grammar of POSIX shells, as far as it tells which programs run with which arguments.

Quotes, pipes, lists, groups, substitutions, redirections, comments and here-documents are read. Control flow is passed
over: the commands of every branch count. Text that is no valid shell gives fewer commands, never an error.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_words import ASSIGNMENT, LEADING, MOST_SOURCES, Command, Word

MAX_DEPTH = 8
"""Substitutions inside substitutions; deeper ones are text."""
MAX_TEXT = 200_000
"""Longer shell texts are cut: nobody writes them by hand."""
_MOST_HERE_WORDS = 32

_ANSI_C = re.compile(r"\$'(?P<inside>(?:[^'\\]|\\.)*)'", re.DOTALL)
_ARRAY = re.compile(r"\([^()`]*\)")
_DOUBLE = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACES = re.compile(r"\{[^{}\r\n]*(?:\{[^{}\r\n]*\}[^{}\r\n]*)*\}")
_SUBSTITUTION = re.compile(r"\\.|\$\((?!\()|`", re.DOTALL)
_PLAIN = re.compile(r"[^\s\\'\"`$<>|&;(){}#]+")
_HERE = re.compile(r"-?[ \t]*(?P<quote>['\"]?)(?P<end>[\w.-]+)(?P=quote)")
_OPENERS = frozenset({"{", "if", "for", "while", "until", "case", "select"})
_CLOSERS = frozenset({"}", "fi", "done", "esac"})


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
        self.closings: dict[str, list[tuple[int, int]]] = {}

    def span(self, start: int, end: int) -> Span:
        return Span(start + self.offset, end + self.offset, self.cell)

    def closing(self, word: str, pos: int, end: int) -> int:
        """Where the here-document that `word` closes ends, or -1."""
        found = self.closings.get(word)
        if found is None:
            if len(self.closings) >= _MOST_HERE_WORDS:
                return -1
            pattern = re.compile(rf"^[ \t]*{re.escape(word)}[ \t]*$", re.MULTILINE)
            found = self.closings[word] = [match.span() for match in pattern.finditer(self.text)]
        index = bisect_left(found, (pos, 0))
        return found[index][1] if index < len(found) and found[index][1] <= end else -1

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
        self.groups: list[int] = []  # where the commands of open groups begin
        self.beside: tuple[Command, ...] = ()
        self.closed: tuple[Command, ...] = ()  # the commands of the group that was just closed
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
        elif character == "$" and (ansi := _ANSI_C.match(text, pos, end)):
            self.add(re.sub(r"\\([\\'\"])", r"\1", ansi["inside"]), pos, ansi.end())
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
                if text.startswith("$", pos - 1):  # `${name:-$(command)}`
                    self.substitutions_in(pos + 1, braces.end() - 1)
                self.add(braces[0], pos, braces.end())
        else:
            self.add(character, pos, pos + 1)

    def double_quoted(self) -> None:
        pos = self.pos
        quoted = _DOUBLE.match(self.text, pos, self.end)
        if quoted is None:
            self.add('"', pos, pos + 1)
            return
        self.substitutions_in(pos + 1, quoted.end() - 1)
        inside = re.sub(r"\\(?:(?P<kept>[\"\\$`])|\r\n|[\r\n])", r"\g<kept>", quoted[0][1:-1])
        self.add(inside, pos, quoted.end())

    def substitutions_in(self, start: int, end: int) -> None:
        """The commands in the substitutions between two places, where quotes keep everything else together."""
        if self.depth >= MAX_DEPTH:
            return
        done = start
        for opening in _SUBSTITUTION.finditer(self.text, start, end):
            at = opening.start()
            if at < done or opening[0].startswith("\\"):
                continue
            if opening[0] == "`":
                close = self.text.find("`", at + 1, end)
                if close < 0:
                    return
                _, commands = self.reader.read(at + 1, close, self.depth + 1)
                done = close + 1
            else:
                done, commands = self.reader.read(at + 2, end, self.depth + 1, nested=True)
            self.inner.extend(commands)

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
            command = Command(tuple(self.words), span, self.source, tuple(self.redirects), self.beside)
            self.group_words()
            self.commands.append(command)
            self.reader.found.append(command)
        self.words, self.redirects = [], []
        if command is not None or piped:  # a line may end after the bar
            self.source, self.beside = (command, ()) if piped else (None, ())
        if piped and self.closed:
            self.source, self.beside = self.closed[-1], self.closed[-1 - MOST_SOURCES : -1]
        self.closed = ()

    def group_words(self) -> None:
        """Note whether the command that ends here opens a group or is the word that closes one."""
        self.closed = ()
        for word in self.words:
            if word.text in _OPENERS:
                self.groups.append(len(self.commands))
            elif word.text in _CLOSERS and len(self.words) == 1:
                self.close_group()
            if word.text not in LEADING:
                break

    def close_group(self) -> None:
        if self.groups:
            start = max(self.groups.pop(), len(self.commands) - MOST_SOURCES)
            self.closed = tuple(self.commands[start:])

    def operator(self, character: str) -> bool:
        """A control operator; True where it closes this level."""
        text, pos = self.text, self.pos
        if character == "(":
            if self.word_start >= 0:  # a function's name, an array
                array = _ARRAY.match(text, pos, self.end)
                if array is not None and ASSIGNMENT.fullmatch("".join(self.pieces)):
                    self.add(array[0], pos, array.end())
                    return False
                self.add("(", pos, pos + 1)
                self.groups.append(len(self.commands))
            else:
                self.end_command()
                self.groups.append(len(self.commands))
                self.pos = pos + 1
            self.parentheses += 1
            return False
        if character == ")":
            self.pos = pos
            if self.nested and self.parentheses == 0:
                self.end_command()
                self.pos = pos + 1
                return True
            self.end_command()
            if self.parentheses:
                self.parentheses -= 1
                self.close_group()
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
            self.pos = max(self.pos, self.reader.closing(word, self.pos, self.end))
        self.here = []
