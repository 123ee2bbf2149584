"""`python -m mlwarden`."""

from __future__ import annotations

from mlwarden.cli.main import run

if __name__ == "__main__":
    run()
