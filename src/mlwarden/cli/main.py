"""`mlwarden`: finds the command, imports its file, and turns errors into messages and exit statuses.

Exit status: 0 nothing found, 1 findings, 2 wrong usage, bad configuration or an internal failure, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from mlwarden import __version__
from mlwarden.cli.output import discard_stdout
from mlwarden.model.errors import MlwardenError, UsageError

# Command -> the line that the help shows. The file of the same name has `add_arguments(parser)` and `run(args) -> int`.
COMMANDS = {
    "check": "find insecure machine-learning code in files and folders",
    "baseline": "record today's findings, so that only new ones are reported",
    "rule": "show a rule's documentation",
    "config": "show the settings in force for a path, and where each came from",
    "server": "run the language server for editors",
    "clean": "remove the cache",
}
_INTERRUPTED = 130


def run() -> NoReturn:
    """The console script."""
    raise SystemExit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (without the program's name); returns the exit status and never raises for user errors."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except SystemExit as stop:  # argparse: help and version (0), wrong usage (2)
        return stop.code if isinstance(stop.code, int) else 2
    except MlwardenError as error:
        _complain(f"error: {error}")
        return error.exit_code
    except BrokenPipeError:
        discard_stdout()
        return 0
    except KeyboardInterrupt:
        _complain("interrupted")
        return _INTERRUPTED
    except Exception as error:
        return _internal_error(error)


def _dispatch(arguments: list[str]) -> int:
    command = arguments[0] if arguments else ""
    parser = argparse.ArgumentParser(
        prog="mlwarden",
        description="A security linter for machine-learning code.",
        epilog="Exit status: 0 nothing found, 1 findings, 2 wrong usage, bad configuration or an internal failure.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mlwarden {__version__}")
    if command and command not in (*COMMANDS, "-h", "--help", "--version"):
        raise UsageError(_not_a_command(arguments))
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, line in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=line, description=_sentence(line), allow_abbrev=False)
        if name == command:
            module = import_module(f"mlwarden.cli.{name}")
            module.add_arguments(subparser)
    args = parser.parse_args(arguments)
    if args.command is None:
        parser.print_help(sys.stderr)
        return 2
    status: int = module.run(args)
    return status


def _sentence(line: str) -> str:
    return f"{line[0].upper()}{line[1:]}."


def _not_a_command(arguments: list[str]) -> str:
    from difflib import get_close_matches
    from shlex import join

    first = arguments[0]
    if first.startswith("-"):
        return f"no command before '{first}'; to check files run: mlwarden check {join(arguments)}"
    close = get_close_matches(first, COMMANDS, n=1)
    if close and not Path(first).exists():
        return f"'{first}' is not a command (did you mean '{close[0]}'?); the commands are {', '.join(COMMANDS)}"
    return f"'{first}' is not a command; to check it run: mlwarden check {join(arguments)}"


def _complain(message: str) -> None:
    from mlwarden.reports.text import printable

    print(f"mlwarden: {printable(message)}", file=sys.stderr)


def _internal_error(error: Exception) -> int:
    """One line about a defect of our own; the traceback only for those who ask for it."""
    import traceback

    if os.environ.get("MLWARDEN_TRACEBACK"):
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    _complain(
        f"internal error: {type(error).__name__}{place}. Please report it with the traceback that "
        "MLWARDEN_TRACEBACK=1 shows."
    )
    return 2
