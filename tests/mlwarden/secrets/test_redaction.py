from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.secrets.redaction import mask, salted_fingerprint
from mlwarden.secrets.samples import sample
from mlwarden.secrets.scan import find_secrets

SALT = b"0123456789abcdef"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("hf_Q" + "wErTyUiOpAsD", "hf_Q… (16 characters)"),
        ("hunter2hunter2h", "… (15 characters)"),
        ("", "… (0 characters)"),
    ],
)
def test_mask(value: str, shown: str) -> None:
    assert mask(value) == shown


@given(st.text(min_size=16, max_size=200))
def test_at_most_four_characters_are_shown(value: str) -> None:
    assert mask(value) == f"{value[:4]}… ({len(value)} characters)"


def test_fingerprints_depend_on_value_and_salt() -> None:
    one = salted_fingerprint("secret", SALT)
    assert one == salted_fingerprint("secret", SALT)
    assert one != salted_fingerprint("secres", SALT)
    assert one != salted_fingerprint("secret", SALT[::-1])
    with pytest.raises(ValueError, match="16 bytes"):
        salted_fingerprint("secret", b"short")


def test_a_match_does_not_print_its_value() -> None:
    value = sample("huggingface")
    (found,) = find_secrets(f'TOKEN = "{value}"')
    for text in (repr(found), str(found), f"{found}", repr([found])):
        assert value not in text
        assert value[5:] not in text
    assert str(found) == f"Hugging Face access token {value[:4]}… (37 characters)"
