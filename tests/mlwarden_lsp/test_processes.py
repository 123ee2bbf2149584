"""The processes of a scan: what they answer, and that they end."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlwarden_lsp.processes import ProcessDiedError, Processes

# Seconds after which a process that does not end is taken to stay for ever: a guard, not a measurement.
HANGS = 60


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes(1)
    yield made
    made.shutdown(wait=False, cancel_futures=True)


def test_results_and_exceptions(processes: Processes) -> None:
    first = processes.submit(os.getpid)
    assert processes.submit(operator.add, "x" * 1_000_000, "y").result() == "x" * 1_000_000 + "y"
    with pytest.raises(RuntimeError, match=r"^ZeroDivisionError$"):
        processes.submit(operator.truediv, 1, 0).result()
    assert processes.submit(os.getpid).result() == first.result() != os.getpid()


def test_one_that_dies_takes_nothing_with_it(processes: Processes) -> None:
    first = processes.submit(os.getpid).result()
    died = processes.submit(os._exit, 3)
    after = processes.submit(os.getpid)
    with pytest.raises(ProcessDiedError):
        died.result()
    assert after.result() != first


def test_what_is_printed_does_not_get_among_the_answers(
    processes: Processes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert processes.submit(os.write, 1, b"noise").result() == 5
    assert processes.submit(abs, -1).result() == 1
    assert capfd.readouterr() == ("", "noise")


def test_nothing_is_imported_from_the_working_directory(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is the folder whose files are checked."""
    for name in ("types", "signal", "pickle", "mlwarden", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('executed')\n")
    monkeypatch.chdir(tmp_path)
    assert processes.submit(os.getcwd).result() == str(tmp_path)


def test_they_end_in_the_middle_of_a_task(processes: Processes) -> None:
    pid = processes.submit(os.getpid).result()
    forever = processes.submit(signal.pause)
    until = time.monotonic() + HANGS
    while not forever.running() and time.monotonic() < until:
        time.sleep(0.001)
    processes.shutdown(wait=False, cancel_futures=True)
    with pytest.raises(ProcessDiedError):
        forever.result()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(RuntimeError):
        processes.submit(abs, 1)


def test_waiting_for_the_end(processes: Processes) -> None:
    answer = processes.submit(abs, -1)
    processes.shutdown(wait=True)
    assert answer.result() == 1


def test_they_end_with_their_server() -> None:
    """Killed without a chance to tidy up, as editors do it, while they work."""
    program = (
        "import os, signal, time; from mlwarden_lsp.processes import Processes; processes = Processes(1);"
        "processes.submit(os.getpid).result(); processes.submit(time.sleep, 1e6); os.kill(os.getpid(), signal.SIGKILL)"
    )
    # Workers hold standard error, too: that its end can be read means that they are gone. One that stays is a failure.
    made = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, check=False, timeout=HANGS)
    assert (made.returncode, made.stderr) == (-signal.SIGKILL, b"")
