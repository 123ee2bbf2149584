"""MLW611: a table that is read from an address whose content can change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.hosts import is_loopback
from mlwarden.semantics.values import Constant, Mapping, Sequence, Text, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Call -> keyword and position of the address.
_READERS: dict[str, tuple[str, int]] = {
    "pandas.read_csv": ("filepath_or_buffer", 0),
    "pandas.read_table": ("filepath_or_buffer", 0),
    "pandas.read_fwf": ("filepath_or_buffer", 0),
    "pandas.read_stata": ("filepath_or_buffer", 0),
    "pandas.read_sas": ("filepath_or_buffer", 0),
    "pandas.read_json": ("path_or_buf", 0),
    "pandas.read_parquet": ("path", 0),
    "pandas.read_feather": ("path", 0),
    "pandas.read_orc": ("path", 0),
    "pandas.read_excel": ("io", 0),
    "pandas.read_html": ("io", 0),
    "pandas.read_xml": ("path_or_buffer", 0),
    "polars.read_csv": ("source", 0),
    "polars.read_parquet": ("source", 0),
    "polars.read_json": ("source", 0),
    "polars.read_ndjson": ("source", 0),
    "polars.scan_csv": ("source", 0),
    "polars.scan_parquet": ("source", 0),
    "dask.dataframe.read_csv": ("urlpath", 0),
    "dask.dataframe.read_parquet": ("path", 0),
    "geopandas.read_file": ("filename", 0),
    "numpy.loadtxt": ("fname", 0),
    "numpy.genfromtxt": ("fname", 0),
    "datasets.load_dataset": ("data_files", 3),
    "datasets.Dataset.from_csv": ("path_or_paths", 0),
    "datasets.Dataset.from_json": ("path_or_paths", 0),
    "datasets.Dataset.from_parquet": ("path_or_paths", 0),
}
_URL = re.compile(r"https?://(?:[^/@\s]*@)?(?P<host>\[[0-9a-f:.]+\]|[^/:?#\s]+)", re.IGNORECASE)
# Places in an address that name one version of a file: a commit, a digest, an object's version, a record of an archive.
_PINNED = re.compile(
    r"/(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}(?=[/?]|$)|[?&](?:versionId|generation|sha256|commit|rev)="
    r"|(?:zenodo|figshare|dataverse|osf|doi)\b.*/\d+|/releases/download/|/(?:refs/tags/|@)?v?\d+\.\d+(?:\.\d+)?/",
    re.IGNORECASE,
)


class TrainingDataMutableUrl(Rule):
    """A table that is read straight from an address that names no version.

    ## Why is this bad?

    Whoever can change the file behind the address changes what the model learns: the owner of the repository, somebody who
    takes over an expired domain or an account. Tomorrow's run trains on other rows than today's, and nothing tells.

    ## How to fix

    Name the version: a commit instead of `main` in a GitHub address, `versionId=` of an object, a record of Zenodo. Or
    download the file once, compare its SHA-256, and read the copy.

    ## When it is fine

    For a first look at a table, in a tutorial, and where the newest figures are what is wanted. The rule is off by default.

    ## Limits

    Addresses that are not known are not reported. Downloads by `requests` and the like are looked at by MLW216.
    """

    code = "MLW611"
    name = "training-data-mutable-url"
    severity = Severity.LOW
    default = False
    calls = tuple(_READERS)
    yields_to = ("MLW215",)
    cwe = (494,)
    owasp_llm = ("LLM04",)
    owasp_ml = ("ML02",)
    atlas = ("AML.T0020", "AML.T0019")
    references = (
        Reference(
            "Carlini et al.: Poisoning Web-Scale Training Datasets is Practical", "https://arxiv.org/abs/2302.10149"
        ),
        Reference(
            "GitHub: permanent links to files",
            "https://docs.github.com/en/repositories/working-with-files/using-files/getting-permanent-links-to-files",
        ),
    )
    examples = (
        Bad(
            """
            import pandas as pd

            train = pd.read_csv("https://raw.githubusercontent.com/acme/data/main/train.csv")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`pandas.read_csv` reads 'https://raw.githubusercontent.com/acme/data/main/train.csv', which names no version: "
            "whoever changes the file changes what is learned",
        ),
        Bad(
            """
            from datasets import load_dataset

            BASE = "https://data.example.org/"
            data = load_dataset("csv", data_files={"train": BASE + "train.csv", "test": BASE + "test.csv"})
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import polars as pl

            def month(name):
                return pl.read_parquet(f"https://data.example.org/trips/{name}.parquet")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import numpy as np

            rows = np.genfromtxt(fname="https://data.example.org/iris.data", delimiter=",")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import pandas as pd

            a = pd.read_csv("https://raw.githubusercontent.com/acme/data/4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b/train.csv")
            b = pd.read_csv("https://acme.s3.amazonaws.com/train.csv?versionId=3HL4kqtJvjVBH40Nrjfkd")
            c = pd.read_csv("https://zenodo.org/records/3723295/files/train.csv")
            """,
            because="the addresses name a version",
        ),
        Good(
            """
            import pandas as pd

            a = pd.read_csv("data/train.csv")
            b = pd.read_csv("http://localhost:9000/train.csv")
            c = pd.read_csv(path)
            """,
            because="local files, this machine, and what is not known",
        ),
        Good(
            """
            from datasets import load_dataset

            data = load_dataset("acme/reviews", revision="4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b")
            other = load_dataset("json", data_files="train.jsonl")
            """,
            because="a pinned dataset, and a local file",
        ),
        Good(
            """
            def read_csv(url):
                return url

            read_csv("https://data.example.org/train.csv")
            """,
            because="a function of the program's own",
        ),
        Missed(
            """
            import io
            import pandas as pd
            import requests

            text = requests.get("https://data.example.org/train.csv", timeout=60).text
            train = pd.read_csv(io.StringIO(text))
            """,
            because="the file is fetched by another library",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an address that names no version, once for each call."""
        if call.fragment.path is not None or call.digest_checked:
            return
        addresses = list(_texts(call.argument(*_READERS[call.name])))
        for shown in addresses:
            match = _URL.match(shown)
            if match is None or is_loopback(match["host"]) or _PINNED.search(shown):
                continue
            shown = re.sub(r"(?<=//)[^/@\s]*@|\?.*", "", shown)  # neither a password nor a signature
            shown = shown if len(shown) <= 90 else f"{shown[:87]}..."
            yield self.finding(
                call.span,
                f"`{call.name}` reads '{shown}', which names no version: whoever changes the file changes what is learned",
                confidence=Confidence.HIGH,
                trace=call.context,
            )
            return


def _texts(value: Value, depth: int = 2) -> Iterator[str]:
    """The addresses among a value, its items included, with `{}` for parts that are not known."""
    for option in value.alternatives():
        if isinstance(option, Constant) and isinstance(option.value, str):
            yield option.value
        elif isinstance(option, Text):
            yield option.shown
        elif isinstance(option, Sequence) and depth:
            for item in option.items:
                yield from _texts(item, depth - 1)
        elif isinstance(option, Mapping) and depth:
            for _, item in option.items:
                yield from _texts(item, depth - 1)
