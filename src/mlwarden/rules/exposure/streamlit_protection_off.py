"""MLW510: a Streamlit app whose protection against other sites' pages is off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
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
    Span,
)
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.environment import ANY_VALUE, Setting, is_false, settings_in_code, settings_in_text
from mlwarden.semantics.loaders import switched_off
from mlwarden.semantics.shell_calls import SHELL_CALLS
from mlwarden.semantics.started import Started, started_by_call, started_in_text
from mlwarden.semantics.values import Mapping, Sequence
from mlwarden.source.documents import PlainText

if TYPE_CHECKING:
    from mlwarden.model.findings import TraceStep
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

# Option -> (its variable, what it means when it is off). Streamlit 1.67.
_SWITCHES = {
    "server.enableXsrfProtection": (
        "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION",
        "a page of another site can upload files to the app in the name of a visitor",
    ),
    "server.enableCORS": (
        "STREAMLIT_SERVER_ENABLE_CORS",
        "pages of every site can open a session of the app through a visitor's browser, and read what it shows",
    ),
}
_ORIGINS = "server.corsAllowedOrigins"
_ORIGINS_VARIABLE = "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS"
_ALL_ORIGINS = _SWITCHES["server.enableCORS"][1]
_VARIABLES = (*(variable for variable, _ in _SWITCHES.values()), _ORIGINS_VARIABLE)
# Call -> the keyword and position of the options; none for a call that sets one.
_WITH_OPTIONS = {
    "streamlit.web.bootstrap.run": ("flag_options", 3),
    "streamlit.web.bootstrap.load_config_options": ("flag_options", 0),
    "streamlit.bootstrap.run": ("flag_options", 3),
    "streamlit.bootstrap.load_config_options": ("flag_options", 0),
}
_SETTERS = ("streamlit.config.set_option", "streamlit.config._set_option")
_LINE = re.compile(
    r"^[ \t]*(?:(?P<table>\[[^\]\n]*\])|(?P<setting>(?P<name>(?:server\.)?(?:enableXsrfProtection|enableCORS|corsAllowedOrigins))"
    r"[ \t]*=[ \t]*(?P<value>\[[^\]]*\]|[^\s#]+)))",
    re.MULTILINE,
)
_CONFIG = re.compile(
    r"(?:.*[/\\])?\.?streamlit[/\\][^/\\]*\.toml|(?:.*[/\\])?[^/\\]*streamlit[^/\\]*\.toml", re.IGNORECASE
)


class StreamlitProtectionOff(Rule):
    """A Streamlit app whose protection against other sites' pages is off.

    ## Why is this bad?

    A Streamlit app often stands in a network where whoever can reach it may use it. A page of any site that a colleague
    opens runs in that network too. The XSRF token and the check of the origin keep such a page from uploading files to
    the app and from opening a session of it; the switches are usually turned off to get rid of an error behind a proxy.

    ## How to fix

    Leave both on (the default), and name the address that the app has behind the proxy:
    `server.corsAllowedOrigins = ["https://app.example.com"]`.

    ## When it is fine

    On one's own machine for a test. An app that anybody may use, and that takes no uploads, loses little.

    ## Limits

    Development containers (`devcontainer.json`) are not read.

    ## Fix safety

    The fix is unsafe because embedding the app in another site, or a proxy, may rely on the switch.
    """

    code = "MLW510"
    name = "streamlit-protection-off"
    severity = Severity.MEDIUM
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*SHELL_CALLS, *_WITH_OPTIONS, *_SETTERS)
    triggers = ("enableXsrfProtection", "enableCORS", "corsAllowedOrigins", *_VARIABLES)
    cwe = (352,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0049",)
    references = (
        Reference(
            "Streamlit: config.toml", "https://docs.streamlit.io/develop/api-reference/configuration/config.toml"
        ),
    )
    examples = (
        Bad(
            """
            [theme]
            base = "dark"

            [server]
            port = 8501
            enableXsrfProtection = false
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            enableCORS=false # the proxy
            ^^^^^^^^^^^^^^^^
            """,
            path=".streamlit/config.toml",
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            fixed="""
            [theme]
            base = "dark"

            [server]
            port = 8501
            """,
        ),
        Bad(
            """
            [server]
            corsAllowedOrigins = ["*"]
            ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="app/.streamlit/config.toml",
            message="`server.corsAllowedOrigins` names every origin: pages of every site can open a session of the app through a "
            "visitor's browser, and read what it shows",
            fixed="""
            [server]
            """,
        ),
        Bad(
            """
            import subprocess
            import sys

            subprocess.Popen(["streamlit", "run", "app.py", "--server.enableCORS", "false"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run([sys.executable, "-m", "streamlit", "run", "app.py", "--server.enableXsrfProtection=false"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import os
            from streamlit import config
            from streamlit.web import bootstrap

            OPTIONS = {"server.port": 8501, "server.enableXsrfProtection": False}

            os.environ["STREAMLIT_SERVER_ENABLE_CORS"] = "false"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            config.set_option("server.enableCORS", False)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            bootstrap.run("app.py", False, [], OPTIONS)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import os
            from streamlit import config
            from streamlit.web import bootstrap

            OPTIONS = {"server.port": 8501, "server.enableXsrfProtection": False}

            config.set_option("server.enableCORS", False)
            bootstrap.run("app.py", False, [], OPTIONS)
            """,
        ),
        Bad(
            as_notebook("!streamlit run app.py --server.enableXsrfProtection false & npx localtunnel --port 8501"),
            path="example.ipynb",
            texts=("streamlit run app.py --server.enableXsrfProtection false",),
            fixed=as_notebook("!streamlit run app.py & npx localtunnel --port 8501"),
        ),
        Bad(
            """
            FROM python:3.12
            ENV STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION=false
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            ENTRYPOINT ["streamlit", "run", "app.py", "--server.enableCORS=false", "--server.address=0.0.0.0"]
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            fixed="""
            FROM python:3.12
            ENTRYPOINT ["streamlit", "run", "app.py", "--server.enableCORS=true", "--server.address=0.0.0.0"]
            """,
        ),
        Bad(
            """
            web: streamlit run app.py --server.port $PORT --server.enableCORS=false
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Procfile",
            fixed="""
            web: streamlit run app.py --server.port $PORT
            """,
        ),
        Bad(
            """
            services:
              app:
                command: streamlit run app.py
                environment:
                  STREAMLIT_SERVER_ENABLE_CORS: "false"
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="compose.yml",
            fixed="""
            services:
              app:
                command: streamlit run app.py
                environment:
            """,
        ),
        Good(
            """
            [server]
            enableXsrfProtection = true
            enableCORS = true
            corsAllowedOrigins = ["https://app.example.com"]
            address = "0.0.0.0"
            # enableCORS = false

            [client]
            enableCORS = false
            """,
            path=".streamlit/config.toml",
            because="the protection is on; the last table is not the server's",
        ),
        Good(
            """
            [server]
            enableCORS = false
            """,
            path="settings/other_server.toml",
            because="it is not Streamlit's configuration",
        ),
        Good(
            """
            import os
            import streamlit as st
            import subprocess

            st.set_option("client.showErrorDetails", False)
            os.environ["STREAMLIT_SERVER_ENABLE_CORS"] = "true"
            subprocess.run(["streamlit", "run", "app.py", "--server.enableCORS=true"])
            subprocess.run(["echo", "--server.enableCORS=false"])
            """,
            because="the protection stays on",
        ),
        Good(
            """
            from my_settings import config

            config.set_option("server.enableCORS", False)
            """,
            because="it is another library",
        ),
        Missed(
            """
            {
              "postAttachCommand": "streamlit run app.py --server.enableCORS false"
            }
            """,
            path=".devcontainer/devcontainer.json",
            because="development containers are not read",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that starts an app with a switch off, or that sets such an option."""
        if call.name in SHELL_CALLS:
            for started in started_by_call(call):
                yield from self._command(started, call.span, call.context)
        elif call.name in _SETTERS:
            for key in call.argument("key", 0).strings():
                yield from self._option(call, key, call.argument("value", 1))
        elif call.name in _WITH_OPTIONS:
            for option in call.argument(*_WITH_OPTIONS[call.name]).alternatives():
                for key, value in option.items if isinstance(option, Mapping) else ():
                    name = str(key)
                    name = name.replace("_", ".", 1) if name.startswith("server_") else name
                    yield from self._option(call, name, value)

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report variables that code sets."""
        for name in _VARIABLES:
            yield from self._variable(name, settings_in_code(model, name))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report variables and commands in cells, scripts and configuration, and Streamlit's own configuration."""
        for name in _VARIABLES:
            yield from self._variable(name, settings_in_text(document, name, value=ANY_VALUE))
        for started in started_in_text(document):
            yield from self._command(started, started.span)
        if isinstance(document, PlainText) and _CONFIG.fullmatch(document.path):
            yield from self._config(document.text)

    def _option(self, call: CallSite, key: str, value: Value) -> Iterator[Finding]:
        if key in _SWITCHES:
            sure = Confidence.MEDIUM if is_false(value) else switched_off(value)
            sure = switched_off(value) or sure
            message = _off(key)
        elif key == _ORIGINS and any(_names_all(option) for option in value.alternatives()):
            sure, message = Confidence.HIGH, _everybody(f"`{key}`")
        else:
            return
        if sure is not None:
            yield self.finding(call.span, message, confidence=sure, trace=call.context)

    def _command(self, started: Started, span: Span, context: tuple[TraceStep, ...] = ()) -> Iterator[Finding]:
        if started.program not in ("streamlit", "streamlit.web.cli") or "run" not in started.texts:
            return
        for name in _SWITCHES:
            if (started.value(f"--{name}") or "").lower() in {"false", "0", "no"}:
                flag, message = f"--{name}", _off(name)
                edit = started.without(flag, takes_value=True) or started.with_value("true", flag)
                yield self.finding(span, message, trace=context, fixes=_fixes(edit, f"Turn `{name}` on"))
                return
        if "*" in (started.value(f"--{_ORIGINS}") or ""):
            edit = started.without(f"--{_ORIGINS}", takes_value=True)
            yield self.finding(
                span, _everybody(f"`{_ORIGINS}`"), trace=context, fixes=_fixes(edit, "Remove the option")
            )

    def _variable(self, name: str, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            if name == _ORIGINS_VARIABLE:
                if not any("*" in re.split(r"[,\s\[\]\"']+", text) for text in setting.value.strings()):
                    continue
                message = _everybody(f"`{name}`")
            elif is_false(setting.value):
                message = _off(next(option for option, (variable, _) in _SWITCHES.items() if variable == name))
            else:
                continue
            yield self.finding(setting.span, message, fixes=_fixes(setting.removal, "Remove the variable"))

    def _config(self, text: str) -> Iterator[Finding]:
        table = ""
        for match in _LINE.finditer(text):
            if match["table"] is not None:
                table = match["table"].strip("[] \t\"'")
                continue
            name = match["name"] if match["name"].startswith("server.") else f"{table}.{match['name']}"
            if name in _SWITCHES:
                message = _off(name) if match["value"].lower() == "false" else ""
            else:
                stars = re.search(r"[\"']\*[\"']", match["value"])
                message = _everybody(f"`{name}`") if stars and name == _ORIGINS else ""
            if message:
                end = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)").match(text, match.end("setting"))
                edit = None if end is None else TextEdit(Span(match.start(), end.end()), "")
                span = Span(match.start("setting"), match.end("setting"))
                yield self.finding(span, message, fixes=_fixes(edit, "Remove the setting"))


def _off(name: str) -> str:
    return f"`{name}` is off: {_SWITCHES[name][1]}"


def _everybody(subject: str) -> str:
    return f"{subject} names every origin: {_ALL_ORIGINS}"


def _names_all(value: Value) -> bool:
    return value.may_be("*") or (isinstance(value, Sequence) and any(item.may_be("*") for item in value.items))


def _fixes(edit: TextEdit | None, title: str) -> tuple[Fix, ...]:
    reason = "embedding the app in another site, or a proxy, may rely on it"
    return () if edit is None else (Fix(title, (edit,), Applicability.UNSAFE, reason),)
