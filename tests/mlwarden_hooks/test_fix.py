from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import Any

import pytest

from mlwarden_hooks import fix

TOKEN = "hf" + "_" + "".join(random.Random(7).choices(string.ascii_letters, k=34))


def notebook(outputs: list[dict[str, Any]]) -> str:
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "a",
        "metadata": {},
        "outputs": outputs,
        "source": ["print(token)"],
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_changed_file_stops_the_commit_once(capsys: pytest.CaptureFixture[str]) -> None:
    output = {"name": "stdout", "output_type": "stream", "text": [f"{TOKEN}\n"]}
    Path("run.ipynb").write_text(notebook([output]))
    assert fix.main(["run.ipynb"]) == 1
    assert Path("run.ipynb").read_text() == notebook([])
    assert fix.main(["run.ipynb"]) == 0
    assert TOKEN not in capsys.readouterr().out


def test_what_has_no_safe_fix_is_left_as_it_is_and_stops_the_commit() -> None:
    text = "import pickle\n\nmodel = pickle.load(open('model.pkl', 'rb'))\n"
    Path("train.py").write_text(text)
    assert fix.main(["train.py"]) == 1
    assert Path("train.py").read_text() == text


def test_nothing_found_lets_it_through() -> None:
    Path("fine.py").write_text("import json\n")
    assert fix.main(["fine.py"]) == 0
