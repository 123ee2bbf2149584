"""MLW313: the password that a service comes with, or one that everybody tries first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document


def _each(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What is tried first against any login.
_COMMON = _each(
    "admin administrator password passw0rd password1 password123 password1234 pass 1234 12345 123456 12345678 123456789 root"
    " changeme changeit change_me secret default test guest letmein qwerty welcome user demo dev mysecret mysecretkey supersecret"
    " super-secret supersecretkey secret-key secret_key secretkey my-secret-key your-secret-key"
)
# Setting, in lower case -> (the service, the passwords that it or its own instructions come with).
_SETTINGS: dict[str, tuple[str, frozenset[str]]] = {
    "minio_root_password": ("MinIO", _each("minioadmin minio minio123")),
    "minio_secret_key": ("MinIO", _each("minioadmin minio minio123")),
    "mlflow_tracking_password": ("MLflow", _each("password1234")),
    "mlflow_auth_admin_password": ("MLflow", _each("password1234")),
    "mlflow_flask_server_secret_key": ("MLflow", _each("my-secret-key")),
    "_airflow_www_user_password": ("Airflow", _each("airflow")),
    "airflow__webserver__secret_key": ("Airflow", _each("temporary_key")),
    "airflow_admin_password": ("Airflow", _each("airflow")),
    "label_studio_password": ("Label Studio", frozenset()),
    "litellm_master_key": ("the LiteLLM proxy", _each("sk-1234")),
    "litellm_salt_key": ("the LiteLLM proxy", _each("sk-1234")),
    "ui_password": ("the LiteLLM proxy", frozenset()),
    "langfuse_init_user_password": ("Langfuse", frozenset()),
    "nextauth_secret": ("Langfuse", _each("mysecret")),
    "argilla_password": ("Argilla", _each("12345678 argilla")),
    "argilla_api_key": ("Argilla", _each("argilla.apikey owner.apikey admin.apikey")),
    "default_user_api_key": ("Argilla", _each("argilla.apikey owner.apikey admin.apikey")),
    "gf_security_admin_password": ("Grafana", _each("grafana")),
    "flowise_password": ("Flowise", frozenset()),
    "langflow_superuser_password": ("Langflow", _each("langflow")),
    "webui_secret_key": ("Open WebUI", _each("t0p-s3cr3t")),
    "chainlit_auth_secret": ("Chainlit", frozenset()),
    "superset_secret_key": ("Superset", _each("testsecretkey thisisnotasecurekey")),
    "neo4j_auth": ("Neo4j", _each("neo4j/neo4j neo4j/password neo4j/test neo4j/your_password")),
    "milvus_token": ("Milvus", _each("root:milvus")),
    "milvus_password": ("Milvus", _each("milvus")),
    "elastic_password": ("Elasticsearch", _each("elastic")),
    "opensearch_initial_admin_password": ("OpenSearch", frozenset()),
    "jupyterhub_admin_password": ("JupyterHub", frozenset()),
    "jupyter_token": ("Jupyter", _each("jupyter")),
    "metaflow_password": ("Metaflow", frozenset()),
    "clearml_password": ("ClearML", _each("clearml")),
    "flask_secret_key": ("Flask", frozenset()),
    "chroma_server_authn_credentials": ("Chroma", _each("admin:admin test-token test")),
    "qdrant__service__api_key": ("Qdrant", frozenset()),
    "authentication_apikey_allowed_keys": ("Weaviate", _each("readonly-key admin-key")),
}
# Settings whose name alone says little -> (service, words that the document must hold, passwords).
_IN_FILE: dict[str, tuple[str, tuple[str, ...], frozenset[str]]] = {
    "admin_password": ("MLflow", ("mlflow", "basic_auth", "default_permission"), _each("password1234 admin password")),
    "master_key": ("the LiteLLM proxy", ("litellm", "model_list"), _each("sk-1234")),
}
_PAIR = re.compile(
    r"(?<![\w$.-])[\"']?(?P<name>[A-Za-z_][A-Za-z0-9_]{4,60})[\"']?[ \t]*(?:[:=][ \t]*|[ \t]+(?=[\"']))"
    r"(?:\$\{\w+:?-)?[\"']?(?P<value>[^\s\"'#,;}{]{3,60})"
)
_PROSE = (".md", ".rst", ".txt", ".mdx", ".ipynb")
_TEMPLATE = re.compile(r"example|sample|template", re.IGNORECASE)

_LAUNCH = tuple(
    f"gradio.{name}().launch" for name in ("Blocks", "Interface", "ChatInterface", "TabbedInterface", "Workflow")
)
# Calls -> (user's keyword and position, password's keyword and position), and the service.
_LOGINS: dict[str, tuple[str, int | None, frozenset[str], str]] = {
    "minio.Minio": ("secret_key", 2, _each("minioadmin minio123"), "MinIO"),
    "s3fs.S3FileSystem": ("secret", 2, _each("minioadmin minio123"), "MinIO"),
    "boto3.client": ("aws_secret_access_key", None, _each("minioadmin minio123"), "MinIO"),
    "boto3.resource": ("aws_secret_access_key", None, _each("minioadmin minio123"), "MinIO"),
    "pymilvus.MilvusClient": ("token", 4, _each("root:Milvus"), "Milvus"),
    "pymilvus.connections.connect": ("password", None, _each("Milvus"), "Milvus"),
    "argilla.init": ("api_key", 1, _each("argilla.apikey owner.apikey admin.apikey"), "Argilla"),
    "argilla.Argilla": ("api_key", 1, _each("argilla.apikey owner.apikey admin.apikey"), "Argilla"),
    "neo4j.GraphDatabase.driver": ("auth", 1, _each("neo4j"), "Neo4j"),
}
_SIGNING = {
    "starlette.middleware.sessions.SessionMiddleware": ("secret_key", 1),
    "itsdangerous.URLSafeTimedSerializer": ("secret_key", 0),
}


class DefaultAdminPassword(Rule):
    """A service whose password is the one it comes with, or one that is tried first.

    ## Why is this bad?

    Default passwords are public. Programs that search the internet for open MLflow, MinIO, Airflow and Jupyter servers try
    them within hours; who gets in can read the data, replace the models, and often run code. A well-known key for
    signing sessions lets anybody write a session of the administrator.

    ## How to fix

    Generate the password (`python -c "import secrets; print(secrets.token_urlsafe(32))"`), keep it in the environment or a
    secret manager, and change it where the service runs already.

    ## When it is fine

    For a throw-away service that listens to this machine only, as in a test.

    ## Limits

    Known are the settings and clients of common ML services; other passwords have no shape. Documentation and files
    that are named as examples are not searched.
    """

    code = "MLW313"
    name = "default-admin-password"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    assigns = ("*.authenticator_class", "*.user_password", "*.admin_password", "*.password", "*.secret_key")
    triggers = tuple(
        dict.fromkeys(
            (
                *_SETTINGS,
                *(name.upper() for name in _SETTINGS),
                "admin_password",
                "master_key",
                "authenticator_class",
                "user_password",
                "secret_key",
                "SECRET_KEY",
                "DummyAuthenticator",
                ("gradio", "auth"),
                *("minio", "s3fs", "boto3", "pymilvus", "argilla", "neo4j", "SessionMiddleware", "itsdangerous"),
            )
        )
    )
    cwe = (1392, 798)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0012",)
    references = (
        Reference("CVE-2026-2635, MLflow", "https://nvd.nist.gov/vuln/detail/CVE-2026-2635"),
        Reference(
            "MLflow: basic authentication", "https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth"
        ),
        Reference("CWE-1392: use of default credentials", "https://cwe.mitre.org/data/definitions/1392.html"),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report settings in configuration files, and in the magics and shell lines of notebooks."""
        if isinstance(document, Notebook):
            for cell in document.cells:
                for magic in cell.magics:
                    parts = [magic.text_span, *([magic.body_span] if magic.body_span is not None else [])]
                    for part in parts:
                        text = cell.source[part.start : part.end]
                        yield from self._in_text(text, document.path, part.start, cell.index)
        elif document.kind is DocumentKind.TEXT:
            name = document.path.replace("\\", "/").rpartition("/")[2]
            if not name.lower().endswith(_PROSE) and not _TEMPLATE.search(name):
                yield from self._in_text(document.text, document.path, 0, None)

    def _in_text(self, text: str, path: str, offset: int, cell: int | None) -> Iterator[Finding]:
        lower = ""
        for pair in _PAIR.finditer(text):
            name, value = pair["name"].lower(), pair["value"]
            service, known = _SETTINGS.get(name, ("", frozenset()))
            if name in _IN_FILE:
                lower = lower or f"{path} {text}".lower()
                service, words, known = _IN_FILE[name]
                if not any(word in lower for word in words):
                    continue
            if not service or text[text.rfind("\n", 0, pair.start()) + 1 : pair.start()].lstrip().startswith(
                ("#", "//", ";")
            ):
                continue
            finding = self._password(
                Span(offset + pair.start("value"), offset + pair.end("value"), cell), service, value, known
            )
            if finding is not None:
                yield finding

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report logins in the calls of clients and servers, and passwords that are set in the environment."""
        for call in model.calls:
            if call.fragment.path is None:
                yield from self._in_call(call)
        for assignment in model.assignments:
            if assignment.fragment.path is None and not assignment.attribute:
                for key in assignment.key.strings():
                    if assignment.target == "os.environ[]":
                        service, known = _SETTINGS.get(key.lower(), ("", frozenset()))
                    elif key == "SECRET_KEY" and re.match(r"(?:flask|quart)\..*\.config\[\]", assignment.target):
                        service, known = "Flask", frozenset()
                    else:
                        continue
                    yield from self._values(assignment.value, assignment.value_span, service, known)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report passwords in the configuration of JupyterHub, and weak keys of Flask applications."""
        if assignment.fragment.path is not None:
            return
        written = assignment.fragment.text
        start = assignment.target_span.start - assignment.fragment.start
        target = written[start : assignment.target_span.end - assignment.fragment.start]
        if assignment.attribute == "authenticator_class":
            if any(text == "dummy" or text.endswith("DummyAuthenticator") for text in assignment.value.strings()):
                yield self.finding(
                    assignment.value_span,
                    "JupyterHub's dummy authenticator lets everybody in who knows one password, or none: whoever reaches the hub "
                    "can run code in it",
                )
        elif assignment.attribute == "secret_key":
            if assignment.target.startswith(("flask.", "quart.")) or target in {"app.secret_key", "server.secret_key"}:
                yield from self._values(assignment.value, assignment.value_span, "Flask", frozenset())
        elif "DummyAuthenticator" in target or "SharedPasswordAuthenticator" in target:
            for text in assignment.value.strings():
                if text:
                    yield self.finding(
                        assignment.value_span,
                        "the one password of everybody on this JupyterHub stands in its configuration: whoever reads it can run "
                        "code in the hub",
                        confidence=Confidence.MEDIUM,
                    )

    def _in_call(self, call: CallSite) -> Iterator[Finding]:
        if call.name in _LAUNCH:
            span = call.argument_span("auth", None) or call.span
            for user, password in _pairs(call.argument("auth")):
                if _is_weak(password) or password == user:
                    yield self.finding(
                        span,
                        "what opens this Gradio demo is one of the first words that are tried: whoever reaches it gets in",
                    )
                    return
        elif call.name in _LOGINS:
            keyword, position, known, service = _LOGINS[call.name]
            value = call.argument(keyword, position)
            texts = [*value.strings(), *(password for _, password in _pairs(value))]
            for text in texts:
                if text in known or (service == "Neo4j" and _is_weak(text)):
                    yield self._report(call.argument_span(keyword, position) or call.span, service)
                    return
        elif call.name in _SIGNING:
            keyword, position = _SIGNING[call.name]
            yield from self._values(
                call.argument(keyword, position),
                call.argument_span(keyword, position) or call.span,
                "the session cookies",
                frozenset(),
            )
        elif call.name in {"os.environ.setdefault", "os.putenv"}:
            for key in call.argument("key", 0).strings():
                service, known = _SETTINGS.get(key.lower(), ("", frozenset()))
                yield from self._values(
                    call.argument("value", 1), call.argument_span("value", 1) or call.span, service, known
                )

    def _values(self, value: Value, span: Span, service: str, known: frozenset[str]) -> Iterator[Finding]:
        for text in value.strings() if service else ():
            finding = self._password(span, service, text, known)
            if finding is not None:
                yield finding
                return

    def _password(self, span: Span, service: str, value: str, known: frozenset[str]) -> Finding | None:
        if value.lower() in known:
            return self._report(span, service)
        if _is_weak(value):
            return self.finding(
                span,
                f"what opens {service} is one of the first words that are tried: whoever reaches the service gets in",
                confidence=Confidence.HIGH if value.lower() in {"admin", "password", "changeme"} else Confidence.MEDIUM,
            )
        return None

    def _report(self, span: Span, service: str) -> Finding:
        return self.finding(
            span,
            f"what opens {service} is public, because it comes with it: whoever reaches the service gets in as its administrator",
        )


