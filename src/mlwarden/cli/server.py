"""`mlwarden server`: the language server, which needs the lsp extra."""

from __future__ import annotations

import argparse

from mlwarden.cli.options import count
from mlwarden.model.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`mlwarden server [--tcp] [--host HOST] [--port PORT]`; standard input and output by default."""
    parser.add_argument("--stdio", action="store_true", help="talk over standard input and output (the default)")
    parser.add_argument("--tcp", action="store_true", help="listen on a TCP port instead, for debugging")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=count, default=2087, help="port to listen on (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Serve until the client says exit.

    Raises:
        UsageError: pygls is not installed.
    """
    if args.stdio and args.tcp:
        raise UsageError("--stdio and --tcp exclude each other")
    try:
        from mlwarden_lsp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError('the language server needs the lsp extra: pip install "mlwarden[lsp]"') from None
    return serve(host=args.host, port=args.port) if args.tcp else serve()
