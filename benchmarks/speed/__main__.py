"""Measure mlwarden beside its peers.

usage: python -m benchmarks.speed [--corpus FOLDER] [--only PART,...] [--trees NAME,...] [--rounds N] ...

The corpus is built and the peers are installed (in an environment of their own) if they aren't there. Each section's
commands run in turn, round by round, so that what else the machine does hits all alike; ratios are taken round by round.

parts: tree (whole trees, cold), warm (whole trees, cached), hook, notebooks, growth, large (notebooks of 100 MB)
trees: py150, py1500 (subsets, some minutes), py (everything, hours with all peers)

    python -m benchmarks.speed --trees py150 --rounds 3                   a first impression, in minutes
    python -m benchmarks.speed --trees py --only tree --slow-rounds 1     the whole corpus
    python -m benchmarks.speed --from a.json --from b.json --write docs/performance.md    tables of earlier runs
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
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed import cases, measuring, peers, report
from benchmarks.speed.cases import Case, Section, Tools

from benchmarks import corpus

PARTS = ("tree", "warm", "hook", "notebooks", "growth", "large")
# Seconds after which a changed file can be told from what it was by its times alone.
SETTLED = 2.2
EXAMPLES = Path(__file__).parents[2] / "examples"


class BenchmarkError(Exception):
    """A command failed, or looked at other files than the rest."""


def parsed(argv: list[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=Path("build/bench/corpus"), metavar="FOLDER")
    parser.add_argument("--archives", type=Path, metavar="FOLDER", help="the corpus's archives, where they are at hand")
    parser.add_argument("--peers", type=Path, default=Path("build/bench/venv"), metavar="FOLDER")
    parser.add_argument("--results", type=Path, default=Path("build/bench/results"), metavar="FOLDER")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,...", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--trees", default="py150,py1500", metavar="NAME,...")
    parser.add_argument("--tools", default="", metavar="NAME,...", help="of mlwarden, ruff, bandit, semgrep, ...; all")
    parser.add_argument("--cases", action="append", metavar="NAME", help="only rows of this name; may be repeated")
    parser.add_argument(
        "--semgrep-rules",
        type=Path,
        default=cases.SEMGREP_RULES,
        metavar="PATH",
        help="rules for Semgrep instead of those written for this benchmark",
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=2, help="rounds of the tools that take minutes")
    parser.add_argument("--hook-rounds", type=int, default=15)
    parser.add_argument("--growth", default="1,2,4,8", metavar="N,...", help="thousands of files; at most 999")
    parser.add_argument("--from", type=Path, action="append", dest="earlier", metavar="JSON", help="measure nothing")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables into this document, too")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.only.split(",")) - set(PARTS):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    return arguments


def main(argv: list[str]) -> int:
    """Measure, and write tables and JSON; returns 1 if that is impossible."""
    arguments = parsed(argv)
    try:
        if arguments.earlier:
            found = report.merged([json.loads(path.read_text(encoding="utf-8")) for path in arguments.earlier])
        else:
            found = measured(arguments)
    except (BenchmarkError, corpus.CorpusError, peers.PeerError) as error:
        print(error, file=sys.stderr)
        return 1
    text = report.markdown(found)
    print(text)
    if arguments.write:
        document = arguments.write.read_text(encoding="utf-8")
        arguments.write.write_text(report.replaced(document, text), encoding="utf-8")
    return 0


def measured(arguments: argparse.Namespace) -> report.Results:
    """Run everything that was asked for; the JSON file is written after each section.

    Raises:
        BenchmarkError, CorpusError, PeerError: something does not run.
    """
    folder = arguments.corpus.resolve()
    corpus.build(folder, arguments.archives or folder / "archives", corpus.archives())
    (folder / ".semgrepignore").touch()  # an empty one: Semgrep's own list leaves out tests
    own = Path(sys.executable).parent
    programs = peers.installed(arguments.peers.resolve())
    rules = arguments.semgrep_rules.resolve()
    chosen = frozenset(filter(None, arguments.tools.split(",")))
    tools = Tools(own, programs, rules, chosen)
    if rules == cases.SEMGREP_RULES and tools.wants("semgrep"):
        print("WARNING: Semgrep runs with rules of this benchmark, not its own (--semgrep-rules PATH)", file=sys.stderr)
    if not measuring.adopt_orphans():
        print("WARNING: processes that nobody waits for are not counted on this system", file=sys.stderr)
    found: report.Results = {
        "machine": report.machine(),
        "versions": {**peers.versions(programs, own), "mlwarden": f"{_revision()}"},
        "sections": {},
    }
    arguments.results.mkdir(parents=True, exist_ok=True)
    file = arguments.results / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json"
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        for section in sections(arguments, tools, folder, Path(temporary)):
            if arguments.cases:
                section.cases[:] = [case for case in section.cases if case.name in arguments.cases]
            found["sections"][section.name] = run(section, arguments, Path(temporary))
            file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(f"the figures are in {file}", file=sys.stderr)
    return found


def sections(arguments: argparse.Namespace, tools: Tools, folder: Path, work: Path) -> Iterator[Section]:
    """What was asked for, made ready only when it is its turn."""
    parts = arguments.only.split(",")
    trees = arguments.trees.split(",")
    if "hook" in parts:
        yield from cases.hooks(tools, folder, work, EXAMPLES)
    if "tree" in parts:
        yield from (cases.tree(tools, folder, name) for name in trees)
    if "warm" in parts:
        yield from (cases.warm(tools, folder, name, work) for name in trees)
    if "notebooks" in parts:
        yield cases.notebooks(tools, folder)
    if "growth" in parts:
        yield from (cases.growth(tools, folder, work, int(number)) for number in arguments.growth.split(","))
    if "large" in parts:
        yield cases.large_notebooks(tools, work)


def run(section: Section, arguments: argparse.Namespace, work: Path) -> dict[str, object]:
    """Measure a section.

    Raises:
        BenchmarkError: a command failed, or looked at another number of files.
    """
    print(f"{section.title}", file=sys.stderr)
    rounds = arguments.hook_rounds if section.name.startswith("hook") else arguments.rounds
    # Without what the caller's Python is told, say to write no bytecode: every start would compile everything.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    kept = {case.name: _empty(work / f"kept-{number}") for number, case in enumerate(section.cases)}
    runs: dict[str, list[measuring.Cost]] = {case.name: [] for case in section.cases}
    loads = [os.getloadavg()[0]]
    for number in range(rounds):
        for case in section.cases:
            if case.slow and number >= arguments.slow_rounds:
                continue
            if case.warm:
                time.sleep(SETTLED)
                _run(case, section, environment, _empty(work / "fresh"), kept[case.name])
            cost = _run(case, section, environment, _empty(work / "fresh"), kept[case.name])
            runs[case.name].append(cost)
            print(
                f"  {number + 1} {case.name:50} {cost.cpu:9.3f} s {cost.wall:9.3f} s {cost.peak:6.0f} MiB",
                file=sys.stderr,
            )
        loads.append(os.getloadavg()[0])
    return {
        "title": section.title,
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "load": [min(loads), max(loads)],
        "files": section.files,
        "size": section.size,
        "notes": section.notes,
        "cases": {
            case.name: {"command": [*case.command], "runs": [list(cost) for cost in runs[case.name]]}
            for case in section.cases
        },
    }


def _run(case: Case, section: Section, environment: dict[str, str], fresh: Path, kept: Path) -> measuring.Cost:
    if case.prepare is not None:
        case.prepare()
    errors = fresh.with_name("errors.txt")
    command = case.filled(fresh, kept)
    cost = measuring.measure(command, section.folder, environment, errors)
    if cost.status not in (0, 1):
        said = errors.read_text(encoding="utf-8", errors="replace").strip()
        raise BenchmarkError(f"`{' '.join(command)}` ended with {cost.status}:\n{said}")
    if section.checked and case.files is not None:
        looked_at = case.files(fresh)
        if looked_at != section.files:
            note = f"{case.name} looked at {looked_at:,} of {section.files:,} files."
            if case.name.startswith("mlwarden"):
                raise BenchmarkError(note)
            if note not in section.notes:
                section.notes.append(note)
    return cost


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _revision() -> str:
    """The commit that is measured, "+" for changes that are not committed."""
    root = Path(__file__).parents[2]
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True, check=True
        )
        changed = subprocess.run(
            ["git", "status", "--porcelain", "src", "hooks"], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "?"
    return f"{commit.stdout.strip()}{'+' if changed.stdout.strip() else ''}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
