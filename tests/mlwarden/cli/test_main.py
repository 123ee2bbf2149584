from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlwarden import __version__
from mlwarden.cli import main as main_module
from mlwarden.cli import output
from mlwarden.cli.dispatch import COMMANDS
from mlwarden.cli.main import main

Capture = pytest.CaptureFixture[str]


def refused(capsys: Capture, *arguments: str) -> str:
    """What a wrong command line is told: one line on standard error, nothing else, exit status 2."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_version(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mlwarden {__version__}\n"


def test_help_names_every_command(capsys: Capture) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name, line in COMMANDS.items():
        assert name in out
        assert line.split()[0] in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: Capture) -> None:
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: mlwarden {command} ")


def test_no_command_shows_the_help_and_is_wrong_usage(capsys: Capture) -> None:
    assert refused(capsys).startswith("usage: mlwarden ")


def test_a_path_without_a_command(capsys: Capture) -> None:
    Path("train.py").touch()
    Path("check.py").touch()
    err = refused(capsys, "train.py", "my data", "--fix")
    assert err == (
        "mlwarden: error: 'train.py' is not a command; to check it run: mlwarden check train.py 'my data' --fix\n"
    )
    assert refused(capsys, "check.py").endswith("to check it run: mlwarden check check.py\n")


def test_a_misspelt_command(capsys: Capture) -> None:
    assert refused(capsys, "chekc") == (
        "mlwarden: error: 'chekc' is not a command (did you mean 'check'?); "
        "the commands are check, baseline, rule, config, server, clean\n"
    )


def test_options_without_a_command(capsys: Capture) -> None:
    assert refused(capsys, "--select", "MLW1", "a.py") == (
        "mlwarden: error: no command before '--select'; to check files run: mlwarden check --select MLW1 a.py\n"
    )


def test_an_unknown_option_and_a_shortened_one(capsys: Capture) -> None:
    assert refused(capsys, "check", "--nope").endswith("mlwarden: error: unrecognized arguments: --nope\n")
    assert refused(capsys, "check", "--sel", "MLW1").endswith("unrecognized arguments: --sel\n")


def test_terminal_escapes_in_arguments_are_not_passed_on(capsys: Capture) -> None:
    assert "\x1b" not in refused(capsys, "check", "\x1b[2J.py")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), 130, "mlwarden: interrupted\n"),
        (BrokenPipeError(), 0, ""),
        (
            ZeroDivisionError("division by zero"),
            2,
            "mlwarden: internal error: ZeroDivisionError at test_main.py:LINE. Please report it with the traceback "
            "that MLWARDEN_TRACEBACK=1 shows.\n",
        ),
    ],
)
def test_what_ends_a_run_early(
    error: BaseException, status: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(arguments: list[str]) -> int:
        raise error

    monkeypatch.setattr(main_module, "_run", fail)
    monkeypatch.setattr(output, "discard_stdout", lambda: None)
    assert main(["check"]) == status
    line = str(fail.__code__.co_firstlineno + 1)
    assert capsys.readouterr().err == message.replace("LINE", line)


def test_the_traceback_is_there_for_those_who_ask(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def fail(arguments: list[str]) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(main_module, "_run", fail)
    monkeypatch.setenv("MLWARDEN_TRACEBACK", "1")
    assert main(["check"]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_the_console_script_exits_with_the_status() -> None:
    program = "import sys; from mlwarden.cli.main import run; sys.argv[1:] = ['check', 'missing.py']; run()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "mlwarden: error: no such file or folder: missing.py\n"


def test_a_reader_that_stops_is_no_error() -> None:
    program = "import sys; from mlwarden.cli.main import main; sys.exit(main(['rule', '--all']))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
