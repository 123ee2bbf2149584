"""Whether the findings stay the same, whatever the number of processes, the cache and the gate; and from version to version.

usage: python -m benchmarks.same_findings FOLDER [--ways NAME,...] [--against SOURCES_OR_VENV_OR_REPORT]
                                          [--by-subfolder] [--select CODES] [--keep FOLDER]

Checks a folder in several ways, each in processes of its own, and compares the JSON reports: every finding with its
place, message, severity, trace and fixes, and the counts. The first way, one process without cache, is what the others
are held against.

ways:
  jobs2     two processes, without cache
  cold      with an empty cache, which this run fills
  warm      with the cache that `cold` filled
  changed   in a copy, with a cache that was filled before some of the files changed; held against a run without cache
  whole     without gate and cut: libcst reads every statement (slow: about 10 MB of code in an hour; not run by default)

`--against` names another version: a folder with its sources (or its `src`), a virtual environment that has it
installed, or a JSON report of the same folder that was written before (`mlwarden check --isolated --output-format json`).

Exits with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WAYS = ("jobs2", "cold", "warm", "changed", "whole")
BY_DEFAULT = ("jobs2", "cold", "warm", "changed")
CHANGE_EVERY = 7
SHOWN = 20
_COMMAND = "from mlwarden.cli.main import run; run()"
_WHERE = "import mlwarden; print(mlwarden.__file__)"

Report = dict[str, Any]


class RunError(Exception):
    """A run did not give a report, or the version asked for is not the one that runs."""


@dataclass(frozen=True)
class Version:
    """An interpreter, and the folder of sources that it is to import from; None for what is installed."""

    python: str = sys.executable
    sources: Path | None = None

    def environment(self) -> dict[str, str]:
        """The environment variables of its runs."""
        chosen = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return chosen if self.sources is None else {**chosen, "PYTHONPATH": str(self.sources)}

    def verify(self) -> str:
        """Where its package lies.

        Raises:
            RunError: elsewhere than asked for, or it cannot be imported.
        """
        done = subprocess.run(
            [self.python, "-c", _WHERE],
            env=self.environment(),
            cwd=tempfile.gettempdir(),
            capture_output=True,
            text=True,
        )
        place = done.stdout.strip()
        if done.returncode or (self.sources is not None and not Path(place).is_relative_to(self.sources)):
            raise RunError(
                f"{self.python} does not import mlwarden from {self.sources}: {place or done.stderr.strip()}"
            )
        return place


def version_at(path: Path) -> Version:
    """The version in a folder of sources or in a virtual environment.

    Raises:
        RunError: the folder is neither.
    """
    path = path.resolve()
    for python in (path / "bin" / "python", path / "Scripts" / "python.exe"):
        if python.is_file():
            return Version(str(python))
    for sources in (path / "src", path):
        if (sources / "mlwarden" / "__init__.py").is_file():
            return Version(sources=sources)
    raise RunError(f"{path} holds neither mlwarden's sources nor a virtual environment")


def report_of(target: Path, options: list[str], version: Version, *, whole: bool = False) -> Report:
    """Check a folder, from the folder above it, and read the report.

    Raises:
        RunError: no report was written, or a rule failed.
    """
    script = [str(Path(__file__).with_name("ungated.py"))] if whole else ["-c", _COMMAND]
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "report.json"
        command = [
            version.python,
            *script,
            "check",
            "--isolated",
            "--output-format",
            "json",
            "--output-file",
            str(file),
        ]
        command += [*options, target.name]
        done = subprocess.run(
            command,
            cwd=target.parent,
            env=version.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode not in (0, 1) or not file.is_file():
            raise RunError(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stderr.strip()}")
        report: Report = json.loads(file.read_text(encoding="utf-8"))
    return report


def differences(expected: Report, found: Report) -> list[str]:
    """What one report has and the other has not, line by line; [] if they are the same."""
    lines: list[str] = []
    for key in sorted(expected.keys() | found.keys()):
        if key == "version" or expected.get(key) == found.get(key):
            continue
        if isinstance(expected.get(key), list) and isinstance(found.get(key), list):
            lines.extend(_of_lists(key, expected[key], found[key]))
        else:
            lines.append(f"{key}: expected {expected.get(key)}, found {found.get(key)}")
    return lines


def _of_lists(key: str, expected: list[Any], found: list[Any]) -> Iterator[str]:
    before = Counter(json.dumps(each, sort_keys=True) for each in expected)
    after = Counter(json.dumps(each, sort_keys=True) for each in found)
    if before == after:
        yield f"{key}: the same, in another order"
    for text in (before - after).elements():
        yield f"{key}: missing {_named(text)}"
    for text in (after - before).elements():
        yield f"{key}: added   {_named(text)}"


def _named(text: str) -> str:
    """A finding on one line; its end tells apart those that differ in a trace or a fix only."""
    each = json.loads(text)
    if not isinstance(each, dict) or "code" not in each:
        return text
    place = each.get("location") or {}
    rest = {name: each[name] for name in ("trace", "fixes", "fix", "related") if each.get(name)}
    return (
        f"{each.get('path')}:{place.get('line')}:{place.get('column')} cell {each.get('cell')} {each['code']} "
        f"{each.get('severity')}/{each.get('confidence')} {each.get('message')} {json.dumps(rest)[:300]}"
    )


def change(folder: Path) -> int:
    """Change every seventh Python file of a folder so that findings come and go, and move; returns how many."""
    files = sorted(folder.rglob("*.py"))[3::CHANGE_EVERY]
    for number, file in enumerate(files):
        text = file.read_bytes()
        if number % 3 == 0:
            text += b"\n\nimport pickle as added_pickle\n\n\ndef added_load(path):\n    return added_pickle.load(open(path, 'rb'))\n"
        elif number % 3 == 1:
            text = b"# one line more\n" + text if not text.startswith((b"\xef\xbb\xbf", b"#!")) else text + b"\n"
        else:
            text = (
                text.replace(b"trust_remote_code=True", b"trust_remote_code=False").replace(b"pickle", b"json") + b"\n"
            )
        file.write_bytes(text)
    return len(files)


class Comparison:
    """One folder, checked in several ways."""

    def __init__(self, target: Path, options: list[str], keep: Path | None) -> None:
        self._target, self._options, self._keep = target, options, keep
        self.different = 0
        self._reports: dict[str, Report] = {}

    def run(self, ways: list[str], other: Version | None, stored: Report | None) -> None:
        """Check and compare; what differs is printed and counted."""
        plain = self._report("plain", ["--jobs", "1", "--no-cache"])
        if stored is not None:
            self._compare("stored report", stored, plain)
        if other is not None:
            self._compare("other version", self._report("other", ["--jobs", "2", "--no-cache"], other), plain)
        if "jobs2" in ways:
            self._compare("jobs2", plain, self._report("jobs2", ["--jobs", "2", "--no-cache"]))
        if "whole" in ways:
            self._compare("whole", self._report("whole", [], whole=True), plain)
        if {"cold", "warm", "changed"}.intersection(ways):
            with tempfile.TemporaryDirectory() as temporary:
                self._with_cache(ways, plain, Path(temporary))

    def _with_cache(self, ways: list[str], plain: Report, temporary: Path) -> None:
        cached = ["--jobs", "2", "--cache-dir", str(temporary / "cache")]
        if {"cold", "warm"}.intersection(ways):
            self._compare("cold", plain, self._report("cold", cached))
        if "warm" in ways:
            self._compare("warm", plain, self._report("warm", cached))
        if "changed" not in ways:
            return
        # A copy, which lies outside of the original's project: only compared with itself.
        original, self._target = self._target, temporary / self._target.name
        shutil.copytree(original, self._target)
        self._report("filling the cache", cached)
        print(f"  {change(self._target)} files changed")
        expected = self._report("changed, no cache", ["--jobs", "2", "--no-cache"])
        self._compare("changed", expected, self._report("changed", cached))
        self._target = original

    def _report(self, name: str, options: list[str], version: Version | None = None, *, whole: bool = False) -> Report:
        before = os.times()
        start = time.perf_counter()
        report = report_of(self._target, [*self._options, *options], version or Version(), whole=whole)
        passed = time.perf_counter() - start
        after = os.times()
        processor = after.children_user + after.children_system - before.children_user - before.children_system
        findings = len(report["findings"])
        print(f"  {name:18} {findings:6} findings {processor:8.1f} s of processor time, {passed:7.1f} s", flush=True)
        if self._keep:
            self._keep.mkdir(parents=True, exist_ok=True)
            file = self._keep / f"{self._target.name}-{name.replace(', ', '-').replace(' ', '-')}.json"
            file.write_text(json.dumps(report, indent=1), encoding="utf-8")
        return report

    def _compare(self, name: str, expected: Report, found: Report) -> None:
        lines = differences(expected, found)
        self.different += bool(lines)
        print(f"  {name}: {'the same' if not lines else f'{len(lines)} differences'}", flush=True)
        for line in lines[:SHOWN]:
            print(f"    {line}")
        if len(lines) > SHOWN:
            print(f"    ... and {len(lines) - SHOWN} more")


def main(argv: list[str]) -> int:
    """Compare; returns 1 if anything differs, 2 if something cannot be run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--ways", default=",".join(BY_DEFAULT), metavar="NAME,...", help="none, or some of " + ", ".join(WAYS)
    )
    parser.add_argument("--against", type=Path, metavar="PATH")
    parser.add_argument("--by-subfolder", action="store_true", help="compare one subfolder after the other")
    parser.add_argument("--select", metavar="CODES", help="the rules, by default those that are on by default")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write the reports there")
    arguments = parser.parse_args(argv)
    ways = [way for way in arguments.ways.split(",") if way != "none"]
    if unknown := set(ways) - set(WAYS):
        parser.error(f"unknown ways: {', '.join(sorted(unknown))}")
    root = arguments.folder.resolve()
    targets = sorted(path for path in root.iterdir() if path.is_dir()) if arguments.by_subfolder else [root]
    options = ["--select", arguments.select] if arguments.select else []
    different = 0
    try:
        print(f"this version: {Version().verify()}")
        other, stored = _against(arguments.against)
        for target in targets:
            print(target.name)
            comparison = Comparison(target, options, arguments.keep)
            comparison.run(ways, other, stored)
            different += comparison.different
    except RunError as trouble:
        print(trouble, file=sys.stderr)
        return 2
    print("everything is the same" if not different else f"{different} comparisons differ")
    return 1 if different else 0


def _against(path: Path | None) -> tuple[Version | None, Report | None]:
    if path is None:
        return None, None
    if path.is_file():
        stored: Report = json.loads(path.read_text(encoding="utf-8"))
        return None, stored
    other = version_at(path)
    print(f"other version: {other.verify()}")
    return other, None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
