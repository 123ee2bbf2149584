"""Values that are personal data by their own form."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwarden.rules.data import _personal_values
from mlwarden.rules.data._personal_values import Found, headings, luhn, mod97, personal_values, telling


def _kinds(text: str) -> list[tuple[str, str, bool]]:
    return [(found.kind, text[found.start : found.end], found.sure) for found in personal_values(text)]


CARD = " ".join(("4539", "1488", "0343", "6467"))
IBAN = "DE" + "12500105170648489890"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("to ada.king@posteo.de.", [("e-mail addresses", "ada.king@posteo.de", False)]),
        ("ada@example.org info@posteo.de icon@2x.png git@github.com a@b.com", []),
        ("Author-email: ada.king@posteo.de", []),
        ("call (412) 384-7731", [("phone numbers", "(412) 384-7731", False)]),
        ("+49 30 901820 17", [("phone numbers", "+49 30 901820 17", False)]),
        ("0.412-384-7731 2024-11-25 1-2-3", []),
        ("-".join(("536", "22", "8726")), [("social security numbers", "-".join(("536", "22", "8726")), False)]),
        ("-".join(("000", "22", "8726")), []),
        (CARD, [("payment card numbers", CARD, True)]),
        (CARD.replace(" ", ""), [("payment card numbers", CARD.replace(" ", ""), False)]),
        (CARD[:-1] + "8", []),
        ("4242 4242 4242 4242", []),
        (IBAN, [("bank accounts", IBAN, True)]),
        (IBAN[:-1] + "1", []),
    ],
)
def test_values(text: str, found: list[tuple[str, str, bool]]) -> None:
    assert _kinds(text) == found


def test_checksums() -> None:
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert mod97("GB82" + "WEST12345698765432")
    assert not mod97("GB83" + "WEST12345698765432")


def test_headings() -> None:
    assert headings("<tr><th></th><th>E-mail</th><th> city </th></tr>", "text/html") == {"e-mail addresses"}
    assert headings("   id  Phone Number  city\n0  1  2  3", "text/plain") == {"phone numbers"}
    assert headings("0    x\nName: ssn, Length: 2, dtype: object", "text/plain") == {"social security numbers"}
    assert headings("loss 0.3", "text/plain") == frozenset()


def test_how_many_are_enough() -> None:
    mails = {"e-mail addresses": {"a", "b"}}
    assert telling(mails, set(), frozenset({"e-mail addresses"}), "") == ["e-mail addresses"]
    assert telling(mails, set(), frozenset(), "") == []
    cards = {"payment card numbers": {"1"}}
    assert telling(cards, set(), frozenset(), "order") == []
    assert telling(cards, set(), frozenset(), "credit card") == ["payment card numbers"]
    assert telling(cards, {"payment card numbers"}, frozenset(), "") == ["payment card numbers"]


@given(st.text(alphabet="a1.-+@ ()/:\n\u2028DE", max_size=400))
def test_any_text(text: str) -> None:
    for found in personal_values(text):
        assert 0 <= found.start < found.end <= len(text)


# --- nothing is lost by looking at outlines first ---------------------------------------------------------------------

_CONTEXTS = st.text(alphabet="a1Z+-. ()@/x\n٣é", max_size=6)


@pytest.mark.parametrize("pattern", ["_PHONE", "_SSN", "_CARD", "_IBAN", "_EMAIL"])
@settings(max_examples=300)
@given(data=st.data())
def test_what_has_the_form_has_the_outline(pattern: str, data: st.DataObject) -> None:
    form = getattr(_personal_values, pattern)
    # What stands around a value is told apart by looking around, which a generator of texts cannot.
    core = re.sub(r"\(\?<?!(?:[^()\\]|\\.)*\)", "", form.pattern)
    value = data.draw(st.from_regex(re.compile(core), fullmatch=True))
    text = data.draw(_CONTEXTS) + value + data.draw(_CONTEXTS)
    assert list(personal_values(text)) == list(_plainly(text))


@pytest.mark.parametrize("number", ["+123456789", "+1234567x12", "+1234x56789", "+49 (30) 123 45"])
def test_the_shortest_numbers_with_a_country(number: str) -> None:
    assert list(personal_values(number)) == list(_plainly(number))
    assert [found.kind for found in personal_values(number)] == ["phone numbers"]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["ann", "@", ".", "x.org", "a.b.de", " ", "/", "é", "-", "a" * 70]), max_size=16))
def test_addresses_are_found_around_each_at(pieces: list[str]) -> None:
    text = "".join(pieces)
    plainly = [match.span() for match in _personal_values._EMAIL.finditer(text)]
    assert [match.span() for match in _personal_values._addresses(text)] == plainly


def _plainly(text: str) -> Iterator[Found]:
    """The same values, with every pattern tried on the whole text."""
    with pytest.MonkeyPatch.context() as patch:
        anything = re.compile(b"")
        for name in ("_OUTLINE_OF_PHONE", "_OUTLINE_OF_IBAN"):
            patch.setattr(_personal_values, name, anything)
        patch.setattr(_personal_values, "_OUTLINE_OF_SSN", b"")
        patch.setattr(_personal_values, "_OUTLINES_OF_CARDS", (b"",))
        patch.setattr(_personal_values, "_addresses", _personal_values._EMAIL.finditer)
        yield from personal_values(text)
