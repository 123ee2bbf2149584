"""Text as a terminal shows it: safe to print, and how many columns it takes."""

from __future__ import annotations

import re
import unicodedata

TAB_STOP = 4

# Terminal escapes hide in control characters (C0, DEL, C1), "Trojan Source" in bidirectional controls
# (CVE-2021-42574), and U+2028/9 end a line for some terminals. Lone surrogates come from file names that are not UTF-8.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # the picture of the control character, e.g. U+241B for ESC
    if code == 0x7F:
        return "\u2421"
    return f"<U+{code:04X}>"


def printable(text: str) -> str:
    """One line that a terminal shows as it stands: control and bidirectional characters become visible ones."""
    return _UNSAFE.sub(_visible, text)


def char_width(char: str) -> int:
    """Terminal columns of one printable character: 2 for wide ones, 0 for those that join the one before."""
    if char < "\u0300":
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def width(text: str) -> int:
    """Terminal columns of printable text."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def plural(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
