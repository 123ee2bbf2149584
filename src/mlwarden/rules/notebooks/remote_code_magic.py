"""MLW705: code that a notebook fetches and runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.notebooks.shell_facts import fetch_of, installation_of, is_own_host, is_python, is_shell, packages
from mlwarden.notebooks.shell_lines import Command, base_name, shell_texts
from mlwarden.rules.base import (
    Bad,
    Confidence,
    DocumentKind,
    Finding,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
    Span,
    TraceStep,
)
from mlwarden.rules.examples import as_notebook

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

_LOADERS = frozenset({"load", "loadpy", "run", "install_ext"})
_URL = re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE)
_CODE = re.compile(r"[\w.-]+\.(?:py|ipy|ipynb|sh|bash|pl|r|jl|rb|js|ps1|bat)", re.IGNORECASE)
_COMMIT = re.compile(r"[/@=][0-9a-f]{40}(?:[/?#]|$)")
_HASH = re.compile(r"[0-9a-f]{7,40}")
_CHECKERS = {
    "sha256sum": ("-c", "--check"),
    "sha512sum": ("-c", "--check"),
    "sha1sum": ("-c", "--check"),
    "shasum": ("-c", "--check"),
    "gpg": ("--verify",),
    "cosign": ("verify-blob",),
    "minisign": ("-V", "-Vm"),
}
# Options of `git clone` that take the next word.
_CLONE_VALUES = frozenset(
    [
        "-b",
        "--branch",
        "--depth",
        "-o",
        "--origin",
        "-c",
        "--config",
        "-u",
        "--upload-pack",
        "--reference",
        "-j",
        "--jobs",
        "--filter",
        "--template",
        "--separate-git-dir",
        "--revision",
        "--shallow-since",
        "--shallow-exclude",
        "--server-option",
        "--bundle-uri",
    ]
)
_PATH_ADDED = re.compile(r"\bsys\.path\.(?:append|insert)\([^\n]*")


@dataclass(frozen=True, slots=True)
class _Event:
    """A command, or a magic that acts like one, with its place in the order of the document."""

    order: tuple[int, int]
    words: tuple[str, ...]
    program: str
    span: Span
    command: Command | None = None


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What was fetched: the address, the file or folder, where."""

    url: str
    name: str
    is_folder: bool
    event: _Event


