"""Calls that fetch a file by its address, how they check its digest, and calls that unpack or load a file.

The signatures were read from urllib, requests 2, httpx 0.28, urllib3 2, aiohttp 3, wget 3.2, gdown 4.7 and 6.5, pooch
1.9, keras 3.15, torch 2, torchvision 0.29 and monai 1.6. Stores with versions or accounts of their own (model hubs,
buckets) are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.semantics.hosts import is_loopback
from mlwarden.semantics.loaders import LOADERS, data_of, leaves, left_out, same_data
from mlwarden.semantics.values import ABSENT, Taint, Text, Unknown, Value

if TYPE_CHECKING:
    from mlwarden.model.spans import Span
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


@dataclass(frozen=True, slots=True)
class Download:
    """A call that fetches a file.

    Attributes:
        url: keyword and position of the address.
        digests: keywords and positions of arguments that name the digest it must have; none if it can't check one.
        target: keyword and position of the file that it writes, where that is an argument.
    """

    url: tuple[str, int] = ("url", 0)
    digests: tuple[tuple[str, int | None], ...] = ()
    target: tuple[str, int] | None = None


_PLAIN = Download()
_SECOND = Download(("url", 1))
_TORCHVISION = Download(digests=(("md5", 3),))
_GDOWN = Download(target=("output", 1))

DOWNLOADS: dict[str, Download] = {
    "urllib.request.urlretrieve": Download(target=("filename", 1)),
    "urllib.request.URLopener().retrieve": Download(target=("filename", 1)),
    "urllib.request.FancyURLopener().retrieve": Download(target=("filename", 1)),
    "urllib.urlretrieve": Download(target=("filename", 1)),
    "urllib.request.urlopen": _PLAIN,
    "urllib.urlopen": _PLAIN,
    "urllib2.urlopen": _PLAIN,
    "wget.download": Download(target=("out", 1)),
    "requests.get": _PLAIN,
    "requests.post": _PLAIN,
    "requests.request": _SECOND,
    "requests.Session().get": _PLAIN,
    "requests.Session().request": _SECOND,
    "httpx.get": _PLAIN,
    "httpx.stream": _SECOND,
    "httpx.Client().get": _PLAIN,
    "httpx.Client().stream": _SECOND,
    "httpx.AsyncClient().get": _PLAIN,
    "httpx.AsyncClient().stream": _SECOND,
    "aiohttp.ClientSession().get": _PLAIN,
    "aiohttp.ClientSession().request": _SECOND,
    "urllib3.request": _SECOND,
    "urllib3.PoolManager().request": _SECOND,
    "gdown.download": _GDOWN,
    "gdown.download_folder": Download(target=("output", 2)),
    # `md5` up to gdown 4, `hash` since gdown 5.
    "gdown.cached_download": Download(digests=(("hash", 4), ("md5", None)), target=("path", 1)),
    "pooch.retrieve": Download(digests=(("known_hash", 1),)),
    "keras.utils.get_file": Download(("origin", 1), digests=(("file_hash", 4), ("md5_hash", 3))),
    "torch.hub.download_url_to_file": Download(digests=(("hash_prefix", 2),), target=("dst", 1)),
    "torchvision.datasets.utils.download_url": _TORCHVISION,
    "torchvision.datasets.utils.download_file_from_google_drive": Download(("file_id", 0), digests=(("md5", 3),)),
    "torchvision.datasets.utils.download_and_extract_archive": Download(digests=(("md5", 4),)),
    "monai.apps.download_url": Download(digests=(("hash_val", 2),), target=("filepath", 1)),
    "monai.apps.utils.download_url": Download(digests=(("hash_val", 2),), target=("filepath", 1)),
    "monai.apps.download_and_extract": Download(digests=(("hash_val", 3),)),
    "monai.apps.utils.download_and_extract": Download(digests=(("hash_val", 3),)),
}
# Extractors, and the arguments that name the archive.
EXTRACTORS: dict[str, tuple[tuple[str, int | None], ...]] = {
    "zipfile.ZipFile": (("file", 0),),
    "tarfile.open": (("name", 0), ("fileobj", 2)),
    "tarfile.TarFile.open": (("name", 0), ("fileobj", 2)),
    "tarfile.TarFile": (("name", 0), ("fileobj", 2)),
    "shutil.unpack_archive": (("filename", 0),),
    "torchvision.datasets.utils.extract_archive": (("from_path", 0),),
    "monai.apps.extractall": (("filepath", 0),),
    "monai.apps.utils.extractall": (("filepath", 0),),
    "py7zr.SevenZipFile": (("file", 0),),
    "rarfile.RarFile": (("file", 0),),
    "patoolib.extract_archive": (("archive", 0),),
}
# Loaders of models besides those that unpickle, and the argument that names the file.
MODEL_LOADERS: dict[str, tuple[tuple[str, int | None], ...]] = {
    "safetensors.safe_open": (("filename", 0),),
    **{
        f"safetensors.{framework}.load_file": (("filename", 0),)
        for framework in ("torch", "numpy", "flax", "tensorflow", "paddle", "mlx")
    },
    "onnxruntime.InferenceSession": (("path_or_bytes", 0),),
    "onnx.load": (("f", 0),),
    "onnx.load_model": (("f", 0),),
    "torch.jit.load": (("f", 0),),
    "torch.package.PackageImporter": (("file_or_buffer", 0),),
    "tensorflow.saved_model.load": (("export_dir", 0),),
    "tensorflow.lite.Interpreter": (("model_path", 0), ("model_content", None)),
    "llama_cpp.Llama": (("model_path", 0),),
    "xgboost.Booster().load_model": (("fname", 0),),
    "xgboost.XGBClassifier().load_model": (("fname", 0),),
    "xgboost.XGBRegressor().load_model": (("fname", 0),),
    "lightgbm.Booster": (("model_file", 1),),
    "catboost.CatBoostClassifier().load_model": (("fname", 0),),
    "catboost.CatBoostRegressor().load_model": (("fname", 0),),
    "fasttext.load_model": (("path", 0),),
    "gensim.models.KeyedVectors.load_word2vec_format": (("fname", 0),),
    "gensim.models.KeyedVectors.load": (("fname", 0),),
    "skops.io.load": (("file", 0),),
    "whisper.load_model": (("name", 0),),
    "dlib.shape_predictor": (("", 0),),
    "cv2.dnn.readNet": (("", 0), ("", 1)),
    "cv2.dnn.readNetFromCaffe": (("", 0), ("", 1)),
    "cv2.dnn.readNetFromDarknet": (("", 0), ("", 1)),
    "cv2.dnn.readNetFromTensorflow": (("", 0),),
    "cv2.dnn.readNetFromONNX": (("", 0),),
    "cv2.dnn.readNetFromTorch": (("", 0),),
    "*.load_weights": (("filepath", 0),),
}
# An address that names a commit or the digest of what it gives.
_CONTENT_ADDRESSED = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])", re.I)
_HOST = re.compile(r"https?://(?:[^/@\s]*@)?(?P<host>\[[0-9a-f:.]+\]|[^/:?#\s]+)", re.I)


def is_checked_itself(call: CallSite) -> bool:
    """Whether a download compares what arrives with a digest that is passed to it, or may be."""
    digests = DOWNLOADS[call.name].digests
    return any(not _is_missing(call.argument(keyword, position)) for keyword, position in digests)


def _is_missing(value: Value) -> bool:
    return left_out(value) and all(left_out(option) for option in value.alternatives())


def is_trusted_place(call: CallSite) -> bool:
    """Whether the address names its content (a commit, a digest), or this machine."""
    keyword, position = DOWNLOADS[call.name].url
    for text in call.argument(keyword, position).prefixes():
        host = _HOST.match(text)
        if host is not None and is_loopback(host["host"].strip("[]").lower()):
            return True
        if _CONTENT_ADDRESSED.search(text):
            return True
    return False


def target_of(call: CallSite) -> Value:
    """The file that a download writes; ABSENT where no argument names it."""
    target = DOWNLOADS[call.name].target
    return ABSENT if target is None else call.argument(*target)


def downloads_in(model: SemanticModel) -> dict[tuple[str | None, Span], CallSite]:
    """The document's downloads, and those of sibling functions that it calls, by file and place."""
    found: dict[tuple[str | None, Span], CallSite] = {}
    for name in DOWNLOADS:
        for call in model.calls_of(name):
            found.setdefault((call.fragment.path, call.span), call)  # the first time it is made
    return found


