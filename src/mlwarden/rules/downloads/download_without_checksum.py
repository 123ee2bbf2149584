"""MLW216: a downloaded file is unpacked or loaded, and nobody compares its digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.findings import TraceStep
from mlwarden.model.spans import Span
from mlwarden.rules.base import Confidence, Finding, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics.downloads import (
    DOWNLOADS,
    Stored,
    digest_checks,
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
    examples = later(lambda: _examples())

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
        helpers = digest_checks(model)
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
            if any(download.order < order < use.order for order in helpers):
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


def _examples() -> Examples:
    from mlwarden.rules.downloads._download_without_checksum_examples import EXAMPLES

    return EXAMPLES