def _is_weak(value: str) -> bool:
    return value.lower() in _COMMON


def _pairs(value: Value) -> Iterator[tuple[str, str]]:
    """The users and passwords in `("admin", "admin")`, or in a list of such."""
    from mlwarden.semantics.values import Sequence

    for option in value.alternatives():
        if isinstance(option, Sequence):
            first = [item.string() for item in option.items[:2]]
            if len(option.items) == 2 and first[0] is not None and first[1] is not None:
                yield first[0], first[1]
            else:
                for item in option.items:
                    if isinstance(item, Sequence) and len(item.items) == 2:
                        yield item.items[0].string() or "", item.items[1].string() or "-"


def _examples() -> Examples:
    return (
        Bad(
            """
            services:
              minio:
                environment:
                  MINIO_ROOT_USER: minioadmin
                  MINIO_ROOT_PASSWORD: minioadmin
                                       ^^^^^^^^^^
            """,
            path="docker-compose.yml",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="what opens MinIO is public, because it comes with it: whoever reaches the service gets in as its administrator",
        ),
        Bad(
            """
            [mlflow]
            default_permission = READ
            admin_username = admin
            admin_password = password1234
                             ^^^^^^^^^^^^
            """,
            path="basic_auth.ini",
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            model_list: []
            general_settings:
              master_key: sk-1234
                          ^^^^^^^
            """,
            path="config.yaml",
        ),
        Bad(
            """
            environment:
              - _AIRFLOW_WWW_USER_PASSWORD=${_AIRFLOW_WWW_USER_PASSWORD:-airflow}
                                                                         ^^^^^^^
              - CHAINLIT_AUTH_SECRET=changeme
                                     ^^^^^^^^
            """,
            path="compose.yaml",
        ),
        Bad(
            """
            import gradio as gr

            demo = gr.Interface(fn=predict, inputs="text", outputs="label")
            demo.launch(auth=("admin", "admin"))
                              ^^^^^^^^^^^^^^^^
            """,
            message="what opens this Gradio demo is one of the first words that are tried: whoever reaches it gets in",
        ),
        Bad(
            """
            from minio import Minio

            client = Minio("minio.acme-labs.io", access_key="minioadmin", secret_key="minioadmin")
                                                                                     ^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from pymilvus import MilvusClient

            client = MilvusClient(uri="http://milvus.acme-labs.io:19530", token="root:Milvus")
                                                                                ^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            c = get_config()
            c.JupyterHub.authenticator_class = "dummy"
                                               ^^^^^^^
            """,
            path="jupyterhub_config.py",
        ),
        Bad(
            """
            import os
            from flask import Flask

            app = Flask(__name__)
            app.secret_key = "dev"
                             ^^^^^
            app.config["SECRET_KEY"] = "changeme"
                                       ^^^^^^^^^^
            os.environ["MLFLOW_TRACKING_PASSWORD"] = "password1234"
                                                     ^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import os
            import gradio as gr
            from flask import Flask

            app = Flask(__name__)
            app.secret_key = os.environ["FLASK_SECRET_KEY"]
            demo = gr.Interface(fn=predict, inputs="text", outputs="label")
            demo.launch(auth=("admin", os.environ["DEMO_PASSWORD"]))
            """,
            because="the passwords come from the environment",
        ),
        Good(
            """
            services:
              minio:
                environment:
                  MINIO_ROOT_PASSWORD: ${MINIO_ROOT_PASSWORD}
                  # MINIO_ROOT_PASSWORD: minioadmin
                  MINIO_ROOT_USER: minioadmin
                  GREETING: password
            """,
            path="docker-compose.yml",
            because="the password comes from the environment, and a comment sets nothing",
        ),
        Good(
            """
            MINIO_ROOT_PASSWORD=minioadmin
            """,
            path=".env.example",
            because="it is named as an example",
        ),
        Good(
            """
            admin_password: password1234
            """,
            path="shop.yaml",
            because="nothing says whose password it is",
        ),
        Good(
            """
            class Form:
                def fill(self, field):
                    field.password = "admin"
                    self.secret_key = "dev"
                    self.config("SECRET_KEY", "dev")
            """,
            because="these are no settings of a known service",
        ),
        Missed(
            """
            import chainlit as cl

            @cl.password_auth_callback
            def check(username, password):
                if (username, password) == ("admin", "admin"):
                    return cl.User(identifier="admin")
            """,
            because="what a comparison compares with is not looked at",
        ),
    )
