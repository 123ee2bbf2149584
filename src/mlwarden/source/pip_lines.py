"""Requirements files and `pip install` lines.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mlwarden.model.spans import Span
from mlwarden.source.requirement import (
    Dependencies,
    Include,
    Option,
    Requirement,
    Role,
    joined,
    parse_requirement,
)

_LINE = re.compile(r"[^\r\n]*")
_CONTINUED = re.compile(r"\\(?:\r\n|\r|\n|\Z)")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
# A word of a line, its parts quoted or not; a backslash keeps the next character.
_WORD = re.compile(r"""(?:[^\s"'\\]+|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|["'\\])+""")
_QUOTES = re.compile(r"""\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'""")
_SHORT = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
    "--pypi-url": "--index-url",
    "--requirements": "--requirement",
    "--constraints": "--constraint",
    "--default-index": "--index-url",
    "--index": "--extra-index-url",
    "--allow-insecure-host": "--trusted-host",
}
_SOURCES = frozenset({"--index-url", "--extra-index-url", "--find-links", "--trusted-host"})
_SWITCHES = frozenset({"--no-index", "--pre", "--require-hashes", "--no-deps"})
# pip's options that take a value that says nothing about packages.
_VALUES = (
    "-t -d -b -C -p --target --prefix --root --src --python --platform --python-version --implementation --abi "
    "--upgrade-strategy --progress-bar --proxy --retries --timeout --cert --client-cert --cache-dir --log --report "
    "--global-option --config-settings --config-setting --no-binary --only-binary --use-feature --root-user-action "
    "--exists-action --keyring-provider --link-mode --torch-backend --hash"
)
_WITH_VALUE = frozenset(_VALUES.split())
_LONGEST_COMMAND = 20_000


def parse_requirements_file(text: str, constraint: bool = False) -> Dependencies:
    """Parse a requirements or constraints file. Lines that are neither option nor requirement are passed over."""
    role = Role.CONSTRAINT if constraint else Role.DECLARED
    parts: list[Dependencies] = []
    for start, line in _logical_lines(text):
        if line.lstrip().startswith("-"):
            parts.append(parse_arguments(line, role, allow_names=False).moved(start))
        elif (requirement := _with_options(line, role)) is not None:
            parts.append(Dependencies((requirement,)).moved(start))
    return joined(parts)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their offsets: continued ones joined and comments cut off, all offsets kept."""
    position = 0
    while position <= len(text):
        end = _line_end(text, position)
        if not text[position:end].lstrip().startswith("#"):
            while text[end - 1 : end] == "\\" and end > position and end < len(text):
                end = _line_end(text, _after_line_end(text, end))
        line = _CONTINUED.sub(lambda match: " " * len(match[0]), text[position:end])
        yield position, _COMMENT.sub("", line)
        position = _after_line_end(text, end) if end < len(text) else end + 1


def _line_end(text: str, position: int) -> int:
    match = _LINE.match(text, position)
    return match.end() if match else position


def _after_line_end(text: str, end: int) -> int:
    return end + 2 if text.startswith("\r\n", end) else end + 1


def _with_options(line: str, role: Role) -> Requirement | None:
    """A requirement with pip's per-requirement options after it."""
    options = re.search(r"[ \t]--?[a-zA-Z]", line)
    requirement = parse_requirement(line[: options.start()] if options else line, role)
    if requirement is None or options is None:
        return requirement
    return replace(requirement, hashes=tuple(re.findall(r"--hash[= \t]+(\S+)", line[options.start() :])))


def words(line: str) -> Iterator[tuple[str, Span]]:
    """The words of a command line, quotes taken off, with their places; a shell's operators are words as they stand."""
    for match in _WORD.finditer(line):
        yield _unquoted(match[0]), Span(*match.span())


def _unquoted(word: str) -> str:
    return _QUOTES.sub(lambda match: next((part for part in match.groups() if part is not None), ""), word)


def parse_arguments(line: str, role: Role = Role.DECLARED, allow_names: bool = True) -> Dependencies:
    """Parse what may follow `pip install`, or an option line of a requirements file.

    Args:
        line: one command line; line ends count as spaces.
        role: of the requirements found.
        allow_names: words that are no options are requirements.
    """
    requirements: list[Requirement] = []
    options: list[Option] = []
    includes: list[Include] = []
    given = list(words(line[:_LONGEST_COMMAND]))
    index = 0
    while index < len(given):
        word, span = given[index]
        index += 1
        if not word.startswith("-"):
            requirement = _from_word(line, word, span, role) if allow_names else None
            if requirement is not None:
                requirements.append(requirement)
            continue
        name, has_value, value = word.partition("=")
        if not has_value and not word.startswith("--") and word[:2] in ("-r", "-c", "-e", "-i", "-f"):
            # `-rfile` is `-r file`
            name, has_value, value = word[:2], word[2:], word[2:]
        name = _SHORT.get(name, name)
        if name in _SWITCHES:
            options.append(Option(name, "", span))
            continue
        takes_value = name in _SOURCES or name in _WITH_VALUE or name in _SHORT.values()
        value_span = Span(span.end - len(value), span.end)
        if takes_value and not has_value and index < len(given):
            value, value_span = given[index]
            index += 1
        whole = Span(span.start, value_span.end)
        if name in ("--requirement", "--constraint"):
            includes.append(Include(value, whole, name == "--constraint"))
        elif name == "--editable":
            requirement = _from_word(line, value, value_span, role)
            if requirement is not None:
                requirements.append(replace(requirement, editable=True))
        elif name in _SOURCES:
            options.append(Option(name, value, whole))
    return Dependencies(tuple(requirements), tuple(options), tuple(includes))


def _from_word(line: str, word: str, span: Span, role: Role) -> Requirement | None:
    """The requirement in a word; where quotes or backslashes hide its places, they are the word's."""
    requirement = parse_requirement(word, role)
    if requirement is None:
        return None
    at = line.find(word, span.start, span.end)
    if at < 0:
        return replace(requirement, span=span, name_span=span, specifier_span=span)
    return Dependencies((requirement,)).moved(at).requirements[0]