class RemoteCodeMagic(Rule):
    """Code that a notebook fetches and runs without knowing which version it gets.

    ## Why is this bad?

    `%load` with an address, a script that is downloaded and run, a repository that is cloned and run: the cell executes
    what the server holds on that day. Who takes over the account, the branch or the host gets a shell with your files
    and credentials, and nobody sees a change in the notebook.

    ## How to fix

    Keep the file beside the notebook. Or name a version that cannot move: `git checkout <40 hexadecimal digits>` after
    the clone, an address with a commit in it, or a check of the SHA-256 digest before the file is run.

    ## When it is fine

    For a repository of your own that only you can write to, where the newest state is what you want.

    ## Limits

    Files are matched by their names, in the order of the cells. Archives that are unpacked, and what the fetched code
    fetches itself, are not followed. A script that goes through a pipe is reported by MLW701, packages from
    repositories by MLW702, what Python downloads and runs by MLW218.
    """

    code = "MLW705"
    name = "remote-code-magic"
    severity = Severity.HIGH
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = ("load", "run", "install_ext", "wget", "curl", "clone", "aria2c", "iwr", "Invoke-WebRequest")
    cwe = (829, 494)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011", "AML.T0010.001")
    references = (
        Reference("IPython: %load", "https://ipython.readthedocs.io/en/stable/interactive/magics.html#magic-load"),
        Reference(
            "CWE-829: Inclusion of Functionality from Untrusted Control Sphere",
            "https://cwe.mitre.org/data/definitions/829.html",
        ),
    )
    examples = (
        Bad(
            as_notebook("%load https://example.org/plots/demo.py"),
            path="example.ipynb",
            texts=("%load https://example.org/plots/demo.py",),
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`%load` puts whatever https://example.org/plots/demo.py holds at that moment into the cell, to be run",
        ),
        Bad(
            as_notebook("!wget -q https://raw.githubusercontent.com/owner/name/main/setup.sh", "!bash setup.sh --all"),
            path="example.ipynb",
            texts=("wget -q https://raw.githubusercontent.com/owner/name/main/setup.sh",),
            severity=Severity.HIGH,
            message="`bash setup.sh` runs whatever https://raw.githubusercontent.com/owner/name/main/setup.sh holds at that "
            "moment, unread and unchecked",
        ),
        Bad(
            as_notebook("!curl -sL https://example.org/u -o /tmp/helper.py\n%run -i /tmp/helper.py"),
            path="example.ipynb",
        ),
        Bad(
            as_notebook(
                "!wget https://raw.githubusercontent.com/owner/name/main/d2l_utils.py", "from d2l_utils import plot"
            ),
            path="example.ipynb",
            severity=Severity.HIGH,
            message="`import d2l_utils` runs whatever https://raw.githubusercontent.com/owner/name/main/d2l_utils.py holds at "
            "that moment, unread and unchecked",
        ),
        Bad(
            as_notebook("!curl -LO https://example.org/tool.sh; chmod +x tool.sh; ./tool.sh"),
            path="example.ipynb",
            texts=("curl -LO https://example.org/tool.sh",),
        ),
        Bad(
            as_notebook("!wget -O - https://example.org/a.sh | tee a.sh\n!bash a.sh"),
            path="example.ipynb",
            texts=("wget -O - https://example.org/a.sh",),
        ),
        Bad(
            as_notebook("!wget https://example.org/models.py -P /content/lib", "from lib import models"),
            path="example.ipynb",
        ),
        Bad(
            as_notebook(
                "!git clone --depth 1 https://github.com/owner/name.git", "%cd name\n!python train.py --epochs 3"
            ),
            path="example.ipynb",
            texts=("git clone --depth 1 https://github.com/owner/name.git",),
            severity=Severity.MEDIUM,
            message="`python train.py` runs whatever the newest commit of github.com/owner/name holds",
        ),
        Bad(
            as_notebook("!git clone -b v1.2 https://github.com/owner/name lib && pip install -e ./lib"),
            path="example.ipynb",
            severity=Severity.MEDIUM,
            message="`pip install ./lib` runs whatever the newest commit of github.com/owner/name holds",
        ),
        Bad(
            as_notebook(
                "!git clone https://github.com/owner/name /content/name\nimport sys\nsys.path.insert(0, '/content/name/src')"
            ),
            path="example.ipynb",
            severity=Severity.MEDIUM,
            message="`sys.path` runs whatever the newest commit of github.com/owner/name holds",
        ),
        Good(
            as_notebook(
                "%load ./solutions/ex1.py\n%run helpers.py\n%load_ext autoreload",
                "%load https://raw.githubusercontent.com/owner/name/4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b/demo.py",
            ),
            path="example.ipynb",
            because="the first are here, the address names a commit",
        ),
        Good(
            as_notebook(
                "!wget https://example.org/setup.sh\n!sha256sum -c setup.sha256\n!bash setup.sh",
            ),
            path="example.ipynb",
            because="the digest is checked",
        ),
        Good(
            as_notebook(
                "!git clone https://github.com/owner/name\n%cd name\n"
                "!git checkout 4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b\n!python train.py",
            ),
            path="example.ipynb",
            because="the commit is named",
        ),
        Good(
            as_notebook("!git clone https://huggingface.co/owner/model\n!ls model", "!python other.py\n!bash run.sh"),
            path="example.ipynb",
            because="nothing of the repository is run",
        ),
        Good(
            as_notebook(
                "!wget https://example.org/data.csv\n!curl -O https://example.org/train.py\n!cat train.py\n!python local.py"
            ),
            path="example.ipynb",
            because="data, and a script that is only shown",
        ),
        Good(
            as_notebook(
                "!python helper.py",
                "!wget https://example.org/helper.py\n# !python helper.py\nprint('python helper.py')",
            ),
            path="example.ipynb",
            because="it runs before the download, and that was another file",
        ),
        Missed(
            as_notebook("!wget https://example.org/code.zip\n!unzip code.zip\n!python code/train.py"),
            path="example.ipynb",
            because="archives are not followed",
        ),
    )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report magics that load from an address, and what is fetched and run later in the notebook."""
        if not isinstance(document, Notebook):
            return
        yield from self._loaded(document)
        events = _events(document)
        if _is_checked(events):
            return
        everything = list(_fetched(events))
        names = frozenset(fetched.name for fetched in everything)
        for fetched in everything:
            use = _use_of(fetched, events, document, names)
            if use is None:
                continue
            what, span = use
            if fetched.is_folder:
                message = f"`{what}` runs whatever the newest commit of {fetched.url} holds"
            else:
                message = f"`{what}` runs whatever {fetched.url} holds at that moment, unread and unchecked"
            yield self.finding(
                fetched.event.span,
                message,
                severity=Severity.MEDIUM if fetched.is_folder else Severity.HIGH,
                trace=(TraceStep(span, f"run by `{what}`"),),
            )

    def _loaded(self, notebook: Notebook) -> Iterator[Finding]:
        for cell in notebook.cells:
            for magic in cell.magics:
                if magic.kind != "line" or magic.name not in _LOADERS:
                    continue
                url = _URL.search(magic.text)
                if url is None or _COMMIT.search(url[0]) or is_own_host(url[0]):
                    continue
                effect = "into the cell, to be run" if magic.name.startswith("load") else "into the kernel"
                yield self.finding(
                    Span(magic.span.start, magic.span.end, cell.index),
                    f"`%{magic.name}` puts whatever {_shown(url[0])} holds at that moment {effect}",
                )


# --- what happens, in order ------------------------------------------------------------------------------------------


def _events(notebook: Notebook) -> list[_Event]:
    found: list[_Event] = []
    for shell in shell_texts(notebook):
        for command in shell.commands:
            words = (command.program, *command.texts)
            found.append(_Event((shell.cell, command.span.start), words, command.program, command.span, command))
    for cell in notebook.cells:
        for magic in cell.magics:
            if magic.kind == "line" and magic.name in ("cd", "run"):
                span = Span(magic.span.start, magic.span.end, cell.index)
                words = (magic.name, *(word.strip("'\"") for word in magic.text.split()))
                found.append(_Event((cell.index, magic.span.start), words, magic.name, span))
    return sorted(found, key=lambda event: event.order)


def _is_checked(events: list[_Event]) -> bool:
    """Whether the notebook checks digests or signatures: then somebody took care."""
    return any(set(_CHECKERS.get(event.program, ())) & set(event.words) for event in events)


def _fetched(events: list[_Event]) -> Iterator[_Fetched]:
    for event in events:
        if event.command is None:
            continue
        if event.program == "git" and "clone" in event.words:
            clone = _clone(event)
            if clone is not None:
                yield clone
            continue
        fetch = fetch_of(event.command)
        if fetch is not None and not fetch.file:
            fetch = replace(fetch, file=_teed(event.command, events))
        if fetch is not None and fetch.file and not _COMMIT.search(fetch.url):
            yield _Fetched(_shown(fetch.url), base_name(fetch.file), False, event)


def _teed(command: Command, events: list[_Event]) -> str:
    """The file that `| tee file` keeps a download in, or ""."""
    for event in events:
        if event.program == "tee" and event.command is not None and event.command.source == command:
            return next((word for word in event.words[1:] if not word.startswith("-")), "")
    return ""


def _clone(event: _Event) -> _Fetched | None:
    words = list(event.words[event.words.index("clone") + 1 :])
    names: list[str] = []
    while words:
        word = words.pop(0)
        if word in _CLONE_VALUES and words:
            value = words.pop(0)
            if word == "--revision" and _HASH.fullmatch(value):
                return None
        elif word.startswith("--revision=") and _HASH.fullmatch(word.partition("=")[2]):
            return None
        elif not word.startswith("-"):
            names.append(word)
    if not names or not re.match(r"(?:https?|git|ssh)://|git@", names[0]) or is_own_host(names[0]):
        return None
    address = re.sub(r"^(?:\w+://)?(?:[^/@]*@)?", "", names[0]).removesuffix("/").removesuffix(".git")
    folder = names[1] if len(names) > 1 else address
    folder = folder.rstrip("/").rpartition("/")[2].rpartition(":")[2]
    if not re.fullmatch(r"[\w.-]*\w[\w.-]*", folder):
        return None
    return _Fetched(address[:80], folder, True, event)


# --- whether it is run -----------------------------------------------------------------------------------------------


def _use_of(
    fetched: _Fetched, events: list[_Event], notebook: Notebook, folders: frozenset[str]
) -> tuple[str, Span] | None:
    """How the notebook runs what was fetched, and where; None if it does not, or pins a clone's commit."""
    later = [event for event in events if event.order > fetched.event.order]
    if fetched.is_folder:
        for event in later:
            if event.program == "git" and {"checkout", "reset", "switch"} & set(event.words):
                if any(map(_HASH.fullmatch, event.words)):
                    return None
    inside = False
    others = {each for each in folders if each != fetched.name}
    for event in later:
        if event.program in ("cd", "pushd") and len(event.words) > 1:
            inside = fetched.is_folder and fetched.name in re.split(r"[/\\]", event.words[1])
            continue
        script = _script(event)
        if script and (_is_in(script, fetched) or (inside and not _is_elsewhere(script, others))):
            named = script if base_name(script) == event.program else f"{_named(event)} {script}"
            return named[:60].rstrip(), event.span
    for cell in notebook.cells:
        if cell.index >= fetched.event.order[0]:
            used = _imported(fetched, cell)
            if used is not None:
                return used
    return None


