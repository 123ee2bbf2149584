"""What goes over the wire, byte for byte: answers to messages that no client library would send, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "mlwarden", "server"]


class Wire:
    """A server process and its pipes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in, self._out = self.process.stdin, self.process.stdout

    def raw(self, body: bytes) -> None:
        self._in.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._in.flush()

    def send(self, method: str, params: Any = None, number: int | None = None) -> None:
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = params
        if number is not None:
            message["id"] = number
        self.raw(json.dumps(message).encode())

    def receive(self) -> dict[str, Any]:
        """The next message; anything else on standard output fails the test."""
        length = 0
        while (line := self._out.readline()) != b"\r\n":
            name, _, value = line.partition(b": ")
            assert name in (b"Content-Length", b"Content-Type"), line
            if name == b"Content-Length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._out.read(length))
        return message

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a request; what comes before it is passed over."""
        while True:
            message = self.receive()
            if message.get("id") == number:
                return message

    def start(self, **params: Any) -> None:
        self.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}, **params}, 1)
        self.answer(1)
        self.send("initialized", {})

    def end(self) -> tuple[int, bytes]:
        """Close standard input; the exit status, and what the server said on standard error."""
        self._in.close()
        status = self.process.wait()
        assert self.process.stderr is not None
        said = self.process.stderr.read()
        return status, said


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.process.kill()
    wire.process.wait()
    for pipe in (wire.process.stdin, wire.process.stdout, wire.process.stderr):
        assert pipe is not None
        pipe.close()


def open_text(wire: Wire, text: str, uri: str = "file:///nowhere/a.py") -> None:
    item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    wire.send("textDocument/didOpen", {"textDocument": item})


def test_shutdown_and_exit(wire: Wire) -> None:
    wire.start()
    wire.send("shutdown", number=2)
    assert wire.answer(2) == {"jsonrpc": "2.0", "id": 2, "result": None}
    wire.send("exit")
    assert wire.end() == (0, b"")


def test_exit_without_shutdown(wire: Wire) -> None:
    wire.start()
    wire.send("exit")
    assert wire.end() == (1, b"")


def test_the_client_vanishes(wire: Wire) -> None:
    wire.start()
    open_text(wire, "import torch\ntorch.load(path)\n")
    assert wire.end() == (1, b"")


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("textDocument/hover", {"textDocument": {"uri": 7}, "position": 3}, -32602),
        (
            "textDocument/hover",
            {"textDocument": {"uri": "file:///a"}, "position": {"line": -1, "character": 0}},
            -32602,
        ),
        ("textDocument/codeAction", {}, -32602),
        (
            "textDocument/rename",
            {"textDocument": {"uri": "x"}, "position": {"line": 0, "character": 0}, "newName": "y"},
            -32601,
        ),
        ("mlwarden/unheard", {}, -32601),
        ("workspace/executeCommand", {"command": "unheard"}, -32602),
    ],
)
def test_requests_that_make_no_sense_are_refused(wire: Wire, method: str, params: Any, code: int) -> None:
    wire.start()
    wire.send(method, params, 2)
    assert wire.answer(2)["error"]["code"] == code
    _still_works(wire)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"3",
        b"\xff\xfe",
        b'{"jsonrpc": "1.0", "method": "exit"}',
        b'{"jsonrpc": "2.0"}',
        b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": 1}}',
        b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": '
        b'{"textDocument": {"uri": "a", "version": 1}, "contentChanges": '
        b'[{"range": {"start": {"line": 9999999999999, "character": -1}}, "text": "x"}]}}',
        b'{"jsonrpc": "2.0", "method": "notebookDocument/didChange", "params": {}}',
        b'{"jsonrpc": "2.0", "id": "x", "result": 5}',
        b"[" * 100_000,
    ],
)
def test_messages_that_make_no_sense_are_passed_over(wire: Wire, body: bytes) -> None:
    wire.start()
    wire.raw(body)
    _still_works(wire)


def test_a_document_is_never_quoted_on_standard_error_or_in_the_log(wire: Wire) -> None:
    secret = "hf_" + "a" * 34
    wire.start()
    open_text(wire, f'token = "{secret}"\n')
    wire.send(
        "textDocument/didOpen", {"textDocument": {"uri": 7, "languageId": "python", "version": 1, "text": secret}}
    )
    wire.send(
        "textDocument/didChange",
        {"textDocument": {"uri": "file:///b", "version": 2}, "contentChanges": [{"text": secret}]},
    )
    wire.send("textDocument/hover", {"textDocument": {"uri": secret}, "position": 3}, 2)
    messages = [wire.receive()]
    while messages[-1].get("id") != 2:
        messages.append(wire.receive())
    wire.send("shutdown", number=3)
    while messages[-1].get("id") != 3:
        messages.append(wire.receive())
    wire.send("exit")
    status, said = wire.end()
    assert (status, said) == (0, b"")
    assert secret not in json.dumps([message for message in messages if message.get("id") != 2])


def _still_works(wire: Wire) -> None:
    open_text(wire, "x = (\n")
    while True:
        message = wire.receive()
        if message.get("method") == "textDocument/publishDiagnostics":
            break
    params = message["params"]
    assert (params["uri"], params["version"]) == ("file:///nowhere/a.py", 1)
    assert [diagnostic["code"] for diagnostic in params["diagnostics"]] == ["MLW003"]
    wire.send("shutdown", number=9)
    assert wire.answer(9)["result"] is None
    wire.send("exit")
    assert wire.end() == (0, b"")
