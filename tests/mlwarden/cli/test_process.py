"""The end of a process: nothing that waits for it is lost."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = "import sys\nfrom mlwarden.cli.process import run\n"


def ended(program: str, *options: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *options, "-c", START + program], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_the_status(status: int) -> None:
    assert ended(f"run(lambda: {status})") == (status, "", "")


def test_all_that_was_written_comes_out() -> None:
    program = "run(lambda: print('x' * 1_000_000, end='') or print('warning', end='', file=sys.stderr) or 1)"
    assert ended(program) == (1, "x" * 1_000_000, "warning")


def test_what_is_registered_for_the_end() -> None:
    assert ended("import atexit; atexit.register(print, 'end'); run(lambda: 1)") == (1, "end\n", "")


def test_other_threads_are_waited_for() -> None:
    program = (
        "import threading\nready = threading.Event()\n"
        "threading.Thread(target=lambda: (ready.wait(), print('done'))).start()\n"
        "threading._register_atexit(ready.set); run(lambda: 0)"
    )
    assert ended(program) == (0, "done\n", "")


def test_a_profiler_gets_its_end() -> None:
    program = "import cProfile\ncProfile.run('run(lambda: 3)')"
    status, said, _ = ended(program)
    assert status == 0  # `cProfile.run` hears of the exit
    assert "function calls" in said


def test_an_exception_is_no_business_of_it() -> None:
    status, _, said = ended("run(lambda: 1 // 0)")
    assert status == 1
    assert "ZeroDivisionError" in said


def test_output_that_cannot_be_written() -> None:
    program = "import io, os; sys.stdout = io.TextIOWrapper(open(os.pipe()[1], 'wb')); os.close(sys.stdout.fileno())\n"
    status, _, said = ended(program + "run(lambda: sys.stdout.write('x'))")
    assert status == 120  # the interpreter's own
    assert "Bad file descriptor" in said
