"""MLW434: a model's JSON is used without a look at what is in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.flow import telling, way

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.document_trees import DocumentTree
    from mlwarden.semantics.model import SemanticModel

_PARSERS = (
    "json.loads",
    "json5.loads",
    "orjson.loads",
    "ujson.loads",
    "simplejson.loads",
    "demjson3.decode",
    "json_repair.loads",
    "json_repair.repair_json",
)
# Calls that look at the whole of it.
_CHECKS = frozenset(
    """
    validate model_validate parse_obj validate_python from_dict structure load iter_errors is_valid check TypeAdapter
    """.split()  # noqa: SIM905  # a word list reads better so
)


class OutputParsedWithoutSchema(Rule):
    """A language model's JSON whose fields are used unchecked.

    ## Why is this bad?

    The model may leave a field out, give it another type, or be talked into another value: `json.loads` takes all of it.
    The program then stops at a KeyError in the best case, and acts on a made-up amount, path or name in the worst.

    ## How to fix

    Ask for structured output and read it with a schema: `Answer.model_validate_json(text)` of pydantic, or
    `jsonschema.validate`.

    ## When it is fine

    In an experiment whose results are looked at by a person.

    ## Limits

    Reported are answers whose fields are read in the same function or at the same level; a check of single fields by
    hand is not known. The rule is off by default.
    """

    code = "MLW434"
    name = "output-parsed-without-schema"
    severity = Severity.LOW
    default = False
    calls = _PARSERS
    cwe = (20,)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0067",)
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference("pydantic: validating JSON", "https://docs.pydantic.dev/latest/concepts/json/"),
    )
    examples = (
        Bad(
            """
            import json
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            order = json.loads(reply.output_text)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            pay(order["amount"])
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            message="`json.loads` takes whatever a language model wrote, and fields of it are used unchecked: read it with a "
            "schema",
        ),
        Bad(
            """
            import json
            import anthropic

            def city(question):
                message = anthropic.Anthropic().messages.create(model="claude", max_tokens=100, messages=question)
                return json.loads(message.content[0].text)["city"]
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from json import loads as read
            from langchain_openai import ChatOpenAI

            answer = read(ChatOpenAI().invoke(question).content)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            print(answer.get("name"))
            """,
        ),
        Good(
            """
            import json
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            order = Order.model_validate(json.loads(reply.output_text))
            pay(order.amount)
            """,
            because="pydantic looks at it",
        ),
        Good(
            """
            import json
            import jsonschema
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            order = json.loads(reply.output_text)
            jsonschema.validate(order, SCHEMA)
            pay(order["amount"])
            """,
            because="a schema is checked first",
        ),
        Good(
            """
            import json
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            print(json.dumps(json.loads(reply.output_text), indent=2))
            """,
            because="no field of it is used",
        ),
        Good(
            """
            import json

            settings = json.loads(open("settings.json").read())
            print(settings["name"])
            """,
            because="no model wrote it",
        ),
        Missed(
            """
            import json
            from openai import OpenAI

            class Shop:
                def ask(self, question):
                    self.order = json.loads(OpenAI().responses.create(model="gpt-4o", input=question).output_text)

                def pay(self):
                    pay(self.order["amount"])
            """,
            because="the field is read in another function",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a parsed answer whose fields are used and that nothing checks."""
        if call.fragment.path is not None or call.indirect:
            return
        taint = telling(next(iter(call.positional()), call.argument("s")), ("llm",))
        if taint is None:
            return
        from mlwarden.semantics.document_trees import trees_of

        part = next((part for part in trees_of(model.document) if part.cell == call.cell), None)
        if part is None or not _is_used(part, call):
            return
        yield self.finding(
            call.span,
            f"`{call.name}` takes whatever a language model wrote, and fields of it are used unchecked: read it with a schema",
            confidence=Confidence.MEDIUM if taint.certain else Confidence.LOW,
            trace=way(call, taint),
        )


def _is_used(part: DocumentTree, call: CallSite) -> bool:
    """Whether fields of what a call gives are read, and nothing looks at the whole of it."""
    from mlwarden.semantics.document_trees import enclosing_function

    name = ""
    for node in ast.walk(part.tree):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and part.span(node.value) == call.span:
            return isinstance(node, ast.Subscript) or node.attr in {"get", "items", "values"}
        if isinstance(node, ast.Assign) and part.span(node.value) == call.span:
            name = next((target.id for target in node.targets if isinstance(target, ast.Name)), "")
    if not name:
        return False
    scope = enclosing_function(part, part.line_of(call.span.start)) or part.tree
    used = False
    for node in ast.walk(scope):
        if isinstance(node, ast.Subscript) and _is_name(node.value, name) and isinstance(node.ctx, ast.Load):
            used = True
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and _is_name(node.func.value, name):
                used = True
            given = any(_is_name(each, name) for each in (*node.args, *(word.value for word in node.keywords)))
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            unpacked = any(word.arg is None and _is_name(word.value, name) for word in node.keywords)
            if (given and ("valid" in called.lower() or called in _CHECKS)) or unpacked:
                return False
    return used


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
