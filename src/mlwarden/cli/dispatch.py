"""The commands: the one that a command line names is imported and run."""

from __future__ import annotations

import sys
from importlib import import_module

from mlwarden.model.errors import UsageError

# Command -> the line that the help shows. The file of the same name has `add_arguments(parser)` and `run(args) -> int`.
COMMANDS = {
    "check": "find insecure machine-learning code in files and folders",
    "baseline": "record today's findings, so that only new ones are reported",
    "rule": "show a rule's documentation",
    "config": "show the settings in force for a path, and where each came from",
    "server": "run the language server for editors",
    "clean": "remove the cache",
}


def dispatch(arguments: list[str]) -> int:
    """Run a command line (without the program's name); returns the exit status.

    Raises:
        SystemExit: from argparse, for help, the version and wrong usage.
        MlwardenError: as the commands do.
    """
    command = arguments[0] if arguments else ""
    if command == "check":
        from mlwarden.cli.plain_check import plain_arguments

        plain = plain_arguments(arguments[1:])
        if plain is not None:
            from mlwarden.cli.check import run

            return run(plain)
    import argparse

    from mlwarden import __version__

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
    from pathlib import Path
    from shlex import join

    first = arguments[0]
    if first.startswith("-"):
        return f"no command before '{first}'; to check files run: mlwarden check {join(arguments)}"
    close = get_close_matches(first, COMMANDS, n=1)
    if close and not Path(first).exists():
        return f"'{first}' is not a command (did you mean '{close[0]}'?); the commands are {', '.join(COMMANDS)}"
    return f"'{first}' is not a command; to check it run: mlwarden check {join(arguments)}"
