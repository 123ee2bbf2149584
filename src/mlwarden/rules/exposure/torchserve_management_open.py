"""MLW514: a model server whose API for loading models can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_lines import base_name
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
)
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.environment import Setting, is_true, settings_in_code, settings_in_text
from mlwarden.semantics.hosts import is_loopback, is_open
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS
from mlwarden.semantics.started import Started, started_by_call, started_in_text
from mlwarden.source.documents import text_at

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

# Keys of `config.properties` and the variables that stand for them, read from TorchServe 0.12's ConfigManager.
_ADDRESSES = ("management_address", "TS_MANAGEMENT_ADDRESS", "grpc_management_address", "TS_GRPC_MANAGEMENT_ADDRESS")
_TOKENS = ("disable_token_authorization", "TS_DISABLE_TOKEN_AUTHORIZATION")
_IN_ENVIRONMENT = (_ADDRESSES[1], _ADDRESSES[3], _TOKENS[1])
# A value up to a blank, a quote, a comment or the `\n` of a `printf`.
_VALUE = r"[^\s\"'#;}\\]+"
_ALLOWED = re.compile(r"^[ \t]*(?:allowed_urls|TS_ALLOWED_URLS)[ \t]*[=:][ \t]*(?P<value>\S+)", re.MULTILINE)
# Patterns for URLs that hold for every host: the default, `.*`, `https?://.*`.
_ANY_URL = re.compile(r"(?:^|[,|])(?:\.\*|https?\??://\.\*|http\(s\)\?://\.\*)")
_CONTAINERS = frozenset({"docker", "podman", "nerdctl", "singularity", "apptainer", "srun", "nvidia-docker"})
_SERVERS = frozenset({"tritonserver", "torchserve"})
_OFF = frozenset({"false", "0", "no", "off"})
_TOKENLESS = "nobody is asked for a token before models are added, scaled or taken away"


class TorchserveManagementOpen(Rule):
    """A model server whose API for loading models can be reached.

    ## Why is this bad?

    TorchServe's management API registers models from a URL, and a model archive holds Python code that the server
    runs: who reaches port 8081 runs code on the machine (CVE-2023-43654, "ShellTorch"). Triton in explicit
    mode loads and unloads models on request in the same way, and a model for its Python back end is code, too.

    ## How to fix

    Let `management_address` stay on `127.0.0.1`, keep the tokens on, and name the places that models may come from in
    `allowed_urls`. Start Triton without model control, restrict it with `--http-restricted-api` and
    `--grpc-restricted-protocol`, or let it listen on `127.0.0.1`.

    ## When it is fine

    In a container of which the management port is not published, and whose network holds nothing else that could be
    taken over; say so in the suppression.

    ## Limits

    Whether a port is published is seen only where `docker run` and the server stand in the same command.
    Configuration that a program puts together is not seen.

    ## Fix safety

    The fix is unsafe: other machines can no longer manage models, or need a token.
    """

    code = "MLW514"
    name = "torchserve-management-open"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = tuple(SHELL_CALLS)
    triggers = (*_ADDRESSES, *_TOKENS, "torchserve", "tritonserver", *TRIGGERS)
    cwe = (306, 918)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0049",)
    references = (
        Reference("TorchServe: security policy", "https://docs.pytorch.org/serve/security.html"),
        Reference("TorchServe: token authorization", "https://docs.pytorch.org/serve/token_authorization_api.html"),
        Reference("CVE-2023-43654: TorchServe", "https://nvd.nist.gov/vuln/detail/CVE-2023-43654"),
        Reference(
            "Triton: secure deployment",
            "https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/customization_guide/deploy.html",
        ),
    )
    examples = (
        Bad(
            """
            inference_address=http://127.0.0.1:8080
            management_address=http://0.0.0.0:8081
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            model_store=/home/model-server/model-store
            """,
            path="config.properties",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`management_address` opens TorchServe's management API on all interfaces: who reaches it can make the "
            "server load a model from any URL, with code in it; keep it on 127.0.0.1 and set `allowed_urls`",
            fixed="""
            inference_address=http://127.0.0.1:8080
            management_address=http://127.0.0.1:8081
            model_store=/home/model-server/model-store
            """,
        ),
        Bad(
            """
            management_address=https://[::]:8081
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            grpc_management_address = 0.0.0.0
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            allowed_urls=https://models.example.com/.*
            """,
            path="serving/ts.properties",
            fixed="""
            management_address=https://127.0.0.1:8081
            grpc_management_address = 127.0.0.1
            allowed_urls=https://models.example.com/.*
            """,
        ),
        Bad(
            """
            inference_address=http://0.0.0.0:8080
            disable_token_authorization=true
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            enable_model_api=true
            """,
            path="config.properties",
            severity=Severity.HIGH,
            message="`disable_token_authorization` takes the tokens off TorchServe's APIs: nobody is asked for a token before "
            "models are added, scaled or taken away",
            fixed="""
            inference_address=http://0.0.0.0:8080
            enable_model_api=true
            """,
        ),
        Bad(
            """
            FROM pytorch/torchserve:latest
            ENV TS_DISABLE_TOKEN_AUTHORIZATION=true
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            RUN printf "management_address=http://0.0.0.0:8081\\nload_models=all" >> config.properties
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            CMD ["torchserve", "--start", "--model-store", "/models", "--disable-token-auth"]
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            fixed="""
            FROM pytorch/torchserve:latest
            RUN printf "management_address=http://127.0.0.1:8081\\nload_models=all" >> config.properties
            CMD ["torchserve", "--start", "--model-store", "/models", "--disable-token-auth"]
            """,
        ),
        Bad(
            """
            import os
            import subprocess

            os.environ["TS_MANAGEMENT_ADDRESS"] = "http://0.0.0.0:8081"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run(["torchserve", "--start", "--model-store", store, "--dt", "--enable-model-api"], check=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            fixed="""
            import os
            import subprocess

            os.environ["TS_MANAGEMENT_ADDRESS"] = "http://127.0.0.1:8081"
            subprocess.run(["torchserve", "--start", "--model-store", store, "--dt", "--enable-model-api"], check=True)
            """,
        ),
        Bad(
            """
            #!/bin/bash
            tritonserver --model-repository=/models --model-control-mode=explicit --load-model=bert
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="serve.sh",
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`tritonserver --model-control-mode=explicit` listens on all interfaces and loads models on request: who "
            "reaches it runs code here; restrict the API, or let it listen on 127.0.0.1",
        ),
        Bad(
            """
            services:
              triton:
                image: nvcr.io/nvidia/tritonserver:25.01-py3
                command: tritonserver --model-repository s3://models --model-control-mode explicit
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="compose.yaml",
        ),
        Bad(
            as_notebook(
                "!torchserve --start --model-store store --models all --ts-config config.properties --disable-token-auth",
                "%%writefile config.properties\nmanagement_address=http://0.0.0.0:8081\n# management_address=http://0.0.0.0:1\n",
                "!docker run -p 8000:8000 nvcr.io/nvidia/tritonserver tritonserver --model-control-mode=explicit",
            ),
            path="example.ipynb",
            texts=(
                "torchserve --start --model-store store --models all --ts-config config.properties --disable-token-auth",
                "management_address=http://0.0.0.0:8081",
                "docker run -p 8000:8000 nvcr.io/nvidia/tritonserver tritonserver --model-control-mode=explicit",
            ),
            fixed=as_notebook(
                "!torchserve --start --model-store store --models all --ts-config config.properties",
                "%%writefile config.properties\nmanagement_address=http://127.0.0.1:8081\n# management_address=http://0.0.0.0:1\n",
                "!docker run -p 8000:8000 nvcr.io/nvidia/tritonserver tritonserver --model-control-mode=explicit",
            ),
        ),
        Good(
            """
            inference_address=http://0.0.0.0:8080
            management_address=http://127.0.0.1:8081
            # management_address=http://0.0.0.0:8081
            grpc_management_address=127.0.0.1
            disable_token_authorization=false
            """,
            because="models can be managed from this machine only, and with a token",
            path="config.properties",
        ),
        Good(
            """
            management_address=unix:/tmp/management.sock
            """,
            because="a socket in the file system is no network",
            path="config.properties",
        ),
        Good(
            """
            switch:
              management_address: 0.0.0.0
            """,
            because="that is the setting of something else",
            path="network.yaml",
        ),
        Good(
            """
            tritonserver --model-repository=/models
            tritonserver --model-repository=/models --model-control-mode=poll
            tritonserver --model-control-mode=explicit --http-address=127.0.0.1 --grpc-address=127.0.0.1
            tritonserver --model-control-mode=explicit --http-address=localhost --allow-grpc=false
            tritonserver --model-control-mode=explicit --http-restricted-api=model-repository:key=secret --allow-grpc=0
            docker run --rm -p 127.0.0.1:8000:8000 triton tritonserver --model-control-mode=explicit
            """,
            because="models are not loaded on request, or not on everybody's",
            path="serve.sh",
        ),
        Good(
            """
            import subprocess

            subprocess.run(["torchserve", "--start", "--model-store", "store", "--enable-model-api"])
            subprocess.run(["torchserve", "--stop"])
            subprocess.run(["pip", "install", "torchserve"])
            """,
            because="the management API listens on this machine only by default, and asks for a token",
        ),
        Good(
            """
            Never write `management_address=http://0.0.0.0:8081` into `config.properties`.
            """,
            because="prose configures nothing",
            path="README.md",
        ),
        Missed(
            """
            from pathlib import Path

            Path("config.properties").write_text("management_address=http://0.0.0.0:8081")
            """,
            because="what a program writes into files is not read as configuration",
        ),
        Missed(
            """
            FROM pytorch/torchserve:latest
            RUN printf "\\nmanagement_address=http://0.0.0.0:8081" >> config.properties
            """,
            because="the escape before the key hides it",
            path="Dockerfile",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that starts such a server."""
        for started in started_by_call(call):
            found = _judge(started)
            if found is not None:
                severity, confidence, message, _ = found
                yield self.finding(call.span, message, severity=severity, confidence=confidence, trace=call.context)
                return

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report code that sets TorchServe's variables."""
        for name in _IN_ENVIRONMENT:
            for setting in settings_in_code(model, name):
                yield from self._setting(name, setting, model.document)

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report configuration, and commands in cells, scripts, Dockerfiles and YAML."""
        for name in (*_ADDRESSES, *_TOKENS):
            for setting in settings_in_text(document, name, value=_VALUE):
                if not _is_comment(document, setting.span):
                    yield from self._setting(name, setting, document)
        for started in started_in_text(document):
            found = _judge(started)
            if found is not None:
                severity, confidence, message, edit = found
                fixes = () if edit is None else (_fix(edit, "Keep the tokens"),)
                yield self.finding(started.span, message, severity=severity, confidence=confidence, fixes=fixes)

    def _setting(self, name: str, setting: Setting, document: Document) -> Iterator[Finding]:
        """Report a key or variable that opens the management API, or takes the tokens off it."""
        confidence = Confidence.HIGH if name not in _IN_ENVIRONMENT else Confidence.MEDIUM
        if name in _TOKENS:
            if is_true(setting.value):
                yield self.finding(
                    setting.span,
                    f"`{name}` takes the tokens off TorchServe's APIs: {_TOKENLESS}",
                    confidence=confidence,
                    fixes=() if setting.removal is None else (_fix(setting.removal, "Keep the tokens"),),
                )
            return
        address = next((text for text in setting.value.strings() if _is_open_address(name, text)), None)
        if address is None:
            return
        text = text_at(document, setting.span.cell)
        allowed = _ALLOWED.search(text)
        limited = allowed is not None and not _ANY_URL.search(allowed["value"])
        reaches = "can register, scale and remove models; keep it on 127.0.0.1"
        if not limited:
            reaches = "can make the server load a model from any URL, with code in it; keep it on 127.0.0.1 and set `allowed_urls`"
        yield self.finding(
            setting.span,
            f"`{name}` opens TorchServe's management API on all interfaces: who reaches it {reaches}",
            confidence=confidence,
            fixes=_on_this_machine(text, setting.span, _host_of(address)),
        )


def _fix(edit: TextEdit, title: str) -> Fix:
    return Fix(title, (edit,), Applicability.UNSAFE, "other machines can no longer manage models, or need a token")


def _on_this_machine(text: str, span: Span, host: str) -> tuple[Fix, ...]:
    """The edit of the host in a setting, where it stands there."""
    place = text.rfind(host, span.start, span.end)
    if place < 0:
        return ()
    edit = TextEdit(Span(place, place + len(host), span.cell), "127.0.0.1")
    return (_fix(edit, "Manage models from this machine only"),)


def _host_of(address: str) -> str:
    """The host of `http://host:port` or of a bare address."""
    rest = address.partition("://")[2] or address
    if rest.startswith("["):
        return rest.partition("]")[0] + "]"
    return rest.partition("/")[0].partition(":")[0] if rest.count(":") < 2 else rest


def _is_open_address(name: str, address: str) -> bool:
    """Whether an address is every interface; other software has keys named `management_address`, too, without scheme."""
    if name == "management_address" and not address.startswith(("http://", "https://")):
        return False
    return is_open(_host_of(address))


def _is_comment(document: Document, span: Span) -> bool:
    text = text_at(document, span.cell)
    line_start = text.rfind("\n", 0, span.start) + 1
    return text[line_start : span.start].lstrip().startswith(("#", "//"))


def _judge(started: Started) -> tuple[Severity, Confidence, str, TextEdit | None] | None:
    """How bad a server's command is, how sure that is, why, and the edit that mends it; None for any other."""
    server = started
    if started.program in _CONTAINERS:
        index = next((i for i, text in enumerate(started.texts) if base_name(text) in _SERVERS), None)
        if index is None or not _is_published(started, index):
            return None
        words = started.words
        server = Started(
            base_name(words[index].text), words[index + 1 :], started.span, started.in_text, started.is_list
        )
    if server.program == "torchserve" and server.has("--disable-token-auth", "--dt"):
        if "--stop" in server.texts:
            return None
        severity = Severity.HIGH if server.has("--enable-model-api") else Severity.MEDIUM
        message = f"`torchserve --disable-token-auth` takes the tokens off TorchServe's APIs: {_TOKENLESS}"
        return severity, Confidence.HIGH, message, server.without("--disable-token-auth", "--dt")
    if (
        server.program == "tritonserver"
        and server.value("--model-control-mode") == "explicit"
        and _is_reachable(server)
    ):
        message = (
            "`tritonserver --model-control-mode=explicit` listens on all interfaces and loads models on request: who "
            "reaches it runs code here; restrict the API, or let it listen on 127.0.0.1"
        )
        return Severity.HIGH, Confidence.MEDIUM, message, None
    return None


def _is_published(started: Started, end: int) -> bool:
    """Whether a container's ports can be reached from other machines, by the options before its command."""
    if started.program not in {"docker", "podman", "nerdctl", "nvidia-docker"}:
        return True
    texts = started.texts[:end]
    published: list[str] = []
    for index, text in enumerate(texts):
        name, equals, value = text.partition("=")
        if name in {"--net", "--network"}:
            if (value if equals else texts[index + 1] if index + 1 < end else "") == "host":
                return True
        elif text in {"-P", "--publish-all"}:
            return True
        elif name in {"-p", "--publish"}:
            published.append(value if equals else texts[index + 1] if index + 1 < end else "")
        elif re.match(r"-p[\d\[]", text):
            published.append(text[2:])
    return any(not is_loopback(port.rsplit(":", 2)[0]) or port.count(":") < 2 for port in published)


def _is_reachable(server: Started) -> bool:
    """Whether one of Triton's two protocols takes orders from other machines."""
    for protocol, restricted in (("http", "--http-restricted-api"), ("grpc", "--grpc-restricted-protocol")):
        if (server.value(f"--allow-{protocol}") or "").lower() in _OFF:
            continue
        address = server.value(f"--{protocol}-address")
        if address is not None and is_loopback(address):
            continue
        guarded = server.value(restricted)
        if guarded is not None and "model-repository" in guarded:
            continue
        return True
    return False
