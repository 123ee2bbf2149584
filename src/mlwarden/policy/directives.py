"""What a comment says about suppression: the grammar, without any notion of what it covers (`policy.suppressions`).

    # noqa                                    every code
    # noqa: MLW101, B301  reason              these codes; codes of other tools are passed over
    # nosec, # nosec B301, B404  reason       every Bandit code, or these
    # mlwarden: ignore                        every code
    # mlwarden: ignore[MLW101, MLW2] reason   these codes and prefixes; also reason="..."
    # mlwarden: ignore-file[MLW101] reason    the whole file
    # mlwarden: ignore-cell[MLW101] reason    the whole notebook cell

In Markdown and HTML the `mlwarden:` forms stand in `<!-- ... -->`. Several directives may follow each other in one
comment, each after its own `#`. A code is read only where the grammar has one: words of a reason are never codes.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping, Set
from typing import NamedTuple

from mlwarden.config.codes import is_known, nearest_of
from mlwarden.model.results import Suppression
from mlwarden.model.spans import Span
from mlwarden.policy.comments import Comment


class Scope(enum.Enum):
    """How far a suppression reaches."""

    LINE = "line"
    CELL = "cell"
    FILE = "file"


class Directive(NamedTuple):
    """A suppression as written, before it is known what it covers."""

    suppression: Suppression
    scope: Scope = Scope.LINE


class Problem(NamedTuple):
    """A suppression that cannot mean what its author hoped; it suppresses nothing, or less.

    Attributes:
        span: the word or the comment that is wrong.
        message: one sentence.
        not_a_code: the word that should have been a code, or ""; the message says so but suggests no other spelling.
    """

    span: Span
    message: str
    not_a_code: str = ""


class Vocabulary(NamedTuple):
    """What the codes in a comment may be.

    Attributes:
        known: the codes of all rules.
        names: rule names that `# nosec` may use in place of a code -> code, as Bandit allows ("assert_used").
    """

    known: Set[str]
    names: Mapping[str, str]


# flake8 and Ruff read "noqa" in any case, Bandit reads "nosec" in lower case only.
_START = re.compile(r"#[ \t]*(?:(?i:(?P<noqa>noqa))(?![\w-])|(?P<nosec>nosec)(?![\w-])|(?P<own>mlwarden)[ \t]*:)")
_MARKUP_START = re.compile(r"<!--\s*(?P<own>mlwarden)[ \t]*:")

# A comment of another tool behind a reason is no part of the reason.
_OTHER_TOOL = re.compile(
    r"\s#[ \t]*(?:type|mypy|pyright|pylint|ruff|flake8|isort|fmt|yapf|pragma|nbqa|semgrep|coverage)\b[ \t]*:?"
)

_CODE = r"(?:MLW[0-9A-Z]*|[A-Z]+[0-9]+)(?![\w-])"
_NOQA_CODES = re.compile(rf"[ \t]*(?P<colon>:?)[ \t]*(?P<codes>{_CODE}(?:[ \t,]+{_CODE})*)?", re.IGNORECASE)
_WORD = re.compile(r"[\w-]+")
_NOSEC_WORD = re.compile(r"[ \t,]*([\w-]+)(?=[\s,;:.]|$)")
_NOSEC_CODE = re.compile(r"[Bb][0-9]+")
_BRACKET_WORD = re.compile(r"[^\s,]+")
_NOSEC_COLON = re.compile(r"[ \t]*:?")
_VERB = re.compile(r"[ \t]*(?P<verb>[A-Za-z-]*)(?P<bracket>[ \t]*\[)?")
_REASON = re.compile(r"""[ \t]*reason[ \t]*=[ \t]*(?P<quote>["'])(?P<text>.*?)(?P=quote)""")

_SCOPES = {"ignore": Scope.LINE, "ignore-file": Scope.FILE, "ignore-cell": Scope.CELL}
# Words of other tools that somebody would try; any other word after "mlwarden:" is taken for prose.
_WRONG_VERBS = frozenset({"allow", "disable", "noqa", "nosec", "off", "skip", "suppress"})


def directives(comment: Comment, vocabulary: Vocabulary, cell: int | None = None) -> Iterator[Directive | Problem]:
    """Yield what a comment says, in order. `cell` is the notebook cell that its offsets count in."""
    for kind, segment in _segments(comment, cell):
        if kind == "own":
            yield from _own(segment, vocabulary)
        elif kind == "noqa":
            yield from _noqa(segment, vocabulary)
        else:
            yield _nosec(segment, vocabulary)


class _Segment(NamedTuple):
    """One directive: `text` is what follows its keyword and starts at `offset`; `span` is all of it."""

    text: str
    offset: int
    span: Span

    def place(self, start: int, end: int) -> Span:
        return Span(self.offset + start, self.offset + end, self.span.cell)


def _segments(comment: Comment, cell: int | None) -> Iterator[tuple[str, _Segment]]:
    markup = comment.text.startswith("<!--")
    body = comment.text.removesuffix("-->") if markup else comment.text
    starts = [*(_MARKUP_START if markup else _START).finditer(body)]
    for index, start in enumerate(starts, 1):
        end = starts[index].start() if index < len(starts) else len(body)
        other = _OTHER_TOOL.search(body, start.end(), end)
        text = body[start.end() : other.start() if other else end].rstrip()
        last = len(comment.text) if markup else start.end() + len(text)
        span = Span(comment.start + start.start(), comment.start + last, cell)
        yield str(start.lastgroup), _Segment(text, comment.start + start.end(), span)


def _noqa(segment: _Segment, vocabulary: Vocabulary) -> Iterator[Directive | Problem]:
    match = _NOQA_CODES.match(segment.text)
    assert match is not None  # it matches the empty text
    reason = _reason(segment.text[match.end() :])
    if match["codes"] is None:
        # A colon announces codes: prose after it names none, and the comment covers nothing.
        if not match["colon"]:
            yield Directive(Suppression(segment.span, (), reason, "noqa"))
        return
    codes = []
    for word in _WORD.finditer(segment.text, match.start("codes"), match.end("codes")):
        code = word.group().upper()
        if is_known(code, vocabulary.known):
            codes.append(code)
        elif code.startswith("MLW"):
            yield _unknown(segment, word)
    if codes:
        yield Directive(Suppression(segment.span, tuple(codes), reason, "noqa"))


def _nosec(segment: _Segment, vocabulary: Vocabulary) -> Directive:
    """Bandit reads every word of the comment as a code or a name; here the first word that is neither ends the list."""
    codes: list[str] = []
    colon = _NOSEC_COLON.match(segment.text)
    position = colon.end() if colon else 0
    while match := _NOSEC_WORD.match(segment.text, position):
        word = match[1]
        code = word.upper() if _NOSEC_CODE.fullmatch(word) else vocabulary.names.get(word)
        if code is None:
            break
        codes.append(code)
        position = match.end()
    return Directive(Suppression(segment.span, tuple(codes), _reason(segment.text[position:]), "nosec"))


def _own(segment: _Segment, vocabulary: Vocabulary) -> Iterator[Directive | Problem]:
    match = _VERB.match(segment.text)
    assert match is not None  # it matches the empty text
    verb = match["verb"]
    scope = _SCOPES.get(verb)
    if scope is None:
        if match["bracket"] or verb in _WRONG_VERBS:
            near = nearest_of(verb, _SCOPES) or "ignore"
            place = segment.place(*match.span("verb"))
            yield Problem(place, f"Unknown word '{verb}' in a suppression: write `{near}[CODES]`")
        return
    rest = segment.text[match.end() :]
    if match["bracket"]:
        yield from _bracketed(segment, match, scope, vocabulary)
    elif scope is Scope.LINE and (not rest.strip() or _REASON.match(rest)):
        yield Directive(Suppression(segment.span, (), _reason(rest), "ignore"))
    else:
        yield Problem(segment.span, f"A suppression without brackets suppresses nothing: write `{verb}[CODES] reason`")


def _bracketed(
    segment: _Segment, match: re.Match[str], scope: Scope, vocabulary: Vocabulary
) -> Iterator[Directive | Problem]:
    close = segment.text.find("]", match.end())
    if close < 0:
        yield Problem(segment.span, f"The bracket after `{match['verb']}` is not closed, so nothing is suppressed")
        return
    codes = []
    for word in _BRACKET_WORD.finditer(segment.text, match.end(), close):
        code = word.group().upper()
        if is_known(code, vocabulary.known):
            codes.append(code)
        else:
            yield _unknown(segment, word)
    if codes:
        reason = _reason(segment.text[close + 1 :])
        yield Directive(Suppression(segment.span, tuple(codes), reason, "ignore"), scope)
    elif not segment.text[match.end() : close].strip(" \t,"):
        yield Problem(segment.span, f"`{match['verb']}[]` names no code, so nothing is suppressed")


def _unknown(segment: _Segment, word: re.Match[str]) -> Problem:
    code = word.group()
    shown = code if len(code) <= 40 else code[:37] + "..."
    return Problem(segment.place(*word.span()), f"Unknown code '{shown}' in a suppression", code)


def _reason(text: str) -> str:
    """The reason in what follows the codes: `reason="..."`, or the prose without the dash that introduces it."""
    match = _REASON.match(text)
    return match["text"] if match else text.strip(" \t,:;-\u2013\u2014")
