"""MLW132: data from the network reaches a loader that runs code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mlwarden.model.findings import TraceStep
from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.model.spans import Span
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import LOADERS, data_of
from mlwarden.semantics.origins import OriginKind, origin_of, trace_of
from mlwarden.semantics.values import Reference as Name
from mlwarden.semantics.values import Sequence, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel

# Published files: what is wrong with loading them is said by the loader's own rule.
_PUBLISHED = re.compile(r"`(?:huggingface_hub|kagglehub|torch\.hub|keras\.utils)\b")
# Stores that belong to the application, most of the time.
_OWN_STORES = re.compile(r"`(?:boto3|google\.cloud|redis|azure)\b")
_OWN_PREFIX = re.compile(r"(?:s3|gs|gcs|az|abfss?|hdfs|wasbs?)://", re.I)
_HUB_PREFIX = re.compile(r"hf://", re.I)
# Messages from sockets and brokers, by the name of what gave them.
_MESSAGES = re.compile(
    r"(?:zmq|kafka|aiokafka|confluent_kafka|pika|aio_pika|nats|paho|websockets?|websocket|socket)\b.*"
    r"\.(?:recv\w*|value|body|payload|data|poll|consume|read)\b.*"
)
_CONSUMERS = ("kafka.KafkaConsumer", "aiokafka.AIOKafkaConsumer", "confluent_kafka.DeserializingConsumer")
_INSECURE = ("kombu.enable_insecure_serializers", "kombu.serialization.enable_insecure_serializers")
_ACCEPTED = ("accept_content", "CELERY_ACCEPT_CONTENT", "result_accept_content", "CELERY_RESULT_ACCEPT_CONTENT")
_PICKLE_NAMES = ("pickle", "application/x-python-serialize")
_QUOTED = re.compile(r"[\"'](?:pickle|application/x-python-serialize)[\"']")


class PickleFromNetwork(Rule):
    """Data from the network in a loader that runs code.

    ## Why is this bad?

    Pickles and their relatives are programs. Where the bytes come from a request, a socket, a broker or a download, the
    program is written by whoever sends them, and it runs with all rights of the process. No further condition is
    needed: this is remote code execution.

    ## How to fix

    Exchange JSON that is checked against a schema, Arrow or safetensors. Where pickles have to stay, sign them and
    compare the HMAC before they are decoded.

    ## When it is fine

    Never on a connection that others can reach.

    ## Limits

    Files from model hubs are left to the rule of the loader. A digest or HMAC that is compared on the way counts as
    a check of the sender.

    ## Fix safety

    The fix, for Celery, is unsafe: tasks whose arguments JSON cannot hold fail.
    """

    code = "MLW132"
    name = "pickle-from-network"
    severity = Severity.CRITICAL
    calls = (*LOADERS, "*.recv_pyobj", *_CONSUMERS, *_INSECURE, "celery.Celery", "celery.Celery().conf.update")
    assigns = tuple(f"*.{name}" for name in _ACCEPTED)
    yields_to = ("MLW407",)
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0049", "AML.T0011.000")
    references = (
        Reference("Python: pickle, the warning at the top", "https://docs.python.org/3/library/pickle.html"),
        Reference("CVE-2025-47277: vLLM", "https://nvd.nist.gov/vuln/detail/CVE-2025-47277"),
        Reference("Celery: security, serializers", "https://docs.celeryq.dev/en/stable/userguide/security.html"),
    )
    examples = (
        Bad(
            """
            import pickle
            import requests

            model = pickle.loads(requests.get("https://example.com/model.pkl").content)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="`pickle.loads` reads data from the network: whoever controls it runs code in this process",
        ),
        Bad(
            """
            import joblib
            from fastapi import FastAPI, UploadFile

            app = FastAPI()

            @app.post("/model")
            async def upload(file: UploadFile):
                return joblib.load(file.file)
                       ^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            message="`joblib.load` reads data from a web request: whoever controls it runs code in this process",
        ),
        Bad(
            """
            import socket
            import cloudpickle

            def serve():
                connection, _ = socket.socket().accept()
                return cloudpickle.loads(connection.recv(4096))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import pandas as pd

            frame = pd.read_pickle("http://example.com/train.pkl")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
        ),
        Bad(
            """
            import zmq

            def worker(address):
                socket = zmq.Context().socket(zmq.PULL)
                socket.connect(address)
                return socket.recv_pyobj()
                       ^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from celery import Celery

            app = Celery("tasks")
            app.conf.accept_content = ["json", "pickle"]
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            message="Celery accepts pickles here: whoever can put a message into the broker runs code in the workers",
            fixed="""
            from celery import Celery

            app = Celery("tasks")
            app.conf.accept_content = ["json"]
            """,
        ),
        Good(
            """
            import hashlib
            import hmac
            import pickle
            import requests

            def fetch(url, key, expected):
                body = requests.get(url).content
                if not hmac.compare_digest(hmac.new(key, body, hashlib.sha256).hexdigest(), expected):
                    raise ValueError(url)
                return pickle.loads(body)
            """,
            because="the signature is compared before the bytes are decoded; MLW111 still reports the pickle",
        ),
        Good(
            """
            import json
            import requests
            import yaml

            settings = json.loads(requests.get("https://example.com/settings.json").content)
            others = yaml.safe_load(requests.get("https://example.com/settings.yaml").text)
            """,
            because="these loaders build data only",
        ),
        Good(
            """
            from celery import Celery

            app = Celery("tasks")
            app.conf.update(accept_content=["json"], task_serializer="json")
            """,
            because="JSON holds data only",
        ),
        Missed(
            """
            import pickle
            from project.transport import receive

            message = pickle.loads(receive())
            """,
            because="that the project's function reads from the network is not known here; MLW111 reports the pickle",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report loaders whose data comes from the network, and libraries that decode pickles from it themselves."""
        if call.name in LOADERS:
            yield from self._check_loader(call, model)
        elif call.attribute == "recv_pyobj":
            sure = Confidence.HIGH if call.name.startswith("zmq.") else Confidence.MEDIUM
            yield self._direct(
                call.span, "`recv_pyobj` unpickles messages from a socket", Severity.CRITICAL, sure, call
            )
        elif call.name in _CONSUMERS:
            names = (*call.argument("value_deserializer").names(), *call.argument("key_deserializer").names())
            used = next((name for name in names if name in LOADERS), None)
            if used is not None:
                message = f"messages of the broker are decoded by `{used}`"
                yield self._direct(call.span, message, Severity.HIGH, Confidence.HIGH, call)
        elif call.name in _INSECURE:
            message = "pickles are accepted from the message broker"
            yield self._direct(call.span, message, Severity.HIGH, Confidence.HIGH, call)
        else:
            for name in _ACCEPTED:
                if _accepts_pickle(call.argument(name)):
                    yield self._celery(call.span, call.argument_span(name), call.text)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report `app.conf.accept_content = ["pickle"]`."""
        if _accepts_pickle(assignment.value):
            fragment = assignment.fragment

            def text(span: Span) -> str:
                return fragment.text[span.start - fragment.start : span.end - fragment.start]

            yield self._celery(assignment.span, assignment.value_span, text)

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report `CELERY_ACCEPT_CONTENT = ["pickle"]` in a settings module."""
        for name in _ACCEPTED:
            value = model.exports.get(name)
            if value is None or not _accepts_pickle(value):
                continue
            for fragment in model.fragments:
                found = _QUOTED.search(fragment.text) if name in fragment.binds else None
                if found is not None:
                    start = fragment.start + found.start()
                    yield self._celery(Span(start, start + len(found[0]), fragment.cell), None, None)

    def _check_loader(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        sure = LOADERS[call.name].unrestricted(call, model)
        if sure is None or call.digest_checked:
            return
        data = data_of(call)
        origin = origin_of(data, call.read_back)
        what, severity = origin.phrase, Severity.CRITICAL
        if origin.kind is OriginKind.REMOTE:
            note = origin.trace[0].note if origin.trace else ""
            if _PUBLISHED.search(note) or _HUB_PREFIX.match(what.strip("'")):
                return
            if _OWN_STORES.search(note) or _OWN_PREFIX.match(what.strip("'")):
                severity = Severity.HIGH
            sure = sure if origin.certain else min(sure, Confidence.MEDIUM)
        elif any(_MESSAGES.fullmatch(name) for name in _names_within(data)):
            what = "a message from the network"
        else:
            return
        if LOADERS[call.name].unrestricted(call, model) is not Confidence.HIGH:
            severity = Severity.HIGH  # only on the releases or paths where it is unrestricted
        yield self.finding(
            call.span,
            f"`{call.name.replace('()', '')}` reads {what}: whoever controls it runs code in this process",
            severity=severity,
            confidence=sure,
            trace=trace_of(call, origin),
        )

    def _direct(self, span: Span, what: str, severity: Severity, sure: Confidence, call: CallSite) -> Finding:
        steps: tuple[TraceStep, ...] = trace_of(call)
        message = f"{what}: whoever can send one runs code in this process"
        return self.finding(span, message, severity=severity, confidence=sure, trace=steps)

    def _celery(self, span: Span, value: Span | None, text: Callable[[Span], str] | None) -> Finding:
        fixes: list[Fix] = []
        if value is not None and text is not None:
            edit = _without_pickle(value, text(value))
            if edit is not None:
                why = "tasks whose arguments JSON cannot hold fail"
                fixes.append(Fix("Accept JSON instead of pickles", (edit,), Applicability.UNSAFE, why))
        return self.finding(
            span,
            "Celery accepts pickles here: whoever can put a message into the broker runs code in the workers",
            severity=Severity.HIGH,
            fixes=fixes,
        )


def _names_within(value: Value, depth: int = 6) -> Iterator[str]:
    """The names of a value and of what it is made from."""
    for option in value.alternatives():
        if isinstance(option, Name):
            yield option.name
            if option.content is not None and depth > 0:
                yield from _names_within(option.content, depth - 1)


def _accepts_pickle(value: Value) -> bool:
    options = value.alternatives()
    return any(
        isinstance(option, Sequence) and any(item.string() in _PICKLE_NAMES for item in option.items)
        for option in options
    )


def _without_pickle(span: Span, written: str) -> TextEdit | None:
    """The edit that takes the pickle serializer out of a list that is written in place."""
    found = _QUOTED.search(written)
    if found is None:
        return None
    start, end, replacement = found.start(), found.end(), found[0][0] + "json" + found[0][0]
    if re.search(r"[\"'](?:json|application/json)[\"']", written):
        replacement = ""
        after = re.compile(r"\s*,\s*").match(written, end)
        before = re.search(r",\s*$", written[:start])
        if before is not None:
            start = before.start()
        elif after is not None:
            end = after.end()
    return TextEdit(Span(span.start + start, span.start + end, span.cell), replacement)
