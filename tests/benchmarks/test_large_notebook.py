"""What benchmarks/large_notebook writes is a notebook, and its report is what it expects, on a small scale."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from benchmarks.large_notebook import KINDS, main


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_one(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--size", "2", "--kind", kind, "--keep", str(tmp_path)]) == 0
    nbformat.validate(json.loads((tmp_path / f"{kind}.ipynb").read_text()))
    assert capsys.readouterr().out.split()[0] == kind


def test_a_report_with_other_findings_is_an_error(tmp_path: Path) -> None:
    report = json.dumps({"findings": [{"code": "MLW302"}], "failures": []})
    assert main(["--size", "0", "--kind", "png", "--keep", str(tmp_path)], lambda _: (report, 0.0, 0.0, 0.0)) == 1
