"""Secrets as a taint: which variables and calls give one, and what is left of it after a slice or a mask."""

from __future__ import annotations

import pytest

from mlwarden.semantics.secret_sources import is_secret_variable
from mlwarden.testing import model_of


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "HF_TOKEN",
        "PGPASSWORD",
        "DB_PASSWD",
        "SECRET_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "API_KEY_2",
        "TOKEN_PROD",
        "GITHUB_PAT",
        "APIKEY",
        "azure_client_secret",
    ],
)
def test_a_secret(name: str) -> None:
    assert is_secret_variable(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "TOKENIZERS_PARALLELISM",
        "MAX_TOKENS",
        "KEY_FILE",
        "SECRET_NAME",
        "PASSWORD_HASH",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "PAD_TOKEN",
        "PUBLIC_KEY",
        "MONKEY",
        "PARTITION_KEY",
        "MODEL",
    ],
)
def test_no_secret(name: str) -> None:
    assert not is_secret_variable(name)


def _tainted(expression: str) -> bool:
    model = model_of(
        f"""
        import os, getpass, streamlit as st
        from dotenv import dotenv_values
        key = os.environ["OPENAI_API_KEY"]
        config = dotenv_values(".env")
        i = unknown()
        print({expression})
        """
    )
    (call,) = [call for call in model.calls if call.name == "print"]
    return bool(call.positional()[0].tainted_by("secret"))


@pytest.mark.parametrize(
    "expression",
    [
        "key",
        "key[4:]",
        "key[:40]",
        "key[i:]",
        "key[:-1]",
        "f'{key}'",
        "f'{key!r}'",
        "f'{key:>60}'",
        "'%s' % key",
        "key.strip()",
        "os.getenv('HF_TOKEN', '')",
        "config['HF_TOKEN']",
        "config.get('HF_TOKEN')",
        "st.secrets['OPENAI_API_KEY']",
        "getpass.getpass()",
        "{'Authorization': 'Bearer ' + key}",
    ],
)
def test_shows_a_secret(expression: str) -> None:
    assert _tainted(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "key[:4]",
        "key[-4:]",
        "key[2:6]",
        "key[:4] + '...'",
        "f'{key[:6]}...'",
        "f'{key:.4}'",
        "len(key)",
        "bool(key)",
        "key is not None",
        "'set' if key else 'missing'",
        "f'calling with {key}'.replace(key, '***')",
        "os.getenv('TOKENIZERS_PARALLELISM')",
        "config['MODEL']",
    ],
)
def test_shows_no_secret(expression: str) -> None:
    assert not _tainted(expression)
