"""Where in a text a secret may stand: the cheap first look that most texts do not pass.

Two kinds of search, in plain `re`, chosen by measurement (`benchmarks/secrets_speed.py`); nearly all of them read the long
words of the text only:

- one search for a run of 20 letters, digits, `/` or `+` after one of `_-"'=:`: it meets all tokens with a prefix like
  `gsk_`, and all values without a shape of their own that are assigned to something;
- one search for each prefix of the tokens that the first search may miss, because `-` and `_` stand in their middle or
  they follow a space. Every pattern begins with literal characters, which `re` looks for at more than 1 GB/s; an
  alternation of the same prefixes is 50 times slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mlwarden.secrets.formats import TokenFormat, all_formats, compiled, format_of
from mlwarden.secrets.long_words import LongWords, long_words
from mlwarden.secrets.quick_look import ENDS_OF_PREFIXES

_RUN = re.compile(r"""["'=:_\-`>][ \t]{0,4}[A-Za-z0-9/+]{20}""")
_DIGIT = re.compile(r"[0-9]")
_REST_OF_RUN = re.compile(r"[A-Za-z0-9/+]*")
# What stands before a value.
_OPENING = tuple("\"'`=: \t>")
# How far back a token may begin before its run: `AGE-SECRET-KEY-`, `pcsk_ab12cd_`.
_LOOK_BACK = 40
_WORD_BEFORE = re.compile(r"[\w\-]*\Z", re.ASCII)
# Each begins with a literal, and is searched for in the long words only.
_SWEEPS = (
    r"sk-[\w\-]{20}",
    r"A(?:(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}|Iza[\w\-]{20}|BSK[A-Za-z0-9+/]{20}|ccountKey=[A-Za-z0-9+/]{20}|Q\.Ab[\w\-]{20})",
    r"eyJ[A-Za-z0-9_\-]{12}",
    r"nvapi-[\w\-]{20}",
    r"tgp_v1_[\w\-]{20}",
    r"gl[a-z]{2,6}-[\w\-]{20}",
    r"dapi[0-9a-f]{20}",
    r"GOCSPX-[\w\-]{20}",
    r"ya29\.[\w\-.]{20}",
    r"sig=[A-Za-z0-9+/%]{20}",
    r"pypi-AgE[\w\-]{20}",
    r"dckr_[\w\-]{20}",
    r"hooks\.slack\.com/(?:services|workflows|triggers)/",
    r"GR1348941[\w\-]{20}",
    r"_gitlab_session=",
    r"v1\.0-[0-9a-f]{24}",
    r"glc_[A-Za-z0-9+/]{20}",
    r"sntry[us]_",
    r"//[\w.\-]+/(?:[\w.\-]+/){0,3}:_authToken=",
    r"s\.[A-Za-z0-9]{24}(?![A-Za-z0-9_.(])",
    r"/api/webhooks/[0-9]",
    r"SG\.[\w\-]{20}",
    r"hv[sbr]\.[\w\-]{20}",
)
# What long words do not hold: a shorter token, and one with spaces.
_SWEEPS_OF_ALL = (
    r"-----BEGIN [A-Z0-9 ]{0,20}PRIVATE KEY",
    r"x(?:ox[abposre]-[0-9]|ox[ar]-[0-9A-Za-z]{10}|oxe\.xox[bp]-[0-9]|app-[0-9])",
)
# The token begins as many characters before the match.
_SWEEPS_BACK = (
    (r"Q~[\w~.\-]{20}", "azure-ad-secret", 4),
    (r"-us[0-9]{1,2}(?![\w\-])", "mailchimp", 32),
)
# A value on a line of its own inside an element of XML.
_IN_ELEMENT = r">[ \t]*\r?\n[ \t]*[A-Za-z0-9/+]{20}"
# A Telegram bot's token begins with its number, that of a Discord bot with its number in base64.
_TELEGRAM, _BOT_NUMBER = r":A[\w\-]{34}", r"[0-9]{5,16}\Z"
_DISCORD, _DISCORD_NUMBER = r"\.[\w\-]{6}\.[\w\-]{27}", r"[MNO][\w\-]{23}(?:[\w\-]{2})?\Z"


