"""The identity of findings: what keeps it, what changes it, and that it gives no secret away."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.config.settings import Settings
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.policy.fingerprints import fingerprint, relative_posix, root_of
from mlwarden.source.documents import Document, ModelFile, PlainText, PythonModule


def _finding(span: Span, code: str = "MLW101", message: str = "A message.") -> Finding:
    return Finding(code, span, message, Severity.HIGH, Confidence.HIGH)


def _of(text: str, part: str, code: str = "MLW101", path: str = "a.py", message: str = "A message.") -> str:
    """The fingerprint of a finding on `part` of `text`."""
    start = text.index(part)
    return fingerprint(_finding(Span(start, start + len(part)), code, message), PythonModule(path, text))


LINE = "model = load(path)\n"


def test_it_is_32_hexadecimal_digits() -> None:
    digits = _of(LINE, "load(path)")
    assert len(digits) == 32
    assert int(digits, 16) > 0


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("import torch\n\n\n" + LINE, "load(path)"),
        ("    model  =\tload(path)\n", "load(path)"),
        (LINE.replace("\n", "\r\n"), "load(path)"),
        (LINE, "path"),
        (LINE + "other\n", "load(path)"),
    ],
)
def test_what_does_not_change_it(text: str, part: str) -> None:
    assert _of(text, part) == _of(LINE, "load(path)")


def test_what_changes_it() -> None:
    base = _of(LINE, "load(path)")
    others = {
        _of(LINE, "load(path)", code="MLW102"),
        _of(LINE, "load(path)", path="b.py"),
        _of("model = load(other)\n", "load(other)"),
        fingerprint(_finding(Span(8, 18)), PythonModule("a.py", LINE), 1),
    }
    assert len(others) == 4
    assert base not in others
    assert _of(LINE, "load(path)", message="Said otherwise.") == base


def test_a_finding_over_many_lines_goes_by_the_first_three() -> None:
    first = "f(\n  1,\n  2,\n  3,\n  4)\n"
    second = "f(\n  1,\n  2,\n  three,\n  4)\n"
    third = "f(\n  1,\n  two,\n  3,\n  4)\n"
    assert _of(first, first.strip()) == _of(second, second.strip()) != _of(third, third.strip())


def test_in_a_very_long_line_only_what_is_near_counts() -> None:
    before, after = "a" * 3000, "b" * 3000
    base = _of(f"{before} load(path) {after}", "load(path)")
    assert base == _of(f"x{before} load(path) {after}y", "load(path)")
    assert base != _of(f"{before} c load(path) {after}", "load(path)")


def test_paths_count_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    finding = _finding(Span(8, 18))
    (tmp_path / "sub").mkdir()
    from_above = fingerprint(finding, PythonModule("sub/a.py", LINE), root=tmp_path.as_posix())
    absolute = fingerprint(finding, PythonModule((tmp_path / "sub/a.py").as_posix(), LINE), root=tmp_path.as_posix())
    monkeypatch.chdir(tmp_path / "sub")
    from_inside = fingerprint(finding, PythonModule("./a.py", LINE), root=tmp_path.as_posix())
    assert from_above == absolute == from_inside
    assert relative_posix("../x/y.py", tmp_path.as_posix()) == "x/y.py"
    assert relative_posix("../../x.py", tmp_path.as_posix()) == "../x.py"


def test_the_root_is_the_baselines_folder_or_the_configurations() -> None:
    assert root_of(Settings(root="/a", baseline="/a/b/base.json")) == "/a/b"
    assert root_of(Settings(root="/a")) == "/a"


def test_in_a_notebook_moving_a_cell_changes_nothing() -> None:
    cells = [Cell(index, "", "code", source, source) for index, source in enumerate(("x\n", LINE, LINE))]
    notebook = Notebook("a.ipynb", "", tuple(cells))
    assert fingerprint(_finding(Span(8, 18, 1)), notebook) == fingerprint(_finding(Span(8, 18, 2)), notebook)
    assert fingerprint(_finding(Span(8, 18, 1)), notebook) != fingerprint(_finding(Span(0, 1, 0)), notebook)


def test_where_there_is_no_text_the_message_tells_findings_apart() -> None:
    model = ModelFile("m.pkl", b"\x80")
    one, two = (fingerprint(_finding(Span(0, 0), message=message), model) for message in ("one", "two"))
    assert one != two
    empty = PythonModule("a.py", "\n\n")
    assert fingerprint(_finding(Span(0, 0), message="one"), empty) != fingerprint(
        _finding(Span(0, 0), message="two"), empty
    )


@pytest.mark.parametrize("code", ["MLW301", "B105", "B106", "B107"])
@pytest.mark.parametrize(
    "form",
    [
        "api_key = '{}'\n",
        'api_key = "{}"  # the key\n',
        "client(api_key='{}', other='{}')\n",
        "API_KEY={}\n",
        "{}\n",
        '"{}": {}\n',
        "x {}\n",
    ],
)
def test_no_part_of_a_secret_is_in_it(code: str, form: str) -> None:
    """The same line with another secret has the same fingerprint: so the secret cannot be in it."""
    first, second = "hunter" + "two", "Tr0ub4dor" + "&3"
    for span_of in (lambda text, secret: secret, lambda text, secret: text.strip()):
        digits = set()
        for secret in (first, second):
            text = form.replace("{}", secret)
            digits.add(_of(text, span_of(text, secret), code))
        assert len(digits) == 1


def test_secrets_of_different_names_and_kinds_differ() -> None:
    text = "first = '1'\nsecond = '1'\n"
    one = fingerprint(_finding(Span(9, 10), "MLW301"), PythonModule("a.py", text))
    two = fingerprint(_finding(Span(22, 23), "MLW301"), PythonModule("a.py", text))
    assert one != two
    assert _of("a = '1'", "1", "MLW301") != _of("a = '1'", "1", "MLW301", message="Another kind of secret.")


@given(st.text(max_size=40), st.data())
def test_any_text_and_place_has_one(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    code = data.draw(st.sampled_from(["MLW101", "MLW301"]))
    document: Document = PlainText("a.txt", text)
    digits = fingerprint(_finding(Span(start, end), code), document)
    assert digits == fingerprint(_finding(Span(start, end), code), PlainText("./a.txt", text))
    shifted = PlainText("a.txt", "\n" + text)
    assert digits == fingerprint(_finding(Span(start + 1, end + 1), code), shifted)
