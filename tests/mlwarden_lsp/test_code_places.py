"""Where rule codes stand or may be written; `|` is the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden_lsp.code_places import Codes, slot_at
from mlwarden_lsp.snapshot import CellPart, Part
from mlwarden_lsp.toml_cursor import cursor_at


def slot(text: str, uri: str = "file:///a.py", language: str = "python", **kwargs: bool) -> tuple[str, str] | None:
    """What may stand at the cursor, and the word there; with `"` around it where it needs quotes."""
    offset = text.index("|")
    part = Part(uri, 1, text.replace("|", ""), language)
    found = slot_at(part, offset, language == "python", **kwargs)
    if found is None:
        return None
    word = part.text[found.start : found.end]
    return found.codes.name, f'"{word}"' if found.quote else word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x  # noqa: |", ("ANY", "")),
        ("x  # noqa:|", ("ANY", "")),
        ("x  # NOQA : MLW1|", ("ANY", "MLW1")),
        ("x  # noqa: MLW1|01", ("ANY", "MLW101")),
        ("x  # noqa: |MLW101, B301", ("ANY", "MLW101")),
        ("x  # noqa: MLW101, B3|01  why", ("ANY", "B301")),
        ("x  # noqa: MLW101 |", ("ANY", "")),
        ("x  # noqa: MLW101 because of |", None),
        ("x  # noqa|", None),
        ("x  # noqa |", None),
        ("x = '# noqa: |'", None),
        ('x = """\n# noqa: |\n"""', None),
        ("😀 = 1  # noqa: |\r\n", ("ANY", "")),
        ("x  # nosec |", ("BANDIT", "")),
        ("x  # nosec: B3|", ("BANDIT", "B3")),
        ("x  # nosec B301, |", ("BANDIT", "")),
        ("x  # nosec|", None),
        ("x  # mlwarden: ignore[|", ("ANY", "")),
        ("x  # mlwarden: ignore[|]", ("ANY", "")),
        ("x  # mlwarden: ignore[MLW101, MLW|]", ("ANY", "MLW")),
        ("# mlwarden: ignore-file[MLW2|]", ("ANY", "MLW2")),
        ("# mlwarden: ignore-cell[|]", ("ANY", "")),
        ("x  # mlwarden: ignore[MLW101] a |reason", None),
        ("x  # mlwarden: |", ("SCOPES", "")),
        ("x  # mlwarden: ig|nore", ("SCOPES", "ignore")),
        ("x  # type: ignore  # noqa: |", ("ANY", "")),
        ("x  | # noqa: MLW101", None),
        ("|", None),
    ],
)
def test_comments_in_python(text: str, expected: tuple[str, str] | None) -> None:
    assert slot(text) == expected


@pytest.mark.parametrize(
    ("uri", "language", "text", "expected"),
    [
        ("file:///c.yaml", "yaml", "key: x  # mlwarden: ignore[|]", ("ANY", "")),
        ("file:///.env", "dotenv", "A='#' # noqa: MLW|", ("ANY", "MLW")),
        ("file:///r.md", "markdown", "text <!-- mlwarden: ignore[|] -->", ("ANY", "")),
        ("file:///r.md", "markdown", "text <!-- mlwarden: ignore[MLW|", ("ANY", "MLW")),
        ("file:///r.md", "markdown", "mlwarden: ignore[|]", None),
        ("file:///c.json", "json", '"# noqa: |"', None),
        ("untitled:x", "plaintext", "x # noqa: |", ("ANY", "")),
    ],
)
def test_comments_elsewhere(uri: str, language: str, text: str, expected: tuple[str, str] | None) -> None:
    assert slot(text, uri, language) == expected


def test_cells() -> None:
    code = CellPart("cell:1", 1, "x  # noqa: ", "python", code=True)
    title = CellPart("cell:2", 1, "<!-- mlwarden: ignore[", "markdown", code=False)
    assert slot_at(code, len(code.text), True) == (11, 11, Codes.ANY, frozenset(), False)
    assert slot_at(title, len(title.text), False) == (22, 22, Codes.ANY, frozenset(), False)


