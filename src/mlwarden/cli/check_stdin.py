"""`mlwarden check -` and `--stdin-filename`: the document comes on standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mlwarden import __version__
from mlwarden.cli import options
from mlwarden.cli.check import exit_status, finish, rendered
from mlwarden.cli.output import note, write, write_bytes
from mlwarden.model.errors import UsageError
from mlwarden.model.results import ScanReport, SourceFile

if TYPE_CHECKING:
    from mlwarden.cli.options import Arguments

# A document without a name is taken for Python.
_UNNAMED = "stdin.py"


def run(args: Arguments) -> int:
    """Check standard input. With --fix the mended document goes to standard output and the report to standard error.

    Raises:
        UsageError, ConfigError: other paths beside standard input; wrong configuration.
    """
    if set(args.paths) - {"-"}:
        raise UsageError("standard input and other paths cannot be checked in one run")
    name = args.stdin_filename or _UNNAMED
    config = options.config_source(args)
    settings = config.for_path(name)
    source = SourceFile(name.replace("\\", "/"), sys.stdin.buffer.read())
    from mlwarden.engine.check import check

    before = check(source, settings)
    if not (args.fix or args.diff):
        return finish(args, config, ScanReport((before,), __version__))
    from mlwarden.engine.fixing import fix

    outcome = fix(source, settings, unsafe=settings.unsafe_fixes)
    report = ScanReport((outcome.result,), __version__)
    status = exit_status(args, config, report)
    if args.diff:
        from mlwarden.cli.check_fix import Change, finish_diff

        changes = [Change(before, outcome.content)] if outcome.applied else []
        return finish_diff(args, status, report, changes, len(outcome.applied))
    write_bytes(outcome.content)
    text = rendered(args, report, status, len(outcome.applied), color=False)
    if args.output_file is not None:
        write(text, args.output_file)
    else:
        note(text.rstrip("\n"))
    return status
