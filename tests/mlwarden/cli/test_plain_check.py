"""Command lines without options: read as argparse reads them."""

from __future__ import annotations

import argparse

import pytest

from mlwarden.cli import check
from mlwarden.cli.plain_check import plain_arguments


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a.py"],
        ["a.py", "b c.py"],
        ["--force-exclude", "a.py"],
        ["--fix", "--force-exclude", "a.py"],
        ["--fix"],
        ["--isolated", "--exit-zero", "--no-cache", "a.py"],
        [""],
        ["--unsafe-fixes", "--diff", "--statistics", "--show-suppressed"],
        ["--select", "MLW1, B ,", "--ignore", "MLW101", "--select", "ALL", "--extend-select", "MLW2", "a.py"],
        ["--cache-dir", "cache", "--cache-dir", "", "--baseline", "b.json", "--jobs", "02", "."],
        ["--output-format", "sarif", "a.py"],
    ],
    ids=" ".join,
)
def test_the_same_as_argparse(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    check.add_arguments(parser)
    plain = plain_arguments(arguments)
    assert plain is not None
    assert vars(plain) == {"command": "check", **vars(parser.parse_args(arguments))}


@pytest.mark.parametrize(
    "arguments",
    [
        ["-"],
        ["--"],
        ["a.py", "--fix"],
        ["--select", "MLW1", "-a.py"],
        ["--select"],
        ["--select", "--fix"],
        ["--select", " ,", "a.py"],
        ["--select=MLW1", "a.py"],
        ["--output-format", "pdf", "a.py"],
        ["--output-file", "report", "a.py"],
        ["--jobs", "0", "a.py"],
        ["--jobs", "two", "a.py"],
        ["--jobs", "\u0662", "a.py"],
        ["--severity", "high", "a.py"],
        ["--help"],
        ["--jobs=2"],
        ["--force-exclud", "a.py"],
    ],
    ids=" ".join,
)
def test_what_only_argparse_reads(arguments: list[str]) -> None:
    assert plain_arguments(arguments) is None
