"""The sampling profiler: which phase a frame stands for, and what it makes of a stack."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from benchmarks.profile_scan import Samples, named, shown

import mlwarden
from benchmarks import profile_scan

OWN = str(Path(mlwarden.__file__).parent) + os.sep


@pytest.mark.parametrize(
    ("file", "function", "expected"),
    [
        (OWN + "engine/gate.py", "in_bytes", ("gate: words and names", "engine/gate.py in_bytes")),
        (OWN + "semantics/calls.py", "f", ("interpretation", "semantics/calls.py f")),
        (OWN + "rules/llm/x.py", "f", ("rules", "rules/llm/x.py f")),
        (OWN + "__init__.py", "f", ("command line, settings, model", "__init__.py f")),
        ("/lib/site-packages/libcst/_parser/entrypoints.py", "_parse", ("libcst: parse", "")),
        ("/lib/site-packages/libcst/_nodes/base.py", "visit", ("", "")),
        ("/lib/site-packages/bandit/core/node_visitor.py", "visit", ("Bandit's rules", "")),
        ("<frozen importlib._bootstrap>", "_load", ("imports", "")),
        ("/lib/python3.11/re/__init__.py", "compile", ("", "")),
    ],
)
def test_named(file: str, function: str, expected: tuple[str, str]) -> None:
    assert named(file, function) == expected


def stack(*frames: tuple[str, str]) -> Any:
    """A stack of frames, the innermost first."""
    outer = None
    for file, function in reversed(frames):
        code = SimpleNamespace(co_filename=file, co_name=function, co_qualname=function)
        outer = SimpleNamespace(f_code=SimpleHashable(code), f_back=outer)
    return outer


class SimpleHashable:
    def __init__(self, code: Any) -> None:
        self.co_filename, self.co_name, self.co_qualname = code.co_filename, code.co_name, code.co_qualname


def test_samples() -> None:
    samples = Samples()
    scan = (OWN + "engine/scan.py", "scan")
    samples.take(stack(("/lib/re.py", "x"), (OWN + "semantics/calls.py", "f"), (OWN + "engine/siblings.py", "g"), scan))
    samples.take(stack(("/x/libcst/_parser/entrypoints.py", "_parse"), (OWN + "semantics/fragments.py", "tree"), scan))
    samples.take(stack(("/lib/re.py", "x")))
    assert samples.phases == {"interpretation": 1, "libcst: parse": 1, "elsewhere": 1}
    assert samples.below_siblings["interpretation"] == 1
    assert samples.functions == {"semantics/calls.py f": 1, "libcst: parse": 1, "elsewhere": 1}
    assert samples.cumulative["engine/scan.py scan"] == 2
    assert shown(samples, 3.0, 1).splitlines()[:6] == [
        "| phase | CPU s | share | below siblings |",
        "| --- | ---: | ---: | ---: |",
        "| interpretation | 1.00 | 33.3% | 33.3% |",
        "| libcst: parse | 1.00 | 33.3% | 0.0% |",
        "| elsewhere | 1.00 | 33.3% | 0.0% |",
        "| all | 3.00 | 100% | 33.3% |",
    ]


def test_main(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    functions = "".join(
        f"def f{number}(path):\n    return pickle.load(open(path, 'rb'))\n\n\n" for number in range(300)
    )
    (tmp_path / "a.py").write_text("import pickle\n\n\n" + functions)
    assert profile_scan.main([str(tmp_path), "--json", str(tmp_path / "counts.json")]) == 0
    assert "| interpretation |" in capsys.readouterr().out
    assert (tmp_path / "counts.json").exists()
