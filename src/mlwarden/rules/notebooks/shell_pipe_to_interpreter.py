"""MLW701: a script from the network that goes straight into an interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_facts import fetch_of, is_interpreter, runs_its_input
from mlwarden.notebooks.shell_lines import Command, shell_texts
from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity, Span, TraceStep
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS, commands_of_call

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document


class ShellPipeToInterpreter(Rule):
    """A script from the network that is piped into an interpreter.

    ## Why is this bad?

    The shell runs whatever the server sends at that moment: nobody has read it, and the next run may get something
    else. Who controls the server, the account behind a short link or the network on the way runs commands with your
    files and credentials.

    ## How to fix

    Download the script, read it, compare its SHA-256 digest with a known one, then run it. Most tools can be installed
    from a package index instead.

    ## When it is fine

    In a throw-away container that holds no credentials and no data.

    ## Limits

    A script that is saved first and run by a later line is left to MLW705. Downloads from this machine and from
    private networks are not reported.
    """

    code = "MLW701"
    name = "shell-pipe-to-interpreter"
    severity = Severity.HIGH
    calls = tuple(SHELL_CALLS)
    triggers = ("curl", "wget", "iwr", "irm", "Invoke-WebRequest", *TRIGGERS)
    cwe = (494, 829)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011", "AML.T0050")
    references = (
        Reference(
            "CWE-494: Download of Code Without Integrity Check", "https://cwe.mitre.org/data/definitions/494.html"
        ),
        Reference("MITRE ATLAS AML.CS0018, Colab notebooks", "https://atlas.mitre.org/studies/AML.CS0018"),
    )
    examples = (
        Bad(
            as_notebook("!curl -fsSL https://ollama.com/install.sh | sh"),
            path="example.ipynb",
            texts=("curl -fsSL https://ollama.com/install.sh | sh",),
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`sh` runs whatever https://ollama.com/install.sh holds at that moment, unread and unchecked",
        ),
        Bad(
            as_notebook(
                "import torch", "%%bash\nset -e\nwget -qO- https://example.org/setup.py | gunzip | python3 -\n"
            ),
            path="example.ipynb",
            texts=("wget -qO- https://example.org/setup.py | gunzip | python3 -",),
        ),
        Bad(
            as_notebook('!bash <(curl -sL https://example.org/install.sh)\n!sh -c "$(wget -O- example.org/i.sh)"'),
            path="example.ipynb",
            texts=("bash <(curl -sL https://example.org/install.sh)", 'sh -c "$(wget -O- example.org/i.sh)"'),
        ),
        Bad(
            """
            import os

            os.system("curl https://example.org/install.sh | sudo bash")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import subprocess

            def setup(version):
                subprocess.run(f"curl https://example.org/{version}/install.sh | bash", shell=True, check=True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            as_notebook("!curl -s https://api.example.org/runs | python -m json.tool\n!curl -s https://x.org/a | jq ."),
            path="example.ipynb",
            because="the download is data for a program that is there already",
        ),
        Good(
            as_notebook("!curl -sO https://example.org/install.sh && sha256sum -c install.sha256 && sh install.sh"),
            path="example.ipynb",
            because="it is kept and checked before it runs",
        ),
        Good(
            as_notebook("!curl http://localhost:8000/health | python\n# !curl https://example.org/install.sh | sh"),
            path="example.ipynb",
            because="the first comes from the same machine, the second is a comment",
        ),
        Good(
            """
            import subprocess

            subprocess.run(["curl", "https://example.org/install.sh", "|", "sh"])
            print("curl https://example.org/install.sh | sh")
            """,
            because="without a shell the bar is an argument like others, and printing runs nothing",
        ),
        Missed(
            as_notebook("!x=$(curl -s https://example.org/install.sh); echo $x | sh"),
            path="example.ipynb",
            because="variables of the shell are not followed",
        ),
    )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report the pipes in shell lines and shell cells."""
        if not isinstance(document, Notebook):
            return
        for shell in shell_texts(document):
            for command in shell.commands:
                yield from self._in(command, ())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report the pipes in commands that Python hands to a shell."""
        for command in commands_of_call(call):
            yield from self._in(command, call.context, call.span)

    def _in(self, command: Command, trace: tuple[TraceStep, ...], whole: Span | None = None) -> Iterator[Finding]:
        found = _piped(command) or _substituted(command)
        if found is None:
            return
        fetched, first = found
        span = whole or command.span
        if whole is None and first.span.start < span.start:
            span = Span(first.span.start, span.end, span.cell)
        url = fetched if len(fetched) <= 80 else f"{fetched[:77]}..."
        yield self.finding(
            span, f"`{command.program}` runs whatever {url} holds at that moment, unread and unchecked", trace=trace
        )


def _piped(command: Command) -> tuple[str, Command] | None:
    """The download that is piped into an interpreter, and the command that makes it."""
    if command.source is None or not runs_its_input(command):
        return None
    for source in command.sources():
        fetch = fetch_of(source)
        if fetch is not None and not fetch.file:
            return fetch.url, source
    return None


def _substituted(command: Command) -> tuple[str, Command] | None:
    """The download in `<(...)` or `$(...)` that an interpreter, `eval` or `source` runs."""
    program = command.program
    if not (is_interpreter(program) or program in ("eval", "source", ".")):
        return None
    as_code = program in ("eval", "source", ".") or any(text in ("-c", "-lc", "-e", "-ec") for text in command.texts)
    for word in command.arguments:
        if word.is_process or as_code:
            for nested in word.nested:
                fetch = fetch_of(nested)
                if fetch is not None and not fetch.file:
                    return fetch.url, command
    return None
