"""`python -m mlwarden.dev new-rule | index | docs`: helps for contributors, not part of the command line."""

from __future__ import annotations

import argparse
import sys


def main(argv: list[str] | None = None) -> int:
    """Run one helper; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m mlwarden.dev", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    index = commands.add_parser("index", help="write the rule index, rules/_index.py")
    docs = commands.add_parser("docs", help="write the rules' pages, docs/rules/")
    for command in (index, docs):
        command.add_argument("--check", action="store_true", help="change nothing; exit 1 if something is stale")
    new = commands.add_parser("new-rule", help="write a new rule's file")
    new.add_argument("code", help="e.g. MLW117, or a family, MLW1, for its next free code")
    new.add_argument("name", help="kebab case: the pattern, not the cure")
    arguments = parser.parse_args(argv)
    if arguments.command == "index":
        from mlwarden.dev.index import write

        return write(arguments.check)
    if arguments.command == "docs":
        from mlwarden.dev.docs import write_pages

        return write_pages(arguments.check)
    from mlwarden.dev.new_rule import create

    return create(arguments.code, arguments.name)


if __name__ == "__main__":
    sys.exit(main())
