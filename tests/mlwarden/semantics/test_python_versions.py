"""Which versions of Python a project allows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from mlwarden.semantics.python_versions import python_required
from mlwarden.semantics.versions import collect


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.9"\n', ">=3.9"),
        ("pyproject.toml", "[project]\r\nrequires-python = '>=3.9,<3.13'  # for torch\r\n", ">=3.9,<3.13"),
        ("pyproject.toml", '[project]\nname = "x"\n"requires-python" = "~=3.10"\n', "~=3.10"),
        ("pyproject.toml", 'project = { name = "x", requires-python = ">=3.10" }\n', ">=3.10"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.10"\n', ">=3.10,<4"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "3.11.*"\n', "==3.11.*"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "*"\n', None),
        ("pyproject.toml", '[tool.other]\nrequires-python = ">=3.9"\n', None),
        ("pyproject.toml", '[project]\n# requires-python = ">=3.9"\n', None),
        ("pyproject.toml", '[project]\nx = """\nrequires-python = ">=3.9"\n"""\n', None),
        ("pyproject.toml", '[project]\nrequires-python = "some day"\n', None),
        ("pyproject.toml", "[project]\nrequires-python = 3\n", None),
        ("pyproject.toml", '[project\nrequires-python = ">=3.9"\n', None),
        ("setup.cfg", "[options]\npython_requires = >=3.8, <4\n", ">=3.8,<4"),
        ("setup.cfg", "[options]\npython_requires = >=3.8  # comment\n", ">=3.8"),
        ("setup.cfg", "[options]\nother = 1\n", None),
        ("setup.py", "setup(name='x', python_requires='>=3.8')", ">=3.8"),
        ("setup.py", "setup(python_requires=REQUIRED)", None),
        ("Pipfile", '[requires]\npython_version = "3.11"\n', "==3.11.*"),
        ("Pipfile", '[requires]\npython_version = "3.11"\npython_full_version = "3.11.4"\n', "==3.11.4"),
        ("uv.lock", 'version = 1\nrequires-python = ">=3.12"\n', ">=3.12"),
        ("environment.yml", "dependencies:\n  - python=3.10\n  - torch\n", "==3.10.*"),
        ("environment.yml", "dependencies:\n  - 'python>=3.10,<3.13'  # why\n", ">=3.10,<3.13"),
        ("environment.yaml", "dependencies:\n- conda-forge::python =3.10.4\n", "==3.10.4.*"),
        ("environment.yml", "dependencies:\n  - python\n  - python-dateutil=2\n", None),
        ("requirements.txt", "python-dateutil==2\n", None),
        ("setup.cfg", "", None),
    ],
)
def test_what_a_file_says(name: str, text: str, expected: str | None) -> None:
    found = [(each.name, each.specifier) for each in python_required(name, text).requirements]
    assert len(found) == (expected is not None)
    for package, specifier in found:
        assert package == "python"
        assert SpecifierSet(specifier) == SpecifierSet(expected or "")


@pytest.mark.parametrize(
    ("files", "version", "at_least", "described"),
    [
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.12"\n'}, "3.12", True, "python>=3.12 (pyproject.toml)"),
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.9"\n'}, "3.12", None, "python>=3.9 (pyproject.toml)"),
        ({"setup.cfg": "[options]\npython_requires = <3.12\n"}, "3.12", False, "python<3.12 (setup.cfg)"),
        ({"setup.py": "setup(python_requires='>=3.14')\n"}, "3.14", True, "python>=3.14 (setup.py)"),
        ({"environment.yml": "dependencies:\n  - python=3.11\n"}, "3.12", False, "python==3.11.* (environment.yml)"),
        ({"README.md": "requires-python = '>=3.12'\n"}, "3.12", None, "python of unknown version"),
    ],
)
def test_a_projects_python(
    tmp_path: Path, files: dict[str, str], version: str, at_least: bool | None, described: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = collect(tmp_path, tmp_path / "a.py").of("python")
    assert (found.at_least(version), found.describe()) == (at_least, described)


_NAMES = st.sampled_from(["pyproject.toml", "setup.cfg", "setup.py", "Pipfile", "uv.lock", "environment.yml", "x.txt"])
_PARTS = st.sampled_from(
    [
        "[project]\n",
        "[requires]\n",
        "requires-python",
        "python_requires",
        "python",
        "python_version",
        " = ",
        "= '",
        '"',
        ">=3.9",
        "^3",
        "- ",
        "<4,",
        "\n",
        "\r\n",
        "#",
        "'",
        "*",
        "9" * 80,
        "é",
    ]
)


@given(_NAMES, st.lists(_PARTS, max_size=12).map("".join))
def test_any_text_says_one_thing_or_nothing(name: str, text: str) -> None:
    found = python_required(name, text).requirements
    assert [each.name for each in found] in ([], ["python"])


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from([">=", "<", "==", "~=", "<=", ">", "!="]))
def test_every_kind_of_file_says_the_same(major: int, minor: int, operator: str) -> None:
    written = f"{operator}{major}.{minor}"
    texts = {
        "pyproject.toml": f'[project]\nrequires-python = "{written}"\n',
        "setup.cfg": f"[options]\npython_requires = {written}\n",
        "setup.py": f"setup(python_requires='{written}')\n",
        "uv.lock": f'requires-python = "{written}"\n',
    }
    for name, text in texts.items():
        assert [each.specifier for each in python_required(name, text).requirements] == [written]
