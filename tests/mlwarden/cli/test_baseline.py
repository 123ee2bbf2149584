from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlwarden.cli.main import main

Capture = pytest.CaptureFixture[str]

TORCH = 'import torch\n\nmodel = torch.load("model.pt")\n'
PICKLE = 'import pickle\n\nwith open("a.pkl", "rb") as file:\n    data = pickle.load(file)\n'
ONLY = ("--select", "MLW102,MLW111", "--isolated", "--no-cache")


def recorded(file: str = "mlwarden-baseline.json") -> list[tuple[str, str, int]]:
    entries = json.loads(Path(file).read_text())["entries"]
    return [(entry["path"], entry["code"], entry["count"]) for entry in entries]


def baseline(capsys: Capture, *arguments: str) -> str:
    assert main(["baseline", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.fixture(autouse=True)
def two_files(project: Path) -> None:
    Path("a.py").write_text(PICKLE)
    Path("b.py").write_text(TORCH)


def test_what_is_recorded_is_not_reported_again(capsys: Capture) -> None:
    assert baseline(capsys, *ONLY) == "Recorded 2 findings in 2 files in mlwarden-baseline.json\n"
    assert recorded() == [("a.py", "MLW111", 1), ("b.py", "MLW102", 1)]
    check = ["check", *ONLY, "--baseline", "mlwarden-baseline.json", "--output-format", "concise"]
    assert main(check) == 0
    assert capsys.readouterr().out == "No problems found in 3 files; 2 in the baseline\n"
    Path("b.py").write_text("# moved down\n\n" + TORCH + "other = torch.load(path)\n")
    assert main(check) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith("b.py:6:9: MLW102 ")


def test_recorded_findings_are_not_fixed(capsys: Capture) -> None:
    baseline(capsys, *ONLY)
    assert main(["check", *ONLY, "--baseline", "mlwarden-baseline.json", "--fix", "--unsafe-fixes"]) == 0
    assert Path("b.py").read_text() == TORCH


def test_recording_again_forgets_what_is_gone(capsys: Capture) -> None:
    baseline(capsys, *ONLY)
    Path("a.py").write_text("import json\n")
    assert baseline(capsys, *ONLY[2:]) == "Recorded 1 finding in 1 file in mlwarden-baseline.json\n"
    assert recorded() == [("b.py", "MLW102", 1)]


def test_recording_a_part_keeps_the_rest(capsys: Capture) -> None:
    baseline(capsys, *ONLY)
    Path("b.py").write_text("import json\n")
    Path("c.py").write_text(TORCH)
    baseline(capsys, *ONLY, "c.py")
    assert recorded() == [("a.py", "MLW111", 1), ("b.py", "MLW102", 1), ("c.py", "MLW102", 1)]


def test_the_same_findings_make_the_same_bytes(capsys: Capture) -> None:
    baseline(capsys, *ONLY)
    first = Path("mlwarden-baseline.json").read_bytes()
    baseline(capsys, *ONLY)
    assert Path("mlwarden-baseline.json").read_bytes() == first


def test_the_file_is_the_one_asked_for_or_the_configured_one(capsys: Capture) -> None:
    Path("sub").mkdir()
    assert (
        baseline(capsys, *ONLY, "--baseline", "sub/known.json") == "Recorded 2 findings in 2 files in sub/known.json\n"
    )
    assert recorded("sub/known.json") == [("../a.py", "MLW111", 1), ("../b.py", "MLW102", 1)]
    Path("mlwarden.toml").write_text('select = ["MLW102"]\nbaseline = "conf.json"\n')
    assert baseline(capsys, "--no-cache") == "Recorded 1 finding in 1 file in conf.json\n"
    assert main(["check", "--no-cache"]) == 0


def test_a_folder_that_is_missing_and_a_file_that_is_no_baseline(capsys: Capture) -> None:
    assert main(["baseline", "--baseline", "no/known.json"]) == 2
    assert capsys.readouterr().err == "mlwarden: error: cannot write no/known.json: there is no folder no\n"
    Path("notes.json").write_text('{"my": "notes"}\n')
    assert main(["baseline", "--baseline", "notes.json"]) == 2
    assert "this is not a baseline of mlwarden" in capsys.readouterr().err
    assert Path("notes.json").read_text() == '{"my": "notes"}\n'


def test_a_run_that_fails_leaves_no_file(capsys: Capture) -> None:
    Path("mlwarden.toml").write_text("nonsense = 1\n")
    assert main(["baseline", "--baseline", "known.json"]) == 2
    assert not Path("known.json").exists()


def test_secrets_are_not_in_the_baseline(capsys: Capture) -> None:
    password = "correct-horse-" + "battery-staple"
    Path("c.py").write_text(f'password = "{password}"\n')
    baseline(capsys, "--isolated", "--select", "B105", "--no-cache")
    assert ("c.py", "B105", 1) in recorded()
    assert password not in Path("mlwarden-baseline.json").read_text()
