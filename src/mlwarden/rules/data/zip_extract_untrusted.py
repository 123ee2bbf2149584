"""MLW602: an archive from outside that is extracted without limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.data._member_checks import limits_size
from mlwarden.semantics.loaders import has_suffix
from mlwarden.semantics.origins import OriginKind, origin_of, trace_of
from mlwarden.semantics.values import ABSENT, Value, merge_taints, tainted
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Methods of an opened archive, by what opened it.
_OPENED = (
    "zipfile.ZipFile()",
    "py7zr.SevenZipFile()",
    "rarfile.RarFile()",
    "pyunpack.Archive()",
    "zipfile.PyZipFile()",
)
_METHODS = {f"{opened}.{method}" for opened in _OPENED for method in ("extractall", "extract")}
# Functions: (keyword, position) of the archive.
_FUNCTIONS = {
    "shutil.unpack_archive": ("filename", 0),
    "py7zr.unpack_7zarchive": ("archive", 0),
    "patoolib.extract_archive": ("archive", 0),
    "torchvision.datasets.utils.extract_archive": ("from_path", 0),
    "setuptools.archive_util.unpack_archive": ("filename", 0),
}
_VISITORS = ("request", "llm", "tool", "retrieval")
_TAR_FORMATS = ("tar", "gztar", "bztar", "xztar", "zstdtar")
_TAR_ENDINGS = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")


class ZipExtractUntrusted(Rule):
    """An archive from outside that is extracted without limits.

    ## Why is this bad?

    An archive of a few kilobytes can unpack to terabytes, or to millions of files. Where visitors upload it, or a
    download brings it, it fills the disk of the server, and with it everything else on the machine stops. Formats other
    than zip can write outside the folder besides.

    ## How to fix

    Add up `file_size` of the members before anything is written, count them, and refuse what is too much. Where whole
    models or data sets are expected, put them on a volume of their own.

    ## When it is fine

    With archives whose digest was compared, and those that you made. A download from an address of your own is reported
    with low severity.

    ## Limits

    Reported are archives that are known to come from a request, a model or a download. Every look at the size of
    members in the function, or in one that it calls, counts as a limit.
    """

    code = "MLW602"
    name = "zip-extract-untrusted"
    severity = Severity.MEDIUM
    calls = (*sorted(_METHODS), *_FUNCTIONS)
    triggers = (
        "extractall",
        ("zipfile", "extract"),
        "py7zr",
        "rarfile",
        "pyunpack",
        "unpack_archive",
        "extract_archive",
    )
    yields_to = ("MLW601",)
    cwe = (409, 22)
    owasp_llm = ("LLM04", "LLM10")
    atlas = ("AML.T0029",)
    references = (
        Reference(
            "Python: zipfile, decompression pitfalls",
            "https://docs.python.org/3/library/zipfile.html#decompression-pitfalls",
        ),
        Reference("CVE-2024-10569: Gradio, a zip bomb", "https://nvd.nist.gov/vuln/detail/CVE-2024-10569"),
        Reference("CVE-2025-14009: NLTK, the downloader", "https://nvd.nist.gov/vuln/detail/CVE-2025-14009"),
    )
    examples = (
        Bad(
            """
            import io
            import zipfile
            from fastapi import FastAPI, UploadFile

            app = FastAPI()

            @app.post("/datasets")
            async def upload(file: UploadFile):
                archive = zipfile.ZipFile(io.BytesIO(await file.read()))
                archive.extractall("datasets")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`extractall` unpacks data from a web request without a limit: a small archive can fill the disk",
        ),
        Bad(
            """
            import zipfile
            import streamlit as st

            uploaded = st.file_uploader("images", type="zip")
            with zipfile.ZipFile(uploaded) as archive:
                for name in archive.namelist():
                    archive.extract(name, "images")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import zipfile
            import requests

            def fetch(url, target):
                response = requests.get(url, timeout=60)
                with open("corpus.zip", "wb") as file:
                    file.write(response.content)
                with zipfile.ZipFile("corpus.zip", "r") as archive:
                    archive.extractall(target)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            message="`extractall` unpacks data from the network without a limit: a small archive can fill the disk",
        ),
        Bad(
            """
            import py7zr
            from flask import Flask, request

            app = Flask(__name__)

            @app.post("/models")
            def upload():
                py7zr.SevenZipFile(request.files["model"].stream).extractall(path="models")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return "ok"
            """,
        ),
        Bad(
            """
            import shutil
            import gradio as gr

            def load(upload):
                shutil.unpack_archive(upload, "work", format="zip")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return "done"

            gr.Interface(fn=load, inputs="file", outputs="text").launch()
            """,
        ),
        Bad(
            """
            import patoolib
            import wget

            patoolib.extract_archive(wget.download("https://data.example.org/faces.rar"), outdir="faces")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            import io
            import zipfile
            from fastapi import FastAPI, UploadFile

            app = FastAPI()

            @app.post("/datasets")
            async def upload(file: UploadFile):
                archive = zipfile.ZipFile(io.BytesIO(await file.read()))
                if sum(member.file_size for member in archive.infolist()) > 100_000_000:
                    raise ValueError("too large")
                archive.extractall("datasets")
            """,
            because="the size is looked at before",
        ),
        Good(
            """
            import zipfile
            from flask import Flask, request

            def refuse_large(archive, most=10**9):
                total = 0
                for member in archive.infolist():
                    total += member.file_size
                    if total > most:
                        raise ValueError("too large")

            app = Flask(__name__)

            @app.post("/models")
            def upload():
                with zipfile.ZipFile(request.files["model"]) as archive:
                    refuse_large(archive)
                    archive.extractall("models")
                return "ok"
            """,
            because="a function of the project looks at the size",
        ),
        Good(
            """
            import shutil
            import zipfile

            def unpack(path):
                with zipfile.ZipFile(path) as archive:
                    archive.extractall("data")

            unpack("corpus.zip")
            shutil.unpack_archive("corpus.zip", "data")
            """,
            because="nothing says that it comes from outside",
        ),
        Good(
            """
            import hashlib
            import zipfile
            import requests

            data = requests.get("https://data.example.org/corpus.zip", timeout=60).content
            with open("corpus.zip", "wb") as file:
                file.write(data)
            if hashlib.sha256(data).hexdigest() != EXPECTED:
                raise ValueError("not the file we know")
            zipfile.ZipFile("corpus.zip").extractall("data")
            """,
            because="its digest was compared",
        ),
        Good(
            """
            import zipfile
            import requests

            requests.get("https://example.org/health", timeout=5)
            with zipfile.ZipFile("out.zip", "w") as archive:
                archive.write("model.bin")
            """,
            because="it makes an archive",
        ),
        Missed(
            """
            import zipfile
            import requests

            data = requests.get("https://data.example.org/corpus.zip", timeout=60).content
            with zipfile.ZipFile(open_buffer(data)) as archive:
                with archive.open("corpus.txt") as member:
                    text = member.read()
            """,
            because="reading members into memory is not looked at",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an archive from outside, unless its digest or the size of its members is looked at."""
        data = _archive(call)
        origin = origin_of(data)
        if origin.kind is not OriginKind.REMOTE or call.digest_checked or _is_tar(call, data):
            return
        if limits_size(call, model):
            return
        visitors = any(taint.kind in _VISITORS for taint in origin.taints)
        yield self.finding(
            call.span,
            f"`{call.attribute}` unpacks {origin.phrase} without a limit: a small archive can fill the disk",
            severity=Severity.MEDIUM if visitors else Severity.LOW,
            confidence=Confidence.HIGH if visitors and origin.certain else Confidence.MEDIUM,
            trace=trace_of(call, origin),
            fixes=_suggestion(call),
        )


def _archive(call: CallSite) -> Value:
    """The path or file that the archive is read from."""
    if call.name in _FUNCTIONS:
        keyword, position = _FUNCTIONS[call.name]
        return call.argument(keyword, position)
    for option in () if call.receiver is None else call.receiver.alternatives():
        opener = option.made_by if isinstance(option, Name) else None
        if opener is not None and opener.positional():
            # What was written into the file is known of the opened archive, not of its path.
            return tainted(opener.positional()[0], merge_taints(option.taints))
    return call.receiver if call.receiver is not None else ABSENT


def _is_tar(call: CallSite, data: Value) -> bool:
    """Whether `shutil.unpack_archive` is given a tar archive, which another rule looks after."""
    formats = call.argument("format", 2).strings() if call.name == "shutil.unpack_archive" else ()
    return any(text in _TAR_FORMATS for text in formats) or (not formats and has_suffix(data, *_TAR_ENDINGS))


def _suggestion(call: CallSite) -> Iterator[Fix]:
    """A look at the size before the statement, for a zip archive that has a name."""
    archive = call.written.rpartition(".")[0]
    if not call.name.startswith("zipfile.") or call.result_used or not re.fullmatch(r"[A-Za-z_]\w*", archive):
        return
    start = call.span.start - call.fragment.start
    line = max(call.fragment.text.rfind("\n", 0, start), call.fragment.text.rfind("\r", 0, start)) + 1
    indent = call.fragment.text[line:start]
    if indent.strip():
        return
    newline = "\r\n" if call.fragment.text[:line].endswith("\r\n") else "\n"
    guard = (
        f"if sum(member.file_size for member in {archive}.infolist()) > 1_000_000_000:{newline}"
        f'{indent}    raise ValueError("the archive is too large"){newline}{indent}'
    )
    edit = TextEdit(Span(call.span.start, call.span.start, call.cell), guard)
    yield Fix("Refuse archives that are too large", (edit,), Applicability.SUGGESTION, "the limit has to fit the data")
