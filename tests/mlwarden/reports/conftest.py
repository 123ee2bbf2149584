"""Hand-made reports: the reports' tests need no engine and no rules."""

from __future__ import annotations

import json

import pytest

from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, ScanReport, Suppressed, Suppression, Verdict
from mlwarden.model.spans import Span

# Put together at run time, so that no scanner trips over this file.
TOKEN = "hf_" + "a" * 34

TRAIN = (
    "import torch\n"
    "\n"
    "def load(path):\n"
    '\tmodel = torch.load(path, map_location="cpu")\n'
    '\tname = "模型😀"; torch.load(name)\n'
    "\treturn model\n"
    f'token = "{TOKEN}"\n'
)


def span_of(text: str, part: str, cell: int | None = None) -> Span:
    start = text.index(part)
    return Span(start, start + len(part), cell)


def torch_load(text: str, call: str, cell: int | None = None, safe: bool = False) -> Finding:
    """A finding on a call, with a fix that adds an argument before the closing parenthesis."""
    span = span_of(text, call, cell)
    edit = TextEdit(Span(span.end - 1, span.end - 1, cell), ", weights_only=True")
    if safe:
        fix = Fix("Add `weights_only=True`", (edit,), Applicability.SAFE)
    else:
        why = "the checkpoint may hold more than tensors"
        fix = Fix("Add `weights_only=True`", (edit,), Applicability.UNSAFE, why)
    return Finding(
        code="MLW102",
        span=span,
        message="`torch.load` without `weights_only=True` can run code hidden in the checkpoint",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        fixes=(fix,),
        fingerprint="f00d",
    )


def leaked_token(text: str, cell: int | None = None) -> Finding:
    return Finding(
        code="MLW301",
        span=span_of(text, TOKEN, cell),
        message="a Hugging Face token is written in the code",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        fingerprint="beef",
    )


@pytest.fixture
def python_report() -> ScanReport:
    """Two findings and a secret in a file with a tab and wide characters, a suppressed finding, a failure."""
    first = torch_load(TRAIN, 'torch.load(path, map_location="cpu")', safe=True)
    step = TraceStep(span_of(TRAIN, "path"), "`path` comes from the caller")
    first = Finding(
        first.code, first.span, first.message, first.severity, first.confidence, (step,), first.fixes, "cafe"
    )
    second = torch_load(TRAIN, "torch.load(name)")
    accepted = Finding("MLW203", span_of(TRAIN, "return model"), "no pin", Severity.MEDIUM, Confidence.LOW)
    suppression = Suppression(span_of(TRAIN, "import"), ("MLW203",), "internal mirror", "ignore")
    unused = Suppression(span_of(TRAIN, "torch"), ("MLW1",), "", "noqa")
    verdict = Verdict(
        reported=(first, second, leaked_token(TRAIN)),
        suppressed=(Suppressed(accepted, suppression),),
        unused_suppressions=(unused,),
    )
    return ScanReport(
        results=(
            FileResult("clean.py", Verdict()),
            FileResult("src/train.py", verdict, content=TRAIN.encode()),
            FileResult("src/z.py", Verdict(), failures=("rule MLW404 failed: KeyError",)),
        ),
        version="0.1.0",
    )


@pytest.fixture
def empty_report() -> ScanReport:
    return ScanReport(results=(FileResult("a.py", Verdict()), FileResult("b.py", Verdict())), version="0.1.0")


CELL = "import torch\nmodel = torch.load(path)\n"


def notebook_text() -> str:
    """A notebook as Jupyter writes it: one space of indent, a line of source per line."""
    notebook = {
        "cells": [
            {"cell_type": "markdown", "id": "intro", "metadata": {}, "source": ["# Loading\n"]},
            {
                "cell_type": "code",
                "execution_count": 1,
                "id": "load",
                "metadata": {},
                "outputs": [{"name": "stdout", "output_type": "stream", "text": [f"using {TOKEN}\n"]}],
                "source": CELL.splitlines(keepends=True),
            },
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


@pytest.fixture
def notebook_report() -> ScanReport:
    """A finding in a cell's source, and a secret in the same cell's output."""
    text = notebook_text()
    verdict = Verdict(reported=(leaked_token(text), torch_load(CELL, "torch.load(path)", cell=1)))
    return ScanReport(results=(FileResult("nb.ipynb", verdict, content=text.encode()),), version="0.1.0")
