"""MLW712: notebooks that are trusted by command, or by a key that others have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.notebooks.shell_facts import is_python
from mlwarden.notebooks.shell_lines import Command, parse_commands, shell_texts
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
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_NOTARY = ("nbformat.sign.NotebookNotary", "nbformat.NotebookNotary")
_TRUST_APP = "nbformat.sign.TrustNotebookApp"
_SETTINGS = ("secret", "secret_file", "db_file", "data_dir")
# In any text: `jupyter trust`, `jupyter-trust`, `["jupyter", "trust", ...]`
_TRUST = re.compile(
    r"(?<![\w.-])(?P<start>[\"']?jupyter)(?:-|[ \t]+|[\"'],[ \t]*[\"'])trust(?![\w-])(?P<rest>[^\r\n]*)"
)
_JSON_SETTING = re.compile(
    r'"NotebookNotary"\s*:\s*\{[^{}]*?(?P<all>"(?P<name>secret|secret_file|db_file|data_dir)"\s*:\s*"(?P<value>[^"\r\n]*)")'
)
_TRUSTED = re.compile(r'"trusted"\s*:\s*(true)\b')
_COMMENT = re.compile(r"\s*(?:#|//|--|;|rem\b)", re.IGNORECASE)
_PROSE = (".md", ".mdx", ".markdown", ".rst", ".txt", ".html", ".htm", ".xml")
_FORGED = "whoever has it can mark any notebook as trusted, so that scripts in its outputs run when it is opened"


class NotebookTrustBypass(Rule):
    """Notebooks that are trusted by command, or by a key that others have.

    ## Why is this bad?

    Jupyter shows HTML and JavaScript of saved outputs only where the notebook's signature is in your own database. A
    command that signs notebooks unread runs whatever their outputs hold, with the kernel and the files of whoever opens
    them. A signing key or database that others can read or write lets them do the same from afar.

    ## How to fix

    Leave notebooks untrusted, and run their cells again to see what they show. Leave the key and the database where
    Jupyter puts them: in each user's own data folder.

    ## When it is fine

    For notebooks that the same pipeline has just made from code that you know.

    ## Limits

    Settings whose values are not known are left alone. `"trusted": true` in a cell's metadata is only a trace of a
    notebook that somebody trusted: Jupyter checks the signature anew when it loads the notebook.

    ## Fix safety

    Safe: the mark in the metadata has no effect.
    """

    code = "MLW712"
    name = "notebook-trust-bypass"
    severity = Severity.MEDIUM
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (
        *SHELL_CALLS,
        *_NOTARY,
        *(f"{name}().{method}" for name in _NOTARY for method in ("sign", "mark_cells")),
        *(f"{_TRUST_APP}().{method}" for method in ("sign_notebook", "sign_notebook_file")),
        f"{_TRUST_APP}.launch_instance",
    )
    assigns = tuple(f"*.{name}" for name in _SETTINGS)
    triggers = (
        ("jupyter", "trust"),
        ("nbformat", "sign"),
        ("trusted", "metadata"),
        "NotebookNotary",
        "TrustNotebookApp",
    )
    cwe = (345, 347)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0011",)
    references = (
        Reference(
            "Jupyter: security in notebook documents", "https://jupyter-notebook.readthedocs.io/en/stable/security.html"
        ),
        Reference("nbformat: signing", "https://nbformat.readthedocs.io/en/latest/api.html#module-nbformat.sign"),
    )
    examples = (
        Bad(
            as_notebook("!jupyter trust *.ipynb"),
            path="example.ipynb",
            texts=("jupyter trust *.ipynb",),
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`jupyter trust` marks *.ipynb as trusted unread: scripts in their outputs run when they are opened",
        ),
        Bad(
            "all:\n\tgit pull\n\tfind . -name '*.ipynb' | xargs jupyter-trust\n",
            path="Makefile",
            texts=("jupyter-trust",),
        ),
        Bad(
            "FROM jupyter/base-notebook\n# jupyter trust\nCOPY . .\nRUN cd work && jupyter trust a.ipynb && ls\n",
            path="Dockerfile",
            texts=("jupyter trust a.ipynb && ls",),
        ),
        Bad(
            'CMD ["jupyter", "trust", "a.ipynb"]\n',
            path="Dockerfile",
            texts=('"jupyter", "trust", "a.ipynb"]',),
        ),
        Bad(
            """
            import subprocess

            subprocess.run(["jupyter", "trust", "report.ipynb"], check=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            c = get_config()
            c.NotebookNotary.secret = b"the key of us all"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            c.NotebookNotary.db_file = "/mnt/shared/nbsignatures.db"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="jupyter_notebook_config.py",
        ),
        Bad(
            '{"NotebookNotary": {"algorithm": "sha256", "secret_file": "/srv/notary/secret"}}\n',
            path="jupyter_server_config.json",
            texts=('"secret_file": "/srv/notary/secret"',),
            message="`NotebookNotary.secret_file` is shared: whoever has it can mark any notebook as trusted, so that "
            "scripts in its outputs run when it is opened",
        ),
        Bad(
            """
            import nbformat
            from nbformat.sign import NotebookNotary

            nb = nbformat.read("downloaded.ipynb", as_version=4)
            NotebookNotary().sign(nb)
            ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            message="`NotebookNotary.sign` marks a notebook as trusted unread: scripts in its outputs run when it is "
            "opened",
        ),
        Bad(
            as_notebook("1").replace('"metadata": {},', '"metadata": {"trusted": true},'),
            path="example.ipynb",
            texts=("true",),
            severity=Severity.LOW,
            fixed=as_notebook("1").replace('"metadata": {},', '"metadata": {"trusted": false},'),
        ),
        Good(
            as_notebook(
                "!jupyter trust --reset\n!jupyter trust --help\n# !jupyter trust a.ipynb\n!echo jupyter trust a"
            ),
            path="example.ipynb",
            because="the first forgets all signatures, and the others sign nothing",
        ),
        Good(
            """
            import os

            c = get_config()
            c.NotebookNotary.db_file = ":memory:"
            c.NotebookNotary.data_dir = os.path.expanduser("~/.local/share/jupyter")
            c.NotebookNotary.secret_file = os.environ["NOTARY_SECRET"]
            c.JupyterHub.db_file = "/srv/hub.sqlite"
            c.OAuthenticator.secret = "x"
            """,
            path="jupyter_notebook_config.py",
            because="nothing is kept, the user's own folder, a place that is not known, and other settings",
        ),
        Good(
            "Sign it with `jupyter trust report.ipynb`.\n",
            path="README.md",
            because="a text that explains runs nothing",
        ),
        Good(
            """
            from nbformat.sign import NotebookNotary

            with NotebookNotary() as notary:
                print(notary.check_signature(nb))
                notary.unsign(nb)
                notary.mark_cells(nb, False)
            """,
            because="nothing is trusted",
        ),
        Good(
            as_notebook("1").replace('"metadata": {},', '"metadata": {"trusted": false},'),
            path="example.ipynb",
            because="the cell is not trusted",
        ),
        Missed(
            "TRUST=trust\njupyter $TRUST a.ipynb\n",
            path="setup.sh",
            because="variables of scripts are not followed",
        ),
    )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Look at shell lines and metadata of notebooks, and at scripts, build files and Jupyter's settings."""
        if isinstance(document, Notebook):
            for shell in shell_texts(document):
                for command in shell.commands:
                    yield from self._in_command(command, command.span)
            yield from self._marks(document)
        elif document.kind is DocumentKind.TEXT:
            yield from self._in_text(document.text, document.path)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report commands and calls that sign notebooks, and keys in the code."""
        if call.name in SHELL_CALLS:
            for command in commands_of_call(call):
                yield from self._in_command(command, call.span)
            return
        if call.name in _NOTARY:
            for name in _SETTINGS:
                if _is_shared(name, call.argument(name).constants()):
                    message = f"`NotebookNotary.{name}` is shared: {_FORGED}"
                    yield self.finding(call.span, message, trace=call.context)
            return
        if call.name.endswith(".mark_cells") and call.argument("trusted", 1).constants() != (True,):
            return
        shown = ".".join(call.name.replace("()", "").split(".")[-2:])
        yield self.finding(
            call.span,
            f"`{shown}` marks a notebook as trusted unread: scripts in its outputs run when it is opened",
            confidence=Confidence.MEDIUM,
            trace=call.context,
        )

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report settings of the notary that hold the key, or name a place that others share."""
        target, start = assignment.target_span, assignment.fragment.start
        written = assignment.fragment.text[target.start - start : target.end - start]
        if not re.search(r"\bNotebookNotary\s*\.\s*\w+$", written):
            return
        if _is_shared(assignment.attribute, assignment.value.constants()):
            yield self.finding(
                assignment.span,
                f"`NotebookNotary.{assignment.attribute}` is shared: {_FORGED}",
                severity=Severity.HIGH if assignment.attribute == "secret" else None,
                trace=assignment.context,
            )

    def _in_command(self, command: Command, span: Span) -> Iterator[Finding]:
        names = _trusted_by(command)
        if names is not None:
            shown = " ".join(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} more"
            yield self.finding(
                span,
                f"`jupyter trust` marks {shown[:80] or 'notebooks'} as trusted unread: scripts in their outputs run when "
                "they are opened",
            )

    def _in_text(self, text: str, path: str) -> Iterator[Finding]:
        if path.lower().endswith(_PROSE):
            return
        for match in _TRUST.finditer(text):
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if _COMMENT.match(line) or re.search(r"(?:^|[\s;&|])(?:echo|printf)\s[^;&|]*$", line):
                continue
            words = re.sub(r"[\"',\[\]]+", " ", match[0]) if "," in match[0] else match[0]
            commands = parse_commands(words)
            if commands:
                yield from self._in_command(commands[0], Span(match.start(), match.start() + len(match[0].rstrip())))
        for match in _JSON_SETTING.finditer(text) if path.lower().endswith(".json") else ():
            if _is_shared(match["name"], (match["value"],)):
                severity = Severity.HIGH if match["name"] == "secret" else None
                message = f"`NotebookNotary.{match['name']}` is shared: {_FORGED}"
                yield self.finding(Span(*match.span("all")), message, severity=severity)

    def _marks(self, notebook: Notebook) -> Iterator[Finding]:
        spans = [] if not notebook.text else [span for cell in notebook.cells for span in _marked(notebook, cell)]
        if spans:
            yield self.finding(
                spans[0],
                "this cell's metadata says that it is trusted: a trace of a signature on somebody's machine, which Jupyter "
                "does not believe",
                severity=Severity.LOW,
                fixes=(Fix("Remove the marks", tuple(TextEdit(span, "false") for span in spans), Applicability.SAFE),),
            )


def _trusted_by(command: Command) -> tuple[str, ...] | None:
    """The notebooks that a command marks as trusted; None if it does something else."""
    texts = command.texts
    if is_python(command.program) and texts[:1] == ("-m",):
        if texts[1:2] == ("nbformat.sign",):
            texts = texts[2:]
        elif texts[1:3] == ("jupyter", "trust"):
            texts = texts[3:]
        else:
            return None
    elif command.program in ("jupyter", "ipython") and texts[:1] == ("trust",):
        texts = texts[1:]
    elif command.program != "jupyter-trust":
        return None
    if any(text in ("--reset", "-h", "--help", "--help-all", "--version", "--generate-config") for text in texts):
        return None
    return tuple(text for text in texts if not text.startswith("-"))


def _is_shared(name: str, values: tuple[object, ...]) -> bool:
    """Whether a setting of the notary is one that others have: a key in the code, a place outside the user's folder."""
    for value in values:
        if name == "secret":
            if isinstance(value, (str, bytes)) and value:
                return True
        elif (
            isinstance(value, str)
            and value
            and not re.match(r":memory:|~|/home/|/root/|/Users/|[A-Za-z]:[\\/]Users", value)
        ):
            return True
    return False


def _marked(notebook: Notebook, cell: Cell) -> Iterator[Span]:
    """Where a cell's metadata says that it is trusted."""
    if cell.metadata.get("trusted") is not True:
        return
    for match in _TRUSTED.finditer(notebook.text, cell.span.start, cell.span.end):
        outside = [cell.source_span] if cell.outputs_span is None else [cell.source_span, cell.outputs_span]
        if not any(span.start <= match.start() < span.end for span in outside):
            yield Span(*match.span(1))
