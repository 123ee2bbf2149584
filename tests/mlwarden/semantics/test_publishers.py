"""Which publishers look like well-known ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.publishers import MIN_EDITED, Likeness, known_publishers, likeness_of


@pytest.mark.parametrize(
    ("repo_id", "official", "how"),
    [
        ("mistral-ai/Mistral-7B", "mistralai", "its separators"),
        ("meta_llama/Llama-3", "meta-llama", "its separators"),
        ("metallama/Llama-3", "meta-llama", "its separators"),
        ("Eleuther-AI/pythia", "EleutherAI", "its separators"),
        ("0penai/whisper", "openai", "letters that look alike"),
        ("rnicrosoft/phi-2", "microsoft", "letters that look alike"),
        ("1ntel/dpt", "Intel", "letters that look alike"),
        ("Qvven/Qwen3", "Qwen", "letters that look alike"),
        ("g\u043eogle/gemma", "google", "letters that look alike"),
        ("micorsoft/phi-2", "microsoft", "two letters that changed places"),
        ("gogle/gemma", "google", "a letter that is missing"),
        ("nvidiaa/canary", "nvidia", "a letter that is added"),
        ("facebock/opt", "facebook", "one letter"),
        ("openai-official/whisper-tiny", "openai", "a claim to be official"),
        ("the-real-openai/whisper-tiny", None, None),
        ("real-openai/whisper-tiny", "openai", "a claim to be official"),
    ],
)
def test_names_that_look_alike(repo_id: str, official: str | None, how: str | None) -> None:
    expected = None if official is None or how is None else Likeness(official, how)
    assert likeness_of(repo_id) == expected


@pytest.mark.parametrize(
    "repo_id",
    [
        "google/gemma",
        "GOOGLE/gemma",
        "google-research/bert",
        "FacebookAI/roberta-base",
        "TheBloke/Llama-2-7B-GGUF",
        "unsloth/Llama-3.2-1B",
        "acme/Llama-3.2-1B",
        "apply/sparrow",
        "openai",
        "openai-official/sparrow",
        "openai2/x",
        "a/b",
        "",
    ],
)
def test_names_that_do_not(repo_id: str) -> None:
    assert likeness_of(repo_id) is None


def test_nobody_on_the_list_imitates_another() -> None:
    assert [name for name in known_publishers() if likeness_of(f"{name}/x") is not None] == []


@given(st.data())
def test_a_letter_left_out_of_a_long_name_is_seen(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in known_publishers() if len(name) >= MIN_EDITED]))
    at = data.draw(st.integers(0, len(name) - 1))
    shorter = name[:at] + name[at + 1 :]
    assert shorter in known_publishers() or likeness_of(f"{shorter}/x") is not None


@given(st.text(max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    likeness_of(text)
    likeness_of(f"{text}/model")
