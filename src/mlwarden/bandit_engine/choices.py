"""What we decided about each of Bandit's tests; the table in docs/bandit.md is made from this.

That is: whether it is on by default and why, what must occur in a text for it to fire, and which rules of ours look
after the same matter.

The yardstick for "on": would one want it in one's own machine-learning repository, where every finding interrupts
somebody? Over the 10,044 files of eleven widely used ML packages the tests that are on report 11 places.
A test is off where one of our own rules covers the whole matter, knowing aliases, versions and notebooks: it would
only say what the rule deliberately does not.
"""

from __future__ import annotations

from typing import NamedTuple

from mlwarden.model.levels import Severity

Words = tuple[tuple[str, ...], ...]
"""Alternatives, each a tuple of words that must all occur."""


class Test(NamedTuple):
    """What is known of a test without Bandit; the generated `_index.py` is made of these.

    Attributes:
        code: e.g. "B602".
        name: Bandit's name for it.
        summary: one line.
        severity: the highest that it gives.
        cwe: 0 for none.
        page: its page under Bandit's documentation.
        options: the name of its table in the configuration, or "".
    """

    code: str
    name: str
    summary: str
    severity: Severity
    cwe: int
    page: str
    options: str = ""


class Choice(NamedTuple):
    """What was decided about a test."""

    on: bool
    why: str
    words: Words = ()


def _on(why: str, *words: str) -> Choice:
    """On; each argument is an alternative, its words separated by blanks."""
    return Choice(True, why, tuple(tuple(alternative.split()) for alternative in words))


def _off(why: str) -> Choice:
    return Choice(False, why)


_SSL_VERSIONS = (
    "PROTOCOL_SSLv2",
    "SSLv2_METHOD",
    "SSLv23_METHOD",
    "PROTOCOL_SSLv3",
    "PROTOCOL_TLSv1",
    "SSLv3_METHOD",
    "TLSv1_METHOD",
    "PROTOCOL_TLSv1_1",
    "TLSv1_1_METHOD",
)
_SHELLS = (
    "os system",
    "os popen",
    "popen2 popen3",
    "popen2 popen2",
    "popen4",
    "popen3",
    "Popen3",
    "Popen4",
    "getoutput",
    "getstatusoutput",
)
_BIDI = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200f")

_XML = "needs hostile XML, which an ML project rarely reads; current expat stops entity bombs by itself"
_IMPORT = "an import is no finding; the calls are what matters"

