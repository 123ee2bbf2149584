"""MLW509: a Jupyter server that asks for no token, or whose other guards are off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
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
from mlwarden.semantics.environment import is_false, without_statement
from mlwarden.semantics.hosts import is_open
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS
from mlwarden.semantics.started import Started, started_by_call, started_in_text
from mlwarden.source.documents import PlainText, text_at

if TYPE_CHECKING:
    from mlwarden.model.findings import TraceStep
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_CLASSES = (
    r"(?:IdentityProvider|PasswordIdentityProvider|LegacyIdentityProvider|ServerApp|NotebookApp|LabApp|JupyterNotebookApp|ExtensionApp"
    r"|JupyterApp)"
)
# Setting -> what it means. From jupyter_server 2.21.
_SWITCHES = {
    "disable_check_xsrf": "turns off the check that a request comes from Jupyter's own page: other pages can run code here",
    "allow_unauthenticated_access": "lets everybody use what extensions forgot to protect",
    "allow_remote_access": "turns off the check of the `Host` header: a page that somebody opens can reach the server through"
    " their browser",
    "allow_origin": "lets pages of every site talk to the server with the user's login, which is running code here",
    "allow_root": "lets the server run as root: whoever gets in owns the machine",
}
_TOKEN = "asks for no token: whoever reaches it runs any code here"
_TARGET = re.compile(rf"(?:.*\.)?(?P<owner>{_CLASSES})\.(?P<name>\w+)", re.DOTALL)
_FLAG = re.compile(rf"--(?P<owner>{_CLASSES})\.(?P<name>\w+)(?:=(?P<value>.*))?", re.DOTALL)
_SHORT = {"--allow-root": "allow_root"}
_PROGRAMS = re.compile(
    r"jupyter(?:-?(?:lab|notebook|server))?(?:\.py)?|notebook|nbclassic|start-(?:notebook|singleuser)(?:\.sh|\.py)?|start\.sh"
)
_CONFIG = re.compile(r"jupyter\w*\.json", re.IGNORECASE)
_JSON = re.compile(
    r"(?P<setting>\"(?P<name>token|disable_check_xsrf|allow_unauthenticated_access|allow_remote_access|allow_origin|allow_root)\""
    r"\s*:\s*(?P<value>\"[^\"]*\"|\w+))"
)
_JSON_PASSWORD = re.compile(r"\"(?:hashed_)?password\"\s*:\s*\"[^\"]+\"")
_JSON_IP = re.compile(r"\"ip\"\s*:\s*\"([^\"]*)\"")


class JupyterNoAuth(Rule):
    """A Jupyter server that asks for no token, or whose other guards are off.

    ## Why is this bad?

    A Jupyter server runs whatever code it is sent. Its token is the only thing between that and everybody who reaches
    the port; and with an empty token any web page that is opened on the same machine may reach it as well. Open Jupyter
    servers are searched for and taken over within hours.

    ## How to fix

    Leave the token out: Jupyter makes one and prints it. For a token of your own set `JUPYTER_TOKEN` from a secret.
    Leave the other checks as they are; for another origin name it.

    ## When it is fine

    Behind a proxy that asks for a login itself, as JupyterHub does.

    ## Limits

    An empty password by itself is the default and not reported. A proxy in front is not seen.

    ## Fix safety

    The fix is unsafe because those who used the server without a token need one then.
    """

    code = "MLW509"
    name = "jupyter-no-auth"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = tuple(SHELL_CALLS)
    assigns = ("*.token", *(f"*.{name}" for name in _SWITCHES))
    triggers = (
        *(
            (owner, "token")
            for owner in ("IdentityProvider", "PasswordIdentityProvider", "ServerApp", "NotebookApp", "LabApp")
        ),
        "disable_check_xsrf",
        "allow_unauthenticated_access",
        "allow_remote_access",
        "allow_origin",
        "allow_root",
        "--allow-root",
        ("token", "ServerApp"),
        *TRIGGERS,
    )
    cwe = (306, 352)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0049", "AML.T0112")
    references = (
        Reference(
            "Jupyter Server: security", "https://jupyter-server.readthedocs.io/en/latest/operators/security.html"
        ),
        Reference("Jupyter Server: options", "https://jupyter-server.readthedocs.io/en/latest/other/full-config.html"),
    )
    examples = (
        Bad(
            """
            c = get_config()
            c.ServerApp.ip = "0.0.0.0"
            c.IdentityProvider.token = ""
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="jupyter_server_config.py",
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="the Jupyter server listens on all interfaces and asks for no token: whoever reaches it runs any code here",
            fixed="""
            c = get_config()
            c.ServerApp.ip = "0.0.0.0"
            """,
        ),
        Bad(
            """
            TOKEN = ""
            c.NotebookApp.token = TOKEN
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            c.NotebookApp.password = ""
            c.NotebookApp.allow_origin = "*"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            c.NotebookApp.disable_check_xsrf = True
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="jupyter_notebook_config.py",
            fixed="""
            TOKEN = ""
            c.NotebookApp.password = ""
            """,
        ),
        Bad(
            """
            c.ServerApp.allow_remote_access = True
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            c.ServerApp.allow_unauthenticated_access = True
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="jupyter_server_config.py",
            severity=Severity.MEDIUM,
            fixed="",
        ),
        Bad(
            """
            import subprocess

            subprocess.Popen(["jupyter", "lab", "--ip=0.0.0.0", "--ServerApp.token="])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.Popen("jupyter notebook --ip='*' --NotebookApp.token='' --no-browser", shell=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
        ),
        Bad(
            as_notebook("!jupyter notebook --NotebookApp.token='' --port=8889 &"),
            path="example.ipynb",
            severity=Severity.HIGH,
            texts=("jupyter notebook --NotebookApp.token='' --port=8889",),
            fixed=as_notebook("!jupyter notebook --port=8889 &"),
        ),
        Bad(
            """
            FROM jupyter/base-notebook
            CMD ["jupyter", "lab", "--ip", "0.0.0.0", "--allow-root", "--LabApp.token", ""]
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            severity=Severity.CRITICAL,
        ),
        Bad(
            """
            services:
              lab:
                command: start-notebook.sh --NotebookApp.token='' --NotebookApp.disable_check_xsrf=true
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="compose.yml",
            severity=Severity.HIGH,
            fixed="""
            services:
              lab:
                command: start-notebook.sh
            """,
        ),
        Bad(
            """
            #!/bin/bash
            python3 -m jupyterlab --ServerApp.allow_origin='*' --no-browser
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            exec jupyter lab --allow-root
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="lab.sh",
            fixed="""
            #!/bin/bash
            python3 -m jupyterlab --no-browser
            exec jupyter lab
            """,
        ),
        Bad(
            """
            {
              "ServerApp": {"ip": "*"},
              "IdentityProvider": {"token": ""}
                                   ^^^^^^^^^^^
            }
            """,
            path="jupyter_server_config.json",
            severity=Severity.CRITICAL,
        ),
        Good(
            """
            import os

            c = get_config()
            c.ServerApp.ip = "0.0.0.0"
            c.ServerApp.password = ""
            c.IdentityProvider.token = os.environ["LAB_TOKEN"]
            c.ServerApp.allow_origin = "https://lab.example.com"
            c.ServerApp.allow_root = False
            """,
            path="jupyter_server_config.py",
            because="there is a token; an empty password is the default, and the token still counts",
        ),
        Good(
            """
            c.ServerApp.token = ""
            c.PasswordIdentityProvider.hashed_password = HASH
            """,
            path="jupyter_server_config.py",
            because="a password is asked for",
        ),
        Good(
            """
            class ServerApp:
                def reset(self):
                    self.token = ""

            session.token = ""
            client.allow_origin = "*"
            ServerApp().token = ""
            """,
            because="these are no settings of Jupyter",
        ),
        Good(
            """
            import subprocess

            subprocess.run(["jupyter", "nbconvert", "--to", "html", "--allow-root", "x.ipynb"])
            subprocess.run(["jupyter", "lab", "--ip=0.0.0.0"])
            subprocess.run(["jupyter", "lab", "--NotebookApp.allow_origin=https://colab.research.google.com"])
            subprocess.run(["jupyter", "lab", "--ServerApp.token=" + token])
            """,
            because="the first starts no server, the others keep a token",
        ),
        Good(
            """
            FROM jupyter/base-notebook
            RUN echo "c.ServerApp.token = ''"
            CMD ["start-notebook.sh", "--IdentityProvider.token=$TOKEN"]
            """,
            path="Dockerfile",
            because="the token is set when it starts",
        ),
        Missed(
            """
            c.ServerApp.update({"token": "", "ip": "0.0.0.0"})
            """,
            path="jupyter_server_config.py",
            because="nobody writes settings so; they are assigned one by one",
        ),
    )

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report a setting in one of Jupyter's configuration files."""
        if assignment.fragment.path is not None or not _is_setting(assignment, model):
            return
        name, value = assignment.attribute, assignment.value
        message, severity = "", Severity.MEDIUM
        if name == "token":
            if not value.may_be("") or _has_password(model):
                return
            severity, message = _no_token(any(map(is_open, _addresses(model))))
        elif name == "allow_origin":
            message = f"`{name}` {_SWITCHES[name]}" if value.may_be("*") else ""
        elif any(constant is True or constant == 1 for constant in value.constants()):
            message = f"`{name}` {_SWITCHES[name]}"
        if message:
            yield self.finding(
                assignment.span,
                message,
                severity=Severity.LOW if name == "allow_root" else severity,
                confidence=Confidence.HIGH if len(value.alternatives()) == 1 else Confidence.MEDIUM,
                fixes=_fixes(without_statement(model.document, assignment.span), "Remove the setting"),
            )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that starts such a server."""
        for started in started_by_call(call):
            yield from self._command(started, call.span, call.context)

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report commands in cells, scripts and configuration, and Jupyter's configuration in JSON."""
        for started in started_in_text(document):
            yield from self._command(started, started.span)
        if isinstance(document, PlainText) and _CONFIG.fullmatch(re.split(r"[/\\]", document.path)[-1]):
            yield from self._json(document.text)

    def _command(self, started: Started, span: Span, context: tuple[TraceStep, ...] = ()) -> Iterator[Finding]:
        if not _is_server(started):
            return
        settings = _settings(started)
        best: tuple[Severity, str, str] | None = None
        for name, (flag, value) in settings.items():
            found: tuple[Severity, str] | None = None
            if name == "token":
                if (
                    not value
                    and not settings.get("password", ("", ""))[1]
                    and not settings.get("hashed_password", ("", ""))[1]
                ):
                    found = _no_token(is_open(started.value("--ip") or settings.get("ip", ("", ""))[1]))
            elif name == "allow_origin":
                found = (Severity.MEDIUM, f"`{name}` {_SWITCHES[name]}") if value == "*" else None
            elif name in _SWITCHES and value.lower() not in {"false", "0"}:
                found = (Severity.LOW if name == "allow_root" else Severity.MEDIUM, f"`{name}` {_SWITCHES[name]}")
            if found is not None and (best is None or found[0] > best[0]):
                best = (*found, flag)
        if best is not None:
            severity, message, flag = best
            index = started.place(flag)
            takes_value = flag not in _SHORT and index is not None and "=" not in started.words[index].text
            edit = started.without(flag, takes_value=takes_value)
            yield self.finding(span, message, severity=severity, trace=context, fixes=_fixes(edit, f"Remove `{flag}`"))

    def _json(self, text: str) -> Iterator[Finding]:
        for match in _JSON.finditer(text):
            name, value = match["name"], match["value"].strip('"')
            severity, message = Severity.MEDIUM, f"`{name}` {_SWITCHES.get(name, '')}"
            if name == "token":
                if value or _JSON_PASSWORD.search(text):
                    continue
                severity, message = _no_token(any(map(is_open, _JSON_IP.findall(text))))
            elif value != ("*" if name == "allow_origin" else "true"):
                continue
            elif name == "allow_root":
                severity = Severity.LOW
            yield self.finding(Span(match.start("setting"), match.end("setting")), message, severity=severity)


