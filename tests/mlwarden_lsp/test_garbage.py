"""The collector works when a check has ended or nobody types, and the process is left as it was."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from mlwarden.engine.garbage import NEW_OBJECTS
from mlwarden_lsp.garbage import Garbage


class Circle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def garbage(inline: Any) -> Iterator[Garbage]:
    garbage = Garbage(inline, idle=0)
    garbage.start()
    yield garbage
    garbage.stop()


def test_the_interpreter_does_not_collect_by_itself(garbage: Garbage) -> None:
    assert not gc.isenabled()
    garbage.stop()
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, 0)


def test_little_garbage_waits_and_much_is_collected(garbage: Garbage) -> None:
    gone = weakref.ref(Circle())
    garbage.collect()
    assert gone() is not None
    many = [Circle() for _ in range(NEW_OBJECTS)]
    del many
    garbage.collect()
    assert gone() is None


@pytest.mark.asyncio
async def test_what_died_after_it_survived_is_collected_in_a_quiet_moment(garbage: Garbage) -> None:
    circle = Circle()
    gone = weakref.ref(circle)
    gc.collect()
    gc.freeze()
    del circle
    gc.collect()
    assert gone() is not None  # out of the collector's sight
    garbage.used()
    garbage.used()
    for _ in range(3):
        await asyncio.sleep(0)
    assert gone() is None
    assert gc.get_freeze_count()


@pytest.mark.asyncio
async def test_after_the_end_nothing_happens(garbage: Garbage) -> None:
    garbage.used()
    garbage.stop()
    garbage.used()
    garbage.collect()
    await asyncio.sleep(0)
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, 0)
