"""The speed benchmark: costs of process trees, cases, goals, reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.speed import __main__ as command
from benchmarks.speed import cases, measuring, peers, report
from benchmarks.speed.cases import Appending, Case, Section, Tools
from benchmarks.speed.goals import GOALS, ratio, results, spread

BURN = "import time\nend = time.process_time() + {0}\nwhile time.process_time() < end: pass\n"


class TestMeasure:
    def run(self, tmp_path: Path, code: str) -> measuring.Cost:
        return measuring.measure([sys.executable, "-c", code], tmp_path, dict(os.environ), tmp_path / "errors.txt")

    def test_processor_time(self, tmp_path: Path) -> None:
        cost = self.run(tmp_path, BURN.format(0.2))
        assert cost.cpu >= 0.2
        assert cost.wall >= 0.2
        assert cost.status == 0

    def test_children_count(self, tmp_path: Path) -> None:
        code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN.format(0.2)!r}])"
        assert self.run(tmp_path, code).cpu >= 0.2

    def test_orphans_count(self, tmp_path: Path) -> None:
        """They are handed over on Linux only; elsewhere the benchmark says that it cannot count them."""
        if sys.platform != "linux":
            assert not measuring.adopt_orphans()
            return
        code = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN.format(0.2)!r}])"
        script = (
            "import os, sys\nfrom pathlib import Path\nfrom benchmarks.speed import measuring\n"
            "assert measuring.adopt_orphans()\n"
            f"cost = measuring.measure([sys.executable, '-c', {code!r}], Path('.'), dict(os.environ), Path('errors.txt'))\n"
            "sys.exit(cost.cpu < 0.2)\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        cost = measuring.measure([sys.executable, "-c", script], tmp_path, environment, tmp_path / "all.txt")
        assert (cost.status, (tmp_path / "all.txt").read_text()) == (0, "")

    def test_a_process_that_was_there_before_is_not_waited_for(self, tmp_path: Path) -> None:
        other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        try:
            assert self.run(tmp_path, "").status == 0
            assert other.poll() is None
        finally:
            other.communicate(b"\n")

    def test_memory(self, tmp_path: Path) -> None:
        assert 150 < self.run(tmp_path, "x = b'1' * 150_000_000").peak < 400

    def test_failure(self, tmp_path: Path) -> None:
        assert self.run(tmp_path, "import sys; sys.exit('no such thing')").status == 1
        assert (tmp_path / "errors.txt").read_text() == "no such thing\n"


class TestCases:
    def test_filled(self) -> None:
        case = Case("x", ("tool", "--out", "{fresh}/r.json", "--cache-dir", "{kept}", "{target}"), ("a", "b"))
        found = case.filled(Path("/f"), Path("/k"))
        assert found == ["tool", "--out", "/f/r.json", "--cache-dir", "/k", "a", "b"]

    def test_tree(self, tmp_path: Path) -> None:
        (tmp_path / "py150").mkdir()
        (tmp_path / "py150" / "a.py").write_text("x = 1\n")
        section = cases.tree(Tools(tmp_path, tmp_path, cases.SEMGREP_RULES), tmp_path, "py150")
        assert (section.files, section.size) == (1, 6)
        assert [case.name for case in section.cases] == [
            "mlwarden, MLW without secrets",
            "mlwarden, MLW",
            "mlwarden, secrets alone",
            "mlwarden, secrets in texts",
            "mlwarden, default rules",
            "mlwarden, MLW without secrets, --jobs 1",
            "mlwarden, MLW without secrets, --jobs 2",
            "Ruff S, cold",
            "Ruff S, warm",
            "Bandit",
            "Semgrep",
            "detect-secrets",
        ]
        assert section.notes == [
            "Semgrep ran with 26 rules that were written for this benchmark, not with its own, of which there are more."
        ]

    def test_semgrep(self, tmp_path: Path) -> None:
        (tmp_path / "py150").mkdir()
        section = cases.tree(Tools(tmp_path, tmp_path, tmp_path / "rules", frozenset({"semgrep"})), tmp_path, "py150")
        assert [case.name for case in section.cases] == ["Semgrep"]
        assert str(tmp_path / "rules") in section.cases[0].command
        assert section.notes == ["Semgrep ran with the rules in `rules`."]

    def test_changing_one_file_leaves_the_corpus_alone(self, tmp_path: Path) -> None:
        (tmp_path / "corpus").mkdir()
        (tmp_path / "corpus" / "a.py").write_text("x = 1\n")
        cases.link_tree(tmp_path / "corpus", tmp_path / "copy")
        append = Appending(tmp_path / "copy" / "a.py")
        append()
        append()
        assert (tmp_path / "copy" / "a.py").read_text() == "x = 1\n\n# change 1\n\n# change 2\n"
        assert (tmp_path / "corpus" / "a.py").read_text() == "x = 1\n"

    def test_growth(self, tmp_path: Path) -> None:
        for package in cases.GROWING:
            (tmp_path / "corpus" / "py" / package).mkdir(parents=True)
            (tmp_path / "corpus" / "py" / package / "a.py").write_text("x = 1\n")
        section = cases.growth(Tools(tmp_path, tmp_path, cases.SEMGREP_RULES), tmp_path / "corpus", tmp_path, 3)
        assert (section.files, section.size) == (21, 126)


def costs(*values: float) -> list[list[float]]:
    return [[value, 10 * value, 100 * value, 0] for value in values]


class TestGoals:
    def test_spread(self) -> None:
        assert spread([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0, 3)

    def test_ratio_in_pairs(self) -> None:
        assert ratio(costs(2, 30, 5), costs(1, 10)) == (2.5, 2.0, 3.0, 2)

    def test_met(self) -> None:
        runs = {"py": {"mlwarden, MLW without secrets": costs(1), "Bandit": costs(10), "Ruff S, cold": costs(0.2)}}
        found = [(result.goal.text, result.found.median, result.is_met) for result in results(runs)]
        assert found == [
            ("MLW without secrets, cold / Bandit", 0.1, True),
            ("MLW without secrets, cold / Ruff S, cold", 5.0, False),
        ]

    def test_warm(self) -> None:
        runs = {"py150 warm": {"mlwarden, MLW, unchanged": costs(3), "Ruff S, warm": costs(2)}}
        assert [(result.section, result.found.median) for result in results(runs)] == [("py150 warm", 1.5)]

    def test_at_least(self) -> None:
        name = "mlwarden, MLW without secrets, --jobs"
        runs = {"py150": {f"{name} 1": costs(17), f"{name} 2": costs(10)}}
        assert [(result.found.median, result.is_met) for result in results(runs)] == [(1.7, True)]

    def test_figure_by_itself(self) -> None:
        runs = {"hook10": {"mlwarden-hook": costs(1.25)}}
        assert [(result.found.median, result.is_met) for result in results(runs)] == [(1.25, False)]

    def test_cases_exist(self, tmp_path: Path) -> None:
        """Every goal speaks of cases that are measured."""
        for name in ("py", "nb"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a.py").write_text("x = 1\n")
        for name in cases.STAGED:
            (tmp_path / "py" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "py" / name).write_text("x = 1\n")
        tools = Tools(tmp_path, tmp_path, tmp_path)
        sections = [
            cases.tree(tools, tmp_path, "py"),
            cases.warm(tools, tmp_path, "py", tmp_path / "work"),
            cases.notebooks(tools, tmp_path),
            *cases.hooks(tools, tmp_path, tmp_path / "work", command.EXAMPLES),
        ]
        named = {section.name: {case.name for case in section.cases} for section in sections}
        named["large"] = {"mlwarden, mixed"}
        for goal in GOALS:
            found = named[goal.section.format(tree="py")]
            assert {goal.over, goal.under} - {""} <= found, goal


def section_of(name: str, title: str, **more: Any) -> dict[str, Any]:
    section = {
        "title": title,
        "date": "2026-01-02 03:04",
        "load": [1.0, 2.0],
        "files": 2,
        "size": 2_000_000,
        "notes": [],
    }
    section["cases"] = {name: {"command": [], "runs": costs(0.5)}}
    return {**section, **more}


class TestReport:
    def found(self) -> dict[str, Any]:
        hook = section_of("mlwarden-hook", "Hook", notes=["Something was left out."])
        hook["cases"]["python -c pass"] = {"command": [], "runs": costs(0.1)}
        return {
            "machine": {"processor": "P", "processors": "2", "memory": "8 GiB", "system": "Linux", "python": "3.11"},
            "versions": {"mlwarden": "0", "Ruff": "1"},
            "sections": {
                "hook": hook,
                "growth 2": section_of("x", "", files=2000, size=30_000_000),
                "growth 1": section_of("x", "", files=1000, size=15_000_000),
            },
        }

    def test_markdown(self) -> None:
        assert report.markdown(self.found()).splitlines() == [
            "Measured 2026-01-02 on 2 processors (P), 8 GiB, Linux, CPython 3.11; load average 1.0 to 2.0, of which the runs "
            "themselves make 1 to 2.",
            "",
            "mlwarden 0, Ruff 1.",
            "",
            "### Goals",
            "",
            "| what | on | goal | measured (least to greatest) | rounds | |",
            "| --- | --- | ---: | ---: | ---: | --- |",
            "| hook, one clean file / bare interpreter | hook | ≤ 3 | **5.00** (5.00 to 5.00) | 1 | missed |",
            "",
            "### Hook",
            "",
            "| | CPU s | wall s | peak MiB | CPU / python -c pass | MB per CPU s | rounds |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            "| mlwarden-hook | 0.50 | 5.00 | 50 | 5.00 | 4.00 | 1 |",
            "| python -c pass | 0.10 | 1.00 | 10 | 1.00 | 20.0 | 1 |",
            "",
            "Something was left out.",
            "",
            "### Growth: the same thousand files, laid down side by side",
            "",
            "| files | MB | CPU s | CPU ms per MB | wall s | peak MiB |",
            "| ---: | ---: | ---: | ---: | ---: | ---: |",
            "| 1,000 | 15 | 0.50 | 33 | 5.00 | 50 |",
            "| 2,000 | 30 | 0.50 | 17 | 5.00 | 50 |",
        ]

    def test_merged(self) -> None:
        first, second = self.found(), self.found()
        second["sections"] = {"hook": section_of("y", "Later")}
        second["versions"]["mlwarden"] = "1"
        whole = report.merged([first, second])
        assert report.markdown(whole).splitlines()[2] == "mlwarden 1 and 0, Ruff 1."
        found = whole["sections"]
        assert {name: section["title"] for name, section in found.items()} == {
            "hook": "Later",
            "growth 2": "",
            "growth 1": "",
        }

    def test_replaced(self) -> None:
        text = f"before\n{report.BEGIN}\n\nold\n\n{report.END}\nafter\n"
        assert report.replaced(text, "new\n") == f"before\n{report.BEGIN}\n\nnew\n\n{report.END}\nafter\n"

    def test_no_marks(self) -> None:
        with pytest.raises(ValueError, match="no line"):
            report.replaced("text", "new")


class TestMeasured:
    def test_chosen_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [Section("s", "S", tmp_path, [Case(name, (sys.executable, "-c", ""), ()) for name in "ab"], 1, 1)]
        monkeypatch.setattr(command.corpus, "build", lambda *arguments: None)
        monkeypatch.setattr(command.peers, "installed", lambda folder: tmp_path)
        monkeypatch.setattr(command.peers, "versions", lambda *folders: {"Ruff": "1"})
        monkeypatch.setattr(command, "sections", lambda *arguments: iter(found))
        options = ["--corpus", str(tmp_path), "--results", str(tmp_path / "results"), "--rounds", "1"]
        measured = command.measured(command.parsed([*options, "--cases", "b"]))
        assert list(measured["sections"]["s"]["cases"]) == ["b"]
        (file,) = (tmp_path / "results").iterdir()
        assert json.loads(file.read_text()) == measured


class TestRun:
    def section(self, tmp_path: Path, *found: Case, **more: Any) -> Section:
        return Section("s", "S", tmp_path, list(found), 1, 1, **more)

    def test_rounds(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(command, "SETTLED", 0)
        mark = "import sys, pathlib; pathlib.Path(sys.argv[1]).open('a').write(sys.argv[2])"
        python = (sys.executable, "-c", mark, "log.txt")
        section = self.section(
            tmp_path,
            Case("a", (*python, "{target}"), ("a",)),
            Case("b", (*python, "{target}"), ("b",), slow=True),
            Case("c", (*python, "{target}"), ("c",), warm=True),
        )
        arguments = command.parsed(["--rounds", "3", "--slow-rounds", "1"])
        found: Any = command.run(section, arguments, tmp_path / "work")
        assert (tmp_path / "log.txt").read_text() == "abccaccacc"
        assert {name: len(case["runs"]) for name, case in found["cases"].items()} == {"a": 3, "b": 1, "c": 3}

    def test_failure(self, tmp_path: Path) -> None:
        case = Case("a", (sys.executable, "-c", "import sys; print('broken', file=sys.stderr); sys.exit(2)"), ())
        with pytest.raises(command.BenchmarkError, match="ended with 2:\nbroken"):
            command.run(self.section(tmp_path, case), command.parsed(["--rounds", "1"]), tmp_path / "work")

    def test_other_files(self, tmp_path: Path) -> None:
        own = Case("mlwarden, x", (sys.executable, "-c", ""), (), files=lambda fresh: 7)
        with pytest.raises(command.BenchmarkError, match="looked at 7 of 1 files"):
            command.run(self.section(tmp_path, own), command.parsed(["--rounds", "1"]), tmp_path / "work")
        peer = Case("Peer", (sys.executable, "-c", ""), (), files=lambda fresh: 7)
        found = command.run(self.section(tmp_path, peer), command.parsed(["--rounds", "2"]), tmp_path / "work")
        assert found["notes"] == ["Peer looked at 7 of 1 files."]


class TestPeers:
    def test_pinned(self) -> None:
        lines = [line for line in peers.PINNED.read_text().splitlines() if not line.startswith("#")]
        assert [line.partition("==")[0] for line in lines] == ["bandit", "detect-secrets", "nbqa", "ruff", "semgrep"]
        assert all("==" in line for line in lines)

    def test_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(peers.PeerError, match="does not run"):
            peers.versions(tmp_path, tmp_path)
