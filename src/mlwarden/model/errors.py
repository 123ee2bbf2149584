"""What can go wrong outside a scanned file. Trouble inside a scanned file is a Finding (MLW0xx), never an exception.

MlwardenError
├── UsageError          wrong command line            exit status 2
├── ConfigError         bad configuration             exit status 2
└── InternalError       a defect of mlwarden's own    exit status 2
StoppedError            nobody waits for the result any more
"""

from __future__ import annotations


class MlwardenError(Exception):
    """Base of all errors; `exit_code` is what the command line returns."""

    exit_code = 2


class UsageError(MlwardenError):
    """The command line asks for something that does not exist or does not fit together."""


class ConfigError(MlwardenError):
    """A configuration file is wrong.

    Attributes:
        path: the file.
        key: dotted key, or "" for the whole file.
        suggestion: the nearest right spelling, or "".
    """

    def __init__(self, path: str, key: str, problem: str, suggestion: str = "") -> None:
        self.path, self.key, self.problem, self.suggestion = path, key, problem, suggestion
        place = f"{path}: {key}" if key else path
        hint = f" (did you mean '{suggestion}'?)" if suggestion else ""
        super().__init__(f"{place}: {problem}{hint}")


class InternalError(MlwardenError):
    """A defect of mlwarden's own; the message says what to report."""


class StoppedError(Exception):
    """A check was broken off because nobody waits for its result any more; no defect, and no result."""
