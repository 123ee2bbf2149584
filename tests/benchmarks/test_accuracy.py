"""The logic of benchmarks/accuracy: fetching, reading the reports, the expectations, the comparison and its table."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from benchmarks.accuracy import __main__ as command
from benchmarks.accuracy import compare, expectations, reports, suites, table
from benchmarks.accuracy.compare import Comparison, Outcome, Place, Row
from benchmarks.accuracy.expectations import DataError, Deviation, Fixture, Subject
from benchmarks.accuracy.reports import Found
from benchmarks.accuracy.suites import Suite, SuiteError

PICKLE = "import pickle\n\n\ndef read(path):\n    return pickle.load(open(path, 'rb'))\n"


def laid(folder: Path, **fixtures: str) -> Path:
    for name, text in fixtures.items():
        (folder / name).mkdir(parents=True)
        (folder / name / suites.FIXTURE).write_text(text, encoding="utf-8")
    return folder


class TestSuites:
    def sdist(self, folder: Path, **members: bytes) -> str:
        archive = folder / "peer.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return str(archive)

    def test_sdist(self, tmp_path: Path) -> None:
        members = {
            "peer-1.0/examples/dill.py": b"import dill\n",
            "peer-1.0/examples/latin.py": b"# \xe9\r\n",
            "peer-1.0/examples/notes.txt": b"no fixture",
            "peer-1.0/examples/deeper/other.py": b"not directly in the folder",
            "peer-1.0/peer/examples/own.py": b"another folder",
        }
        suite = Suite("peer", "1.0", "examples")
        folder = suites.unpacked(suite, tmp_path / "cache", self.sdist(tmp_path, **members))
        assert suites.fixtures_of(folder) == {"dill.py": b"import dill\n", "latin.py": b"# \xe9\r\n"}
        assert sorted(path.relative_to(tmp_path) for path in folder.rglob("*.py")) == [
            Path("cache/peer-1.0/dill/fixture.py"),
            Path("cache/peer-1.0/latin/fixture.py"),
        ]
        # The second time nothing is fetched.
        assert suites.unpacked(suite, tmp_path / "cache", "gone.tar.gz") == folder

    def test_sdist_without_fixtures(self, tmp_path: Path) -> None:
        archive = self.sdist(tmp_path, **{"peer-1.0/setup.py": b""})
        with pytest.raises(SuiteError, match=r"^peer 1\.0 has no fixtures in examples$"):
            suites.unpacked(Suite("peer", "1.0", "examples"), tmp_path / "cache", archive)

    def repository(self, folder: Path) -> str:
        """A repository with fixtures in a/b, and the commit that holds them; the work tree has changed since."""

        def git(*arguments: str) -> str:
            identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false")
            ran = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)
            return ran.stdout.decode().strip()

        (folder / "a/b").mkdir(parents=True)
        (folder / "a/b/S301.py").write_bytes(b"import pickle\n")
        (folder / "a/b/S301.pyi").write_bytes(b"import pickle\n")
        (folder / "a/other.py").write_bytes(b"")
        git("init", "--quiet")
        git("config", "uploadpack.allowFilter", "true")
        git("add", ".")
        git("commit", "--quiet", "-m", "one")
        (folder / "a/b/S301.py").write_bytes(b"changed since\n")
        return git("rev-parse", "HEAD")

    @pytest.mark.parametrize("at_hand", [True, False])
    def test_git(self, tmp_path: Path, at_hand: bool) -> None:
        clone = tmp_path / "clone"
        commit = self.repository(clone)
        suite = Suite("peer", commit, "a/b", "no address" if at_hand else clone.as_uri())
        folder = suites.unpacked(suite, tmp_path / "cache", str(clone) if at_hand else "")
        assert folder == tmp_path / "cache" / f"peer-{commit[:12]}"
        assert suites.fixtures_of(folder) == {"S301.py": b"import pickle\n"}

    def test_git_without_the_commit(self, tmp_path: Path) -> None:
        with pytest.raises(SuiteError, match=r"^`git -C .* ls-tree .* failed:\n"):
            suites.unpacked(Suite("peer", "0" * 40, "a", "no address"), tmp_path / "cache", str(tmp_path))

    def test_command_says_what_is_missing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        missing = str(tmp_path / "bandit.tar.gz")
        assert command.main(["--cache", str(tmp_path / "cache"), "--bandit-sdist", missing]) == 2
        assert capsys.readouterr().err == f"{missing} is not a file\n"

    @pytest.mark.parametrize(
        ("version", "content", "message"),
        [
            ("1.0", b"changed", "peer: not the fixtures that the expectations are for: a.py"),
            ("2.0", b"", "the expectations are for peer 2.0, not 1.0: use --derive"),
        ],
    )
    def test_other_fixtures_are_refused(self, version: str, content: bytes, message: str) -> None:
        expected = {name: Fixture(suites.digest(b""), "") for name in ("a.py", "b.py")}
        suite = Suite("peer", "1.0", "examples")
        command.check_same(suite, "1.0", expected, {"a.py": b"", "b.py": b""})
        with pytest.raises(SuiteError) as caught:
            command.check_same(suite, version, expected, {"a.py": content, "b.py": b""})
        assert str(caught.value) == message


class TestReports:
    def test_bandit(self) -> None:
        results = [
            {"filename": "x/b/fixture.py", "test_id": "B602", "line_number": 7, "line_range": [6, 7, 8]},
            {"filename": "x/a/fixture.py", "test_id": "B602", "line_number": 9},
            {"filename": "x/a/fixture.py", "test_id": "B301", "line_number": 5},
            {"filename": "x/a/fixture.py", "test_id": "B602", "line_number": 2},
            {"filename": "x/a/fixture.py", "test_id": "B602", "line_number": 2},
        ]
        lines = reports.bandit_lines({"results": results})
        assert lines == {"a.py": {"B301": [5], "B602": [2, 9]}, "b.py": {"B602": [7]}}
        assert [list(lines), list(lines["a.py"])] == [["a.py", "b.py"], ["B301", "B602"]]

    def test_ruff(self) -> None:
        report = [
            {"filename": "x/S301/fixture.py", "code": "S301", "location": {"row": 3, "column": 1}},
            {"filename": "x/S301/fixture.py", "code": None, "location": {"row": 4, "column": 1}},
            {"filename": "x/S301/fixture.py", "code": "invalid-syntax", "location": {"row": 5, "column": 1}},
        ]
        assert reports.ruff_lines(report) == {"S301.py": {"S301": [3]}}

    def test_every_tool_really_run(self, tmp_path: Path) -> None:
        folder = laid(tmp_path, clean="x = 1\n", read=PICKLE)
        assert reports.run_peer("bandit", folder) == {"read.py": {"B301": [5], "B403": [1]}}
        assert reports.run_peer("ruff", folder) == {"read.py": {"S301": [5]}}
        assert reports.run_mlwarden(folder, "--select", "MLW111,B403") == [
            Found("read.py", 1, 1, "B403", "low", "high"),
            Found("read.py", 5, 5, "MLW111", "medium", "medium"),
        ]

    def test_tool_that_fails(self, tmp_path: Path) -> None:
        with pytest.raises(reports.RunError, match=r"^mlwarden ended with 2:\n"):
            reports.run_mlwarden(tmp_path, "--select", "nothing of this name")


class TestExpectations:
    def test_good_lines(self) -> None:
        text = (
            b"import os\n"  # not counted
            b"def f():\n"
            b"    pass\n"  # not counted
            b"    g(\n"
            b"        shell=True)\n"  # reported: so the statement is not good
            b"    return 1\n"
            b"if f(): x = 1; y = 2\n"
        )
        assert expectations.good_lines(text, [[5], []]) == [6, 7]
        assert expectations.good_lines(b"x = 1\nbroken(\n", []) == []
        assert expectations.good_lines(b"x = '\0'\n", []) == []

    def test_derived(self) -> None:
        fixtures = {"S105.py": b"a = 1\n", "b.py": b"b = 1\nc = 2\n", "c.py": b""}
        found = expectations.derived(fixtures, {"b.py": {"B1": [1], "B3": [1, 2], "B2": [1, 2]}})
        assert found == {
            "S105.py": Fixture(suites.digest(b"a = 1\n"), "S105", {}, [1]),
            "b.py": Fixture(suites.digest(fixtures["b.py"]), "B2", {"B1": [1], "B3": [1, 2], "B2": [1, 2]}, []),
            "c.py": Fixture(suites.digest(b""), "", {}, []),
        }

    def test_written_and_read(self, tmp_path: Path) -> None:
        fixtures = {
            "a-b.py": Fixture("0f", "B301", {"B301": [1, 20], "B403": [2]}, [3]),
            "c.py": Fixture("1f", "", {}, []),
        }
        text = expectations.written("1.0", "1.1", fixtures)
        assert text == (
            "# Derived by `python -m benchmarks.accuracy --derive`; not edited by hand.\n"
            '\nversion = "1.0"\npeer = "1.1"\n'
            '\n["a-b.py"]\nsha256 = "0f"\nabout = "B301"\ngood = [3]\nrules.B301 = [1, 20]\nrules.B403 = [2]\n'
            '\n["c.py"]\nsha256 = "1f"\nabout = ""\ngood = []\n'
        )
        (tmp_path / "lines-peer.toml").write_text(text, encoding="utf-8")
        assert expectations.read("peer", tmp_path) == ("1.0", "1.1", fixtures)

    def test_rule_of_two_subjects(self, tmp_path: Path) -> None:
        one = '[[subject]]\ntitle = "x"\npeers = ["B301"]\nours = ["MLW1"]\n'
        (tmp_path / "subjects.toml").write_text(one + "partly = true\n", encoding="utf-8")
        assert expectations.subjects(tmp_path) == [Subject("x", ("B301",), ("MLW1",), partly=True)]
        (tmp_path / "subjects.toml").write_text(one + one, encoding="utf-8")
        with pytest.raises(DataError, match=r"^in two subjects: B301$"):
            expectations.subjects(tmp_path)

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            (
                'file = "a.py"\nrule = "B301"\nlines = [1, 2]\nkind = "silent"\nreason = "r"',
                r"says otherwise of \[2\]$",
            ),
            ('file = "a.py"\nlines = [1, 2]\nkind = "found"\nreason = "r"', r"says otherwise of \[1\]$"),
            ('file = "b.py"\nlines = [1]\nkind = "found"\nreason = "r"', "is about an unknown fixture$"),
            ('file = "a.py"\nlines = [2]\nkind = "found"\nreason = " "', "gives no reason$"),
        ],
    )
    def test_deviation_that_cannot_be(self, tmp_path: Path, entry: str, message: str) -> None:
        (tmp_path / "deviations.toml").write_text(f'[[deviation]]\nsuite = "peer"\n{entry}\n', encoding="utf-8")
        with pytest.raises(DataError, match=message):
            expectations.deviations({"peer": {"a.py": Fixture("", "B301", {"B301": [1]}, [2])}}, tmp_path)

    def test_committed_data(self) -> None:
        expected = {}
        for suite in suites.SUITES:
            version, _, expected[suite.name] = expectations.read(suite.name)
            assert version == suite.version
        assert expectations.deviations(expected)
        # Only imports, asserts and what Bandit itself no longer reports are no subject.
        reported = {r for fixtures in expected.values() for fixture in fixtures.values() for r in fixture.rules}
        rest = reported.difference(rule for subject in expectations.subjects() for rule in subject.peers)
        assert sorted(rule for rule in rest if not rule.startswith("B4")) == ["B101", "S101"]


def test_compared() -> None:
    def found(file: str, line: int, end: int, code: str) -> Found:
        return Found(file, line, end, code, "high", "low")

    fixtures = {
        "a.py": Fixture("", "B301", {"B301": [2, 4, 6, 8], "B403": [1]}, [10, 12, 14]),
        "b.py": Fixture("", "B102", {"B102": [3, 5]}, [7]),
        "c.py": Fixture("", "", {}, [1]),
    }
    subjects = [
        Subject("pickle", ("B301", "S301"), ("MLW1",)),
        Subject("exec", ("B102",), ("MLW401",), partly=True),
        Subject("random", ("B311",), ()),
    ]
    deviations = [
        Deviation("peer", "a.py", "B301", (8,), "silent", "r"),
        Deviation("peer", "a.py", "", (12,), "found", "r"),
        Deviation("other", "a.py", "B301", (6,), "silent", "r"),
    ]
    default = [
        found("a.py", 1, 3, "MLW111"),  # covers line 2, and begins where another rule of the peer reports
        found("a.py", 4, 4, "MLW201"),  # another matter: neither a hit nor an alarm
        found("a.py", 6, 6, "B301"),
        found("a.py", 8, 8, "MLW111"),
        found("a.py", 10, 11, "MLW217"),
        found("a.py", 12, 12, "MLW215"),
        found("b.py", 5, 5, "B102"),
        found("b.py", 7, 7, "B102"),  # one of the peer's own tests is no alarm of ours
        found("c.py", 1, 1, "MLW003"),
    ]
    everything = [*default, found("b.py", 3, 3, "MLW401")]
    assert compare.compared("peer", fixtures, subjects, deviations, Outcome(default, everything)) == Comparison(
        rows=[
            Row("peer", "B102", ("MLW401",), True, lines=2, by_ours=0, by_default=1, by_all=2, good=1),
            Row(
                "peer",
                "B301",
                ("MLW1",),
                lines=3,
                waived=1,
                by_ours=1,
                by_default=2,
                by_all=2,
                good=2,
                alarms=1,
                accepted=1,
            ),
        ],
        missed_by_ours=[Place("peer", "B301", "a.py", 4), Place("peer", "B301", "a.py", 6)],
        missed_by_all=[Place("peer", "B301", "a.py", 4)],
        alarms=[Place("peer", "B301", "a.py", 10, "MLW217 high/low")],
        accepted=[Place("peer", "B301", "a.py", 12, "MLW215 high/low")],
        reported_though_waived=[Place("peer", "B301", "a.py", 8, "MLW111")],
        unread=[Place("peer", "", "c.py", 1, "MLW003 high/low")],
    )


def test_subject_without_rules_of_ours_has_no_misses_of_ours() -> None:
    fixtures = {"a.py": Fixture("", "B311", {"B311": [1]}, [])}
    outcome = Outcome([], [Found("a.py", 1, 1, "B311", "low", "high")])
    result = compare.compared("peer", fixtures, [Subject("random", ("B311",), ())], [], outcome)
    assert result == Comparison(rows=[Row("peer", "B311", (), lines=1, by_all=1)])


def test_table() -> None:
    rows = [
        Row("bandit", "B102", ("MLW401", "MLW414"), True, lines=2, by_ours=1, by_default=1, by_all=2, good=1),
        Row(
            "bandit",
            "B301",
            ("MLW1",),
            lines=3,
            waived=1,
            by_ours=1,
            by_default=2,
            by_all=2,
            good=2,
            alarms=1,
            accepted=3,
        ),
        Row("ruff", "S311", (), lines=0, good=4),
    ]
    assert table.table(rows) == (
        "| peer's rule | ours | lines | by ours | by default | with ALL | recall, ours | recall, ALL | good | alarms |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| bandit B102 | partly MLW401, MLW414 | 2 | 1 | 1 | 2 |  | 100% | 1 | 0 |\n"
        "| bandit B301 | MLW1 | 3 (+1) | 1 | 2 | 2 | 33% | 67% | 2 | 1 (+3) |\n"
        "| ruff S311 |  | 0 |  | 0 | 0 |  |  | 4 | 0 |\n"
        "| where ours are for the whole matter |  | 3 (+1) | 1 | 2 | 2 | 33% | 67% | 2 | 1 (+3) |\n"
        "| all |  | 5 (+1) | 2 | 3 | 4 |  | 80% | 7 | 1 (+3) |\n"
    )


def test_listing() -> None:
    result = Comparison(
        missed_by_all=[Place("ruff", "S301", "S301.py", 4)], alarms=[Place("bandit", "", "a.py", 1, "x")]
    )
    assert table.listing(result) == (
        "Not found by our rules at default settings: 0\n\n"
        "Not found with --select ALL: 1\n  ruff S301 S301.py:4\n\n"
        "False alarms: found by our rules where the peer is silent: 1\n  bandit a.py:1 x\n\n"
        "Accepted: as before, but listed as right in deviations.toml: 0\n\n"
        "Reported though waived: 0\n\n"
        "Not read by mlwarden: 0\n"
    )


def test_table_in_a_document() -> None:
    document = f"# T\n\n{table.BEGIN}\nold\n{table.END}\nrest\n"
    assert table.replaced(document, "new\n") == f"# T\n\n{table.BEGIN}\nnew\n{table.END}\nrest\n"
    with pytest.raises(ValueError, match="lacks the marks"):
        table.replaced(f"{table.BEGIN}\n", "new\n")
