from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mlwarden.config.source import CommandLine, ConfigSource
from mlwarden.engine.scan import scan
from mlwarden.rules.registry import every_rule

CODES = frozenset(rule.code for rule in every_rule())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose modules lead to each other, and files of other kinds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLWARDEN_CACHE_KEY", "a key for tests")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("")
    (tmp_path / "lib" / "load.py").write_text("import pickle\n\n\ndef load(data):\n    return pickle.loads(data)\n")
    for number in range(12):
        (tmp_path / f"m{number:02}.py").write_text(
            "import requests\nfrom lib.load import load\n\nload(requests.get(u).content)  # mlwarden: ignore[MLW1]\n"
            if number % 3
            else "import yaml\n\nyaml.unsafe_load(x)\n"
        )
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "requirements.txt").write_text("torch==2.5.1\n")
    return tmp_path


def config() -> ConfigSource:
    return ConfigSource(CommandLine(select=("MLW0", "MLW1"), cache=False), None, True, CODES)


class Backwards(Executor):
    """Runs what it was given when the first result is asked for, the last one first."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Any, Any]] = []

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, function, args))
        real = future.result

        def result(timeout: float | None = None) -> Any:
            for each, work, given in reversed(self.waiting):
                if not each.done():
                    each.set_result(work(*given))
            return real(timeout)

        future.result = result  # type: ignore[method-assign]
        return future


def test_the_same_results_in_the_same_order_whatever_runs_them(project: Path) -> None:
    alone = scan([project], config(), jobs=1)
    assert [result.path for result in alone.results] == sorted(result.path for result in alone.results)
    assert {"m00.py", "broken.py"} <= {result.path for result in alone.results if result.verdict.reported}
    assert any(result.verdict.suppressed for result in alone.results)
    assert scan([project], config(), jobs=2) == alone
    assert scan([project], config(), executor=Backwards()) == alone
    with ThreadPoolExecutor(1) as threads:
        assert scan([project], config(), executor=threads) == alone


@pytest.mark.parametrize(("files", "jobs", "workers"), [(3, None, None), (1, 4, None), (6, 4, 4), (3, 4, 3)])
def test_a_pool_is_made_only_where_the_work_is_worth_it(
    files: int, jobs: int | None, workers: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import concurrent.futures

    made: list[int] = []

    class Pool(Backwards):
        def __init__(self, workers: int) -> None:
            super().__init__()
            made.append(workers)

    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", Pool)
    monkeypatch.chdir(tmp_path)
    for number in range(files):
        (tmp_path / f"{number}.py").write_text("import json\n")
    report = scan([tmp_path], config(), jobs=jobs)
    assert [result.path for result in report.results] == [f"{number}.py" for number in range(files)]
    assert made == ([] if workers is None else [workers])