def _no_token(is_everywhere: bool) -> tuple[Severity, str]:
    if is_everywhere:
        return Severity.CRITICAL, f"the Jupyter server listens on all interfaces and {_TOKEN}"
    return Severity.HIGH, f"the Jupyter server {_TOKEN}"


def _is_setting(assignment: Assignment, model: SemanticModel) -> bool:
    """Whether it is `c.ServerApp.token = ...`, where `c` is no class or object of the project."""
    span = assignment.target_span
    text = text_at(model.document, span.cell)[span.start : span.end]
    match = _TARGET.fullmatch(text)
    return match is not None and text.count(".") >= 2 and match["name"] == assignment.attribute


def _addresses(model: SemanticModel) -> Iterator[str]:
    for assignment in model.assignments_of("*.ip"):
        if _is_setting(assignment, model):
            yield from assignment.value.strings()


def _has_password(model: SemanticModel) -> bool:
    """Whether the configuration sets a password, or something that is not known to be empty."""
    return any(
        not assignment.value.may_be("") and not is_false(assignment.value) and _is_setting(assignment, model)
        for name in ("password", "hashed_password")
        for assignment in model.assignments_of(f"*.{name}")
    )


def _is_server(started: Started) -> bool:
    if _PROGRAMS.fullmatch(started.program) is None:
        return False
    if started.program in {"jupyter", "start.sh"}:
        words = [text for text in started.texts if not text.startswith("-")][:2]
        return any(
            word in {"lab", "notebook", "server", "jupyter-lab", "jupyter-notebook", "nbclassic"} for word in words
        )
    return True


def _settings(started: Started) -> dict[str, tuple[str, str]]:
    """Setting -> (the flag that sets it, its value)."""
    found: dict[str, tuple[str, str]] = {}
    for index, word in enumerate(started.words):
        if word.text in _SHORT:
            found[_SHORT[word.text]] = (word.text, "true")
            continue
        match = _FLAG.fullmatch(word.text)
        if match is None:
            continue
        value = match["value"]
        if value is None:
            value = started.words[index + 1].text if index + 1 < len(started.words) else ""
        found[match["name"]] = (word.text.partition("=")[0], value.strip("'\""))
    return found


def _fixes(edit: TextEdit | None, title: str) -> tuple[Fix, ...]:
    reason = "those who used the server without a token, or from another page, no longer can"
    return () if edit is None else (Fix(title, (edit,), Applicability.UNSAFE, reason),)
