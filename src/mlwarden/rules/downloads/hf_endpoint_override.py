"""MLW226: the Hub's address, or its offline switches, are changed in code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlwarden.model.findings import TraceStep
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.environment import is_false, settings_in_code, settings_in_text
from mlwarden.semantics.hosts import is_loopback
from mlwarden.semantics.loaders import switched_off
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.values import Value

if TYPE_CHECKING:
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_ENDPOINT = "HF_ENDPOINT"
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
_OWN_HOSTS = ("huggingface.co", "hf.co")
# Attributes that the libraries read instead of the variables, once they are imported.
_ENDPOINTS = (
    "huggingface_hub.constants.ENDPOINT",
    "datasets.config.HF_ENDPOINT",
    "transformers.utils.hub.HUGGINGFACE_CO_RESOLVE_ENDPOINT",
)
_SWITCHES = (
    "huggingface_hub.constants.HF_HUB_OFFLINE",
    "datasets.config.HF_HUB_OFFLINE",
    "datasets.config.HF_DATASETS_OFFLINE",
)
# Calls of huggingface_hub with `endpoint`.
_CALLS = frozenset(
    f"huggingface_hub.{name}"
    for name in ("HfApi", "HfFileSystem", "hf_hub_download", "snapshot_download", "hf_hub_url")
)
_REMOVERS = ("os.environ.pop", "os.unsetenv")
_IN_TEXT = re.compile(
    r"(?<![\w$-])(?P<name>HF_ENDPOINT)(?:[\"']?[ \t]*[=:][ \t]*|[ \t]+)[\"']?(?P<value>https?://[^\s\"'`;&|<>]+)"
)
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".html", ".htm", ".rmd", ".qmd")


class HfEndpointOverride(Rule):
    """The Hub's address, or its offline switches, changed by the program itself.

    ## Why is this bad?

    `HF_ENDPOINT` sends every download, and the access token with it, to another server. That server answers what it
    likes to every model name, and commit hashes in `revision` don't help, because it says itself which files belong to
    them. `HF_HUB_OFFLINE=0` in code undoes what the operator of a closed environment has set.

    ## How to fix

    Leave both to the environment in which the program is started, and use a mirror that your organisation runs.

    ## When it is fine

    With the organisation's own mirror, or in a test.

    ## Limits

    An address that is read from elsewhere is not reported. The other `HF_HUB_DISABLE_...` variables turn telemetry, progress
    bars and the like off; none is a protection.
    """

    code = "MLW226"
    name = "hf-endpoint-override"
    severity = Severity.MEDIUM
    default = False
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    triggers = (_ENDPOINT, *_OFFLINE, "ENDPOINT", "HUGGINGFACE_CO_RESOLVE_ENDPOINT", ("huggingface_hub", "endpoint"))
    cwe = (346,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010",)
    references = (
        Reference(
            "huggingface_hub: environment variables",
            "https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables",
        ),
    )
    examples = (
        Bad(
            """
            import os

            os.environ["HF_ENDPOINT"] = "https://mirror.example.org"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="downloads from the Hub, and the access token, go to 'mirror.example.org' instead",
        ),
        Bad(
            """
            from os import environ

            MIRROR = "http://mirror.example.org/hub"

            def prepare():
                environ.setdefault("HF_ENDPOINT", MIRROR)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            message="downloads from the Hub, and the access token, go to 'mirror.example.org' instead, without encryption",
        ),
        Bad(
            """
            import os
            import subprocess

            os.environ.update({"HF_HUB_OFFLINE": "0"})
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run(["python", "train.py"], env={"TRANSFORMERS_OFFLINE": "false"})
                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            os.environ.pop("HF_DATASETS_OFFLINE", None)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Bad(
            """
            import datasets
            from huggingface_hub import HfApi, constants

            constants.HF_HUB_OFFLINE = False
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            datasets.config.HF_ENDPOINT = "https://mirror.example.org"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            api = HfApi(endpoint="https://mirror.example.org")
                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            as_notebook("%env HF_ENDPOINT=https://mirror.example.org\n", "!HF_HUB_OFFLINE=0 python train.py\n"),
            path="train.ipynb",
            texts=("HF_ENDPOINT=https://mirror.example.org", "HF_HUB_OFFLINE=0"),
        ),
        Bad(
            """
            FROM python:3.12
            ENV HF_ENDPOINT=https://mirror.example.org
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
        ),
        Good(
            """
            import os

            os.environ["HF_ENDPOINT"] = "https://huggingface.co"
            os.environ["HF_ENDPOINT"] = "http://localhost:8080"
            os.environ["HF_ENDPOINT"] = os.environ["COMPANY_MIRROR"]
            os.environ["HF_HUB_OFFLINE"] = "1"
            os.environ["HF_HUB_DISABLE_TELEMETRY"] = "0"
            """,
            because="it is the Hub itself, this machine, set elsewhere, stricter, or no protection",
        ),
        Good(
            """
            import os
            from huggingface_hub import HfApi

            endpoint = os.getenv("HF_ENDPOINT", "https://mirror.example.org")
            api = HfApi()
            print("set HF_ENDPOINT=https://mirror.example.org")
            """,
            because="the variable is read, or only spoken of",
        ),
        Good(
            """
            class HfApi:
                def __init__(self, endpoint):
                    self.endpoint = endpoint

            api = HfApi(endpoint="https://mirror.example.org")
            """,
            because="this class is the project's own",
        ),
        Good(
            """
            Set HF_ENDPOINT=https://mirror.example.org before you start.
            """,
            path="README.md",
            because="a text that explains configures nothing",
        ),
        Missed(
            """
            import os

            os.environ["HF_" + name] = "https://mirror.example.org"
            """,
            because="the variable's name is put together at run time",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report variables, attributes of the libraries and arguments that change the address or the switches."""
        for setting in settings_in_code(model, _ENDPOINT):
            yield from self._check_address(setting.span, setting.value)
        for name in _OFFLINE:
            for setting in settings_in_code(model, name):
                if is_false(setting.value):
                    yield self._online(setting.span, name)
        for assignment in model.assignments:
            if assignment.fragment.path is not None:
                continue
            if assignment.target in _ENDPOINTS:
                yield from self._check_address(assignment.span, assignment.value)
            elif assignment.target in _SWITCHES and switched_off(assignment.value) is not None:
                yield self._online(assignment.span, assignment.attribute)
        for call in model.calls:
            if call.fragment.path is not None:
                continue
            if call.name in _CALLS:
                span = call.argument_span("endpoint") or call.span
                yield from self._check_address(span, call.argument("endpoint"), trace_of(call))
            elif call.name in _REMOVERS:
                for name in call.argument("key", 0).strings():
                    if name in _OFFLINE:
                        yield self._online(call.span, name, trace_of(call))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report magics, scripts and configuration files that set the variables."""
        for name in _OFFLINE:
            for setting in settings_in_text(document, name):
                if is_false(setting.value):
                    yield self._online(setting.span, name)
        for span, address in _addresses(document):
            yield from self._address(span, (address,))

    def _check_address(self, span: Span, value: Value, trace: tuple[TraceStep, ...] = ()) -> Iterator[Finding]:
        yield from self._address(span, value.strings(), trace)

    def _address(self, span: Span, addresses: tuple[str, ...], trace: tuple[TraceStep, ...] = ()) -> Iterator[Finding]:
        for address in addresses:
            host = _host(address)
            if host is None or is_loopback(host) or host in _OWN_HOSTS or host.endswith((".huggingface.co", ".hf.co")):
                continue
            plain = address.strip().lower().startswith("http://")
            yield self.finding(
                span,
                f"downloads from the Hub, and the access token, go to '{host}' instead"
                + (", without encryption" if plain else ""),
                severity=Severity.HIGH if plain else Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                trace=trace,
            )
            return

    def _online(self, span: Span, name: str, trace: tuple[TraceStep, ...] = ()) -> Finding:
        return self.finding(
            span,
            f"`{name}` is turned off here, whatever the environment that the program runs in has set",
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            trace=trace,
        )


def _host(address: str) -> str | None:
    try:
        return urlsplit(address.strip()).hostname
    except ValueError:
        return None


def _addresses(document: Document) -> Iterator[tuple[Span, str]]:
    """Where the magics of a notebook, or a file of settings, give the Hub another address."""
    from mlwarden.notebooks.notebook import Notebook
    from mlwarden.source.documents import PlainText

    if isinstance(document, Notebook):
        for cell in document.cells:
            for magic in cell.magics:
                for match in _IN_TEXT.finditer(cell.source[magic.span.start : magic.span.end]):
                    start = magic.span.start
                    yield Span(start + match.start("name"), start + match.end("value"), cell.index), match["value"]
    elif isinstance(document, PlainText) and not document.path.lower().endswith(_PROSE):
        for match in _IN_TEXT.finditer(document.text):
            line_start = document.text.rfind("\n", 0, match.start()) + 1
            if not document.text[line_start : match.start()].lstrip().startswith(("#", "//", ";")):
                yield Span(match.start("name"), match.end("value")), match["value"]
