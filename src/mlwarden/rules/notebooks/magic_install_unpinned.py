"""MLW702: packages that a cell installs without a version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_facts import Installation, installation_of, packages
from mlwarden.notebooks.shell_lines import shell_texts
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
    TraceStep,
)
from mlwarden.rules.examples import as_notebook

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

_COMMIT = re.compile(r"@[0-9a-f]{40}(?:[#&\s]|$)", re.IGNORECASE)
_NAME = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)
_LOCAL = re.compile(r"(?:\.{0,2}[/\\]|\.|~|[A-Za-z]:[/\\]|file:)")
_FILE = re.compile(r"\.(?:whl|zip|tar\.gz|tgz|txt|toml)$", re.IGNORECASE)
_CONSTRAINED = ("-c", "--constraint", "--constraints", "--require-hashes")
_MOST_STEPS = 8
_TOOLS = frozenset({"pip", "setuptools", "wheel", "uv"})


class MagicInstallUnpinned(Rule):
    """A package that a cell installs without a version.

    ## Why is this bad?

    The cell takes whatever release is newest on the day it runs. A release that an attacker got onto the index, or a
    branch that somebody pushed to, runs its code in your kernel as soon as it is installed or imported; and the
    notebook's results can no longer be reproduced.

    ## How to fix

    Name the version: `%pip install package==1.2.3`. Where there are many, install from a requirements file with hashes.
    For a repository, name the commit: `git+https://host/owner/name@<40 hexadecimal digits>`.

    ## When it is fine

    In a demonstration that nobody runs with data or credentials of value.

    ## Limits

    Requirements files are read by the rules for dependencies. A tag or branch of a repository is no pin, since it can
    be moved. `pip`, `setuptools` and `wheel` themselves are not reported. Packages without a version are one finding for
    each notebook, at the first command, with the others as related places; a repository without a commit is a finding
    of its own.
    """

    code = "MLW702"
    name = "magic-install-unpinned"
    severity = Severity.LOW
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = (
        ("pip", "install"),
        ("conda", "install"),
        ("mamba", "install"),
        ("uv", "add"),
    )
    cwe = (494, 1357)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.001", "AML.T0011.001")
    references = (
        Reference("pip: repeatable installs", "https://pip.pypa.io/en/stable/topics/repeatable-installs/"),
        Reference("pip: VCS support", "https://pip.pypa.io/en/stable/topics/vcs-support/"),
    )
    examples = (
        Bad(
            as_notebook("%pip install -q transformers datasets==3.2.0"),
            path="example.ipynb",
            texts=("pip install -q transformers datasets==3.2.0",),
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`pip install` names no version of transformers: the notebook runs whichever release is newest then",
        ),
        Bad(
            as_notebook("import sys\n!{sys.executable} -m pip install -U 'torch>=2.0' accelerate"),
            path="example.ipynb",
            message="`pip install` names no version of torch, accelerate: the notebook runs whichever release is newest "
            "then",
        ),
        Bad(
            as_notebook("!pip install git+https://github.com/huggingface/transformers.git@main"),
            path="example.ipynb",
            severity=Severity.MEDIUM,
            message="`pip install` names no commit of github.com/huggingface/transformers: whoever can push there runs "
            "code in this notebook",
        ),
        Bad(
            as_notebook("%%bash\nconda install -y -c conda-forge faiss-cpu\nuv pip install vllm==0.9.1"),
            path="example.ipynb",
            texts=("conda install -y -c conda-forge faiss-cpu",),
        ),
        Bad(
            as_notebook(
                "%pip install -q transformers datasets",
                "!pip install numpy==2.1.0\n!pip install transformers[torch] wandb",
            ),
            path="example.ipynb",
            texts=("pip install -q transformers datasets",),
            severity=Severity.LOW,
            message="2 commands of this notebook name no version of transformers, datasets, wandb: the notebook runs "
            "whichever release is newest then",
        ),
        Bad(
            as_notebook(
                "!pip install peft",
                "!pip install git+https://github.com/a/b\n!pip install git+https://github.com/a/c@v1",
            ),
            path="example.ipynb",
            texts=(
                "pip install peft",
                "pip install git+https://github.com/a/b",
                "pip install git+https://github.com/a/c@v1",
            ),
        ),
        Good(
            as_notebook("%pip install transformers==4.57.1 'accelerate===1.2'\n!conda install -y numpy=1.26"),
            path="example.ipynb",
            because="each has a version",
        ),
        Good(
            as_notebook("%pip install -r requirements.txt\n!pip install -e .\n!pip install ./dist/model-1.0.tar.gz"),
            path="example.ipynb",
            because="the file says which versions, and the others are here already",
        ),
        Good(
            as_notebook(
                "!pip install git+https://github.com/owner/name@4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b#egg=name\n"
                "!pip install -c constraints.txt torch\n!pip install --upgrade pip"
            ),
            path="example.ipynb",
            because="a commit cannot be moved, the constraints hold the versions, and pip itself is a tool",
        ),
        Good(
            as_notebook('print("pip install torch")\n# !pip install torch\n!pip list | grep install'),
            path="example.ipynb",
            because="none of these installs anything",
        ),
        Missed(
            as_notebook('import subprocess\nsubprocess.run(["pip", "install", "torch"])'),
            path="example.ipynb",
            because="only magics and shell lines are read",
        ),
    )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report each repository without a commit, and all packages without a version in one finding."""
        if not isinstance(document, Notebook):
            return
        unpinned: list[tuple[Installation, list[str]]] = []
        for shell in shell_texts(document):
            for command in shell.commands:
                installation = installation_of(command)
                if installation is None or _is_constrained(installation):
                    continue
                words = [word.text for word in packages(installation)]
                repositories = list(filter(None, map(_repository, words)))
                if repositories:
                    yield self.finding(
                        command.span,
                        f"`{installation.tool}` names no commit of {_listed(repositories)}: whoever can push there runs "
                        "code in this notebook",
                        severity=Severity.MEDIUM,
                    )
                names = [name for name in map(_without_version, words) if name and name not in _TOOLS]
                if names and not repositories:
                    unpinned.append((installation, names))
        if unpinned:
            yield self._together(unpinned)

    def _together(self, unpinned: list[tuple[Installation, list[str]]]) -> Finding:
        first, *others = unpinned
        names = list(dict.fromkeys(name for _, some in unpinned for name in some))
        subject = f"`{first[0].tool}` names" if not others else f"{len(unpinned)} commands of this notebook name"
        return self.finding(
            first[0].span,
            f"{subject} no version of {_listed(names)}: the notebook runs whichever release is newest then",
            trace=[TraceStep(other.span, f"installs {_listed(some)}") for other, some in others[:_MOST_STEPS]],
        )


