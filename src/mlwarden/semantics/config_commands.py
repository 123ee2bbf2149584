"""The commands in scripts, Makefiles, Procfiles, unit files, Dockerfiles and YAML files, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_lines import Command, Word, parse_commands

if TYPE_CHECKING:
    from mlwarden.source.documents import PlainText

Found: TypeAlias = "tuple[Command, bool, bool]"
"""A command, whether its words are items of a list, and whether it is what a container runs."""

_SCRIPT = (".sh", ".bash", ".zsh", ".ksh", ".fish")
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".html", ".htm", ".json", ".js", ".ts", ".xml", ".sql")
_DOCKERFILE = re.compile(r"(?:.*[./])?(?:dockerfile|containerfile)(?:[-_.][^/]*)?", re.IGNORECASE)
_INSTRUCTION = re.compile(
    r"^[ \t]*(?:HEALTHCHECK[^\n]*?[ \t])?(?P<name>RUN|CMD|ENTRYPOINT)[ \t]+(?:--\w[^\s]*[ \t]+)*"
    r"(?P<body>(?:[^\\\n]|\\.|\\\r?\n(?:[ \t]*#[^\n]*\n)*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_STRING = re.compile(
    r"\"(?P<double>(?:[^\"\\\r\n]|\\.)*)\"|'(?P<single>[^'\r\n]*)'|(?P<plain>[^\s\[\],\"'#][^,\]\r\n#]*)"
)
_RECIPE = re.compile(r"^\t[@+-]*(?P<body>(?:[^\\\n]|\\.|\\\r?\n)*)", re.MULTILINE)
_PROCESS = re.compile(r"^[\w-]+:[ \t]*(?P<body>[^\n]+)", re.MULTILINE)
_UNIT = re.compile(r"^(?:ExecStart|command)[ \t]*=[ \t]*[-@:+!]*(?P<body>(?:[^\\\n]|\\.|\\\r?\n)+)", re.MULTILINE)
_KEY = re.compile(
    r"^(?P<indent>[ ]*)(?P<dash>-[ ]+)?[\"']?(?P<key>command|args|entrypoint|run|script|cmd|bash|exec|start"
    r"|startCommand|\w+_commands)[\"']?"
    r"[ ]*:[ \t]*(?P<rest>[^\r\n]*)",
    re.MULTILINE,
)
_BLOCK = re.compile(r"[|>][-+\d]*[ \t]*(?:#.*)?")
_ITEM = re.compile(r"[ \t]*-[ \t]+(?P<body>[^\r\n]+)")
# The program in the one list, its arguments in the other: Kubernetes, Docker Compose.
_SPLIT = frozenset({("command", "args"), ("entrypoint", "command")})
_MOST_KEYS = 500
_MOST_LINES = 400


def commands_in_config(document: PlainText) -> Iterator[Found]:
    """The commands that a text file runs, by what kind of file it is; prose has none."""
    path, text = document.path.replace("\\", "/").lower(), document.text
    name = path.rpartition("/")[2]
    if _DOCKERFILE.fullmatch(name):
        yield from _dockerfile(text)
    elif name.endswith((".yml", ".yaml")):
        yield from _yaml(text)
    elif name.endswith(_PROSE):
        return
    elif name in {"makefile", "gnumakefile"}:
        yield from _lines(_RECIPE, text)
    elif name == "procfile":
        # A platform that runs a Procfile publishes the port itself, as a container's host does.
        yield from ((command, False, True) for command, _, _ in _lines(_PROCESS, text))
    elif name.endswith((".service", ".conf", ".ini")):
        yield from _lines(_UNIT, text)
    elif name.endswith(_SCRIPT) or (text.startswith("#!") and "sh" in text.partition("\n")[0]):
        yield from ((command, False, False) for command in parse_commands(text))


def _lines(pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    for match in pattern.finditer(text):
        for command in parse_commands(match["body"], offset=match.start("body")):
            yield command, False, False


def _dockerfile(text: str) -> Iterator[Found]:
    entry: tuple[Word, ...] = ()
    for match in _INSTRUCTION.finditer(text):
        body, start, name = match["body"], match.start("body"), match["name"].upper()
        if not body.lstrip().startswith("["):
            for command in parse_commands(body, offset=start):
                yield command, False, name != "RUN"
            entry = () if name == "ENTRYPOINT" else entry
            continue
        words = _flow_items(text, start + body.index("[") + 1, start + len(body))
        if name == "ENTRYPOINT":
            entry = words
        # `CMD` holds the arguments of a program that `ENTRYPOINT` names.
        yield from _of_words(words, entry if name == "CMD" else (), in_container=name != "RUN")


def _yaml(text: str) -> Iterator[Found]:
    before: tuple[Word, ...] = ()
    level, end, last, end_before = -1, 0, "", 0
    for count, match in enumerate(_KEY.finditer(text)):
        if count >= _MOST_KEYS:
            return
        indent = len(match["indent"]) + len(match["dash"] or "")
        key, rest, start = match["key"], match["rest"].strip(), match.start("rest")
        if match.start() < end:
            continue  # inside a block that was read
        in_container = key in {"command", "args", "entrypoint", "cmd"}
        words: tuple[Word, ...] = ()
        if rest.startswith("["):
            close = text.find("]", start)
            end = close if close >= 0 else match.end()
            words = _flow_items(text, text.index("[", start) + 1, end)
        elif not rest or rest.startswith("#"):
            words, end = _block_items(text, match.end(), indent)
        elif _BLOCK.fullmatch(rest):
            body, offset = _block_scalar(text, match.end(), indent)
            end = offset + len(body)
            line = re.sub(r"(?<!\\)\r?\n", _blanks, body) if rest[0] == ">" else body
            yield from ((command, False, in_container) for command in parse_commands(line, offset=offset))
            continue
        else:
            first = start + match["rest"].index(rest)
            quote = rest[0] if len(rest) > 1 and rest[0] in "\"'" and rest.endswith(rest[0]) else ""
            line = rest[1:-1] if quote else re.sub(r"\s#.*", "", rest)
            for command in parse_commands(line, offset=first + len(quote)):
                yield command, False, in_container
            continue
        if words and not in_container:  # a list of command lines
            for word in words:
                yield from ((command, False, False) for command in parse_commands(word.text, offset=word.span.start))
            continue
        if len(words) == 1 and " " in words[0].text.strip():
            offset = words[0].span.start
            yield from ((command, False, in_container) for command in parse_commands(words[0].text, offset=offset))
            continue
        related = (last, key) in _SPLIT and level == indent and _is_one_mapping(text[end_before : match.start()], level)
        yield from _of_words(words, before if related else (), in_container=in_container)
        before, level, last, end_before = words, indent, key, end


def _is_one_mapping(between: str, indent: int) -> bool:
    """Whether the lines between two keys leave both in the same mapping."""
    lines = [line for line in between.splitlines()[1:] if line.strip()]
    return all(len(line) - len(line.lstrip(" ")) >= indent for line in lines)


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _of_words(words: tuple[Word, ...], before: tuple[Word, ...] = (), *, in_container: bool) -> Iterator[Found]:
    """A list of words as a command, and what a shell among them is given to run.

    Args:
        words: the list.
        before: the words of another list that come first, where the program is named there.
        in_container: whether a container runs it.
    """
    if not words:
        return
    span = Span(words[0].span.start, words[-1].span.end)
    words = (*before, *words)
    yield Command(words, span), True, in_container
    texts = [word.text for word in words]
    if re.fullmatch(r"(?:.*/)?(?:ba|z|da|k)?sh", texts[0]):
        for index, text in enumerate(texts[1:-1], 1):
            if re.fullmatch(r"-[a-z]*c", text):
                inner = words[index + 1]
                for command in parse_commands(inner.text, offset=inner.span.start):
                    yield command, False, in_container
                return


def _flow_items(text: str, start: int, end: int) -> tuple[Word, ...]:
    """The strings of `["a", "b"]` between two places; the place of each is that of its content."""
    found: list[Word] = []
    for match in _STRING.finditer(text, start, end):
        kind = match.lastgroup or "plain"
        content = match[kind].rstrip() if kind == "plain" else match[kind]
        found.append(Word(content, Span(match.start(kind), match.start(kind) + len(content))))
        if len(found) >= _MOST_LINES:
            break
    return tuple(found)


def _block_items(text: str, start: int, indent: int) -> tuple[tuple[Word, ...], int]:
    """The items of `- a` lines that follow a key, and where they end."""
    found: list[Word] = []
    for line_start, line in _following(text, start):
        match = _ITEM.fullmatch(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if match is None or len(line) - len(line.lstrip()) < indent:
            return tuple(found), line_start
        body = match["body"].strip()
        offset = line_start + match.start("body") + match["body"].index(body)
        string = _STRING.fullmatch(body)
        if string is not None and string.lastgroup in {"double", "single"}:
            body, offset = string[string.lastgroup], offset + 1
        else:
            body = re.sub(r"\s+#.*", "", body)
        found.append(Word(body, Span(offset, offset + len(body))))
    return tuple(found), len(text)


def _block_scalar(text: str, start: int, indent: int) -> tuple[str, int]:
    """The lines of a `|` or `>` text that follow a key, and where they begin."""
    begin = end = None
    for line_start, line in _following(text, start):
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            break
        begin = line_start if begin is None else begin
        end = line_start + len(line)
    return ("", start) if begin is None or end is None else (text[begin:end], begin)


def _following(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The lines after the one that `start` is in, with the place of each."""
    position = text.find("\n", start) + 1
    for _ in range(_MOST_LINES):
        if position <= 0 or position >= len(text):
            return
        line_end = text.find("\n", position)
        line_end = len(text) if line_end < 0 else line_end
        yield position, text[position:line_end].rstrip("\r")
        position = line_end + 1
