"""Credentials in URLs: `scheme://user:password@host`, `https://token@host`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.record import record
from mlwarden.secrets.formats import TokenFormat, compiled

URL_PASSWORD = TokenFormat(
    id="url-password",
    provider="",
    kind="password in a URL",
    pattern="",
    severity=Severity.HIGH,
    plugin="basic_auth:BasicAuthDetector",
    recipe="",
    source="https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",
)

if TYPE_CHECKING:
    from mlwarden.secrets.ds_baseline import KnownSecrets


def _each(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The patterns are compiled when they are needed. `re` looks for the literal `://` first. User, password, host.
_URL = r"""://([^\s/@:"'<>`|\\]{0,100})(?::([^\s/@"'<>`\\]{1,256}))?@([\w.\-\[\]:%$]{1,255})"""
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]{1,30}\Z"
_LOCAL = r"localhost|127\.|0\.0\.0\.0|\[?::1|host\.docker\.internal|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\."
# Names reserved for documentation (RFC 2606, RFC 6761), and what people write in their place.
_EXAMPLE_HOST = (
    r"(?i)(?:^|[.@\-])(?:example|invalid|test|localdomain|yourhost|your-host|yourdomain|hostname|server|myhost|myserver|host"
    r"|domain|proxyhost|proxy_host|proxy-host|dbhost|db_host|db-host|ip|address)(?:$|[.:\d])|your"
)
_TEMPLATE = r"[{}<>$*…]|%\(|%s|\.\.\.|\[|\(|[^\x00-\x7f]"
_WEAK = _each(
    """
    admin administrator airflow amqp api_key api_token apikey bar baz changeme credentials dbpass dbpassword default
    demo docker foo git guest guestpassword hunter2 key langchain letmein login minio minioadmin mongo mongodb mypass
    mypassword mypwd mysecretpassword mysql neo4j oauth2 p4ssw0rd pass passw0rd passwd password pg pgpassword pgvector
    postgres postgrespass postgrespassword postgresql pw pwd rabbitmq redis redispassword root s3cret sa scott secret
    secretpassword somepassword strongpassword test testpass testpassword testpwd tiger token user username userpass
    x x-access-token x-oauth-basic x-token-auth xxx xxxx yourpassword
    """
)
# The part before the @ names a user, however it looks.
_USER_ONLY = frozenset({"ssh", "sftp", "git+ssh", "svn+ssh", "rsync", "mailto", "sip"})
_PLAIN_WORD = r"[a-z_\-.]+|[A-Z][a-z]+"
_HEX_NUMBER = r"[0-9]{1,6}"
_REFERENCE = r"[A-Z][A-Z0-9_]*(?:PASS|PWD|TOKEN|SECRET|KEY|PASSWORD|USER|CREDS?)[A-Z0-9_]*"


@record(frozen=True, slots=True)
class UrlCredential:
    """A password or token in a URL.

    Attributes:
        start, end: where the password or token stands.
        url_start, url_end: the URL up to its host.
        scheme: in lower case, e.g. "postgresql".
        is_token: the only credential is in the place of the user's name.
        confidence: low for a service on this machine.
    """

    start: int
    end: int
    url_start: int
    url_end: int
    scheme: str
    is_token: bool
    confidence: Confidence


def find_credentials(text: str) -> Iterator[UrlCredential]:
    """The credentials in URLs that are no placeholders, in order."""
    if "://" not in text:
        return
    for found in compiled(_URL).finditer(text):
        scheme = compiled(_SCHEME).search(text, max(0, found.start() - 32), found.start())
        if scheme is None:
            continue
        user, password, host = found[1], found[2], found[3]
        is_token = not password or (password.lower() in {"x-oauth-basic", "x"} and len(user) >= 20)
        value = user if is_token else password
        confidence = None
        if not (is_token and scheme[0].lower() in _USER_ONLY):
            confidence = _judged(value, user, host, is_token)
        if confidence is not None:
            start, end = found.span(1 if is_token else 2)
            yield UrlCredential(start, end, scheme.start(), found.end(), scheme[0].lower(), is_token, confidence)


def accepted_credentials(text: str, path: str) -> Iterator[UrlCredential]:
    """`find_credentials`, confirmed by detect-secrets, without what a `.secrets.baseline` above `path` records."""
    known: KnownSecrets | None = None
    asked = False
    for found in find_credentials(text):
        from mlwarden.secrets.detectors import confirms
        from mlwarden.secrets.ds_baseline import baseline_for

        if not asked:
            known, asked = baseline_for(path) if path else None, True
        if confirms(URL_PASSWORD, text, found.start, found.end) and not (
            known is not None and known.holds(text, found.start, found.end)
        ):
            yield found


def _judged(value: str, user: str, host: str, is_token: bool) -> Confidence | None:
    from mlwarden.secrets.placeholders import entropy, placeholder_reason

    lower = value.lower()
    if (
        compiled(_TEMPLATE).search(value)
        or compiled(_TEMPLATE).search(user)
        or compiled(_EXAMPLE_HOST).search(host)
        or not host.isascii()
    ):
        return None
    if lower in _WEAK or (lower == user.lower() and not is_token) or compiled(_REFERENCE).fullmatch(value):
        return None
    if is_token:
        # `https://user@host` names a user; a token is long and random.
        if len(value) < 20 or placeholder_reason(value) or not re.search(r"[0-9]", value):
            return None
        return Confidence.MEDIUM
    if len(value) < 4 or compiled(_HEX_NUMBER).fullmatch(value) or _is_word_of_placeholder(lower):
        return None
    if compiled(_LOCAL).match(host) or "." not in host.split(":")[0]:
        # A word before the name of a service (`db`, `redis`) or this machine is a default, or no password at all:
        # `github://owner:repository@commit`.
        return None if compiled(_PLAIN_WORD).fullmatch(value) else Confidence.LOW
    return Confidence.HIGH if entropy(value) > 2.5 else Confidence.MEDIUM


def _is_word_of_placeholder(lower: str) -> bool:
    """Whether it is made of the words of placeholders only: `my_password`, `user-secret123`, `dbpass1`."""
    rest = re.sub(
        r"pass(?:word|wd|phrase)?|pwd|secret|token|user(?:name)?|admin|test|db|my|your|api|key|example|demo|fake",
        "",
        lower,
    )
    return re.fullmatch(r"[\d_\-.!]*", rest) is not None or re.search(r"(.)\1{3}", lower) is not None
