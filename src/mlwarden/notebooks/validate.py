"""What nbformat itself says about a notebook. Never needed for reading, and slow: nbformat is imported on first use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from mlwarden.notebooks.json_text import JsonCursor, JsonError

MAX_PROBLEMS = 20
"""Most problems that are told: one mistake made in every cell need not be said of each."""

MAX_LENGTH = 32 << 20
"""Longest text that is validated, as a schema needs the whole notebook as Python data."""

_WORD = re.compile(r"[A-Za-z_][\w.+/-]{0,39}")


def problems(text: str) -> list[str]:
    """Check a notebook against nbformat's schema for its version.

    Beyond the schema, cell ids must be unique, and a notebook of an old version must survive nbformat's upgrade.

    Args:
        text: the decoded .ipynb.

    Returns:
        One sentence for each problem, with its place as in "cells[3].outputs[0]: ...", at most `MAX_PROBLEMS`; none if
        the notebook is valid. No sentence repeats what the notebook holds, apart from the names of properties.
    """
    if len(text) > MAX_LENGTH:
        return [f"the notebook is longer than {MAX_LENGTH} characters and was not validated"]
    cursor = JsonCursor(text)
    try:
        notebook = cursor.value()
        cursor.finish()
    except JsonError as error:
        return [f"not JSON: {error}"]
    if not isinstance(notebook, dict):
        return ["a notebook is a JSON object"]
    found: list[str] = []
    for problem in _problems(notebook):
        if problem not in found:
            found.append(problem)
        if len(found) == MAX_PROBLEMS:
            break
    return found


def _problems(notebook: dict[str, Any]) -> Iterator[str]:
    import nbformat

    major, minor = notebook.get("nbformat"), notebook.get("nbformat_minor", 0)
    if type(major) is not int or type(minor) is not int:
        yield "nbformat: is not a whole number" if type(major) is not int else "nbformat_minor: is not a whole number"
        return
    if major not in nbformat.versions or major < 2:
        yield f"nbformat: version {major} is not known"
        return
    sound = True
    if major > 2:  # there is no schema for version 2
        for problem in _schema_problems(notebook, major, minor):
            sound = False
            yield problem
    if sound:
        yield from _repeated_ids(notebook) if major >= 4 else _upgrade_problems(notebook)


def _schema_problems(notebook: dict[str, Any], major: int, minor: int) -> Iterator[str]:
    from nbformat.validator import iter_validate

    for error in iter_validate(notebook, version=major, version_minor=minor):  # type: ignore[no-untyped-call]
        yield f"{_place(error.relative_path)}{_say(error)}"


def _upgrade_problems(notebook: dict[str, Any]) -> Iterator[str]:
    """Why nbformat cannot bring a notebook of version 2 or 3 to version 4."""
    import nbformat
    from nbformat import reader

    try:
        # nbformat changes what it converts, and its reader prepares what its converter expects.
        prepared = reader.reads(json.dumps(notebook))  # type: ignore[no-untyped-call]
        upgraded = nbformat.convert(prepared, 4)  # type: ignore[no-untyped-call]
    except Exception as error:  # the converter states no errors of its own: whatever the notebook makes it stumble on
        yield f"cannot be upgraded to nbformat 4 ({type(error).__name__})"
        return
    for problem in _schema_problems(upgraded, upgraded.nbformat, upgraded.nbformat_minor):
        yield f"after the upgrade to nbformat 4: {problem}"


def _repeated_ids(notebook: dict[str, Any]) -> Iterator[str]:
    first: dict[str, int] = {}
    for index, cell in enumerate(notebook["cells"]):
        identity = cell.get("id")
        if identity is not None and first.setdefault(identity, index) != index:
            yield f"cells[{index}]: has the id of cells[{first[identity]}]"


def _place(path: Iterable[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{_name(step)}"
    return f"{text.lstrip('.')}: " if text else ""


def _name(text: str) -> str:
    """A property's name, unless it has the looks of something else."""
    return text if _WORD.fullmatch(text) else "..."


def _say(error: Any) -> str:
    """A schema error in words of our own: jsonschema's repeat the offending value, which may be a secret."""
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"lacks {_listed(missing)}"
        case "additionalProperties":
            known = error.schema.get("properties", {})
            return f"has unknown {_listed([_name(name) for name in error.instance if name not in known])}"
        case "type":
            allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
            return f"is not of type {' or '.join(allowed)}"
        case "enum":
            return f"is none of {_listed([str(value) for value in error.validator_value])}"
        case "oneOf" | "anyOf":
            return "has none of the allowed forms"
        case rule:
            return f"breaks the schema's rule '{rule}'"


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
