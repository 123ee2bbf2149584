"""`mlwarden rule`: a rule's documentation."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from mlwarden.cli.output import wants_color, write
from mlwarden.model.errors import UsageError

if TYPE_CHECKING:
    from mlwarden.model.rule_info import RuleInfo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`mlwarden rule CODE | --all [--output-format text|json]`."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="a rule's code, such as MLW102")
    parser.add_argument("--all", action="store_true", help="every rule")
    parser.add_argument("--output-format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """Print the page of a rule, or of all.

    Raises:
        UsageError: no such rule, or neither or both of CODE and --all.
    """
    from mlwarden.rules.registry import every_rule

    if (args.code is None) != args.all:
        raise UsageError("give a rule's code, or --all")
    chosen = every_rule() if args.all else (_named(args.code),)
    if args.output_format == "json":
        import json

        entries = [_entry(info) for info in chosen]
        write(json.dumps(entries if args.all else entries[0], indent=2) + "\n")
        return 0
    from mlwarden.rules.registry import rule_page

    pages = [rule_page(info.code).strip() for info in chosen]
    write(_text("\n\n---\n\n".join(pages)))
    return 0


def _named(code: str) -> RuleInfo:
    """The rule with that code or name.

    Raises:
        UsageError: there is none; the message has the nearest right spelling.
    """
    from mlwarden.rules.registry import every_rule

    rules = every_rule()
    for info in rules:
        if code.upper() == info.code or code.lower() == info.name:
            return info
    from difflib import get_close_matches

    from mlwarden.config.codes import nearest

    near = nearest(code, {info.code for info in rules}, allow_all=False)
    names = [info.name for info in rules]
    close = [near] if near else get_close_matches(code, names, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    raise UsageError(f"unknown rule '{code}'{hint}; mlwarden rule --all lists them")


def _entry(info: RuleInfo) -> dict[str, Any]:
    from mlwarden.cli.rule_details import details_of

    details = details_of(info, with_page=True)
    return {
        "code": info.code,
        "name": info.name,
        "summary": info.summary,
        "severity": str(info.severity),
        "kinds": [kind.value for kind in info.kinds],
        "default": info.default,
        "fixable": info.fixable,
        "cwe": list(details.cwe),
        "tags": list(details.tags),
        "url": details.url,
        "page": details.page,
    }


def _text(markdown: str) -> str:
    """The page as it is, or laid out by rich where a person reads it on a terminal."""
    if not wants_color(sys.stdout):
        return f"{markdown}\n"
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    buffer = StringIO()
    console = Console(file=buffer, force_terminal=True, width=min(Console().width, 100))
    console.print(Markdown(markdown))
    return buffer.getvalue()
