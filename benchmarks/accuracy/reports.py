"""What the peers and mlwarden report on a suite, read from their JSON reports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accuracy.suites import name_of

Lines = dict[str, dict[str, list[int]]]
"""The lines that a peer reports, by file and rule."""


class RunError(Exception):
    """A tool did not do its work."""


@dataclass(frozen=True, order=True)
class Found:
    """A finding of mlwarden."""

    file: str
    line: int
    end_line: int
    code: str
    severity: str
    confidence: str

    def covers(self, line: int) -> bool:
        """Whether a line lies in the finding."""
        return self.line <= line <= self.end_line


def bandit_lines(report: Mapping[str, Any]) -> Lines:
    """The lines in the report of `bandit -f json`: of each issue its own line, not the range around it."""
    return _collected((name_of(r["filename"]), r["test_id"], r["line_number"]) for r in report["results"])


def ruff_lines(report: list[Mapping[str, Any]]) -> Lines:
    """The lines in the report of `ruff check --output-format json`: where each diagnostic begins."""
    return _collected(
        (name_of(r["filename"]), r["code"], r["location"]["row"])
        for r in report
        if r["code"] and r["code"].startswith("S")  # not the syntax errors
    )


def _collected(places: Any) -> Lines:
    lines: dict[str, dict[str, set[int]]] = {}
    for file, rule, line in places:
        lines.setdefault(file, {}).setdefault(rule, set()).add(line)
    return {
        file: {rule: sorted(numbers) for rule, numbers in sorted(rules.items())}
        for file, rules in sorted(lines.items())
    }


def mlwarden_findings(report: Mapping[str, Any]) -> list[Found]:
    """The findings in mlwarden's JSON report."""
    return sorted(
        Found(
            name_of(f["path"]),
            f["location"]["line"],
            f["location"]["end_line"],
            f["code"],
            f["severity"],
            f["confidence"],
        )
        for f in report["findings"]
        if f["location"]
    )


def peer_version(peer: str) -> str:
    """The version of an installed peer, such as `1.9.4`."""
    shown = subprocess.run([sys.executable, "-m", peer, "--version"], check=True, stdout=subprocess.PIPE, text=True)
    return shown.stdout.split()[1]


def run_peer(peer: str, folder: Path) -> Lines:
    """What a peer, run with its defaults, reports on an unpacked suite."""
    if peer == "bandit":
        return bandit_lines(_json("bandit", "-r", str(folder), "-f", "json", "-q", "--exit-zero"))
    arguments = ("check", "--isolated", "--no-cache", "--select", "S", "--output-format", "json", "--exit-zero")
    return ruff_lines(_json("ruff", *arguments, str(folder)))


def run_mlwarden(folder: Path, *options: str) -> list[Found]:
    """What mlwarden reports on an unpacked suite."""
    arguments = ("check", "--isolated", "--no-cache", "--output-format", "json", "--exit-zero")
    return mlwarden_findings(_json("mlwarden", *arguments, *options, str(folder)))


def _json(module: str, *arguments: str) -> Any:
    ran = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True)
    if ran.returncode:  # all were told not to make an error of findings
        raise RunError(f"{module} ended with {ran.returncode}:\n{ran.stderr.decode(errors='replace').strip()}")
    return json.loads(ran.stdout)
