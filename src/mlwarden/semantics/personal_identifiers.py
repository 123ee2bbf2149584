"""Names that say that what they hold is personal data: `email`, `user.date_of_birth`, `df["Phone Number"]`."""

from __future__ import annotations

import re

# Whatever they stand for, these hold it. `phone` is a sound in speech recognition, and counts as a column only;
# `address` is a place in memory, on the network or in a city, and counts as nothing; `full_name`, which repositories
# have as well, as a column only.
_ALONE = [
    "email",
    "emails",
    "e_mail",
    "email_address",
    "email_addresses",
    "mail_address",
    "ssn",
    "ssns",
    "social_security",
    "social_security_number",
    "social_security_no",
    "national_id",
    "national_insurance_number",
    "tax_id",
    "tax_number",
    "passport",
    "passport_number",
    "passport_no",
    "drivers_license",
    "driver_license",
    "driving_licence",
    "iban",
    "ibans",
    "credit_card",
    "credit_card_number",
    "card_number",
    "cc_number",
    "cvv",
    "bank_account",
    "bank_account_number",
    "date_of_birth",
    "dob",
    "birth_date",
    "birthdate",
    "birthday",
    "phone_number",
    "phone_numbers",
    "phone_no",
    "mobile_number",
    "mobile_phone",
    "mobile_no",
    "cell_phone",
    "telephone",
    "telephone_number",
    "home_address",
    "street_address",
    "postal_address",
    "mailing_address",
    "billing_address",
    "shipping_address",
    "patient_name",
    "patient_names",
    "medical_record",
    "medical_record_number",
    "mrn",
    "health_insurance_number",
    "maiden_name",
]
_AS_COLUMN = [
    "phone",
    "mobile",
    "first_name",
    "last_name",
    "surname",
    "full_name",
    "customer_name",
    "employee_name",
    "patient_id",
]
_OWNERS = ["user", "customer", "client", "contact", "patient", "employee", "member", "student"]
_OWNED = ["email", "phone_number"]

ALONE = frozenset((*_ALONE, *(f"{owner}_{owned}" for owner in _OWNERS for owned in _OWNED)))
COLUMNS = ALONE | frozenset(_AS_COLUMN)


def is_personal(name: str, *, column: bool) -> bool:
    """Whether a name, in any spelling, says so. `column`: it is that of a column or field."""
    return normalised(name) in (COLUMNS if column else ALONE)


def normalised(name: str) -> str:
    """`phoneNumber`, `Phone Number` and `PHONE_NUMBER` are `phone_number`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[\s\-.]+", "_", parted).strip("_").lower()


def spellings() -> tuple[str, ...]:
    """The words of code without which no name is personal, marked as `semantics.identifiers` does."""
    found: dict[str, None] = {}
    for name in sorted(COLUMNS):
        words = name.split("_")
        titled = tuple(word.capitalize() for word in words)
        found[name] = None
        if name in ALONE:
            found[name.upper()] = None
        if len(words) > 1:
            found["".join((words[0], *titled[1:]))] = None
            found["~" + "_".join(titled)] = None
            found["~" + name] = None
            found["".join(titled)] = None
            found["_".join(titled)] = None
        else:
            found[titled[0]] = None
    return tuple(found)