def source_of(taint: Taint, downloads: dict[tuple[str | None, Span], CallSite]) -> CallSite | None:
    """The download that a taint comes from; None if it comes from elsewhere."""
    step = taint.steps[0] if taint.steps else None
    return None if step is None else downloads.get((step.path, step.span))


def uses_in(model: SemanticModel) -> Iterator[tuple[CallSite, Value, str]]:
    """Calls that unpack or load a file: the call, what names the file, what is done with it."""
    for table, verb in ((EXTRACTORS, "unpacks"), (MODEL_LOADERS, "loads")):
        for name, places in table.items():
            for call in model.calls_of(name):
                if verb == "unpacks" and _writes(call):
                    continue
                for keyword, position in places:
                    yield call, call.argument(keyword, position), verb
    for name in LOADERS:
        for call in model.calls_of(name):
            yield call, data_of(call), "loads"


def _writes(call: CallSite) -> bool:
    """Whether an archive is opened to be written."""
    modes = call.argument("mode", 1).strings()
    return bool(modes) and all(mode[:1] in {"w", "a", "x"} for mode in modes)


_DIGEST_HELPER = re.compile(
    r"(?:verif|check|valid|assert|ensure|compare)\w*(?:hash|sha|digest|checksum|md5|integrity|signature)|compare_digest",
    re.I,
)