TOML = "file:///p/mlwarden.toml"
PYPROJECT = "file:///p/pyproject.toml"


@pytest.mark.parametrize(
    ("uri", "text", "expected"),
    [
        (TOML, 'select = ["|"]', ("SELECTORS", "")),
        (TOML, 'select = ["MLW1|"]', ("SELECTORS", "MLW1")),
        (TOML, "ignore = ['ML|W1', \"MLW2\"]", ("SELECTORS", "MLW1")),
        (TOML, "extend-select = [|]", ("SELECTORS", '""')),
        (TOML, 'unsuppressable = [\n  "MLW1",\n  |\n]', ("SELECTORS", '""')),
        (TOML, 'select = ["MLW1|', ("SELECTORS", "MLW1")),
        (TOML, 'select = ["MLW1|\nignore = []', ("SELECTORS", "MLW1")),
        (TOML, "select = [MLW1|]", None),
        (TOML, 'select = "|"', None),
        (TOML, 'select = ["x"] |', None),
        (TOML, 'sele|ct = ["x"]', None),
        (TOML, 'exclude = ["|"]', None),
        (TOML, 'select = [ # "|"\n]', None),
        (TOML, 'per-file-ignores = { "tests/**" = ["|"] }', ("SELECTORS", "")),
        (TOML, 'per-file-ignores = { "te|sts/**" = [""] }', None),
        (TOML, '[per-file-ignores]\n"tests/**" = ["MLW|"]', ("SELECTORS", "MLW")),
        (TOML, 'per-file-ignores."tests/**" = ["|"]', ("SELECTORS", "")),
        (TOML, "severities = { MLW1| = 'high' }", ("ANY", "MLW1")),
        (TOML, "severities = { MLW101 = 'high', | }", ("ANY", "")),
        (TOML, "[severities]\nMLW|", ("ANY", "MLW")),
        (TOML, "[severities]\nMLW1 = '|'", None),
        (TOML, "[other]\nselect = ['|']", None),
        (TOML, "[sele|ct]", None),
        (TOML, "x = '''\nselect = [\"|\"]\n'''", None),
        (PYPROJECT, '[tool.mlwarden]\nselect = ["|"]', ("SELECTORS", "")),
        (PYPROJECT, '[tool.ruff]\nselect = ["|"]', None),
        (PYPROJECT, '[tool]\nmlwarden.ignore = ["|"]', ("SELECTORS", "")),
        (PYPROJECT, '[tool."mlwarden".severities]\n|', ("ANY", "")),
        (PYPROJECT, '[tool.mlwarden]\nignore = ["MLW1"]\r\n[tool.ruff]\r\nignore = ["|"]', None),
        (PYPROJECT, 'select = ["|"]', None),
        ("file:///p/other.toml", 'select = ["|"]', None),
    ],
)
def test_configuration(uri: str, text: str, expected: tuple[str, str] | None) -> None:
    assert slot(text, uri, "toml") == expected


def test_a_configuration_file_of_another_name() -> None:
    assert slot('select = ["|"]', "file:///p/policy.toml", "toml", config=True) == ("SELECTORS", "")


def test_what_stands_beside_it() -> None:
    text = 'select = ["MLW1", "", "MLW2"]'
    found = slot_at(Part(TOML, 1, text, "toml"), text.index('""') + 1, False)
    assert found is not None
    assert found.taken == {"MLW1", "MLW2"}
    comment = slot_at(Part("file:///a.py", 1, "# noqa: MLW101, ", "python"), 16, True)
    assert comment is not None
    assert comment.taken == {"MLW101"}


@given(st.text(st.sampled_from("[]{}\"'=,.#\n\r\t abselctMLW1-"), max_size=60), st.data())
def test_any_text_has_an_answer(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    cursor = cursor_at(text, offset)
    if cursor is not None:
        assert 0 <= cursor.start <= offset <= cursor.end <= len(text)
    slot_at(Part(TOML, 1, text, "toml"), offset, False)
    slot_at(Part("file:///a.py", 1, "# noqa: " + text, "python"), offset, True)
