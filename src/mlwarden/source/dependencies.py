"""What dependency files say: packages, versions and where they come from, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlwarden.source.problems import INVALID_DEPENDENCY_FILE, Problem
from mlwarden.source.requirement import (
    Dependencies,
    Include,
    Option,
    Requirement,
    Role,
    joined,
    normalised,
    parse_requirement,
)

if TYPE_CHECKING:
    from mlwarden.notebooks.notebook import Notebook
    from mlwarden.source.documents import Document

__all__ = [
    "Dependencies",
    "Include",
    "Option",
    "Requirement",
    "Role",
    "dependencies_of",
    "joined",
    "normalised",
    "parse_dependencies",
    "parse_requirement",
    "pip_install",
    "script_block",
]

# PEP 723: a block of comments that declares what a single-file script needs.
_SCRIPT_BLOCK = re.compile(
    r"^# /// script[ \t]*\r?\n(?P<content>(?:^#(?:| [^\n]*)\r?\n)+?)^# ///[ \t]*\r?$", re.MULTILINE
)
# pip install ..., python3 -m pip install ..., uv pip install ..., uv add ..., pip3.11 install
_INSTALL = re.compile(
    r"(?:^|(?<=[\s;&|({!/]))(?:(?:pip[\d.]*|uv[ \t]+pip)[ \t]+(?:-\S+[ \t]+)*install|(?:uv|poetry)[ \t]+add)(?=[ \t]|$)"
)
_COMMAND_END = re.compile(r"&&|\|\|?|;(?=\s|$)|[\r\n]|(?<=\s)#|(?<=\s)\d?>")
_CONTINUED = re.compile(r"\\(?:\r\n|\r|\n)")


def parse_dependencies(path: str, text: str) -> Dependencies:
    """Parse a dependency file, its kind told by its name (requirements files where that tells nothing else).

    Never raises: trouble is in the result's `problem`.
    """
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    parse = _parser_for(name)
    from mlwarden.source.toml_places import TomlError

    try:
        return parse(text)
    except TomlError as error:
        return Dependencies(
            problem=Problem(INVALID_DEPENDENCY_FILE, f"{name} is not valid TOML: {error}", error.offset)
        )


def _parser_for(name: str) -> Callable[[str], Dependencies]:
    """The parser for a file name in lower case; each is imported when it is first needed."""
    if name == "pyproject.toml":
        from mlwarden.source.pyproject import parse_pyproject

        return parse_pyproject
    if name == "pipfile":
        from mlwarden.source.pyproject import parse_pipfile

        return parse_pipfile
    if name in ("poetry.lock", "uv.lock", "pdm.lock") or name.startswith("pylock."):
        from mlwarden.source.lock_files import parse_package_lock

        return parse_package_lock
    if name == "pipfile.lock":
        from mlwarden.source.lock_files import parse_pipfile_lock

        return parse_pipfile_lock
    if name == "setup.cfg":
        from mlwarden.source.setup_files import parse_setup_cfg

        return parse_setup_cfg
    if name == "setup.py":
        from mlwarden.source.setup_files import parse_setup_py

        return parse_setup_py
    if name.endswith((".yml", ".yaml")):
        from mlwarden.source.conda import parse_conda_environment, parse_conda_lock

        return parse_conda_lock if "conda-lock" in name else parse_conda_environment
    from mlwarden.source.pip_lines import parse_requirements_file

    return lambda text: parse_requirements_file(text, constraint="constraint" in name)


def dependencies_of(document: Document) -> Dependencies:
    """What a document of any kind says about packages.

    A dependency file as a whole, of a Python script its PEP 723 block, of a notebook its `%pip install` and
    `!pip install` lines (their spans count in the cells). Anything else says nothing.
    """
    from mlwarden.notebooks.notebook import Notebook
    from mlwarden.source.documents import DependencyFile, PythonModule

    if isinstance(document, DependencyFile):
        return parse_dependencies(document.path, document.text)
    if isinstance(document, PythonModule):
        if document.path.replace("\\", "/").rpartition("/")[2] == "setup.py":
            return parse_dependencies(document.path, document.text)
        return script_block(document.text)
    if isinstance(document, Notebook):
        return _notebook_lines(document)
    return Dependencies()


def _notebook_lines(notebook: Notebook) -> Dependencies:
    parts: list[Dependencies] = []
    for cell in notebook.cells:
        for magic in cell.magics:
            if magic.kind == "line" and magic.name == "pip":
                command = re.match(r"\s*(?:-\S+\s+)*install(?=\s|$)", magic.text)
                if command is not None:
                    arguments = _one_command(magic.text, command.end())
                    parts.append(pip_arguments(arguments, command.end()).moved(magic.text_span.start, cell.index))
            elif magic.kind == "shell":
                parts.append(pip_install(magic.text).moved(magic.text_span.start, cell.index))
            elif magic.kind == "cell" and magic.name in ("bash", "sh", "script", "!", "zsh") and magic.body_span:
                parts.append(pip_install(magic.body).moved(magic.body_span.start, cell.index))
    return joined(parts)


def script_block(text: str) -> Dependencies:
    """The requirements of the PEP 723 block in a Python script; nothing where there is none or it is not TOML."""
    if "# /// script" not in text:
        return Dependencies()
    match = _SCRIPT_BLOCK.search(text)
    if match is None:
        return Dependencies()
    from mlwarden.source.pyproject import parse_script_metadata
    from mlwarden.source.toml_places import TomlError

    # Spaces in place of the comment marks keep all offsets.
    content = re.sub(r"^# ?", lambda mark: " " * len(mark[0]), match["content"], flags=re.MULTILINE)
    try:
        return parse_script_metadata(content).moved(match.start("content"))
    except TomlError as error:
        problem = Problem(INVALID_DEPENDENCY_FILE, f"the script block is not valid TOML: {error.problem}", error.offset)
        return Dependencies(problem=problem).moved(match.start("content"))


def pip_install(commands: str) -> Dependencies:
    """What the `pip install` commands among shell commands install."""
    if "install" not in commands and " add" not in commands:
        return Dependencies()
    commands = _CONTINUED.sub(lambda match: " " * len(match[0]), commands)
    return joined(
        pip_arguments(_one_command(commands, command.end()), command.end()) for command in _INSTALL.finditer(commands)
    )


def _one_command(text: str, start: int) -> str:
    end = _COMMAND_END.search(text, start)
    return text[start : end.start() if end else len(text)]


def pip_arguments(arguments: str, at: int) -> Dependencies:
    """What the arguments of `pip install` name; `at` is their offset."""
    from mlwarden.source.pip_lines import parse_arguments

    return parse_arguments(arguments).moved(at)
