"""The comparison of runs: what it calls different, and that its ways really differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.same_findings import RunError, Version, change, differences, report_of, version_at

from benchmarks import same_findings, ungated

PICKLE = "import pickle\n\n\ndef read(path):\n    return pickle.load(open(path, 'rb'))\n"


def finding(line: int, **more: object) -> dict[str, object]:
    place = {"line": line, "column": 1}
    found = {"code": "MLW101", "path": "a.py", "location": place, "cell": None, "message": "m", "severity": "high"}
    return {**found, "confidence": "high", **more}


class TestDifferences:
    def test_same(self) -> None:
        report = {"version": "1", "findings": [finding(1), finding(1)], "summary": {"files": 1}}
        assert differences(report, {**report, "version": "2"}) == []

    def test_missing_and_added(self) -> None:
        found = differences({"findings": [finding(1), finding(2)]}, {"findings": [finding(1), finding(1)]})
        assert found == [
            "findings: missing a.py:2:1 cell None MLW101 high/high m {}",
            "findings: added   a.py:1:1 cell None MLW101 high/high m {}",
        ]

    def test_order(self) -> None:
        found = differences({"findings": [finding(1), finding(2)]}, {"findings": [finding(2), finding(1)]})
        assert found == ["findings: the same, in another order"]

    def test_trace_alone(self) -> None:
        found = differences({"findings": [finding(1, trace=[1])]}, {"findings": [finding(1, trace=[2])]})
        assert [line[-14:] for line in found] == ['{"trace": [1]}', '{"trace": [2]}']

    def test_counts(self) -> None:
        found = differences({"findings": [], "summary": {"files": 1}}, {"findings": [], "summary": {"files": 2}})
        assert found == ["summary: expected {'files': 1}, found {'files': 2}"]


class TestVersions:
    def test_sources(self, tmp_path: Path) -> None:
        (tmp_path / "src" / "mlwarden").mkdir(parents=True)
        (tmp_path / "src" / "mlwarden" / "__init__.py").write_text("")
        version = version_at(tmp_path)
        assert version.sources == tmp_path / "src"
        assert version.verify() == str(tmp_path / "src" / "mlwarden" / "__init__.py")

    def test_virtual_environment(self, tmp_path: Path) -> None:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "python").write_text("")
        assert version_at(tmp_path) == Version(str(tmp_path / "bin" / "python"))

    def test_neither(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="neither"):
            version_at(tmp_path)

    def test_not_what_is_imported(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="does not import"):
            Version(sources=tmp_path).verify()


class TestChange:
    def test_only_some_files(self, tmp_path: Path) -> None:
        for number in range(18):
            (tmp_path / f"{number:02}.py").write_text(PICKLE)
        assert change(tmp_path) == 3
        changed = [file.name for file in sorted(tmp_path.iterdir()) if file.read_text() != PICKLE]
        assert changed == ["03.py", "10.py", "17.py"]

    def test_findings_change(self, tmp_path: Path) -> None:
        for number in range(18):
            (tmp_path / f"{number:02}.py").write_text(PICKLE)
        before = report_of(tmp_path, ["--jobs", "1", "--no-cache"], Version())
        change(tmp_path)
        after = report_of(tmp_path, ["--jobs", "1", "--no-cache"], Version())
        assert differences(before, after)


class TestWhole:
    def test_ungated(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Without gate libcst reads also what holds no word of a rule."""
        import libcst

        read: list[str] = []
        parse = libcst.parse_module

        def counted(source: str) -> libcst.Module:
            read.append(source)
            return parse(source)

        monkeypatch.setattr(libcst, "parse_module", counted)
        (tmp_path / "clean.py").write_text("def add(a, b):\n    return a + b\n")
        assert ungated.run(["check", "--isolated", str(tmp_path)]) == 0
        assert read == ["def add(a, b):\n    return a + b\n"]
        capsys.readouterr()

    def test_nothing_checked(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(ungated.EngineError):
            ungated.run(["check", "--isolated", str(tmp_path)])
        capsys.readouterr()


class TestMain:
    def test_same(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a.py").write_text(PICKLE)
        assert same_findings.main([str(tmp_path), "--ways", "jobs2,whole"]) == 0
        assert "everything is the same" in capsys.readouterr().out

    def test_different(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        target = tmp_path / "target"
        target.mkdir()
        (target / "a.py").write_text(PICKLE)
        report = report_of(target, ["--no-cache"], Version())
        stored = tmp_path / "report.json"
        stored.write_text(json.dumps({**report, "findings": []}))
        assert same_findings.main([str(target), "--ways", "none", "--against", str(stored)]) == 1
        assert "1 comparisons differ" in capsys.readouterr().out
