"""IPython syntax: found, recorded, and masked so that what is left parses as Python with every offset unchanged.

IPython rewrites its own syntax into calls before Python sees it (IPython/core/inputtransformer2.py). Here it is
overwritten in place instead: with an expression that does nothing where a statement stood, with a name where a value
is assigned, and with spaces elsewhere. Python that a magic runs (`%time f(x)`, the body of `%%timeit`) stays.
"""

from __future__ import annotations

import ast
import re
import warnings

from mlwarden.model.record import record
from mlwarden.model.spans import Span
from mlwarden.notebooks.lexing import LogicalLine, logical_line, physical_end
from mlwarden.notebooks.magic_names import AUTOMAGIC, DATABRICKS_CELL, OTHER_BODY, PYTHON_ARGUMENT, PYTHON_BODY
from mlwarden.notebooks.notebook import Magic

MAX_MAGICS = 50_000
"""Most pieces of IPython syntax in a cell; a cell beyond that was not written by anybody."""

# Cell magics can be stacked (`%%time`, then `%%capture`). Each keeps its body, so their number is bounded.
_MAX_STACKED = 8
_MAX_STACKED_LENGTH = 1 << 20

_ESCAPES = frozenset("%!?,;/")
# Whether a text can hold IPython syntax at all: an escape begins a line or follows `=`, or a `?` ends a line.
_CANDIDATE = re.compile(
    r"(?:\A|[\r\n])[ \t\f]*[%!?,;/]|=[ \t\f]*(?:\\[\r\n]+[ \t\f]*)?[%!](?!=)|\?[ \t\f]*(?:#|[\r\n]|\Z)"
)
_PROMPT_FIRST = re.compile(r"\s*(?:>>>|In \[\d+\]:)(?:[ \t\r\n]|\Z)")
_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.|In \[\d+\]:|\.{3,}:)(?:[ \t]|(?=[\r\n])|\Z)", re.MULTILINE)
_FIRST_CODE = re.compile(r"(?:\A|[\r\n])([ \t\f]*)[^\s#]")
_AUTOMAGIC = re.compile(rf"\s*({'|'.join(sorted(AUTOMAGIC))})[ \t]+[^\s=.(\[,:]")
_NAME = re.compile(r"\S*")
_SPACES = re.compile(r"[ \t\f]*")
_END_OF_LINE = re.compile(r"[\r\n]|\Z")
_NOT_LINE_END = re.compile(r"[^\r\n]")
_HELP_ON_MAGIC = re.compile(r"%{1,2}\w*\?{1,2}[ \t]*")
_OPTION = re.compile(r"--[A-Za-z][\w-]*(?:=\S+)?(?!\S)|-([A-Za-z]\S*)")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PYTHON_SCRIPT = re.compile(r"(?:\S*/)?(?:python3?(?:\.\d+)?|\{sys\.executable\})(?:\s|$)")


class TooManyMagicsError(ValueError):
    """A cell holds more than `MAX_MAGICS` pieces of IPython syntax."""


@record(frozen=True, slots=True)
class Masked:
    """A code cell's Python.

    Attributes:
        python: the source with IPython syntax overwritten position for position, or "" where it is not Python.
        magics: the IPython syntax, in order.
    """

    python: str
    magics: tuple[Magic, ...] = ()


def mask(source: str, *, databricks: bool = False) -> Masked:
    """Separate a code cell's Python from its IPython syntax.

    Args:
        source: the cell's text.
        databricks: whether a first line such as `%sql` turns the whole cell, as in a Databricks notebook.

    Returns:
        `python` has the length and the line ends of `source`; it parses if the Python in the cell does. In a magic,
        `text` is exactly the source at `text_span`: lines joined by a backslash are left as they stand.

    Raises:
        TooManyMagicsError: for a cell with more than `MAX_MAGICS` of them.
    """
    text = source
    if _PROMPT_FIRST.match(source):
        text = _PROMPT.sub(lambda prompt: " " * len(prompt[0]), source)
    if _CANDIDATE.search(text):
        masker = _Masker(text, databricks)
        python = masker.run()
        magics = tuple(masker.magics)
    else:
        python, magics = _automagic(text) if _AUTOMAGIC.match(text) else (text, ())
    first = _FIRST_CODE.search(python)
    if first and first[1] and not parses(python):
        python = _unindented(python)
    if not python.isascii() and _LONE_SURROGATE.search(python):
        python = _LONE_SURROGATE.sub("\ufffd", python)  # no parser takes half a character, wherever it stands
    return Masked(python, magics)


def parses(text: str) -> bool:
    """Whether a text is Python of this interpreter's version, top-level `await` allowed."""
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<cell>", "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _automagic(source: str) -> tuple[str, tuple[Magic, ...]]:
    """`pip install x` as a cell's only line is `%pip install x`."""
    start = len(source) - len(source.lstrip())
    end = len(source.rstrip())
    if "\n" in source[start:end] or "\r" in source[start:end] or parses(source[start:end]):
        return source, ()
    masker = _Masker(source, False)
    masker.bare_magic(start, end)
    return masker.rest(), tuple(masker.magics)


