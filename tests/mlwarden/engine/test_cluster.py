from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from mlwarden.cli.main import main
from mlwarden.config.source import CommandLine, ConfigSource
from mlwarden.engine import cluster as clusters
from mlwarden.engine.chunk import Scan, check_chunk
from mlwarden.engine.cluster import cluster, scheduler_address
from mlwarden.engine.scan import scan
from mlwarden.engine.work import Work
from mlwarden.model.errors import UsageError
from mlwarden.rules.registry import every_rule

CODES = frozenset(rule.code for rule in every_rule())
FILES = 240


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Any]:
    """Two worker processes, each watched by a nanny that replaces it when it dies."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local:
        yield local


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two repositories of many files that import from their own modules of the same name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLWARDEN_CACHE_KEY", "a key for tests")
    for number, body in enumerate(("return pickle.loads(data)", "return data")):
        root = tmp_path / f"repo{number}"
        (root / "lib").mkdir(parents=True)
        (root / "lib" / "__init__.py").write_text("")
        (root / "lib" / "load.py").write_text(f"import pickle\n\n\ndef load(data):\n    {body}\n")
        for file in range(FILES // 2):
            text = "import json\n"
            if file % 20 == 0:
                text = "import requests\nfrom lib.load import load\n\nload(requests.get(u).content)\n"
            (root / f"m{file:03}.py").write_text(text)
    return tmp_path


def config(cache: bool = False) -> ConfigSource:
    return ConfigSource(CommandLine(select=("MLW1",), cache=cache), None, True, CODES)


class Killing(Executor):
    """Hands everything on, and kills one of the workers when all of the work has been handed over."""

    def __init__(self, executor: Executor, chunks: int, victim: int) -> None:
        self.executor, self.left, self.victim = executor, chunks, victim

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = self.executor.submit(function, *args, **kwargs)
        self.left -= 1
        if self.left == 0:
            os.kill(self.victim, signal.SIGKILL)
        return future


class Counting(Executor):
    """Hands everything on and counts it."""

    def __init__(self, executor: Executor) -> None:
        self.executor, self.chunks = executor, 0

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.chunks += 1
        return self.executor.submit(function, *args, **kwargs)


def test_a_cluster_finds_the_same_even_if_a_worker_dies(scheduler: Any, project: Path) -> None:
    folders = [project / "repo0", project / "repo1"]
    here = scan(folders, config(), jobs=1)
    assert sum(len(result.verdict.reported) for result in here.results) == FILES // 40 + 1
    address = scheduler.scheduler_address
    with cluster(address) as found:
        counting = Counting(found.executor)
        assert scan(folders, config(), jobs=found.workers, executor=counting) == here
        assert counting.chunks >= 4
        client: Any = found.executor
        victim = next(iter(client._client.run(os.getpid).values()))
        killing = Killing(found.executor, counting.chunks, victim)
        assert scan(folders, config(), jobs=found.workers, executor=killing) == here
        assert killing.left == 0
        survivors = client._client.run(os.getpid).values()
        assert victim not in survivors


def test_the_command_line(scheduler: Any, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", "--isolated", "--no-cache", "--select", "MLW1", "--output-format", "json", "."]
    status = main(arguments)
    here = capsys.readouterr().out
    assert main([*arguments, "--executor", scheduler.scheduler_address.replace("tcp://", "dask://")]) == status == 1
    assert capsys.readouterr().out == here


def test_results_of_a_cluster_are_kept(scheduler: Any, project: Path) -> None:
    with cluster(scheduler.scheduler_address) as found:
        first = scan([project], config(cache=True), jobs=found.workers, executor=found.executor)
        again = Counting(found.executor)
        assert scan([project], config(cache=True), jobs=found.workers, executor=again) == first
    assert (project / ".mlwarden_cache" / "CACHEDIR.TAG").is_file()


def test_other_versions_on_a_worker_are_refused(scheduler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "_compare", lambda theirs: real({**theirs, "tcp://b": {**ours, "bandit": "0.1"}}))
    with pytest.raises(UsageError) as error, cluster(scheduler.scheduler_address):
        raise AssertionError
    assert str(error.value) == f"the worker tcp://b has bandit 0.1, not {ours['bandit']} as here"


real, ours = clusters._compare, clusters.versions()


def test_nobody_answers() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        expected = pytest.raises(UsageError, match=rf"there is no Dask scheduler at tcp://127.0.0.1:{port}: ")
        with expected, cluster(f"tcp://127.0.0.1:{port}", timeout=1):
            raise AssertionError


def test_distributed_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    expected = pytest.raises(UsageError, match=r"^scans on a cluster need `pip install 'mlwarden\[dask\]'`")
    with expected, cluster("tcp://127.0.0.1:1"):
        raise AssertionError


def test_a_worker_without_the_files_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = config().for_folder(tmp_path)
    missing = str(tmp_path / "gone")
    with pytest.raises(UsageError, match=rf"cannot look into {missing} \(No such file or directory\)"):
        check_chunk([Work("a.py", f"{missing}/a.py", settings)], Scan("1", missing, False))
    with pytest.raises(UsageError, match=rf"cannot look into {missing} \(there is no such folder\)"):
        check_chunk([Work("a.py", f"{missing}/a.py", settings)], Scan("1", str(tmp_path), False))
    assert Path.cwd() == tmp_path


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("dask://node1:8786", "tcp://node1:8786"),
        ("dask+tls://10.0.0.1:8786", "tls://10.0.0.1:8786"),
        ("dask://[::1]:8786", "tcp://[::1]:8786"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert scheduler_address(text) == address


@pytest.mark.parametrize("text", ["dask://node1", "node1:8786", "tcp://node1:8786", "dask://:1", "dask://a/b:1", ""])
def test_what_is_no_address(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"^expected dask://HOST:PORT"):
        scheduler_address(text)
    assert main(["check", "--executor", text, "."]) == 2
    assert "expected dask://HOST:PORT" in capsys.readouterr().err


def test_nothing_of_it_is_loaded_otherwise(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import json\n")
    program = (
        "import sys; from mlwarden.cli.main import main; main(['check', 'a.py']); "
        "print([name for name in ('distributed', 'mlwarden.engine.cluster', 'mlwarden.engine.result_cache', 'hashlib', "
        "'concurrent.futures.process', 'socket') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "No problems found in 1 file\n[]\n"
