"""What names a repository on the Hub, what a revision is worth, and the fix that pins it."""

from __future__ import annotations

import pytest

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.model.levels import Confidence
from mlwarden.semantics import hub
from mlwarden.semantics.hub import Pin
from mlwarden.semantics.hub_ids import is_commit, is_repo_id, is_short_commit
from mlwarden.semantics.model import SemanticModel
from mlwarden.semantics.values import ABSENT, Constant, Unknown, Value, join
from mlwarden.testing import model_of

COMMIT = "1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"


@pytest.mark.parametrize("text", ["acme/sparrow-7b", "acme/Sparrow_7B.v2", "bert-base-uncased", "gpt2", "a/b"])
def test_names_of_models(text: str) -> None:
    assert is_repo_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "my_model",
        "outputs/run1",
        "checkpoints/best",
        "my-model/final",
        "./acme/sparrow",
        "../sparrow",
        "/srv/sparrow",
        "~/sparrow",
        "C:/sparrow",
        "acme\\sparrow",
        "acme/sparrow/v2",
        "acme/model.safetensors",
        "acme/../sparrow",
        "acme/checkpoint-500",
        "acme/" + "x" * 200,
        "https://example.com/acme",
    ],
)
def test_names_of_local_paths_and_other_things(text: str) -> None:
    assert not is_repo_id(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("squad", True), ("acme/birds", True), ("csv", False), ("imagefolder", False), ("data", False)],
)
def test_names_of_datasets(text: str, expected: bool) -> None:
    assert is_repo_id(text, "dataset") is expected


@pytest.mark.parametrize(
    ("text", "full", "short"),
    [
        (COMMIT, True, False),
        (COMMIT.upper(), True, False),
        (COMMIT[:8], False, True),
        (COMMIT[:39], False, True),
        (COMMIT[:6], False, False),
        (COMMIT + "0", False, False),
        ("main", False, False),
        ("deadbeef", False, False),  # a word without a digit may be a branch
        ("v1.0", False, False),
    ],
)
def test_commits(text: str, full: bool, short: bool) -> None:
    assert (is_commit(text), is_short_commit(text)) == (full, short)


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        (ABSENT, Pin.ABSENT),
        (Constant(None), Pin.ABSENT),
        (join(ABSENT, Constant(None)), Pin.ABSENT),
        (Constant(COMMIT), Pin.COMMIT),
        (Constant("main"), Pin.MUTABLE),
        (join(Constant(COMMIT), Constant("main")), Pin.MUTABLE),
        (Unknown("a parameter"), Pin.UNKNOWN),
        (join(Constant(None), Unknown("a parameter")), Pin.UNKNOWN),
    ],
)
def test_what_a_revision_is_worth(revision: Value, expected: Pin) -> None:
    assert hub.pin_of(revision) is expected


def _with_cache(code: str, commits: dict[tuple[str, str, str], str]) -> SemanticModel:
    model = model_of(code)
    model.commit_lookup = lambda repo_id, kind, reference: commits.get((repo_id, kind, reference))
    model.path_lookup = lambda text, document: False
    return model


def _pinned(code: str, commits: dict[tuple[str, str, str], str]) -> tuple[TextEdit, ...] | None:
    model = _with_cache(code, commits)
    call = model.calls[-1]
    known = hub.api_of(call)
    assert known is not None
    fix = hub.pin_fix(call, known[0], hub.repo_ids(call, known[0], model), model)
    if fix is None:
        return None
    assert fix.applicability is Applicability.UNSAFE
    assert fix.why_unsafe
    return fix.edits


_LOAD = 'from transformers import AutoModel\nAutoModel.from_pretrained("acme/sparrow"{})\n'


def _after(code: str, edits: tuple[TextEdit, ...] | None) -> str | None:
    if edits is None:
        return None
    (edit,) = edits
    return code[: edit.span.start] + edit.replacement + code[edit.span.end :]


@pytest.mark.parametrize(
    ("given", "reference", "fixed"),
    [
        ("", "main", f', revision="{COMMIT}"'),
        (", revision=None", "main", f', revision="{COMMIT}"'),
        (', revision="dev"', "dev", f', revision="{COMMIT}"'),
    ],
)
def test_a_pin_is_the_commit_that_the_cache_has(given: str, reference: str, fixed: str) -> None:
    code = _LOAD.format(given)
    edits = _pinned(code, {("acme/sparrow", "model", reference): COMMIT})
    assert _after(code, edits) == _LOAD.format(fixed)


@pytest.mark.parametrize(
    "commits",
    [
        {},
        {("acme/sparrow", "model", "dev"): COMMIT},
        {("acme/sparrow", "dataset", "main"): COMMIT},
        {("acme/other", "model", "main"): COMMIT},
    ],
)
def test_no_pin_where_the_commit_is_not_known(commits: dict[tuple[str, str, str], str]) -> None:
    assert _pinned(_LOAD.format(""), commits) is None


def test_no_pin_where_the_keyword_may_be_given_already() -> None:
    code = "from transformers import AutoModel\n\ndef load(**options):\n    AutoModel.from_pretrained('acme/sparrow', **options)\n"
    assert _pinned(code, {("acme/sparrow", "model", "main"): COMMIT}) is None


def test_a_folder_that_the_document_writes_is_local() -> None:
    model = _with_cache('tokenizer.save_pretrained("zoo/copy/")\n', {})
    assert model.is_local("zoo/copy")
    assert not model.is_local("zoo/other")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import transformers\ntransformers.AutoModel.from_pretrained(x)", "pretrained_model_name_or_path"),
        ("import peft\npeft.PeftModel.from_pretrained(base, x)", "model_id"),
        ("import peft\npeft.PeftConfig.from_pretrained(x)", "pretrained_model_name_or_path"),
        ("def f(cls):\n    cls.from_pretrained(x)", "pretrained_model_name_or_path"),
        ("import torch\ntorch.nn.Module.from_pretrained(x)", None),
        ("from .nets import Net\nNet.from_pretrained(x)", None),
        ("class Net:\n    def from_pretrained(x): pass\nNet.from_pretrained('a/b')", None),
        ("import transformers\ntransformers.AutoModel.load(x)", None),
    ],
)
def test_which_calls_fetch(code: str, expected: str | None) -> None:
    known = hub.api_of(model_of(code).calls[-1])
    assert (None if known is None else known[0].keyword) == expected


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            "import transformers\ntransformers.AutoModel.from_pretrained(x, use_safetensors=False)",
            (False, Confidence.HIGH, False),
        ),
        (
            "import transformers\ntransformers.pipeline('a', model_kwargs={'use_safetensors': 0})",
            (0, Confidence.HIGH, True),
        ),
        ("from diffusers import Pipe\nPipe.from_pipe(x, use_safetensors=True)", (True, Confidence.HIGH, False)),
        ("import somebody\nsomebody.load(x, use_safetensors=True)", (True, Confidence.MEDIUM, False)),
        ("import transformers\ntransformers.AutoModel.from_pretrained(x)", None),
        ("import argparse\nargparse.Namespace(use_safetensors=True)", None),
        ("def load(x, use_safetensors): pass\nload(x, use_safetensors=True)", None),
    ],
)
def test_what_a_call_says_of_a_keyword(code: str, found: tuple[object, Confidence, bool] | None) -> None:
    switch = hub.switch_of(model_of(code).calls[-1], "use_safetensors")
    seen = None if switch is None else (switch.value.constants()[0], switch.confidence, switch.nested)
    assert seen == found
