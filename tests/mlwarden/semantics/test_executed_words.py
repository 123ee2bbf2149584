"""The words of a command that are run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.executed_words import executed, runs_its_input


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("./tool --fast data.bin", ["./tool"]),
        ("python train.py data.bin", ["python", "train.py"]),
        ("python3.11 -u -W ignore train.py data.bin", ["python3.11", "train.py"]),
        ("/usr/bin/env python train.py", ["python", "train.py"]),
        ("sudo PATH=x bash -x install.sh y", ["bash", "install.sh"]),
        ("bash -c script", ["bash", "script"]),
        ("sh -ec script", ["sh", "script"]),
        ("java -cp lib -jar tool.jar input", ["java", "tool.jar"]),
        ("python -m pip install -U a.whl b.whl", ["python", "a.whl", "b.whl"]),
        ("python -m json.tool data.json", ["python"]),
        ("python -m torch.distributed.run --nproc_per_node 2 train.py", ["python", "train.py"]),
        ("pip install -r requirements.txt", ["pip", "requirements.txt"]),
        ("dpkg -i a.deb", ["dpkg", "a.deb"]),
        ("uv run tool.py", ["uv", "tool.py"]),
        ("ffmpeg -i in.mp4 out.wav", ["ffmpeg"]),
        ("unzip -q data.zip", ["unzip"]),
        ("", []),
        ("sudo", []),
    ],
)
def test_the_words_that_are_run(command: str, expected: list[str]) -> None:
    words = command.split()
    assert [words[index] for index in executed(words)] == expected


@pytest.mark.parametrize(
    ("command", "expected"), [("sh", True), ("python -", True), ("bash install.sh", False), ("cat", False), ("", False)]
)
def test_an_interpreter_without_a_script_runs_its_input(command: str, expected: bool) -> None:
    assert runs_its_input(command.split()) is expected


@given(
    st.lists(st.sampled_from(["sudo", "python", "-c", "-m", "pip", "install", "-", "-W", "x", "", "A=1", "uv", "run"]))
)
def test_positions_are_within_the_command_and_ascend(words: list[str]) -> None:
    found = [*executed(words)]
    assert found == sorted(set(found))
    assert all(0 <= index < len(words) for index in found)
