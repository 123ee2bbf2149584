"""Which versions of Python a dependency file allows: those of a package named "python"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlwarden.source.version_syntax import from_conda, from_poetry

if TYPE_CHECKING:
    from mlwarden.source.requirement import Dependencies

# A file that mentions none of these is not parsed once more.
_MENTIONS = re.compile(r"python")
_SETUP_CFG = re.compile(
    r"^[ \t]*python_requires[ \t]*=[ \t]*(?P<specifier>[<>=!~\d.*, ]{1,100}?)[ \t]*(?:[#;].*)?\r?$", re.MULTILINE
)
_SETUP_PY = re.compile(r"\bpython_requires[ \t]*=[ \t]*(?P<quote>[\"'])(?P<specifier>[<>=!~\d.*, ]{1,100})(?P=quote)")
# `- python=3.10`, `- conda-forge::python >=3.10  # comment`
_CONDA = re.compile(
    r"^[ \t]*-[ \t]*(?P<quote>[\"']?)(?:[\w-]+::)?python[ \t]*(?P<specifier>[<>=!~][^\r\n\"'#]{0,100}?)(?P=quote)[ \t]*(?:#.*)?\r?$",
    re.MULTILINE,
)


def python_required(name: str, text: str) -> Dependencies:
    """What a file says about Python itself: nothing, or one requirement.

    Args:
        name: the file's name: pyproject.toml, setup.cfg, setup.py, Pipfile, uv.lock or a conda environment.
        text: what it holds; a file that does not parse says nothing.
    """
    from mlwarden.source.requirement import Dependencies, parse_requirement

    specifier = _specifier(name, text) if _MENTIONS.search(text) else None
    requirement = parse_requirement(f"python{specifier}") if specifier else None
    return Dependencies() if requirement is None else Dependencies((requirement,))


def _specifier(name: str, text: str) -> str | None:
    if name in ("pyproject.toml", "Pipfile", "uv.lock"):
        return _in_toml(name, text)
    if name.endswith((".yml", ".yaml")):
        match = _CONDA.search(text)
        return None if match is None else from_conda(match["specifier"].strip())
    pattern = {"setup.cfg": _SETUP_CFG, "setup.py": _SETUP_PY}.get(name)
    match = None if pattern is None else pattern.search(text)
    return None if match is None else match["specifier"]


def _in_toml(name: str, text: str) -> str | None:
    from mlwarden.source.toml_places import TomlError, parse_toml

    try:
        root = parse_toml(text)
    except TomlError:
        return None
    if name == "uv.lock":
        found = root.get("requires-python")
        return found.text() if found is not None else None
    if name == "Pipfile":
        for key, end in (("python_full_version", ""), ("python_version", ".*")):
            found = root.get("requires", key)
            if found is not None and found.text():
                return f"=={found.text()}{end}"
        return None
    found = root.get("project", "requires-python")
    if found is not None and found.text():
        return found.text()
    found = root.get("tool", "poetry", "dependencies", "python")
    return from_poetry(found.text()) if found is not None and found.text() else None
