"""What commands take over connections on which nobody proves who answers: files, code, packages.

Options and variables are those of the programs' manuals: curl(1), wget(1), git(1), `pip install --help`, `uv help`,
`conda install --help`, apt-get(8), yum(8), apk(8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_facts import fetches_of, is_own_host, is_python
from mlwarden.notebooks.shell_lines import Command, Word

Kind = Literal["file", "code", "package", "host", "unsigned"]

# Address that is not encrypted; `git+http://` is pip's.
_PLAIN = re.compile(
    r"(?P<way>(?:git\+|hg\+|svn\+|bzr\+)?(?:http|ftp|git))://(?:[^/@\s]*@)?(?P<host>[^/:?#\s]*)", re.IGNORECASE
)
_LOCAL_NAMES = (".local", ".internal", ".lan", ".test", ".localdomain", ".localhost", ".corp", ".intranet", ".home")
# What runs, or runs code when it is loaded.
_RUNS = re.compile(
    r"\.(?:sh|py|ipynb|whl|egg|deb|rpm|run|jar|so|dll|exe|msi|pkl|pickle|joblib|dill|pt|pth|ckpt|bin|h5|hdf5|keras"
    r"|npy|npz|mar|nemo|torchscript|ptl|onnx|pb|rds|rdata)(?:\.(?:gz|bz2|xz|zip))?(?:[?#].*)?$",
    re.IGNORECASE,
)
_GIT_READS = frozenset({"clone", "fetch", "pull", "submodule", "remote", "ls-remote"})
_INDEX = frozenset(
    {"-i", "--index-url", "--default-index", "--index", "-f", "--find-links", "-r", "--requirement", "-c"}
    | {"--constraint", "-e", "--editable", "--pypi-url"}
)
_TRUSTED = ("--trusted-host", "--allow-insecure-host")
# Environment variable -> whose address it holds.
ADDRESS_VARIABLES = {
    "PIP_INDEX_URL": "pip's packages",
    "PIP_FIND_LINKS": "pip's packages",
    "UV_INDEX_URL": "uv's packages",
    "UV_DEFAULT_INDEX": "uv's packages",
    "UV_INDEX": "uv's packages",
    "UV_FIND_LINKS": "uv's packages",
    "PIPENV_PYPI_MIRROR": "Pipenv's packages",
    "CONDA_CHANNEL_ALIAS": "conda's packages",
    "HF_ENDPOINT": "models and data of the Hugging Face Hub",
}
HOST_VARIABLES = {"PIP_TRUSTED_HOST": "pip", "UV_INSECURE_HOST": "uv", "UV_ALLOW_INSECURE_HOST": "uv"}
# Program -> options by which it takes packages without a valid signature.
_UNSIGNED = {
    "apt": ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
    "apt-get": ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
    "yum": ("--nogpgcheck", "--no-gpg-checks"),
    "dnf": ("--nogpgcheck", "--no-gpgchecks"),
    "zypper": ("--no-gpg-checks",),
    "apk": ("--allow-untrusted",),
}
_CONDAS = frozenset({"conda", "mamba", "micromamba"})
_EXPORTS = frozenset({"export", "declare", "typeset", "set", "setenv"})
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_OTHER_GETTERS = frozenset({"gdown", "svn", "hg", "lftp", "youtube-dl", "yt-dlp", "megadl", "kaggle"})


@dataclass(frozen=True, slots=True)
class Insecure:
    """Something that is taken from nobody knows whom.

    Attributes:
        kind: "file" (a download), "code" (a repository), "package" (an installation), "host" (a host whose certificate
            is not checked), "unsigned" (packages whose signature is not checked).
        program: the program's name, or that of the environment variable.
        what: the address, host or option.
        span: the word.
        runs: whether what arrives is code, or runs code when it is loaded.
        edit: the place to change and what to put there; None where nothing simple mends it.
    """

    kind: Kind
    program: str
    what: str
    span: Span
    runs: bool
    edit: tuple[Span, str] | None = None


def insecure_in(command: Command, resolved: Callable[[str], str] = str) -> Iterator[Insecure]:
    """What a command takes insecurely.

    Args:
        command: the command.
        resolved: puts values into a word where `$name` or `{name}` stands, as far as they are known.
    """
    for name, value, word in assignments(command):
        yield from in_variable(name, resolved(value), word.span, edit=_secured(word, value))
    program = command.program
    if program == "git" or program in _OTHER_GETTERS:
        yield from _addresses(command, resolved)
    elif program in _UNSIGNED:
        yield from _unsigned(command)
    elif program in _CONDAS:
        yield from _conda(command, resolved)
    elif (words := _of_installer(command)) is not None:
        yield from _installer(command, words, resolved)
    else:
        yield from _files(command, resolved)


def is_plain(address: str) -> bool:
    """Whether an address is that of a public host over a connection that proves nothing."""
    match = _PLAIN.match(address)
    return match is not None and _is_public(address, match["host"])


def _is_public(address: str, host: str) -> bool:
    host = host.lower()
    if "." not in host or "{" in host or "$" in host or host.startswith("[") or host.endswith(_LOCAL_NAMES):
        return False
    return not is_own_host(re.sub(r"^[a-z+]+://", "http://", address, flags=re.IGNORECASE))


def assignments(command: Command) -> Iterator[tuple[str, str, Word]]:
    """The variables that a command sets, for itself or by `export`: name, value and word."""
    words = command.words[: command.start]
    if command.program in _EXPORTS:
        words = (*words, *command.arguments)
    for word in words:
        match = _ASSIGNED.fullmatch(word.text)
        if match is not None:
            yield match[1], match[2], word


def in_variable(name: str, value: str, span: Span, edit: tuple[Span, str] | None = None) -> Iterator[Insecure]:
    """What an environment variable makes insecure."""
    if name in ADDRESS_VARIABLES:
        for address in value.strip("\"'").split():
            if is_plain(address):
                yield Insecure("package", name, address, span, runs=True, edit=edit)
    elif name in HOST_VARIABLES and value.strip("\"' "):
        hosts = [host for host in value.strip("\"'").split() if not _is_loopback(host)]
        if hosts:
            yield Insecure("host", name, hosts[0], span, runs=True)


# --- programs --------------------------------------------------------------------------------------------------------


def _files(command: Command, resolved: Callable[[str], str]) -> Iterator[Insecure]:
    changed = {word.span: word for word in command.arguments}
    spelled = Command(
        tuple(Word(resolved(word.text), word.span) for word in command.words),
        command.span,
        redirects=command.redirects,
    )
    for fetch in fetches_of(spelled):
        if is_plain(fetch.url):
            word = changed[fetch.span]
            runs = _RUNS.search(fetch.url) is not None or _RUNS.search(fetch.file) is not None
            yield Insecure("file", fetch.program, fetch.url, fetch.span, runs, _secured(word, word.text))


def _addresses(command: Command, resolved: Callable[[str], str]) -> Iterator[Insecure]:
    if command.program == "git" and not _GIT_READS.intersection(command.texts):
        return
    kind: Kind = "code" if command.program in ("git", "svn", "hg") else "file"
    for word in command.arguments:
        address = resolved(word.text)
        if is_plain(address):
            runs = kind == "code" or _RUNS.search(address) is not None
            yield Insecure(kind, command.program, address, word.span, runs, _secured(word, word.text))


def _of_installer(command: Command) -> tuple[Word, ...] | None:
    """The arguments of pip, uv or pipx; None for another program."""
    program, words = command.program, command.arguments
    if is_python(program):
        texts = command.texts
        if "-m" not in texts[:4]:
            return None
        at = texts.index("-m") + 1
        program, words = (texts[at], words[at + 1 :]) if at < len(texts) else ("", ())
    return words if re.fullmatch(r"pip[\d.]*|uvx?|pipx|pipenv|poetry|pdm", program) else None


def _installer(command: Command, words: tuple[Word, ...], resolved: Callable[[str], str]) -> Iterator[Insecure]:
    tool = "pip" if is_python(command.program) else command.program
    before = ""
    for index, word in enumerate(words):
        head, equals, value = word.text.partition("=")
        previous, before = before, word.text
        if head in _TRUSTED:
            host = value if equals else words[index + 1].text if index + 1 < len(words) else ""
            if host and not _is_loopback(resolved(host)):
                yield Insecure(
                    "host", f"{tool} {head}", resolved(host), word.span, True, _removal(words, index, equals)
                )
            continue
        if re.fullmatch(r"(?:\w+\.)?trusted-host", previous) and "set" in [each.text for each in words[:3]]:
            yield Insecure("host", f"{tool} config set {previous}", word.text, word.span, runs=True)
            continue
        address = value if equals and head in _INDEX else word.text
        if word.text.startswith("-") and not (equals and head in _INDEX):
            continue
        if previous in ("--extra-index-url", "--proxy"):
            continue
        address = resolved(address.rpartition(" @ ")[2].strip())
        if is_plain(address):
            yield Insecure("package", tool, address, word.span, True, _secured(word, address))


def _conda(command: Command, resolved: Callable[[str], str]) -> Iterator[Insecure]:
    for word in command.arguments:
        address = resolved(word.text.partition("=")[2] if word.text.startswith("--channel=") else word.text)
        if is_plain(address):
            yield Insecure("package", command.program, address, word.span, True, _secured(word, address))


def _unsigned(command: Command) -> Iterator[Insecure]:
    words = command.arguments
    for index, word in enumerate(words):
        if word.text in _UNSIGNED[command.program] or re.search(r"AllowUnauthenticated=(?:true|yes|1)", word.text):
            edit = _removal(words, index, "=") if word.text.startswith("--") and index else None
            yield Insecure("unsigned", f"{command.program} {word.text}", word.text, word.span, True, edit)


def _is_loopback(host: str) -> bool:
    return is_own_host(f"http://{host}")


# --- edits -----------------------------------------------------------------------------------------------------------


def _secured(word: Word, address: str) -> tuple[Span, str] | None:
    """Write the address in a word with https, where the word is written as it reads but for quotes around it."""
    at = word.text.find(address)
    way = re.match(r"(?:git\+)?(http|git)(?=://)", address, re.IGNORECASE)
    extra = word.span.end - word.span.start - len(word.text)
    if at < 0 or way is None or extra not in (0, 2):
        return None
    start = word.span.start + extra // 2 + at + way.start(1)
    return Span(start, start + len(way[1]), word.span.cell), "https"


def _removal(words: tuple[Word, ...], index: int, equals: str) -> tuple[Span, str] | None:
    """Take an option and its value away, with the blanks before it."""
    last = words[index] if equals else words[min(index + 1, len(words) - 1)]
    if index == 0 or words[index - 1].span.end >= words[index].span.start:
        return None
    return Span(words[index - 1].span.end, last.span.end, last.span.cell), ""


__all__ = [
    "ADDRESS_VARIABLES",
    "HOST_VARIABLES",
    "Insecure",
    "assignments",
    "in_variable",
    "insecure_in",
    "is_plain",
]
