"""The shortest way through a hook: Python files of which a look at their words shows that nothing can be found in them.

Most commits touch such files, and for them nearly all of a run would be spent on importing the engine. This imports
next to nothing, and gives a number of files only where the whole engine would find nothing to report either: no
configuration is near, no word of any rule that is on by default stands in them, no comment speaks of a suppression,
nothing looks like a secret, and the interpreter can parse them; where they import modules of their project, what these
bring is asked of the part of the engine that follows imports. In every other case all of the engine is asked.
"""

# No `pathlib`, `re`, `dataclasses` or `typing` here, nor in what this imports: each costs as much as all of this.
# ruff: noqa: PTH100, PTH109, PTH114, PTH116, PTH118, PTH120
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlwarden.engine.words import Alternative

# Longer lists go the usual way, which has the result cache and several processes.
_MOST_FILES = 19
_LARGEST = 1_000_000
_BLANKS = b" \t"
# Options that change nothing where nothing is found.
_FLAGS = ("--force-exclude", "--isolated", "--exit-zero", "--no-cache")


def files_without_findings(arguments: list[str]) -> int | None:
    """How many files a command line names, if it is certain that nothing is to be reported of them; else None.

    Args:
        arguments: what follows `mlwarden`.
    """
    if arguments[:1] != ["check"]:
        return None
    first = 1
    while arguments[first : first + 1] and arguments[first] in _FLAGS:
        first += 1
    paths = arguments[first:]
    if not 0 < len(paths) <= _MOST_FILES or sys.stdout.isatty() or os.environ.get("FORCE_COLOR"):
        return None
    try:
        return len(paths) if _are_plain(paths) and _have_no_finding(paths) else None
    except (OSError, ValueError):
        return None


def _are_plain(paths: list[str]) -> bool:
    """Whether these are names of different Python files, and neither excluded nor configured."""
    from mlwarden.source.excluded import EXCLUDED_FOLDERS, EXCLUDED_SUFFIX

    folders: set[str] = set()
    for path in paths:
        if path.startswith("-") or not path.endswith(".py") or not path.isascii() or os.path.islink(path):
            return False
        folder = os.path.dirname(os.path.abspath(path))
        parts = folder.replace(os.sep, "/").split("/")
        if not EXCLUDED_FOLDERS.isdisjoint(parts) or any(part.endswith(EXCLUDED_SUFFIX) for part in parts):
            return False
        folders.add(folder)
    if len({os.path.realpath(path) for path in paths}) < len(paths):
        return False
    return not any(_is_configured(folder) for folder in folders)


def _is_configured(folder: str) -> bool:
    """Whether a folder, or one above it, may have settings for us."""
    while True:
        if os.path.lexists(os.path.join(folder, "mlwarden.toml")):
            return True
        pyproject = os.path.join(folder, "pyproject.toml")
        if os.path.lexists(pyproject):
            content = _read(pyproject)
            if content is None or b"mlwarden" in content or b"bandit" in content:
                return True
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above


def _read(path: str) -> bytes | None:
    """The bytes of a regular file that is not large; None for anything else."""
    import stat

    facts = os.stat(path)
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LARGEST:
        return None
    with open(path, "rb") as file:
        return file.read(_LARGEST + 1)


def _have_no_finding(paths: list[str]) -> bool:
    taking: list[tuple[str, bytes, set[str]]] = []
    for path in paths:
        content = _read(path)
        starved: set[str] = set()
        if content is None or not _is_clean(path, content, starved):
            return False
        if _takes(path, content):
            taking.append((path, content, starved))
    if not taking:
        return True
    from mlwarden.cli.glance_imports import Imports

    imports = Imports()
    return all(imports.bring_nothing(*each) for each in taking)


def _is_clean(path: str, content: bytes, starved: set[str]) -> bool:
    """Whether nothing can be found in a file by itself; what rules only need from elsewhere is added to `starved`."""
    if not content.isascii() or b"\0" in content or len(content) > _LARGEST:
        return False
    lowered = content.lower()
    if b"noqa" in lowered or b"nosec" in lowered or b"mlwarden" in lowered:
        return False
    if any(b"coding" in line for line in content.replace(b"\r", b"\n").split(b"\n", 2)[:2]):
        return False
    return not _may_fire(path, content, starved) and not _may_hold_secret(content) and _parses(content)


def _may_fire(path: str, content: bytes, starved: set[str]) -> bool:
    """Whether a default rule's words stand in the text."""
    from mlwarden.engine.words import folder_words, words_of
    from mlwarden.rules._default_words import BY_WORD, SUBSTRINGS, WORDLESS

    words = words_of(content)
    classed = (*words, *folder_words(path))
    # Substrings are asked for one by one; each is sought once, however many alternatives it is part of.
    known: dict[str, bool] = {}

    def stands(part: str) -> bool:
        found = known.get(part)
        if found is None:
            found = known[part] = _holds(part, content, classed) if part[0] == "@" else part.encode() in content
        return found

    def fires(alternative: Alternative) -> bool:
        rest, others, needs = alternative
        if not words.issuperset(rest) or not all(map(stands, others)):
            return False
        if not needs or any(stands(need) if need[0] == "@" else need in words for need in needs):
            return True
        starved.update(needs)
        return False

    return (
        any(any(map(fires, BY_WORD[word])) for word in BY_WORD.keys() & words)
        or any(map(fires, WORDLESS))
        or any(all(map(stands, parts)) for parts in SUBSTRINGS)
    )


def _holds(word_class: str, content: bytes, words: tuple[str, ...]) -> bool:
    """Whether the words make a class."""
    from mlwarden.rules._default_words import STEMS

    stems = STEMS.get(word_class)
    if stems is not None:
        text = " ".join(words).lower()
        if not any(all(part in text for part in stem.split("+")) for stem in stems):
            return False
    from mlwarden.engine.text_classes import in_text
    from mlwarden.semantics import word_classes

    return word_classes.holds(word_class, word_classes.bits_of(words)) and in_text(word_class, content)


def _may_hold_secret(content: bytes) -> bool:
    from mlwarden.secrets.quick_look import may_hold_secret

    return may_hold_secret(content)


def _takes(path: str, content: bytes) -> bool:
    """Whether it may import a module of the project, which may bring what a rule looks for."""
    folders = _import_folders(os.path.dirname(os.path.abspath(path)))
    for line in content.replace(b"\f", b"\n").split(b"\n"):
        line = line.strip()
        if line.startswith(b"from") and line[4:5] in (b" ", b"\t", b"."):
            names = [line[4:].strip(_BLANKS)]
        elif line.startswith(b"import") and line[6:7] in (b" ", b"\t"):
            names = [name.strip(_BLANKS) for name in line[6:].split(b",")]
        else:
            continue
        for name in names:
            first = name.split(None, 1)[0].split(b".", 1)[0].decode() if name else ""
            if not first.isidentifier():
                return True  # a relative import, or something that needs a better look
            if any(os.path.lexists(f"{folder}/{first}{end}") for folder in folders for end in ("", ".py")):
                return True
    return False


def _import_folders(folder: str) -> list[str]:
    """Where modules of the project may lie: the packages around a file and the folder above them, and the working one."""
    here = os.getcwd()
    folders = [here, os.path.join(here, "src"), folder]
    while os.path.lexists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
        folders.append(folder)
    return list(dict.fromkeys(folders))


def _parses(content: bytes) -> bool:
    import symtable
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            symtable.symtable(content.decode("ascii"), "<scanned>", "exec")
        except (SyntaxError, RecursionError, MemoryError):
            return False
    return True
