"""Version requirements of Poetry, conda and Pipenv, as PEP 440 specifiers."""

from __future__ import annotations

import re
from collections.abc import Callable

_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")
_OPERATOR = re.compile(r"(===|==|~=|!=|<=|>=|<|>|\^|~|=)?\s*(.*)", re.DOTALL)
# A version number that int() and everybody else can bear.
_LONGEST = 60


def from_poetry(written: str) -> str | None:
    """PEP 440 for Poetry's "^2.1", "~2.1", "2.1.*", "2.1" (exactly that) and ">=2,<3"; None for alternatives.

    https://python-poetry.org/docs/dependency-specification/
    """
    if "|" in written:
        return None
    clauses: list[str] = []
    for part in _parts(written):
        clause = _poetry_clause(part)
        if clause is None:
            return None
        if clause:
            clauses.append(clause)
    return ",".join(clauses)


def _poetry_clause(part: str) -> str | None:
    operator, version = _split(part)
    if version == "*":
        return ""
    if operator == "^":
        return _up_to(version, _caret_position)
    if operator == "~":
        return _up_to(version, lambda release: min(1, len(release) - 1))
    return f"{'==' if operator in ('', '=') else operator}{version}" if version else None


def _caret_position(release: list[int]) -> int:
    """The number that a caret lets not change: the first that is not zero, else the last given."""
    return next((index for index, number in enumerate(release) if number), len(release) - 1)


def _up_to(version: str, fixed: Callable[[list[int]], int]) -> str | None:
    match = _RELEASE.match(version)
    if match is None or len(version) > _LONGEST:
        return None
    release = [int(number) for number in match[1].split(".")]
    at = fixed(release)
    upper = [*release[:at], release[at] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"


def from_conda(written: str) -> str | None:
    """PEP 440 for conda's "=2.1" (any 2.1), "==2.1", "2.1", "2.1.*", ">=2,<3", "=2.1=py311_0"; None for alternatives.

    https://docs.conda.io/projects/conda-build/en/latest/resources/package-spec.html#package-match-specifications
    """
    if "|" in written:
        return None
    clauses: list[str] = []
    for part in _parts(written):
        operator, version = _split(part)
        version = version.partition("=")[0].strip()  # what follows is the build
        if not version or len(version) > _LONGEST:
            return None
        if version == "*":
            continue
        if operator == "=" and not version.endswith("*"):
            version += ".*"
        elif version.endswith("*") and not version.endswith(".*"):
            version = version[:-1] + ".*"
        clauses.append(("==" if operator in ("", "=") else operator) + version)
    return ",".join(clauses)


def _parts(written: str) -> list[str]:
    """The clauses: commas stand between them, spaces may."""
    joined = re.sub(r"(===|==|~=|!=|<=|>=|<|>|\^|~|=)\s+", r"\1", written)
    return [part for part in re.split(r"[,\s]+", joined) if part]


def _split(part: str) -> tuple[str, str]:
    match = _OPERATOR.match(part)
    return (match[1] or "", match[2].strip()) if match else ("", part)
