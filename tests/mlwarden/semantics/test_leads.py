"""What a text begins with, and which fields of an answer a model writes."""

from __future__ import annotations

import pytest

from mlwarden.semantics import word_classes
from mlwarden.semantics.values import Text
from mlwarden.testing import model_of


def _kinds(expression: str) -> tuple[set[str], set[str]]:
    """The kinds of taint of a text, and of what it begins with."""
    model = model_of(f"def f(base):\n    x = input()\n    lib_use({expression})\n")
    (call,) = [call for call in model.calls if call.name != "input" and call.attribute == "lib_use"]
    value = call.argument("", 0)
    assert isinstance(value, Text)
    return {taint.kind for taint in value.taints}, {taint.kind for taint in value.begins_with}


@pytest.mark.parametrize(
    ("expression", "begins"),
    [
        ("f'{x}/a'", True),
        ("x + '/a'", True),
        ("'' + x + '/a'", True),
        ("f'{x}{base}'", True),
        ("f'https://a/{x}'", False),
        ("f'{base}/{x}'", False),
        ("'/' + x", False),
        ("f'{base}{x}'", False),
        ("'a%s' % x", False),
    ],
)
def test_what_a_text_begins_with(expression: str, begins: bool) -> None:
    assert _kinds(expression) == ({"input"}, {"input"} if begins else set())


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("choices[0].message.content", True),
        ("choices[0].message.tool_calls[0].function.arguments", True),
        ("id", False),
        ("usage.total_tokens", False),
        ("created", False),
    ],
)
def test_fields_of_an_answer(field: str, written: bool) -> None:
    model = model_of(
        "from openai import OpenAI\nimport lib\n"
        f"reply = OpenAI().chat.completions.create(model='m', messages=[])\nlib.use(reply.{field})\n"
    )
    (call,) = model.calls_of("lib.use")
    assert bool(call.argument("", 0).tainted_by("llm")) is written


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("langchain_openai", "@model"),
        ("OpenAI", "@model"),
        ("completions create", "@model"),
        ("lm", "@model"),
        ("genai", "@model"),
        ("function_tool", "@tool"),
        ("BaseTool", "@tool"),
        ("tool_plain", "@tool"),
        ("register_for_llm", "@tool"),
        ("tools", "@tool"),
    ],
)
def test_classes_of_words(name: str, word: str) -> None:
    assert word_classes.holds(word, word_classes.bits_of(name.split()))


@pytest.mark.parametrize(
    ("name", "word"),
    [("film", "@model"), ("open", "@model"), ("create", "@model"), ("completions", "@model"), ("tool_calls", "@tool")],
)
def test_other_words(name: str, word: str) -> None:
    assert not word_classes.holds(word, word_classes.bits_of([name]))
