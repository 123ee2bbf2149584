"""Servers, and where they listen: calls of Python libraries, and programs that are started with options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.semantics.hosts import is_open

if TYPE_CHECKING:
    from mlwarden.semantics.started import Started


@dataclass(frozen=True, slots=True)
class Program:
    """A server that is started by a command.

    Attributes:
        verbs: the words of which one has to be among its arguments; none for any.
        options: those that say where it listens.
        is_open: whether it listens on all interfaces when none of them is given.
        is_minor: whether little is lost, or it asks for a login by itself.
        needs: options of which one has to be given too.
        everywhere: switches that mean all interfaces.
    """

    verbs: tuple[str, ...] = ()
    options: tuple[str, ...] = ("--host",)
    is_open: bool = False
    is_minor: bool = False
    needs: tuple[str, ...] = ()
    everywhere: tuple[str, ...] = ()


_BIND = ("-b", "--bind")
_VLLM = Program(is_open=True)
# The options are those of uvicorn 0.3x, gunicorn 23, Flask 3, bentoml 1.4, vllm 0.1x, text-generation-inference 3, triton 2.5x,
# tensorboard 2.2x, mlflow 3.18, marimo 0.1x, distributed 2026.8, label-studio 1.23, streamlit 1.67, chainlit 2.12.
PROGRAMS: dict[str, tuple[Program, ...]] = {
    "uvicorn": (Program(),),
    "hypercorn": (Program(options=_BIND),),
    "gunicorn": (Program(options=_BIND),),
    "flask": (Program(("run",), ("--host", "-h")),),
    "fastapi": (Program(("run",), is_open=True), Program(("dev",))),
    "bentoml": (Program(("serve", "serve-http", "serve-grpc"), is_open=True),),
    "vllm": (Program(("serve",), is_open=True),),
    "vllm.entrypoints.openai.api_server": (_VLLM,),
    "vllm.entrypoints.api_server": (_VLLM,),
    "sglang.launch_server": (Program(),),
    "lmdeploy": (Program(("serve",), ("--server-name",), is_open=True),),
    "text-generation-launcher": (Program(options=("--hostname",), is_open=True),),
    "text-embeddings-router": (Program(options=("--hostname",), is_open=True),),
    "tritonserver": (Program(options=("--http-address",), is_open=True),),
    "tensorboard": (Program(everywhere=("--bind_all",)),),
    "tensorboard.main": (Program(everywhere=("--bind_all",)),),
    "mlflow": (Program(("models",), ("--host", "-h")),),
    "marimo": (Program(("edit", "run", "new"), needs=("--no-token",)),),
    "dask": (Program(("scheduler",), is_open=True),),
    "dask-scheduler": (Program(is_open=True),),
    "distributed.cli.dask_scheduler": (Program(is_open=True),),
    "label-studio": (Program(("start",), ("--internal-host",), is_open=True, is_minor=True),),
    "streamlit": (Program(("run",), ("--server.address",), is_minor=True),),
    "chainlit": (Program(("run",), ("--host",)),),
    "llama-server": (Program(),),
    "llama_cpp.server": (Program(),),
    "fastchat.serve.openai_api_server": (Program(),),
    "fastchat.serve.controller": (Program(),),
    "fastchat.serve.model_worker": (Program(),),
    "fastchat.serve.gradio_web_server": (Program(),),
    "xinference-local": (Program(options=("--host", "-h")),),
    "chroma": (Program(("run",)),),
    "langflow": (Program(("run",)),),
    "optuna-dashboard": (Program(),),
    "panel": (Program(("serve",), ("--address",), is_minor=True),),
    "bokeh": (Program(("serve",), ("--address",), is_minor=True),),
    "aim": (Program(("up", "server"), ("--host", "-h")),),
    "http.server": (Program(options=_BIND, is_open=True, is_minor=True),),
}
# Call -> (position, keyword) of the host, from the signatures of the libraries.
HOSTS: dict[str, tuple[int | None, str]] = {
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
    "ray.serve.HTTPOptions": (None, "host"),
    "ray.serve.config.HTTPOptions": (None, "host"),
    "dask.distributed.LocalCluster": (None, "host"),
    "distributed.LocalCluster": (None, "host"),
    "tornado.web.Application().listen": (1, "address"),
    "nicegui.ui.run": (None, "host"),
    "panel.serve": (None, "address"),
    "grpc.server().add_insecure_port": (0, "address"),
    "grpc.aio.server().add_insecure_port": (0, "address"),
    "mcp.server.fastmcp.FastMCP": (None, "host"),
    "fastmcp.FastMCP().run": (None, "host"),
    "tensorboard.program.TensorBoard().configure": (None, "host"),
}
# Those that listen on all interfaces when no host is given -> the arguments by which they do not.
OPEN_BY_DEFAULT: dict[str, tuple[str, ...]] = {
    "litserve.LitServer().run": (),
    "aiohttp.web.run_app": ("path", "sock"),
    "waitress.serve": ("listen", "unix_socket", "sockets"),
    "nicegui.ui.run": ("native", "uds", "fd"),
    "tornado.web.Application().listen": (),
}
# Servers of any kind, not of models only: call -> (position, keyword) of the host or address.
PLAIN: dict[str, tuple[int, str]] = {
    "asyncio.start_server": (1, "host"),
    **{
        f"asyncio.{loop}().create_server": (1, "host")
        for loop in ("get_running_loop", "get_event_loop", "new_event_loop")
    },
    "socket.socket().bind": (0, "address"),
    "socket.create_server": (0, "address"),
    **{f"socketserver.{name}TCPServer": (0, "server_address") for name in ("", "Threading", "Forking")},
    **{f"socketserver.{name}UDPServer": (0, "server_address") for name in ("", "Threading", "Forking")},
    **{f"http.server.{name}HTTPServer": (0, "server_address") for name in ("", "Threading")},
    "xmlrpc.server.SimpleXMLRPCServer": (0, "addr"),
    "wsgiref.simple_server.make_server": (0, "host"),
    "gevent.pywsgi.WSGIServer": (0, "listener"),
    **{f"websockets.{name}serve": (1, "host") for name in ("", "server.", "asyncio.server.", "sync.server.")},
    **{f"zmq.{made}.socket().bind": (0, "addr") for made in ("Context()", "Context.instance()", "asyncio.Context()")},
    "multiprocessing.connection.Listener": (0, "address"),
    "multiprocessing.managers.BaseManager": (0, "address"),
    "multiprocessing.managers.SyncManager": (0, "address"),
}
# Those that unpickle what they are sent by whoever knows the key.
UNPICKLING = frozenset(name for name in PLAIN if name.startswith("multiprocessing."))
VARIABLES = {
    "OLLAMA_HOST": "Ollama",
    "UVICORN_HOST": "uvicorn",
    "FLASK_RUN_HOST": "`flask run`",
    "CHAINLIT_HOST": "Chainlit",
    "BENTOML_HOST": "BentoML",
}


@dataclass(frozen=True, slots=True)
class Listening:
    """A server that listens on all interfaces.

    Attributes:
        program: what is started, as it is to be named.
        address: what was given, or "" where that is the default.
        option: the option that was given.
        is_minor: see `Program`.
    """

    program: str
    address: str
    option: str
    is_minor: bool


def listening(started: Started) -> Listening | None:
    """Whether a command starts a server of `PROGRAMS` on all interfaces."""
    for program in PROGRAMS.get(started.program, ()):
        verb = next((text for text in started.texts[:8] if text in program.verbs), "")
        if (program.verbs and not verb) or (program.needs and not started.has(*program.needs)):
            continue
        if started.has("--help", "--version", "--uds", "--fd"):
            return None
        name = f"{started.program} {verb}".strip()
        switch = next((switch for switch in program.everywhere if started.is_switched_on(switch)), "")
        if switch:
            return Listening(name, switch, switch, program.is_minor)
        option = next((option for option in program.options if started.has(option)), "")
        address = started.value(option) if option else None
        if address is None:
            return Listening(name, "", "", program.is_minor) if program.is_open else None
        return Listening(name, address, option, program.is_minor) if is_open(host_of(address)) else None
    return None


def host_of(address: str) -> str:
    """The host in `host:port`, `tcp://*:5555` or a bare host."""
    address = re.sub(r"^\w+://", "", address).rstrip("/")
    return address.rpartition(":")[0] if has_port(address) else address


def has_port(address: str) -> bool:
    """Whether an address ends in a port."""
    head, colon, tail = address.rpartition(":")
    is_port = tail.isdigit() or tail.startswith(("{", "$"))
    return bool(colon) and is_port and (":" not in head or head.endswith("]"))
