"""The rules about pins and remote code together: one finding about the pin of a call, and at most one about its code."""

from __future__ import annotations

import pytest

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.model.results import SourceFile

COMMIT = "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"
_SELECTED = (
    *("MLW201", "MLW202", "MLW203", "MLW204", "MLW205", "MLW206", "MLW207", "MLW208", "MLW209", "MLW210", "MLW213"),
)


def codes(statement: str, versions: tuple[tuple[str, str], ...] = ()) -> list[str]:
    text = (
        "import datasets\nimport evaluate\nimport huggingface_hub\nimport transformers\n"
        "from transformers import AutoModel\n\n\n"
        f"def run(name, trust=True, flag=False):\n    return {statement}\n"
    )
    settings = Settings(select=_SELECTED, root="/nowhere", versions=versions)
    result = check(SourceFile("/nowhere/a.py", text.encode()), settings)
    assert result.failures == ()
    return [finding.code for finding in result.verdict.reported]


CASES = {
    'AutoModel.from_pretrained("acme/x")': ["MLW201"],
    'AutoModel.from_pretrained("acme/x", revision="main")': ["MLW202"],
    f'AutoModel.from_pretrained("acme/x", revision="{COMMIT}")': [],
    'AutoModel.from_pretrained("acme/x", trust_remote_code=True)': ["MLW204"],
    'AutoModel.from_pretrained("acme/x", revision="main", trust_remote_code=True)': ["MLW204"],
    f'AutoModel.from_pretrained("acme/x", revision="{COMMIT}", trust_remote_code=True)': ["MLW203"],
    f'AutoModel.from_pretrained("acme/x", revision="{COMMIT}", code_revision="v1", trust_remote_code=True)': [
        "MLW203",
        "MLW202",
    ],
    'AutoModel.from_pretrained("acme/x", trust_remote_code=trust)': ["MLW201", "MLW205"],
    'AutoModel.from_pretrained("acme/x", revision="main", trust_remote_code=trust)': ["MLW205", "MLW202"],
    f'AutoModel.from_pretrained("acme/x", revision="{COMMIT}", trust_remote_code=trust)': ["MLW205"],
    'AutoModel.from_pretrained("acme/x", trust_remote_code=flag)': ["MLW201"],
    "AutoModel.from_pretrained(name, trust_remote_code=flag)": [],
    'huggingface_hub.snapshot_download("acme/x")': ["MLW206"],
    'huggingface_hub.snapshot_download("acme/x", revision="v1.0")': ["MLW202"],
    'transformers.pipeline("ner")': ["MLW213"],
    'transformers.pipeline("ner", revision="main")': ["MLW202"],
    'transformers.pipeline("ner", trust_remote_code=True)': ["MLW204"],
    'transformers.pipeline("ner", "acme/x")': ["MLW201"],
    'datasets.load_dataset("acme/x")': ["MLW207"],
    'datasets.load_dataset("acme/x", revision="main")': ["MLW202"],
    'datasets.load_dataset("acme/x", trust_remote_code=True)': ["MLW207", "MLW208"],
    'datasets.load_dataset("acme/x", revision="main", trust_remote_code=True)': ["MLW208", "MLW202"],
    'datasets.load_dataset("acme/x", trust_remote_code=trust)': ["MLW205", "MLW207"],
    'evaluate.load("acme/x")': ["MLW209"],
    'evaluate.load("acme/x", revision="main")': ["MLW209"],
}


@pytest.mark.parametrize("statement", CASES)
def test_one_finding_about_the_pin_and_one_about_the_code(statement: str) -> None:
    assert sorted(codes(statement)) == sorted(CASES[statement])


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("==2.15", ["MLW207", "MLW208"]),
        ("==2.18", ["MLW207", "MLW208"]),
        ("==2.20", ["MLW207"]),
        ("==4.0", ["MLW207"]),
    ],
)
def test_scripts_of_datasets_by_version(version: str, expected: list[str]) -> None:
    assert sorted(codes('datasets.load_dataset("acme/x")', (("datasets", version),))) == expected


def test_a_default_that_turns_code_on_counts_for_datasets_while_they_have_scripts() -> None:
    statement = 'datasets.load_dataset("acme/x", trust_remote_code=trust)'
    assert sorted(codes(statement, (("datasets", "==3.6"),))) == ["MLW205", "MLW207"]
    assert codes(statement, (("datasets", "==4.0"),)) == ["MLW207"]
