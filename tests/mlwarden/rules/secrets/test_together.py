"""The rules about secrets together: one finding for each secret, the most specific one; never the secret itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.model.findings import Finding
from mlwarden.model.results import SourceFile
from mlwarden.rules.registry import all_rules, load
from mlwarden.secrets.samples import sample
from mlwarden.testing import as_notebook

HF, OPENAI, GITHUB, WANDB = sample("huggingface"), sample("openai"), sample("github"), sample("wandb-legacy")
AWS = sample("aws-secret")
PASSWORD = "tR7-vq" + "Lw92xE"


def found(text: str, path: str, *codes: str) -> tuple[Finding, ...]:
    result = check(SourceFile(path, text.encode()), Settings(select=codes or ("MLW3",), root="/nowhere"))
    assert result.failures == ()
    return result.verdict.reported


def codes(text: str, path: str = "a.py", *selected: str) -> list[str]:
    return [finding.code for finding in found(text, path, *selected)]


CASES = {
    "argument": (f'from openai import OpenAI\n\nclient = OpenAI(api_key="{OPENAI}")\n', "MLW301"),
    "variable": (f'from openai import OpenAI\n\nKEY = "{OPENAI}"\nclient = OpenAI(api_key=KEY)\n', "MLW301"),
    "attribute": (f'import openai\n\nopenai.api_key = "{OPENAI}"\n', "MLW301"),
    "comment": (f"x = 1  # {OPENAI}\n", "MLW302"),
    "docstring": (f'"""Use {OPENAI}."""\n', "MLW302"),
    "constant": (f'KEY = "{OPENAI}"\n', "MLW302"),
    "environment": (f'import os\n\nos.environ["OPENAI_API_KEY"] = "{OPENAI}"\n', "MLW303"),
    "login": (f'from huggingface_hub import login\n\nlogin(token="{HF}")\n', "MLW306"),
    "url": (f'url = "https://{GITHUB}@github.com/acme/models.git"\n', "MLW307"),
    "storage": (f'import s3fs\n\nfs = s3fs.S3FileSystem(secret="{AWS}")\n', "MLW310"),
    "password": (f'url = "https://ci:{PASSWORD}@mlflow.acme-labs.io"\n', "MLW307"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_finding_and_the_rule_alone_finds_it_too(case: str) -> None:
    text, code = CASES[case]
    assert codes(text) == [code]
    assert codes(text, "a.py", code) == [code]
    assert codes(as_notebook(text), "a.ipynb") == [code]


@pytest.mark.parametrize("case", [case for case in CASES if case not in {"password", "storage"}])
def test_the_general_rule_alone_finds_every_known_shape(case: str) -> None:
    assert codes(CASES[case][0], "a.py", "MLW302") == ["MLW302"]


def test_a_notebook_with_a_secret_everywhere() -> None:
    notebook = json.loads(as_notebook(f"%env HF_TOKEN={HF}", f'x = "{OPENAI}"', "!env"))
    notebook["cells"][2]["outputs"] = [
        {"name": "stdout", "output_type": "stream", "text": [f"WANDB_API_KEY={WANDB}\n", f"again {WANDB}\n"]},
        {
            "data": {
                "text/html": [f"<b>WANDB_API_KEY={WANDB}</b>"],
                "image/png": sample("aws-session"),
                "application/vnd.jupyter.widget-view+json": {"model_id": sample("kaggle-legacy")},
            },
            "metadata": {},
            "output_type": "display_data",
        },
    ]
    notebook["cells"][0]["metadata"] = {"papermill": {"parameters": {"token": GITHUB}}}
    notebook["cells"].append({"cell_type": "markdown", "id": "m", "metadata": {}, "source": [f"Use `{HF}`."]})
    text = json.dumps(notebook, indent=1)
    places = [(finding.code, finding.span.cell) for finding in found(text, "a.ipynb")]
    assert places == [("MLW305", None), ("MLW304", None), ("MLW312", 0), ("MLW302", 1), ("MLW302", 3)]
    for finding in found(text, "a.ipynb"):
        if finding.span.cell is None:
            assert text[finding.span.start : finding.span.end] in {GITHUB, WANDB}


def test_all_outputs_can_be_cleared_at_once() -> None:
    notebook = json.loads(as_notebook("1", "2", "3"))
    for cell, word in zip(notebook["cells"], (HF, "nothing", ""), strict=True):
        if word:
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": [word]}]
    text = json.dumps(notebook, indent=1)
    (finding,) = found(text, "a.ipynb")
    one, every = finding.fixes
    assert (one.title, every.title) == ("Clear the outputs of this cell", "Clear the outputs of all cells")
    for fix, left in ((one, 1), (every, 0)):
        changed = text
        for edit in sorted(fix.edits, key=lambda edit: edit.span, reverse=True):
            changed = changed[: edit.span.start] + edit.replacement + changed[edit.span.end :]
        cells = json.loads(changed)["cells"]
        assert sum(bool(cell["outputs"]) for cell in cells) == left
        assert [cell["source"] for cell in cells] == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env", f"OPENAI_API_KEY={OPENAI}\n"),
        ("config.yaml", f"key: {OPENAI}\n"),
        ("pyproject.toml", f'[tool.x]\nkey = "{OPENAI}"\n'),
        ("README.md", f"Run with `{OPENAI}`.\n"),
        ("Dockerfile", f"ENV KEY={OPENAI}\n"),
        ("requirements.txt", f"# {OPENAI}\nnumpy==2.1.0\n"),
        ("deploy.sh", f"export KEY={OPENAI}\n"),
        ("settings.json", json.dumps({"key": OPENAI})),
    ],
)
def test_every_kind_of_text(path: str, text: str) -> None:
    # An `.env` is reported as a file too.
    (finding,) = (finding for finding in found(text, path) if finding.code != "MLW311")
    assert (finding.code, text[finding.span.start : finding.span.end]) == ("MLW302", OPENAI)


def test_a_detect_secrets_baseline_counts_for_all_rules(tmp_path: Path) -> None:
    import hashlib

    values = (HF, OPENAI, GITHUB, WANDB, PASSWORD, AWS)
    hashes = [hashlib.sha1(value.encode()).hexdigest() for value in values]
    entries = [{"type": "Secret Keyword", "hashed_secret": value} for value in hashes]
    results = {f"{case}.py": entries for case in CASES}
    (tmp_path / ".secrets.baseline").write_text(json.dumps({"results": results}))
    for case, (text, _) in CASES.items():
        assert codes(text, str(tmp_path / f"{case}.py")) == [], case


# These point at what shows a secret, or at a file, and not at the characters of a secret.
POINT_ELSEWHERE = {"MLW308", "MLW309", "MLW311", "MLW313", "MLW315"}


@pytest.mark.parametrize(
    "info",
    [info for info in all_rules() if info.code.startswith("MLW3") and info.code not in POINT_ELSEWHERE],
    ids=lambda i: i.code,
)
def test_no_secret_is_quoted(info) -> None:  # type: ignore[no-untyped-def]
    """Neither a message nor a fix nor a trace holds the characters of a secret."""
    from mlwarden.rules.examples import Bad, strip_marks

    for example in load(info).examples:
        if not isinstance(example, Bad):
            continue
        text = strip_marks(example.code)
        for finding in found(text, example.path, info.code):
            source = text if finding.span.cell is None else "".join(json.loads(text)["cells"][0]["source"])
            secret = source[finding.span.start : finding.span.end].strip("\"'")
            said = [finding.message, *(step.note for step in finding.trace)]
            for fix in finding.fixes:
                said += [fix.title, fix.why_unsafe, *(edit.replacement for edit in fix.edits)]
            assert len(secret) >= 8
            assert not [sentence for sentence in said if secret in sentence]
