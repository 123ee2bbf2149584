"""Which words of a command are run as a program, a script or a package, and which are only its data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_PREFIXES = frozenset({"sudo", "env", "nohup", "time", "nice", "exec", "stdbuf", "xvfb-run", "command"})
_INTERPRETER = re.compile(
    r"(?:.*[/\\])?(?:python[\d.w]*|pypy[\d.]*|ipython|(?:ba|z|da|k|fi)?sh|source|\.|node|deno|bun|perl|ruby|rscript|php|lua|"
    r"julia|java|pwsh|powershell|torchrun|wscript|cscript)(?:\.exe)?",
    re.I,
)
_RUNNERS = {("uv", "run"), ("accelerate", "launch"), ("streamlit", "run"), ("poetry", "run"), ("deno", "run")}
# Modules that run a script: `python -m torch.distributed.run train.py`.
_LAUNCHERS = frozenset(
    {
        "torch.distributed.launch",
        "torch.distributed.run",
        "accelerate.commands.launch",
        "pdb",
        "cProfile",
        "profile",
        "trace",
        "IPython",
    }
)
_INSTALLER = re.compile(
    r"(?:.*[/\\])?(?:pip[\d.]*|conda|mamba|uv|npm|gem|dpkg|rpm|apt|apt-get|yum|dnf|msiexec|R)", re.I
)
_INSTALLS = frozenset({"install", "add", "-i", "--install", "/i", "-U", "-Uvh"})
_CODE_OPTIONS = frozenset({"-c", "-e", "-E", "-jar", "-File", "-file", "-Command", "--eval"})
_VALUED = frozenset({"-W", "-X", "-O", "--nproc_per_node", "--nnodes", "-cp", "-classpath"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")


def executed(words: Sequence[str]) -> Iterator[int]:
    """The positions of the words that a command runs or installs.

    Args:
        words: the command's words; "" stands for one that is not known.
    """
    start = 0
    while start < len(words) and _is_prefix(words[start]):
        start += 1
    if start >= len(words):
        return
    yield start
    program, rest = words[start], start + 1
    if tuple(words[start : start + 2]) in _RUNNERS:
        yield from _script(words, rest + 1)
    elif _INSTALLER.fullmatch(program) and any(word in _INSTALLS for word in words[rest : rest + 2]):
        yield from _packages(words, rest)
    elif _INTERPRETER.fullmatch(program) or not program:
        yield from _script(words, rest)


def runs_its_input(words: Sequence[str]) -> bool:
    """Whether a command is an interpreter that reads the program from standard input."""
    found = [*executed(words)]
    return bool(found) and bool(_INTERPRETER.fullmatch(words[found[0]])) and all(words[i] == "-" for i in found[1:])


def _is_prefix(word: str) -> bool:
    return word.rpartition("/")[2] in _PREFIXES or _ASSIGNMENT.fullmatch(word) is not None


def _script(words: Sequence[str], index: int) -> Iterator[int]:
    while index < len(words):
        word = words[index]
        if word in _CODE_OPTIONS or re.fullmatch(r"-[a-z]*c", word):
            if index + 1 < len(words):
                yield index + 1
            return
        if word == "-m":
            if index + 1 < len(words) and words[index + 1] in {"pip", "uv"}:
                yield from _packages(words, index + 2)
            elif index + 1 < len(words) and words[index + 1] in _LAUNCHERS:
                yield from _script(words, index + 2)
            return
        if word in _VALUED:
            index += 2
        elif word.startswith("-") and word != "-":
            index += 1
        else:
            yield index
            return


def _packages(words: Sequence[str], index: int) -> Iterator[int]:
    if not any(word in _INSTALLS for word in words[index:]):
        return
    for place in range(index, len(words)):
        if words[place] not in _INSTALLS and not (words[place].startswith("-") and words[place] != "-"):
            yield place
