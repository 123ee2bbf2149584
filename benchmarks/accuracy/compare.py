"""Findings against expectations: counts per peer's rule, and the lines to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.accuracy.expectations import Deviation, Fixture, Subject
from benchmarks.accuracy.reports import Found


@dataclass(frozen=True, order=True)
class Place:
    """A line to read, and why."""

    suite: str
    rule: str
    file: str
    line: int
    note: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.suite, self.rule, f"{self.file}:{self.line}", self.note)))


@dataclass
class Row:
    """What the table says of one rule of a peer."""

    suite: str
    rule: str
    ours: tuple[str, ...]
    partly: bool = False
    lines: int = 0
    waived: int = 0
    by_ours: int = 0
    by_default: int = 0
    by_all: int = 0
    good: int = 0
    alarms: int = 0
    accepted: int = 0
    """Findings that would be alarms, were they not among the deviations."""


@dataclass
class Comparison:
    """The whole result."""

    rows: list[Row] = field(default_factory=list)
    missed_by_ours: list[Place] = field(default_factory=list)
    missed_by_all: list[Place] = field(default_factory=list)
    alarms: list[Place] = field(default_factory=list)
    accepted: list[Place] = field(default_factory=list)
    reported_though_waived: list[Place] = field(default_factory=list)
    unread: list[Place] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What mlwarden reports on one suite: at its defaults, and with `--select ALL`."""

    default: Sequence[Found]
    everything: Sequence[Found]


def compared(
    suite: str,
    fixtures: Mapping[str, Fixture],
    subjects: Iterable[Subject],
    deviations: Iterable[Deviation],
    outcome: Outcome,
) -> Comparison:
    """Compare one suite.

    Args:
        suite: its name.
        fixtures: what the peer says, by file.
        subjects: the matters to compare; lines of other rules of the peer are neither expected nor good.
        deviations: where we judge otherwise; only those of this suite count.
        outcome: what mlwarden reports.
    """
    result = Comparison()
    default, everything = _by_file(outcome.default), _by_file(outcome.everything)
    mine = [one for one in deviations if one.suite == suite]
    waived = {(one.file, one.rule, line) for one in mine if one.kind == "silent" for line in one.lines}
    right = {(one.file, line) for one in mine if one.kind == "found" for line in one.lines}
    subject_of = {rule: subject for subject in subjects for rule in subject.peers}
    rows = {rule: Row(suite, rule, subject_of[rule].ours, subject_of[rule].partly) for rule in sorted(subject_of)}
    for file, fixture in fixtures.items():
        for rule in fixture.rules.keys() & rows.keys():
            found = (default.get(file, []), everything.get(file, []))
            _expected(rows[rule], subject_of[rule], file, fixture, waived, found, result)
        _silent(rows.get(fixture.about), suite, file, fixture, right, default.get(file, []), result)
    result.rows = [row for row in rows.values() if row.lines or row.waived or row.good]
    for places in (
        result.missed_by_ours,
        result.missed_by_all,
        result.alarms,
        result.accepted,
        result.reported_though_waived,
        result.unread,
    ):
        places.sort()
    return result


def _by_file(findings: Iterable[Found]) -> dict[str, list[Found]]:
    files: dict[str, list[Found]] = {}
    for found in findings:
        files.setdefault(found.file, []).append(found)
    return files


def _expected(
    row: Row,
    subject: Subject,
    file: str,
    fixture: Fixture,
    waived: set[tuple[str, str, int]],
    findings: tuple[Sequence[Found], Sequence[Found]],
    result: Comparison,
) -> None:
    default, everything = findings
    # Any of Bandit's tests for the matter counts, whatever number the peer has for it.
    any_code = (*subject.ours, *(f"B{rule[1:]}" for rule in subject.peers))
    for line in fixture.rules[row.rule]:
        place = Place(row.suite, row.rule, file, line)
        ours = _covering(default, line, subject.ours)
        if (file, row.rule, line) in waived:
            row.waived += 1
            if ours is not None:
                result.reported_though_waived.append(Place(row.suite, row.rule, file, line, ours.code))
            continue
        row.lines += 1
        row.by_ours += ours is not None
        row.by_default += _covering(default, line, any_code) is not None
        if _covering(everything, line, any_code) is not None:
            row.by_all += 1
        else:
            result.missed_by_all.append(place)
        if subject.ours and not subject.partly and ours is None:
            result.missed_by_ours.append(place)


def _covering(findings: Sequence[Found], line: int, codes: tuple[str, ...]) -> Found | None:
    return next((found for found in findings if found.covers(line) and found.code.startswith(codes)), None)


def _silent(
    row: Row | None,
    suite: str,
    file: str,
    fixture: Fixture,
    right: set[tuple[str, int]],
    findings: Sequence[Found],
    result: Comparison,
) -> None:
    reported = {line for lines in fixture.rules.values() for line in lines}
    alarms: list[Place] = []
    accepted: list[Place] = []
    for found in findings:
        place = Place(suite, fixture.about, file, found.line, f"{found.code} {found.severity}/{found.confidence}")
        if found.code.startswith(_UNREAD):
            result.unread.append(place)
        # One that also covers a line the peer reports is about that line.
        elif found.code.startswith("MLW") and not any(map(found.covers, reported)):
            (accepted if (file, found.line) in right else alarms).append(place)
    result.alarms += alarms
    result.accepted += accepted
    if row is not None:
        row.good += sum((file, line) not in right for line in fixture.good)
        row.alarms += len(alarms)
        row.accepted += len(accepted)


_UNREAD = "MLW0"
"""Codes that say that a file, or a part of it, was not read."""
