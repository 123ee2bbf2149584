"""MLW507: an MLflow server that anybody on the network can use."""

from __future__ import annotations

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
from mlwarden.semantics.environment import ANY_VALUE, Setting, is_true, settings_in_code, settings_in_text
from mlwarden.semantics.hosts import is_open
from mlwarden.semantics.shell_calls import SHELL_CALLS
from mlwarden.semantics.started import Started, started_by_call, started_in_text

if TYPE_CHECKING:
    from mlwarden.model.findings import TraceStep
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_NO_MIDDLEWARE = "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE"
_HOSTS = "MLFLOW_SERVER_ALLOWED_HOSTS"
_HOST = "MLFLOW_HOST"
_ANYBODY = "asks nobody for a login: everybody on the network can read and replace models and runs"
_REBINDING = "a page that somebody opens can reach the server through their browser (DNS rebinding)"


class MlflowServerOpen(Rule):
    """An MLflow server that anybody on the network can use.

    ## Why is this bad?

    The tracking server has no logins unless it is started with an authentication app. With `--host 0.0.0.0` everybody
    who reaches the machine can read experiments and their data, and put another model in place of the one that is
    deployed next: a model is loaded by code, so that this often means running code there. Holes by which such a server
    hands out any file of its machine were found again and again. Since 3.5 a middleware checks the `Host` header and
    the origin, so that web pages cannot use a server on one's own machine; the two other switches turn that off.

    ## How to fix

    Leave `--host` out (it is 127.0.0.1 then) and put a proxy with a login in front, or start the server with
    `--app-name basic-auth`. Name the hosts: `--allowed-hosts mlflow.example.com`.

    ## When it is fine

    In a container whose port is published to an authenticating proxy only. What containers run is reported with medium
    confidence.

    ## Limits

    A proxy or firewall in front is not seen. The password that `basic-auth` came with before 3.17 is reported by MLW313.

    ## Fix safety

    The fix is unsafe because other machines, and a container's host, can no longer reach the server.
    """

    code = "MLW507"
    name = "mlflow-server-open"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = tuple(SHELL_CALLS)
    triggers = (
        *(("mlflow", word) for word in ("server", "ui", "gateway")),
        _NO_MIDDLEWARE,
        _HOSTS,
        _HOST,
    )
    cwe = (306, 346)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML05",)
    atlas = ("AML.T0049", "AML.T0035")
    references = (
        Reference("MLflow: network security", "https://mlflow.org/docs/latest/self-hosting/security/network/"),
        Reference(
            "MLflow: basic authentication", "https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/"
        ),
        Reference("CVE-2025-14279: DNS rebinding", "https://nvd.nist.gov/vuln/detail/CVE-2025-14279"),
    )
    examples = (
        Bad(
            """
            import subprocess

            subprocess.Popen(["mlflow", "server", "--host", "0.0.0.0", "--port", "5000"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`mlflow server` listens on all interfaces and asks nobody for a login: everybody on the network can read "
            "and replace models and runs",
        ),
        Bad(
            """
            import os
            import sys
            import subprocess

            HOST = "0.0.0.0"
            os.system(f"mlflow ui -h {HOST} --backend-store-uri {uri} &")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run([sys.executable, "-m", "mlflow", "gateway", "start", "--host=::"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import subprocess

            subprocess.Popen("mlflow server --disable-security-middleware", shell=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.Popen("mlflow server --allowed-hosts '*'", shell=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            #!/bin/sh
            mlflow server \\
              --backend-store-uri sqlite:///m.db --host 0.0.0.0
              --port 5000
            """,
            path="serve.sh",
            fixed="""
            #!/bin/sh
            mlflow server \\
              --backend-store-uri sqlite:///m.db --host 127.0.0.1
              --port 5000
            """,
        ),
        Bad(
            """
            FROM python:3.12
            RUN pip install mlflow==3.18.0
            CMD ["mlflow", "server", "--host", "0.0.0.0"]
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            fixed="""
            FROM python:3.12
            RUN pip install mlflow==3.18.0
            CMD ["mlflow", "server", "--host", "127.0.0.1"]
            """,
        ),
        Bad(
            """
            services:
              mlflow:
                image: ghcr.io/mlflow/mlflow:v3.18.0
                command: mlflow server --host 0.0.0.0 --allowed-hosts "*" --app-name basic-auth
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                environment:
                  MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE: "true"
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="compose.yml",
            severity=Severity.MEDIUM,
            fixed="""
            services:
              mlflow:
                image: ghcr.io/mlflow/mlflow:v3.18.0
                command: mlflow server --host 0.0.0.0 --app-name basic-auth
                environment:
            """,
        ),
        Bad(
            as_notebook("!mlflow ui --host 0.0.0.0 &"),
            path="example.ipynb",
            texts=("mlflow ui --host 0.0.0.0",),
            fixed=as_notebook("!mlflow ui --host 127.0.0.1 &"),
        ),
        Bad(
            """
            import os

            os.environ["MLFLOW_SERVER_ALLOWED_HOSTS"] = "*"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            os.environ["MLFLOW_HOST"] = "0.0.0.0"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import os

            """,
        ),
        Good(
            """
            import subprocess

            subprocess.Popen(["mlflow", "server", "--port", "5000"])
            subprocess.Popen(["mlflow", "server", "--host", "127.0.0.1"])
            subprocess.Popen(["mlflow", "server", "--host", "0.0.0.0", "--app-name", "basic-auth"])
            subprocess.Popen(["mlflow", "server", "--allowed-hosts", "mlflow.example.com,*.internal.example.com"])
            """,
            because="the server listens on this machine only, or asks for a login",
        ),
        Good(
            """
            import subprocess

            subprocess.run(["echo", "mlflow", "server", "--host", "0.0.0.0"])
            subprocess.run(["mlflow", "run", ".", "-P", "host=0.0.0.0"])
            subprocess.run(["mlflow", "models", "serve", "--host", "0.0.0.0"])
            """,
            because="it starts no tracking server; a model that is served so is a matter of MLW505",
        ),
        Good(
            """
            import os
            import mlflow

            os.environ["MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE"] = "false"
            mlflow.set_tracking_uri("http://0.0.0.0:5000")
            """,
            because="the middleware stays, and a client listens on nothing",
        ),
        Good(
            """
            # How to run it

                mlflow server --host 0.0.0.0
            """,
            path="README.md",
            because="prose is not run",
        ),
        Missed(
            """
            from mlflow.server import _run_server

            _run_server(file_store_path=uri, registry_store_uri=uri, host="0.0.0.0", port=5000)
            """,
            because="this function is private to MLflow, and has had several signatures",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that starts such a server."""
        for started in started_by_call(call):
            yield from self._command(started, call.span, call.context)

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report variables that code sets."""
        for name in (_NO_MIDDLEWARE, _HOSTS, _HOST):
            yield from self._variable(name, settings_in_code(model, name))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report variables and commands in cells, scripts and configuration."""
        for name in (_NO_MIDDLEWARE, _HOSTS, _HOST):
            yield from self._variable(name, settings_in_text(document, name, value=ANY_VALUE))
        for started in started_in_text(document):
            yield from self._command(started, started.span)

    def _command(self, started: Started, span: Span, context: tuple[TraceStep, ...] = ()) -> Iterator[Finding]:
        if started.program != "mlflow":
            return
        verbs = [text for text in started.texts if not text.startswith("-")][:2]
        gateway = verbs in (["gateway", "start"], ["deployments", "start-server"])
        if not gateway and verbs[:1] not in (["server"], ["ui"]):
            return
        host = started.value("--host", "-h")
        name = f"mlflow {' '.join(verbs) if gateway else verbs[0]}"
        if host is not None and is_open(host) and not started.has("--app-name"):
            edit = started.with_value("127.0.0.1", "--host", "-h")
            yield self.finding(
                span,
                f"`{name}` listens on all interfaces and {_ANYBODY}",
                confidence=Confidence.MEDIUM if started.in_container else Confidence.HIGH,
                trace=context,
                fixes=_fixes("Listen on this machine only", edit),
            )
        elif started.is_switched_on("--disable-security-middleware"):
            edit = started.without("--disable-security-middleware")
            message = f"`--disable-security-middleware` turns off the checks of hosts and origins: {_REBINDING}"
            yield self.finding(
                span, message, severity=Severity.MEDIUM, trace=context, fixes=_fixes("Remove the switch", edit)
            )
        elif "*" in (started.value("--allowed-hosts") or "").split(","):
            edit = started.without("--allowed-hosts", takes_value=True)
            message = f"`--allowed-hosts '*'` turns off the check of hosts: {_REBINDING}"
            yield self.finding(
                span, message, severity=Severity.MEDIUM, trace=context, fixes=_fixes("Remove the option", edit)
            )

    def _variable(self, name: str, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            severity, texts = Severity.MEDIUM, setting.value.strings()
            if name == _NO_MIDDLEWARE:
                if not is_true(setting.value):
                    continue
                message = f"`{name}` turns off the checks of hosts and origins: {_REBINDING}"
            elif name == _HOSTS:
                if not any("*" in text.split(",") for text in texts):
                    continue
                message = f"`{name}=*` turns off the check of hosts: {_REBINDING}"
            else:
                if not any(map(is_open, texts)):
                    continue
                severity = Severity.HIGH
                message = f"by `{name}` the MLflow server listens on all interfaces and {_ANYBODY}"
            yield self.finding(
                setting.span, message, severity=severity, fixes=_fixes("Remove the variable", setting.removal)
            )


def _fixes(title: str, edit: TextEdit | None) -> tuple[Fix, ...]:
    reason = "other machines, and a container's host, may no longer reach the server"
    return () if edit is None else (Fix(title, (edit,), Applicability.UNSAFE, reason),)
