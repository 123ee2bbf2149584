"""What must be found, and what must be silent: data of our own, without any text of the fixtures.

`data/lines-<suite>.toml` is derived by running the peer (`--derive`): per fixture the SHA-256 of its text, the lines that the
peer reports by rule, and the good lines, on which begins a statement that the peer has nothing against. By hand are
`data/subjects.toml`, which of our rules are for which peer's, and `data/deviations.toml`, the lines where we judge
otherwise than the peer, each with the reason.

Good lines are read by the Python that runs `--derive`: a fixture with newer syntax has none.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.accuracy.reports import Lines
from benchmarks.accuracy.suites import digest

DATA = Path(__file__).with_name("data")


class DataError(Exception):
    """The data contradicts itself."""


@dataclass(frozen=True)
class Fixture:
    """What a peer says about one of its fixtures."""

    sha256: str
    about: str
    """The peer's rule that it is about: by its name, or reported most often in it; else empty."""
    rules: Mapping[str, list[int]] = field(default_factory=dict)
    good: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Subject:
    """A matter, with the peers' rules for it, and ours."""

    title: str
    peers: tuple[str, ...]
    ours: tuple[str, ...]
    """Codes or prefixes of codes; empty where only Bandit's tests, run by mlwarden, look at it."""
    partly: bool = False
    """Ours are for a part of what the peers report: a line of theirs is no miss of ours."""


@dataclass(frozen=True)
class Deviation:
    """Lines where we judge otherwise than a peer."""

    suite: str
    file: str
    rule: str
    """The peer's rule; empty for `found`."""
    lines: tuple[int, ...]
    kind: Literal["silent", "found"]
    """`silent`: the peer reports and we must not. `found`: the peer does not and we do, rightly."""
    reason: str


# --- derived ---------------------------------------------------------------------------------------------------------


def derived(fixtures: Mapping[str, bytes], reported: Lines) -> dict[str, Fixture]:
    """The expectations of a suite, from the fixtures and what the peer reports on them."""
    return {
        name: Fixture(digest(content), _about(name, reported.get(name, {})), rules, good_lines(content, rules.values()))
        for name, content in sorted(fixtures.items())
        for rules in [reported.get(name, {})]
    }


def _about(name: str, rules: Mapping[str, list[int]]) -> str:
    stem = name.removesuffix(".py")
    if stem[0] == "S" and stem[1:].isdigit():
        return stem
    counts = Counter({rule: len(lines) for rule, lines in rules.items()})
    return min(counts, key=lambda rule: (-counts[rule], rule)) if counts else ""


def good_lines(content: bytes, reported: Iterable[list[int]]) -> list[int]:
    """The lines on which begins a simple statement that no rule of the peer reports.

    Imports and `pass` do not count. Empty for what Python's parser does not take.
    """
    bad = {line for lines in reported for line in lines}
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return []
    good = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and not isinstance(node, _EMPTY):
            if bad.isdisjoint(range(node.lineno, (node.end_lineno or node.lineno) + 1)):
                good.add(node.lineno)
    return sorted(good)


_EMPTY = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal, ast.Match)


def written(version: str, peer: str, fixtures: Mapping[str, Fixture]) -> str:
    """The text of `data/lines-<suite>.toml`."""
    parts = [
        "# Derived by `python -m benchmarks.accuracy --derive`; not edited by hand.\n",
        f'version = "{version}"\npeer = "{peer}"\n',
    ]
    for name, fixture in fixtures.items():
        parts.append(f'["{name}"]\nsha256 = "{fixture.sha256}"\nabout = "{fixture.about}"\n')
        parts[-1] += f"good = {fixture.good}\n"
        parts[-1] += "".join(f"rules.{rule} = {lines}\n" for rule, lines in fixture.rules.items())
    return "\n".join(parts)


def read(suite: str, folder: Path = DATA) -> tuple[str, str, dict[str, Fixture]]:
    """The version that the expectations of a suite are for, the peer's version that reported, and the expectations."""
    data = _toml(folder / f"lines-{suite}.toml")
    version, peer = data.pop("version"), data.pop("peer")
    fixtures = {
        name: Fixture(entry["sha256"], entry["about"], entry.get("rules", {}), entry["good"])
        for name, entry in data.items()
    }
    return version, peer, fixtures


# --- by hand ---------------------------------------------------------------------------------------------------------


def subjects(folder: Path = DATA) -> list[Subject]:
    """The subjects that are compared.

    Raises:
        DataError: a peer's rule belongs to two subjects.
    """
    found = [
        Subject(entry["title"], tuple(entry["peers"]), tuple(entry["ours"]), entry.get("partly", False))
        for entry in _toml(folder / "subjects.toml")["subject"]
    ]
    twice = [rule for rule, count in Counter(rule for one in found for rule in one.peers).items() if count > 1]
    if twice:
        raise DataError(f"in two subjects: {', '.join(twice)}")
    return found


def deviations(expected: Mapping[str, Mapping[str, Fixture]], folder: Path = DATA) -> list[Deviation]:
    """The lines where we judge otherwise than a peer.

    Raises:
        DataError: one names lines that the peer does not report (`silent`) or does (`found`), or gives no reason.
    """
    found = [
        Deviation(
            entry["suite"], entry["file"], entry.get("rule", ""), tuple(entry["lines"]), entry["kind"], entry["reason"]
        )
        for entry in _toml(folder / "deviations.toml").get("deviation", [])
    ]
    for one in found:
        fixture = expected.get(one.suite, {}).get(one.file)
        where = f"the deviation {one.suite} {one.file} {one.rule} {list(one.lines)}"
        if fixture is None:
            raise DataError(f"{where} is about an unknown fixture")
        if not one.reason.strip():
            raise DataError(f"{where} gives no reason")
        if one.kind == "silent":
            wrong = set(one.lines).difference(fixture.rules.get(one.rule, ()))
        else:
            wrong = set(one.lines).intersection(line for lines in fixture.rules.values() for line in lines)
        if wrong:
            raise DataError(f"{where}: the peer says otherwise of {sorted(wrong)}")
    return found


def _toml(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    with path.open("rb") as file:
        return tomllib.load(file)
