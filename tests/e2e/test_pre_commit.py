"""The hooks as people meet them: a repository, its configuration, `pre-commit install`, and commits."""

from __future__ import annotations

import json
import random
import string
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Repository

BAD = "import pickle\n\nwith open('model.pkl', 'rb') as file:\n    model = pickle.load(file)\n"
GOOD = "import json\n\nwith open('model.json', 'rb') as file:\n    model = json.load(file)\n"
TOKEN = "hf" + "_" + "".join(random.Random(7).choices(string.ascii_letters, k=34))


@pytest.fixture(scope="session")
def pre_commit_env(clean_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which pre-commit keeps what it builds to itself; the hooks are installed once for all tests."""
    return {**clean_env, "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit")), "PRE_COMMIT_COLOR": "never"}


class Project:
    """A user's repository with hooks of ours installed."""

    def __init__(self, repository: Repository, hooks_from: Path, env: dict[str, str]) -> None:
        self.repository, self.hooks_from, self.env = repository, hooks_from, env

    def install(self, *hooks: str) -> None:
        """Configure the hooks, by id, and install them as git's."""
        rev = subprocess.check_output(["git", "-C", str(self.hooks_from), "rev-parse", "HEAD"], text=True).strip()
        listed = [f"{{id: {hook}}}" for hook in hooks]
        self.write(
            ".pre-commit-config.yaml",
            f"repos:\n- repo: {self.hooks_from}\n  rev: {rev}\n  hooks: [{', '.join(listed)}]\n",
        )
        command = [sys.executable, "-m", "pre_commit", "install"]
        subprocess.run(command, cwd=self.repository.folder, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def write(self, name: str, content: str) -> None:
        """Write a file as it is, line ends included."""
        (self.repository.folder / name).write_text(content, newline="")

    def read(self, name: str) -> str:
        """A file's text."""
        return (self.repository.folder / name).read_bytes().decode()

    def commit(self) -> tuple[bool, str]:
        """Stage everything and commit: whether it was made, and what was printed."""
        self.repository.git("add", "-A")
        command = ["git", "commit", "-m", "Work"]
        done = subprocess.run(
            command,
            cwd=self.repository.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode == 0, done.stdout

    def committed(self) -> list[str]:
        """The files of the last commit."""
        return self.repository.names("ls-tree", "-r", "--name-only", "HEAD")


@pytest.fixture
def project(repository: Repository, snapshot: Path, pre_commit_env: dict[str, str]) -> Project:
    """A user's repository."""
    return Project(repository, snapshot, pre_commit_env)


def test_a_commit_is_refused_until_the_code_is_mended(project: Project) -> None:
    project.install("mlwarden")
    project.write("train.py", BAD)
    made, printed = project.commit()
    assert not made
    assert "train.py:4:13" in printed
    assert "MLW111" in printed
    project.write("train.py", GOOD)
    made, printed = project.commit()
    assert made, printed
    assert project.committed() == [".pre-commit-config.yaml", "train.py"]


def test_a_notebook_is_checked_too(project: Project) -> None:
    project.install("mlwarden")
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": []}
    cells = [{**cell, "source": ["import pickle"]}, {**cell, "id": "b", "source": ["%time x = pickle.load(f)"]}]
    project.write("a.ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    made, printed = project.commit()
    assert not made
    assert "MLW111" in printed


def test_excluded_files_do_not_stop_a_commit(project: Project) -> None:
    project.install("mlwarden")
    project.write("mlwarden.toml", 'extend-exclude = ["legacy.py"]\n')
    project.write("legacy.py", BAD)
    made, printed = project.commit()
    assert made, printed


def test_a_suppressed_finding_does_not_stop_a_commit(project: Project) -> None:
    project.install("mlwarden")
    project.write("train.py", BAD.replace("(file)", "(file)  # mlwarden: ignore[MLW111] written by this job"))
    made, printed = project.commit()
    assert made, printed


def test_the_secrets_hook_refuses_an_env_file_and_does_not_print_the_token(project: Project) -> None:
    project.install("mlwarden-secrets")
    project.write("train.py", BAD)  # no secret: not this hook's business
    project.write(".env", f"HF_TOKEN={TOKEN}\n")
    made, printed = project.commit()
    assert not made
    assert ".env:1" in printed
    assert "MLW302" in printed
    assert "train.py" not in printed
    assert TOKEN not in printed
    (project.repository.folder / ".env").unlink()
    made, printed = project.commit()
    assert made, printed


def test_the_fixing_hook_changes_the_file_and_asks_for_another_look(project: Project) -> None:
    project.install("mlwarden-fix")
    cell = {"cell_type": "code", "execution_count": 1, "id": "a", "metadata": {}, "source": ["print(token)"]}
    output = {"name": "stdout", "output_type": "stream", "text": [f"{TOKEN}\n"]}
    notebook = {"cells": [{**cell, "outputs": [output]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    project.write("a.ipynb", json.dumps(notebook, indent=1) + "\n")
    made, printed = project.commit()
    assert not made
    assert "files were modified by this hook" in printed
    assert TOKEN not in printed
    mended = {**notebook, "cells": [{**cell, "outputs": []}]}
    assert json.loads(project.read("a.ipynb")) == mended
    made, printed = project.commit()
    assert made, printed
