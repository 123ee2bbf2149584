"""MLW506: a server that answers pages of every other site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules.base import (
    Confidence,
    DocumentKind,
    Finding,
    Fix,
    Reference,
    Rule,
    Severity,
    Span,
)
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics.environment import ANY_VALUE, Setting, settings_in_code, settings_in_text
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS
from mlwarden.semantics.started import Started, started_by_call, started_in_text
from mlwarden.semantics.values import Constant, Mapping, Sequence
from mlwarden.semantics.values import Reference as Named
from mlwarden.source.documents import PlainText

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

_MIDDLEWARE = tuple(f"{package}.middleware.cors.CORSMiddleware" for package in ("fastapi", "starlette"))
_WRAPPERS = ("starlette.middleware.Middleware", "fastapi.middleware.Middleware")
_FLASK = ("flask_cors.CORS", "flask_cors.CORS().init_app", "flask_cors.cross_origin")
# Call -> the names of the origins and of the credentials. Litestar 2.25, quart-cors 0.8, aiohttp-cors 0.8.
_OTHERS = {
    "litestar.config.cors.CORSConfig": ("allow_origins", "allow_credentials"),
    "quart_cors.cors": ("allow_origin", "allow_credentials"),
    "quart_cors.route_cors": ("allow_origin", "allow_credentials"),
}
_OPEN_BY_DEFAULT = frozenset({"litestar.config.cors.CORSConfig"})
# A pattern of origins that every origin, or every one of a scheme, matches.
_ANY_ORIGIN = re.compile(
    r"\^?(?:https?\??|\(https\?\)|\(\?:https\?\)|http\(s\)\?)?(?::(?:\\?/){2})?\(?(?:\.[*+]|\[\^/\][*+])\)?\$?"
)
_VARIABLES = {
    "OLLAMA_ORIGINS": "Ollama",
    "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": "the MLflow server",
    "CORS_ALLOW_ORIGIN": "the server",
}
_CHAINLIT = re.compile(r"^[ \t]*(?P<setting>allow_origins[ \t]*=[ \t]*\[[^\]]*[\"']\*[\"'][^\]]*\])", re.MULTILINE)
_DJANGO = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
_WITH_LOGIN = "answers pages of every site and lets them use the visitor's login: any page that a user opens can act as that user here"
_WITHOUT_LOGIN = "answers pages of every site: any page that somebody in your network opens can use the server"


class CorsWildcardCredentials(Rule):
    """A server that answers pages of every other site.

    ## Why is this bad?

    A browser keeps one site's pages from reading another's answers unless the server says otherwise. With every origin
    allowed, any page that a colleague opens can send requests to a model server that only the office network reaches,
    and read the answers. With credentials as well, it does so with the colleague's cookies: Starlette and Flask-CORS
    then send back whatever origin asked, which browsers would refuse for a plain `*`.

    ## How to fix

    Name the origins of your own pages: `allow_origins=["https://app.example.com"]`. Leave credentials out where cookies
    are not needed.

    ## When it is fine

    Every origin without credentials is right for a public interface that knows no logins and is on the internet
    anyhow. That is reported with low severity.

    ## Limits

    Headers that the code writes itself are not judged. Origins that are known only at run time are left to who sets
    them.

    ## Fix safety

    The fix is unsafe because pages that rely on cookies stop working.
    """

    code = "MLW506"
    name = "cors-wildcard-credentials"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*_MIDDLEWARE, *_WRAPPERS, *_FLASK, *_OTHERS, *SHELL_CALLS, "*.add_middleware")
    triggers = (
        "CORSMiddleware",
        "flask_cors",
        "CORSConfig",
        "quart_cors",
        "allow_origins",
        "--cors-allowed-origins",
        "--cors-allow-origin",
        "--allow-credentials",
        *_DJANGO,
        *_VARIABLES,
        *TRIGGERS,
    )
    cwe = (942,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0049",)
    references = (
        Reference("Starlette: CORSMiddleware", "https://www.starlette.io/middleware/#corsmiddleware"),
        Reference("Flask-CORS: configuration", "https://corydolphin.github.io/flask-cors/configuration/"),
        Reference("CVE-2025-5320: Gradio's check of origins", "https://nvd.nist.gov/vuln/detail/CVE-2025-5320"),
    )
    examples = later(lambda: _examples())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an application that is set up to answer every origin."""
        if call.name in SHELL_CALLS:
            for started in started_by_call(call):
                yield from self._command(started, call.span)
        elif call.indirect:
            return
        elif call.name in _MIDDLEWARE:
            yield from self._judged(call, "CORSMiddleware", _starlette(call, 1), "allow_credentials", 4)
        elif call.name in _WRAPPERS or call.attribute == "add_middleware":
            first = call.argument("cls" if call.name in _WRAPPERS else "middleware_class", 0)
            if any(name in _MIDDLEWARE for name in first.names()):
                yield from self._judged(call, "CORSMiddleware", _starlette(call, None), "allow_credentials")
        elif call.name in _FLASK:
            yield from self._flask(call, model)
        elif call.name in _OTHERS:
            origins, credentials = _OTHERS[call.name]
            value = call.argument(origins)
            sure = Confidence.HIGH if value.is_absent and call.name in _OPEN_BY_DEFAULT else _has_star(value)
            yield from self._judged(call, call.attribute, sure, credentials)

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report variables that code sets, and Django's settings."""
        for name in _VARIABLES:
            yield from self._variable(name, settings_in_code(model, name))
        yield from self._django(model)

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report variables and commands in cells, scripts and configuration, and Chainlit's configuration."""
        for name in _VARIABLES:
            yield from self._variable(name, settings_in_text(document, name, value=ANY_VALUE))
        for started in started_in_text(document):
            yield from self._command(started, started.span)
        if isinstance(document, PlainText) and re.search(r"(?:^|[/\\])\.chainlit[/\\][^/\\]*\.toml$", document.path):
            for match in _CHAINLIT.finditer(document.text):
                yield self.finding(
                    Span(match.start("setting"), match.end("setting")),
                    f"Chainlit {_WITH_LOGIN} (this is the value it comes with)",
                    severity=Severity.MEDIUM,
                )

    def _judged(
        self, call: CallSite, subject: str, sure: Confidence | None, credentials: str, position: int | None = None
    ) -> Iterator[Finding]:
        if sure is None:
            return
        login = switched_on(call.argument(credentials, position))
        if login is None:
            yield self.finding(
                call.span, f"`{subject}` {_WITHOUT_LOGIN}", severity=Severity.LOW, confidence=sure, trace=call.context
            )
            return
        edit = call.remove_argument(credentials)
        reason = "pages that rely on cookies stop working"
        fixes = () if edit is None else (Fix(f"Remove `{credentials}`", (edit,), Applicability.UNSAFE, reason),)
        yield self.finding(
            call.span, f"`{subject}` {_WITH_LOGIN}", confidence=min(sure, login), trace=call.context, fixes=fixes
        )

    def _flask(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        subject = call.name.removeprefix("flask_cors.").replace("()", "")
        if call.name == "flask_cors.CORS" and call.argument("app", 0).is_absent:
            return  # `init_app` follows
        credentials = _flask_option(call, "supports_credentials")
        sure = _flask_origins(call, model)
        if sure is None:
            return
        if call.argument("supports_credentials").is_absent and switched_on(credentials) is not None:
            yield self.finding(call.span, f"`{subject}` {_WITH_LOGIN}", confidence=sure, trace=call.context)
            return
        yield from self._judged(call, subject, sure, "supports_credentials")

    def _variable(self, name: str, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            if not any(
                part.strip() in {"*", "http://*", "https://*"}
                for text in setting.value.strings()
                for part in text.split(",")
            ):
                continue
            reason = "pages of other sites can no longer use it"
            removal = setting.removal
            fixes = () if removal is None else (Fix("Remove the variable", (removal,), Applicability.UNSAFE, reason),)
            yield self.finding(
                setting.span,
                f"by `{name}` {_VARIABLES[name]} {_WITHOUT_LOGIN}",
                severity=Severity.MEDIUM,
                fixes=() if name == "CORS_ALLOW_ORIGIN" else fixes,
            )

    def _command(self, started: Started, span: Span) -> Iterator[Finding]:
        if started.is_called("mlflow", "server", "ui") and "*" in (started.value("--cors-allowed-origins") or ""):
            origins = str(started.value("--cors-allowed-origins")).split(",")
            if "*" in origins:
                yield self.finding(span, f"the MLflow server {_WITHOUT_LOGIN}", severity=Severity.MEDIUM)
        elif started.program == "text-generation-launcher" and started.value("--cors-allow-origin") == "*":
            yield self.finding(span, f"`{started.program}` {_WITHOUT_LOGIN}", severity=Severity.LOW)
        elif started.is_called("vllm", "serve") or started.program == "vllm.entrypoints.openai.api_server":
            origins = [started.value("--allowed-origins") or '["*"]']
            if started.is_switched_on("--allow-credentials") and '"*"' in origins[0]:
                yield self.finding(span, f"`vllm` {_WITH_LOGIN}")

    def _django(self, model: SemanticModel) -> Iterator[Finding]:
        own = [fragment for fragment in model.fragments if fragment.path is None]
        document = model.document
        texts = [cell.source for cell in document.cells] if isinstance(document, Notebook) else [document.text]
        with_login = any(re.search(r"^CORS_ALLOW_CREDENTIALS[^\n=]*=[ \t]*True", text, re.MULTILINE) for text in texts)
        for name in _DJANGO:
            value = model.exports.get(name)
            if value is None or not value.may_be_true():
                continue
            for fragment in own:
                for match in re.finditer(rf"^{name}[^\n=]*=[^\n#]*[^\s#]", fragment.text, re.MULTILINE):
                    yield self.finding(
                        Span(fragment.start + match.start(), fragment.start + match.end(), fragment.cell),
                        f"by `{name}` the server {_WITH_LOGIN if with_login else _WITHOUT_LOGIN}",
                        severity=Severity.HIGH if with_login else Severity.LOW,
                        confidence=Confidence.HIGH if value.truth() else Confidence.MEDIUM,
                    )


def _starlette(call: CallSite, position: int | None) -> Confidence | None:
    pattern = call.argument("allow_origin_regex", None if position is None else position + 4)
    found = [_has_star(call.argument("allow_origins", position))]
    if any(_ANY_ORIGIN.fullmatch(text) for text in pattern.strings()):
        found.append(Confidence.HIGH if pattern.string() is not None else Confidence.MEDIUM)
    return max((sure for sure in found if sure is not None), default=None)


def _flask_option(call: CallSite, name: str) -> Value:
    """An option of the call, or for `cors.init_app(app)` of the object's own making."""
    value = call.argument(name)
    if value.is_absent and isinstance(call.receiver, Named) and call.receiver.made_by is not None:
        return call.receiver.made_by.argument(name)
    return value


def _flask_origins(call: CallSite, model: SemanticModel) -> Confidence | None:
    """How sure it is that Flask-CORS lets every origin in."""
    resources = _flask_option(call, "resources")
    if isinstance(resources, Mapping) and any(isinstance(value, Mapping) for _, value in resources.items):
        inner = [value.get("origins") for _, value in resources.items if isinstance(value, Mapping)]
        found = [_has_star(value) for value in inner if not value.is_absent and not value.is_unknown]
        if any(value is not None for value in found):
            return max(value for value in found if value is not None)
        if found:
            return None
    elif resources.is_unknown:
        return None
    origins = _flask_option(call, "origins")
    if not origins.is_absent:
        return _has_star(origins)
    for target in model.assignments:
        if target.key.may_be("CORS_ORIGINS") or target.key.may_be("CORS_RESOURCES"):
            return None
    return Confidence.HIGH


def _has_star(origins: Value) -> Confidence | None:
    """How sure it is that every origin is among these; None if nothing says so."""
    options = origins.alternatives()
    found = False
    for option in options:
        items = option.items if isinstance(option, Sequence) else (option,)
        for item in items:
            choices = item.alternatives()
            if any(_is_star(choice) for choice in choices):
                if len(options) == 1 and len(choices) == 1:
                    return Confidence.HIGH
                found = True
    return Confidence.MEDIUM if found else None


def _is_star(value: Value) -> bool:
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value in {"*", "http://*", "https://*", ".*", ".+", "^.*$", r"https?://.*"}
    return False


def _examples() -> Examples:
    from mlwarden.rules.exposure._cors_wildcard_credentials_examples import EXAMPLES

    return EXAMPLES
