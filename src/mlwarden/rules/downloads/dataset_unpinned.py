"""MLW207: a dataset is fetched from a branch that moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics import hub
from mlwarden.semantics.hub import DATASET_CALLS, Pin
from mlwarden.semantics.hub_urls import TRIGGERS, URL_READERS, parse, urls_of

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class DatasetUnpinned(Rule):
    """A dataset from the Hub without a commit.

    ## Why is this bad?

    Without `revision` the newest state of the dataset is fetched. Its owner, or whoever gets hold of the owner's account,
    can change rows at any time: a few poisoned examples are enough to plant a backdoor in a model, and two trainings
    with the same code use different data.

    ## How to fix

    Pass `revision` with the full 40-digit commit that you have looked at; in an `hf://` URL write
    `hf://datasets/owner/name@<commit>/...`.

    ## When it is fine

    In an experiment whose result nobody relies on.

    ## Limits

    Only datasets written in the code, or in constants of the project, are judged; a revision that is computed or handed
    over is left alone. A name without owner may be a local folder and is reported with less confidence.

    ## Fix safety

    The fix takes the commit from the machine's Hugging Face cache, where it is known. It is unsafe: later changes of
    the dataset are not fetched any more.
    """

    code = "MLW207"
    name = "dataset-unpinned"
    severity = Severity.LOW
    calls = (*DATASET_CALLS, *(name for name in URL_READERS if name not in DATASET_CALLS))
    triggers = (*(("datasets", name.rpartition(".")[2]) for name in DATASET_CALLS), *TRIGGERS)
    cwe = (494,)
    owasp_llm = ("LLM04", "LLM03")
    owasp_ml = ("ML02",)
    atlas = ("AML.T0010.002", "AML.T0020")
    references = (
        Reference("Datasets: load a specific version", "https://huggingface.co/docs/datasets/loading"),
        Reference("MITRE ATLAS AML.CS0025, split-view poisoning", "https://atlas.mitre.org/studies/AML.CS0025"),
    )
    examples = (
        Bad(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/birds", split="train")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="`datasets.load_dataset` fetches what 'acme/birds' holds at the time, and its owner can exchange that "
            "unnoticed",
        ),
        Bad(
            """
            import datasets as ds

            NAME = "acme/birds"

            def rows(split):
                return ds.load_dataset(path=NAME, name="small", split=split, revision=None, streaming=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from datasets import load_dataset

            glue = load_dataset("glue", "mrpc")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            from datasets import get_dataset_config_names, load_dataset_builder

            for config in get_dataset_config_names("acme/birds"):
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                builder = load_dataset_builder("acme/birds", config)
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from functools import partial
            from datasets import load_dataset

            load = partial(load_dataset, split="train")
            rows = load("acme/birds")
                   ^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from datasets import load_dataset

            def load(name, split="train"):
                return load_dataset(name, split=split)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            rows = load("acme/birds")
            """,
        ),
        Bad(
            """
            from datasets import load_dataset, load_from_disk

            files = {"train": ["hf://datasets/acme/birds/train.parquet"]}
            rows = load_dataset("parquet", data_files=files)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            more = load_from_disk("hf://datasets/acme/birds")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            same = load_dataset("hf://datasets/acme/birds")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import polars as pl

            def rows(part):
                return pl.scan_parquet(f"hf://datasets/acme/birds/data/{part}.parquet")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import pandas as pd

            BASE = "hf://datasets/acme/birds"
            rows = pd.read_csv(BASE + "/train.csv")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            more = pd.read_json(f"{BASE}/train.jsonl", lines=True)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from huggingface_hub import HfFileSystem

            files = HfFileSystem()
            with files.open("datasets/acme/birds/train.csv") as file:
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                rows = file.read()
            """,
        ),
        Bad(
            """
            import pkg.settings
            from datasets import load_dataset

            rows = load_dataset(pkg.settings.DATASET)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            files={"pkg/__init__.py": "", "pkg/settings.py": 'DATASET = "acme/birds"\n'},
        ),
        Good(
            """
            from datasets import get_dataset_config_names, load_dataset

            COMMIT = "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"
            rows = load_dataset("acme/birds", split="train", revision=COMMIT)
            names = get_dataset_config_names("acme/birds", COMMIT)
            """,
            because="the commit is fixed",
        ),
        Good(
            """
            from datasets import load_dataset

            first = load_dataset("csv", data_files="birds.csv")
            second = load_dataset("json", data_files={"train": "train.jsonl"})
            third = load_dataset("imagefolder", data_dir="photos")
            """,
            because="the library's own builders read named files",
        ),
        Good(
            """
            import os
            from pathlib import Path
            from datasets import load_dataset, load_from_disk

            first = load_dataset("./birds")
            second = load_dataset(os.path.join("acme", "birds"))
            third = load_dataset(str(Path("acme") / "birds"))
            fourth = load_from_disk("acme/birds")
            fifth = load_dataset("data/birds")
            sixth = load_dataset("relative_data_dir")
            """,
            because="these are local folders",
        ),
        Good(
            """
            from datasets import load_dataset

            def load(name, revision, **options):
                first = load_dataset(name)
                second = load_dataset("acme/birds", revision=revision)
                return first, second, load_dataset("acme/birds", **options)
            """,
            because="the dataset, or the revision, is for the caller to say",
        ),
        Good(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/birds", revision="v1.0")
            """,
            because="a tag is MLW202's matter",
        ),
        Good(
            """
            import polars as pl
            from seaborn import load_dataset

            flights = load_dataset("acme/flights")
            pinned = pl.read_parquet("hf://datasets/acme/birds@1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3/train.parquet")
            bucket = pl.read_parquet("s3://acme/birds/train.parquet")
            """,
            because="another library's function, a pinned URL, and a place that has no commits",
        ),
        Good(
            """
            from datasets import load_dataset

            rows = load_dataset("zoo/birds")
            """,
            files={"zoo/birds/train.csv": "name"},
            because="such a folder stands beside the file",
        ),
        Missed(
            """
            from datasets import load_dataset

            rows = load_dataset("acme/" + topic)
            """,
            because="a name that is only partly known may be a path",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a literal dataset without a revision."""
        if call.name in URL_READERS:
            for url in urls_of(call):
                if url.kind == "dataset" and not url.revision:
                    yield self._report(call, url.repo_id, Confidence.HIGH, None)
        api = DATASET_CALLS.get(call.name)
        if api is None or hub.pin_of(hub.revision_of(call, api)) is not Pin.ABSENT:
            return
        named = call.argument(api.keyword, api.position)
        for url in filter(None, map(parse, named.strings())):
            if url.kind == "dataset" and not url.revision:
                yield self._report(call, url.repo_id, Confidence.HIGH, None)
        ids = hub.repo_ids(call, api, model)
        if ids and not ids[0].endswith(("_dir", "_path", "_folder")):
            confidence = Confidence.HIGH if "/" in ids[0] else Confidence.MEDIUM
            yield self._report(call, ids[0], confidence, hub.pin_fix(call, api, ids, model))

    def _report(self, call: CallSite, repo_id: str, confidence: Confidence, pin: Fix | None) -> Finding:
        return self.finding(
            call.span,
            f"`{hub.shown(call)}` fetches what '{repo_id}' holds at the time, and its owner can exchange that unnoticed",
            confidence=confidence,
            trace=call.context,
            fixes=() if pin is None else (pin,),
        )
