"""`hf://` URLs: which calls read them, which repository they name, and at which revision.

The grammar is that of huggingface_hub's `HfFileSystem.resolve_path`, `hf://[datasets/|spaces/|models/]owner/name`,
then `@revision`, then the path; a slash in the revision is written as `%2F`. The readers' signatures are those of
pandas 3.1, pyarrow 26, fsspec and datasets 5.2, and of the documentation of polars and dask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.semantics.values import Constant, Mapping, Sequence, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite

_URL = re.compile(
    r"hf://(?:(?P<kind>dataset|space|model)s/)?(?!(?:datasets|spaces|models|buckets|kernels)/)(?P<id>[\w.-]+/[\w.-]+)"
    r"(?:@(?P<revision>[^/\s]+))?(?=/|$)"
)
_PANDAS = ("csv", "table", "fwf", "json", "excel", "feather", "parquet", "orc", "xml", "pickle", "stata")
_POLARS = ("csv", "json", "ndjson", "parquet", "ipc", "excel", "avro", "delta")
_DASK = ("csv", "table", "json", "parquet", "orc")
_FROM = ("csv", "json", "parquet", "text")

# Call -> (position, keywords) of what it reads.
URL_READERS: dict[str, tuple[int | None, tuple[str, ...]]] = {
    **{
        f"pandas.read_{name}": (0, ("path", "filepath_or_buffer", "path_or_buf", "path_or_buffer", "io"))
        for name in _PANDAS
    },
    **{f"polars.read_{name}": (0, ("source",)) for name in _POLARS},
    **{f"polars.scan_{name}": (0, ("source",)) for name in _POLARS},
    **{f"dask.dataframe.read_{name}": (0, ("urlpath", "url_path", "path")) for name in _DASK},
    **{f"datasets.Dataset.from_{name}": (0, ("path_or_paths",)) for name in _FROM},
    "fsspec.open": (0, ("urlpath",)),
    "fsspec.open_files": (0, ("urlpath",)),
    "fsspec.filesystem().open": (0, ("path",)),
    "huggingface_hub.HfFileSystem().open": (0, ("path",)),
    "pyarrow.parquet.read_table": (0, ("source",)),
    "datasets.load_from_disk": (0, ("dataset_path",)),
    "datasets.load_dataset": (3, ("data_files",)),
    "datasets.load_dataset_builder": (3, ("data_files",)),
}

TRIGGERS = (
    *((package, "hf") for package in sorted({name.partition(".")[0] for name in URL_READERS})),
    ("huggingface_hub", "HfFileSystem"),
)
"""What a rule that asks for the URLs of calls needs among its triggers: such calls are everywhere, the URLs are not."""


@dataclass(frozen=True, slots=True)
class HubUrl:
    """A repository in an `hf://` URL.

    Attributes:
        kind: "model", "dataset" or "space".
        repo_id: `owner/name`.
        revision: as written, `%2F` decoded; "" if there is none.
    """

    kind: str
    repo_id: str
    revision: str


def parse(text: str) -> HubUrl | None:
    """The repository that an `hf://` URL, or the known beginning of one, names; None if it is no such URL."""
    match = _URL.match(text)
    if match is None:
        return None
    revision = re.sub("%2f", "/", match["revision"] or "", flags=re.I)
    return HubUrl(match["kind"] or "model", match["id"], revision)


def urls_of(call: CallSite) -> Iterator[HubUrl]:
    """The repositories that a call of `URL_READERS` reads by URL, each once."""
    position, keywords = URL_READERS[call.name]
    seen: set[HubUrl] = set()
    protocol = "hf://" if call.name.startswith("huggingface_hub.") else ""  # which may be left out there
    for index, keyword in enumerate(keywords):
        for text in _texts(call.argument(keyword, position if index == 0 else None)):
            url = parse(text if text.startswith("hf://") else protocol + text)
            if url is not None and url not in seen:
                seen.add(url)
                yield url


def _texts(value: Value, depth: int = 4) -> Iterator[str]:
    """Strings in a value, a list or dictionary of them included; of a partly known one, what it begins with."""
    for option in value.alternatives():
        if isinstance(option, Constant) and isinstance(option.value, str):
            yield option.value
        elif isinstance(option, Text) and option.parts and option.parts[0] is not None:
            # The piece after it may go on with the name or the revision, unless a path has begun.
            yield option.parts[0].rpartition("/")[0] + "/" if "/" in option.parts[0] else ""
        elif isinstance(option, Sequence) and depth > 0:
            for item in option.items:
                yield from _texts(item, depth - 1)
        elif isinstance(option, Mapping) and depth > 0:
            for _, item in option.items:
                yield from _texts(item, depth - 1)
