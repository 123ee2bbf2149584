"""Which versions a project allows."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Magic, Notebook
from mlwarden.semantics.versions import Allowed, FolderFacts, VersionFacts, VersionRange, collect
from mlwarden.source.documents import PythonModule


def make(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))


def described(root: Path, package: str = "torch", file: str = "a.py") -> str:
    return collect(root, root / file).of(package).describe()


UNKNOWN = "torch of unknown version"


@pytest.mark.parametrize(
    ("specifier", "at_least", "below"),
    [
        (">=2.6", True, False),
        (">2.6", True, False),
        (">=2.7,<3", True, False),
        ("==2.6", True, False),
        ("==2.6.0+cu124", True, False),
        ("===2.6.1", True, False),
        ("==2.6.*", True, False),
        ("~=2.6", True, False),
        ("~=2.6.1", True, False),
        ("<2.6", False, True),
        ("==2.5.1", False, True),
        ("==2.6.0rc1", False, True),
        ("==2.5.*", False, True),
        ("~=2.5.0", False, True),
        ("<=2.5.1", False, True),
        (">=1,<2.6", False, True),
        (">=2.0", None, None),
        ("<=2.6", None, None),
        ("<3", None, None),
        ("~=2.5", None, None),
        ("==2.*", None, None),
        (">2.5", None, None),
        ("!=2.5", None, None),
        ("", None, None),
        (">=3,<2", None, None),
        (">=2.6,<2.6", None, None),
        ("===nightly", None, None),
        ("no specifier", None, None),
        ("==" + "9" * 5000, None, None),
        ("==1" + ".9" * 300, None, None),
    ],
)
def test_what_a_specifier_tells(specifier: str, at_least: bool | None, below: bool | None) -> None:
    found = VersionRange("torch", (Allowed(specifier, ""),))
    assert (found.at_least("2.6"), found.below("2.6")) == (at_least, below)


def test_alternatives_answer_where_they_agree() -> None:
    def answer(*specifiers: str) -> bool | None:
        return VersionRange("torch", tuple(Allowed(each, "") for each in specifiers)).at_least("2.6")

    assert answer() is None
    assert answer("==2.5", "==2.4") is False
    assert answer("==2.6", ">=3") is True
    assert answer("==2.6", "==2.5") is None
    assert answer("==2.6", "") is None


RELEASES = ["1.0", "2.0", "2.4.1", "2.5", "2.5.1", "2.6", "2.6.1", "3.0"]
CLAUSES = st.builds("{}{}".format, st.sampled_from(["==", ">=", "<=", "<", ">", "~=", "!="]), st.sampled_from(RELEASES))


@given(st.lists(CLAUSES, min_size=1, max_size=3).map(",".join), st.sampled_from(RELEASES))
def test_certain_answers_hold_for_every_release(specifier: str, wanted: str) -> None:
    answer = VersionRange("x", (Allowed(specifier, ""),)).at_least(wanted)
    allowed = [version for version in RELEASES if SpecifierSet(specifier).contains(version)]
    answers = {Version(version) >= Version(wanted) for version in allowed}
    assert answer is None or answers <= {answer}


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, UNKNOWN),
        ({"requirements.txt": "torch==2.5.1\n"}, "torch==2.5.1 (requirements.txt)"),
        ({"requirements.txt": "Torch >= 2.0, < 2.6\n"}, "torch>=2.0,<2.6 (requirements.txt)"),
        ({"requirements.txt": "torch\n"}, UNKNOWN),
        ({"requirements.txt": "numpy==1\n"}, UNKNOWN),
        ({"pyproject.toml": "[project]\ndependencies = ['torch>=2']\n"}, "torch>=2 (pyproject.toml)"),
        ({"pyproject.toml": "[tool.poetry.dependencies]\ntorch = '^2.1'\n"}, "torch>=2.1,<3 (pyproject.toml)"),
        ({"pyproject.toml": "[build-system]\nrequires = ['torch==2']\n"}, UNKNOWN),
        ({"pyproject.toml": "not toml"}, UNKNOWN),
        ({"setup.py": "setup(install_requires=['torch<2'])"}, "torch<2 (setup.py)"),
        ({"environment.yml": "dependencies:\n  - pytorch=2.5.1\n"}, "torch==2.5.1.* (environment.yml)"),
        ({"requirements.txt": "pytorch==2.5.1\n"}, UNKNOWN),
        ({"requirements/base.txt": "torch==2.5.1\n"}, "torch==2.5.1 (requirements/base.txt)"),
        (
            {"requirements.txt": "torch @ https://x.org/torch-2.4.0-py3-none-any.whl\n"},
            "torch==2.4.0 (requirements.txt)",
        ),
        # a lock file, then a pin, then a range
        (
            {
                "pyproject.toml": "[project]\ndependencies = ['torch>=2']\n",
                "requirements.txt": "torch==2.4\n",
                "uv.lock": '[[package]]\nname = "torch"\nversion = "2.5.1"\n',
            },
            "torch==2.5.1 (uv.lock)",
        ),
        (
            {"pyproject.toml": "[project]\ndependencies = ['torch>=2']\n", "requirements.txt": "torch==2.4\n"},
            "torch==2.4 (requirements.txt)",
        ),
        # what has no version says nothing beside what has one
        (
            {"pyproject.toml": "[project]\ndependencies = ['torch>=2']\n", "requirements-docs.txt": "torch\n"},
            "torch>=2 (pyproject.toml)",
        ),
        # files are alternatives, lines of one file hold together
        (
            {
                "requirements.txt": "torch==2.4\n",
                "requirements-gpu.txt": "torch==2.5\n",
                "requirements-x.txt": "torch==2.4",
            },
            "torch==2.5 (requirements-gpu.txt) or torch==2.4 (requirements-x.txt)",
        ),
        ({"requirements.txt": "torch>=2\ntorch<3\n"}, "torch>=2,<3 (requirements.txt)"),
        ({"requirements.txt": "torch>=2\n", "constraints.txt": "torch<2.6\n"}, "torch>=2,<2.6 (requirements.txt)"),
        ({"constraints.txt": "torch==2.5\n"}, "torch==2.5 (constraints.txt)"),
        # what a marker chooses is an alternative
        (
            {"requirements.txt": "torch==2.4 ; python_version < '3.9'\ntorch==2.6 ; python_version >= '3.9'\n"},
            "torch==2.4 (requirements.txt) or torch==2.6 (requirements.txt)",
        ),
        # extras and groups count where nothing else does
        (
            {"pyproject.toml": "[project]\ndependencies = ['torch>=2']\noptional-dependencies.new = ['torch>=2.6']\n"},
            "torch>=2 (pyproject.toml)",
        ),
        (
            {"pyproject.toml": "[project.optional-dependencies]\na = ['torch>=2.6']\nb = ['torch>=2.7']\n"},
            "torch>=2.6 (pyproject.toml) or torch>=2.7 (pyproject.toml)",
        ),
    ],
)
def test_one_folder(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    make(tmp_path, files)
    assert described(tmp_path) == expected


def test_names_are_normalised(tmp_path: Path) -> None:
    make(tmp_path, {"requirements.txt": "Huggingface.Hub==0.23\ntensorflow-gpu==2.10\n"})
    facts = collect(tmp_path, tmp_path / "a.py")
    assert facts.of("huggingface_hub").describe() == "huggingface-hub==0.23 (requirements.txt)"
    assert facts.of("tensorflow").describe() == "tensorflow==2.10 (requirements.txt)"


def test_included_files_count(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "app/requirements.txt": "-r ../common/base.txt\n-c limits.txt\n-r missing.txt\n-r ../../outside.txt\n-r https://x/y",
            "common/base.txt": "torch>=2\n-r base.txt\n-r ../app/requirements.txt\n",
            "app/limits.txt": "torch<2.6\nkeras<3\n",
        },
    )
    (tmp_path.parent / "outside.txt").write_text("numpy==1\n")
    (tmp_path / ".git").mkdir()
    assert described(tmp_path, "torch", "app/a.py") == "torch>=2,<2.6 (common/base.txt)"
    assert described(tmp_path, "keras", "app/a.py") == "keras<3 (app/limits.txt)"
    assert described(tmp_path, "numpy", "app/a.py") == "numpy of unknown version"


def test_the_nearest_folder_that_tells_counts(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "requirements.txt": "torch==2.4\nkeras==2\n",
            "a/requirements.txt": "torch==2.5\n",
            "a/b/x.py": "",
            "c/requirements.txt": "torch\n",
        },
    )
    assert described(tmp_path, "torch", "a/b/x.py") == "torch==2.5 (a/requirements.txt)"
    assert described(tmp_path, "keras", "a/b/x.py") == "keras==2 (requirements.txt)"
    assert described(tmp_path, "torch", "c/x.py") == "torch==2.4 (requirements.txt)"


def test_the_lock_file_of_a_workspace(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "torch"\nversion = "2.5.1"\n'
    make(
        tmp_path,
        {
            "uv.lock": lock,
            "members/fits/pyproject.toml": "[project]\ndependencies = ['torch>=2']\n",
            "members/other/pyproject.toml": "[project]\ndependencies = ['torch<2']\n",
            "members/pinned/requirements.txt": "torch==2.6\n",
        },
    )
    assert described(tmp_path, "torch", "members/fits/a.py") == "torch==2.5.1 (uv.lock)"
    assert described(tmp_path, "torch", "members/other/a.py") == "torch<2 (members/other/pyproject.toml)"
    assert described(tmp_path, "torch", "members/pinned/a.py") == "torch==2.6 (members/pinned/requirements.txt)"


def test_a_lock_file_with_several_versions(tmp_path: Path) -> None:
    package = '[[package]]\nname = "numpy"\nversion = "{}"\n'
    make(tmp_path, {"uv.lock": package.format("1.26.4") + package.format("2.2.6")})
    found = collect(tmp_path, tmp_path / "a.py").of("numpy")
    assert (found.at_least("1.20"), found.at_least("2.0"), found.at_least("3")) == (True, None, False)


def test_the_search_ends_at_the_top_of_the_repository(tmp_path: Path) -> None:
    make(tmp_path, {"requirements.txt": "torch==1\n", "repo/sub/x.py": ""})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path / "repo", check=True)
    file = tmp_path / "repo/sub/x.py"
    assert collect(tmp_path, file).of("torch").describe() == UNKNOWN
    make(tmp_path, {"repo/requirements.txt": "torch==2\n"})
    # Wherever the run starts, what is found is the same.
    for root in (tmp_path, tmp_path / "repo", tmp_path / "repo/sub", Path("/nowhere")):
        assert collect(root, file).of("torch").describe() == "torch==2 (requirements.txt)"


def test_without_a_repository_the_root_is_the_top(tmp_path: Path) -> None:
    make(tmp_path, {"requirements.txt": "torch==1\n", "sub/requirements.txt": "keras==3\n", "sub/deep/x.py": ""})
    file = tmp_path / "sub/deep/x.py"
    assert collect(tmp_path / "sub", file).of("torch").describe() == UNKNOWN
    assert collect(tmp_path, file).of("torch").describe() == "torch==1 (requirements.txt)"
    assert collect(tmp_path / "elsewhere", file).of("keras").describe() == "keras of unknown version"
    assert (
        collect(tmp_path / "elsewhere", tmp_path / "sub/x.py").of("keras").describe() == "keras==3 (requirements.txt)"
    )


def test_settings_win(tmp_path: Path) -> None:
    make(tmp_path, {"requirements.txt": "torch==2.4\nkeras==2\n"})
    facts = collect(tmp_path, tmp_path / "a.py").overridden((("Torch", ">=2.6"),))
    assert facts.of("torch").describe() == "torch>=2.6"
    assert facts.of("torch").at_least("2.6") is True
    assert facts.of("keras").describe() == "keras==2 (requirements.txt)"


def test_a_documents_own_requirements_count_before_the_folders(tmp_path: Path) -> None:
    make(tmp_path, {"requirements.txt": "torch==2.4\nkeras==2\n"})
    facts = collect(tmp_path, tmp_path / "x.py")
    script = PythonModule("x/run.py", "# /// script\n# dependencies = ['torch==2.6']\n# ///\n")
    assert facts.with_document(script).of("torch").describe() == "torch==2.6 (run.py)"
    assert facts.with_document(script).of("keras").describe() == "keras==2 (requirements.txt)"
    assert facts.with_document(script).overridden((("torch", "<2"),)).of("torch").describe() == "torch<2"
    assert facts.with_document(PythonModule("x.py", "import torch\n")) is facts
    magic = Magic("line", "pip", "install torch==2.5", "", Span(0, 23), Span(5, 23))
    notebook = Notebook("n.ipynb", "", (Cell(0, "", "code", "%pip install torch==2.5", "", magics=(magic,)),))
    assert facts.with_document(notebook).of("torch").describe() == "torch==2.5 (n.ipynb)"


def test_no_folder_is_read_twice(tmp_path: Path) -> None:
    make(tmp_path, {"requirements.txt": "torch==2.4\n"})
    folders: dict[tuple[Path, Path], FolderFacts] = {}
    one = collect(tmp_path, tmp_path / "a/x.py", folders)
    other = collect(tmp_path, tmp_path / "b/x.py", folders)
    assert one.folders[-1] is other.folders[-1]
    assert one.of("torch") == other.of("torch")


def test_the_fingerprint_follows_everything_that_matters(tmp_path: Path) -> None:
    def fingerprint(*versions: tuple[str, str]) -> str:
        return collect(tmp_path, tmp_path / "a.py").overridden(versions).fingerprint()

    make(tmp_path, {"requirements.txt": "torch==2.4\n"})
    first = fingerprint()
    assert fingerprint() == first
    make(tmp_path, {"README.md": "torch"})
    assert fingerprint() == first
    seen = {first, fingerprint(("torch", "<2"))}
    make(tmp_path, {"requirements.txt": "torch==2.5\n"})
    seen.add(fingerprint())
    make(tmp_path, {"uv.lock": ""})
    seen.add(fingerprint())
    assert len(seen) == 4


def test_facts_can_be_sent_to_another_process(tmp_path: Path) -> None:
    make(tmp_path, {"requirements.txt": "torch==2.4\n"})
    facts = collect(tmp_path, tmp_path / "a.py")
    assert (
        facts.of("torch")
        == pickle.loads(pickle.dumps(facts)).of("torch")
        == VersionRange("torch", (Allowed("==2.4", "requirements.txt"),))
    )
    assert VersionFacts().of("torch").describe() == UNKNOWN


def test_collecting_loads_nothing_that_costs() -> None:
    code = (
        "import sys; from pathlib import Path; from mlwarden.semantics.versions import collect;"
        "facts = collect(Path('.'), Path('a.py'));"
        "print(sorted({'packaging', 'libcst', 'tomllib', 'yaml', 'json'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
