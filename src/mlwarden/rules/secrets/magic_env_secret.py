"""MLW312: a secret in a notebook's magic or shell line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Magic, Notebook
from mlwarden.rules.base import (
    Bad,
    Confidence,
    DocumentKind,
    Finding,
    Fix,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
    Span,
)
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.literals import judge
from mlwarden.secrets.scan import Context, SecretMatch, find_secrets
from mlwarden.secrets.wording import sentence

if TYPE_CHECKING:
    from mlwarden.source.documents import Document


_ENVIRONMENT = frozenset({"env", "set_env"})
_SHELLS = frozenset({"!", "!!", "sh", "bash", "script", "system", "sx", "zsh"})
# `%env NAME=value`, `%env NAME value`: both set the variable.
_ASSIGNED = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*[= ]\s*(?P<value>\S+)\s*")
# Where a shell line gives a value to something: a variable, an option, a header, a login.
_GIVEN = (
    re.compile(r"(?<![\w-])(?P<name>[A-Za-z_]\w{2,60})=[\"']?(?P<value>[^\s\"';&|]{16,500})"),
    re.compile(r"(?<!\S)--?(?P<name>[A-Za-z][\w-]{2,40})[= ][\"']?(?P<value>[^\s\"';&|]{16,500})"),
    re.compile(
        r"(?P<name>wandb login|comet login|kaggle)\s+(?:--\S+\s+){0,4}(?P<value>[^\s\"';&|-][^\s\"';&|]{15,100})"
    ),
    re.compile(r"(?i:authorization:\s*(?P<name>bearer|token|basic)\s+)(?P<value>[^\s\"']{16,2000})"),
)


def _notebook(*lines: str) -> str:
    """A notebook as text, its only cell made of the lines, for the examples."""
    source = ",\n".join(f"    {json.dumps(line)}" for line in lines)
    before = '{\n "cells": [\n  {\n   "cell_type": "code",\n   "execution_count": null,\n   "id": "first",\n'
    after = ' "metadata": {\n  "language_info": {\n   "name": "python"\n  }\n },\n "nbformat": 4,\n'
    cell = f'   "metadata": {{}},\n   "outputs": [],\n   "source": [\n{source}\n   ]\n  }}\n ],\n'
    return f'{before}{cell}{after} "nbformat_minor": 5\n}}\n'


class MagicEnvSecret(Rule):
    """An API key in a notebook's magic or shell line.

    ## Why is this bad?

    `%env NAME=key` keeps the key in the notebook, and `%set_env` prints it into the output as well. A key in a shell
    line can be seen by every user of the machine in the list of processes, and by the server's log of commands.

    ## How to fix

    Revoke the key. Ask for the new one with `getpass.getpass`, which leaves no trace in the notebook, or use the
    secrets of the hosted notebook.

    ## When it is fine

    For made-up values. Placeholders, and values that come from Python (`$key`, `{key}`), are not reported.

    ## Limits

    A value of no known format has to be long and random, and its name has to say that it is a secret.

    ## Fix safety

    The fix is unsafe: the cell then waits for somebody to type the key, so that the notebook no longer runs unattended.
    """

    code = "MLW312"
    name = "magic-env-secret"
    severity = Severity.CRITICAL
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = ("",)
    cwe = (798, 214)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference("IPython: %env", "https://ipython.readthedocs.io/en/stable/interactive/magics.html#magic-env"),
        Reference("Python: getpass", "https://docs.python.org/3/library/getpass.html"),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Look at every magic and shell line of the code cells."""
        if not isinstance(document, Notebook):
            return
        for cell in document.cells:
            for magic in cell.magics:
                yield from self._in_magic(document.path, cell.source, cell.index, magic)

    def _in_magic(self, path: str, source: str, cell: int, magic: Magic) -> Iterator[Finding]:
        parts = [magic.text_span]
        if magic.body_span is not None and magic.name in _SHELLS:
            parts.append(magic.body_span)
        for part in parts:
            text = source[part.start : part.end]
            for start, end, found in _secrets(text, magic, path):
                span = Span(part.start + start, part.start + end, cell)
                yield self.finding(
                    span,
                    sentence(found, f"in {_shown(magic)}"),
                    severity=found.severity,
                    confidence=found.confidence,
                    fixes=_fixes(magic, text, cell),
                )


