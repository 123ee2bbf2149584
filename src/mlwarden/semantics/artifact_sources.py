"""Where a call or a command takes models, data and packages from, as far as the code says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.artifact_sources import Source, github_source, hub_source, url_source
from mlwarden.notebooks.shell_facts import fetches_of, installation_of
from mlwarden.semantics import hub
from mlwarden.semantics.downloads import DOWNLOADS
from mlwarden.semantics.hosts import is_loopback
from mlwarden.semantics.hub_ids import is_repo_id
from mlwarden.semantics.hub_urls import URL_READERS
from mlwarden.semantics.values import Constant, Mapping, Sequence, Text, Value

if TYPE_CHECKING:
    from mlwarden.model.spans import Span
    from mlwarden.notebooks.shell_lines import Command
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

TORCH_HUB = ("torch.hub.load", "torch.hub.list", "torch.hub.help")
# Call -> (position, keyword) of a URL, for readers and downloads that no other table has.
_READERS: dict[str, tuple[int, str]] = {
    **{f"pandas.read_{name}": (0, "filepath_or_buffer") for name in ("csv", "table", "fwf")},
    "pandas.read_json": (0, "path_or_buf"),
    "pandas.read_excel": (0, "io"),
    "torch.hub.load_state_dict_from_url": (0, "url"),
    "torch.utils.model_zoo.load_url": (0, "url"),
    "datasets.DownloadManager().download": (0, "url_or_urls"),
    "datasets.DownloadManager().download_and_extract": (0, "url_or_urls"),
    "huggingface_hub.cached_download": (0, "url"),
}
_BUCKETS = {
    "boto3.client().download_file": ("Bucket", 0, "Key", 1),
    "boto3.client().get_object": ("Bucket", 9, "Key", 9),
}
SOURCE_CALLS: tuple[str, ...] = (
    "*.from_pretrained",
    *hub.ALL_CALLS,
    *TORCH_HUB,
    *DOWNLOADS,
    *URL_READERS,
    *_READERS,
    *_BUCKETS,
)
"""Calls that `sources_of_call` judges."""

# These ask for all sorts of things: only what looks like a file of a model, of data or of a program counts.
_GENERAL = re.compile(r"(?:requests|httpx|aiohttp|urllib3|urllib2?)\b(?!.*(?:urlretrieve|\.retrieve))")
_ARTIFACT = re.compile(
    r"\.(?:bin|pt|pth|ckpt|safetensors|gguf|ggml|onnx|h5|hdf5|keras|pkl|pickle|joblib|np[yz]|pb|tflite|mlmodel|model|json|"
    r"jsonl|csv|tsv|txt|parquet|arrow|feather|zip|tar|gz|bz2|xz|tgz|zst|7z|rar|whl|jar|py|ipynb|sh|ya?ml|xlsx?|db|sqlite|"
    r"jpe?g|png|wav|mp3|mp4|deb|rpm|exe|so|dll)$",
    re.IGNORECASE,
)
_ANY_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"<>|;]+", re.IGNORECASE)


def sources_of_call(call: CallSite, model: SemanticModel) -> Iterator[Source]:
    """The places that a call certainly names, each once."""
    seen: set[Source] = set()
    for source in _of_call(call, model):
        if source not in seen and not is_loopback(source.host):
            seen.add(source)
            yield source


def _of_call(call: CallSite, model: SemanticModel) -> Iterator[Source]:
    if call.name in TORCH_HUB:
        if not call.argument("source").must_be("local"):
            keyword = "repo_or_dir" if call.attribute == "load" else "github"
            for text in call.argument(keyword, 0).strings():
                if re.fullmatch(r"[\w.-]+/[\w.-]+(?::\S+)?", text) and not model.is_local(text):
                    yield github_source(text)
        return
    if call.name in _BUCKETS:
        bucket, first, key, second = _BUCKETS[call.name]
        path = call.argument(key, second).string() or ""
        for name in call.argument(bucket, first).strings():
            yield Source(f"s3://{name}/{path}"[:200], "s3", name.lower(), f"/{path}", partial=not path)
        return
    known = hub.api_of(call)
    if known is not None:
        yield from _of_hub(call, known[0], model)
    for place in _places(call):
        for text, partial in texts_of(place):
            source = url_source(text, partial=partial)
            general = _GENERAL.match(call.name) is not None
            if source is not None and (not general or partial or _ARTIFACT.search(source.path)):
                yield source


def _of_hub(call: CallSite, api: hub.HubApi, model: SemanticModel) -> Iterator[Source]:
    if call.name in hub.PREFIXED_CALLS:
        for text in call.argument(api.keyword, api.position).strings():
            match = hub.HUB_PREFIX.fullmatch(text)
            if match is not None:
                yield hub_source(match["id"])
        return
    given = call.argument("repo_type").string()
    kind = given if given in {"dataset", "space"} else api.kind
    for repo_id in hub.repo_ids(call, api, model):
        yield hub_source(repo_id, kind)
    for text in call.argument(api.keyword, api.position).strings():
        source = url_source(text) if "://" in text else None
        if source is not None:
            yield source


def _places(call: CallSite) -> Iterator[Value]:
    if call.name in DOWNLOADS:
        yield call.argument(*DOWNLOADS[call.name].url)
    elif call.name in URL_READERS:
        position, keywords = URL_READERS[call.name]
        for index, keyword in enumerate(keywords):
            yield call.argument(keyword, position if index == 0 else None)
    elif call.name in _READERS:
        position, keyword = _READERS[call.name]
        yield call.argument(keyword, position)


def texts_of(value: Value, depth: int = 4) -> Iterator[tuple[str, bool]]:
    """Strings in a value, lists and dictionaries of them included; of one known in part, its beginning and True."""
    for option in value.alternatives():
        if isinstance(option, Constant) and isinstance(option.value, str):
            yield option.value, False
        elif isinstance(option, Text) and option.parts and option.parts[0] is not None:
            yield option.parts[0], True
        elif isinstance(option, Sequence) and depth > 0:
            for item in option.items:
                yield from texts_of(item, depth - 1)
        elif isinstance(option, Mapping) and depth > 0:
            for _, item in option.items:
                yield from texts_of(item, depth - 1)


def sources_of_command(command: Command) -> Iterator[tuple[Source, Span]]:
    """The places that a command downloads, clones or installs from, each with its word."""
    words = command.arguments
    texts = command.texts
    if command.program in {"hf", "huggingface-cli"} and texts[:1] == ("download",) and len(words) > 1:
        kind = next((texts[i + 1] for i, text in enumerate(texts[:-1]) if text == "--repo-type"), "model")
        kind = next((text.partition("=")[2] for text in texts if text.startswith("--repo-type=")), kind)
        if is_repo_id(texts[1], kind) and kind in {"model", "dataset", "space"}:
            yield hub_source(texts[1], kind), words[1].span
        return
    installs = installation_of(command) is not None
    if not installs and not (command.program == "git" and "clone" in texts):
        for fetch in fetches_of(command):
            text = fetch.url if "://" in fetch.url else f"https://{fetch.url}"
            yield from _named(text, fetch.span)
        return
    for word in words:
        for url in _ANY_URL.findall(word.text):
            yield from _named(url, word.span)


def _named(text: str, span: Span) -> Iterator[tuple[Source, Span]]:
    """A URL in a command; what the shell or Python puts in at run time is not known."""
    known = re.split(r"[{$`]", text, maxsplit=1)[0]
    source = url_source(known, partial=known != text)
    if source is not None and not is_loopback(source.host):
        yield source, span
