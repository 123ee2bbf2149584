"""The gate: which rules can fire on a document, by the words in it. Most documents end here.

A rule's triggers are alternatives of words that are all needed; its needs are classes of words of which it needs one.
The gate asks first for the words in the bytes, then, for code, for identifiers that really stand in it. It may let too
much through, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple, TypeAlias

from mlwarden.engine.text_classes import in_text
from mlwarden.engine.words import folder_words, words_of
from mlwarden.model.rule_info import RuleInfo
from mlwarden.semantics import word_classes
from mlwarden.semantics.identifiers import plain

__all__ = ["Gate", "Passing", "folder_words", "parts_of", "without_pictures", "words_of"]

# Pictures in base64, in one piece or in the lines of a JSON list. No identifier is as long, and none stands beside one
# without something between them that base64 does not have. Searching megabytes of it for each word costs seconds.
_LARGE = 1 << 20
_PART_OF_WORD = re.compile(r"[A-Za-z0-9_]+")
_PAYLOAD = re.compile(r"[A-Za-z0-9+/]{1000,}")
_PAYLOAD_LINES = re.compile(r'"(?:[A-Za-z0-9+/]{76}\\n",\s{0,40}"){10,}')


def without_pictures(text: str) -> str:
    """A text as it is searched for triggers: a large one without the pictures that are embedded in it."""
    return text if len(text) <= _LARGE else _PAYLOAD_LINES.sub('" "', _PAYLOAD.sub(" ", text))


class Passing(NamedTuple):
    """What the gate says of some words.

    Attributes:
        infos: the rules that can fire, in order.
        starved: those of which only a need is missing, which another module may bring.
        seeds: code -> the last words of the alternatives that hold: where one of these stands, the rule can fire.
    """

    infos: list[RuleInfo]
    starved: list[RuleInfo]
    seeds: dict[str, set[str]]


def parts_of(word: str) -> list[str]:
    """The words of a file that a trigger needs: marks are known only of code that was parsed."""
    return word[1:].split("_") if word.startswith("~") else [plain(word)]


# A word -> the alternatives that it belongs to: the rule's number, the other words, what is no word, the last word.
_Index: TypeAlias = "dict[str, list[tuple[int, tuple[str, ...], tuple[str, ...], str]]]"


class Gate:
    """The triggers and needs of some rules, made ready to be asked often."""

    def __init__(self, infos: Iterable[RuleInfo], *, code: bool = True) -> None:
        """Take the rules, whose order is kept; `code` says that the documents are code and nothing else.

        In other documents a rule that looks at the text gets parts of words as well.
        """
        self.infos = tuple(infos)
        self._always = frozenset(number for number, info in enumerate(self.infos) if not info.triggers)
        # Alternatives by one of their words; those without any identifier are looked at each time.
        self._by_word: _Index = {}
        self._by_name: _Index = {}
        self._wordless: list[tuple[int, tuple[str, ...]]] = []
        # What is no word as it is looked for in bytes; None for what may be a part of one.
        self._in_bytes: dict[str, bytes | None] = {}
        for number, info in enumerate(self.infos):
            # A rule that asks for calls as well is written with identifiers in mind.
            exact = "document" not in info.hooks or (code and info.hooks != ("document",))
            for alternative in info.triggers:
                words: list[str] = []
                others: list[str] = []
                for word in filter(None, alternative):
                    name = plain(word)
                    (words if exact and name.isascii() and name.isidentifier() else others).append(word)
                if words:
                    self._by_name.setdefault(words[-1], []).append(
                        (number, tuple(words[:-1]), tuple(others), alternative[-1])
                    )
                    # In bytes the parts of what is marked stand alone.
                    parts = [part for word in words for part in parts_of(word)]
                    self._by_word.setdefault(parts[-1], []).append((number, tuple(parts[:-1]), tuple(others), ""))
                else:
                    others = list(map(plain, others))
                    self._wordless.append((number, tuple(others)))
                for word in others:
                    if word not in self._in_bytes:
                        self._in_bytes[word] = None if _PART_OF_WORD.fullmatch(word) else word.encode()

    def alternatives(self) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
        """What `in_content` looks for: a word, or "" where there is none, the other words, what is no word, the needs."""
        for word, found in self._by_word.items():
            for number, rest, others, _ in found:
                yield word, rest, others, self.infos[number].needs
        for number, others in self._wordless:
            yield "", (), others, self.infos[number].needs

    @property
    def always(self) -> list[str]:
        """The codes of the rules that have no triggers."""
        return [self.infos[number].code for number in sorted(self._always)]

    def in_content(self, content: bytes, words: set[str], classed: Iterable[str]) -> Passing:
        """The rules whose triggers occur in a file.

        Args:
            content: its bytes.
            words: `words_of` them.
            classed: those of its code, and words that count as well, such as the names of the folders it lies in.
        """
        return self._passing(words, content, classed)

    def in_names(self, names: frozenset[str], around: Iterable[str] = (), brought: Set[str] = frozenset()) -> Passing:
        """The rules whose triggers are identifiers of the code, and whose needs are met by it or from elsewhere.

        Args:
            names: the identifiers.
            around: words that count for classes as well.
            brought: classes that other modules bring.
        """
        return self._passing(names, None, (*names, *around), brought)

    def _passing(
        self,
        words: frozenset[str] | set[str],
        content: bytes | None,
        classed: Iterable[str],
        brought: Set[str] = frozenset(),
    ) -> Passing:
        found: dict[int, set[str]] = {number: {""} for number in self._always}
        bits: int | None = None
        joined = ""
        known: dict[str, bool] = {}
        in_bytes = self._in_bytes

        def other(word: str) -> bool:
            stands = known.get(word)
            if stands is None:
                stands = known[word] = holds(word)
            return stands

        def holds(word: str) -> bool:
            nonlocal bits, joined
            if word[:1] != "@":
                if content is None or word in words:
                    return word in words
                written = in_bytes[word]
                if written is not None:
                    return written in content
                # It can only stand in a word, and all words are much less than the text of a notebook.
                joined = joined or " ".join(words)
                return word in joined
            if word in word_classes.OF_TEXT:
                return content is None or in_text(word, content)
            if bits is None:
                bits = word_classes.bits_of(classed)
            return word_classes.holds(word, bits)

        every = content is None
        index = self._by_name if every else self._by_word
        for key in index.keys() & words:
            for number, rest, others, last in index[key]:
                if (every or number not in found) and words.issuperset(rest) and all(map(other, others)):
                    found.setdefault(number, set()).add(last)
        for number, others in self._wordless:
            if (every or number not in found) and all(map(other, others)):
                found.setdefault(number, set()).add(others[-1] if others else "")
        infos: list[RuleInfo] = []
        starved: list[RuleInfo] = []
        for number in sorted(found):
            info = self.infos[number]
            fed = not info.needs or any(
                need in brought or other(need) if need.startswith("@") else need in words for need in info.needs
            )
            (infos if fed else starved).append(info)
        return Passing(infos, starved, {self.infos[number].code: lasts for number, lasts in found.items()})