def digest_checks(model: SemanticModel) -> list[int]:
    """When functions are called whose name says that they check a digest, in the order of calls."""
    helpers = [name for name in model.attributes() if _DIGEST_HELPER.search(name)]
    return sorted(call.order for name in helpers for call in model.calls_of(f"*.{name}"))


@dataclass(frozen=True, slots=True)
class Stored:
    """A file, or a folder, that something downloaded went into.

    Attributes:
        writer: the call that wrote it: the download itself, `write`, an extractor.
        target: what names it.
        taint: how the data got there; None where the writer is the download.
    """

    writer: CallSite
    target: Value
    taint: Taint | None = None

    def holds(self, value: Value, use: CallSite) -> bool:
        """Whether a value that is used later names this file, as far as the text tells.

        A path that is a parameter is known within one function only.
        """
        if self.writer.order >= use.order:
            return False
        found = [*leaves(value)]
        if any(isinstance(leaf, Unknown) for leaf in found) and self.writer.function is not use.function:
            return False
        if all(isinstance(leaf, Text) and not any(leaf.parts) for leaf in found):
            return False
        return same_data(self.target, value)


def files_written(model: SemanticModel) -> Iterator[Stored]:
    """The files that downloads went into, as far as the code names them, in no particular order."""
    for name in DOWNLOADS:
        for call in model.calls_of(name):
            target = target_of(call)
            if not target.is_absent:
                yield Stored(call, target)
    for name in ("*.write", "*.write_bytes", "*.write_text", "*.writelines"):
        for call in model.calls_of(name):
            data = next(iter(call.positional()), ABSENT)
            for taint in data.tainted_by("network")[:1]:
                if call.receiver is not None:
                    yield Stored(call, call.receiver, taint)
    for call in model.calls_of("shutil.copyfileobj"):
        for taint in call.argument("fsrc", 0).tainted_by("network")[:1]:
            yield Stored(call, call.argument("fdst", 1), taint)