def _is_constrained(installation: Installation) -> bool:
    """Whether a file of constraints, or hashes, say which versions are taken."""
    if installation.tool.startswith(("conda", "mamba", "micromamba")):
        return False  # `-c` is a channel there
    return any(word.text.partition("=")[0] in _CONSTRAINED for word in installation.arguments)


def _repository(word: str) -> str:
    """The repository that a word names without a commit, or ""."""
    at = word.find("git+")
    if at < 0 or _COMMIT.search(word):
        return ""
    address = word[at + 4 :].partition("://")[2].partition("#")[0]
    host, slash, path = address.partition("/")
    path = path.partition("@")[0].removesuffix("/").removesuffix(".git")
    return f"{host.rpartition('@')[2]}{slash}{path}"[:80]


def _without_version(word: str) -> str:
    """The name of a package that has no exact version, or ""."""
    if not word or _LOCAL.match(word) or _FILE.search(word) or "://" in word or "/" in word or word[0] in "{$}":
        return ""
    match = _NAME.fullmatch(word.partition(";")[0].strip())
    if match is None:
        return ""
    specifier = match[2].strip()
    if specifier.startswith("=") and "{" not in specifier[:1]:
        return "" if not specifier.endswith("*") or specifier.count(".") > 1 else match[1]
    if specifier.startswith(("@", "{", "$")):
        return ""
    return match[1]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
