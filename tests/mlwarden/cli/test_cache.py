"""Reports are the same, byte for byte, whether results were kept or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlwarden.cli.main import main
from mlwarden.engine import result_cache
from mlwarden.engine.result_cache import ResultCache
from mlwarden.reports import FORMATS

CELL = {
    "cell_type": "code",
    "execution_count": None,
    "id": "a",
    "metadata": {},
    "outputs": [],
    "source": "import pickle\npickle.loads(data)",
}
NOTEBOOK = {"cells": [CELL], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
FILES = {
    "load.py": "import torch\n\nmodel = torch.load(path)\n",
    "accepted.py": 'import pickle\n\npickle.loads(data)  # mlwarden: ignore[MLW101] reason="ours"\n',
    "idle.py": "x = 1  # mlwarden: ignore[MLW101]\n",
    "known.py": "import yaml\n\nyaml.unsafe_load(text)\n",
    "quiet.py": "import yaml\n\nyaml.unsafe_load(text)\n",
    "note.ipynb": json.dumps(NOTEBOOK),
    "broken.py": "def (:\n",
    "latin.py": "x = '\xe4'\n",
    "lib/__init__.py": "",
    "lib/load.py": "import pickle\n\n\ndef load(data):\n    return pickle.loads(data)\n",
    "main.py": "import requests\nfrom lib.load import load\n\nload(requests.get(url).content)\n",
    "mlwarden.toml": 'baseline = "baseline.json"\nseverity = "medium"\n[per-file-ignores]\n"quiet.py" = ["MLW1"]\n',
}


@pytest.fixture
def files(capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in FILES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="latin-1" if name == "latin.py" else "utf-8")
    for number in range(20):
        Path(f"m{number:02}.py").write_text("import json\n")
    assert main(["baseline", "--no-cache", "known.py"]) == 0
    capsys.readouterr()


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each run had to check."""
    counts: list[int] = []
    known = ResultCache.known

    def counted(cache: ResultCache, work: list[object]) -> object:
        found = known(cache, work)  # type: ignore[arg-type]
        counts.append(len(found.unknown))
        return found

    monkeypatch.setattr(ResultCache, "known", counted)
    # A later clock: what was written a moment ago is not kept otherwise.
    real_open = result_cache.open_cache
    monkeypatch.setattr(result_cache, "open_cache", lambda settings: real_open(settings, lambda: LATER))
    return counts


LATER = 4_000_000_000 * 10**9
OPTIONS = [["--output-format", name] for name in FORMATS] + [
    ["--show-suppressed", "--statistics"],
    ["--show-suppressed", "--output-format", "sarif"],
    ["--diff"],
    ["--diff", "--unsafe-fixes"],
    ["--severity", "high"],
    ["--jobs", "2"],
]


def test_every_report(files: None, looked_up: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    main(["check"])
    main(["check", "--severity", "high"])
    capsys.readouterr()
    for options in OPTIONS:
        looked_up.clear()
        kept = (main(["check", *options]), capsys.readouterr())
        assert looked_up == [0], options
        assert kept == (main(["check", "--no-cache", *options]), capsys.readouterr()), options
        assert looked_up == [0]


def test_fixes(files: None, looked_up: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*.py")}
    main(["check"])
    capsys.readouterr()
    kept = (main(["check", "--fix", "--unsafe-fixes"]), capsys.readouterr())
    after = {path: path.read_bytes() for path in before}
    assert after != before
    assert looked_up[1:] == [0]
    for path, content in before.items():
        path.write_bytes(content)
    assert kept == (main(["check", "--fix", "--unsafe-fixes", "--no-cache"]), capsys.readouterr())
    assert after == {path: path.read_bytes() for path in before}


def test_a_baseline_recorded_from_kept_results(files: None, looked_up: list[int]) -> None:
    main(["check"])
    main(["baseline", "--baseline", "kept.json"])
    main(["baseline", "--baseline", "again.json"])
    main(["baseline", "--baseline", "new.json", "--no-cache"])
    assert Path("kept.json").read_bytes() == Path("again.json").read_bytes() == Path("new.json").read_bytes()


def test_where_it_is_and_how_it_goes(files: None, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--no-cache"])
    assert not Path(".mlwarden_cache").exists()
    main(["check", "--cache-dir", "kept"])
    assert not Path(".mlwarden_cache").exists()
    assert Path("kept/CACHEDIR.TAG").is_file()
    main(["check"])
    assert Path(".mlwarden_cache/CACHEDIR.TAG").is_file()
    capsys.readouterr()
    assert main(["clean"]) == main(["clean", "--cache-dir", "kept"]) == 0
    assert (
        capsys.readouterr().out == f"Removed {Path('.mlwarden_cache').absolute()}\nRemoved {Path('kept').absolute()}\n"
    )
    assert not Path("kept").exists()


def test_a_folder_that_cannot_be_filled_is_no_trouble(files: None, capsys: pytest.CaptureFixture[str]) -> None:
    expected = (main(["check", "--no-cache"]), capsys.readouterr())
    Path(".mlwarden_cache").write_text("a file, no folder")
    assert (main(["check"]), capsys.readouterr()) == expected