def _unindented(python: str) -> str:
    """Let a cell parse that is indented as a whole, which IPython takes: `  x = 1` becomes `0;x = 1`.

    Only simple statements can follow on a placeholder; where there are others, the cell stays as it is.
    """
    parts: list[str] = []
    done = pos = 0
    while pos < len(python):
        line = logical_line(python, pos)
        if line.last >= 0:
            if line.code - line.start < 2:
                return python
            parts.append(python[done : line.start] + "0;")
            done = line.start + 2
        pos = line.next
    changed = "".join(parts) + python[done:]
    return changed if parses(changed) else python


class _Masker:
    """Goes through a cell's logical lines; `parts` is the masked text so far, complete up to `done`."""

    def __init__(self, source: str, databricks: bool, nested: bool = False) -> None:
        self.source = source
        self.databricks = databricks
        self.nested = nested
        self.magics: list[Magic] = []
        self.parts: list[str] = []
        self.done = 0

    def run(self) -> str:
        """The masked text, or "" where the cell is not Python."""
        source = self.source
        pos = 0
        opened = 0  # cell magics so far; they come before everything but blank lines and comments
        most = _MAX_STACKED if len(source) < _MAX_STACKED_LENGTH else 1
        first = True
        doubt = -1  # where the body of an unknown cell magic begins
        while pos < len(source):
            code = self._after_space(pos)
            if source[code : code + 1] not in _ESCAPES:
                line = logical_line(source, pos)
                self._logical(line)
                first = first and line.last < 0
                pos = line.next
            elif first and opened < most and self._opens_cell(code):
                opened += 1
                pos, language = self._cell_magic(code)
                if language == "other":
                    return ""
                if language == "unknown" and doubt < 0:
                    doubt = pos
            else:
                first = False
                pos = self._escape(code)
        python = self.rest()
        if doubt >= 0 and not parses(python[doubt:]):
            del self.magics[opened:]  # what looks like magics is something else in another language
            return ""
        return python

    def rest(self) -> str:
        """The masked text, with all that is left of the source as it is."""
        self._keep(len(self.source))
        return "".join(self.parts)

    def bare_magic(self, start: int, end: int) -> None:
        """Take the text from `start` to `end` for a line magic without its `%`."""
        self._line_magic(start, end)

    # --- finding -----------------------------------------------------------------------------------------------------

    def _opens_cell(self, code: int) -> bool:
        """Whether the escape at `code`, with no code before it, takes the whole cell."""
        source = self.source
        end, after = physical_end(source, code)
        if source.startswith("%%", code):
            return source[code + 2 : code + 3].strip() != "" and not _HELP_ON_MAGIC.fullmatch(source, code, end)
        if source[code] != "%" or self.nested:
            return False
        name = source[code + 1 : _end(_NAME, source, code + 1)].lower()
        if name not in DATABRICKS_CELL:
            return False
        if self.databricks or name in ("md", "md-sandbox"):
            return True
        # `%sql` and `%sh` are line magics in IPython, if the rest of the cell can stand by itself.
        rest = source[after:]
        return rest.strip() != "" and not parses(_Masker(rest, False, nested=True).run() or "?")

    def _logical(self, line: LogicalLine) -> None:
        """An ordinary line: mask what it assigns from a magic, or all of it when it asks for help."""
        if line.escape >= 0:
            self._assigned(line)
        elif line.last >= 0 and self.source[line.last] == "?":
            end = line.last + 1
            target = end - 2 if self.source.startswith("??", end - 2) else end - 1
            self._record("help", "?", Span(line.code, end), self._argument(line.code, max(target, line.code)))
            self._mask(line.code, end, "0")

    # --- masking -----------------------------------------------------------------------------------------------------

    def _escape(self, code: int) -> int:
        """A line that begins with an escape character at `code`; returns where the next line begins."""
        source = self.source
        end, after = physical_end(source, code)
        character = source[code]
        if character == "%":
            self._line_magic(code, end)
            return after
        if character == "!":
            name = "!!" if source.startswith("!!", code) else "!"
            self._record("shell", name, Span(code, end), self._argument(code + len(name), end))
        elif character == "?":
            target = code + 2 if source.startswith("??", code) else code + 1
            self._record("help", "?", Span(code, end), self._argument(target, end))
        else:
            self._record("line", character, Span(code, end), self._argument(code + 1, end))
        self._mask(code, end, "0")
        return after

    def _line_magic(self, code: int, end: int) -> None:
        """`%name argument` as a statement."""
        if _HELP_ON_MAGIC.fullmatch(self.source, code, end):
            target = code + len(self.source[code:end].rstrip(" \t?"))
            self._record("help", "?", Span(code, end), Span(code, target))
            self._mask(code, end, "0")
            return
        name, text = self._named(code, end)
        self._record("line", name, Span(code, end), text)
        self._mask_to_python(code, end, self._python_in(name, text), "0;", "0")

    def _assigned(self, line: LogicalLine) -> None:
        """`x = %name argument` or `x = !command`."""
        source = self.source
        code, end = line.escape, line.end
        unknown = "_" * min(end - code, 3)  # a name that nobody binds: the value is not known
        if source[code] == "!":
            name = "!!" if source.startswith("!!", code) else "!"
            self._record("shell", name, Span(line.code, end), self._argument(code + len(name), end))
            self._mask(code, end, unknown)
            return
        name, text = self._named(code, end)
        self._record("line", name, Span(line.code, end), text)
        python = self._python_in(name, text)
        if python is not None and name.lower() == "time" and parses("_=" + source[python:end]):
            self._mask(code, python, "")  # `x = %time f()` assigns what f returns
        else:
            self._mask_to_python(code, end, python, f"{unknown};", unknown)

    def _mask_to_python(self, code: int, end: int, python: int | None, before: str, instead: str) -> None:
        """Mask up to the Python that a magic runs, which follows on a placeholder if it is a simple statement."""
        if python is not None and len(before) <= python - code and parses("0;" + self.source[python:end]):
            self._mask(code, python, before)
        else:
            self._mask(code, end, instead)

    def _cell_magic(self, code: int) -> tuple[int, str]:
        """`%%name argument` and all that follows; where its body begins, and "python", "other" or "unknown"."""
        source = self.source
        end = _END_OF_LINE.search(source, code).start()  # type: ignore[union-attr]  # it matches at the end of the text
        body = end + 2 if source.startswith("\r\n", end) else min(end + 1, len(source))
        name, text = self._named(code, end)
        self._record("cell", name, Span(code, len(source)), text, Span(body, len(source)))
        key = name.lower()
        if not source.startswith("%%", code):
            language = "python" if key == "python" else "other"
        elif key in PYTHON_BODY or (key == "script" and _PYTHON_SCRIPT.match(source, text.start, text.end)):
            language = "python"
        else:
            language = "other" if key in OTHER_BODY else "unknown"
        # `%%timeit setup` runs its line too, and `%%time f(x)` without a body is a `%time`.
        python = self._python_in(name, text) if language == "python" else None
        self._mask_to_python(code, end, python, "0;", "")
        return body, language

    # --- pieces ------------------------------------------------------------------------------------------------------

    def _after_space(self, pos: int) -> int:
        return _end(_SPACES, self.source, pos)

    def _named(self, code: int, end: int) -> tuple[str, Span]:
        """The name after the percent signs at `code`, and where its argument stands."""
        start = code
        while start < end and self.source[start] == "%":
            start += 1
        start = min(self._after_space(start), end)
        name_end = min(_end(_NAME, self.source, start), end)
        return self.source[start:name_end], self._argument(name_end, end)

    def _argument(self, start: int, end: int) -> Span:
        """`start` to `end` without the space around."""
        start = min(self._after_space(start), end)
        while end > start and self.source[end - 1] in " \t\f":
            end -= 1
        return Span(start, end)

    def _python_in(self, name: str, text: Span) -> int | None:
        """Where the Python begins in the argument of a magic that runs its argument, after its options."""
        options = PYTHON_ARGUMENT.get(name.lower())
        if options is None:
            return None
        pos = text.start
        while option := _OPTION.match(self.source, pos, text.end):
            after = self._after_option(option, options)
            if after is None:
                break
            pos = after
        return pos if pos < text.end else None

    def _after_option(self, option: re.Match[str], options: str) -> int | None:
        """The place after an option (read as getopt does) and its value; None if the magic has no such option."""
        after = self._after_space(option.end())
        cluster: str | None = option[1]
        if cluster is None:
            return after
        for index, letter in enumerate(cluster):
            known = options.find(letter)
            if letter == ":" or known < 0:
                return None
            if options[known + 1 : known + 2] == ":":
                in_next_word = index + 1 == len(cluster)
                return self._after_space(_end(_NAME, self.source, after)) if in_next_word else after
        return after

    def _record(self, kind: str, name: str, span: Span, text: Span, body: Span | None = None) -> None:
        if len(self.magics) >= MAX_MAGICS:
            raise TooManyMagicsError(f"more than {MAX_MAGICS} magics in one cell")
        source = self.source
        body_text = source[body.start : body.end] if body else ""
        self.magics.append(Magic(kind, name, source[text.start : text.end], body_text, span, text, body))

    def _keep(self, end: int) -> None:
        self.parts.append(self.source[self.done : end])
        self.done = end

    def _mask(self, start: int, end: int, head: str) -> None:
        """Overwrite a range by `head` and spaces; line ends stay."""
        self._keep(start)
        self.parts.append(head + _NOT_LINE_END.sub(" ", self.source[start + len(head) : end]))
        self.done = end


def _end(pattern: re.Pattern[str], text: str, pos: int) -> int:
    match = pattern.match(text, pos)
    assert match is not None
    return match.end()
