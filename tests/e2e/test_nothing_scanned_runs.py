"""A checked folder may hold files named like modules that mlwarden uses: mlwarden imports none of them.

With `python -m`, the interpreter itself looks into the working directory before a line of mlwarden runs; what it takes
from there with any program is measured first and left out (docs/threat-model.md says what to do about it).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# What a run imports late or early: the standard library's, and the packages it is built on.
NAMES = """
argparse ast bandit bisect concurrent dataclasses detect_secrets difflib gc hashlib json libcst logging multiprocessing
nbformat packaging pathspec pickle random re rich shutil string symtable tempfile tokenize tomllib typing unicodedata
urllib warnings yaml
""".split()  # noqa: SIM905  # a word list reads better so
CONSOLE = [str(Path(sys.executable).with_name("mlwarden"))]
MODULE = [sys.executable, "-m", "mlwarden"]


@pytest.mark.parametrize("command", [CONSOLE, MODULE], ids=["console_script", "module"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_files_named_like_modules(tmp_path: Path, command: list[str], jobs: str) -> None:
    project, marks = tmp_path / "project", tmp_path / "marks"
    project.mkdir()
    marks.mkdir()
    for name in NAMES:
        (project / f"{name}.py").write_text(f"open({str(marks / name)!r}, 'w')\n", encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if command is MODULE:
        (project / "an_empty_program.py").write_text("", encoding="utf-8")
        empty = [sys.executable, "-m", "an_empty_program"]
        while True:  # one that is taken may keep the interpreter from reaching the next
            subprocess.run(empty, cwd=project, env=environment, capture_output=True, check=False)
            taken = list(marks.iterdir())
            if not taken:
                break
            for mark in taken:
                (project / f"{mark.name}.py").unlink()
                mark.unlink()
    (project / "bad.py").write_text("import pickle\npickle.load(f)\nexec(x)\n", encoding="utf-8")
    arguments = ["check", "--select", "ALL", "--jobs", jobs, "--no-cache", "--output-format", "json", "."]
    result = subprocess.run(
        [*command, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert sorted(path.name for path in marks.iterdir()) == []
    assert (result.returncode, result.stderr) == (1, "")
    codes = {finding["code"] for finding in json.loads(result.stdout)["findings"] if finding["path"] == "bad.py"}
    assert {"MLW111", "B102"} <= codes


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_are_not_forked_import_nothing_either(tmp_path: Path, method: str) -> None:
    project, marks, program = tmp_path / "project", tmp_path / "marks", tmp_path / "program" / "run.py"
    for folder in (project, marks, program.parent):
        folder.mkdir()
    for name in NAMES:
        (project / f"{name}.py").write_text(f"open({str(marks / name)!r}, 'w')\n", encoding="utf-8")
    (project / "bad.py").write_text("import pickle\npickle.load(f)\n", encoding="utf-8")
    program.write_text(
        "import multiprocessing, sys\nfrom mlwarden.cli.main import main\nif __name__ == '__main__':\n"
        f"    multiprocessing.set_start_method({method!r})\n    sys.exit(main(sys.argv[1:]))\n",
        encoding="utf-8",
    )
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    arguments = ["check", "--isolated", "--no-cache", "--select", "MLW111", "--jobs", "2", "--output-format", "json"]
    result = subprocess.run(
        [sys.executable, str(program), *arguments, "."],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert sorted(path.name for path in marks.iterdir()) == []
    assert (result.returncode, result.stderr) == (1, "")
    assert [finding["path"] for finding in json.loads(result.stdout)["findings"]] == ["bad.py"]
