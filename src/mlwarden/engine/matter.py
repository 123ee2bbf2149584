"""What the statements of a module bring to whoever uses the names that they bind, by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import NamedTuple

from mlwarden.engine.gate import parts_of
from mlwarden.engine.importer import Importer
from mlwarden.engine.outline import Outline, Statement
from mlwarden.model.rule_info import RuleInfo
from mlwarden.semantics import word_classes


class Need(NamedTuple):
    """A rule (or a class) that a name makes possible, where the importer also holds the words."""

    code: str
    words: tuple[str, ...] = ()


class _Rest(NamedTuple):
    code: str
    other: str
    between: tuple[str, ...]


class Matter:
    """The triggers of some rules, and classes of words, made ready to be looked for in statements.

    What is brought is a set of needs, kept as the bits of a number.
    """

    def __init__(self, infos: Iterable[RuleInfo], classes: Iterable[str] = (), *, in_classes: bool) -> None:
        """Take what is looked for.

        Args:
            infos: rules.
            classes: classes of words, which stand for themselves in the place of codes.
            in_classes: whether statements with a Python class bring anything.
        """
        self._in_classes = in_classes
        # By the last and by the first word of a trigger: the code, and the other words with those between them apart.
        self._by_last: dict[str, list[_Rest]] = {}
        self._by_first: dict[str, list[_Rest]] = {}
        for info in infos:
            for words in info.triggers:
                # What stands in the importing file may be the last word only, or any but the first; those between the
                # two (the `hub` of `torch.hub.load`) may stand in either module.
                between = words[1:-1]
                self._by_last.setdefault(words[-1], []).append(_Rest(info.code, words[0], between))
                self._by_first.setdefault(words[0], []).append(_Rest(info.code, words[-1], between))
        self._classes = tuple(classes)
        # Classes, and the words that every statement holds, are not found by looking a statement's words up.
        self._unlisted = tuple(word for word in {**self._by_last, **self._by_first} if word[:1] in {"", "@"})
        self._numbers: dict[Need, int] = {}
        self.needs: list[Need] = []

    @property
    def words(self) -> frozenset[str]:
        """The words that outlines must tell of."""
        between = {word for rests in self._by_last.values() for rest in rests for word in rest.between}
        others = {part for word in (*self._by_first, *between) for part in parts_of(word)}
        return frozenset({*self._by_last, *self._by_first, *between, *others})

    def of(self, outline: Outline) -> dict[str, int]:
        """Name -> what the statements of a module that bind it bring by themselves; names that bring nothing are left out."""
        found = outline.notes.get(self)
        if found is None:
            found = outline.notes[self] = self._made(outline)
        return found

    def _made(self, outline: Outline) -> dict[str, int]:
        classes = [name for name in self._classes if word_classes.holds(name, outline.bits)]
        found: dict[str, int] = {}
        known: dict[str, int] = {}
        for statement in outline.statements:
            if statement.is_class and not self._in_classes:
                continue
            needs = 0
            for name in classes:
                if word_classes.touches(name, statement.bits):
                    needs |= self._bit(Need(name))
            for word in (*statement.asked, *self._unlisted):
                if not _stands(word, statement, outline.texts):
                    continue
                if word not in known:
                    known[word] = self._brought_by(word, outline)
                needs |= known[word]
                if statement.has_import:
                    needs |= self._handed_on(word, outline)
            for name in statement.binds if needs else ():
                found[name] = found.get(name, 0) | needs
        return found

    def _brought_by(self, word: str, outline: Outline) -> int:
        needs = 0
        for code, first, between in self._by_last.get(word, ()):
            if _in_words(first, outline.asked, outline.bits, outline.texts):
                needs |= self._bit(Need(code, _not_in(outline, between)))
        return needs

    def _handed_on(self, word: str, outline: Outline) -> int:
        # A module may hand on a library (`import pickle as p`) whose function only the importer names.
        needs = 0
        for code, last, between in self._by_first.get(word, ()):
            needs |= self._bit(Need(code, (*_not_in(outline, between), last)))
        return needs

    def _bit(self, need: Need) -> int:
        number = self._numbers.get(need)
        if number is None:
            number = self._numbers[need] = len(self.needs)
            self.needs.append(need)
        return 1 << number


class Fulfilled:
    """Which needs are met in one importer: codes of rules, by the bits of a number."""

    def __init__(self, matter: Matter, importer: Importer) -> None:
        self._matter, self._importer = matter, importer
        self._known: dict[int, frozenset[str]] = {}

    def codes(self, needs: int) -> frozenset[str]:
        """The codes (or classes) of those of the needs whose words the importer holds."""
        found = self._known.get(needs)
        if found is None:
            found = self._known[needs] = frozenset(
                need.code
                for number, need in enumerate(self._matter.needs)
                if needs >> number & 1
                and all(_in_words(word, self._importer.words, self._importer.bits) for word in need.words)
            )
        return found


def fed(info: RuleInfo, bits: int, brought: Set[str], words: Set[str]) -> bool:
    """Whether what a rule needs is in a file, or brought to it."""
    return any(
        need in brought or word_classes.holds(need, bits) if need.startswith("@") else need in words
        for need in info.needs
    )


def _not_in(outline: Outline, words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in words if not _in_words(word, outline.asked, outline.bits, outline.texts))


def _stands(word: str, statement: Statement, texts: Set[str]) -> bool:
    if word in word_classes.OF_TEXT:
        return word in texts
    return not word or word[0] != "@" or word_classes.holds(word, statement.bits)


def _in_words(word: str, words: Set[str], bits: int, texts: Set[str] | None = None) -> bool:
    """Whether the words of a file hold what a trigger, marked or not, needs; without `texts` it may hold any text."""
    if texts is not None and word in word_classes.OF_TEXT:
        return word in texts
    return all(
        not part or (word_classes.holds(part, bits) if part[0] == "@" else part in words) for part in parts_of(word)
    )
