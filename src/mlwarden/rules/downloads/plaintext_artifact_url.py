"""MLW215: a model or data fetched over plain http."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.shell_http import insecure_in
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Reference, Rule, Severity
from mlwarden.semantics.hosts import is_loopback
from mlwarden.semantics.loaders import leaves
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call
from mlwarden.semantics.values import Reference as Made

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# Call -> (position, keyword) of the address.
DOWNLOADS: dict[str, tuple[int, str]] = {
    "urllib.request.urlretrieve": (0, "url"),
    "urllib.request.urlopen": (0, "url"),
    "urllib.urlretrieve": (0, "url"),
    "urllib2.urlopen": (0, "url"),
    "urllib.request.URLopener().open": (0, "fullurl"),
    "urllib.request.URLopener().retrieve": (0, "url"),
    "urllib.request.FancyURLopener().open": (0, "fullurl"),
    "urllib.request.FancyURLopener().retrieve": (0, "url"),
    "urllib.request.build_opener().open": (0, "fullurl"),
    "requests.request": (1, "url"),
    "requests.Session().request": (1, "url"),
    "httpx.request": (1, "url"),
    "httpx.Client().request": (1, "url"),
    "httpx.Client().stream": (1, "url"),
    "httpx.AsyncClient().get": (0, "url"),
    "httpx.AsyncClient().request": (1, "url"),
    "httpx.AsyncClient().stream": (1, "url"),
    "aiohttp.ClientSession().request": (1, "url"),
    "urllib3.request": (1, "url"),
    "urllib3.PoolManager().request": (1, "url"),
    "requests.get": (0, "url"),
    "requests.Session().get": (0, "url"),
    "httpx.get": (0, "url"),
    "httpx.stream": (1, "url"),
    "httpx.Client().get": (0, "url"),
    "aiohttp.ClientSession().get": (0, "url"),
    "wget.download": (0, "url"),
    "gdown.download": (0, "url"),
    "pooch.retrieve": (0, "url"),
    "torch.hub.load_state_dict_from_url": (0, "url"),
    "torch.hub.download_url_to_file": (0, "url"),
    "keras.utils.get_file": (1, "origin"),
    "torchvision.datasets.utils.download_url": (0, "url"),
    "torchvision.datasets.utils.download_and_extract_archive": (0, "url"),
    "pandas.read_csv": (0, "filepath_or_buffer"),
    "pandas.read_json": (0, "path_or_buf"),
    "pandas.read_parquet": (0, "path"),
    "pandas.read_excel": (0, "io"),
    "pandas.read_pickle": (0, "filepath_or_buffer"),
    "pandas.read_table": (0, "filepath_or_buffer"),
    "polars.read_csv": (0, "source"),
    "polars.read_parquet": (0, "source"),
    "fsspec.open": (0, "urlpath"),
    "datasets.DownloadManager().download": (0, "url_or_urls"),
    "datasets.DownloadManager().download_and_extract": (0, "url_or_urls"),
    "monai.apps.download_url": (0, "url"),
    "monai.apps.download_and_extract": (0, "url"),
}
_HTTP = re.compile(r"http://(?:[^/@\s]*@)?(?P<host>\[[0-9a-f:.]+\]|[^/:?#\s]*)", re.I)

_PLAIN = re.compile(r"(?P<way>http|ftp|git)://(?:[^/@\s]*@)?(?P<host>[^/:?#\s]*)", re.I)


class PlaintextArtifactUrl(Rule):
    """A model or data fetched over plain http.

    ## Why is this bad?

    Over http nobody proves who answers. Anybody on the way can hand out another file: data that teaches the model
    something else, or a checkpoint that runs code when it is loaded.

    ## How to fix

    Use `https://`, and compare a digest of what arrives.

    ## When it is fine

    Inside a private network that encrypts by itself.

    ## Limits

    Only addresses that the code begins with `http://` are seen; local and private hosts are left alone. Commands that
    Python runs are judged as well (`wget`, `curl`, `git clone`); those in a notebook's cells are left to MLW708.

    ## Fix safety

    The fix is unsafe: the server may not answer over https.
    """

    code = "MLW215"
    name = "plaintext-artifact-url"
    severity = Severity.MEDIUM
    calls = (*DOWNLOADS, *SHELL_CALLS)
    cwe = (319, 494)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML02",)
    atlas = ("AML.T0010.002",)
    references = (Reference("CWE-319: cleartext transmission", "https://cwe.mitre.org/data/definitions/319.html"),)
    examples = (
        Bad(
            """
            import pandas as pd

            frame = pd.read_csv("http://data.acme.org/train.csv")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            fixed="""
            import pandas as pd

            frame = pd.read_csv("https://data.acme.org/train.csv")
            """,
        ),
        Bad(
            """
            from urllib.request import urlretrieve as fetch

            BASE = "http://models.acme.org"

            def download(name):
                fetch(f"{BASE}/{name}.bin", f"{name}.bin")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import tensorflow as tf

            path = tf.keras.utils.get_file("words.txt", "http://models.acme.org/words.txt")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import tensorflow as tf

            path = tf.keras.utils.get_file("words.txt", "https://models.acme.org/words.txt")
            """,
        ),
        Bad(
            """
            import os

            os.system("wget -q http://data.acme.org/train.zip && unzip train.zip")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`wget` fetches from 'data.acme.org' over plain http: anybody on the way can hand out another file",
        ),
        Bad(
            """
            import subprocess

            HOST = "http://models.acme.org"

            def fetch(name):
                subprocess.run(["curl", "-L", f"{HOST}/{name}.bin", "-o", name], check=True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from subprocess import check_call

            check_call(["git", "clone", "--depth=1", "git://code.acme.org/train.git"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            message="`git` fetches from 'code.acme.org' over plain git: anybody on the way can hand out another file",
        ),
        Bad(
            """
            import urllib.request

            request = urllib.request.Request("http://models.acme.org/m.bin", headers={"Accept": "*/*"})
            with urllib.request.urlopen(request) as answer:
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                data = answer.read()
            """,
        ),
        Bad(
            """
            import httpx
            import requests

            client = httpx.Client(base_url="http://models.acme.org")
            first = client.get("/m.bin")
                    ^^^^^^^^^^^^^^^^^^^^
            second = requests.request("GET", "http://models.acme.org/m.bin")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import httpx
            import requests

            client = httpx.Client(base_url="http://models.acme.org")
            first = client.get("/m.bin")
            second = requests.request("GET", "https://models.acme.org/m.bin")
            """,
        ),
        Good(
            """
            import os
            import subprocess

            os.system("curl -s http://localhost:9090/metrics")
            subprocess.run(["git", "commit", "-m", "see http://data.acme.org"])
            subprocess.run(["wget", "https://data.acme.org/train.zip"])
            os.system("echo http://data.acme.org")
            """,
            because="a local server, a message, TLS, and words",
        ),
        Good(
            """
            import pandas as pd

            frame = pd.read_csv("https://data.acme.org/train.csv")
            """,
            because="TLS tells who answers",
        ),
        Good(
            """
            import requests

            requests.get("http://localhost:8000/health")
            requests.get("http://10.0.0.7/weights.bin")
            requests.get("http://inference:8000/v1/models")
            """,
            because="these hosts are local or private",
        ),
        Good(
            """
            SCHEMA = "http://www.w3.org/2001/XMLSchema"
            print("see http://data.acme.org")
            """,
            because="nothing is fetched",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a download whose address begins with `http://` and a public host."""
        if call.name not in DOWNLOADS:
            yield from self._in_command(call)
            return
        position, keyword = DOWNLOADS[call.name]
        value = call.argument(keyword, position)
        for text in _addresses(call, value):
            match = _HTTP.match(text)
            if match is None or not _is_public(match["host"]):
                continue
            yield self.finding(
                call.span,
                f"`{call.name.replace('()', '')}` fetches from '{match['host']}' over plain http: "
                "anybody on the way can hand out another file",
                confidence=Confidence.HIGH if value.string() is not None else Confidence.MEDIUM,
                trace=call.context,
                fixes=self._fixes(call, keyword, position),
            )
            return

    def _in_command(self, call: CallSite) -> Iterator[Finding]:
        """Report the first file or repository that a command takes over http; those of IPython are MLW708's."""
        if "get_ipython()" in call.name:
            return
        for command in commands_of_call(call):
            for insecure in insecure_in(command):
                if insecure.kind not in ("file", "code"):
                    continue
                match = _PLAIN.match(insecure.what)
                if match is None:
                    continue
                yield self.finding(
                    call.span,
                    f"`{command.program}` fetches from '{match['host']}' over plain {match['way'].lower()}: "
                    "anybody on the way can hand out another file",
                    severity=Severity.HIGH if insecure.kind == "code" else self.severity,
                    trace=call.context,
                )
                return

    def _fixes(self, call: CallSite, keyword: str, position: int) -> tuple[Fix, ...]:
        span = call.argument_span(keyword, position)
        if span is None:
            return ()
        written = call.text(span)
        at = written.lower().find("http://")
        if at < 0 or at > 4:  # the address is written elsewhere
            return ()
        start = span.start + at
        edit = TextEdit(Span(start, start + 4, span.cell), "https")
        return (Fix("Use https", (edit,), Applicability.UNSAFE, "the server may not answer over https"),)


def _addresses(call: CallSite, value: Value) -> Iterator[str]:
    """What the address begins with: given as such, inside a `Request`, or by the client's `base_url`."""
    for leaf in leaves(value):
        yield from leaf.prefixes()
    client = call.receiver
    if isinstance(client, Made) and client.made_by is not None and call.name.startswith(("httpx.", "aiohttp.")):
        relative = [text for text in value.prefixes() if "://" not in text]
        if relative:
            yield from client.made_by.argument("base_url", 0 if call.name.startswith("aiohttp.") else None).prefixes()


def _is_public(host: str) -> bool:
    """Whether a host is a public one: not this machine, a private address, or a bare name of a local network."""
    bare = host.strip("[]").lower()
    if not bare or is_loopback(bare) or bare.endswith((".local", ".internal", ".lan", ".test", ".localdomain")):
        return False
    try:
        return ipaddress.ip_address(bare).is_global
    except ValueError:
        return "." in bare
