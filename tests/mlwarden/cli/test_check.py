from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from mlwarden.cli.main import main
from mlwarden.reports import FORMATS

Capture = pytest.CaptureFixture[str]

TORCH = 'import torch\n\nmodel = torch.load("model.pt")\n'
FIXED = 'import torch\n\nmodel = torch.load("model.pt", weights_only=True)\n'
PICKLE = 'import pickle\n\nwith open("a.pkl", "rb") as file:\n    data = pickle.load(file)\n'
# As long as the two are the only findings, these options make a run that does not depend on other rules.
ONLY = ("--select", "MLW102,MLW111", "--isolated", "--no-cache")


def check(capsys: Capture, *arguments: str) -> tuple[int, list[str], str]:
    """(exit status, `path:line:column: CODE` of each finding, the last line)."""
    status = main(["check", "--output-format", "concise", *ONLY, *arguments])
    lines = capsys.readouterr().out.splitlines()
    return status, [" ".join(line.split()[:2]) for line in lines[:-1]], lines[-1]


@pytest.fixture
def two_files() -> None:
    Path("b.py").write_text(TORCH)
    Path("a.py").write_text(PICKLE)
    Path("clean.py").write_text("import json\n")


def wrong(capsys: Capture, *arguments: str) -> str:
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()[-1]


# --- paths -------------------------------------------------------------------------------------------------------


def test_nothing_found(capsys: Capture) -> None:
    Path("clean.py").write_text("import json\n")
    assert check(capsys) == (0, [], "No problems found in 1 file")


@pytest.mark.usefixtures("two_files")
def test_the_current_directory_is_the_default(capsys: Capture) -> None:
    expected = ["a.py:4:12: MLW111", "b.py:3:9: MLW102"]
    status, found, summary = check(capsys)
    assert (status, found) == (1, expected)
    assert summary.startswith("Found 2 problems (")
    assert " in 2 of 3 files" in summary
    assert check(capsys, ".")[:2] == (1, expected)
    assert check(capsys, "b.py", "a.py")[:2] == (1, expected)
    assert check(capsys, "b.py")[:2] == (1, expected[1:])


def test_a_path_that_does_not_exist_is_named(capsys: Capture) -> None:
    Path("a.py").write_text(TORCH)
    assert wrong(capsys, "a.py", "missing.py") == "mlwarden: error: no such file or folder: missing.py"
    assert wrong(capsys, "a\0.py") == "mlwarden: error: no such file or folder: a␀.py"


def test_a_broken_file_is_a_finding_and_stops_no_other(capsys: Capture) -> None:
    Path("a.py").write_bytes(b"# coding: nonsense\n")
    Path("b.py").write_text(TORCH)
    status, found, _ = check(capsys, "--select", "MLW0")
    assert (status, found) == (1, ["a.py:1:11: MLW002", "b.py:3:9: MLW102"])


