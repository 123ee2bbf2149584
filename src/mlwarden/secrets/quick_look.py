"""Whether a text can hold a secret at all, told without regular expressions and without loading any format.

It answers for ASCII bytes and says yes too often rather than too seldom: whatever `scan.shapes` or `urls` find a
candidate in, this lets through (`tests/mlwarden/secrets/test_quick_look.py`).
"""

from __future__ import annotations

# The last characters of the prefixes that stand right before a run of letters and digits: what follows them may have
# no digit, as in `hf_`. Written down so that nothing need be loaded; a test compares them with the formats.
ENDS_OF_PREFIXES = frozenset(
    {
        "AT_", "ai-", "as-", "at_", "bp_", "et_", "ev-", "ey-", "fk_", "fw_", "hf_", "ho_", "hp_", "hr_", "hs_", "hu_",
        "hx_", "lx-", "ly-", "na_", "nb_", "nu_", "od-", "od_", "pa-", "pa_", "pi_", "pm_", "pt_", "r8_", "rg_", "s__",
        "sa_", "sk-", "sk_", "tn_", "ut_", "v1_", "ve_",
    }
)  # fmt: skip
_ENDS = frozenset(end.encode() for end in ENDS_OF_PREFIXES)
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"


def _table(*groups: tuple[bytes, bytes]) -> bytes:
    """A translation of the characters of each group to one that stands for it, and of all others to `x`."""
    marks = {code: mark[0] for members, mark in groups for code in members}
    return bytes(marks.get(code, ord("x")) for code in range(256))


# `a`: what the values of most formats are made of; `d`: what stands before one.
_RUNS = _table((_LETTERS + _DIGITS + b"/+", b"a"), (b"\"'=:_-`>", b"d"), (b" \t", b" "))
_RUN = b"a" * 20
# `a`: what stands anywhere in a token; `b`: what does and is no letter, digit, dash or underscore.
_TOKENS = _table((_LETTERS + _DIGITS + b"_-", b"a"), (b"/+.=%~:", b"b"))
_DISCORD = b"a" * 24 + b"b" + b"a" * 6 + b"b" + b"a" * 27
# The beginning of a token, and how many characters of one must follow at least.
_BEGINNINGS = (
    (b"sk-", 20),
    (b"AKIA", 16),
    (b"ASIA", 16),
    (b"ABIA", 16),
    (b"ACCA", 16),
    (b"AIza", 20),
    (b"ABSK", 20),
    (b"AccountKey=", 20),
    (b"AQ.Ab", 20),
    (b"eyJ", 12),
    (b"nvapi-", 20),
    (b"tgp_v1_", 20),
    (b"dapi", 20),
    (b"GOCSPX-", 20),
    (b"ya29.", 20),
    (b"sig=", 20),
    (b"pypi-AgE", 20),
    (b"dckr_", 20),
    (b"GR1348941", 20),
    (b"v1.0-", 24),
    (b"glc_", 20),
    (b"SG.", 20),
    (b"hvs.", 20),
    (b"hvb.", 20),
    (b"hvr.", 20),
    (b"Q~", 20),
    (b":A", 34),
    (b"hooks.slack.com/", 0),
    (b"_gitlab_session=", 0),
    (b"sntry", 0),
    (b":_authToken=", 0),
    (b"/api/webhooks/", 0),
    (b"-----BEGIN ", 0),
    (b"xox", 0),
    (b"xapp-", 0),
)
_ENDS_OF_ADDRESS = frozenset(b" \t\r\n\f\v/\"'<>`")
_LONGEST_ADDRESS = 400


def may_hold_secret(content: bytes) -> bool:
    """Whether a text in ASCII may hold a token, a key or an address with a password in it."""
    runs = content.translate(_RUNS)
    return (
        _run_of_a_value(content, runs)
        or _value_in_element(content, runs)
        or _beginning(content, runs)
        or (b"://" in content and _address_with_password(content))
    )


def _run_of_a_value(content: bytes, runs: bytes) -> bool:
    """Twenty letters or digits behind a quote, an equals sign or the like, at most four blanks between; with a digit."""
    for blanks in range(5):
        needle = b"d" + b" " * blanks + _RUN
        place = runs.find(needle)
        while place >= 0:
            start = place + 1 + blanks
            end = start + 20
            while runs[end : end + 1] == b"a":
                end += 1
            value = content[start:end]
            if value.translate(None, _DIGITS) != value or content[start - 3 : start] in _ENDS:
                return True
            place = runs.find(needle, end)
    return False


def _value_in_element(content: bytes, runs: bytes) -> bool:
    """A value on a line of its own, below the tag that opens its element."""
    if _RUN not in runs:
        return False
    place = content.find(b">")
    while place >= 0:
        rest = content[place + 1 : place + 2_000]
        blank = len(rest) - len(rest.lstrip())
        if blank and runs.startswith(_RUN, place + 1 + blank):
            return True
        place = content.find(b">", place + 1)
    return False


def _beginning(content: bytes, runs: bytes) -> bool:
    tokens = content.translate(_TOKENS)
    if _DISCORD in tokens:
        return True
    for beginning, length in _BEGINNINGS:
        place = content.find(beginning)
        while place >= 0:
            end = place + len(beginning)
            if len(tokens) >= end + length and b"x" not in tokens[end : end + length]:
                return True
            place = content.find(beginning, place + 1)
    return _gitlab(content, tokens) or _vault(content, runs) or _mailchimp(content)


def _gitlab(content: bytes, tokens: bytes) -> bool:
    """`glpat-` and the like, and a token."""
    place = content.find(b"gl")
    while place >= 0:
        dash = content.find(b"-", place + 4, place + 9)
        if dash >= 0 and content[place:dash].islower() and tokens.startswith(_RUN, dash + 1):
            return True
        place = content.find(b"gl", place + 1)
    return False


def _vault(content: bytes, runs: bytes) -> bool:
    """`s.` and 24 letters or digits."""
    place = content.find(b"s.")
    while place >= 0:
        if runs.startswith(b"a" * 24, place + 2):
            return True
        place = content.find(b"s.", place + 1)
    return False


def _mailchimp(content: bytes) -> bool:
    """A key ends in `-us12`."""
    place = content.find(b"-us")
    while place >= 0:
        if content[place + 3 : place + 4].isdigit():
            return True
        place = content.find(b"-us", place + 1)
    return False


def _address_with_password(content: bytes) -> bool:
    place = content.find(b"://")
    while place >= 0:
        for code in content[place + 3 : place + 3 + _LONGEST_ADDRESS]:
            if code == ord("@"):
                return True
            if code in _ENDS_OF_ADDRESS:
                break
        place = content.find(b"://", place + 1)
    return False
