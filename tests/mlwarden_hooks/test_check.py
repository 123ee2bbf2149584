from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlwarden_hooks import check

BAD = "import pickle\n\nmodel = pickle.load(open('model.pkl', 'rb'))\n"


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_findings_stop_the_commit(capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.py").write_text(BAD)
    assert check.main(["--output-format", "concise", "train.py"]) == 1
    assert capsys.readouterr().out.startswith("train.py:3:9: ")


def test_nothing_found_lets_it_through(capsys: pytest.CaptureFixture[str]) -> None:
    Path("fine.py").write_text("import json\n")
    Path("picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert check.main(["fine.py", "picture.png"]) == 0


def test_files_that_the_configuration_excludes_are_left_out_though_pre_commit_names_them() -> None:
    Path("mlwarden.toml").write_text('extend-exclude = ["legacy/"]\n')
    Path("legacy").mkdir()
    Path("legacy/old.py").write_text(BAD)
    assert check.main(["legacy/old.py"]) == 0
    Path("new.py").write_text(BAD)
    assert check.main(["legacy/old.py", "new.py"]) == 1


def test_the_options_are_those_of_check(capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.py").write_text(BAD)
    assert check.main(["--exit-zero", "train.py"]) == 0
    assert check.main(["--ignore", "MLW1", "train.py"]) == 0
    assert check.main(["--no-such-option", "train.py"]) == 2


def test_the_baseline_is_read_and_never_written() -> None:
    Path("train.py").write_text(BAD)
    before = sorted(path.name for path in Path().iterdir())
    assert check.main(["--no-cache", "train.py"]) == 1
    assert sorted(path.name for path in Path().iterdir()) == before


def test_a_file_that_cannot_match_costs_no_parser(tmp_path: Path) -> None:
    Path("fine.py").write_text("import json\n\n\ndef read(path):\n    return json.load(open(path))\n")
    program = """
import sys
from mlwarden_hooks.check import main
status = main(["fine.py"])
heavy = ("libcst", "pygls", "nbformat", "bandit", "detect_secrets", "rich", "asyncio", "packaging", "hypothesis")
print(status, [name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "0 []\n"
