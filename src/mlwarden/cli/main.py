"""`mlwarden`: the way in. It turns errors into messages and exit statuses, and imports no more than a run needs.

Exit status: 0 nothing found, 1 findings, 2 wrong usage, bad configuration or an internal failure, 130 interrupted.
"""

from __future__ import annotations

import os
import sys

from mlwarden.model.errors import MlwardenError

TYPE_CHECKING = False
if TYPE_CHECKING:  # what `typing` itself would cost is a tenth of a hook's run
    from collections.abc import Sequence
    from typing import NoReturn

_INTERRUPTED = 130


def run() -> NoReturn:
    """The console script."""
    from mlwarden.cli import process

    process.run(main)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (without the program's name); returns the exit status and never raises for user errors."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except SystemExit as stop:  # argparse: help and version (0), wrong usage (2)
        return stop.code if isinstance(stop.code, int) else 2
    except MlwardenError as error:
        _complain(f"error: {error}")
        return error.exit_code
    except BrokenPipeError:
        from mlwarden.cli.output import discard_stdout

        discard_stdout()
        return 0
    except KeyboardInterrupt:
        _complain("interrupted")
        return _INTERRUPTED
    except Exception as error:
        return _internal_error(error)


def _run(arguments: list[str]) -> int:
    from mlwarden.cli.glance import files_without_findings

    files = files_without_findings(arguments)
    if files is not None:
        sys.stdout.write(f"No problems found in {files} file{'' if files == 1 else 's'}\n")
        sys.stdout.flush()
        return 0
    from mlwarden.cli.dispatch import dispatch

    return dispatch(arguments)


def _complain(message: str) -> None:
    from mlwarden.reports.text import printable

    print(f"mlwarden: {printable(message)}", file=sys.stderr)


def _internal_error(error: Exception) -> int:
    """One line about a defect of our own; the traceback only for those who ask for it."""
    import traceback

    if os.environ.get("MLWARDEN_TRACEBACK"):
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119
    _complain(
        f"internal error: {type(error).__name__}{place}. Please report it with the traceback that "
        "MLWARDEN_TRACEBACK=1 shows."
    )
    return 2
