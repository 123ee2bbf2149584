"""Compare mlwarden's run of Bandit's tests with Bandit's own command line, over any folder of Python files.

    python benchmarks/compare_bandit.py FOLDER

Both run every test and ignore `# nosec`; what is compared is the multiset of (file, id, line). Prints the differences
and exits 1 if there are any.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import Path

from mlwarden.bandit_engine import infos
from mlwarden.bandit_engine.driver import Chunk, drive
from mlwarden.source.lines import LineIndex

Place = tuple[str, str, int]


def theirs(folder: Path) -> tuple[Counter[Place], set[str]]:
    command = [sys.executable, "-m", "bandit", "-r", str(folder), "-f", "json", "-q", "--ignore-nosec", "--exit-zero"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    places = Counter((r["filename"], r["test_id"], r["line_number"]) for r in report["results"])
    return places, {error["filename"] for error in report["errors"]}


def ours(folder: Path) -> tuple[Counter[Place], set[str], list[str]]:
    codes = frozenset(info.code for info in infos())
    places: Counter[Place] = Counter()
    unparsed, failures = set(), []
    for path in sorted(folder.rglob("*.py")):
        try:
            with tokenize.open(path) as file:
                text = file.read()
        except SyntaxError:  # no encoding known
            unparsed.add(str(path))
            continue
        outcome = drive(str(path), [Chunk(None, text, LineIndex(text))], codes, {})
        if outcome.unparsed:
            unparsed.add(str(path))
        places.update((str(path), hit.code, hit.line) for hit in outcome.hits)
        failures += [f"{path}: {failure}" for failure in outcome.failures]
    return places, unparsed, failures


def main(folder: Path) -> int:
    bandit, refused = theirs(folder)
    mine, unparsed, failures = ours(folder)
    print(f"bandit {bandit.total()} findings, {len(refused)} files refused; here {mine.total()} and {len(unparsed)}")
    print(f"the same: {(bandit & mine).total()}")
    differences = [("only bandit", bandit - mine), ("only here", mine - bandit)]
    for title, places in differences:
        for (path, code, line), count in sorted(places.items()):
            print(
                f"{title}: {path}:{line} {code} x{count}" + ("  (file refused by the other)" if path in refused else "")
            )
    print(*failures, sep="\n")
    return int(any(places for _, places in differences) or refused != unparsed)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
