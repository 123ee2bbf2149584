"""MLW505: an inference server that listens on all interfaces."""

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
    Reference,
    Rule,
    Severity,
    Span,
)
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.environment import ANY_VALUE, Setting, settings_in_code, settings_in_text
from mlwarden.semantics.hosts import is_open
from mlwarden.semantics.servers import (
    HOSTS,
    OPEN_BY_DEFAULT,
    PLAIN,
    PROGRAMS,
    UNPICKLING,
    VARIABLES,
    Program,
    has_port,
    host_of,
    listening,
)
from mlwarden.semantics.shell_calls import SHELL_CALLS
from mlwarden.semantics.started import Started, started_by_call, started_in_text
from mlwarden.semantics.values import Mapping, Sequence

if TYPE_CHECKING:
    from mlwarden.model.findings import TraceStep
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

# Where a container or its platform decides which ports are published.
_CONTAINER = re.compile(r"dockerfile|containerfile|compose|procfile|\.ya?ml$|entrypoint", re.IGNORECASE)
_OUT = "other machines, and a container's host, can no longer reach the server"


_LIBRARIES = (
    "uvicorn hypercorn waitress quart sanic bottle dash aiohttp run_simple litserve distributed tornado nicegui panel grpc fastmcp"
    " FastMCP websockets zmq start_server create_server socketserver HTTPServer make_server pywsgi SimpleXMLRPCServer managers"
)


def _words(name: str, program: Program) -> Iterator[tuple[str, ...]]:
    """What a document holds that starts a program on all interfaces."""
    for verb in program.verbs or ("",):
        for option in () if program.is_open else (*program.options, *program.everywhere):
            yield tuple(word for word in (name, verb, option) if word)
        if program.is_open:
            yield (name, verb) if verb else (name,)


