"""The names that personal data goes by: of columns, attributes and variables, in tables, files and code."""

from __future__ import annotations

import re
from functools import lru_cache

_PERSON = (
    r"(?:customer|patient|employee|member|person|applicant|student|guest|buyer|tenant|donor|borrower|cardholder|passenger"
    r"|voter|resident|respondent)"
)
# What the words of a name end up with: a pattern of all of them, and what such a value is called.
_KINDS: tuple[tuple[str, str], ...] = (
    (r"e ?mail(?: (?:address|addr|id))?|mail address|correo(?: electronico)?", "e-mail addresses"),
    (
        r"(?:(?:tele|cell|mobile |cell |home |work )?phone|telefon|telefono|tel|fax|whatsapp)(?: (?:number|no|nr|num))?|mobile (?:number|no)"
        r"|telefonnummer|contact number",
        "phone numbers",
    ),
    (r"ssn|social security(?: (?:number|no))?|social insurance number", "social security numbers"),
    (
        r"national id(?:entity)?(?: (?:number|no))?|nino|nhs (?:number|no)|aadhaa?r(?: (?:number|no))?|cpf|dni|curp|bsn|codice fiscale"
        r"|personnummer|personal identification number|id card(?: (?:number|no))?|pan (?:number|card)",
        "national identity numbers",
    ),
    (r"passport(?: (?:number|no|id))?|driver'?s? licen[sc]e(?: (?:number|no))?", "passport or licence numbers"),
    (r"tax(?:payer)? (?:id|number)(?: number)?|steuer id", "tax numbers"),
    (r"(?:credit|debit)? ?card (?:number|no)|(?:credit|debit) card|ccn?(?: num(?:ber)?)|cvv2?|cvc", "card numbers"),
    (r"iban|bank account(?: (?:number|no))?|account iban|routing number", "bank accounts"),
    (r"dob|date of birth|birth ?(?:date|day)|geburtsdatum|fecha nacimiento", "dates of birth"),
    (
        # Not `full_name`, which repositories have, nor `user_name`, which may be a login.
        r"(?:first|last|maiden) name|firstname|lastname|surname|vorname|nachname"
        rf"|(?:{_PERSON}|client) (?:full )?name",
        "names of persons",
    ),
    (
        rf"(?:home|street|postal|mailing|residential|user|{_PERSON}) address|street addr",
        "postal addresses",
    ),
    (r"mrn|medical record(?: (?:number|no))?|health insurance (?:number|id)|patient id", "patient numbers"),
    (r"(?:client|user|visitor|remote) ip(?: addr(?:ess)?)?|remote addr", "IP addresses"),
)
_LEADING = re.compile(
    rf"(?:(?:{_PERSON}|user|client|candidate|owner|author|lead|contact|personal|primary|secondary|alternate|billing|shipping|my|new|old|raw|sender|recipient|all|unique|the"
    r"|get|its|self|private|cleartext|plain) )+"
)
_ENDING = re.compile(r" (?:column|col|field|list|series|value|values|str|s)$")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# One group for each kind; of several that fit, the first counts.
_ANY_KIND = re.compile("|".join(f"({pattern})" for pattern, _ in _KINDS))

# Calls that leave nothing of a person in their result: masks and digests by name, and figures about many.
_MASK = re.compile(
    r"mask|anonymi[sz]|pseudonym|redact|scrub|hash|hmac|sha\d|md5|blake|encrypt|cipher|obfuscat|de_?identif|sanitiz|sanitis"
    r"|presidio|fingerprint|digest|censor|hide_",
    re.IGNORECASE,
)


@lru_cache(maxsize=16384)
def kind_of_name(name: str) -> str:
    """What kind of personal data a column or variable of this name holds ("e-mail addresses"), "" if none is told.

    `has_email`, `email_count`, `EMAIL_REGEX`, `email_sent` hold none, `name` and `address` alone may be anything.
    """
    if not 2 < len(name) <= 60:
        return ""
    words = " ".join(_WORD.findall(name)).lower()
    candidates = {words, _ENDING.sub("", words)}
    candidates |= {_LEADING.sub("", one, count=1) for one in tuple(candidates)}
    # Not `phones`, which are sounds where speech is recognised.
    candidates |= {one[:-2] if one.endswith("sses") else one[:-1] for one in tuple(candidates) if _is_plural(one)}
    found = [match.lastindex or 0 for match in map(_ANY_KIND.fullmatch, candidates) if match is not None]
    return _KINDS[min(found) - 1][1] if found else ""


def _is_plural(words: str) -> bool:
    return words.endswith("s") and words not in {"phones", "address", "passports"} and not words.endswith(" address")


def is_mask(name: str) -> bool:
    """Whether a function of this name leaves nothing of a person in what it returns."""
    return _MASK.search(name) is not None
