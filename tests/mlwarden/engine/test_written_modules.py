"""`%%writefile x.py`: what a notebook writes is checked as the module that it is."""

from __future__ import annotations

import json

import pytest

from mlwarden.rules.examples import as_notebook
from mlwarden.testing import findings_in, fixed_text


def reported(code: str, *cells: str) -> list[tuple[int | None, str]]:
    """The cell and the marked text of each finding."""
    text = as_notebook(*cells)
    sources = ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
    return [
        (finding.span.cell, sources[finding.span.cell or 0][finding.span.start : finding.span.end])
        for finding in findings_in(code, text, path="n.ipynb")
    ]


@pytest.mark.parametrize(
    "head", ["%%writefile train.py", "%%file train.py", "%%writefile -a src/train.py", '%%writefile "train.py"']
)
def test_body_is_checked(head: str) -> None:
    cells = ("x = 1", f"{head}\nimport pickle\n\nwith open(p, 'rb') as f:\n    model = pickle.load(f)\n")
    assert reported("MLW111", *cells) == [(1, "pickle.load(f)")]


def test_its_names_are_its_own() -> None:
    assert reported("MLW111", "import pickle", "%%writefile a.py\npickle.load(f)\n") == []
    assert reported("MLW111", "%%writefile a.py\nimport pickle\n", "pickle.load(f)") == []


@pytest.mark.parametrize("head", ["%%writefile notes.txt", "%%writefile {name}.txt", "%%bash", "%%html"])
def test_other_bodies_are_no_python(head: str) -> None:
    assert reported("MLW111", f"{head}\nimport pickle\npickle.load(f)\n") == []


def test_a_template_that_does_not_parse_is_no_trouble() -> None:
    assert reported("MLW003", "%%writefile a.py\nimport {library}\n", "x = 1") == []


def test_fix_stays_in_the_cell() -> None:
    cells = ("x = 1", "%%writefile a.py\nimport torch\nm = torch.load(p, weights_only=False)\n")
    fixed = json.loads(fixed_text("MLW101", as_notebook(*cells), path="n.ipynb"))
    assert ["".join(cell["source"]) for cell in fixed["cells"]] == [
        "x = 1",
        "%%writefile a.py\nimport torch\nm = torch.load(p, weights_only=True)\n",
    ]