def _is_elsewhere(script: str, others: set[str]) -> bool:
    """Whether a path that is given inside of a clone leads out of it, to something else that was fetched perhaps."""
    return re.match(r"[/~{$]|\.\.", script) is not None or not others.isdisjoint(re.split(r"[/\\]", script))


def _named(event: _Event) -> str:
    """The command as a person would call it."""
    if event.program == "run":
        return "%run"
    installation = installation_of(event.command) if event.command is not None else None
    return installation.tool if installation is not None else event.program


def _script(event: _Event) -> str:
    """The file or folder whose code a command runs, or ""."""
    program, words = event.program, event.words[1:]
    if program == "run" or is_shell(program) or program in ("source", ".", "rscript", "perl", "node", "julia"):
        script = next((word for word in words if not word.startswith("-")), "")
        return "" if "-c" in words else script
    if event.command is not None:
        installation = installation_of(event.command)
        if installation is not None:
            local = (word.text for word in packages(installation))
            return next(
                (text for text in local if text.startswith((".", "/", "~")) or ("/" in text and "://" not in text)), ""
            )
    if is_python(program):
        if words[:1] == ("-m",):
            return (
                f"{words[1].replace('.', '/')}.py"
                if len(words) > 1 and words[1] not in ("pip", "venv", "pytest")
                else ""
            )
        return next((word for word in words if not word.startswith("-")), "") if "-c" not in words else ""
    if program in ("accelerate", "torchrun", "deepspeed", "streamlit", "ipython", "jupyter"):
        return next((word for word in words if _CODE.fullmatch(word.rpartition("/")[2])), "")
    if event.command is not None:
        first = event.command.words[event.command.start].text if event.command.start < len(event.command.words) else ""
        return first if first.startswith(("./", "/", "~/")) and _CODE.search(first) else ""
    return ""


