"""The words of a file: the first thing that is asked of it. Kept small, for runs that need nothing else."""

from __future__ import annotations

# The words of one alternative of a rule's triggers, what is no word, and what it needs one of besides.
Alternative = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]

_IN_WORDS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_SPACED = bytes(byte if byte in _IN_WORDS else 32 for byte in range(256))
# After a backslash stands an escape sequence (`"\nload"`, `"\x0aload"`), and behind it perhaps a word.
_ESCAPES = (1, 2, 3, 5, 9)


def words_of(content: bytes) -> set[str]:
    """Every run of letters, digits and underscores: what may be an identifier, and more."""
    if not content.isascii():
        content += _normalised(content)
    spaced = content.translate(_SPACED)
    words = set(spaced.decode("ascii").split())
    if b"\\" in content:
        for escaped in _escaped(content, spaced):
            words.update(escaped[length:] for length in _ESCAPES if len(escaped) > length)
    return words


def folder_words(path: str) -> list[str]:
    """The names in a path: inside a package its own name stands for it, which no import needs to spell out."""
    return path.replace("\\", "/").replace(".", "/").split("/")


def _normalised(content: bytes) -> bytes:
    """What is to be added, since Python compares identifiers in NFKC form (PEP 3131): other letters may spell `eval`."""
    import unicodedata

    text = content.decode("utf-8", "replace")
    if unicodedata.is_normalized("NFKC", text):
        return b""
    return b"\n" + unicodedata.normalize("NFKC", text).encode("utf-8", "replace")


def _escaped(content: bytes, spaced: bytes) -> set[str]:
    """The words that stand right behind a backslash."""
    found: set[str] = set()
    place = content.find(b"\\") + 1
    while place:
        end = spaced.find(b" ", place)
        found.add(spaced[place : len(spaced) if end < 0 else end].decode("ascii"))
        place = content.find(b"\\", place) + 1
    return found
