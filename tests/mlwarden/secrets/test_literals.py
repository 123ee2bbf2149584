from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.levels import Confidence
from mlwarden.secrets.literals import judge, looks_random, secrets_in
from mlwarden.secrets.samples import sample


@pytest.mark.parametrize(
    ("identifier", "name", "provider", "confidence"),
    [
        ("openai", "api_key", "openai.OpenAI", Confidence.HIGH),
        ("cohere", "api_key", "cohere.Client", Confidence.HIGH),
        ("mistral", "api_key", "mistralai.Mistral", Confidence.HIGH),
        ("wandb-legacy", "key", "wandb.login", Confidence.HIGH),
        ("aws-secret", "aws_secret_access_key", "boto3.client", Confidence.HIGH),
        ("azure-openai", "api_key", "openai.AzureOpenAI azure", Confidence.HIGH),
        ("github", "token", "", Confidence.HIGH),
    ],
)
def test_known_formats(identifier: str, name: str, provider: str, confidence: Confidence) -> None:
    value = sample(identifier)
    found = judge(value, name=name, provider=provider)
    assert found is not None
    assert (found.format, found.start, found.end, found.confidence) == (identifier, 0, len(value), confidence)


def test_a_token_inside_a_literal() -> None:
    value = sample("huggingface")
    found = judge(f"Bearer {value}", name="token")
    assert found is not None
    assert (found.start, found.end, found.value) == (7, 7 + len(value), value)


@pytest.mark.parametrize(
    ("value", "name", "confidence"),
    [
        ("q7Zp-41LmXe9" + "TrW0sKd8", "api_key", Confidence.MEDIUM),
        ("d41e8cd98f00b2" + "04e9800998ecf8427f", "access_token", Confidence.MEDIUM),
        ("0f8fad5b-d9cb-469f" + "-a165-70867728950e", "api_key", Confidence.LOW),
    ],
)
def test_random_values_of_no_known_format(value: str, name: str, confidence: Confidence) -> None:
    found = judge(value, name=name)
    assert found is not None
    assert (found.kind, found.format, found.confidence) == ("API key", "", confidence)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("EMPTY", "api_key"),
        ("ollama", "api_key"),
        ("not-needed", "api_key"),
        ("lm-studio", "api_key"),
        ("sk-no-key-required", "api_key"),
        ("token-abc123", "api_key"),
        ("my-long-secret-key-for-dev-2024", "secret_key"),
        ("VOTRE_CLE_API_ICI_0001", "api_key"),
        ("your-api-key-1234567890", "api_key"),
        ("hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "token"),
        ("<|endoftext|>0123456789", "token"),
        ("meta-llama/Llama-3.1-8B-Instruct", "token"),
        ("https://models.acme-labs.io/v1/a8f3", "api_key"),
        ("/run/secrets/openai_api_key_v2", "api_key"),
        ("correct horse battery staple 42", "api_key"),
        ("q7Zp-41LmXe9" + "TrW0sKd8", "run_id"),
        ("q7Zp-41LmXe9" + "TrW0sKd8", ""),
        ("", "api_key"),
    ],
)
def test_what_is_no_key(value: str, name: str) -> None:
    assert judge(value, name=name) is None


@pytest.mark.parametrize("size", [20, 24, 32, 40, 64])
def test_generated_keys_look_random(size: int) -> None:
    generator = random.Random(size)
    alphabet = string.ascii_letters + string.digits
    values = ["".join(generator.choice(alphabet) for _ in range(size)) for _ in range(500)]
    assert sum(looks_random(value) for value in values) > 480


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text(value: str, name: str) -> None:
    found = judge(value, name=name)
    assert found is None or value[found.start : found.end] == found.value


def test_each_value_once() -> None:
    value = sample("github")
    assert [text for text, _ in secrets_in((value, "x", value), name="token")] == [value]


def test_long_names_take_little_time() -> None:
    assert not looks_random(("aB" * 30 + "-") * 30)
    assert not looks_random("a" * 1999 + "1")