def _shown(magic: Magic) -> str:
    if magic.kind == "shell":
        return "a shell line"
    return f"`%{magic.name}`" if magic.kind == "line" else f"a `%%{magic.name}` cell"


def _secrets(text: str, magic: Magic, path: str) -> list[tuple[int, int, SecretMatch]]:
    """The secrets in a magic's text: those that are given to something first, then whatever has a known shape."""
    found: list[tuple[int, int, SecretMatch]] = []
    patterns = (_ASSIGNED,) if magic.name in _ENVIRONMENT else _GIVEN if magic.name in _SHELLS else ()
    for pattern in patterns:
        for given in pattern.finditer(text):
            value = given["value"].strip("\"'")
            if _is_interpolated(value):
                continue
            start = given.start("value") + given["value"].index(value)
            name = given["name"] if given["name"] not in {"wandb login", "comet login"} else f"{given['name']} token"
            known = judge(value, name=name, provider=text[: given.start("value")][-80:], path=path)
            if known is not None:
                found.append((start + known.start, start + known.end, known))
    for known in find_secrets(text, context=Context(path=path)):
        if known.format != "url-password":
            found.append((known.start, known.end, known))
    kept: list[tuple[int, int, SecretMatch]] = []
    for candidate in found:
        if all(candidate[0] >= end or candidate[1] <= start for start, end, _ in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda each: each[:2])


def _is_interpolated(value: str) -> bool:
    return any(mark in value for mark in "${}`")


def _fixes(magic: Magic, text: str, cell: int) -> Iterator[Fix]:
    if magic.kind != "line" or magic.name not in _ENVIRONMENT:
        return
    assigned = _ASSIGNED.fullmatch(text)
    if assigned is None or _is_interpolated(text):
        return
    name = assigned["name"]
    code = f'import getpass, os; os.environ["{name}"] = getpass.getpass("{name}")'
    yield Fix(
        "Ask for it when the cell runs",
        (TextEdit(Span(magic.span.start, magic.span.end, cell), code),),
        Applicability.UNSAFE,
        "somebody must type the key, so that the notebook no longer runs unattended",
    )


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    openai = sample("openai")
    hf = sample("huggingface")
    wandb = sample("wandb-legacy")
    random = sample("qdrant")
    return (
        Bad(
            _notebook(f"%env HF_TOKEN={hf}\n", "from transformers import pipeline"),
            path="example.ipynb",
            texts=(hf,),
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="Hugging Face access token in `%env`: whoever reads it here, or in its history, can use it until "
            "it is revoked",
            fixed=_notebook(
                'import getpass, os; os.environ["HF_TOKEN"] = getpass.getpass("HF_TOKEN")\n',
                "from transformers import pipeline",
            ),
        ),
        Bad(
            _notebook(f"%set_env OPENAI_API_KEY {openai}"),
            path="example.ipynb",
            texts=(openai,),
            fixed=_notebook('import getpass, os; os.environ["OPENAI_API_KEY"] = getpass.getpass("OPENAI_API_KEY")'),
        ),
        Bad(
            _notebook(f"!wandb login {wandb}"),
            path="example.ipynb",
            texts=(wandb,),
            message="Weights & Biases API key in a shell line: whoever reads it here, or in its history, can use it "
            "until it is revoked",
        ),
        Bad(
            _notebook(f'!curl -H "Authorization: Bearer {random}" https://models.acme-labs.io/v1/models'),
            path="example.ipynb",
            texts=(random,),
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            _notebook("%%bash\n", f"export GATEWAY_TOKEN='{random}'\n", "python train.py"),
            path="example.ipynb",
            texts=(random,),
        ),
        Good(
            _notebook("%env HF_TOKEN=$token\n", "%env OPENAI_API_KEY=your-api-key\n", "%env CUDA_VISIBLE_DEVICES=0"),
            path="example.ipynb",
            because="the first comes from a Python variable, the second is a placeholder, the third no secret",
        ),
        Good(
            _notebook("!git checkout 4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b\n", "!hf auth login --token $HF_TOKEN"),
            path="example.ipynb",
            because="a commit is no secret, and the token is read from the environment",
        ),
        Missed(
            _notebook("%env DATABASE_PASSWORD=correct-horse"),
            path="example.ipynb",
            because="a password that somebody thought up has no shape",
        ),
    )
