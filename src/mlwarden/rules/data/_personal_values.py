"""Values that are personal data by their own form: addresses, card numbers, accounts, in saved outputs and data files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlwarden.semantics.personal_names import kind_of_name


@dataclass(frozen=True, slots=True)
class Found:
    """One value: what it is, where it stands, and whether its form alone settles it (a checksum)."""

    kind: str
    value: str
    start: int
    end: int
    sure: bool = False


_DOMAIN_OF_EMAIL = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,12}(?![\w@-])")
_EMAIL = re.compile(rf"(?<![\w.+/:%-])[A-Za-z0-9][\w.+%-]{{0,63}}@{_DOMAIN_OF_EMAIL.pattern}")
# Nobody's, a machine's or a role's address; a file.
_NO_PERSON = re.compile(
    r".*@(?:[\w-]+\.)*(?:example|test|invalid|localhost|local|internal|domain|email|mail|company|acme|foo|bar|noreply|sample|xyz|abc)"
    r"\.\w+|.*@(?:[\w-]+\.)*(?:users\.noreply\.github\.com|iam\.gserviceaccount\.com|googlegroups\.com|python\.org|lists\.[\w.]+)"
    r"|.{1,3}@\w{1,2}\.\w+|.*@[\w.-]+\.(?:png|jpe?g|gif|svg|py|ipynb|txt|csv|json|js|css|html?|md|pth?|h5|local|lan|so|whl)"
    r"|(?:git|root|admin|info|support|help|contact|noreply|no-reply|user|test|foo|bar|you|your\.?name|name|someone|hello|sales|press"
    r"|webmaster|postmaster|abuse|security|service|newsletter|news|office|team|dev|developers?|maintainers?)@.*",
    re.IGNORECASE,
)
_AUTHORSHIP = re.compile(r"author|maintainer|copyright|\(c\)|©|contact|mailto|report bugs|committer", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w.+/-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,11}(?:[ .-]\d{2,8}){0,4}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})"
    r"(?:x\d{1,5})?(?![\w/-]|\.\d)"
)
_SSN = re.compile(r"(?<![\w.-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-]|\.\d)")
_CARD = re.compile(
    r"(?<![\w.-])(?:[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ -])\d{6}\2\d{5}|[2-6]\d{15}|3[47]\d{13})(?![\w-]|\.\d)"
)
_ISSUER = re.compile(r"4|5[1-5]|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)|3[47]|6(?:011|4[4-9]|5)")
# Numbers that the makers of payment systems publish for tests.
_TEST_CARDS = re.compile(
    r"4242424242424242|4111111111111111|4012888888881881|4000\d{12}|5555555555554444|5105105105105100|5200828282828210|2223003122003222"
    r"|378282246310005|371449635398431|6011111111111117|6011000990139424|(?:\d)(?:0{14,15}|1{14,15})"
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_IBAN_LENGTH = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27,
    "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MT": 31, "NL": 18,
    "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26, "AE": 23, "BR": 29,
}  # fmt: skip
_TEST_IBANS = frozenset(
    {"DE89370400440532013000", "GB82WEST12345698765432", "GB29NWBK60161331926819", "FR1420041010050500013M02606"}
)


# What stands for a character where only the outline of a text counts: `0` for a digit, `A` for a capital letter.
_OUTLINE = bytes(
    ord("0") if 48 <= code <= 57 else ord("A") if 65 <= code <= 90 else code if chr(code) in "()+-. " else ord("x")
    for code in range(256)
)
_OUTLINE_OF_PHONE = re.compile(rb"\+0(?:[0 .()-]{8}|[0 .()-]{3,10}x0)")
_OUTLINES_OF_PHONES = (b")000-0000", b") 000-0000", b"000-000-0000")
_OUTLINE_OF_SSN = b"000-00-0000"
_OUTLINES_OF_CARDS = (
    b"0000 0000 0000 0000",
    b"0000-0000-0000-0000",
    b"0000 000000 00000",
    b"0000-000000-00000",
    b"000000000000000",
)
_OUTLINE_OF_IBAN = re.compile(rb"AA00 ?[A0]{4} ?[A0]{4}")


def personal_values(text: str) -> Iterator[Found]:
    """The values in a text that have the form of personal data, those of obvious test data left out.

    Megabytes of tables hold none of them: what they could look like is searched for in the outline of the text first.
    """
    if "@" in text:
        yield from _emails(text)
    outline = _outline(text)
    if _OUTLINE_OF_PHONE.search(outline) or any(each in outline for each in _OUTLINES_OF_PHONES):
        for match in _PHONE.finditer(text):
            digits = re.sub(r"\D", "", match[0])
            if 9 <= len(digits) <= 15 and "55501" not in digits and len(set(digits)) > 3:
                yield Found("phone numbers", digits, match.start(), match.end())
    if _OUTLINE_OF_SSN in outline:
        for match in _SSN.finditer(text):
            if match[0] not in {"123-45-6789", "078-05-1120", "219-09-9999"}:
                yield Found("social security numbers", match[0], match.start(), match.end())
    if any(each in outline for each in _OUTLINES_OF_CARDS):
        for match in _CARD.finditer(text):
            digits = re.sub(r"\D", "", match[0])
            if _ISSUER.match(digits) and not _TEST_CARDS.fullmatch(digits) and luhn(digits):
                yield Found(
                    "payment card numbers", digits, match.start(), match.end(), sure=len(digits) < len(match[0])
                )
    if _OUTLINE_OF_IBAN.search(outline):
        for match in _IBAN.finditer(text):
            compact = match[0].replace(" ", "")
            if _IBAN_LENGTH.get(compact[:2]) == len(compact) and mod97(compact) and compact not in _TEST_IBANS:
                yield Found("bank accounts", compact, match.start(), match.end(), sure=True)


def _outline(text: str) -> bytes:
    try:
        content = text.encode("latin-1")
    except UnicodeEncodeError:
        # Patterns take the digits of other alphabets for digits.
        foreign = {ord(character): "0" for character in set(text) if character > "\xff" and character.isdecimal()}
        content = (text.translate(foreign) if foreign else text).encode("latin-1", "replace")
    return content.translate(_OUTLINE)


def _emails(text: str) -> Iterator[Found]:
    for match in _addresses(text):
        if _NO_PERSON.fullmatch(match[0]):
            continue
        start = max(text.rfind("\n", 0, match.start()) + 1, match.start() - 120)
        if not _AUTHORSHIP.search(text, start, match.start()):
            yield Found("e-mail addresses", match[0].lower(), match.start(), match.end())


def _addresses(text: str) -> Iterator[re.Match[str]]:
    """The matches of `_EMAIL`: each begins at most 64 characters before its only `@`."""
    position = 0
    at = text.find("@")
    while at >= 0:
        if _DOMAIN_OF_EMAIL.match(text, at + 1):
            match = _EMAIL.search(text, max(position, at - 64), at + 300)  # an address ends before that
            if match is not None and text.find("@", match.start()) == at:
                yield match
                position = match.end()
        position = max(position, at + 1)
        at = text.find("@", position)


def is_nobodys(address: str) -> bool:
    """Whether an e-mail address is made up, or that of a role or machine."""
    return _NO_PERSON.fullmatch(address) is not None


def luhn(digits: str) -> bool:
    """Whether the last digit of a card number is right (ISO/IEC 7812-1)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mod97(iban: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616)."""
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


_HEADING = re.compile(r"<th[^>]{0,80}>\s*([^<]{2,40}?)\s*</th>", re.IGNORECASE)


def headings(text: str, mime: str) -> frozenset[str]:
    """What kinds of personal data the columns of the tables in an output are named by.

    A table in plain text has its names in a line that words or wide gaps divide; a series its name in the last line.
    """
    if mime == "text/html":
        names = [match[1] for match in _HEADING.finditer(text)]
    else:
        lines = text.splitlines()
        names = [name for line in lines[:1] for name in (*re.split(r"\s{2,}|[|,\t]", line), *line.split())]
        names += [match[1] for match in re.finditer(r"(?m)^Name: (\w+), (?:Length|dtype)", text)]
    kinds = {kind_of_name(name.strip()) for name in names}
    return frozenset(kinds - {""})


def telling(found: dict[str, set[str]], sure: set[str], heads: frozenset[str], text: str) -> list[str]:
    """The kinds of which enough was found to say that it is data about persons, and no example or number.

    Args:
        found: kind -> the different values.
        sure: kinds of which a value has a form that leaves no doubt.
        heads: kinds that a column is named by.
        text: where a word may say what the numbers are.
    """
    kinds = []
    for kind, values in found.items():
        named = kind in heads or (kind in _WORDS and _WORDS[kind].search(text) is not None)
        enough = (
            {"payment card numbers": 1, "bank accounts": 1, "social security numbers": 1}.get(kind, 2) if named else 5
        )
        if kind in {"payment card numbers", "social security numbers"} and not named and kind not in sure:
            continue
        if kind in sure or len(values) >= enough:
            kinds.append(kind)
    return kinds


_WORDS = {
    "payment card numbers": re.compile(r"\bcard|\bcredit|\bcc_?num|visa|mastercard|amex", re.IGNORECASE),
    "social security numbers": re.compile(r"\bssn|social.?security", re.IGNORECASE),
}
