"""Which names personal data goes by."""

from __future__ import annotations

import pytest

from mlwarden.semantics.personal_names import is_mask, kind_of_name

_KINDS = {
    "e-mail addresses": "email Email E-mail emails userEmail customer_email email_list EMAIL_ADDRESS primary_email get_email emailId",
    "phone numbers": "phone PhoneNumber phone_numbers cell_phone contact_number telephone",
    "social security numbers": "ssn SSN social_security_number ssns",
    "names of persons": "first_name LastName surname customer_name patient_name employee_names",
    "dates of birth": "dob DateOfBirth birth_date birthday birthdate",
    "card numbers": "credit_card_number card_number cvv cc_num",
    "bank accounts": "iban IBAN bank_account_number",
    "patient numbers": "mrn medical_record_number patient_ids",
    "postal addresses": "home_address street_address patient_address",
    "": "name address age has_email email_count EMAIL_REGEX email_text phones ip_address user_name username full_name model_name "
    "mobile file_name author card key token id_ ph",
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in _KINDS.items() for name in names.split()])
def test_kinds(kind: str, name: str) -> None:
    assert kind_of_name(name) == kind


def test_names_that_are_no_names() -> None:
    assert kind_of_name("") == kind_of_name("email " * 40) == kind_of_name("\u2028\x00") == ""


@pytest.mark.parametrize(
    ("name", "masks"),
    [
        ("mask_pii", True),
        ("anonymise", True),
        ("sha256_hex", True),
        ("hashlib", True),
        ("clean", False),
        ("encode", False),
    ],
)
def test_masks(name: str, masks: bool) -> None:
    assert is_mask(name) is masks
