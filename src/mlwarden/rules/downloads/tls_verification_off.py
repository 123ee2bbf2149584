"""MLW217: TLS certificates are not verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
# Call -> keyword that switches verification off when it is false.
_SWITCHES: dict[str, str] = {
    **{f"requests.{method}": "verify" for method in _METHODS},
    **{f"requests.Session().{method}": "verify" for method in _METHODS},
    **{f"httpx.{method}": "verify" for method in (*_METHODS, "stream")},
    "httpx.Client": "verify",
    "httpx.AsyncClient": "verify",
    "httpx.HTTPTransport": "verify",
    "httpx.AsyncHTTPTransport": "verify",
    "httpx.create_ssl_context": "verify",
    "gdown.download": "verify",
    "boto3.client": "verify",
    "boto3.resource": "verify",
    "boto3.Session().client": "verify",
    "boto3.Session().resource": "verify",
    "boto3.session.Session().client": "verify",
    "boto3.session.Session().resource": "verify",
    "aiohttp.TCPConnector": "ssl",
    **{f"aiohttp.ClientSession().{method}": "ssl" for method in (*_METHODS, "ws_connect")},
    "elasticsearch.Elasticsearch": "verify_certs",
    "opensearchpy.OpenSearch": "verify_certs",
    "minio.Minio": "cert_check",
    "hvac.Client": "verify",
    "clickhouse_connect.get_client": "verify",
}
_OLD_AIOHTTP = {name: "verify_ssl" for name, keyword in _SWITCHES.items() if keyword == "ssl"}
_CERT_REQS = {
    "urllib3.PoolManager": "cert_reqs",
    "urllib3.ProxyManager": "cert_reqs",
    "urllib3.HTTPSConnectionPool": "cert_reqs",
    "urllib3.connectionpool.HTTPSConnectionPool": "cert_reqs",
    "urllib3.util.ssl_.create_urllib3_context": "cert_reqs",
    "ssl.wrap_socket": "cert_reqs",
}
_UNVERIFIED = ("ssl._create_unverified_context", "ssl._create_stdlib_context")
_ENVIRONMENT = {"PYTHONHTTPSVERIFY": ("0",), "CURL_CA_BUNDLE": ("",), "REQUESTS_CA_BUNDLE": ("",)}


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

    ## Limits

    A value that is computed or handed over by a caller outside the project is left alone.

    ## Fix safety

    The fix is unsafe: a server whose certificate is not valid can no longer be reached.
    """

    code = "MLW217"
    name = "tls-verification-off"
    severity = Severity.HIGH
    calls = (*_SWITCHES, *_CERT_REQS, *_UNVERIFIED, "os.environ.setdefault", "os.putenv")
    assigns = (
        "ssl._create_default_https_context",
        "requests.Session().verify",
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
        *_ENVIRONMENT,
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
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call whose keyword switches verification off, or that makes an unverifying context."""
        if call.name in {"os.environ.setdefault", "os.putenv"}:
            yield from self._check_variable(call, call.argument("key", 0), call.argument("value", 1))
            return
        if call.name in _UNVERIFIED:
            reqs = call.argument("cert_reqs")
            if call.name.endswith("unverified_context") and (reqs.is_absent or _is_none(reqs)):
                yield self._report(call, f"`{call.name}` makes a context that", None, Confidence.HIGH)
            return
        if call.name in _CERT_REQS:
            reqs = call.argument("cert_reqs")
            if _is_none(reqs):
                good = '"CERT_REQUIRED"' if reqs.strings() else "ssl.CERT_REQUIRED"
                yield self._report(call, f"`{_shown(call)}`", ("cert_reqs", good), _sure(reqs))
            return
        for keyword in (_SWITCHES[call.name], _OLD_AIOHTTP.get(call.name, "")):
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
            if not any(name in _UNVERIFIED for name in value.names()):
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
        fixes = () if not good else (self._fix(assignment, good),)
        yield self.finding(
            assignment.span,
            f"`{assignment.attribute}` is set so that TLS certificates are not verified: "
            "anybody on the way can answer for the server",
            confidence=_sure(value),
            trace=assignment.context,
            fixes=fixes,
        )

    def _check_variable(self, place: CallSite | Assignment, key: Value, value: Value) -> Iterator[Finding]:
        for name in key.strings():
            if any(text in _ENVIRONMENT.get(name, ()) for text in value.strings()):
                yield self.finding(
                    place.span,
                    f"`{name}` is set so that TLS certificates are not verified: "
                    "anybody on the way can answer for the server",
                    trace=place.context,
                )

    def _report(self, call: CallSite, what: str, mended: tuple[str, str] | None, confidence: Confidence) -> Finding:
        edit = None if mended is None or call.argument_span(mended[0]) is None else call.set_argument(*mended)
        fixes = (
            ()
            if edit is None
            else (
                Fix(
                    "Verify certificates",
                    (edit,),
                    Applicability.UNSAFE,
                    "a server whose certificate is not valid can no longer be reached",
                ),
            )
        )
        return self.finding(
            call.span,
            f"{what} does not verify TLS certificates: anybody on the way can answer for the server",
            confidence=confidence,
            trace=call.context,
            fixes=fixes,
        )

    def _fix(self, assignment: Assignment, good: str) -> Fix:
        from mlwarden.model.fixes import TextEdit

        return Fix(
            "Verify certificates",
            (TextEdit(assignment.value_span, good),),
            Applicability.UNSAFE,
            "a server whose certificate is not valid can no longer be reached",
        )


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
    return Confidence.MEDIUM if value.is_unknown else Confidence.HIGH


def _shown(call: CallSite) -> str:
    return call.name.replace("()", "")
