"""The demo project: every finding in it, by place. After a new rule: `python tests/e2e/test_demo.py` and look at the diff."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("demo_findings.txt")


def check(*paths: str) -> tuple[int, list[str]]:
    """Run `mlwarden check`: its exit status, and one line for each finding."""
    command = [sys.executable, "-m", "mlwarden", "check", "--no-cache", "--output-format", "json", *paths]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    report = json.loads(done.stdout)
    assert report["failures"] == []
    return done.returncode, [_line(finding) for finding in report["findings"]]


def _line(finding: dict[str, object]) -> str:
    cell, location = finding.get("cell"), finding["location"]
    assert isinstance(location, dict)
    place = ""
    if isinstance(cell, dict):
        place = f":cell {cell['index']}"
        location = cell["location"] or location  # an output has no place in the cell's source
    return f"{finding['path']}{place}:{location['line']} {finding['code']} {finding['name']}"


def test_every_finding_of_the_demo() -> None:
    status, lines = check("examples")
    assert lines == TABLE.read_text().splitlines()
    assert status == 1


def test_the_planted_secrets(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "examples/plant_secrets.py"), str(tmp_path)], check=True)
    status, lines = check(str(tmp_path))
    assert [line.removeprefix(f"{tmp_path}/") for line in lines] == [
        ".env:1 MLW311 env-file-in-repository",
        ".env:1 MLW302 known-token-shape",
        ".env:2 MLW302 known-token-shape",
        "leaky_run.ipynb:cell 1:25 MLW304 secret-in-output",
        "leaky_run.ipynb:cell 0:3 MLW306 login-with-literal",
        "upload_model.py:6 MLW306 login-with-literal",
        "upload_model.py:7 MLW301 api-key-literal-argument",
    ]
    assert status == 1


def test_no_secret_lies_in_the_repository() -> None:
    names = subprocess.check_output(["git", "ls-files", "examples", "hooks", "docs/*.md"], cwd=ROOT, text=True).split()
    assert check("--select", "MLW3", *names) == (0, [])


if __name__ == "__main__":
    TABLE.write_text("".join(f"{line}\n" for line in check("examples")[1]))
