"""A client of a language server over standard input and output, that takes the time of every message."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

# A server that says nothing for so long is taken for hung.
PATIENCE = 300.0
_CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"publishDiagnostics": {"versionSupport": True, "relatedInformation": True, "dataSupport": True}},
    "notebookDocument": {"synchronization": {"dynamicRegistration": False}},
}


class ServerError(Exception):
    """The server ended, or did not answer."""


class Received(NamedTuple):
    """A message and when its last byte was here."""

    at: float
    message: Mapping[str, Any]


class Server:
    """A running server. A context manager: it ends with the block."""

    def __init__(self, command: Sequence[str], root: Path, options: Mapping[str, Any]) -> None:
        """Start it for a workspace folder.

        Args:
            command: the program and its arguments.
            root: the workspace folder.
            options: the `initializationOptions`.
        """
        self._errors = (root.parent / "stderr").open("w+b")
        self._process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        self._inbox: queue.SimpleQueue[Received | None] = queue.SimpleQueue()
        self._ids = 0
        threading.Thread(target=self._read, daemon=True).start()
        folder = {"uri": root.as_uri(), "name": root.name}
        params = {"processId": os.getpid(), "rootUri": root.as_uri(), "workspaceFolders": [folder]}
        self.request("initialize", {**params, "capabilities": _CAPABILITIES, "initializationOptions": options})
        self.notify("initialized", {})

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.request("shutdown", None)
                self.notify("exit", None)
                self._process.wait(PATIENCE)
        finally:
            if self._process.poll() is None:
                self._process.kill()
            self._process.communicate()
            self._errors.close()

    def notify(self, method: str, params: Any) -> float:
        """Send a notification; the time when it was handed over."""
        return self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Any:
        """Send a request and wait for its result."""
        self._ids += 1
        self._send({"id": self._ids, "method": method, "params": params})
        while True:
            message = self.receive().message
            if message.get("id") == self._ids and "method" not in message:
                if "error" in message:
                    raise ServerError(f"{method}: {message['error']}")
                return message.get("result")

    def receive(self) -> Received:
        """The next message. Requests of the server are answered before they are given out."""
        try:
            received = self._inbox.get(timeout=PATIENCE)
        except queue.Empty:
            raise ServerError(f"no message for {PATIENCE:.0f} seconds\n{self._said()}") from None
        if received is None:
            raise ServerError(f"the server ended with status {self._process.wait()}\n{self._said()}")
        message = received.message
        if "id" in message and "method" in message:
            # Settings: none but those it has. Anything else: done.
            items = (
                message.get("params", {}).get("items", []) if message["method"] == "workspace/configuration" else None
            )
            self._send({"id": message["id"], "result": None if items is None else [None] * len(items)})
        return received

    def diagnostics(self, uris: Iterable[str], version: int) -> tuple[float, dict[str, Sequence[Mapping[str, Any]]]]:
        """Wait for the diagnostics of texts at a version, in any order; when the last came, and what they are."""
        missing, found, at = set(uris), {}, 0.0
        while missing:
            at, message = self.receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                if params["uri"] in missing and params.get("version") == version:
                    missing.remove(params["uri"])
                    found[params["uri"]] = params["diagnostics"]
        return at, found

    def cpu(self) -> float:
        """Seconds of processor time of the server and the processes it has started, or 0 where that is not told."""
        return sum(map(_cpu, _tree(self._process.pid)))

    def _send(self, message: Mapping[str, Any]) -> float:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stdin = self._process.stdin
        assert stdin is not None
        at = time.perf_counter()
        try:
            stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            stdin.flush()
        except BrokenPipeError:
            raise ServerError(f"the server ended\n{self._said()}") from None
        return at

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        while (body := _message(stdout)) is not None:
            at = time.perf_counter()
            self._inbox.put(Received(at, json.loads(body)))
        self._inbox.put(None)

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode(errors="replace")


def _message(stream: IO[bytes]) -> bytes | None:
    """The next message's body, or None where the stream ends."""
    length = 0
    while (line := stream.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = stream.read(length) if line else b""
    return body if line and len(body) == length else None


def _tree(pid: int) -> list[int]:
    """A process and those below it."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = children.read_text().split()
        except OSError:  # the thread has ended
            continue
        for child in below:
            found += _tree(int(child))
    return found


def _cpu(pid: int) -> float:
    """Processor time of a process with all its threads, by Linux's clock for it: in nanoseconds, not ticks."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except (OSError, AttributeError):
        return 0.0
