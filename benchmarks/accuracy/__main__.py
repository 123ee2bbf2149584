"""Measure mlwarden on the fixtures of Bandit and Ruff: `python -m benchmarks.accuracy`. See README.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.accuracy import expectations, reports, suites
from benchmarks.accuracy.compare import Comparison, Outcome, compared
from benchmarks.accuracy.table import listing, replaced, table


def main(argv: list[str]) -> int:
    """Derive the expectations, or measure; returns 2 if the fixtures or the data cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/accuracy"), help="where the fixtures are kept")
    parser.add_argument("--bandit-sdist", default="", metavar="FILE", help="a source distribution at hand")
    parser.add_argument("--ruff-clone", default="", metavar="FOLDER", help="a clone at hand")
    parser.add_argument("--derive", action="store_true", help="run the peers and write data/lines-<suite>.toml anew")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table into this document, too")
    options = parser.parse_args(argv)
    sources = {"bandit": options.bandit_sdist, "ruff": options.ruff_clone}
    try:
        folders = {suite: suites.unpacked(suite, options.cache, sources[suite.name]) for suite in suites.SUITES}
        if options.derive:
            for suite, folder in folders.items():
                derive(suite, folder)
            return 0
        result = measure(folders)
    except (suites.SuiteError, expectations.DataError, reports.RunError) as error:
        print(error, file=sys.stderr)
        return 2
    print(table(result.rows))
    print(listing(result), end="")
    if options.write:
        document = options.write.read_text(encoding="utf-8")
        options.write.write_text(replaced(document, table(result.rows)), encoding="utf-8")
    return 0


def derive(suite: suites.Suite, folder: Path) -> None:
    """Run a peer on its own fixtures, and write what it reports."""
    fixtures = suites.fixtures_of(folder)
    found = expectations.derived(fixtures, reports.run_peer(suite.name, folder))
    text = expectations.written(suite.version, reports.peer_version(suite.name), found)
    (expectations.DATA / f"lines-{suite.name}.toml").write_text(text, encoding="utf-8")


def measure(folders: dict[suites.Suite, Path]) -> Comparison:
    """Compare mlwarden with the expectations, over all suites."""
    expected = {}
    for suite, folder in folders.items():
        version, _, expected[suite.name] = expectations.read(suite.name)
        check_same(suite, version, expected[suite.name], suites.fixtures_of(folder))
    subjects = expectations.subjects()
    deviations = expectations.deviations(expected)
    whole = Comparison()
    for suite, folder in folders.items():
        outcome = Outcome(reports.run_mlwarden(folder), reports.run_mlwarden(folder, "--select", "ALL"))
        part = compared(suite.name, expected[suite.name], subjects, deviations, outcome)
        for name, found in vars(part).items():
            getattr(whole, name).extend(found)
    return whole


def check_same(
    suite: suites.Suite,
    version: str,
    expected: dict[str, expectations.Fixture],
    fixtures: dict[str, bytes],
) -> None:
    """Make sure that the fixtures are those that the expectations were derived from.

    Raises:
        SuiteError: they are not.
    """
    if version != suite.version:
        raise suites.SuiteError(f"the expectations are for {suite.name} {version}, not {suite.version}: use --derive")
    found = {name: suites.digest(content) for name, content in fixtures.items()}
    wanted = {name: fixture.sha256 for name, fixture in expected.items()}
    if found != wanted:
        names = sorted({name for name, _ in found.items() ^ wanted.items()})
        raise suites.SuiteError(f"{suite.name}: not the fixtures that the expectations are for: {', '.join(names)}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
