from __future__ import annotations

import hashlib
import json
import random
import shutil
import string
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlwarden.config.source import CommandLine, ConfigSource
from mlwarden.engine import cache_facts, cache_update, result_cache
from mlwarden.engine import scan as scanning
from mlwarden.engine.result_cache import Known, ResultCache
from mlwarden.engine.work import STATE, Work
from mlwarden.model.results import ScanReport
from mlwarden.rules.registry import every_rule

CODES = frozenset(rule.code for rule in every_rule())
RULES = ("MLW0", "MLW1", "MLW2", "MLW302")

LOADS = "import pickle\n\n\ndef load(data):\n    return pickle.loads(data)\n"
HARMLESS = "def load(data):\n    return data\n"
FETCH = "import requests\n\n"
NOTEBOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "a",
                "metadata": {},
                "outputs": [],
                "source": "%%writefile pkg/written.py\nimport requests\nfrom pkg.a import load\n\nload(requests.get(u).content)\n",
            },
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "b",
                "metadata": {},
                "outputs": [],
                "source": "import requests\nfrom pkg.b import load\nload(requests.get(u).content)",
            },
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)
SECRET = "hf_" + "".join(random.Random(7).choices(string.ascii_letters, k=34))
DIGEST = hashlib.sha1(SECRET.encode()).hexdigest()
ACCEPTED = '{"results": {"%s": [{"type": "Hugging Face user token", "hashed_secret": "%s"}]}}'
# Path -> what may stand there; None for nothing.
CONTENTS: dict[str, list[str | None]] = {
    "main.py": [
        f"{FETCH}from pkg.a import load\n\nload(requests.get(u).content)\n",
        f"{FETCH}from pkg.a import load\n\nload(requests.get(u).content)  # mlwarden: ignore[MLW1] known\n",
        f"{FETCH}from util import load\n\nload(requests.get(u).content)\n",
        f"{FETCH}from late import load\n\nload(requests.get(u).content)  # mlwarden: ignore[MLW105]\n",
        "def (:\n",
    ],
    "pkg/__init__.py": ["", "from pkg.a import load\n", None],
    "pkg/a.py": [LOADS, HARMLESS, "from .b import load\n", "from util import load\n", None],
    "pkg/b.py": [LOADS, HARMLESS, "from . import a\nload = a.load\n", "from late import load\n", None],
    "util.py": [None, LOADS, HARMLESS, "from pkg.b import load\n"],
    "late.py": [None, LOADS],
    "late/__init__.py": [None, LOADS, HARMLESS],
    "src/late.py": [None, LOADS],
    "key.py": [f"API_TOKEN = '{SECRET}'\n"],
    "pkg/key.py": [f"API_TOKEN = '{SECRET}'\n"],
    ".secrets.baseline": [None, ACCEPTED % ("key.py", DIGEST), ACCEPTED % ("pkg/key.py", DIGEST)],
    "pkg/.secrets.baseline": [None, ACCEPTED % ("key.py", DIGEST), "{}"],
    "torch_user.py": ["import torch\n\nmodel = torch.load('model.pt')\n"],
    "hub.py": [
        "from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained('acme/bert')\n",
        "from transformers import AutoModel\n\nm = AutoModel.from_pretrained('acme/bert', trust_remote_code=True)\n",
    ],
    "note.ipynb": [NOTEBOOK, "{}", None],
    "requirements.txt": [None, "torch==2.5.1\n", "torch==2.7.0\n", "-r more.in.txt\n"],
    "more.in.txt": [None, "torch==2.7.0\n", "torch==2.5.0\n"],
    "requirements/gpu.txt": [None, "torch==2.7.0\n"],
    "pkg/requirements.txt": [None, "torch==2.7.0\n"],
    "acme/bert": [None, "a model"],
    ".git/HEAD": [None, "ref: refs/heads/main\n"],
    "mlwarden.toml": [
        "",
        'ignore = ["MLW102"]\n',
        'baseline = "baseline.json"\n',
        '[severities]\nMLW101 = "low"\n',
        '[versions]\ntorch = ">=2.6"\n',
    ],
    "pkg/mlwarden.toml": [None, 'ignore = ["MLW1"]\n'],
    "home/hub/models--acme--bert/refs/main": [None, "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3", "f" * 40],
}


