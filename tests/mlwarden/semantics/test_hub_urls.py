"""`hf://` URLs: which repository they name, and which calls read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.hub_urls import URL_READERS, HubUrl, parse, urls_of
from mlwarden.testing import model_of

COMMIT = "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf://datasets/acme/birds/train.csv", HubUrl("dataset", "acme/birds", "")),
        ("hf://datasets/acme/birds", HubUrl("dataset", "acme/birds", "")),
        (f"hf://datasets/acme/birds@{COMMIT}/train.csv", HubUrl("dataset", "acme/birds", COMMIT)),
        ("hf://datasets/acme/birds@refs%2Fpr%2f3/a", HubUrl("dataset", "acme/birds", "refs/pr/3")),
        ("hf://datasets/acme/birds@~parquet/default", HubUrl("dataset", "acme/birds", "~parquet")),
        ("hf://spaces/acme/demo/app.py", HubUrl("space", "acme/demo", "")),
        ("hf://models/acme/x/model.bin", HubUrl("model", "acme/x", "")),
        ("hf://acme/x@main/model.bin", HubUrl("model", "acme/x", "main")),
        ("hf://datasets/acme/", None),
        ("hf://datasets/acme", None),
        ("hf://buckets/acme/things/a.bin", None),
        ("s3://acme/birds/train.csv", None),
        ("see hf://acme/x/y", None),
        ("", None),
    ],
)
def test_parse(text: str, expected: HubUrl | None) -> None:
    assert parse(text) == expected


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    found = parse("hf://" + text)
    assert found is None or (found.repo_id.count("/") == 1 and found.kind in {"model", "dataset", "space"})


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('import pandas as pd\npd.read_csv("hf://datasets/acme/birds/a.csv")\n', ["acme/birds"]),
        ('import pandas as pd\npd.read_json(path_or_buf="hf://datasets/acme/birds/a.json")\n', ["acme/birds"]),
        ('import polars\npolars.scan_parquet(["hf://datasets/a/b/1", "hf://datasets/c/d/2"])\n', ["a/b", "c/d"]),
        (
            "from datasets import load_dataset\n"
            'load_dataset("csv", data_files={"train": "hf://datasets/a/b/1", "test": ["hf://datasets/a/b/2"]})\n',
            ["a/b"],
        ),
        ("from huggingface_hub import HfFileSystem\nHfFileSystem().open('datasets/a/b/1')\n", ["a/b"]),
        ('import fsspec\nname = input()\nfsspec.open(f"hf://datasets/a/b/{name}")\n', ["a/b"]),
        ('import fsspec\nname = input()\nfsspec.open(f"hf://datasets/a/b{name}")\n', []),
        ('import fsspec\nname = input()\nfsspec.open(f"hf://datasets/a/b@{name}/x")\n', []),
        ('import fsspec\nfsspec.open("datasets/a/b/1")\n', []),
    ],
)
def test_urls_of(code: str, expected: list[str]) -> None:
    calls = [call for call in model_of(code).calls if call.name in URL_READERS]
    assert [url.repo_id for call in calls for url in urls_of(call)] == expected
