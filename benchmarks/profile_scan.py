"""Where the time of a scan goes, by phase and by function, sampled a thousand times per second of processor time.

usage: python benchmarks/profile_scan.py PATH... [--select CODES] [--ignore CODES] [--top N] [--json FILE]

Checks in one process, without cache. At each tick of the profiling timer the innermost frame in mlwarden's own files
tells the phase; time inside C code (libcst's parser, `compile`, regular expressions, the collector) counts for the frame
that called it. Sampling changes what it measures far less than a tracing profiler does, which makes small functions look
ten times as expensive.

`below siblings` is the part of a phase that was spent for the sake of modules that the checked one imports.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

if __name__ == "__main__":
    del sys.path[0]  # this folder: nothing is to be imported from it

import mlwarden

TICK = 0.001
_OWN = os.path.dirname(mlwarden.__file__) + os.sep  # noqa: PTH120  # compared with file names of code as they are

# The start of a file's path inside the package, and the phase; the first that fits counts.
PHASES = (
    ("engine/garbage.py", "collection of garbage"),
    ("engine/gate.py", "gate: words and names"),
    ("engine/plan.py", "gate: words and names"),
    ("engine/triggers.py", "gate: words and names"),
    ("semantics/word_classes.py", "gate: words and names"),
    ("engine/syntax.py", "syntax check alone"),
    ("engine/siblings.py", "finding what is imported"),
    ("engine/exports.py", "finding what is imported"),
    ("engine/borrowing.py", "finding what is imported"),
    ("engine/importer.py", "finding what is imported"),
    ("engine/links.py", "finding what is imported"),
    ("engine/matter.py", "finding what is imported"),
    ("engine/module_search.py", "finding what is imported"),
    ("engine/outline.py", "finding what is imported"),
    ("engine/outlining.py", "finding what is imported"),
    ("engine/reach.py", "finding what is imported"),
    ("engine/sibling_module.py", "finding what is imported"),
    ("engine/modules.py", "finding what is imported"),
    ("semantics/fragments.py", "ast: parse and cut into statements"),
    ("semantics/statements.py", "ast: parse and cut into statements"),
    ("semantics/members.py", "ast: parse and cut into statements"),
    ("semantics/blocks.py", "ast: parse and cut into statements"),
    ("semantics/lean_", "lean trees"),
    ("semantics/readings.py", "lean trees"),
    ("semantics/counterparts.py", "positions"),
    ("semantics/identifiers.py", "ast: identifiers"),
    ("semantics/relevance.py", "which statements matter"),
    ("semantics/positions.py", "positions"),
    ("semantics/versions.py", "requirements of the project"),
    ("semantics/requirement_files.py", "requirements of the project"),
    ("semantics/", "interpretation"),
    ("rules/", "rules"),
    ("secrets/", "search for secrets"),
    ("bandit_engine/", "Bandit's rules"),
    ("source/", "discovery, reading, decoding"),
    ("notebooks/", "notebooks"),
    ("policy/", "suppressions, baseline, verdict"),
    ("reports/", "report"),
    ("engine/", "engine, the rest"),
    ("", "command line, settings, model"),
)


@dataclass
class Samples:
    """What was seen: ticks by phase, by phase below the siblings, by innermost function, and by function with all it calls."""

    total: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    below_siblings: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)
    cumulative: Counter[str] = field(default_factory=Counter)
    _known: dict[object, tuple[str, str]] = field(default_factory=dict)

    def take(self, frame: FrameType | None) -> None:
        """Count one tick."""
        self.total += 1
        phase = function = ""
        siblings = False
        seen: set[str] = set()
        while frame is not None:
            code = frame.f_code
            known = self._known.get(code)
            if known is None:
                known = self._known[code] = named(code.co_filename, getattr(code, "co_qualname", code.co_name))
            this, name = known
            if this and not phase:
                phase, function = this, name or this
            if name:
                seen.add(name)
                siblings = siblings or name.startswith("engine/siblings.py")
            frame = frame.f_back
        phase = phase or "elsewhere"
        self.phases[phase] += 1
        self.below_siblings[phase] += siblings
        self.functions[function or "elsewhere"] += 1
        self.cumulative.update(seen)


def named(file: str, function: str) -> tuple[str, str]:
    """The phase that a frame stands for, and its name; "" where it leaves that to its caller (phase), or is not our own."""
    if file.startswith("<frozen importlib"):
        return "imports", ""
    parts = Path(file).parts
    if "libcst" in parts and not file.startswith(_OWN):
        # What it does for a caller of ours (visiting, generating code) is the caller's; parsing is a phase.
        return ("libcst: parse", "") if function.startswith(("_parse", "parse_")) else ("", "")
    if "bandit" in parts:
        return "Bandit's rules", ""
    if not file.startswith(_OWN):
        return "", ""
    inside = file[len(_OWN) :].replace(os.sep, "/")
    phase = next(phase for start, phase in PHASES if inside.startswith(start))
    return phase, f"{inside} {function}"


@contextlib.contextmanager
def sampling() -> Iterator[Samples]:
    """Sample the stack while the block runs."""
    samples = Samples()

    def tick(number: int, frame: FrameType | None) -> None:
        samples.take(frame)

    before = signal.signal(signal.SIGPROF, tick)
    signal.setitimer(signal.ITIMER_PROF, TICK, TICK)
    try:
        yield samples
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def shown(samples: Samples, seconds: float, top: int) -> str:
    """Tables of phases and functions, as Markdown."""
    total = max(samples.total, 1)
    lines = ["| phase | CPU s | share | below siblings |", "| --- | ---: | ---: | ---: |"]
    for phase, ticks in samples.phases.most_common():
        below = samples.below_siblings[phase]
        lines.append(
            f"| {phase} | {seconds * ticks / total:.2f} | {100 * ticks / total:.1f}% | {100 * below / total:.1f}% |"
        )
    lines.append(f"| all | {seconds:.2f} | 100% | {100 * samples.below_siblings.total() / total:.1f}% |")
    for title, counter in (("by itself", samples.functions), ("with all that it calls", samples.cumulative)):
        lines += ["", f"| function, {title} | share |", "| --- | ---: |"]
        lines += [f"| `{name}` | {100 * ticks / total:.1f}% |" for name, ticks in counter.most_common(top)]
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Check under the sampler; returns 1 if the check itself fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--select", metavar="CODES")
    parser.add_argument("--ignore", metavar="CODES")
    parser.add_argument("--top", type=int, default=25)
    parser.add_argument("--json", type=Path, metavar="FILE", help="the counts")
    arguments = parser.parse_args(argv)
    options = ["check", "--isolated", "--no-cache", "--jobs", "1", "--exit-zero", "--output-format", "json"]
    for name in ("select", "ignore"):
        if getattr(arguments, name):
            options += [f"--{name}", getattr(arguments, name)]
    with contextlib.redirect_stdout(io.StringIO()), sampling() as samples:
        from mlwarden.cli.main import main as command

        start = time.process_time()
        status = command([*options, *arguments.paths])
        seconds = time.process_time() - start
    print(shown(samples, seconds, arguments.top))
    if arguments.json:
        found = {name: dict(getattr(samples, name)) for name in ("phases", "below_siblings", "functions", "cumulative")}
        arguments.json.write_text(json.dumps({"seconds": seconds, **found}, indent=1), encoding="utf-8")
    return 1 if status else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