class Runs:
    """Runs over one folder, and which files each of them checked."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.checked: list[str] = []
        # Files that were written a moment ago are not relied on; a clock that is ahead makes them old.
        self.ahead = 10**10
        monkeypatch.chdir(root)
        monkeypatch.setenv("MLWARDEN_CACHE_KEY", "a key for tests")
        monkeypatch.setenv("HF_HOME", str(root / "home"))
        monkeypatch.setattr(scanning, "LEAST_CACHED", 1)
        real_open, real_known = result_cache.open_cache, ResultCache.known
        monkeypatch.setattr(
            result_cache, "open_cache", lambda settings: real_open(settings, lambda: time.time_ns() + self.ahead)
        )

        def known(cache: ResultCache, work: list[Work]) -> Known:
            found = real_known(cache, work)
            self.checked = [each.path for each in found.unknown]
            return found

        monkeypatch.setattr(ResultCache, "known", known)

    def write(self, path: str, content: str | None) -> None:
        place = self.root / path
        if content is None:
            place.unlink(missing_ok=True)
            for folder in place.parents:
                if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)

    def scan(self, *paths: str, cache: bool | None = None, select: tuple[str, ...] = RULES) -> ScanReport:
        config = ConfigSource(CommandLine(select=select, cache=cache), None, False, CODES)
        self.checked = []
        return scanning.scan([self.root / path for path in paths or (".",)], config, jobs=1)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    found = Runs(tmp_path, monkeypatch)
    for path, contents in CONTENTS.items():
        found.write(path, contents[0])
    return found


def shown(report: ScanReport) -> str:
    """All of it, with the fingerprints, which equality leaves out."""
    return repr(report)


edits = st.sampled_from(sorted(CONTENTS)).flatmap(
    lambda path: st.tuples(st.just(path), st.integers(0, len(CONTENTS[path]) - 1))
)
steps = st.lists(
    st.tuples(st.lists(edits, min_size=0, max_size=3), st.sampled_from([(), (), ("pkg",), ("main.py", "pkg/b.py")])),
    min_size=2,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_a_run_with_the_cache_says_what_a_run_without_says(
    tmp_path_factory: pytest.TempPathFactory, sequence: list[tuple[list[tuple[str, int]], tuple[str, ...]]]
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        runs = Runs(tmp_path_factory.mktemp("project"), monkeypatch)
        for path, contents in CONTENTS.items():
            runs.write(path, contents[0])
        runs.write("baseline.json", json.dumps({"version": 1, "entries": []}))
        try:
            for changes, paths in sequence:
                for path, number in changes:
                    if path.startswith("late") and number:
                        shutil.rmtree(runs.root / "late", ignore_errors=True)
                    runs.write(path, CONTENTS[path][number])
                present = tuple(path for path in paths if (runs.root / path).exists())
                warm = runs.scan(*present)
                assert shown(warm) == shown(runs.scan(*present, cache=False))
        finally:
            monkeypatch.chdir("/")
            shutil.rmtree(runs.root)


def test_nothing_is_checked_again_when_nothing_changed(runs: Runs) -> None:
    first = runs.scan()
    assert len(runs.checked) == len(first.results) >= 6
    assert any(result.content for result in first.results)
    assert shown(runs.scan()) == shown(first)
    assert runs.checked == []


PYTHON = ["hub.py", "main.py", "note.ipynb", "pkg/__init__.py", "pkg/a.py", "pkg/b.py", "torch_user.py"]


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda runs: runs.write("torch_user.py", "import torch\n"), ["torch_user.py"]),
        (lambda runs: runs.write("pkg/a.py", HARMLESS), ["main.py", "note.ipynb", "pkg/a.py"]),
        (lambda runs: runs.write("pkg/b.py", HARMLESS), ["note.ipynb", "pkg/b.py"]),
        (lambda runs: runs.write("other.py", "import json\n"), ["other.py"]),
        (lambda runs: runs.write("notes.md", "nothing\n"), ["notes.md"]),
        (lambda runs: runs.write("pkg/b.py", None), ["note.ipynb"]),
        (lambda runs: runs.write("acme/bert", "a model"), ["hub.py"]),
        (lambda runs: runs.write("home/hub/models--acme--bert/refs/main", "f" * 40), ["hub.py"]),
        (lambda runs: (runs.root / "torch_user.py").touch(), []),
        (
            lambda runs: runs.write("pkg/.secrets.baseline", ACCEPTED % ("key.py", DIGEST)),
            ["pkg/__init__.py", "pkg/a.py", "pkg/b.py", "pkg/key.py"],
        ),
        (
            lambda runs: runs.write("pkg/mlwarden.toml", 'ignore = ["MLW1"]\n'),
            ["pkg/__init__.py", "pkg/a.py", "pkg/b.py", "pkg/key.py", "pkg/mlwarden.toml"],
        ),
    ],
)
def test_what_depends_on_a_change_is_checked_again_and_nothing_else(
    runs: Runs, change: Callable[[Runs], None], again: list[str]
) -> None:
    runs.scan()
    change(runs)
    runs.scan()
    assert runs.checked == again
    runs.scan()
    assert runs.checked == []


def test_versions_concern_those_who_ask_for_them(runs: Runs) -> None:
    before = runs.scan("torch_user.py", "pkg")
    runs.write("requirements.txt", "torch==2.7.0\n")
    after = runs.scan("torch_user.py", "pkg")
    assert "torch_user.py" in runs.checked
    assert "pkg/__init__.py" not in runs.checked
    assert shown(before) != shown(after)


def test_settings_say_whether_and_where(runs: Runs) -> None:
    cache = runs.root / ".mlwarden_cache"
    runs.scan(cache=False)
    assert not cache.exists()
    runs.write("mlwarden.toml", "cache = false\n")
    runs.scan()
    assert not cache.exists()
    runs.write("mlwarden.toml", 'cache-dir = "kept/here"\n')
    runs.scan()
    assert not cache.exists()
    assert (runs.root / "kept" / "here" / "CACHEDIR.TAG").is_file()
    runs.write("mlwarden.toml", "")
    runs.write("pkg/mlwarden.toml", "cache = false\n")
    runs.scan()
    runs.scan()
    assert runs.checked == ["pkg/__init__.py", "pkg/a.py", "pkg/b.py", "pkg/key.py", "pkg/mlwarden.toml"]
    assert not (runs.root / "pkg" / ".mlwarden_cache").exists()


def test_a_small_run_does_without(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "LEAST_CACHED", 20)
    runs.scan()
    assert not (runs.root / ".mlwarden_cache").exists()


def test_other_rules_have_results_of_their_own(runs: Runs) -> None:
    runs.scan()
    runs.scan(select=("MLW1",))
    assert runs.checked
    assert len(list((runs.root / ".mlwarden_cache").glob("*.results"))) == 2
    runs.scan()
    assert runs.checked == []


def test_a_part_of_the_files_is_known_from_a_run_over_all(runs: Runs) -> None:
    runs.scan()
    runs.scan("pkg")
    assert runs.checked == []
    runs.write("pkg/b.py", HARMLESS)
    runs.scan("pkg")  # what stands outside and depends on it is not asked for ...
    assert runs.checked == ["pkg/b.py"]
    runs.scan()  # ... but not forgotten
    assert runs.checked == ["note.ipynb"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 10_000])
def test_a_spoilt_file_is_written_anew(runs: Runs, content: bytes) -> None:
    first = runs.scan()
    (file,) = (runs.root / ".mlwarden_cache").glob("*.results")
    file.write_bytes(content)
    assert shown(runs.scan()) == shown(first)
    assert runs.checked
    runs.scan()
    assert runs.checked == []


def test_what_changes_while_it_is_checked_is_checked_again(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlwarden.engine import work

    real = work.read

    def read(path: str) -> object:
        content = real(path)
        if path.endswith("pkg/a.py"):
            runs.write("pkg/a.py", HARMLESS + "# written in the meantime\n")
        return content

    with monkeypatch.context() as patched:
        patched.setattr(work, "read", read)
        runs.scan()
    assert shown(runs.scan()) == shown(runs.scan(cache=False))


def test_files_written_a_moment_ago_are_compared_by_content(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    # A file system with slow clocks: what is written within the same two seconds cannot be told apart.
    now = time.time_ns() - 10**9
    for module in (scanning, result_cache, cache_update, cache_facts):
        monkeypatch.setattr(module, "state_of", lambda facts: STATE.pack(facts.st_size, now, now, 0))
    runs.ahead = 0
    before = shown(runs.scan())
    assert shown(runs.scan()) == before
    assert runs.checked == []
    text = (runs.root / "torch_user.py").read_text()
    runs.write("torch_user.py", text.replace("torch.load", "torch.dump"))
    assert shown(runs.scan()) == shown(runs.scan(cache=False)) != before
