"""Texts put together by `%` and `str.format`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.semantics.values import Text, Value
from mlwarden.testing import model_of


def value_of(expression: str, before: str = "") -> Value:
    (call,) = model_of(f"import lib\n{before}\nlib.load({expression})").calls_of("lib.load")
    return call.argument("x", 0)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'{}/{}'.format('acme', 'bert')", "acme/bert"),
        ("'{1}/{0}'.format('bert', 'acme')", "acme/bert"),
        ("'{org}/{name}'.format(org='acme', name='bert')", "acme/bert"),
        ("'{org}/bert'.format(**{'org': 'acme'})", "acme/bert"),
        ("'{{}}-{}'.format(1)", "{}-1"),
        ("'%s/%s' % ('acme', 'bert')", "acme/bert"),
        ("'acme/%s' % 'bert'", "acme/bert"),
        ("'%(org)s/bert' % {'org': 'acme'}", "acme/bert"),
        ("'100%% of %d' % 3", "100% of 3"),
    ],
)
def test_known_texts(expression: str, text: str) -> None:
    assert value_of(expression).string() == text


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("'models:/{}/Production'.format(name)", ("models:/", None, "/Production")),
        ("'models:/%s/Staging' % name", ("models:/", None, "/Staging")),
        ("'{:>4}-x'.format('a')", (None, "-x")),
        ("'{0.name}-x'.format(a)", (None, "-x")),
        ("'%5s-x' % 'a'", (None, "-x")),
        ("'{}-{}'.format(*names)", (None, "-", None)),
        ("'%s-%s' % names", (None, "-", None)),
    ],
)
def test_partly_known_texts(expression: str, parts: tuple[str | None, ...]) -> None:
    value = value_of(expression)
    assert isinstance(value, Text)
    assert value.parts == parts


@pytest.mark.parametrize(
    "expression", ["'{'.format(1)", "'{a'.format(a=1)", "'%' % 1", "'%(a' % {}", "('{}' * 9).format(1)"]
)
def test_malformed_templates_are_unknown_texts(expression: str) -> None:
    value_of(expression)


def test_taints_of_what_is_put_in_stay() -> None:
    for expression in (
        "'a {}'.format(input())",
        "'a %s' % input()",
        "'a {x}'.format(x=input())",
        "'a %(x)s' % {'x': input()}",
    ):
        assert [taint.kind for taint in value_of(expression).taints] == ["input"]


@given(st.text(max_size=20), st.lists(st.text("ab{}%", max_size=4), max_size=3))
def test_as_python_does(template: str, values: list[str]) -> None:
    try:
        expected = template.format(*values)
    except (ValueError, IndexError, KeyError, AttributeError):
        return
    arguments = ", ".join(map(repr, values))
    if "\0" in template or not template.isprintable():
        return
    found = value_of(f"{template!r}.format({arguments})").string()
    assert found is None or found == expected


@pytest.mark.parametrize("call", ["textwrap.dedent", "inspect.cleandoc"])
def test_tidied_texts_are_known(call: str) -> None:
    assert value_of(f"{call}('''\n  a\n    b''')", "import inspect, textwrap").string() in ("\na\n  b", "a\n  b")
    assert [taint.kind for taint in value_of(f"{call}(input())", "import inspect, textwrap").taints] == ["input"]
