from __future__ import annotations

import pytest

from mlwarden.secrets.names import Place, adjacent_name, is_secret_name, mentions


@pytest.mark.parametrize(
    "name",
    ["api_key", "HF_TOKEN", "apiKey", "secret", "client-secret", "DB_PASSWORD", "auth", "x-api-key", "github_pat"],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "token_type",
        "tokenizer",
        "key_id",
        "public_key",
        "cache_key",
        "api_version",
        "token_id",
        "secret_name",
        "key_path",
        "auth_url",
        "token_hash",
        "sha256",
        "digest",
        "model",
        "epochs",
    ],
)
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ('api_key = "', "api_key"),
        ('"api_key": "', "api_key"),
        ("HF_TOKEN=", "HF_TOKEN"),
        ("    token: ", "token"),
        ('client(api_key="', "api_key"),
        ('os.environ["HF_TOKEN"] = "', "HF_TOKEN"),
        ("--api-key ", "--api-key"),
        ("wandb.login('", "wandb.login"),
        ('headers = {"x-api-key": f"', "x-api-key"),
        ("", ""),
    ],
)
def test_adjacent_names(before: str, name: str) -> None:
    assert adjacent_name(before) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COHERE_API_KEY", True),
        ("cohere.Client", True),
        ("cohereApiKey", True),
        ("coherence", False),
        ("incohere", False),
        ("multimodal", False),
    ],
)
def test_mentions(text: str, expected: bool) -> None:
    assert mentions(text, ("cohere", "modal")) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('wandb_key = "', True),
        ("wandb:\n  key: ", False),
        ("wandb:\n  a: 1\n  b: 2\n  c: 3\n  key: ", None),
        ('wandb_run = "', None),
        ('other_key = "', None),
        ("wandb ", None),
    ],
)
def test_places(text: str, expected: bool | None) -> None:
    assert Place(f"{text}VALUE", len(text)).names(("wandb",)) is expected