def _is_in(script: str, fetched: _Fetched) -> bool:
    parts = re.split(r"[/\\]", script)
    return fetched.name in parts if fetched.is_folder else parts[-1].lower() == fetched.name


def _imported(fetched: _Fetched, cell: Cell) -> tuple[str, Span] | None:
    """An import of what was fetched, or a folder of it on the search path."""
    module = fetched.name if fetched.is_folder else fetched.name.removesuffix(".py")
    if not fetched.is_folder and not fetched.name.endswith(".py"):
        return None
    after = fetched.event.order[1] if cell.index == fetched.event.order[0] else 0
    if fetched.is_folder:
        for added in _PATH_ADDED.finditer(cell.python, after):
            if re.search(rf"(?<![\w-]){re.escape(module)}(?![\w-])", added[0]):
                return "sys.path", Span(added.start(), added.end(), cell.index)
    if module.isidentifier():
        pattern = (
            rf"^[ \t]*(?:from[ \t]+(?:[\w.]+\.)?{module}\b[\w.]*[ \t]+import"
            rf"|from[ \t]+[\w.]+[ \t]+import[ \t]+{module}\b|import[ \t]+(?:\w[\w.]*\.)?{module}\b)"
        )
        found = re.compile(pattern, re.MULTILINE | re.IGNORECASE).search(cell.python, after)
        if found is not None:
            return f"import {module}", Span(found.start(), found.end(), cell.index)
    return None


def _shown(url: str) -> str:
    return url if len(url) <= 80 else f"{url[:77]}..."