def candidates(text: str) -> Iterator[tuple[TokenFormat, int]]:
    """Places where a value of a format may begin, to be tested with `TokenFormat.match`; in no order, some twice."""
    for words in long_words(text):
        yield from _runs(text, words)
        for pattern in _SWEEPS:
            for found in compiled(pattern).finditer(words.text):
                yield from _with_prefix(_by_start(), text, words.place(found.start()))
        for pattern, identifier, back in _SWEEPS_BACK:
            for found in compiled(pattern).finditer(words.text):
                yield format_of(identifier), max(words.place(found.start()) - back, 0)
        yield from _bots(text, words)
    for pattern in _SWEEPS_OF_ALL:
        for found in compiled(pattern).finditer(text):
            yield from _with_prefix(_by_start(), text, found.start())
    for found in compiled(_IN_ELEMENT).finditer(text):
        for token in _shapeless():
            yield token, found.end() - 20
        yield from _with_prefix(_by_start(), text, found.end() - 20)


def _bots(text: str, words: LongWords) -> Iterator[tuple[TokenFormat, int]]:
    for pattern, number, formats in (
        (_TELEGRAM, _BOT_NUMBER, ("telegram", "telegram-other")),
        (_DISCORD, _DISCORD_NUMBER, ("discord-bot",)),
    ):
        for found in compiled(pattern).finditer(words.text):
            place = words.place(found.start())
            before = compiled(number).search(text, max(0, place - 30), place)
            if before is not None:
                for each in formats:
                    yield format_of(each), before.start()


def may_hold_url_credentials(text: str) -> bool:
    """Whether an `@` follows a `://` before the address is over."""
    return "://" in text and compiled(r"://[^\s/\"'<>`]{1,360}@").search(text) is not None


def _runs(text: str, words: LongWords) -> Iterator[tuple[TokenFormat, int]]:
    for found in _RUN.finditer(words.text):
        start = words.place(found.start() + len(found[0]) - 20)
        rest = _REST_OF_RUN.match(text, start + 20)
        assert rest is not None
        position = rest.end()
        follows_word = text[start - 1] in "_-"
        if _DIGIT.search(text, start, position) is None and text[start - 3 : start] not in ENDS_OF_PREFIXES:
            continue  # the name of a class
        by_start = _by_start()
        if position - start < 4000:  # an embedded file is not a token
            for token in _shapeless():
                yield token, start
        if follows_word:
            # The prefix need not begin the word: in `\nhf_...` and `%3Dhf_...` an escape stands before it.
            word = _WORD_BEFORE.search(text, max(0, start - _LOOK_BACK), start)
            assert word is not None
            if word.start() < start and text[word.start() - 1 : word.start()] in _OPENING:
                for token in _shapeless_with_dashes():
                    yield token, word.start()
            for place in range(word.start(), start):
                yield from _with_prefix(by_start, text, place)
        else:
            yield from _with_prefix(by_start, text, start)


def _with_prefix(by_start: dict[str, list[TokenFormat]], text: str, start: int) -> Iterator[tuple[TokenFormat, int]]:
    for token in by_start.get(text[start : start + 2], ()):
        if text.startswith(token.prefixes, start):
            yield token, start


@cache
def _shapeless() -> tuple[TokenFormat, ...]:
    """The formats whose values begin with nothing in particular."""
    return tuple(each for each in all_formats() if not each.prefixes and not each.swept)


@cache
def _shapeless_with_dashes() -> tuple[TokenFormat, ...]:
    """Those of them in which `-` or `_` may stand before the first run of 20 letters and digits."""
    return tuple(
        each for each in _shapeless() if each.pattern.startswith((r"[\w\-]", r"[A-Za-z0-9_\-]", r"[A-Za-z0-9\-_]"))
    )


@cache
def _by_start() -> dict[str, list[TokenFormat]]:
    """The formats with prefixes by the first two characters of these."""
    found: dict[str, list[TokenFormat]] = {}
    for token in all_formats():
        for start in sorted({prefix[:2] for prefix in token.prefixes}):
            found.setdefault(start, []).append(token)
    return found
