"""MLW504: a debugger, or development mode, in a server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_lines import Command, base_name, shell_texts
from mlwarden.rules.base import (
    Confidence,
    DocumentKind,
    Finding,
    Fix,
    Reference,
    Rule,
    Severity,
)
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics.environment import Setting, is_true, settings_in_code, settings_in_text
from mlwarden.semantics.hosts import is_loopback, is_open
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS, commands_of_call
from mlwarden.semantics.turning_points import FLASK_NO_ENV

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

_FLASKS = ("flask.Flask()", "apiflask.APIFlask()", "flask_openapi3.OpenAPI()")
# Call -> (keyword, position) of the switch, and of the host. From the signatures of Flask 3, Dash 4, Werkzeug 3,
# Flask-SocketIO 5 and Connexion 2.
_CONSOLES: dict[str, tuple[tuple[str, int | None], tuple[str, int | None]]] = {
    **{f"{app}.run": (("debug", 2), ("host", 0)) for app in (*_FLASKS, "dash.Dash().server")},
    "dash.Dash().run": (("debug", 3), ("host", 0)),
    "dash.Dash().run_server": (("debug", 3), ("host", 0)),
    "jupyter_dash.JupyterDash().run_server": (("debug", None), ("host", None)),
    "flask_socketio.SocketIO().run": (("debug", None), ("host", 1)),
    "connexion.App().run": (("debug", None), ("host", None)),
    "connexion.FlaskApp().run": (("debug", None), ("host", None)),
    "werkzeug.serving.run_simple": (("use_debugger", 4), ("hostname", 0)),
    "werkzeug.run_simple": (("use_debugger", 4), ("hostname", 0)),
    "werkzeug.debug.DebuggedApplication": (("evalex", 1), ("", None)),
}
# The same for servers whose debug mode answers an error with its traceback. Starlette 1, FastAPI, Quart 0.22,
# Sanic 25, Bottle 0.13, Tornado 6, Litestar 2.
_TRACEBACKS: dict[str, tuple[tuple[str, int | None], tuple[str, int | None]]] = {
    "fastapi.FastAPI": (("debug", None), ("", None)),
    "starlette.applications.Starlette": (("debug", 0), ("", None)),
    "litestar.Litestar": (("debug", None), ("", None)),
    "tornado.web.Application": (("debug", None), ("", None)),
    "quart.Quart().run": (("debug", 2), ("host", 0)),
    "sanic.Sanic().run": (("debug", None), ("host", 0)),
    "bottle.run": (("debug", 8), ("host", 2)),
    "bottle.debug": (("mode", 0), ("", None)),
}
_RELOADERS: dict[str, tuple[tuple[str, int | None], tuple[str, int | None]]] = {
    "uvicorn.run": (("reload", None), ("host", None)),
}
_ATTRIBUTES = {
    **{f"{app}.debug": True for app in (*_FLASKS, "dash.Dash().server")},
    "quart.Quart().debug": False,
    "fastapi.FastAPI().debug": False,
    "starlette.applications.Starlette().debug": False,
}
_ITEMS = tuple(f"{app}.config[]" for app in (*_FLASKS, "dash.Dash().server"))
_UPDATES = tuple(f"{app}.config.{method}" for app in _FLASKS for method in ("update", "from_mapping"))
# An application from a module that was not found, by its name.
_UNSEEN = re.compile(r"(?:.*\.)?(?:app|application|server|dash_app|flask_app|create_app\(\))\.run(?:_server)?")
_VARIABLES = ("FLASK_DEBUG", "FLASK_ENV", "WERKZEUG_DEBUG_PIN")
_CONSOLE = "whoever can make it fail gets its tracebacks, and with the debugger's PIN a console that runs code here"
_TRACEBACK = "whoever can make it fail is shown its tracebacks with the code around them"


class DebugServer(Rule):
    """A debugger, or development mode, in a server.

    ## Why is this bad?

    With `debug=True`, Flask and Dash start Werkzeug's debugger: an error page has a Python console. It asks for a PIN,
    which is made from facts that a second hole (a file that can be read) gives away, and it has been the way in to
    model demos more than once. FastAPI, Starlette, Quart, Sanic and Tornado show tracebacks with code, paths and what
    exceptions quote: queries, prompts, addresses of other services.

    ## How to fix

    Leave debug mode off in the code, and turn it on for one run on one's own machine: `flask run --debug`. Serve with
    gunicorn, waitress or uvicorn.

    ## When it is fine

    While developing, on this machine's own address. Such a server is reported with medium severity.

    ## Limits

    A switch that is read from the command line or the environment is left to the person who starts the program, unless
    its default is on.

    ## Fix safety

    The fix is unsafe: tracebacks, automatic reload and Dash's developer tools are gone.
    """

    code = "MLW504"
    name = "debug-server"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*_CONSOLES, *_TRACEBACKS, *_RELOADERS, *_UPDATES, *SHELL_CALLS, "*.run", "*.run_server")
    assigns = (*_ATTRIBUTES, *_ITEMS)
    triggers = (
        ("run", "debug"),
        ("flask", "run"),
        ("run_simple", "True"),
        ("run_server", "debug"),
        *((package, "debug") for package in ("flask", "fastapi", "starlette", "litestar", "tornado", "bottle", "dash")),
        *((package, "debug") for package in ("quart", "apiflask", "flask_openapi3", "Flask", "FastAPI")),
        ("config", "DEBUG"),
        ("uvicorn", "reload"),
        "use_debugger",
        ("DebuggedApplication", "evalex"),
        ("DebuggedApplication", "True"),
        "--debug",
        "--reload",
        ("fastapi", "dev"),
        *_VARIABLES,
        *TRIGGERS,
    )
    cwe = (489, 94)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0049",)
    references = (
        Reference("Flask: debug mode", "https://flask.palletsprojects.com/en/stable/quickstart/#debug-mode"),
        Reference("Werkzeug: the debugger", "https://werkzeug.palletsprojects.com/en/stable/debug/"),
        Reference("CVE-2024-34069: Werkzeug's debugger", "https://nvd.nist.gov/vuln/detail/CVE-2024-34069"),
    )
    examples = later(lambda: _examples())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a server that is started, or an application that is made, in debug mode."""
        if call.name in SHELL_CALLS:
            for command in commands_of_call(call):
                if found := _judge_command(command):
                    yield self.finding(call.span, found[1], severity=found[0], trace=call.context)
                    return
        elif call.name in _UPDATES:
            yield from self._configured(call)
        elif call.name in _CONSOLES:
            if not _is_off(call.argument("use_debugger")):
                yield from self._switched(call, *_CONSOLES[call.name], Severity.HIGH)
        elif call.name in _TRACEBACKS:
            yield from self._switched(call, *_TRACEBACKS[call.name], Severity.MEDIUM)
        elif call.name in _RELOADERS:
            (keyword, position), (host, place) = _RELOADERS[call.name]
            if any(map(is_open, call.argument(host, place).strings())):
                yield from self._switched(call, (keyword, position), ("", None), Severity.LOW)
        elif _is_unseen(call):
            yield from self._switched(call, ("debug", None), ("host", None), Severity.HIGH, Confidence.LOW)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report an application that is put into debug mode by an attribute or its configuration."""
        if assignment.target in _ITEMS and not assignment.key.may_be("DEBUG"):
            return
        sure = switched_on(assignment.value)
        if sure is None:
            return
        console = _ATTRIBUTES.get(assignment.target, True)
        yield self.finding(
            assignment.span,
            "the application is put into debug mode: " + (_CONSOLE if console else _TRACEBACK),
            severity=Severity.MEDIUM,
            confidence=sure,
            trace=assignment.context,
            fixes=(_fix(TextEdit(assignment.value_span, "False")),),
        )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report code that sets a variable by which debug mode is on, or the debugger's PIN off."""
        for name in _VARIABLES:
            if name != "FLASK_ENV" or not FLASK_NO_ENV.passed(model):
                yield from self._variables(name, settings_in_code(model, name))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report magics, scripts and configuration that set such a variable, and commands in cells."""
        for name in _VARIABLES:
            yield from self._variables(name, settings_in_text(document, name))
        if isinstance(document, Notebook):
            for shell in shell_texts(document):
                for command in shell.commands:
                    if found := _judge_command(command):
                        yield self.finding(command.span, found[1], severity=found[0])

    def _configured(self, call: CallSite) -> Iterator[Finding]:
        sure = switched_on(call.argument("DEBUG"))
        if sure is not None:
            span = call.argument_span("DEBUG")
            yield self.finding(
                call.span,
                "the application is put into debug mode: " + _CONSOLE,
                severity=Severity.MEDIUM,
                confidence=sure,
                trace=call.context,
                fixes=() if span is None else (_fix(TextEdit(span, "False")),),
            )

    def _switched(
        self,
        call: CallSite,
        switch: tuple[str, int | None],
        host: tuple[str, int | None],
        severity: Severity,
        most: Confidence = Confidence.HIGH,
    ) -> Iterator[Finding]:
        keyword, position = switch
        sure = switched_on(call.argument(keyword, position))
        if sure is None:
            return
        if severity is Severity.HIGH and host[0] and _is_this_machine(call, *host):
            severity = Severity.MEDIUM
        name = call.written
        if not re.fullmatch(r"[\w.]{1,40}", name):
            name = call.attribute
        if severity is Severity.LOW:
            message = f"`{name}` with `{keyword}` watches the files and restarts: a switch for development on a server for all"
        elif call.name in _TRACEBACKS:
            message = f"`{name}` with `{keyword}` shows tracebacks: {_TRACEBACK}"
        else:
            message = f"`{name}` with `{keyword}` starts the server with Werkzeug's debugger: {_CONSOLE}"
        edit = call.set_argument(keyword, "False", position) if call.argument_span(keyword, position) else None
        yield self.finding(
            call.span,
            message,
            severity=severity,
            confidence=min(sure, most),
            trace=call.context,
            fixes=() if edit is None else (_fix(edit),),
        )

    def _variables(self, name: str, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            severity, confidence = Severity.MEDIUM, Confidence.HIGH
            if name == "FLASK_DEBUG":
                if not is_true(setting.value):
                    continue
                message = f"`{name}` puts Flask into debug mode: {_CONSOLE}"
            elif name == "FLASK_ENV":
                if not setting.value.may_be("development"):
                    continue
                confidence = Confidence.LOW
                message = f"`{name}=development` puts Flask before 2.3 into debug mode: {_CONSOLE}"
            else:
                if not setting.value.may_be("off"):
                    continue
                severity = Severity.HIGH
                message = f"`{name}=off` takes the PIN off Werkzeug's console: whoever can make the server fail runs code here"
            fixes: tuple[Fix, ...] = ()
            if setting.removal is not None:
                fixes = (_fix(setting.removal, "Remove the variable"),)
            yield self.finding(setting.span, message, severity=severity, confidence=confidence, fixes=fixes)


def _fix(edit: TextEdit, title: str = "Turn debug mode off") -> Fix:
    return Fix(title, (edit,), Applicability.UNSAFE, "tracebacks and automatic reload are gone")


def _is_off(value: Value) -> bool:
    return any(constant is not None and not constant for constant in value.constants())


def _is_unseen(call: CallSite) -> bool:
    """Whether `run(debug=True)` is called on something imported from elsewhere that is named like an application."""
    known = (*_CONSOLES, *_TRACEBACKS, *_RELOADERS)
    return bool(call.name) and call.name not in known and "." in call.name and bool(_UNSEEN.fullmatch(call.name))


def _is_this_machine(call: CallSite, keyword: str, position: int | None) -> bool:
    """Whether a server can be reached from this machine only."""
    host = call.argument(keyword, position)
    if host.is_absent or host.must_be(None):
        return True
    texts = host.strings()
    return len(texts) == len(host.alternatives()) and all(map(is_loopback, texts))


def _judge_command(command: Command) -> tuple[Severity, str] | None:
    """How bad a command that starts a server in debug mode is, and why; None for any other."""
    program, texts = command.program, command.texts
    if re.fullmatch(r"python[\d.]*|\{sys\.executable\}", program) and texts[:1] == ("-m",):
        program, texts = base_name(texts[1]) if len(texts) > 1 else "", texts[2:]
    host = _host_of(texts)
    if program == "flask" and "run" in texts and "--debug" in texts:
        open_host = host is not None and is_open(host)
        return (
            Severity.HIGH if open_host else Severity.MEDIUM,
            f"`flask run --debug` starts the server with Werkzeug's debugger: {_CONSOLE}",
        )
    development = "a switch for development on a server for all"
    if program == "uvicorn" and "--reload" in texts and host is not None and is_open(host):
        return Severity.LOW, f"`uvicorn --reload` watches the files and restarts: {development}"
    if program == "fastapi" and "dev" in texts and host is not None and is_open(host):
        return Severity.LOW, f"`fastapi dev` watches the files and restarts: {development}"
    if program == "bentoml" and "serve" in texts and "--reload" in texts and (host is None or is_open(host)):
        return Severity.LOW, f"`bentoml serve --reload` watches the files and restarts: {development}"
    return None


def _host_of(texts: tuple[str, ...]) -> str | None:
    for index, text in enumerate(texts):
        name, equals, value = text.partition("=")
        if name in {"--host", "-h"}:
            return value if equals else texts[index + 1] if index + 1 < len(texts) else None
    return None


def _examples() -> Examples:
    from mlwarden.rules.exposure._debug_server_examples import EXAMPLES

    return EXAMPLES
