"""Colours for text reports. Rich is imported only when colours are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# (text, style) -> text, with style in Rich's words: "bold red", "dim".
Painter: TypeAlias = Callable[[str, str], str]


def plain(text: str, style: str) -> str:
    """Leave the text as it is."""
    return text


def painter(color: bool) -> Painter:
    """A function that colours text, or one that does not."""
    if not color:
        return plain
    from rich.style import Style

    def paint(text: str, style: str) -> str:
        return Style.parse(style).render(text)

    return paint
