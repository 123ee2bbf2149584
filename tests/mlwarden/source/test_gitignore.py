"""Ignore patterns, compared with git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mlwarden.source.gitignore import IgnoreRules


@pytest.mark.parametrize(
    ("lines", "ignored", "kept"),
    [
        (["*.log"], ["a.log", "x/y.log"], ["a.logs", "log"]),
        (["build/"], ["build/", "x/build/"], ["build", "builds/"]),
        (["/build"], ["build", "build/"], ["x/build"]),
        (["a/b"], ["a/b"], ["x/a/b", "a/b/c"]),
        (["**/b"], ["b", "a/b", "x/a/b"], ["ab"]),
        (["a/**"], ["a/b", "a/b/c"], ["a", "x/a/b"]),
        (["a/**/b"], ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb"]),
        (["a/*/b"], ["a/x/b"], ["a/b", "a/x/y/b"]),
        (["*", "!*/", "!*.py"], ["x.txt", "a/x.txt"], ["a/", "a/x.py"]),
        (["[a-c]x", "[!a-c]y", "[[:digit:]]z"], ["bx", "dy", "4z"], ["dx", "ay", "az"]),
        ([r"\!a", r"\#b", "# c", r"d\ ", "e  "], ["!a", "#b", "d ", "e"], ["# c", "d", "e "]),
        (["[a", "a\\"], [], ["a", "[a", "a\\"]),
        (["", "   ", "/", "//", "!"], [], ["a", "a/"]),
        (["?", "f[^x]"], ["a", "fa"], ["é", "fx", "ab"]),
    ],
)
def test_patterns(lines: list[str], ignored: list[str], kept: list[str]) -> None:
    rules = IgnoreRules.of_text("\r\n".join(lines).encode())
    decided = [entry for entry in ignored + kept if rules.decide(entry.rstrip("/"), entry.endswith("/"))]
    assert decided == ignored


def test_nothing_said_is_not_the_same_as_kept() -> None:
    rules = IgnoreRules(["a", "!b"])
    assert [rules.decide(name, False) for name in "abc"] == [True, False, None]


def test_a_byte_order_mark_is_no_part_of_the_first_pattern() -> None:
    assert IgnoreRules.of_text(b"\xef\xbb\xbfa\n").decide("a", False)


def test_many_stars_are_matched_without_trying_everything() -> None:
    rules = IgnoreRules(["*a" * 60 + "b", "/" + "**/a*/" * 30 + "b"])
    assert rules.decide("a" * 200 + "c", False) is None
    assert rules.decide("a" * 200 + "b", False) is True
    assert rules.decide("a/" * 200 + "c", False) is None
    assert rules.decide("a/" * 200 + "b", False) is True


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    # Entries of each shape that the patterns below can speak of.
    for name in ("a", "b", "ab", "a.b", "a b", "-", "]", "é", "c/a", "c/b/a", "c/ab/b", "c/d/a.b/b", "bb/ab/aa/b"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            (folder / name).write_bytes(b"")
    return folder


def _walked(folder: Path, rules: IgnoreRules) -> set[str]:
    """The files that a walk with the rules sees."""
    seen = set()
    stack = [""]
    while stack:
        inside = stack.pop()
        for entry in os.scandir(folder / inside):
            path = f"{inside}/{entry.name}" if inside else entry.name
            if entry.name in (".git", ".gitignore") or rules.decide(path, entry.is_dir()):
                continue
            if entry.is_dir():
                stack.append(path)
            else:
                seen.add(path)
    return seen


SETS = ["[ab]", "[!a]", "[^b]", "[]-]", "[a-c]", "[[:alpha:]]", "[[:punct:]b]", "[[:x:]]", "[\\]a]", "[c-a]", "[!c-a]"]
PIECES = st.sampled_from([*"abc*?!\\ .-é[]^//", "ab", "**", "***", *SETS])
LINES = st.lists(PIECES, min_size=1, max_size=6).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, min_size=1, max_size=5))
@example(lines=["c**/a"])
@example(lines=["c/**", "!c/b/", "!c/b/a"])
@example(lines=["*", "!c", "!c/*"])
@example(lines=["c/**\\/b"])
def test_git_sees_the_same_files(repository: Path, lines: list[str]) -> None:
    content = "\n".join(lines).encode()
    (repository / ".gitignore").write_bytes(content)
    listed = subprocess.run(
        ["git", "-c", "core.excludesFile=", "-c", "core.quotePath=false", "ls-files", "-z", "-o", "--exclude-standard"],
        cwd=repository,
        check=True,
        capture_output=True,
    ).stdout
    expected = {path for path in os.fsdecode(listed).split("\0") if path and path != ".gitignore"}
    assert _walked(repository, IgnoreRules.of_text(content)) == expected
