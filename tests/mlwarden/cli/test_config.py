from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlwarden.cli.main import main

Capture = pytest.CaptureFixture[str]


def shown(capsys: Capture, *arguments: str) -> list[str]:
    assert main(["config", *arguments]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_every_value_and_where_it_came_from(capsys: Capture) -> None:
    Path("mlwarden.toml").write_text(
        'select = ["MLW1", "MLW102"]\nfail-on = "high"\nversions = { torch = ">=2.6" }\njobs = 3\n'
    )
    lines = shown(capsys)
    assert 'select = ["MLW1", "MLW102"] # mlwarden.toml: select' in lines
    assert 'fail-on = "high" # mlwarden.toml: fail-on' in lines
    assert 'versions = { "torch" = ">=2.6" } # mlwarden.toml: versions' in lines
    assert "jobs = 3 # mlwarden.toml: jobs" in lines
    assert "ignore = [] # default" in lines
    assert "exclude = (unset) # default" in lines
    assert "cache = true # default" in lines


def test_the_nearest_file_counts_for_a_path(capsys: Capture) -> None:
    Path("sub").mkdir()
    Path("sub/mlwarden.toml").write_text('severity = "medium"\n')
    Path("sub/a.py").touch()
    assert 'severity = "low" # default' in shown(capsys)
    assert 'severity = "medium" # sub/mlwarden.toml: severity' in shown(capsys, "sub")
    assert 'severity = "medium" # sub/mlwarden.toml: severity' in shown(capsys, "sub/a.py")
    assert 'severity = "low" # default' in shown(capsys, "sub/a.py", "--isolated")
    assert 'severity = "medium" # sub/mlwarden.toml: severity' in shown(capsys, "--config", "sub/mlwarden.toml")


def test_for_programs(capsys: Capture) -> None:
    Path("mlwarden.toml").write_text('ignore = ["MLW111"]\n')
    assert main(["config", "--output-format", "json"]) == 0
    entries = {entry["key"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert entries["ignore"] == {"key": "ignore", "value": ["MLW111"], "origin": "mlwarden.toml: ignore"}
    assert entries["fail-on"] == {"key": "fail-on", "value": None, "origin": "default"}


def test_wrong_usage(capsys: Capture) -> None:
    assert main(["config", "missing"]) == 2
    assert capsys.readouterr().err == "mlwarden: error: no such file or folder: missing\n"
    Path("mlwarden.toml").write_text("nonsense = 1\n")
    assert main(["config"]) == 2
    assert capsys.readouterr().err.startswith("mlwarden: error: mlwarden.toml: nonsense: ")
