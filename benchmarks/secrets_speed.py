"""What the search for secrets costs, as a whole and by its parts.

usage: python benchmarks/secrets_speed.py DIR

Reads every text below DIR (Python, notebooks as text, Markdown, configuration) and times, on the texts in memory: the
whole search, and by themselves its parts: putting the long words together, the search for runs, each sweep, the URLs.
Prints MB/s of processor time, which other work on the machine hardly changes, and what was found; secrets are masked.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from mlwarden.secrets import probes, urls
from mlwarden.secrets.formats import compiled
from mlwarden.secrets.long_words import long_words
from mlwarden.secrets.scan import find_secrets, shapes

SUFFIXES = frozenset({".py", ".ipynb", ".md", ".rst", ".json", ".yaml", ".yml", ".toml", ".txt", ".cfg", ".ini", ".sh"})


def texts_below(root: Path) -> list[tuple[Path, str]]:
    found = []
    for path in sorted(root.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink():
            try:
                found.append((path, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue
    return found


def main(argv: list[str]) -> int:
    root = Path(argv[0])
    found = texts_below(root)
    texts = [text for _, text in found]
    size = sum(map(len, texts)) / 1e6
    print(f"{len(texts)} files, {size:.1f} million characters")

    def timed(name: str, count: Callable[[str], int]) -> None:
        start = time.process_time()
        total = sum(map(count, texts))
        seconds = time.process_time() - start
        print(f"{name:60} {seconds:7.2f} s {size / seconds:9.1f} MB/s {total:8}")

    timed("everything but detect-secrets (shapes)", lambda text: len(shapes(text)))
    timed("probes", lambda text: sum(1 for _ in probes.candidates(text)))
    timed("  long words", lambda text: sum(len(words.text) for words in long_words(text)))
    found_words = [(text, words) for text in texts for words in long_words(text)]
    parts: list[tuple[str, Callable[[], int]]] = [
        ("runs", lambda: sum(1 for text, words in found_words for _ in probes._runs(text, words))),
        ("bots", lambda: sum(1 for text, words in found_words for _ in probes._bots(text, words))),
    ]
    for pattern in (*probes._SWEEPS, *(each[0] for each in probes._SWEEPS_BACK)):
        regex = compiled(pattern)
        parts.append(
            (pattern, lambda regex=regex: sum(1 for _, words in found_words for _ in regex.finditer(words.text)))
        )
    for pattern in (*probes._SWEEPS_OF_ALL, probes._IN_ELEMENT):
        regex = compiled(pattern)
        parts.append((pattern, lambda regex=regex: sum(1 for text in texts for _ in regex.finditer(text))))
    for name, run in parts:
        start = time.process_time()
        total = run()
        seconds = time.process_time() - start
        print(f"  {name[:58]:58} {seconds:7.2f} s {size / seconds:9.1f} MB/s {total:8}")
    timed("URLs", lambda text: sum(1 for _ in urls.find_credentials(text)))
    for path, text in found:
        for match in find_secrets(text):
            line = text.count("\n", 0, match.start) + 1
            print(f"{path.relative_to(root)}:{line}: {match} ({match.confidence})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
