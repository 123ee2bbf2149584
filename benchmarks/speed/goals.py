"""What is aimed at, and whether it is reached: ratios of the medians' makings, taken round by round."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Section -> case -> the runs' costs, as they stand in the JSON file: [cpu, wall, peak, status].
Runs = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]

_MLW, _ALL = "mlwarden, MLW without secrets", "mlwarden, MLW"


@dataclass(frozen=True)
class Goal:
    """A limit for a ratio, or, where `under` is empty, for a figure itself.

    Attributes:
        text: what it is about.
        section: where its cases are; `{tree}` stands for each tree that was measured.
        over: the case above the line.
        under: the case below the line.
        limit: what must not be exceeded, or, if `at_least`, what must be reached.
        column: 0 for processor time, 1 for time that passed, 2 for peak memory.
    """

    text: str
    section: str
    over: str
    under: str
    limit: float
    column: int = 0
    at_least: bool = False


GOALS = (
    Goal("MLW without secrets, cold / Bandit", "{tree}", _MLW, "Bandit", 0.1),
    Goal("MLW without secrets, cold / Semgrep", "{tree}", _MLW, "Semgrep", 0.15),
    Goal("MLW without secrets, cold / Ruff S, cold", "{tree}", _MLW, "Ruff S, cold", 4),
    Goal("MLW with secrets, cold / Ruff S, cold", "{tree}", _ALL, "Ruff S, cold", 6),
    Goal("secrets alone / detect-secrets", "{tree}", "mlwarden, secrets alone", "detect-secrets", 0.05),
    Goal("secrets in texts / detect-secrets", "{tree}", "mlwarden, secrets in texts", "detect-secrets", 0.05),
    Goal("MLW, warm, unchanged / Ruff S, warm", "{tree} warm", "mlwarden, MLW, unchanged", "Ruff S, warm", 1.5),
    Goal(
        "MLW, warm, one file changed / unchanged",
        "{tree} warm",
        "mlwarden, MLW, one file changed",
        "mlwarden, MLW, unchanged",
        1.2,
    ),
    Goal(
        "2 processes: times faster than 1 (time passed)",
        "{tree}",
        "mlwarden, MLW without secrets, --jobs 1",
        "mlwarden, MLW without secrets, --jobs 2",
        1.7,
        1,
        True,
    ),
    Goal("peak memory of a worker, MiB", "{tree}", _ALL, "", 150, 2),
    Goal("hook, one clean file / bare interpreter", "hook", "mlwarden-hook", "python -c pass", 3),
    Goal("hook, one clean file / Bandit", "hook", "mlwarden-hook", "Bandit", 0.25),
    Goal("hook, ten files with findings, s", "hook10", "mlwarden-hook", "", 1.0),
    Goal("hook, the demo project's files, s", "hook-demo", "mlwarden-hook", "", 1.0),
    Goal("notebooks, MLW / nbQA + Bandit", "nb", _ALL, "nbQA + Bandit", 0.1),
    Goal("notebooks, default rules / nbQA + Bandit", "nb", "mlwarden, default rules", "nbQA + Bandit", 0.1),
    Goal("100 MB notebook, peak memory, MiB", "large", "mlwarden, mixed", "", 400, 2),
)


class Spread(NamedTuple):
    """The median of a figure's values, the least and the greatest, and of how many rounds."""

    median: float
    least: float
    greatest: float
    rounds: int


class Result(NamedTuple):
    """A goal held against what was measured."""

    goal: Goal
    section: str
    found: Spread

    @property
    def is_met(self) -> bool:
        """Whether the median keeps to the limit."""
        found = self.found.median
        return found >= self.goal.limit if self.goal.at_least else found <= self.goal.limit


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


def ratio(over: Sequence[Sequence[float]], under: Sequence[Sequence[float]], column: int = 0) -> Spread:
    """The spread of the ratios of two cases in the same rounds; the first runs are compared where one has fewer."""
    return spread([a[column] / max(b[column], 1e-9) for a, b in zip(over, under, strict=False)])


def results(runs: Runs) -> list[Result]:
    """The goals that something was measured for."""
    found = []
    trees = list(dict.fromkeys(name.removesuffix(" warm") for name in runs if name.startswith("py")))
    for goal in GOALS:
        for section in [goal.section.format(tree=tree) for tree in trees] if "{" in goal.section else [goal.section]:
            cases = runs.get(section, {})
            over, under = cases.get(goal.over), cases.get(goal.under)
            if over and not goal.under:
                found.append(Result(goal, section, spread([run[goal.column] for run in over])))
            elif over and under:
                found.append(Result(goal, section, ratio(over, under, goal.column)))
    return found
