"""`mlwarden check` with its plain options before its paths, as hooks and most people give them.

Read without argparse, which takes 8 ms to say the same.
"""

from __future__ import annotations

from types import SimpleNamespace

from mlwarden.reports import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
    "stdin_filename": None,
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
    "--unsafe-fixes": "unsafe_fixes",
    "--diff": "diff",
    "--statistics": "statistics",
    "--show-suppressed": "show_suppressed",
}
_LISTS = {"--select": "select", "--extend-select": "extend_select", "--ignore": "ignore"}
_TEXTS = {"--cache-dir": "cache_dir", "--baseline": "baseline"}


def plain_arguments(arguments: list[str]) -> SimpleNamespace | None:
    """What follows `mlwarden check`, if it is options that can be read here and then paths; None for anything else."""
    values: dict[str, Any] = {**_DEFAULTS, **dict.fromkeys(_FLAGS.values(), False)}
    number = 0
    while number < len(arguments) and arguments[number].startswith("-"):
        option = arguments[number]
        if option in _FLAGS:
            values[_FLAGS[option]] = True
            number += 1
            continue
        value = arguments[number + 1] if number + 1 < len(arguments) else "-"
        if value.startswith("-") or not _take(values, option, value):
            return None
        number += 2
    paths = arguments[number:]
    if any(path.startswith("-") for path in paths):
        return None
    return SimpleNamespace(**values, paths=paths)


def _take(values: dict[str, Any], option: str, value: str) -> bool:
    """Read an option with a value; returns whether that could be done."""
    if option in _LISTS and value.replace(",", "").strip():
        codes = [code for part in value.split(",") if (code := part.strip())]
        values[_LISTS[option]] = [*(values[_LISTS[option]] or ()), *codes]
    elif option in _TEXTS:
        values[_TEXTS[option]] = value
    elif option == "--output-format" and value in FORMATS:
        values["output_format"] = value
    elif option == "--jobs" and value.isascii() and value.isdigit() and len(value) < 9 and int(value) > 0:
        values["jobs"] = int(value)
    else:
        return False
    return True
