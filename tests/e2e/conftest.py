"""Shared by the end-to-end tests: the repository as it is now, as a clone that other programs can install from."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _environment() -> dict[str, str]:
    """Ours without what would lead git, pre-commit or pip to another repository, virtual environment or output."""
    dropped = ("GIT_", "PRE_COMMIT", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "NO_COLOR", "FORCE_COLOR", "MLWARDEN")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}


@pytest.fixture(scope="session")
def clean_env() -> dict[str, str]:
    """The environment for programs that a test starts."""
    return _environment()


class Repository:
    """A git repository that a test works in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str) -> str:
        """Run git and return what it prints."""
        command = ["git", "-C", str(self.folder), *arguments]
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def names(self, *arguments: str) -> list[str]:
        """The names of files that a git command lists with `-z`."""
        return [name for name in self.git(*arguments, "-z").split("\0") if name]

    def name_committer(self) -> None:
        """Say in the repository itself who commits."""
        self.git("config", "user.name", "Tester")
        self.git("config", "user.email", "tester@example.com")
        self.git("config", "commit.gpgsign", "false")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository."""
    folder = tmp_path / "project"
    folder.mkdir()
    made = Repository(folder)
    made.git("init", "-q", "-b", "main")
    made.name_committer()
    return made


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository whose last commit is the working tree, uncommitted and new files included."""
    folder = tmp_path_factory.mktemp("snapshot") / "mlwarden"
    here = Repository(ROOT)
    here.git("clone", "-q", "--no-hardlinks", str(ROOT), str(folder))
    clone = Repository(folder)
    clone.name_committer()
    for name in clone.names("ls-files"):
        (folder / name).unlink()
    for name in here.names("ls-files", "--cached", "--others", "--exclude-standard"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    clone.git("add", "-A")
    clone.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "The working tree")
    return folder
