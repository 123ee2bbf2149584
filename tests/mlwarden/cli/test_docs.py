"""The samples in docs/cli.md and docs/json.md are what the program prints.

`python tests/mlwarden/cli/test_docs.py` writes them anew.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from mlwarden.cli.main import main

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = ("cli.md", "json.md")
# The comment that says where a block comes from, and the block.
SAMPLE = re.compile(
    r"(?P<head><!-- (?P<kind>file|run): (?P<what>.+?) -->\n```\w+\n)(?P<body>.*?)(?P<tail>^```$)", re.M | re.S
)


def refreshed(text: str) -> str:
    """The page with its samples as the program prints them now; works in the current directory."""

    def sample(match: re.Match[str]) -> str:
        if match["kind"] == "file":
            Path(match["what"]).write_text(match["body"], encoding="utf-8")
            return match[0]
        return f"{match['head']}{printed(match['what'])}{match['tail']}"

    return SAMPLE.sub(sample, text)


def printed(what: str) -> str:
    """What a command prints; `COMMAND | key.0.key` takes a part of its JSON."""
    command, _, part = what.partition(" | ")
    program, *arguments = shlex.split(command)
    assert program == "mlwarden"
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        assert main([*arguments, "--isolated", "--no-cache"]) in (0, 1)
    if not part:
        return out.getvalue()
    value = json.loads(out.getvalue())
    for key in part.split("."):
        value = value[int(key) if key.isdigit() else key]
    return json.dumps(value, indent=2) + "\n"


@pytest.mark.parametrize("page", PAGES)
def test_the_samples_are_real(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert "<!-- run: " in text
    assert refreshed(text) == text


def test_every_option_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for command in ("check", "baseline", "rule", "config", "server", "clean"):
        assert main([command, "--help"]) == 0
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", capsys.readouterr().out))
        missing = sorted(option for option in options - {"--stdio", "--help"} if option not in text)
        assert missing == [], command


def _rewrite() -> None:
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            text = refreshed((DOCS / page).read_text(encoding="utf-8"))
            os.chdir(DOCS)
        (DOCS / page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(_rewrite())
