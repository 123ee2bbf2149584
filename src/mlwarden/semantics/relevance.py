"""Which top-level statements can matter: libcst, twelve times slower than the cutter, reads only those.

A statement matters if it holds a word without which no selected rule can fire; if it binds a name that such a
statement uses; or if it uses a name that one binds (a caller brings the context). What it leaves out could change no
finding; `tests/mlwarden/engine/test_relevance.py` holds it against an analysis of everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlwarden.semantics import word_classes
from mlwarden.semantics.fragments import Fragment

# Statements that act on others without sharing a name with them: a download to a file that is loaded later, a
# digest that is compared before.
_FAR_REACHING = frozenset(
    """
    urlretrieve download download_file download_fileobj download_url_to_file hf_hub_download snapshot_download get_file
    retrieve download_to_filename hexdigest digest compare_digest environ putenv
    """.split()  # noqa: SIM905  # a word list reads better so
)
_CHECK = re.compile(r"verif|checksum|integrity|sha256|validate_hash", re.IGNORECASE)


def relevant(fragments: list[Fragment], words: Iterable[str], names: Iterable[str] = ()) -> list[Fragment]:
    """The fragments that can matter, in order.

    Args:
        fragments: all of the document's.
        words: those of which a rule needs one; "" stands for a rule that needs none.
        names: names that bring a rule's matter from a sibling module.
    """
    seeds = {*words, *names}
    if "" in seeds or any(fragment.names is None for fragment in fragments):
        return fragments
    classes = [word for word in seeds if word.startswith("@")]
    chosen = {
        index
        for index, fragment in enumerate(fragments)
        if "*" in fragment.binds
        or not seeds.isdisjoint(fragment.names or ())
        or (classes and _touches(fragment, classes))
    }
    _add_users(fragments, chosen)
    if chosen:
        chosen |= {index for index, fragment in enumerate(fragments) if _reaches_far(fragment)}
    _add_needed(fragments, chosen)
    return [fragments[index] for index in sorted(chosen)]


def _touches(fragment: Fragment, classes: Iterable[str]) -> bool:
    bits = word_classes.bits_of(fragment.names or ())
    return any(word_classes.touches(word, bits) for word in classes)


def _add_users(fragments: list[Fragment], chosen: set[int]) -> None:
    """Add the statements that use what a chosen one binds, and those that use what these bind, ..."""
    queue = list(chosen)
    while queue:
        binds = fragments[queue.pop()].binds
        for index, fragment in enumerate(fragments):
            if index not in chosen and not binds.isdisjoint(fragment.names or ()):
                chosen.add(index)
                queue.append(index)


def _add_needed(fragments: list[Fragment], chosen: set[int]) -> None:
    """Add the statements that bind what a chosen one uses, and what these use, ..."""
    binders: dict[str, list[int]] = {}
    for index, fragment in enumerate(fragments):
        for name in fragment.binds:
            binders.setdefault(name, []).append(index)
    queue = list(chosen)
    while queue:
        for name in fragments[queue.pop()].names or ():
            for index in binders.get(name, ()):
                if index not in chosen:
                    chosen.add(index)
                    queue.append(index)


def _reaches_far(fragment: Fragment) -> bool:
    names = fragment.names or frozenset()
    return not fragment.is_import and (
        not _FAR_REACHING.isdisjoint(names) or any(_CHECK.search(name) for name in names)
    )
