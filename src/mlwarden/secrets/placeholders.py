"""What has the shape of a secret and is none: placeholders, published examples, sequences, hashes, words."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise


def _each(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# Words that people write where a secret belongs. Four letters and less could be part of a random value, so that these
# count only in one case throughout, as nobody's random letters are.
_WORDS = _each(
    "example placeholder dummy redacted changeme change_me replace insert your sample secret password passwd token "
    "apikey api_key api-key fake mock test todo none null undefined default demo foobar invalid removed hidden masked "
    "notreal not-real not_real notneeded not-needed unused empty goes-here goes_here here mytoken mykey my_key "
    "my-key xxxx aaaa zzzz deadbeef cafebabe lorem asdf qwer "
    # French, Spanish, German, Portuguese, Italian, Dutch, Polish, Turkish, transliterated Russian, Chinese, Japanese
    "votre cle_api jeton_ici exemple ejemplo clave tu_clave aqui contrasena ihr_ dein_ schluessel passwort beispiel "
    "hier_ sua_ suachave chave exemplo senha chiave esempio inserisci sleutel voorbeeld klucz haslo anahtar ornek "
    "vash_ klyuch parol miyao_ nide_ anata_"
)
_TEMPLATE = re.compile(r"[<>{}$*…]|\.\.\.|%[sd(]|\\u2026|[^\x00-\x7f]")
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedc", "1qaz2wsx", "poiuytrewq")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RUN = re.compile(r"(.)\1{5,}")
_SHORT_LENGTH = 5


@cache
def _long_word() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in _WORDS if len(word) > _SHORT_LENGTH), re.IGNORECASE)


@cache
def _short_word() -> re.Pattern[str]:
    short = [word for word in _WORDS if len(word) <= _SHORT_LENGTH]
    return re.compile("|".join(re.escape(form) for word in short for form in (word, word.upper(), word.title())))


# The first half of the SHA-256 of values that vendors print in their documentation or build into their emulators: AWS
# example ids and secrets, the keys of the Azure Storage and Cosmos emulators (alone and as `AccountKey=...`), the keys in
# the tests of Firebase's Android SDK.
_PUBLISHED = _each(
    """
    1a5d44a2dca19669 c6ea27c534f993d3 78314b11be2e5815 e21b597ba6b9cafa 0011cc25eb432071 900e6c2bf8ce6c14
    aa6547439583c3a2 a28c56ecb012bfd0
    0b476bdf9acf2123 2037abcaffb2b777 27a9a42931dff7eb 37f8f09bdf12c2f2 3a8b61d0f636b007 3f370c9dd8225c63
    49f777db995e8260 4c98242dcadc8b29 8731261cb72d8626 a19f89ab3555eac1 a6c814bc555ae62c dc0fcf046c61640c
    e4a5542bb7fd7b67 ea9bb1082cf95663 eb540d2b6ee2a0a4 f56e323494a6ffc2
    """
)


def placeholder_reason(value: str, body: str | None = None) -> str:
    """Why a value of the right shape is no secret, e.g. "repeated characters"; "" if it may be one.

    Args:
        value: the whole value.
        body: its random part, without the prefix that all values of its kind have.
    """
    body = value if body is None else body
    if _TEMPLATE.search(value):
        return "a template"
    if hashlib.sha256(value.encode()).hexdigest()[:16] in _PUBLISHED:
        return "a published example"
    if _RUN.search(body) or len(set(body)) <= max(4, min(7, len(body) // 8)):
        return "repeated characters"
    if _is_periodic(body):
        return "a repeated block"
    if has_sequence(body):
        return "a sequence"
    if has_placeholder_word(body):
        return "a placeholder word"
    return "" if entropy(body) >= _least_entropy(body) else "low entropy"


def has_placeholder_word(body: str) -> bool:
    """Whether one of the words stands in it that people write where a secret belongs, or a known short word."""
    if _long_word().search(body):
        return True
    found = _short_word().search(body)
    # In a long random text any four letters turn up by chance now and then; between other kinds of characters they
    # are a word: "sk-test-...", "your_key".
    while found is not None:
        if len(body) < 60 or _stands_alone(body, found.start(), found.end()):
            return True
        found = _short_word().search(body, found.start() + 1)
    return False


def _stands_alone(body: str, start: int, end: int) -> bool:
    before, after = body[start - 1 : start], body[end : end + 1]
    return not before.isalnum() and not after.isalnum()


def has_sequence(body: str, least: int = 7) -> bool:
    """Whether characters follow each other as on a keyboard or in the alphabet: 1234567, abcdefg, qwertyu."""
    lower = body.lower()
    up = down = 1
    for before, after in pairwise(lower):
        step = _step(before, after)
        up = up + 1 if step == 1 else 1
        down = down + 1 if step == -1 else 1
        if up >= least or down >= least:
            return True
    if any(row[start : start + 6] in lower for row in _KEYBOARD for start in range(len(row) - 5)):
        return True
    # a1b2c3d4: every other character
    return len(lower) >= 12 and least > 4 and (has_sequence(lower[::2], 6) or has_sequence(lower[1::2], 6))


def _step(before: str, after: str) -> int:
    if before.isalpha() != after.isalpha():
        # 9 is followed by 0 or, in hexadecimal, by a
        return 1 if (before, after) in {("9", "a"), ("f", "0"), ("z", "0")} else 0
    if (before, after) == ("9", "0"):
        return 1
    return ord(after) - ord(before)


def _is_periodic(body: str) -> bool:
    size = len(body)
    return size >= 8 and any(
        body == (body[:period] * (size // period + 1))[:size] for period in range(1, size // 2 + 1)
    )


def entropy(text: str) -> float:
    """Shannon entropy in bits for each character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0


def _least_entropy(body: str) -> float:
    """What a random text of this length and alphabet practically always exceeds."""
    if re.fullmatch(r"[0-9]+|[0-9a-f]+|[0-9A-F]+", body):
        return 2.6
    return 2.8 if len(body) < 20 else 3.2


def is_uuid(value: str) -> bool:
    """Whether the value is a UUID, which names things more often than it opens them."""
    return _UUID.fullmatch(value) is not None


def is_digest(value: str) -> bool:
    """Whether the value has the form of an MD5, SHA-1, SHA-256 or SHA-512 digest in hexadecimal."""
    return len(value) in {32, 40, 56, 64, 96, 128} and re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", value) is not None
