"""MLW505: an inference server that listens on all interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Reference, Rule, Severity
from mlwarden.semantics.hosts import is_open

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Call -> (position, keyword) of the host, from the signatures of the libraries.
SERVERS: dict[str, tuple[int | None, str]] = {
    "uvicorn.run": (None, "host"),
    "uvicorn.Config": (1, "host"),
    "hypercorn.run": (None, "bind"),
    "waitress.serve": (None, "host"),
    "flask.Flask().run": (0, "host"),
    "quart.Quart().run": (0, "host"),
    "sanic.Sanic().run": (0, "host"),
    "bottle.run": (2, "host"),
    "dash.Dash().run": (0, "host"),
    "dash.Dash().run_server": (0, "host"),
    "aiohttp.web.run_app": (None, "host"),
    "werkzeug.serving.run_simple": (0, "hostname"),
    "litserve.LitServer().run": (0, "host"),
    "ray.serve.start": (None, "http_options"),
    "dask.distributed.LocalCluster": (None, "host"),
    "distributed.LocalCluster": (None, "host"),
    "tornado.web.Application().listen": (1, "address"),
    "nicegui.ui.run": (None, "host"),
    "panel.serve": (None, "address"),
    "grpc.server().add_insecure_port": (0, "address"),
    "grpc.aio.server().add_insecure_port": (0, "address"),
    "mcp.server.fastmcp.FastMCP": (None, "host"),
    "fastmcp.FastMCP().run": (None, "host"),
}
# Servers that listen on all interfaces when no host is given.
OPEN_BY_DEFAULT = frozenset({"litserve.LitServer().run"})


class BindAllInterfaces(Rule):
    """An inference server that listens on all interfaces.

    ## Why is this bad?

    `0.0.0.0` makes a server reachable from every network the machine is in: the office, the cloud's network, with
    a public address the whole internet. Inference servers seldom ask who is calling, so anybody there can use the
    model, read what it answers and send it inputs that were never meant to reach it.

    ## How to fix

    Listen on `127.0.0.1` and put a proxy with authentication in front.

    ## When it is fine

    In a container whose port is published to a proxy only; say so in the suppression.

    ## Limits

    Whether the application asks for authentication is not known.

    ## Fix safety

    The fix is unsafe because other machines, and a container's host, can no longer reach the server.
    """

    code = "MLW505"
    name = "bind-all-interfaces"
    severity = Severity.MEDIUM
    calls = tuple(SERVERS)
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
        position, keyword = SERVERS[call.name]
        host = call.argument(keyword, position)
        open_texts = [text for text in host.strings() if is_open(_host_of(text))]
        by_default = host.is_absent and call.name in OPEN_BY_DEFAULT
        if not open_texts and not by_default:
            return
        fixes: tuple[Fix, ...] = ()
        port = open_texts[0].rpartition(":")[2] if open_texts and _has_port(open_texts[0]) else ""
        edit = call.set_argument(keyword, f'"127.0.0.1{":" if port else ""}{port}"', position)
        if edit is not None:
            fixes = (
                Fix(
                    "Listen on this machine only",
                    (edit,),
                    Applicability.UNSAFE,
                    "other machines, and a container's host, can no longer reach the server",
                ),
            )
        shown = f"`{open_texts[0]}`" if open_texts else "no host"
        yield self.finding(
            call.span,
            f"`{_short(call.name)}` with {shown} listens on all interfaces: everybody on the network can call it",
            confidence=Confidence.HIGH if by_default or host.string() is not None else Confidence.MEDIUM,
            trace=call.context,
            fixes=fixes,
        )


def _has_port(text: str) -> bool:
    head, colon, tail = text.rpartition(":")
    return bool(colon) and tail.isdigit() and (":" not in head or head.endswith("]"))


def _host_of(text: str) -> str:
    return text.rpartition(":")[0] if _has_port(text) else text


def _short(name: str) -> str:
    return name.replace("()", "")
