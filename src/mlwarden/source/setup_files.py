"""Dependencies in setup.cfg, and in setup.py where they stand there as plain lists; nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.spans import Span
from mlwarden.source.lines import LineIndex
from mlwarden.source.requirement import Dependencies, Include, Requirement, Role, spanned

if TYPE_CHECKING:
    import ast

_SECTION = re.compile(r"\[([^\]]*)\]")
_KEY = re.compile(r"([^\s=:#;][^=:]*?)\s*[=:]\s*")
_COMMENT = re.compile(r"(?:^|\s)#.*|^\s*;.*")
# No key is longer; and the pattern is slow on long lines.
_LONGEST_KEY_LINE = 2_000
_FILE = re.compile(r"\s*file:\s*(.*)")


def parse_setup_cfg(text: str) -> Dependencies:
    """Parse setup.cfg as setuptools does: `install_requires`, `setup_requires`, and `[options.extras_require]`.

    https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
    """
    lines = LineIndex(text)
    requirements: list[Requirement] = []
    includes: list[Include] = []
    section = group = ""
    for number in range(len(lines)):
        line, start = lines.line_text(number), lines.starts[number]
        if header := _SECTION.match(line):
            section, group = header[1].strip(), "-"
            continue
        value = 0
        if len(line) <= _LONGEST_KEY_LINE and line[:1] not in (" ", "\t") and (key := _KEY.match(line)):
            group, value = _group_of(section, key[1].strip()), key.end()
        if group == "-":
            continue
        content = _COMMENT.sub("", line[value:])
        if directive := _FILE.match(content):
            includes += _included(directive, start + value)
        elif content.strip():
            requirement = spanned(content, start + value, Span(start, start + len(line)), Role.DECLARED, group)
            if requirement is not None:
                requirements.append(requirement)
    return Dependencies(tuple(requirements), (), tuple(includes))


def _group_of(section: str, key: str) -> str:
    """The group of a key's requirements, "-" where the key is about something else."""
    if section == "options" and key in ("install_requires", "install-requires"):
        return ""
    if section == "options" and key in ("setup_requires", "tests_require"):
        return key.partition("_")[0]
    return key if section == "options.extras_require" else "-"


def _included(directive: re.Match[str], at: int) -> Iterator[Include]:
    for name in re.finditer(r"[^\s,]+", directive[1]):
        start = at + directive.start(1)
        yield Include(name[0], Span(start + name.start(), start + name.end()))


def parse_setup_py(text: str) -> Dependencies:
    """The requirements in the literal lists that setup.py gives to `setup()`, also by way of a variable."""
    import ast

    if "_require" not in text:
        return Dependencies()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Dependencies()  # its syntax is checked as that of any Python file
    finder = _SetupFinder(text, tree)
    return Dependencies(tuple(sorted(finder.requirements(), key=lambda requirement: requirement.span)))


class _SetupFinder:
    def __init__(self, text: str, tree: ast.Module) -> None:
        import ast

        self._text = text
        self._lines = LineIndex(text)
        self._calls: list[ast.Call] = []
        self._variables: dict[str, ast.expr] = {}
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Call):
                function = node.func
                name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
                if name == "setup":
                    self._calls.append(node)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._variables[node.targets[0].id] = node.value
            stack.extend(ast.iter_child_nodes(node))

    def requirements(self) -> Iterator[Requirement]:
        for call in self._calls:
            for keyword in call.keywords:
                if keyword.arg == "install_requires":
                    yield from self._list(keyword.value, "")
                elif keyword.arg in ("setup_requires", "tests_require"):
                    yield from self._list(keyword.value, keyword.arg.partition("_")[0])
                elif keyword.arg == "extras_require":
                    yield from self._extras(keyword.value)

    def _resolved(self, node: ast.expr) -> ast.expr:
        import ast

        return self._variables.get(node.id, node) if isinstance(node, ast.Name) else node

    def _extras(self, node: ast.expr) -> Iterator[Requirement]:
        import ast

        table = self._resolved(node)
        if isinstance(table, ast.Dict):
            for key, value in zip(table.keys, table.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield from self._list(value, key.value)

    def _list(self, node: ast.expr, group: str) -> Iterator[Requirement]:
        import ast

        array = self._resolved(node)
        if not isinstance(array, (ast.List, ast.Tuple)):
            return
        for element in array.elts:
            if isinstance(element, ast.Constant) and isinstance(element.value, str):
                literal = self._span(element)
                shown = self._text[literal.start : literal.end]
                at = literal.start + 1 if shown[1:-1] == element.value else None
                requirement = spanned(element.value, at, literal, Role.DECLARED, group)
                if requirement is not None:
                    yield requirement

    def _span(self, node: ast.expr) -> Span:
        return Span(
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
        )

    def _offset(self, line: int, column: int) -> int:
        """The offset of a place as `ast` counts: lines from 1, columns in UTF-8 bytes."""
        shown = self._lines.line_text(line - 1)
        return self._lines.starts[line - 1] + len(shown.encode()[:column].decode("utf-8", "ignore"))
