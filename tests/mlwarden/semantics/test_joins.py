"""Joins of values: the short ways give what the long way gives."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.values import Choice, Constant, Reference, Taint, Text, Unknown, Value, join

TAINTS = st.sampled_from([(), (Taint("llm", ()),), (Taint("input", ()),), (Taint("llm", (), certain=False),)])
ONE = st.one_of(
    st.builds(lambda value, taints: Constant(value, taints=taints), st.sampled_from([1, True, "a", None]), TAINTS),
    st.builds(lambda name, taints: Reference(name, taints=taints), st.sampled_from(["a.b", "c"]), TAINTS),
    st.builds(lambda reason, taints: Unknown(reason, taints=taints), st.sampled_from(["x", "y"]), TAINTS),
    st.builds(lambda taints: Text(parts=(None,), taints=taints), TAINTS),
)
VALUES = st.lists(ONE, min_size=1, max_size=7)


def made_anew(value: Value) -> Value:
    """The same value, of which nothing is known of how it was made."""
    return Choice(options=value.options, taints=value.taints) if isinstance(value, Choice) else value


@given(VALUES)
def test_what_is_joined_stays_as_it_is(values: list[Value]) -> None:
    whole = join(*values)
    assert join(whole) == join(made_anew(whole)) == whole


@given(VALUES, ONE)
def test_one_more(values: list[Value], other: Value) -> None:
    whole = join(*values)
    assert join(whole, other) == join(made_anew(whole), other)


@given(VALUES, TAINTS)
def test_taints_of_the_options_count(values: list[Value], taints: tuple[Taint, ...]) -> None:
    whole = join(*values)
    changed = replace(whole, taints=taints)
    if isinstance(changed, Choice):
        assert join(changed) == join(made_anew(changed))
