"""`mlwarden check` with nothing but paths, as hooks run it: read without argparse, which takes 9 ms to say the same."""

from __future__ import annotations

from types import SimpleNamespace

# What argparse makes of a command line without options; a test compares them.
_DEFAULTS = {
    "command": "check",
    "select": None,
    "ignore": None,
    "extend_select": None,
    "severity": None,
    "confidence": None,
    "output_format": "full",
    "output_file": None,
    "statistics": False,
    "show_suppressed": False,
    "stdin_filename": None,
    "unsafe_fixes": False,
    "diff": False,
    "fail_on": None,
    "baseline": None,
    "config": None,
    "cache_dir": None,
    "jobs": None,
    "executor": None,
}
_FLAGS = {
    "--force-exclude": "force_exclude",
    "--isolated": "isolated",
    "--exit-zero": "exit_zero",
    "--no-cache": "no_cache",
    "--fix": "fix",
}


def plain_arguments(arguments: list[str]) -> SimpleNamespace | None:
    """What follows `mlwarden check` where it is paths, after the options that hooks give; None for anything else."""
    flags = dict.fromkeys(_FLAGS.values(), False)
    number = 0
    while number < len(arguments) and arguments[number] in _FLAGS:
        flags[_FLAGS[arguments[number]]] = True
        number += 1
    paths = arguments[number:]
    if any(path.startswith("-") for path in paths):
        return None
    return SimpleNamespace(**{**_DEFAULTS, **flags, "paths": paths})
