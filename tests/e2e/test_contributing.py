"""The walk through CONTRIBUTING.md: one new file is a new rule."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAME = "my-loader-load"


@pytest.fixture
def clone(snapshot: Path, tmp_path: Path) -> Path:
    """A copy of the repository to work in."""
    return Path(shutil.copytree(snapshot, tmp_path / "mlwarden", ignore=shutil.ignore_patterns(".git")))


def test_a_new_rule_is_one_file(clone: Path, clean_env: dict[str, str], tmp_path: Path) -> None:
    env = {**clean_env, "PYTHONPATH": str(clone / "src")}

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *arguments], cwd=clone, env=env, capture_output=True, text=True)

    made = python("-m", "mlwarden.dev", "new-rule", "MLW1", NAME)
    assert (made.returncode, made.stdout) == (0, "wrote src/mlwarden/rules/deserialization/my_loader_load.py\n")
    file = clone / "src/mlwarden/rules/deserialization/my_loader_load.py"
    text = file.read_text()
    code = text.split(":", 1)[0].removeprefix('"""')
    assert f"{NAME}" in (clone / "src/mlwarden/rules/_index.py").read_text()

    marks = "^" * len("library.function(x)")
    text = text.replace(marks, "^" * len("my_loader.load(x)")).replace("library.function", "my_loader.load")
    file.write_text(text.replace("import library", "import my_loader"))
    assert python("-m", "mlwarden.dev", "index").returncode == 0
    assert python("-m", "mlwarden.dev", "index", "--check").returncode == 0
    tested = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/mlwarden/rules", "-k", code)
    assert tested.returncode == 0, tested.stdout

    (tmp_path / "load.py").write_text("from my_loader import load as restore\n\nmodel = restore(path)\n")
    check = python("-m", "mlwarden", "check", "--isolated", "--output-format", "concise", str(tmp_path / "load.py"))
    assert (check.returncode, f"load.py:3:9: {code} " in check.stdout) == (1, True), check.stdout
    assert NAME in python("-m", "mlwarden", "rule", code).stdout

    again = python("-m", "mlwarden.dev", "new-rule", code, "other-name")
    assert (again.returncode, again.stderr) == (2, f"{code} is taken\n")
