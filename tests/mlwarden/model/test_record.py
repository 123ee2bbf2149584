"""Records behave as data classes do, to programs, to `dataclasses` and to `pickle`."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from functools import cached_property
from typing import Any

import pytest

from mlwarden.model.record import field, names_of, record, replace


@record(frozen=True, slots=True, order=True)
class Pair:
    """Two numbers."""

    first: int
    second: int = 2

    def __post_init__(self) -> None:
        if self.first > 100:
            raise ValueError("too large")


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Standard:
    first: int
    second: int = 2


@record(frozen=True)
class Note:
    text: str
    seen: int = field(default=0, compare=False)
    facts: dict[str, int] = field(default_factory=dict, hash=False)
    kind = "note"

    @cached_property
    def length(self) -> int:
        return len(self.text)


@record
class Open:
    values: list[int] = field(default_factory=list)
    hidden: str = field(default="", repr=False)


@record(eq=False, slots=True)
class Identity:
    value: int


@record(frozen=True)
class Nothing:
    pass


def test_making_and_showing() -> None:
    assert (Pair(1).first, Pair(1).second, Pair(second=4, first=3).second) == (1, 2, 4)
    assert repr(Pair(1)) == "Pair(first=1, second=2)"
    assert repr(Open([1], "x")) == "Open(values=[1])"
    assert Pair.__doc__ == "Two numbers."
    assert (Note("a").seen, Note("a").facts, Note("a").kind, Note("abc").length) == (0, {}, "note", 3)
    assert Open().values is not Open().values
    assert Nothing() == Nothing()
    match Pair(5, 6):
        case Pair(first, second):
            assert (first, second) == (5, 6)


@pytest.mark.parametrize("wrong", [(), (1, 2, 3), {"third": 3}, {"second": 1}])
def test_wrong_arguments(wrong: Any) -> None:
    with pytest.raises(TypeError):
        Pair(**wrong) if isinstance(wrong, dict) else Pair(*wrong)
    with pytest.raises(ValueError, match="too large"):
        Pair(101)


def test_frozen() -> None:
    pair: Any = Pair(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        pair.first = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        del pair.first
    with pytest.raises(dataclasses.FrozenInstanceError):
        pair.third = 3
    with pytest.raises(AttributeError):
        setattr(Identity(1), "other", 2)  # noqa: B010
    changed = Open()
    changed.values = [1]
    assert changed == Open([1])
    assert not hasattr(pair, "__dict__")


def test_comparing() -> None:
    values = [(1, 2), (1, 3), (2, 0)]
    for one in values:
        for other in values:
            mine, theirs = (Pair(*one), Pair(*other)), (Standard(*one), Standard(*other))
            assert (mine[0] == mine[1]) is (theirs[0] == theirs[1])
            assert (mine[0] < mine[1], mine[0] <= mine[1]) == (theirs[0] < theirs[1], theirs[0] <= theirs[1])
            assert (mine[0] > mine[1], mine[0] >= mine[1]) == (theirs[0] > theirs[1], theirs[0] >= theirs[1])
    assert Pair(1) != Standard(1)  # type: ignore[comparison-overlap]
    assert hash(Pair(1)) == hash(Standard(1))
    with pytest.raises(TypeError):
        assert Pair(1) < (1, 2)  # type: ignore[operator]
    with pytest.raises(TypeError):
        hash(Open())
    assert Note("a", 1) == Note("a", 2)
    assert hash(Note("a", 1, {"x": 1})) == hash(Note("a", 2, {"y": 2}))
    assert Note("a", facts={"x": 1}) != Note("a")
    assert Identity(1) != Identity(1)
    assert len({Identity(1), Identity(1)}) == 2


@pytest.mark.parametrize("made", [Pair(1, 3), Note("a", 2, {"b": 1}), Open([1]), Nothing()], ids=repr)
def test_copies(made: Any) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(made, protocol)) == made
    assert copy.copy(made) == made
    assert copy.deepcopy(made) == made
    assert replace(made) == made
    assert dataclasses.replace(made) == made


def test_as_dataclasses_see_them() -> None:
    assert dataclasses.replace(Pair(1, 2), second=5) == replace(Pair(1, 2), second=5) == Pair(1, 5)
    with pytest.raises(TypeError):
        replace(Pair(1), third=1)  # type: ignore[call-arg]
    assert names_of(Pair) == names_of(Pair(1)) == ("first", "second")
    assert [each.name for each in dataclasses.fields(Note)] == ["text", "seen", "facts"]
    assert dataclasses.fields(Note)[1].default == 0
    assert dataclasses.fields(Note)[2].default_factory is dict
    assert dataclasses.asdict(Note("a", 2, {"b": 1})) == {"text": "a", "seen": 2, "facts": {"b": 1}}
    assert dataclasses.is_dataclass(Pair)
