"""MLW711: names of users and machines, and listed environments, in saved outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

_NO_TEXT = ("image/", "audio/", "video/", "application/vnd.jupyter.widget", "application/vnd.plotly", "application/pdf")
_HOME = re.compile(
    r"(?:(?<![\w.~@:/-])|(?<=[0-9]m))(?:(?:file://)?(?:/(?:export|data\d?|mnt|nfs|net|storage|work|scratch))?/home/|(?:file://)?/Users/"
    r"|/mnt/[a-z]/Users/|(?:file:///)?\b[A-Za-z]:(?:\\\\?|/)Users(?:\\\\?|/))(?P<user>[A-Za-z0-9_][\w.@-]{0,60})(?=[/\\])"
)
# Accounts of images and hosted services, which name nobody.
_ACCOUNTS = (
    "jovyan ubuntu runner user users username name youruser your_user you me myuser myusername ec2-user jupyter app "
    "appuser admin administrator root test tester guest public shared default vscode codespace docker container "
    "conda condabuilder anaconda mambauser model-server sagemaker-user studio-lab-user glue_user hadoop spark airflow "
    "azureuser vagrant vsts circleci gitpod coder builder build ci travis jenkins runneradmin codebuild-user lib local "
    "python node deploy web www worker service server ray nonroot nobody student students work workspace workspaces "
    "data datasets models anonymous xxx xxxx foo bar alice bob example colab kaggle nvidia rapids trtllm-user openvino"
)
_GENERIC = frozenset(_ACCOUNTS.split())
# Names of machines inside a network, in addresses or mails of cron jobs.
_INTERNAL = re.compile(
    r"\b(?:[a-z]+://|@)(?:[^/@\s]*@)?(?P<host>(?:[a-z0-9-]+\.)+(?:internal|intranet|corp|lan|localdomain))(?![\w.-])"
    r"|\b(?P<aws>ip-\d{1,3}(?:-\d{1,3}){3}(?:\.[a-z0-9-]+)*\.(?:ec2\.)?internal)\b",
    re.IGNORECASE,
)
_INTERNAL_DOMAIN = re.compile(r"\.(?:internal|intranet|corp|lan|localdomain)", re.IGNORECASE)
_NOT_SECRET = ("metadata.google.internal", "host.docker.internal", "gateway.docker.internal")
# Variables that are in every environment; where several stand together, somebody listed it.
_VARIABLES = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "PWD",
    "LANG",
    "HOSTNAME",
    "TERM",
    "SHLVL",
    "OLDPWD",
    "USERNAME",
    "USERPROFILE",
    "COMPUTERNAME",
    "APPDATA",
]
_ENVIRONMENT = re.compile(
    rf"(?:^|[\r\n{{,\[(]|\s)[\"']?(?P<name>{'|'.join(_VARIABLES)})[\"']?(?:=|[\"']\s*[:,]\s*[\"'])",
    re.MULTILINE,
)
_ENOUGH = 4


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an output gives away: where, and a sentence on it. `rank`: the worse, the greater."""

    rank: int
    start: int
    end: int
    what: str


