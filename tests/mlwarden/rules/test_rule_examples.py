"""Every example of every rule: exact ranges, severity, fix; and the same code in other clothes."""

from __future__ import annotations

import pytest

from mlwarden.model.rule_info import DocumentKind
from mlwarden.rules.examples import Bad, Good, Missed, marked
from mlwarden.rules.registry import all_rules, load
from mlwarden.testing import as_notebook, check_example, findings_in, fixed_text

EXAMPLES = [
    pytest.param(info.code, example, id=f"{info.code}-{type(example).__name__.lower()}-{number}")
    for info in all_rules()
    for number, example in enumerate(load(info).examples, 1)
]
IN_PYTHON = [
    pytest.param(*parameter.values, id=parameter.id)
    for parameter in EXAMPLES
    if parameter.values[1].path.endswith(".py")
]


@pytest.mark.parametrize(("code", "example"), EXAMPLES)
def test_example(code: str, example: Bad | Good | Missed) -> None:
    check_example(code, example)


def _places(code: str, text: str, example: Bad | Good | Missed, path: str) -> list[tuple[int | None, int, int]]:
    found = findings_in(code, text, path=path, versions=example.versions, files=example.files)
    return [(finding.span.cell, finding.span.start, finding.span.end) for finding in found]


@pytest.mark.parametrize(("code", "example"), IN_PYTHON)
def test_in_a_notebook_cell(code: str, example: Bad | Good | Missed) -> None:
    """The same code in a cell gives the same findings at the same places of the cell, and the same fix."""
    info = next(info for info in all_rules() if info.code == code)
    if DocumentKind.NOTEBOOK not in info.kinds:
        pytest.fail(f"{code} applies to Python files and not to notebooks")
    text, _ = marked(example.code)
    plain = _places(code, text, example, "example.py")
    # nbformat drops nothing from a cell's source but JupyterLab never ends one with a line end; both must work.
    in_cell = _places(code, as_notebook("first = 1", text), example, "example.ipynb")
    assert [(1, start, end) for _, start, end in plain] == in_cell


@pytest.mark.parametrize(("code", "example"), IN_PYTHON)
def test_with_windows_line_ends(code: str, example: Bad | Good | Missed) -> None:
    text, _ = marked(example.code)
    plain = _places(code, text, example, "example.py")
    windows = _places(code, text.replace("\n", "\r\n"), example, "example.py")

    def shifted(offset: int) -> int:
        return offset + text[:offset].count("\n")

    assert [(None, shifted(start), shifted(end)) for _, start, end in plain] == windows
    if isinstance(example, Bad) and example.fixed is not None:
        context = {"path": "example.py", "versions": example.versions, "files": example.files}
        fixed = fixed_text(code, text.replace("\n", "\r\n"), **context)  # type: ignore[arg-type]
        assert fixed == fixed_text(code, text, **context).replace("\n", "\r\n")  # type: ignore[arg-type]
