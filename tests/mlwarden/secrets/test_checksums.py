from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.secrets.checksums import (
    base36,
    base62,
    decoded,
    github_digits,
    has_github_digits,
    is_discord_bot,
    is_jwt,
    is_neptune,
)
from mlwarden.secrets.samples import sample


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("body", "digits"),
    # The first is from a public description of the format, the second from the one of npm's; both open nothing.
    [("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"), ("qkJaB6MffYVzZXWqmcoF49yrUxP3wf", "0LsakP")],
)
def test_github_digits(body: str, digits: str) -> None:
    assert github_digits(body) == digits


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_digits_are_a_number(number: int) -> None:
    assert int(base36(number, 7), 36) == number
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    total = 0
    for digit in base62(number, 6):
        total = total * 62 + alphabet.index(digit)
    assert total == number


@given(st.text(alphabet="abcXYZ019", min_size=30, max_size=30))
def test_a_changed_character_is_seen(body: str) -> None:
    token = f"ghp_{body}{github_digits(body)}"
    assert has_github_digits(token)
    changed = token[:4] + ("Q" if token[4] != "Q" else "R") + token[5:]
    assert not has_github_digits(changed)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (sample("jwt"), True),
        (f"{part({'typ': 'JWT'})}.{part({'sub': 'x'})}.{'a' * 43}", False),  # no algorithm
        (f"{part({'alg': 'HS256'})}.{part([1])}.{'a' * 43}", False),  # no claims
        (f"{part({'alg': 'HS256'})}.{part({'role': 'anon'})}.{'a' * 43}", False),  # public by design
        (f"{part({'alg': 'HS256'})}.{part({'sub': '1234567890'})}.{'a' * 43}", False),  # everybody's example
        (f"{part({'alg': 'none'})}.{part({'sub': 'me'})}", False),  # not signed
        (f"{part({'alg': 'dir', 'enc': 'A256GCM'})}.zzzz.{'a' * 43}", True),  # encrypted
        ("eyJ0.eyJ0.abc", False),
        ("....", False),
    ],
)
def test_jwt(token: str, expected: bool) -> None:
    assert is_jwt(token) is expected


def test_structures() -> None:
    assert is_neptune(sample("neptune"))
    assert not is_neptune(part({"api_address": "https://app.neptune.ai"}))
    assert is_discord_bot(sample("discord-bot"))
    assert not is_discord_bot("TWFkZSB1cCBieSBzb21lYm9k.abcdef." + "a" * 38)


@given(st.text(max_size=80))
def test_nothing_breaks_the_decoders(text: str) -> None:
    is_jwt(text)
    is_neptune(text)
    is_discord_bot(text)
    decoded(text)
