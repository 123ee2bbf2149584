"""MLW427: an MCP server that other machines, or web pages in a browser, can reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Confidence, DocumentKind, Finding, Fix, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics.environment import is_true, settings_in_code, settings_in_text
from mlwarden.semantics.hosts import is_open
from mlwarden.semantics.shell_calls import SHELL_CALLS
from mlwarden.semantics.started import Started, started_by_call, started_in_text
from mlwarden.semantics.turning_points import MCP_CHECKS_HOST_ON_LOOPBACK
from mlwarden.semantics.values import Mapping, Sequence, Value
from mlwarden.semantics.values import Reference as Outside

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

# The SDK's class of version 1, its name since version 2, and that of the package fastmcp.
_SERVER = re.compile(r"(?:mcp\.server\.(?:\w+\.){0,2}|fastmcp\.(?:server\.(?:server\.)?)?)(?:FastMCP|MCPServer)")
_RUNS = frozenset({"run", "run_async", "run_http_async", "run_sse_async", "run_streamable_http_async"})
_APPS = frozenset({"streamable_http_app", "sse_app", "http_app"})
_HTTP = frozenset({"http", "sse", "streamable-http"})
_PART = re.compile(r"(?:fast)?mcp\..*\(\)(?:\.\w+)*(?:\(\))?")
_ASGI = ("uvicorn.run", "uvicorn.Config", "hypercorn.run")
_AUTH = ("auth", "token_verifier", "auth_server_provider")
_OWN_AUTH = ("middleware", "dependencies")
_GRADIO = re.compile(r"gradio\..*\(\)\.launch")
_SECURITY = re.compile(r"mcp\.server\.(?:\w+\.)*TransportSecuritySettings")
_HOSTS = ("FASTMCP_HOST", "FASTMCP_SERVER_HOST")
_NO_AUTH = "DANGEROUSLY_OMIT_AUTH"
_HOST_SET = re.compile(
    r"(?<![\w$-])(?P<name>FASTMCP_(?:SERVER_)?HOST)(?:[\"']?[ \t]*[=:][ \t]*|[ \t]+)[\"']?(?P<value>0\.0\.0\.0|::|\[::\])(?![\w.:])"
)
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".html", ".htm")
_DEPTH = 5
_CUT_OFF = "other machines, and a container's host, can no longer reach the server"


class McpServerExposed(Rule):
    """An MCP server that other machines, or web pages in a browser, can reach without logging in.

    ## Why is this bad?

    Whoever reaches an MCP server calls its tools: they read files, query databases, run programs with your rights. Bound
    to `0.0.0.0` it answers every machine on the network. A server on your own machine that does not check the
    `Host` header can be called by any web page you have open, by DNS rebinding.

    ## How to fix

    Use the transport `stdio`, or listen on `127.0.0.1`. Where others have to reach it, give it `auth=` (a token
    verifier, OAuth), and name the hosts it answers to in `TransportSecuritySettings(allowed_hosts=[...])`.

    ## When it is fine

    In a container whose port is published to a proxy that asks for a login; say so in the suppression.

    ## Limits

    A proxy or firewall in front, and a login that middleware of your own asks for, are not known: with middleware the
    confidence is low. fastmcp 4 does not check the `Host` header unless it is asked to; only an explicit
    `host_origin_protection=False` is reported.

    ## Fix safety

    The fixes are unsafe: other machines can no longer reach the server, and requests with a `Host` header that is not
    in the list are refused.
    """

    code = "MLW427"
    name = "mcp-server-exposed"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    triggers = ("fastmcp", "FastMCP", "mcp", "mcp_server", *_HOSTS, _NO_AUTH, ("mcp", "proxy"))
    cwe = (306, 1188, 346)
    owasp_llm = ("LLM06", "LLM03")
    atlas = ("AML.T0049",)
    references = (
        Reference(
            "MCP: security of transports",
            "https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#security-warning",
        ),
        Reference("CVE-2025-66416, MCP Python SDK", "https://nvd.nist.gov/vuln/detail/CVE-2025-66416"),
        Reference("CVE-2025-49596, MCP Inspector", "https://nvd.nist.gov/vuln/detail/CVE-2025-49596"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report servers that listen on all interfaces, and those that do not look at the `Host` header."""
        for call in model.calls:
            if not call.name or call.fragment.path is not None:
                continue
            if call.name in SHELL_CALLS:
                for started in started_by_call(call):
                    yield from self._program(started)
            elif _SERVER.fullmatch(call.name):
                yield from self._constructor(call, model)
            elif call.attribute in _RUNS and _SERVER.fullmatch(call.name.rpartition("().")[0]):
                yield from self._run(call, model)
            elif call.attribute in _APPS and _SERVER.fullmatch(call.name.rpartition("().")[0]):
                yield from self._unchecked(call, model)
            elif call.name in _ASGI:
                yield from self._asgi(call, model)
            elif _SECURITY.fullmatch(call.name):
                yield from self._no_host_check(call, "enable_dns_rebinding_protection", 0)
            elif _GRADIO.fullmatch(call.name):
                yield from self._gradio(call)
        for assignment in model.assignments_of("*.host"):
            server = assignment.target.removesuffix("().settings.host")
            texts = [text for text in assignment.value.strings() if is_open(text)]
            if assignment.fragment.path is None and _SERVER.fullmatch(server) and texts:
                edit = TextEdit(assignment.value_span, '"127.0.0.1"')
                yield self._open(assignment.span, texts[0], assignment.value, Confidence.MEDIUM, (_local(edit),))
        for name in _HOSTS:
            for setting in settings_in_code(model, name):
                texts = [text for text in setting.value.strings() if is_open(text)]
                if texts:
                    yield self._open(setting.span, texts[0], setting.value, Confidence.MEDIUM)
        for setting in settings_in_code(model, _NO_AUTH):
            if is_true(setting.value):
                yield self._inspector(setting.span)

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report variables and command lines in text files and shell cells."""
        from mlwarden.notebooks.notebook import Notebook
        from mlwarden.source.documents import PlainText

        for started in started_in_text(document):
            yield from self._program(started)
        for setting in settings_in_text(document, _NO_AUTH):
            if is_true(setting.value):
                yield self._inspector(setting.span)
        if isinstance(document, PlainText) and not document.path.lower().endswith(_PROSE):
            texts: list[tuple[str, int, int | None]] = [(document.text, 0, None)]
        elif isinstance(document, Notebook):
            texts = [
                (cell.source[magic.span.start : magic.span.end], magic.span.start, cell.index)
                for cell in document.cells
                for magic in cell.magics
            ]
        else:
            return
        for text, offset, cell in texts:
            for match in _HOST_SET.finditer(text):
                line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
                if not line.lstrip().startswith(("#", "//", ";")):
                    span = Span(offset + match.start("name"), offset + match.end("value"), cell)
                    edit = TextEdit(Span(offset + match.start("value"), span.end, cell), "127.0.0.1")
                    yield self._open(span, match["value"], None, Confidence.MEDIUM, (_local(edit),))

    # --- Python ------------------------------------------------------------------------------------------------------

    def _constructor(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """`FastMCP(host="0.0.0.0")`, which counts where the server is run over HTTP."""
        host = call.argument("host")
        texts = [text for text in host.strings() if is_open(text)]
        if not texts or _asks_who(call):
            return
        runs = [other for other in model.calls if other.attribute in _RUNS | _APPS and _is_of(other, call)]
        kinds = {_transport(other) for other in runs}
        if kinds == {"stdio"}:
            return
        edit = call.set_argument("host", '"127.0.0.1"')
        sure = Confidence.HIGH if kinds & _HTTP else Confidence.MEDIUM
        yield self._open(call.span, texts[0], host, sure, (_local(edit),), call)

    def _run(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        transport = _transport(call)
        maker = call.receiver.made_by if isinstance(call.receiver, Outside) else None
        if transport == "stdio":
            return
        host = call.argument("host")
        texts = [text for text in host.strings() if is_open(text)]
        if texts and not (maker is not None and _asks_who(maker)) and _is_none(call.argument("auth")):
            edit = call.set_argument("host", '"127.0.0.1"')
            sure = Confidence.HIGH if transport in _HTTP else Confidence.MEDIUM
            if any(not _is_none(each.argument("middleware")) for each in (call, maker) if each is not None):
                sure = Confidence.LOW
            yield self._open(call.span, texts[0], host, sure, (_local(edit),), call)
            return
        yield from self._unchecked(call, model)

    def _unchecked(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """A server on this machine that takes requests with any `Host` header."""
        if call.name.startswith("fastmcp."):
            if call.argument("host_origin_protection").may_be(False):
                yield from self._no_host_check(call, "host_origin_protection", None, Severity.MEDIUM)
            return
        maker = call.receiver.made_by if isinstance(call.receiver, Outside) else None
        if _transport(call) not in _HTTP or maker is None or MCP_CHECKS_HOST_ON_LOOPBACK.ahead(model) is not True:
            return
        if _is_none(maker.argument("transport_security")) and not any(map(is_open, maker.argument("host").strings())):
            yield self.finding(
                call.span,
                "The required release of `mcp` is before 1.23.0 and takes requests with any `Host` header: a web page in a "
                "browser on this machine can call the tools (CVE-2025-66416)",
                trace=call.context,
            )

    def _no_host_check(
        self, call: CallSite, keyword: str, position: int | None, severity: Severity = Severity.HIGH
    ) -> Iterator[Finding]:
        given = call.argument(keyword, position)
        if not given.may_be(False):
            return
        edit = call.set_argument(keyword, "True", position)
        fix = (
            Fix(
                "Check the `Host` header",
                (edit,),
                Applicability.UNSAFE,
                "requests are refused unless `allowed_hosts` names the host they ask for",
            )
            if edit is not None
            else None
        )
        yield self.finding(
            call.span,
            f"`{keyword}=False` lets the MCP server take requests with any `Host` header: a web page can call its tools by "
            "DNS rebinding",
            severity=severity,
            confidence=Confidence.HIGH if given.must_be(False) else Confidence.MEDIUM,
            trace=call.context,
            fixes=() if fix is None else (fix,),
        )

    def _asgi(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        host = call.argument("host", 1 if call.name == "uvicorn.Config" else None)
        texts = [text for text in host.strings() if is_open(text)]
        if not texts:
            return
        inside = _mcp_parts(call.argument("app", 0), model)
        if not inside:
            return
        makers = [part.made_by for part in inside if part.made_by is not None]
        servers = [maker.receiver.made_by for maker in makers if isinstance(maker.receiver, Outside)]
        if any(_asks_who(maker) for maker in (*makers, *(server for server in servers if server is not None))):
            return
        app = _maker(call.argument("app", 0))
        guarded = app is not None and any(not _is_none(app.argument(name)) for name in _OWN_AUTH)
        guarded = guarded or any(other.attribute in {"add_middleware", "middleware"} for other in model.calls)
        sure = Confidence.LOW if guarded else Confidence.HIGH if app in makers else Confidence.MEDIUM
        edit = call.set_argument("host", '"127.0.0.1"', 1 if call.name == "uvicorn.Config" else None)
        yield self._open(call.span, texts[0], host, sure, (_local(edit),), call)

    def _gradio(self, call: CallSite) -> Iterator[Finding]:
        if not call.argument("mcp_server").may_be_true() or not _is_none(call.argument("auth")):
            return
        if not _is_none(call.argument("auth_dependency")):
            return
        host = call.argument("server_name")
        texts = [text for text in host.strings() if is_open(text)]
        if texts:
            edit = call.set_argument("server_name", '"127.0.0.1"')
            yield self._open(call.span, texts[0], host, Confidence.HIGH, (_local(edit),), call)

    # --- findings ----------------------------------------------------------------------------------------------------

    def _program(self, started: Started) -> Iterator[Finding]:
        names = ("--host", "--sse-host")
        if started.is_called("fastmcp", "run"):
            transport = started.value("--transport", "-t")
            if transport is not None and transport not in _HTTP:
                return
        elif started.program not in {"mcp-proxy", "mcp_proxy"}:
            return
        host = started.value(*names)
        if host is not None and is_open(host):
            edit = started.with_value("127.0.0.1", *names)
            sure = Confidence.MEDIUM
            yield self._open(started.span, host, None, sure, (_local(edit),))

    def _open(
        self,
        span: Span,
        host: str,
        value: Value | None,
        confidence: Confidence,
        fixes: tuple[Fix | None, ...] = (),
        call: CallSite | None = None,
    ) -> Finding:
        if value is not None and value.string() is None:
            confidence = min(confidence, Confidence.MEDIUM)
        return self.finding(
            span,
            f"The MCP server listens on `{host}` and asks nobody for a login: every machine on the network can call its tools",
            confidence=confidence,
            trace=() if call is None else call.context,
            fixes=[fix for fix in fixes if fix is not None],
        )

    def _inspector(self, span: Span) -> Finding:
        return self.finding(
            span,
            f"`{_NO_AUTH}` turns off the login of MCP Inspector, whose proxy starts any program it is asked to: a web page "
            "in a browser can run code on this machine",
        )


def _local(edit: TextEdit | None) -> Fix | None:
    return None if edit is None else Fix("Listen on this machine only", (edit,), Applicability.UNSAFE, _CUT_OFF)


def _is_none(value: Value) -> bool:
    """Whether an argument is certainly, or possibly, left out or None."""
    return value.is_absent or value.may_be(None)


def _asks_who(call: CallSite) -> bool:
    """Whether a server is given something that checks who is calling, or may be."""
    return any(not _is_none(call.argument(name)) for name in _AUTH)


def _transport(call: CallSite) -> str:
    """How a server is run: "stdio", one of `_HTTP`, or "" where that cannot be told."""
    if call.attribute == "run_sse_async" or call.attribute == "sse_app":
        return "sse"
    if call.attribute in _APPS or call.attribute in {"run_http_async", "run_streamable_http_async"}:
        return "http"
    given = call.argument("transport", 0)
    if given.is_absent or given.must_be(None):
        return "stdio"
    texts = set(given.strings())
    if texts & _HTTP:
        return min(texts & _HTTP)
    return "stdio" if texts == {"stdio"} and not given.is_unknown else ""


def _is_of(call: CallSite, maker: CallSite) -> bool:
    options = () if call.receiver is None else call.receiver.alternatives()
    return any(isinstance(option, Outside) and option.made_by is maker for option in options)


def _maker(value: Value) -> CallSite | None:
    return next((each.made_by for each in value.alternatives() if isinstance(each, Outside) and each.made_by), None)


def _mcp_parts(value: Value, model: SemanticModel) -> list[Outside]:
    """The parts of an application that are MCP servers: itself, its routes, and what is mounted on it."""
    found = list(_inside(value, _DEPTH))
    app = _maker(value)
    for call in model.calls:
        if app is not None and call.attribute in {"mount", "add_route", "route"} and _is_of(call, app):
            for argument in call.arguments:
                found.extend(_inside(argument.value, _DEPTH))
    return found


def _inside(value: Value, depth: int) -> Iterator[Outside]:
    for option in value.alternatives():
        if isinstance(option, Outside):
            if _PART.fullmatch(option.name):
                yield option
            elif option.made_by is not None and depth > 0:
                for argument in option.made_by.arguments:
                    yield from _inside(argument.value, depth - 1)
        elif isinstance(option, Sequence) and depth > 0:
            for item in option.items:
                yield from _inside(item, depth - 1)
        elif isinstance(option, Mapping) and depth > 0:
            for _, item in option.items:
                yield from _inside(item, depth - 1)


def _examples() -> Examples:
    from mlwarden.rules.llm._mcp_server_exposed_examples import EXAMPLES

    return EXAMPLES
