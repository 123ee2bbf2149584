"""What nbformat says about the notebooks in the examples of the rules after their fixes."""

from __future__ import annotations

import json
from collections import Counter

import nbformat
import pytest

from mlwarden.notebooks.validate import problems
from mlwarden.rules.examples import Bad, marked
from mlwarden.rules.registry import all_rules, load
from mlwarden.testing import as_notebook, fixed_text

FIXED = [
    (f"{info.code}-{number}", info.code, example)
    for info in all_rules()
    for number, example in enumerate(load(info).examples, 1)
    if isinstance(example, Bad) and example.fixed is not None
]
NOTEBOOKS = [pytest.param(code, each, id=name) for name, code, each in FIXED if each.path.endswith(".ipynb")]
IN_PYTHON = [pytest.param(code, each, id=name) for name, code, each in FIXED if each.path.endswith(".py")]


@pytest.mark.parametrize(("code", "example"), NOTEBOOKS)
def test_a_fixed_notebook_is_as_valid_as_it_was(code: str, example: Bad) -> None:
    text, _ = marked(example.code)
    fixed = fixed_text(code, text, path=example.path, versions=example.versions, files=example.files)
    assert fixed != text
    assert Counter(problems(fixed)) - Counter(problems(text)) == Counter()
    if not problems(text):
        nbformat.validate(json.loads(fixed))


@pytest.mark.parametrize(("code", "example"), IN_PYTHON)
def test_a_fixed_cell_leaves_a_valid_notebook(code: str, example: Bad) -> None:
    text = as_notebook("first = 1", marked(example.code)[0])
    nbformat.validate(json.loads(text))
    # A few rules fix scripts only: what they find in a notebook is left for its author.
    fixed = fixed_text(code, text, path="example.ipynb", versions=example.versions, files=example.files)
    nbformat.validate(json.loads(fixed))
