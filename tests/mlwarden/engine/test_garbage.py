from __future__ import annotations

import gc
import weakref

from mlwarden.engine.garbage import collect_if_due, collected_between_files


class Node:
    def __init__(self) -> None:
        self.itself = self


def test_circles_are_collected_when_many_objects_are_new_and_what_stays_is_not_walked_again() -> None:
    assert gc.isenabled()
    with collected_between_files():
        assert not gc.isenabled()
        kept = [Node() for _ in range(2_000)]
        gone = weakref.ref(Node())
        assert gone() is not None
        assert not collect_if_due(new_objects=10**9)
        assert gone() is not None
        assert collect_if_due(new_objects=1_000)
        assert gone() is None
        assert gc.get_freeze_count() >= len(kept)
        assert not collect_if_due(new_objects=1_000)  # nothing is new
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