# --- rules -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("two_files")
@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (["--select", "MLW102"], ["MLW102"]),
        (["--select", "MLW102,MLW111"], ["MLW111", "MLW102"]),
        (["--select", "MLW102", "--select", "MLW111"], ["MLW111", "MLW102"]),
        (["--select", " MLW102 , ,MLW111,"], ["MLW111", "MLW102"]),
        (["--select", "MLW1", "--ignore", "MLW111"], ["MLW102"]),
        (["--select", "MLW4", "--extend-select", "MLW102", "--extend-select", "MLW111"], ["MLW111", "MLW102"]),
        (["--select", "MLW1", "--ignore", "MLW1"], []),
    ],
)
def test_selection(options: list[str], codes: list[str], capsys: Capture) -> None:
    status = main(["check", "--isolated", "--no-cache", "--output-format", "json", *options])
    found = [finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert found == codes
    assert status == bool(codes)


def test_wrong_codes(capsys: Capture) -> None:
    assert wrong(capsys, "--select", "MLW1O2") == (
        "mlwarden: error: command line: select: unknown code 'MLW1O2' (did you mean 'MLW102'?)"
    )
    assert wrong(capsys, "--ignore", "").endswith("expected codes or prefixes, such as MLW1,B301")


# --- levels and exit status ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("two_files")
def test_levels(capsys: Capture) -> None:
    status, found, summary = check(capsys, "--severity", "critical")
    assert (status, found) == (0, [])
    assert summary == "No problems found in 3 files; 2 below the severity or confidence asked for"
    assert check(capsys, "--confidence", "HIGH")[1] == ["a.py:4:12: MLW111"]
    assert wrong(capsys, "--severity", "huge") == (
        "mlwarden check: error: argument --severity: unknown level 'huge': expected one of critical, high, medium, low"
    )


@pytest.mark.usefixtures("two_files")
def test_what_makes_the_exit_status_one(capsys: Capture) -> None:
    both = ["a.py:4:12: MLW111", "b.py:3:9: MLW102"]
    assert check(capsys, "--fail-on", "critical")[:2] == (0, both)
    assert check(capsys, "--fail-on", "low")[:2] == (1, both)
    assert check(capsys, "--exit-zero")[:2] == (0, both)


@pytest.mark.usefixtures("two_files")
def test_fail_on_is_that_of_the_file(capsys: Capture) -> None:
    Path("mlwarden.toml").write_text('select = ["MLW102", "MLW111"]\nfail-on = "critical"\n')
    assert main(["check", "--no-cache"]) == 0
    assert main(["check", "--no-cache", "--fail-on", "low"]) == 1
    assert main(["check", "--no-cache", "--isolated"]) == 1


def test_a_bad_configuration_is_named_with_its_place(capsys: Capture) -> None:
    Path("a.py").write_text(TORCH)
    Path("mlwarden.toml").write_text('selekt = ["MLW1"]\n')
    err = wrong(capsys, "a.py")
    assert err.startswith("mlwarden: error: mlwarden.toml: selekt: ")
    assert err.endswith("(did you mean 'select'?)")
    assert wrong(capsys, "--config", "none.toml").startswith("mlwarden: error: none.toml: ")
    assert wrong(capsys, "--config", "mlwarden.toml", "--isolated") == (
        "mlwarden: error: --isolated and --config exclude each other"
    )


# --- output --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("two_files")
def test_every_format_comes_out_whole(capsys: Capture) -> None:
    texts = {}
    for name in FORMATS:
        assert main(["check", *ONLY, "--output-format", name]) == 1
        texts[name] = capsys.readouterr().out
    assert [finding["code"] for finding in json.loads(texts["json"])["findings"]] == ["MLW111", "MLW102"]
    (run,) = json.loads(texts["sarif"])["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["MLW102", "MLW111"]
    assert run["tool"]["driver"]["rules"][0]["help"]["markdown"].startswith("# MLW102 ")
    assert "external/cwe/cwe-502" in run["tool"]["driver"]["rules"][0]["properties"]["tags"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]
    assert [issue["check_name"] for issue in json.loads(texts["gitlab"])] == ["MLW111", "MLW102"]
    assert ET.fromstring(texts["junit"]).get("failures") == "2"
    assert texts["github"].count("\n::") == 1
    assert texts["html"].startswith("<!DOCTYPE html>")
    assert texts["full"].count("^^^^") >= 2
    assert texts["concise"].count("\n") == 3


@pytest.mark.usefixtures("two_files")
def test_output_file(capsys: Capture) -> None:
    assert main(["check", *ONLY, "--output-format", "json"]) == 1
    shown = capsys.readouterr().out
    assert main(["check", *ONLY, "--output-format", "json", "--output-file", "out.json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Found 2 problems (")
    assert err.endswith("; the report is in out.json\n")
    assert Path("out.json").read_text() == shown


def test_output_file_that_cannot_be_written(capsys: Capture) -> None:
    Path("a.py").write_text(TORCH)
    Path("folder").mkdir()
    no_folder = "mlwarden: error: cannot write no/out.json: there is no folder no"
    assert wrong(capsys, "--output-file", "no/out.json") == no_folder
    assert wrong(capsys, "--output-file", "folder") == "mlwarden: error: cannot write folder: it is a folder"


@pytest.mark.usefixtures("two_files")
def test_statistics(capsys: Capture) -> None:
    assert main(["check", *ONLY, "--output-format", "concise", "--statistics"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[2:4]] == [["1", "MLW102"], ["1", "MLW111"]]
    assert lines[2].endswith("torch-load-default")


def test_suppressed_findings(capsys: Capture) -> None:
    Path("a.py").write_text(TORCH.replace("\n\nm", "\n\n\nm").rstrip() + "  # mlwarden: ignore[MLW102] made here\n")
    assert check(capsys)[2] == "No problems found in 1 file; 1 suppressed"
    status = main(["check", *ONLY, "--output-format", "concise", "--show-suppressed"])
    first = capsys.readouterr().out.splitlines()[0]
    assert status == 0
    assert first.startswith("a.py:4:9: MLW102 ")
    assert first.endswith("(suppressed by an ignore comment: made here)")


@pytest.mark.usefixtures("two_files")
def test_colours(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["check", *ONLY]) == 1
    assert "\x1b[" in capsys.readouterr().out
    assert main(["check", *ONLY, "--output-format", "json"]) == 1
    assert "\x1b" not in capsys.readouterr().out
    assert main(["check", *ONLY, "--output-file", "out.txt"]) == 1
    assert b"\x1b" not in Path("out.txt").read_bytes()
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["check", *ONLY]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_a_character_that_the_terminal_lacks_is_escaped() -> None:
    Path("模型.py").write_text(TORCH, encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "mlwarden", "check", *ONLY, "--output-format", "concise"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(b"\\u6a21\\u578b.py:3:9: MLW102 ")


# --- fixes ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("two_files")
def test_unsafe_fixes_are_applied_on_request_only(capsys: Capture) -> None:
    status, found, summary = check(capsys, "--fix")
    assert (status, found) == (1, ["a.py:4:12: MLW111", "b.py:3:9: MLW102"])
    assert summary.startswith("Fixed 0 of 2 problems. Found 2 problems")
    assert Path("b.py").read_text() == TORCH
    status, found, summary = check(capsys, "--fix", "--unsafe-fixes")
    assert (status, found) == (1, ["a.py:4:12: MLW111"])
    assert summary.startswith("Fixed 1 of 2 problems. Found 1 problem ")
    assert Path("b.py").read_text() == FIXED
    assert Path("a.py").read_text() == PICKLE


def test_when_everything_is_fixed_the_exit_status_is_zero(capsys: Capture) -> None:
    Path("b.py").write_bytes(b"\xef\xbb\xbf" + TORCH.replace("\n", "\r\n").encode())
    assert check(capsys, "--fix", "--unsafe-fixes") == (
        0,
        [],
        "Fixed 1 of 1 problem. No problems found in 1 file",
    )
    assert Path("b.py").read_bytes() == b"\xef\xbb\xbf" + FIXED.replace("\n", "\r\n").encode()


@pytest.mark.usefixtures("two_files")
def test_diff_changes_nothing(capsys: Capture) -> None:
    assert main(["check", *ONLY, "--diff", "--unsafe-fixes"]) == 1
    out, err = capsys.readouterr()
    assert out == (
        "--- b.py\n+++ b.py\n@@ -1,3 +1,3 @@\n import torch\n \n"
        '-model = torch.load("model.pt")\n+model = torch.load("model.pt", weights_only=True)\n'
    )
    assert err.startswith("Would fix 1 of 2 problems in 1 file. Then: Found 1 problem ")
    assert Path("b.py").read_text() == TORCH
    assert main(["check", *ONLY, "--diff", "--fix", "--unsafe-fixes", "b.py"]) == 1
    assert Path("b.py").read_text() == TORCH
    assert main(["check", *ONLY, "--diff", "--unsafe-fixes", "--exit-zero", "b.py"]) == 0
    assert main(["check", *ONLY, "--diff", "clean.py"]) == 0


def test_a_file_that_cannot_be_written_is_a_failure(capsys: Capture) -> None:
    Path("b.py").write_text(TORCH)
    Path("b.py").chmod(0o444)
    assert main(["check", *ONLY, "--fix", "--unsafe-fixes", "--output-format", "concise"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("b.py:3:9: MLW102 ")
    assert lines[1] == "b.py: internal failure: its fixes were not written: it is read-only"
    assert lines[2].startswith("Fixed 0 of 1 problem. ")
    assert Path("b.py").read_text() == TORCH


# --- standard input ------------------------------------------------------------------------------------------------


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    feed(monkeypatch, TORCH.encode())
    assert check(capsys, "-")[:2] == (1, ["stdin.py:3:9: MLW102"])
    feed(monkeypatch, TORCH.encode())
    assert check(capsys, "--stdin-filename", "src/train.py")[:2] == (1, ["src/train.py:3:9: MLW102"])
    feed(monkeypatch, b"import json\n")
    assert check(capsys, "--stdin-filename", "src/train.py", "-") == (0, [], "No problems found in 1 file")
    assert list(Path().iterdir()) == []


def test_standard_input_has_the_settings_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("src").mkdir()
    Path("src/mlwarden.toml").write_text('select = ["MLW4"]\n')
    feed(monkeypatch, TORCH.encode())
    assert main(["check", "--stdin-filename", "src/train.py"]) == 0
    feed(monkeypatch, TORCH.encode())
    assert main(["check", "--stdin-filename", "train.py"]) == 1


def test_standard_input_beside_other_paths_is_wrong_usage(capsys: Capture) -> None:
    Path("a.py").write_text(TORCH)
    message = "mlwarden: error: standard input and other paths cannot be checked in one run"
    assert wrong(capsys, "-", "a.py") == message
    assert wrong(capsys, "--stdin-filename", "b.py", "a.py") == message


def test_standard_input_mended_goes_to_standard_output() -> None:
    command = [sys.executable, "-m", "mlwarden", "check", *ONLY, "-", "--unsafe-fixes"]
    content = TORCH.replace("\n", "\r\n").encode()
    done = subprocess.run([*command, "--fix"], input=content, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout == FIXED.replace("\n", "\r\n").encode()
    assert done.stderr.splitlines() == [b"Fixed 1 of 1 problem. No problems found in 1 file"]
    done = subprocess.run([*command, "--diff"], input=content, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(b"--- stdin.py\n+++ stdin.py\n@@ -1,3 +1,3 @@\n import torch\r\n")


# --- the run -------------------------------------------------------------------------------------------------------


def test_jobs_change_nothing(capsys: Capture) -> None:
    for number in range(6):
        Path(f"m{number}.py").write_text(TORCH)
    reports = []
    for jobs in ("1", "2", "3"):
        assert main(["check", *ONLY, "--output-format", "json", "--jobs", jobs]) == 1
        reports.append(capsys.readouterr().out)
    assert reports[0] == reports[1] == reports[2]
    for jobs in ("0", "-1", "many"):
        assert wrong(capsys, f"--jobs={jobs}").endswith(f"expected a whole number, at least 1, not '{jobs}'")


def test_a_clean_file_costs_no_heavy_import() -> None:
    Path("clean.py").write_text("import json\n\nprint(json.dumps({}))\n")
    program = """
import sys
from mlwarden.cli.main import main
status = main(["check", "clean.py"])
heavy = ("libcst", "pygls", "nbformat", "bandit", "detect_secrets", "rich", "asyncio", "packaging", "json", "html",
         "xml", "difflib", "jsonschema", "hypothesis", "multiprocessing")
print(status, [name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "No problems found in 1 file\n0 []\n"


@pytest.mark.parametrize(("arguments", "jobs"), [([], 2), (["--jobs", "1"], 1), (["--isolated"], None)])
def test_the_number_of_processes_comes_from_the_configuration_too(
    arguments: list[str], jobs: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlwarden.engine import scan as module

    asked: list[int | None] = []
    real = module.scan

    def scan(paths: list[Path], config: Any, *, jobs: int | None, **others: Any) -> object:
        asked.append(jobs)
        return real(paths, config, jobs=1, **others)

    monkeypatch.setattr(module, "scan", scan)
    Path("mlwarden.toml").write_text("jobs = 2\n")
    Path("a.py").write_text("import json\n")
    assert main(["check", "--no-cache", *arguments]) == 0
    assert asked == [jobs]