class BindAllInterfaces(Rule):
    """An inference server that listens on all interfaces.

    ## Why is this bad?

    `0.0.0.0` makes a server reachable from every network the machine is in: the office, the cloud's network, with
    a public address the whole internet. Inference servers seldom ask who is calling, so anybody there can use the
    model, read what it answers and send it inputs that were never meant to reach it.

    ## How to fix

    Listen on `127.0.0.1` and put a proxy with authentication in front.

    ## When it is fine

    In a container whose port is published to a proxy only; say so in the suppression. What Dockerfiles, Compose files
    and the like start is not reported: there the published ports decide.

    ## Limits

    Whether the application asks for authentication is not known. Sockets and servers that are not made for models, and
    those that listen on all interfaces when no host is given, are reported with low severity. Ray's dashboard is reported by
    MLW508, the MLflow tracking server by MLW507, Jupyter by MLW509, Gradio by MLW502.

    ## Fix safety

    The fix is unsafe because other machines, and a container's host, can no longer reach the server.
    """

    code = "MLW505"
    name = "bind-all-interfaces"
    severity = Severity.MEDIUM
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*HOSTS, *PLAIN, "ray.serve.start", *SHELL_CALLS)
    triggers = (
        *_LIBRARIES.split(),
        ("flask", "run"),
        ("serve", "ray"),
        ("socket", "bind"),
        ("multiprocessing", "Listener"),
        ("tensorboard", "program"),
        *VARIABLES,
        *(word for name, programs in PROGRAMS.items() for program in programs for word in _words(name, program)),
    )
    yields_to = ("MLW427",)
    cwe = (1327,)
    owasp_llm = ("LLM10",)
    atlas = ("AML.T0049",)
    references = (
        Reference("Uvicorn: settings", "https://www.uvicorn.org/settings/#socket-binding"),
        Reference("Flask: run", "https://flask.palletsprojects.com/en/stable/api/#flask.Flask.run"),
    )
    examples = (
        Bad(
            """
            import uvicorn
            from fastapi import FastAPI

            app = FastAPI()
            uvicorn.run(app, host="0.0.0.0", port=8000)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            fixed="""
            import uvicorn
            from fastapi import FastAPI

            app = FastAPI()
            uvicorn.run(app, host="127.0.0.1", port=8000)
            """,
        ),
        Bad(
            """
            import os
            from flask import Flask

            app = Flask(__name__)

            if __name__ == "__main__":
                app.run(host=os.environ.get("HOST", "0.0.0.0"))
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            import os
            from flask import Flask

            app = Flask(__name__)

            if __name__ == "__main__":
                app.run(host="127.0.0.1")
            """,
        ),
        Bad(
            """
            import grpc
            from concurrent import futures

            server = grpc.server(futures.ThreadPoolExecutor())
            server.add_insecure_port("[::]:50051")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import grpc
            from concurrent import futures

            server = grpc.server(futures.ThreadPoolExecutor())
            server.add_insecure_port("127.0.0.1:50051")
            """,
        ),
        Bad(
            """
            import asyncio
            import socket
            import socketserver
            from http.server import HTTPServer, SimpleHTTPRequestHandler

            def serve(port):
                listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                listener.bind(("0.0.0.0", port))
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                listener.listen()
                with socketserver.TCPServer(("", port), SimpleHTTPRequestHandler) as server:
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    server.serve_forever()
                HTTPServer(("", 8000), SimpleHTTPRequestHandler).serve_forever()
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            async def main():
                await asyncio.start_server(answer, "0.0.0.0", 8888)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            fixed="""
            import asyncio
            import socket
            import socketserver
            from http.server import HTTPServer, SimpleHTTPRequestHandler

            def serve(port):
                listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                listener.bind(("0.0.0.0", port))
                listener.listen()
                with socketserver.TCPServer(("", port), SimpleHTTPRequestHandler) as server:
                    server.serve_forever()
                HTTPServer(("", 8000), SimpleHTTPRequestHandler).serve_forever()

            async def main():
                await asyncio.start_server(answer, "127.0.0.1", 8888)
            """,
        ),
        Bad(
            """
            import zmq
            from multiprocessing.managers import BaseManager
            from ray import serve

            BaseManager(address=("", 50000), authkey=KEY)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            zmq.Context().socket(zmq.REP).bind("tcp://*:5555")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            serve.start(http_options={"host": "0.0.0.0"})
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import subprocess
            import sys

            PORT = 8000
            subprocess.Popen(f"vllm serve ./model --host 0.0.0.0 --port {PORT}", shell=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run([sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--host=0.0.0.0"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run(["gunicorn", "-b", "0.0.0.0:8000", "app:app"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
        ),
        Bad(
            as_notebook(
                "!tensorboard --logdir runs --bind_all &",
                "!OLLAMA_HOST=0.0.0.0 ollama serve &",
                "!bentoml serve service:svc",
                "!marimo edit --host 0.0.0.0 --no-token",
            ),
            path="example.ipynb",
            texts=(
                "tensorboard --logdir runs --bind_all",
                "OLLAMA_HOST=0.0.0.0",
                "bentoml serve service:svc",
                "marimo edit --host 0.0.0.0 --no-token",
            ),
            severity=Severity.MEDIUM,
            fixed=as_notebook(
                "!tensorboard --logdir runs &",
                "!OLLAMA_HOST=0.0.0.0 ollama serve &",
                "!bentoml serve service:svc",
                "!marimo edit --host 127.0.0.1 --no-token",
            ),
        ),
        Bad(
            """
            #!/bin/sh
            exec uvicorn app:app --host 0.0.0.0 --port 80
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            gunicorn app:app -b0.0.0.0:8000
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="serve.sh",
            fixed="""
            #!/bin/sh
            exec uvicorn app:app --host 127.0.0.1 --port 80
            gunicorn app:app -b127.0.0.1:8000
            """,
        ),
        Bad(
            """
            import os

            os.environ["OLLAMA_HOST"] = "0.0.0.0:11434"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import os

            """,
        ),
        Good(
            """
            import socket
            import subprocess

            with socket.socket() as probe:
                probe.bind(("", 0))
                port = probe.getsockname()[1]
            with socket.socket() as probe:
                probe.bind(("0.0.0.0", 8000))
            subprocess.run(["uvicorn", "app:app", "--host", "127.0.0.1"])
            subprocess.run(["vllm", "bench", "serve", "--host", "127.0.0.1"])
            subprocess.run(["marimo", "edit", "--host", "0.0.0.0"])
            subprocess.run(["curl", "--host", "0.0.0.0"])
            """,
            because="a port is looked for, the server is on this machine only, or asks for its token",
        ),
        Good(
            """
            FROM python:3.12
            ENV UVICORN_HOST=0.0.0.0
            CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "80"]
            """,
            path="Dockerfile",
            because="in a container the published ports decide who reaches it",
        ),
        Bad(
            """
            import socketserver

            class Server(socketserver.TCPServer):
                allow_reuse_address = True

            Server(("", 8000), Handler).serve_forever()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import uvicorn

            uvicorn.run("app:app", port=8000)
            """,
            because="uvicorn listens on this machine only when no host is given",
        ),
        Good(
            """
            import uvicorn

            uvicorn.run("app:app", host="127.0.0.1")
            """,
            because="it listens on this machine only",
        ),
        Good(
            """
            import requests

            requests.get("http://0.0.0.0:8000/health")
            """,
            because="a client listens on nothing",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a host that is, or may be, every interface."""
        if call.name in SHELL_CALLS:
            for started in started_by_call(call):
                yield from self._command(started, call.span, call.context)
        elif call.name in HOSTS:
            yield from self._server(call)
        elif call.name in PLAIN:
            yield from self._plain(call, model)
        elif call.name == "ray.serve.start":
            for options in call.argument("http_options", 0).alternatives():
                if isinstance(options, Mapping) and any(map(is_open, options.get("host").strings())):
                    yield self._found(call, options.get("host").strings()[0], Confidence.HIGH, None)

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report variables that code sets."""
        for name in VARIABLES:
            yield from self._variable(name, settings_in_code(model, name))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report variables and commands in cells and scripts; not those of containers."""
        for started in started_in_text(document):
            if not started.in_container:
                yield from self._command(started, started.span)
        if not _CONTAINER.search(document.path):
            for name in VARIABLES:
                yield from self._variable(name, settings_in_text(document, name, value=ANY_VALUE))

    def _server(self, call: CallSite) -> Iterator[Finding]:
        position, keyword = HOSTS[call.name]
        host = call.argument(keyword, position)
        open_texts = [text for text in host.strings() if is_open(host_of(text))]
        others = OPEN_BY_DEFAULT.get(call.name)
        by_default = (
            not open_texts
            and others is not None
            and (host.is_absent or host.must_be(None))
            and all(call.argument(name).is_absent for name in others)
        )
        if not open_texts and not by_default:
            return
        port = open_texts[0].rpartition(":")[2] if open_texts and has_port(open_texts[0]) else ""
        edit = call.set_argument(keyword, f'"127.0.0.1{":" if port else ""}{port}"', position)
        minor = by_default and call.name != "litserve.LitServer().run"
        yield self._found(
            call,
            open_texts[0] if open_texts else "",
            Confidence.HIGH if by_default or host.string() is not None else Confidence.MEDIUM,
            edit,
            Severity.LOW if minor else None,
        )

    def _plain(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        position, keyword = PLAIN[call.name]
        address = call.argument(keyword, position)
        if call.name == "socket.socket().bind" and not _is_served(model):
            return  # to find a free port
        for option in address.alternatives():
            host: Value = option
            if isinstance(option, Sequence):
                if len(option.items) < 2 or option.items[1].must_be(0):
                    continue
                host = option.items[0]
            elif keyword != "host" and not call.name.startswith("zmq"):
                continue
            texts = [text for text in host.strings() if is_open(host_of(text)) or (text == "" and keyword != "addr")]
            unset = keyword == "host" and call.name.startswith("asyncio") and (host.is_absent or host.must_be(None))
            if texts or (
                unset and call.argument("sock").is_absent and not call.argument("port", position + 1).is_absent
            ):
                severity = Severity.MEDIUM if call.name in UNPICKLING else Severity.LOW
                edit = call.set_argument("host", '"127.0.0.1"', position) if keyword == "host" else None
                yield self._found(call, texts[0] if texts else "", Confidence.MEDIUM, edit, severity)
                return

    def _command(self, started: Started, span: Span, context: tuple[TraceStep, ...] = ()) -> Iterator[Finding]:
        if started.program == "ollama" and "serve" in started.texts and not started.in_text:
            for name, value in started.settings:
                if name == "OLLAMA_HOST" and is_open(host_of(value)):
                    message = (
                        f"`ollama serve` with `{value}` listens on all interfaces: everybody on the network can call it"
                    )
                    yield self.finding(span, message, trace=context)
            return
        found = listening(started)
        if found is None:
            return
        port = found.address.rpartition(":")[2] if has_port(found.address) else ""
        edit = started.with_value(f"127.0.0.1{':' if port else ''}{port}", found.option) if found.option else None
        if found.address == found.option:
            edit = started.without(found.option) if found.option else None
        shown = f"`{found.address}`" if found.address else "no host"
        yield self.finding(
            span,
            f"`{found.program}` with {shown} listens on all interfaces: everybody on the network can call it",
            severity=Severity.LOW if found.is_minor else Severity.MEDIUM,
            confidence=Confidence.HIGH if found.address and not found.is_minor else Confidence.MEDIUM,
            trace=context,
            fixes=_fixes(edit),
        )

    def _variable(self, name: str, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            texts = [text for text in setting.value.strings() if is_open(host_of(text))]
            if texts:
                yield self.finding(
                    setting.span,
                    f"by `{name}` with `{texts[0]}` {VARIABLES[name]} listens on all interfaces: everybody on the network can"
                    " call it",
                    confidence=Confidence.HIGH if setting.value.string() is not None else Confidence.MEDIUM,
                    fixes=_fixes(setting.removal, "Remove the variable"),
                )

    def _found(
        self, call: CallSite, address: str, sure: Confidence, edit: TextEdit | None, severity: Severity | None = None
    ) -> Finding:
        shown = f"`{address}`" if address else "no host"
        return self.finding(
            call.span,
            f"`{call.name.replace('()', '')}` with {shown} listens on all interfaces: everybody on the network can call it",
            severity=severity,
            confidence=sure,
            trace=call.context,
            fixes=_fixes(edit),
        )


def _is_served(model: SemanticModel) -> bool:
    """Whether somebody waits for what comes to a socket of the module."""
    return any(
        model.calls_of(f"socket.socket().{name}") for name in ("listen", "accept", "recvfrom", "recv", "recvfrom_into")
    )


def _fixes(edit: TextEdit | None, title: str = "Listen on this machine only") -> tuple[Fix, ...]:
    return () if edit is None else (Fix(title, (edit,), Applicability.UNSAFE, _OUT),)
