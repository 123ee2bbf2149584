"""MLW216: a downloaded file is unpacked or loaded, and nobody compares its digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.findings import TraceStep
from mlwarden.model.spans import Span
from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.downloads import (
    DOWNLOADS,
    Stored,
    downloads_in,
    files_written,
    is_checked_itself,
    is_trusted_place,
    source_of,
    uses_in,
)
from mlwarden.semantics.loaders import LOADERS, switched_on
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call
from mlwarden.semantics.values import Taint, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Calls that fetch and unpack in one, on request or always.
_UNPACKING = {
    "torchvision.datasets.utils.download_and_extract_archive",
    "monai.apps.download_and_extract",
    "monai.apps.utils.download_and_extract",
}
# Loaders that unpickle say so by themselves, but of files from these places only that they unpickle.
_PUBLISHED = re.compile(r"`(?:torch\.hub|keras\.utils)\b")
_SUMS = re.compile(r"(?:.*/)?(?:sha\d*sum|shasum|b2sum|md5sum|cksum|gpg|cosign|minisign)")

_FETCHING = ("urllib", "urllib2", "urllib3", "requests", "httpx", "aiohttp", "wget", "gdown", "pooch", "get_file")
_ALSO_FETCHING = ("download_url_to_file", "download_url")
_USING = ("zipfile", "tarfile", "unpack_archive", "extract_archive", "load", "loads", "load_model", "load_weights")
_ALSO_USING = ("safetensors", "onnxruntime", "onnx", "Llama", "cv2", "Interpreter", "Booster", "dlib")


def _pairs() -> Iterator[tuple[str, str]]:
    for one in (*_FETCHING, *_ALSO_FETCHING):
        for other in (*_USING, *_ALSO_USING):
            yield one, other
        yield "zipfile", one


class DownloadWithoutChecksum(Rule):
    """A downloaded file that is unpacked or loaded although nobody compared its digest.

    ## Why is this bad?

    A file behind an address can be exchanged: by the one who runs the server, by whoever breaks into it or takes over
    its domain, by a mirror. TLS proves who sent the file, not that it is the one that you tested. Archives write where
    their member names say, and a model decides what your program does.

    ## How to fix

    Pass the digest to the call, where it takes one: `known_hash` of pooch, `file_hash` of Keras, `hash` of
    `gdown.cached_download`, `hash_prefix` of `torch.hub.download_url_to_file`, `hash_val` of MONAI. Else compute
    `hashlib.sha256` of what arrived and compare it with a constant before the file is used.

    ## When it is fine

    When the file is yours, on a host that only you can write to.

    ## Limits

    Files of data (CSV, JSON, images) are left alone, and so are addresses that name a commit or a digest. A file that
    reaches a loader that runs code, or an interpreter, is reported there: by MLW132 and MLW218. Use in other modules, and
    use of a file whose path is put together anew, are not seen.
    """

    code = "MLW216"
    name = "download-without-checksum"
    severity = Severity.MEDIUM
    triggers = (
        *_pairs(),
        "download_and_extract_archive",
        "download_and_extract",
        ("get_file", "extract"),
        ("get_file", "untar"),
        "sha256sum",
        "shasum",
    )
    cwe = (494, 354)
    owasp_llm = ("LLM03", "LLM04")
    owasp_ml = ("ML06",)
    atlas = ("AML.T0010.002", "AML.T0010.003")
    references = (
        Reference(
            "CWE-494: download of code without integrity check", "https://cwe.mitre.org/data/definitions/494.html"
        ),
        Reference("CVE-2025-12060: Keras, get_file(extract=True)", "https://nvd.nist.gov/vuln/detail/CVE-2025-12060"),
        Reference("Pooch: hashes", "https://www.fatiando.org/pooch/latest/hashes.html"),
    )
    examples = (
        Bad(
            """
            import zipfile
            from urllib.request import urlretrieve

            urlretrieve("https://data.acme.org/birds.zip", "birds.zip")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            with zipfile.ZipFile("birds.zip") as archive:
                archive.extractall("birds")
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`urllib.request.urlretrieve` fetches a file that `zipfile.ZipFile` unpacks, and nobody compares its "
            "digest: whoever exchanges the file at its source reaches this program; compare its SHA-256 first",
        ),
        Bad(
            """
            import requests
            import onnxruntime as ort

            URL = "https://models.acme.org/sparrow.onnx"

            def fetch(path):
                response = requests.get(URL, timeout=60)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                response.raise_for_status()
                with open(path, "wb") as out:
                    out.write(response.content)
                return ort.InferenceSession(path)
            """,
        ),
        Bad(
            """
            import io
            import tarfile
            import requests

            data = requests.get("https://data.acme.org/birds.tar.gz").content
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            tarfile.open(fileobj=io.BytesIO(data), mode="r:gz").extractall("birds", filter="data")
            """,
        ),
        Bad(
            """
            import gdown
            from safetensors.torch import load_file

            path = gdown.download(id="1a2b3c", output="sparrow.safetensors")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            weights = load_file(path)
            """,
        ),
        Bad(
            """
            import shutil
            import pooch

            path = pooch.retrieve("https://data.acme.org/birds.zip", known_hash=None)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            shutil.unpack_archive(path, "birds")
            """,
            message="`pooch.retrieve` fetches a file that `shutil.unpack_archive` unpacks, and nobody compares its "
            "digest: whoever exchanges the file at its source reaches this program; pass `known_hash`",
        ),
        Bad(
            """
            import tensorflow as tf

            folder = tf.keras.utils.get_file("birds", "https://data.acme.org/birds.tgz", extract=True)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
            message="`keras.utils.get_file` fetches an archive and unpacks it, and nobody compares its digest: whoever "
            "exchanges the file at its source reaches this program; pass `file_hash`",
        ),
        Bad(
            """
            from torchvision.datasets.utils import download_and_extract_archive

            download_and_extract_archive("https://data.acme.org/birds.zip", "birds")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            import torch
            from torch.hub import download_url_to_file

            download_url_to_file("https://models.acme.org/sparrow.pt", "sparrow.pt")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            weights = torch.load("sparrow.pt", weights_only=True)
            """,
        ),
        Bad(
            """
            import urllib.error
            import zipfile
            from project.net import fetch

            try:
                archive = fetch("https://data.acme.org/birds.zip")
            except urllib.error.URLError:
                archive = "birds.zip"
            zipfile.ZipFile(archive).extractall("birds")
            ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            files={
                "project/__init__.py": "",
                "project/net.py": """
from urllib.request import urlretrieve

def fetch(url):
    return urlretrieve(url)[0]
""",
            },
        ),
        Bad(
            """
            import os
            import tarfile
            from urllib import request

            ROOT = "https://data.acme.org/"
            FOLDER = os.path.join("datasets", "birds")

            def fetch(url=ROOT + "birds.tgz", folder=FOLDER):
                os.makedirs(folder, exist_ok=True)
                path = os.path.join(folder, "birds.tgz")
                request.urlretrieve(url, path)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                archive = tarfile.open(path)
                archive.extractall(path=folder, filter="data")
                archive.close()

            fetch()
            """,
        ),
        Good(
            """
            import hashlib
            import zipfile
            from pathlib import Path
            from urllib.request import urlretrieve

            DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

            urlretrieve("https://data.acme.org/birds.zip", "birds.zip")
            if hashlib.sha256(Path("birds.zip").read_bytes()).hexdigest() != DIGEST:
                raise ValueError("another file")
            zipfile.ZipFile("birds.zip").extractall("birds")
            """,
            because="the digest is compared first",
        ),
        Good(
            """
            import shutil
            import gdown
            import keras
            import pooch
            import torch

            DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

            shutil.unpack_archive(pooch.retrieve("https://data.acme.org/a.zip", DIGEST), "a")
            shutil.unpack_archive(gdown.cached_download("https://data.acme.org/b.zip", "b.zip", hash=f"sha256:{DIGEST}"))
            keras.utils.get_file("c", "https://data.acme.org/c.tgz", extract=True, file_hash=DIGEST)
            torch.hub.download_url_to_file("https://data.acme.org/d.pt", "d.pt", hash_prefix=DIGEST)
            torch.load("d.pt", weights_only=True)
            """,
            because="each call compares the digest itself",
        ),
        Good(
            """
            import requests
            import pandas as pd
            from urllib.request import urlretrieve

            urlretrieve("https://data.acme.org/train.csv", "train.csv")
            frame = pd.read_csv("train.csv")
            labels = requests.get("https://data.acme.org/labels.json").json()
            """,
            because="it is data, neither an archive nor a model",
        ),
        Good(
            """
            import zipfile
            from urllib.request import urlretrieve

            COMMIT = "0123456789abcdef0123456789abcdef01234567"
            urlretrieve(f"https://github.com/acme/birds/archive/{COMMIT}.zip", "birds.zip")
            zipfile.ZipFile("birds.zip").extractall("birds")
            """,
            because="the address names the commit",
        ),
        Good(
            """
            import zipfile
            import requests

            report = requests.get("https://api.acme.org/report").json()
            with zipfile.ZipFile("report.zip", "w") as archive:
                archive.writestr("report.txt", report["text"])
            with zipfile.ZipFile("other.zip") as archive:
                archive.extractall("other")
            """,
            because="what is downloaded is not what is unpacked",
        ),
        Good(
            """
            import subprocess
            import tarfile
            from urllib.request import urlretrieve

            urlretrieve("https://data.acme.org/birds.tgz", "birds.tgz")
            subprocess.run(["sha256sum", "--check", "birds.sha256"], check=True)
            tarfile.open("birds.tgz").extractall("birds", filter="data")
            """,
            because="`sha256sum` compares the digest",
        ),
        Good(
            """
            import pickle
            from urllib.request import urlopen

            model = pickle.load(urlopen("https://models.acme.org/sparrow.pkl"))
            """,
            because="MLW132 reports that this runs code from the network, which weighs more",
        ),
        Missed(
            """
            import os
            import zipfile
            from torchvision.datasets.utils import download_url

            download_url("https://data.acme.org/birds.zip", "data", "birds.zip")
            zipfile.ZipFile(os.path.join("data", "birds.zip")).extractall("data")
            """,
            because="the path of the file is put together anew",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report downloads whose file reaches an extractor or a loader before its digest is compared."""
        downloads = downloads_in(model)
        if not downloads:
            return
        reported: set[Span] = set()
        for place, call in downloads.items():
            if place[0] is None and _unpacks(call) and not is_checked_itself(call) and not is_trusted_place(call):
                reported.add(call.span)
                yield self._finding(call, call, None, ())
        written = [*files_written(model)]
        checks = [order for call in _shell_calls(model) if (order := _compares(call, model)) is not None]
        for use, data, verb in uses_in(model):
            if use.digest_checked or any(order < use.order for order in checks):
                continue
            found = _origin(use, data, downloads, written)
            if found is None:
                continue
            download, taint = found
            if is_checked_itself(download) or is_trusted_place(download) or download.order > use.order:
                continue
            if use.name in LOADERS and _runs_code(use, model, taint):
                continue
            at = download if download.fragment.path is None else use
            if at.fragment.path is not None or at.span in reported:
                continue
            reported.add(at.span)
            yield self._finding(at, download, (use, verb), () if taint is None else taint.steps, taint)

    def _finding(
        self,
        at: CallSite,
        download: CallSite,
        use: tuple[CallSite, str] | None,
        steps: tuple[TraceStep, ...],
        taint: Taint | None = None,
    ) -> Finding:
        name = download.name.replace("()", "")
        digests = DOWNLOADS[download.name].digests
        way_out = f"pass `{digests[0][0]}`" if digests else "compare its SHA-256 first"
        sure = Confidence.HIGH if use is None else Confidence.MEDIUM
        if use is None:
            what = "fetches an archive and unpacks it"
        else:
            call, verb = use
            what = f"fetches a file that `{call.name.replace('()', '') or call.attribute}` {verb}"
            steps = (*steps, TraceStep(call.span, f"`{call.attribute}` {verb} it", call.fragment.path))
            if taint is not None and not taint.certain:
                sure = Confidence.LOW
        return self.finding(
            at.span,
            f"`{name}` {what}, and nobody compares its digest: whoever exchanges the file at its source reaches this "
            f"program; {way_out}",
            confidence=sure,
            trace=steps,
        )


def _unpacks(call: CallSite) -> bool:
    if call.name in _UNPACKING:
        return True
    if call.name != "keras.utils.get_file":
        return False
    return any(switched_on(call.argument(name, place)) is not None for name, place in (("untar", 2), ("extract", 7)))


def _origin(
    use: CallSite,
    data: Value,
    downloads: dict[tuple[str | None, Span], CallSite],
    written: list[Stored],
) -> tuple[CallSite, Taint | None] | None:
    """The download that gave what is used: by the way that the data took, or because both name the same file."""
    if data.is_absent:
        return None
    for taint in data.tainted_by("network"):
        found = source_of(taint, downloads)
        if found is not None:
            return found, taint
    for file in reversed(written):
        if file.holds(data, use):
            download = file.writer if file.taint is None else source_of(file.taint, downloads)
            if download is not None:
                return download, file.taint
    return None


def _runs_code(use: CallSite, model: SemanticModel, taint: Taint | None) -> bool:
    """Whether MLW132 reports this use."""
    if taint is None or (taint.steps and _PUBLISHED.search(taint.steps[0].note)):
        return False
    return LOADERS[use.name].unrestricted(use, model) is not None


def _shell_calls(model: SemanticModel) -> Iterator[CallSite]:
    for name in SHELL_CALLS:
        yield from model.calls_of(name)


def _compares(call: CallSite, model: SemanticModel) -> int | None:
    """Where a command compares a digest or a signature: its place in the order of calls."""
    for command in commands_of_call(call):
        if any(_SUMS.fullmatch(word.text) for word in command.words[:2]):
            return call.order
    return None