CHOICES: dict[str, Choice] = {
    "B101": _off("asserts are the normal way to state a shape or a dtype"),
    "B102": _on("rare, and each one deserves a look; our rules follow model output into it", "exec"),
    "B103": _on("rare and nearly always wrong", "chmod", "fchmod", "lchmod"),
    "B104": _off("MLW5xx know the server that is bound and whether it asks for a password"),
    "B105": _off("'token' is a word of the trade in ML; MLW3xx look at what a literal is"),
    "B106": _off("as B105"),
    "B107": _off("as B105"),
    "B108": _off("a path under /tmp is common in experiments and seldom shared with an attacker"),
    "B110": _off("style; says nothing about safety"),
    "B112": _off("style; says nothing about safety"),
    "B113": _off("a matter of availability"),
    "B201": _off("MLW504 knows Flask's relatives, the address and the variables"),
    "B202": _off("MLW601 knows the filters, the checks of members and the Python version"),
    "B301": _off("MLW1xx know each loader, its aliases and what feeds it"),
    "B302": _off("as B301"),
    "B303": _off("hashes name cache entries in ML code; B324 likewise"),
    "B304": _on(
        "broken ciphers",
        "Crypto new",
        "Cryptodome new",
        "cryptography algorithms",
        "cryptography ARC4",
        "cryptography Blowfish",
        "cryptography IDEA",
        "cryptography CAST5",
        "cryptography SEED",
        "cryptography TripleDES",
    ),
    "B305": _on("ECB shows the structure of what it hides", "cryptography ECB"),
    "B306": _on("a race that `mkstemp` does not have", "tempfile mktemp"),
    "B307": _off("MLW401 follows what a model wrote into it; other calls say little by themselves"),
    "B308": _off("B703 does the same and looks at what is marked"),
    "B310": _off("MLW2xx judge the URL and what becomes of the download"),
    "B311": _off("random numbers are what ML code is made of"),
    "B312": _on("passwords in plain text", "telnetlib Telnet"),
    "B313": _off(_XML),
    "B314": _off(_XML),
    "B315": _off(_XML),
    "B316": _off(_XML),
    "B317": _off(_XML),
    "B318": _off(_XML),
    "B319": _off(_XML),
    "B321": _on("passwords and data in plain text", "ftplib FTP"),
    "B323": _on("anybody on the way can change what is downloaded", "_create_unverified_context"),
    "B324": _off("MD5 and SHA-1 name cache entries and data sets; severity high would drown the rest"),
    "B401": _off(_IMPORT),
    "B402": _off(_IMPORT),
    "B403": _off(_IMPORT),
    "B404": _off(_IMPORT),
    "B405": _off(_IMPORT),
    "B406": _off(_IMPORT),
    "B407": _off(_IMPORT),
    "B408": _off(_IMPORT),
    "B409": _off(_IMPORT),
    "B411": _off(_IMPORT),
    "B412": _on(
        "CGI hands request headers over as environment variables",
        "wsgiref CGIHandler",
        "twcgi CGIScript",
        "twcgi CGIDirectory",
        "import_module",
        "__import__",
    ),
    "B413": _off("also fires on PyCryptodome, the maintained successor, which has the same module name"),
    "B415": _on("IPMI is not encrypted", "pyghmi"),
    "B501": _off("MLW217 covers requests, httpx and more"),
    "B502": _on("protocols with known breaks", *_SSL_VERSIONS),
    "B503": _on("protocols with known breaks, as a default", *_SSL_VERSIONS),
    "B504": _off("the function it looks for is gone since Python 3.12"),
    "B505": _on(
        "keys that can be computed", "cryptography generate_private_key", "Crypto generate", "Cryptodome generate"
    ),
    "B506": _off("MLW1xx know PyYAML's loaders"),
    "B507": _on("takes whatever host key comes", "set_missing_host_key_policy"),
    "B508": _on("SNMP without encryption", "CommunityData"),
    "B509": _on("SNMP without encryption", "UsmUserData"),
    "B601": _off("reports every `exec_command`, constant or not"),
    "B602": _on("a shell reads what may be data", "shell"),
    "B603": _off("reports the safe form"),
    "B604": _off("any function that takes `shell=`"),
    "B605": _on("a shell reads what may be data", *_SHELLS),
    "B606": _off("reports the safe form"),
    "B607": _off("a program found through PATH is normal"),
    "B608": _off("takes messages that begin with Select or Delete for SQL; data-frame code seldom builds any"),
    "B609": _on("a file called `--checkpoint-action=...` becomes an option", "shell", *_SHELLS),
    "B610": _on("SQL from parts", "extra"),
    "B611": _on("SQL from parts", "RawSQL"),
    "B612": _on("evaluates what it receives on a socket", "logging listen"),
    "B613": _on("source that reads otherwise than it runs", *_BIDI),
    "B614": _off("MLW1xx know the torch version and `weights_only`"),
    "B615": _off("MLW2xx know each hub call and its revision"),
    "B701": _off("Jinja2 renders prompts and model cards in ML code, where HTML escaping would be wrong"),
    "B702": _off("reports every Mako template, escaped or not"),
    "B703": _on("markup from data", "mark_safe", "SafeText", "SafeUnicode", "SafeString", "SafeBytes"),
    "B704": _on("markup from data", "Markup"),
}

OVERLAPS: dict[str, tuple[str, ...]] = {
    "B102": ("MLW401", "MLW414"),
    "B104": ("MLW5",),
    "B105": ("MLW3",),
    "B106": ("MLW3",),
    "B107": ("MLW3",),
    "B108": ("MLW614",),
    "B201": ("MLW504",),
    "B202": ("MLW601",),
    "B301": ("MLW1",),
    "B302": ("MLW1",),
    "B303": ("MLW224",),
    "B307": ("MLW401", "MLW603"),
    "B310": ("MLW2", "MLW406"),
    "B311": ("MLW616",),
    "B313": ("MLW604",),
    "B314": ("MLW604",),
    "B315": ("MLW604",),
    "B316": ("MLW604",),
    "B317": ("MLW604",),
    "B318": ("MLW604",),
    "B319": ("MLW604",),
    "B323": ("MLW217",),
    "B324": ("MLW224", "MLW617"),
    "B501": ("MLW217",),
    "B506": ("MLW118", "MLW407"),
    "B601": ("MLW402",),
    "B602": ("MLW402", "MLW704"),
    "B603": ("MLW402",),
    "B604": ("MLW402",),
    "B605": ("MLW402", "MLW704"),
    "B606": ("MLW402",),
    "B607": ("MLW402",),
    "B608": ("MLW403", "MLW605"),
    "B609": ("MLW402",),
    "B613": ("MLW430",),
    "B614": ("MLW1",),
    "B615": ("MLW2",),
    "B701": ("MLW409", "MLW422"),
    "B703": ("MLW404", "MLW511"),
    "B704": ("MLW404", "MLW511"),
}
"""For each test the codes or prefixes of our rules that look after the same matter."""