class LocalPathInOutput(Rule):
    """Names of users and machines, or a listed environment, in the saved output of a notebook cell.

    ## Why is this bad?

    Paths in tracebacks and warnings tell the account's name and how the machine is laid out; a listed environment tells
    what runs on it and often holds credentials. That helps whoever prepares an attack, and it names people.

    ## How to fix

    Clear the output. Keep notebooks in the repository without outputs (`nbstripout`), or run them where they are
    published.

    ## When it is fine

    For paths of a machine that everybody knows.

    ## Limits

    Accounts of images and hosted services (`jovyan`, `ubuntu`, `runner`, `ec2-user`, ...) are not reported. Each cell is
    reported once, at the worst that its outputs hold. Keys in a listed environment are reported by MLW304.

    ## Fix safety

    Safe: outputs are no part of the program, and running the cell brings them back.
    """

    code = "MLW711"
    name = "local-path-in-output"
    severity = Severity.LOW
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = (
        ("output_type", "/home/"),
        ("output_type", "Users"),
        ("output_type", "internal"),
        ("output_type", "intranet"),
        ("output_type", ".corp"),
        ("output_type", ".lan"),
        ("output_type", "localdomain"),
        ("output_type", "PATH", "HOME"),
        ("output_type", "PATH", "USER"),
        ("output_type", "PATH", "SHELL"),
    )
    cwe = (209, 497)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0036",)
    references = (
        Reference("CWE-497: exposure of system information", "https://cwe.mitre.org/data/definitions/497.html"),
        Reference(
            "nbformat: the outputs of a code cell",
            "https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs",
        ),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report each cell once, at the worst that its outputs hold."""
        if not isinstance(document, Notebook) or not document.text:
            return
        for cell in document.cells:
            yield from self._in_cell(document, cell)

    def _in_cell(self, notebook: Notebook, cell: Cell) -> Iterator[Finding]:
        from mlwarden.notebooks.mapping import locate_output

        found = [
            (output, seen)
            for output in cell.outputs
            if not output.mime.startswith(_NO_TEXT)
            for seen in _given_away(output.text)
        ]
        if not found:
            return
        output, worst = max(found, key=lambda each: each[1].rank)
        is_environment = worst.rank == 2
        yield self.finding(
            locate_output(notebook, output, worst.start, worst.end),
            f"a saved output {worst.what}",
            severity=Severity.MEDIUM if is_environment else Severity.LOW,
            confidence=Confidence.HIGH,
            fixes=_fixes(cell),
        )


def _given_away(text: str) -> Iterator[_Seen]:
    """The first of each kind of thing that a text gives away."""
    names: dict[str, re.Match[str]] = {}
    enough = sum(name in text for name in _VARIABLES) >= _ENOUGH
    for match in _ENVIRONMENT.finditer(text) if enough else ():
        names.setdefault(match["name"], match)
        if len(names) == _ENOUGH:
            first = min(names.values(), key=lambda each: each.start())
            shown = ", ".join(names)
            yield _Seen(2, first.start("name"), match.end("name"), f"lists the environment ({shown}, ...)")
            break
    # Pictures inside HTML make megabytes without a single name in them.
    for match in _INTERNAL.finditer(text) if _INTERNAL_DOMAIN.search(text) else ():
        host = match["host"] or match["aws"]
        if host.lower() not in _NOT_SECRET:
            yield _Seen(
                1, *match.span("host" if match["host"] else "aws"), f"names a machine of an internal network, {host}"
            )
            break
    for match in _HOME.finditer(text) if "/home/" in text or "Users" in text else ():
        if not _is_generic(match["user"]):
            yield _Seen(0, *match.span(), f"names the account `{match['user']}` of somebody's machine")
            break


def _is_generic(user: str) -> bool:
    name = user.lower().rstrip(".")
    return (
        name in _GENERIC or len(name) < 2 or re.fullmatch(r"user\d*|runner\d*|x+|\.+|my\w*|your\w*", name) is not None
    )


def _fixes(cell: Cell) -> Iterator[Fix]:
    if cell.outputs_span is not None:
        yield Fix("Clear the outputs of this cell", (TextEdit(cell.outputs_span, "[]"),), Applicability.SAFE)


def _notebook(*outputs: dict[str, object]) -> str:
    """A notebook as text, its only cell with the outputs, for the examples."""
    before = '{\n "cells": [\n  {\n   "cell_type": "code",\n   "execution_count": 1,\n   "id": "first",\n'
    source = '   "source": [\n    "train()"\n   ]\n  }\n ],\n'
    after = ' "metadata": {\n  "language_info": {\n   "name": "python"\n  }\n },\n "nbformat": 4,\n'
    text = json.dumps(list(outputs))
    return f'{before}   "metadata": {{}},\n   "outputs": {text},\n{source}{after} "nbformat_minor": 5\n}}\n'


def _stream(*lines: str) -> dict[str, object]:
    return {"name": "stdout", "output_type": "stream", "text": list(lines)}


def _rich(mime: str, text: str) -> dict[str, object]:
    return {"data": {mime: text}, "metadata": {}, "output_type": "display_data"}


_ENV = ("SHELL=/bin/bash\n", "PWD=/content\n", "HOME=/root\n", "LANG=C.UTF-8\n", "PATH=/usr/bin\n")


def _examples() -> Examples:
    return (
        Bad(
            _notebook(_stream("epoch 1\n", "saved to /home/mmustermann/models/model.pt\n")),
            path="example.ipynb",
            texts=("/home/mmustermann",),
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="a saved output names the account `mmustermann` of somebody's machine",
            fixed=_notebook(),
        ),
        Bad(
            _notebook(
                {
                    "ename": "KeyError",
                    "evalue": "'a'",
                    "output_type": "error",
                    "traceback": ["\x1b[0;32m/Users/mmustermann/anaconda3/lib/pandas/core/frame.py\x1b[0m in f()"],
                }
            ),
            path="example.ipynb",
            message="a saved output names the account `mmustermann` of somebody's machine",
            fixed=_notebook(),
        ),
        Bad(
            _notebook(_stream("C:\\Users\\mmustermann\\AppData\\Local\\x.py:3: UserWarning\n")),
            path="example.ipynb",
            fixed=_notebook(),
        ),
        Bad(
            _notebook(_rich("text/html", "<pre>see http://mlflow.ml.acme.corp/experiments/3</pre>")),
            path="example.ipynb",
            texts=("mlflow.ml.acme.corp",),
            message="a saved output names a machine of an internal network, mlflow.ml.acme.corp",
            fixed=_notebook(),
        ),
        Bad(
            _notebook(_stream("worker at ip-10-1-22-33.eu-west-1.compute.internal:8786\n")),
            path="example.ipynb",
            texts=("ip-10-1-22-33.eu-west-1.compute.internal",),
            fixed=_notebook(),
        ),
        Bad(
            _notebook(_stream(*_ENV)),
            path="example.ipynb",
            severity=Severity.MEDIUM,
            message="a saved output lists the environment (SHELL, PWD, HOME, LANG, ...)",
            fixed=_notebook(),
        ),
        Bad(
            _notebook(
                _rich("text/plain", "environ({'SHELL': '/bin/bash', 'HOME': '/root', 'LANG': 'C', 'PATH': '/usr/bin'})")
            ),
            path="example.ipynb",
            severity=Severity.MEDIUM,
            fixed=_notebook(),
        ),
        Good(
            _notebook(
                _stream(
                    "/home/jovyan/a.py\n",
                    "/home/ubuntu/a\n",
                    "/home/runner/a\n",
                    "/home/user/a\n",
                    "/root/a\n",
                )
            ),
            path="example.ipynb",
            because="accounts of images and services name nobody",
        ),
        Good(
            _notebook(_stream("https://acme.org/home/people/index.html\n", "/usr/lib/python3/site-packages/a.py\n")),
            path="example.ipynb",
            because="an address, and a path without an account",
        ),
        Good(
            _notebook(
                _stream("Running on http://127.0.0.1:7860\n", "http://metadata.google.internal/computeMetadata\n")
            ),
            path="example.ipynb",
            because="everybody's machine is called so",
        ),
        Good(
            _notebook(_stream("set PATH=/usr/bin and HOME=/root\n")),
            path="example.ipynb",
            because="two variables are no environment",
        ),
        Good(
            _notebook(_rich("image/svg+xml", "<svg><!-- /home/mmustermann/a --></svg>")),
            path="example.ipynb",
            because="pictures are not searched",
        ),
        Missed(
            _notebook(_stream("/data/projects/mmustermann/model.pt\n")),
            path="example.ipynb",
            because="no folder of that layout is known to be an account's",
        ),
    )
