from __future__ import annotations

import random
import string
from pathlib import Path

import pytest

from mlwarden_hooks import secrets

TOKEN = "hf" + "_" + "".join(random.Random(7).choices(string.ascii_letters, k=34))


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_token_stops_the_commit_and_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text(f"HF_TOKEN={TOKEN}\n")
    assert secrets.main([".env"]) == 1
    printed = capsys.readouterr().out
    assert ".env:1:10" in printed
    assert TOKEN not in printed


def test_other_findings_are_not_this_hooks_business() -> None:
    Path("train.py").write_text("import pickle\n\nmodel = pickle.load(open('model.pkl', 'rb'))\n")
    assert secrets.main(["train.py"]) == 0
    assert secrets.main(["--select", "MLW111", "train.py"]) == 1
