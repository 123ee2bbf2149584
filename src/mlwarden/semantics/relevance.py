"""Which statements and methods can matter: libcst, twelve times slower than the cutter, reads only those.

The units are top-level statements and the methods of top-level classes. A unit matters if it holds a word without
which no selected rule can fire; if it binds a name that such a unit uses; or if it uses a name that one binds or is called by
(a caller brings the context). What is left out could change no finding; `tests/mlwarden/engine/test_relevance.py` holds
it against an analysis of everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass

from mlwarden.semantics import word_classes
from mlwarden.semantics.fragments import Fragment
from mlwarden.semantics.members import Member

# Statements that act on others without sharing a name with them: a download to a file that is loaded later, a
# digest that is compared before.
_FAR_REACHING = frozenset(
    """
    urlretrieve download download_file download_fileobj download_url_to_file hf_hub_download snapshot_download get_file
    retrieve download_to_filename hexdigest digest compare_digest environ putenv
    """.split()  # noqa: SIM905  # a word list reads better so
)
_CHECK = re.compile(r"verif|checksum|integrity|sha256|validate_hash", re.IGNORECASE)
# Methods that are called when an object is made; a class is used by whoever makes one.
_MAKING = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__", "setup", "__enter__", "__aenter__"})
# Methods that libraries call, or whose bodies say what a class is good for.
_PART_OF_CLASS = frozenset(
    {"find_class", "persistent_load", "__reduce__", "__reduce_ex__", "__setstate__", "__getattr__", "__call__"}
)


@dataclass(eq=False, slots=True)
class _Unit:
    """A statement, a class without its methods, or a method.

    Attributes:
        fragment: the statement's index.
        member: the method, or None.
        names, binds: as in `Fragment` and `Member`.
        called: the names by which others use it.
    """

    fragment: int
    member: Member | None
    names: Set[str]
    binds: Set[str]
    called: Set[str]


def relevant(fragments: list[Fragment], words: Iterable[str], names: Iterable[str] = ()) -> list[Fragment]:
    """The fragments that can matter, in order, those of classes without the methods that cannot.

    Args:
        fragments: all of the document's.
        words: those of which a rule needs one; "" stands for a rule that needs none.
        names: names that bring a rule's matter from a sibling module.
    """
    seeds = {*words, *names}
    if "" in seeds or any(fragment.names is None for fragment in fragments):
        return fragments
    units = _units(fragments)
    chosen = _seeded(units, seeds) | {index for index, unit in enumerate(units) if "*" in unit.binds}
    _add_users(units, chosen)
    if chosen:
        chosen |= {index for index, unit in enumerate(units) if _reaches_far(fragments[unit.fragment], unit)}
    _add_needed(units, chosen)
    return _kept(fragments, [units[index] for index in chosen])


def _units(fragments: list[Fragment]) -> list[_Unit]:
    units: list[_Unit] = []
    for index, fragment in enumerate(fragments):
        parts = fragment.parts
        if parts is None:
            units.append(_Unit(index, None, fragment.names or frozenset(), fragment.binds, fragment.binds))
            continue
        units.append(_Unit(index, None, parts.names, parts.binds, fragment.binds))
        for member in parts.members:
            special = member.name.startswith("__")
            called = fragment.binds if special else frozenset({member.name})
            making = member.name in _MAKING
            binds = member.binds | fragment.binds if making else member.binds
            units.append(_Unit(index, member, member.names, binds, called))
    return units


def _seeded(units: list[_Unit], seeds: set[str]) -> set[int]:
    classes = [word for word in seeds if word.startswith("@")]
    return {
        index
        for index, unit in enumerate(units)
        if not seeds.isdisjoint(unit.names) or (classes and _touches(unit.names, classes))
    }


def _touches(names: Set[str], classes: Iterable[str]) -> bool:
    bits = word_classes.bits_of(names)
    return any(word_classes.touches(word, bits) for word in classes)


def _add_users(units: list[_Unit], chosen: set[int]) -> None:
    """Add the units that use what a chosen one is called or binds (`self.load = torch.load`), and those that use these, ..."""
    queue = list(chosen)
    while queue:
        used = units[queue.pop()]
        called = used.called | used.binds
        for index, unit in enumerate(units):
            if index not in chosen and not called.isdisjoint(unit.names):
                chosen.add(index)
                queue.append(index)


def _add_needed(units: list[_Unit], chosen: set[int]) -> None:
    """Add the units that bind what a chosen one uses, and what these use, ..."""
    binders: dict[str, list[int]] = {}
    with_it: dict[int, list[int]] = {}
    for index, unit in enumerate(units):
        for name in unit.binds:
            binders.setdefault(name, []).append(index)
        if unit.member is None or unit.member.name in _PART_OF_CLASS:
            with_it.setdefault(unit.fragment, []).append(index)
    queue = list(chosen)
    while queue:
        unit = units[queue.pop()]
        for index in (*with_it[unit.fragment], *(index for name in unit.names for index in binders.get(name, ()))):
            if index not in chosen:
                chosen.add(index)
                queue.append(index)


def _kept(fragments: list[Fragment], units: list[_Unit]) -> list[Fragment]:
    members: dict[int, set[Member]] = {}
    for unit in units:
        kept = members.setdefault(unit.fragment, set())
        if unit.member is not None:
            kept.add(unit.member)
    found: list[Fragment] = []
    for index in sorted(members):
        fragment = fragments[index]
        left_out = frozenset(fragment.parts.members if fragment.parts else ()) - members[index]
        found.append(fragment.without(left_out) if left_out else fragment)
    return found


def _reaches_far(fragment: Fragment, unit: _Unit) -> bool:
    return not fragment.is_import and (
        not _FAR_REACHING.isdisjoint(unit.names) or _CHECK.search(" ".join(unit.names)) is not None
    )
