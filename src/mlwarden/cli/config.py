"""`mlwarden config`: the settings in force for a path, and where each came from."""

from __future__ import annotations

import argparse
from typing import Any

from mlwarden.cli.options import add_config, config_source, existing
from mlwarden.cli.output import write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`mlwarden config [PATH] [--config FILE] [--isolated] [--output-format text|json]`."""
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="a file or folder (default: .)")
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Print every key, its value and its origin.

    Raises:
        UsageError, ConfigError: the path does not exist, or its configuration is wrong.
    """
    existing([args.path])
    lines = config_source(args).explain(args.path)
    if args.output_format == "json":
        import json

        entries = [{"key": line.key, "value": line.value, "origin": line.origin} for line in lines]
        write(json.dumps(entries, indent=2) + "\n")
        return 0
    rows = [(line.key, _toml(line.value), line.origin) for line in lines]
    left = max(len(f"{key} = {value}") for key, value, _ in rows if len(value) <= 40)
    write("".join(f"{f'{key} = {value}':<{left}}  # {origin}\n" for key, value, origin in rows))
    return 0


def _toml(value: Any) -> str:
    """The value as it would stand in a configuration file; a key without a value is shown as (unset)."""
    if value is None:
        return "(unset)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        pairs = [f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, str):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)
