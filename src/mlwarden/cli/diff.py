"""A diff as a person sees it at a terminal."""

from __future__ import annotations

from mlwarden.reports.style import painter
from mlwarden.reports.text import TAB_STOP, printable

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def colored(diff: str) -> str:
    """The diff in colours, with nothing in it that a terminal would obey; only a line feed ends a line of a diff."""
    paint = painter(True)
    lines = []
    for line in diff.split("\n"):
        text = printable(line.removesuffix("\r").replace("\t", " " * TAB_STOP))
        style = "bold" if line.startswith(("+++ ", "--- ")) else _STYLES.get(line[:1], "")
        lines.append(paint(text, style) if style else text)
    return "\n".join(lines)
