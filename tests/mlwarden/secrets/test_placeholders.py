from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.secrets.placeholders import (
    entropy,
    has_placeholder_word,
    has_sequence,
    is_digest,
    is_uuid,
    placeholder_reason,
)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("<your-token-here>", "a template"),
        ("${OPENAI_API_KEY}", "a template"),
        ("{{ secrets.HF_TOKEN }}", "a template"),
        ("%(api_key)s-abcdef-012345", "a template"),
        ("sk-...", "a template"),
        ("sk-proj-…", "a template"),
        ("hf_ваш_токен_сюда", "a template"),
        ("あなたのAPIキー", "a template"),
        ("AKIAIOSFODNN7" + "EXAMPLE", "a published example"),
        ("wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY", "a published example"),
        ("x" * 40, "repeated characters"),
        ("sk-" + "0" * 32, "repeated characters"),
        ("abababababababababab", "repeated characters"),
        ("a1b2c3d4e5f60718" * 2, "a repeated block"),
        ("1234567890abcdef1234567890abcdeg", "a sequence"),
        ("Zq3abcdefghijklmnopQ9", "a sequence"),
        ("qwertyuiopasdfgh12Zq", "a sequence"),
        ("a1b2c3d4e5f6g7h8i9j0", "a sequence"),
        ("9876543210fedcba98f3", "a sequence"),
        ("YOUR_API_KEY_41c7e9", "a placeholder word"),
        ("sk-VOTRE_CLE_API_77", "a placeholder word"),
        ("hf_TU_CLAVE_AQUI_31", "a placeholder word"),
        ("dein_Schluessel_8812", "a placeholder word"),
        ("insira_sua_chave_09", "a placeholder word"),
        ("my-Test-key-7fQ29zLw", "a placeholder word"),
        ("changeme-9f8e7d6c5b", "a placeholder word"),
    ],
)
def test_reasons(value: str, reason: str) -> None:
    assert placeholder_reason(value) == reason


@pytest.mark.parametrize(
    ("alphabet", "size"),
    [
        ("0123456789abcdef", 32),
        ("0123456789abcdef", 40),
        ("0123456789abcdef", 64),
        (string.ascii_letters, 34),
        (string.ascii_letters + string.digits, 20),
        (string.ascii_letters + string.digits, 48),
        (string.ascii_uppercase + "234567", 16),
        (string.ascii_letters + string.digits + "-_", 93),
        (string.ascii_letters + string.digits + "+/", 86),
    ],
)
def test_random_values_pass(alphabet: str, size: int) -> None:
    """Fewer than one random value in two hundred is taken for a placeholder."""
    generator = random.Random(f"{alphabet}{size}")
    values = ["".join(generator.choice(alphabet) for _ in range(size)) for _ in range(2000)]
    assert sum(bool(placeholder_reason(value)) for value in values) < 10


@given(st.text(max_size=60))
def test_any_text_gets_a_verdict(text: str) -> None:
    placeholder_reason(text)
    has_sequence(text)
    has_placeholder_word(text)
    assert 0 <= entropy(text) <= 6


def test_entropy() -> None:
    assert entropy("") == 0
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2


@pytest.mark.parametrize(
    ("value", "uuid", "digest"),
    [
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", True, False),
        ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", False, True),
        ("4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b", False, True),
        ("4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0", False, False),
    ],
)
def test_identifiers_and_digests(value: str, uuid: bool, digest: bool) -> None:
    assert (is_uuid(value), is_digest(value)) == (uuid, digest)
