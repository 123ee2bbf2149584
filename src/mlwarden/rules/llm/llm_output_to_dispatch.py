"""MLW408: what a language model wrote chooses which function is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.flow import WRITERS, telling, way
from mlwarden.semantics import guards
from mlwarden.semantics.values import Reference as Outside

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Call -> keyword and position of the name.
_LOOKUPS: dict[str, tuple[str, int]] = {
    "getattr": ("name", 1),
    "namespace().get": ("", 0),
    "dict().get": ("key", 0),
    "vars().get": ("key", 0),
    "operator.methodcaller": ("name", 0),
}
_IMPORTS: dict[str, tuple[str, int]] = {
    "importlib.import_module": ("name", 0),
    "importlib.__import__": ("name", 0),
    "__import__": ("name", 0),
    "pydoc.locate": ("path", 0),
    "pkgutil.resolve_name": ("name", 0),
    "runpy.run_module": ("mod_name", 0),
    "django.utils.module_loading.import_string": ("dotted_path", 0),
    "hydra.utils.get_class": ("path", 0),
    "hydra.utils.get_method": ("path", 0),
    "hydra.utils.get_object": ("path", 0),
}
_NAMESPACE = re.compile(r"(?:(?:globals|locals|vars)\(.*\)|.*\.__dict__)\.get", re.S)
_SOURCES = ("llm", "retrieval")


class LlmOutputToDispatch(Rule):
    """Output of a language model that chooses which function is called.

    ## Why is this bad?

    `globals()[name]` and `getattr(object, name)` offer the model more than your tools: everything that was imported,
    every method, also those that delete or that read secrets. `importlib.import_module(name)` runs a module of its
    choice. Who can put text in front of the model chooses the function and often its arguments too.

    ## How to fix

    Write the functions that the model may call into a dictionary, look the name up there, and refuse others:
    `TOOLS = {"search": search}`, then `TOOLS[name](**arguments)`.

    ## When it is fine

    When the object has no methods but those that the model may call, private and inherited ones included.

    ## Limits

    A name with a constant beginning (`getattr(self, "tool_" + name)`) is taken for a choice among functions made
    for that. An attribute that is only read, not called, is not reported.
    """

    code = "MLW408"
    name = "llm-output-to-dispatch"
    severity = Severity.HIGH
    calls = (*_LOOKUPS, *_IMPORTS)
    triggers = (
        "getattr",
        "methodcaller",
        # What a namespace is asked for: `globals()[name]`, `vars(tools).get(name)`.
        *("globals", "locals", "vars", "__dict__"),
        *(name.rpartition(".")[2] for name in _IMPORTS),
    )
    needs = ("@model",)
    cwe = (470,)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0053",)
    references = (
        Reference("OWASP LLM06:2025 Excessive Agency", "https://genai.owasp.org/llmrisk/llm062025-excessive-agency/"),
        Reference("CWE-470: Unsafe Reflection", "https://cwe.mitre.org/data/definitions/470.html"),
    )
    examples = (
        Bad(
            """
            import json
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
            for call in reply.choices[0].message.tool_calls:
                function = globals()[call.function.name]
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                print(function(**json.loads(call.function.arguments)))
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`globals()[...]` looks up a name that a language model wrote: it may choose any function there is; "
            "look it up in a dictionary of those it may call",
        ),
        Bad(
            """
            from anthropic import Anthropic

            class Agent:
                def step(self, messages):
                    message = Anthropic().messages.create(model="claude", max_tokens=9, messages=messages)
                    for block in message.content:
                        if block.type == "tool_use":
                            return getattr(self, block.name)(**block.input)
                                   ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`getattr` looks up a name that a language model wrote: it may choose any function there is; look it up "
            "in a dictionary of those it may call",
        ),
        Bad(
            """
            import tools
            from openai import OpenAI

            def run(name, argument):
                function = getattr(tools, name, None)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^
                if function is None:
                    return "no such tool"
                return function(argument)

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            run(reply.output_text, 1)
            """,
        ),
        Bad(
            """
            import importlib
            from langchain_openai import ChatOpenAI

            answer = ChatOpenAI(model="gpt-4o").invoke("Which library?")
            module = importlib.import_module(answer.content.strip())
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`importlib.import_module` imports a module that a language model wrote the name of: importing runs it; "
            "look the name up in a dictionary of those it may choose",
        ),
        Bad(
            """
            import ollama

            answer = ollama.chat(model="llama3", messages=messages, tools=tools)
            for call in answer["message"]["tool_calls"]:
                tool = globals().get(call["function"]["name"])
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                tool(**call["function"]["arguments"])
            """,
        ),
        Bad(
            """
            import toolbox
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            vars(toolbox)[reply.output_text]()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            toolbox.__dict__[reply.output_text]()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from concurrent.futures import ThreadPoolExecutor
            import tools
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            with ThreadPoolExecutor() as pool:
                pool.submit(getattr(tools, reply.output_text), 1)
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import json
            from openai import OpenAI

            TOOLS = {"search": search, "weather": weather}
            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
            for call in reply.choices[0].message.tool_calls:
                print(TOOLS[call.function.name](**json.loads(call.function.arguments)))
            """,
            because="a dictionary of the functions that it may call",
        ),
        Good(
            """
            import tools
            from openai import OpenAI

            ALLOWED = {"search", "weather"}

            def run():
                name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
                if name not in ALLOWED:
                    raise ValueError(name)
                return getattr(tools, name)()
            """,
            because="the name is checked before",
        ),
        Good(
            """
            from openai import OpenAI

            class Bot:
                def run(self):
                    name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
                    return getattr(self, f"tool_{name}")()
            """,
            because="only methods that were made for it begin so",
        ),
        Good(
            """
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            field = reply.output_text
            print(getattr(record, field, ""))
            """,
            because="an attribute is read, nothing is called",
        ),
        Good(
            """
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            text = getattr(reply, "output_text", None) or getattr(reply, "text")()
            """,
            because="the names are constants",
        ),
        Good(
            """
            import importlib
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            settings = importlib.import_module("app.settings")
            cache = {}
            print(cache.get(reply.output_text))
            """,
            because="a constant name, and a dictionary",
        ),
        Missed(
            """
            from openai import OpenAI

            names = globals()
            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            names[reply.output_text]()
            """,
            because="what `globals()` gave is a dictionary like others when it is used under another name",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report names that a model wrote, where they are looked up among everything there is."""
        keyword, position = {**_LOOKUPS, **_IMPORTS}[call.name]
        value = call.argument(keyword, position)
        taint = telling(value, _SOURCES)
        if taint is None or call.fragment.path is not None or any(map(str.strip, value.prefixes())):
            return
        if call.name in {"dict().get", "vars().get"} and not _NAMESPACE.fullmatch(call.written):
            return
        if call.name == "getattr" and not _is_called(call, model):
            return
        if guards.is_guarded(call, keyword, position, model):
            return
        written = call.text(call.span)
        if call.name in _IMPORTS:
            what = f"`{call.name}` imports a module {WRITERS[taint.kind]} the name of: importing runs it; look the name up "
            message = what + "in a dictionary of those it may choose"
        else:
            name = call.name if "()" not in call.name else _abridged(written)
            what = f"`{name}` looks up a name {WRITERS[taint.kind]}: it may choose any function there is; "
            message = what + "look it up in a dictionary of those it may call"
        yield self.finding(
            call.span,
            message,
            confidence=Confidence.HIGH if taint.certain else Confidence.MEDIUM,
            trace=way(call, taint),
        )


def _abridged(written: str) -> str:
    """`globals()[call.function.name]` as `globals()[...]`."""
    head, bracket, _ = written.partition("[") if not _NAMESPACE.match(written) else (written, "", "")
    if bracket:
        return f"{head}[...]"
    return written.partition(".get(")[0] + ".get"


def _is_called(call: CallSite, model: SemanticModel) -> bool:
    """Whether what `getattr` gave is called, or handed to something that may call it."""
    for other in model.calls_of("getattr()"):
        direct = other.fragment is call.fragment and other.span.start == call.span.start
        if direct or other.function is call.function:
            return True
    return any(
        isinstance(option, Outside) and option.made_by == call
        for other in model.calls
        if other.name not in {"callable", "print", "str", "repr", "hasattr", "isinstance", "len"}
        for argument in other.arguments
        for option in argument.value.alternatives()
    )
