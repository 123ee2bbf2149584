"""MLW217: TLS certificates are not verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_lines import Command, shell_texts
from mlwarden.notebooks.shell_tls import VARIABLES, TlsSwitch, tls_switch_of, trusted_host_of
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span, TraceStep
from mlwarden.rules.downloads._tls_shell_examples import SHELL_EXAMPLES
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS, commands_of_call
from mlwarden.semantics.tls_calls import CERT_REQS, OLD_AIOHTTP, SWITCHES, UNVERIFIED
from mlwarden.semantics.values import Mapping

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

_OUTCOME = "anybody on the way can answer for the server"
_WHY_UNSAFE = "a server whose certificate is not valid can no longer be reached"
# Words of shell texts without which no command of the table switches anything off.
_SHELL_WORDS = (
    "curl",
    "no-check",
    "check-certificate",
    "check_certificate",
    "insecure",
    "no-verify-ssl",
    "sslverify",
    "sslVerify",
    "SSLVerify",
    "strict-ssl",
    "enableStrictSsl",
    "ssl_verify",
    "ssl-verify",
    "tls-verify",
    "SkipCertificateCheck",
    "--verify",
)
_GIVEN = re.compile(r"\s*(?P<name>\w+)(?:\s*=\s*|\s+)(?P<value>\S*)\s*")
_VARIABLES_SET = ("os.environ.setdefault", "os.putenv", "os.environ.update")


class TlsVerificationOff(Rule):
    """TLS certificates that are not verified.

    ## Why is this bad?

    Without verification everybody between this machine and the server (the café's network, a compromised router)
    can answer in its place: hand out another model, other data, or read the key that is sent along.

    ## How to fix

    Leave verification on. For a company's own certificates, name their bundle: `verify="/path/to/ca.pem"`, or set
    `REQUESTS_CA_BUNDLE` or `SSL_CERT_FILE`.

    ## When it is fine

    Against a test server on the same machine.

    Commands in notebooks (`curl -k`, `wget --no-check-certificate`, `git config http.sslVerify false`, ...) and those
    that Python runs are judged as well, and the environment variables that switch verification off. A download from
    this machine is not reported.

    ## Limits

    A value that is computed or handed over by a caller outside the project is left alone. `pip --trusted-host` in a
    shell line of a notebook is left to the rule on insecure fetches there (MLW708).

    ## Fix safety

    The fix is unsafe: a server whose certificate is not valid can no longer be reached.
    """

    code = "MLW217"
    name = "tls-verification-off"
    severity = Severity.HIGH
    calls = (*SWITCHES, *CERT_REQS, *UNVERIFIED, *_VARIABLES_SET, *SHELL_CALLS)
    assigns = (
        "ssl._create_default_https_context",
        "requests.Session().verify",
        "litellm.ssl_verify",
        "os.environ[]",
        "*.verify_mode",
        "*.check_hostname",
    )
    triggers = (
        "verify",
        "ssl",
        "verify_ssl",
        "verify_certs",
        "cert_check",
        "cert_reqs",
        "_create_unverified_context",
        "_create_stdlib_context",
        "verify_mode",
        "check_hostname",
        *VARIABLES,
        *_SHELL_WORDS,
        *TRIGGERS,
    )
    cwe = (295,)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0010",)
    references = (
        Reference(
            "Requests: SSL certificate verification",
            "https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification",
        ),
        Reference("Python: ssl, security considerations", "https://docs.python.org/3/library/ssl.html#ssl-security"),
    )
    examples = (
        Bad(
            """
            import requests

            weights = requests.get("https://models.example.org/weights.bin", verify=False).content
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            fixed="""
            import requests

            weights = requests.get("https://models.example.org/weights.bin", verify=True).content
            """,
        ),
        Bad(
            """
            import requests as rq

            OPTIONS = {"timeout": 10, "verify": False}

            def fetch(url):
                session = rq.Session()
                return session.get(url, **OPTIONS)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import requests

            session = requests.Session()
            session.verify = 0
            ^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import requests

            session = requests.Session()
            session.verify = True
            """,
        ),
        Bad(
            """
            import ssl

            ssl._create_default_https_context = ssl._create_unverified_context
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import ssl

            context = ssl.create_default_context()
            context.check_hostname = False
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            context.verify_mode = ssl.CERT_NONE
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import ssl

            context = ssl.create_default_context()
            context.check_hostname = True
            context.verify_mode = ssl.CERT_REQUIRED
            """,
        ),
        Bad(
            """
            import aiohttp

            async def fetch(url):
                async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
                                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    return await session.get(url)
            """,
            fixed="""
            import aiohttp

            async def fetch(url):
                async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=True)) as session:
                    return await session.get(url)
            """,
        ),
        Bad(
            """
            import os

            os.environ["CURL_CA_BUNDLE"] = ""
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import urllib3

            pool = urllib3.PoolManager(cert_reqs="CERT_NONE")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import urllib3

            pool = urllib3.PoolManager(cert_reqs="CERT_REQUIRED")
            """,
        ),
        Good(
            """
            import requests

            requests.get("https://models.example.org/weights.bin", verify="/etc/ssl/company.pem")
            """,
            because="it is verified by the company's own certificates",
        ),
        Good(
            """
            import jwt

            jwt.decode(token, verify=False)
            checker.verify = False
            """,
            because="it is not about TLS",
        ),
        Good(
            """
            import os
            import requests

            os.environ["CURL_CA_BUNDLE"] = "/etc/ssl/company.pem"

            def fetch(url, verify):
                return requests.get(url, verify=verify)
            """,
            because="the bundle is named, and the caller decides",
        ),
        Missed(
            """
            import requests

            def fetch(url, **options):
                return requests.get(url, **options)

            fetch(url, **read_options())
            """,
            because="options from outside the code are not known",
        ),
        *SHELL_EXAMPLES,
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call whose keyword or command switches verification off, or that makes an unverifying context."""
        if call.name in _VARIABLES_SET:
            yield from self._check_variable(call, call.argument("key", 0), call.argument("value", 1))
            yield from self._check_environment(call, *call.positional()[:1])
            return
        if call.name in SHELL_CALLS:
            yield from self._check_command(call)
            return
        if call.name in UNVERIFIED:
            reqs = call.argument("cert_reqs")
            if call.name.endswith("unverified_context") and (reqs.is_absent or _is_none(reqs)):
                yield self._report(call, f"`{call.name}` makes a context that", None, Confidence.HIGH)
            return
        if call.name in CERT_REQS:
            reqs = call.argument("cert_reqs")
            if _is_none(reqs):
                good = '"CERT_REQUIRED"' if reqs.strings() else "ssl.CERT_REQUIRED"
                yield self._report(call, f"`{_shown(call)}`", ("cert_reqs", good), _sure(reqs))
            return
        for keyword in (SWITCHES[call.name], OLD_AIOHTTP.get(call.name, "")):
            value = call.argument(keyword) if keyword else None
            if value is not None and not value.is_absent and _is_off(value):
                yield self._report(call, f"`{_shown(call)}`", (keyword, "True"), _sure(value))

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report an attribute or environment variable that switches verification off."""
        value = assignment.value
        if assignment.target == "os.environ[]":
            yield from self._check_variable(assignment, assignment.key, value)
            return
        good = "True"
        if assignment.target == "ssl._create_default_https_context":
            if not any(name in UNVERIFIED for name in value.names()):
                return
            good = ""
        elif assignment.attribute == "verify_mode":
            if not _is_none(value):
                return
            good = "ssl.CERT_REQUIRED" if "ssl.CERT_NONE" in value.names() else ""
        elif assignment.attribute == "check_hostname":
            if not (_is_off(value) and assignment.target.startswith(("ssl.", "urllib3."))):
                return
        elif not _is_off(value):
            return
        fixes = () if not good else (_fix(assignment.value_span, good),)
        yield self.finding(
            assignment.span,
            f"`{assignment.attribute}` is set so that TLS certificates are not verified: {_OUTCOME}",
            confidence=_sure(value),
            trace=assignment.context,
            fixes=fixes,
        )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report shell lines and magics of a notebook that switch verification off."""
        if not isinstance(document, Notebook):
            return
        for shell in shell_texts(document):
            for command in shell.commands:
                switch = tls_switch_of(command)
                if switch is not None:
                    yield self._switched(switch, command.span)
        for cell in document.cells:
            for magic in cell.magics:
                if magic.kind == "line" and magic.name in ("env", "set_env"):
                    given = _GIVEN.fullmatch(magic.text)
                    name = "" if given is None else given["name"]
                    if given is not None and name in VARIABLES and VARIABLES[name](given["value"].strip("\"'")):
                        span = Span(magic.span.start, magic.span.end, cell.index)
                        yield self._switched(TlsSwitch(name, is_variable=True), span)

    def _check_command(self, call: CallSite) -> Iterator[Finding]:
        """A command that Python runs; words in its strings have no places in the file, so that there is no edit."""
        yield from self._check_environment(call, call.argument("env"))
        for command in commands_of_call(call):
            switch = tls_switch_of(command) or _trusted_host(command)
            if switch is not None:
                shown = TlsSwitch(switch.shown, switch.is_variable)
                yield self._switched(shown, call.span, call.context)
                return

    def _check_environment(self, call: CallSite, *mappings: Value) -> Iterator[Finding]:
        """Variables in a dictionary: `env=` of a process, the argument of `os.environ.update`."""
        given = [(name, call.argument(name)) for name in VARIABLES if call.name == "os.environ.update"]
        for mapping in mappings:
            for option in mapping.alternatives():
                if isinstance(option, Mapping):
                    given.extend((name, option.get(name)) for name in VARIABLES)
        for name, value in given:
            if any(VARIABLES[name](text) for text in value.strings()):
                yield self._switched(TlsSwitch(name, is_variable=True), call.span, call.context)

    def _check_variable(self, place: CallSite | Assignment, key: Value, value: Value) -> Iterator[Finding]:
        for name in key.strings():
            if name in VARIABLES and any(VARIABLES[name](text) for text in value.strings()):
                yield self._switched(TlsSwitch(name, is_variable=True), place.span, place.context)

    def _switched(self, switch: TlsSwitch, span: Span, trace: tuple[TraceStep, ...] = ()) -> Finding:
        what = "is set so that TLS certificates are not verified" if switch.is_variable else ""
        fixes = () if switch.edit is None else (_fix(*switch.edit),)
        message = f"`{switch.shown}` {what or 'does not verify TLS certificates'}: {_OUTCOME}"
        return self.finding(span, message, trace=trace, fixes=fixes)

    def _report(self, call: CallSite, what: str, mended: tuple[str, str] | None, confidence: Confidence) -> Finding:
        edit = None if mended is None or call.argument_span(mended[0]) is None else call.set_argument(*mended)
        fixes = () if edit is None else (_fix(edit.span, edit.replacement),)
        return self.finding(
            call.span,
            f"{what} does not verify TLS certificates: {_OUTCOME}",
            confidence=confidence,
            trace=call.context,
            fixes=fixes,
        )


def _trusted_host(command: Command) -> TlsSwitch | None:
    option = trusted_host_of(command)
    return None if option is None else TlsSwitch(f"{command.program} {option.text}")


def _fix(span: Span, replacement: str) -> Fix:
    return Fix("Verify certificates", (TextEdit(span, replacement),), Applicability.UNSAFE, _WHY_UNSAFE)


def _is_off(value: Value) -> bool:
    """Whether a value is, or may be, one that switches verification off; None means the default."""
    return any(constant is not None and not constant for constant in value.constants())


def _is_none(value: Value) -> bool:
    return (
        "ssl.CERT_NONE" in value.names()
        or any(text in {"CERT_NONE", "NONE"} for text in value.strings())
        or value.may_be(0)
    )


def _sure(value: Value) -> Confidence:
    """Less sure where it is one of several values: perhaps a switch that somebody else sets."""
    return Confidence.MEDIUM if value.is_unknown or len(value.alternatives()) > 1 else Confidence.HIGH


def _shown(call: CallSite) -> str:
    return call.name.replace("()", "")
