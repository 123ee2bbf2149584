"""Unified diffs of what fixes change, as `patch -p0` and `git apply -p0` read them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

_NO_END = "\\ No newline at end of file\n"


def unified_diff(path: str, before: bytes, after: bytes) -> str:
    """The difference between two states of a file; "" where there is none. Line ends stay as they are in the file."""
    from difflib import unified_diff as lines_diff

    from mlwarden.source.kinds import kind_of
    from mlwarden.source.router import decode_as

    kind = kind_of(path, before[:4096])
    old, new = (_lines(decode_as(kind, content).text) for content in (before, after))
    pieces = []
    for line in lines_diff(old, new, path, path):
        pieces.append(line if line.endswith(("\n", "\r")) else f"{line}\n{_NO_END}")
    return "".join(pieces)


def colored(diff: str) -> Iterator[str]:
    """The diff for a person at a terminal: colours, and nothing that the terminal would obey."""
    from mlwarden.reports.style import painter
    from mlwarden.reports.text import TAB_STOP, printable

    paint = painter(True)
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in _lines(diff):
        text = printable(line.rstrip("\r\n").replace("\t", " " * TAB_STOP))
        style = "bold" if line.startswith(("+++ ", "--- ")) else styles.get(line[:1], "")
        yield f"{paint(text, style) if style else text}\n"


def _lines(text: str) -> list[str]:
    """The lines with their ends; only the ends that editors know count."""
    from mlwarden.source.lines import LineIndex

    starts = LineIndex(text).starts
    bounds = [*starts, len(text)]
    lines = [text[start:end] for start, end in pairwise(bounds)]
    return lines if lines and lines[-1] else lines[:-1]
