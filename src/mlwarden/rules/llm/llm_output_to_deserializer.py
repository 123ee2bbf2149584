"""MLW407: what a language model wrote is decoded by something that runs code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules import dangers, sink_rule
from mlwarden.rules.base import Bad, Confidence, Fix, Good, Missed, Reference, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.sinks import DESERIALIZERS, Sink

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_MORE: dict[str, Sink] = {
    **{f"{module}.Unpickler().load": Sink("", None) for module in ("pickle", "dill", "cloudpickle")},
    "yaml.unsafe_load_all": Sink("stream", 0),
    "yaml.full_load_all": Sink("stream", 0),
    "jsonpickle.loads": Sink("string", 0),
    "marshal.load": Sink("file", 0),
    "jsonpickle.unpickler.decode": Sink("string", 0),
}
_GROUP = sink_rule.Group({**DESERIALIZERS, **_MORE}, dangers.of_decoder)
_SAFE_YAML = {
    "yaml.load": "safe_load",
    "yaml.load_all": "safe_load_all",
    "yaml.unsafe_load": "safe_load",
    "yaml.unsafe_load_all": "safe_load_all",
    "yaml.full_load": "safe_load",
    "yaml.full_load_all": "safe_load_all",
}


class LlmOutputToDeserializer(sink_rule.SinkRule):
    """Output of a language model, decoded by a format that runs code.

    ## Why is this bad?

    Pickle, `yaml.load` with an unsafe loader and jsonpickle build any object that the text names, and call functions
    on the way. A YAML answer with `!!python/object/apply:os.system` is a command. Who can put text in front of the
    model can have it write one.

    ## How to fix

    Ask the model for JSON and read it with `json.loads`, then check it against a schema (pydantic, structured
    outputs). For YAML use `yaml.safe_load`.

    ## When it is fine

    Never for text; decode only what your own program encoded.

    ## Limits

    The way from the answer to the call is followed through variables, functions, files and modules of the project,
    not through queues and databases.

    ## Fix safety

    The fix is unsafe: answers with `!!python/...` tags, tuples among them, no longer load.
    """

    code = "MLW407"
    name = "llm-output-to-deserializer"
    severity = Severity.CRITICAL
    groups = (_GROUP,)
    calls = tuple(_GROUP.table)
    needs = ("@model",)
    cwe = (502,)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0050",)
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference(
            "PyYAML: yaml.load deprecation",
            "https://github.com/yaml/pyyaml/wiki/PyYAML-yaml.load(input)-Deprecation",
        ),
    )
    examples = (
        Bad(
            """
            import yaml
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            plan = yaml.load(reply.choices[0].message.content, Loader=yaml.Loader)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="`yaml.load` decodes data that a language model wrote: decoding can run code; take JSON or safetensors",
            fixed="""
            import yaml
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            plan = yaml.load(reply.choices[0].message.content, Loader=yaml.SafeLoader)
            """,
        ),
        Bad(
            """
            from anthropic import Anthropic
            from yaml import unsafe_load

            message = Anthropic().messages.create(model="claude", max_tokens=9, messages=messages)
            text = message.content[0].text.removeprefix("```yaml")
            print(unsafe_load(text))
                  ^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from anthropic import Anthropic
            from yaml import unsafe_load
            import yaml

            message = Anthropic().messages.create(model="claude", max_tokens=9, messages=messages)
            text = message.content[0].text.removeprefix("```yaml")
            print(yaml.safe_load(text))
            """,
        ),
        Bad(
            """
            import base64
            import pickle
            import ollama

            def decode(text):
                return pickle.loads(base64.b64decode(text))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            state = decode(ollama.chat(model="llama3", messages=messages)["message"]["content"])
            """,
        ),
        Bad(
            """
            import jsonpickle
            from langchain_openai import ChatOpenAI

            class Planner:
                def __init__(self):
                    self.llm = ChatOpenAI(model="gpt-4o")

                def plan(self, goal):
                    return jsonpickle.decode(self.llm.invoke(goal).content)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import io
            import pickle
            from openai import OpenAI

            data = OpenAI().responses.create(model="gpt-4o", input=question).output_text.encode("latin-1")
            pickle.Unpickler(io.BytesIO(data)).load()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import yaml as y
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            for part in y.full_load_all(reply.output_text):
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                print(part)
            """,
            fixed="""
            import yaml as y
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            for part in y.safe_load_all(reply.output_text):
                print(part)
            """,
        ),
        Bad(
            as_notebook(
                "import dill\nfrom openai import OpenAI\n\nreply = OpenAI().responses.create(model='gpt-4o', input=q)",
                "dill.loads(bytes.fromhex(reply.output_text))",
            ),
            path="example.ipynb",
            texts=("dill.loads(bytes.fromhex(reply.output_text))",),
        ),
        Good(
            """
            import json
            import yaml
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            rows = json.loads(reply.output_text)
            rows = yaml.safe_load(reply.output_text)
            rows = yaml.load(reply.output_text, Loader=yaml.CSafeLoader)
            """,
            because="these read data only",
        ),
        Good(
            """
            import pickle
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            with open("cache.pkl", "rb") as file:
                cache = pickle.load(file)
            cache[question] = reply.output_text
            """,
            because="the file is the program's own; that it is a pickle is MLW111's matter",
        ),
        Good(
            """
            import torch
            from openai import OpenAI

            MODELS = {"small": "small.pt", "large": "large.pt"}
            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            weights = torch.load(MODELS[reply.output_text], weights_only=False)
            """,
            because="the model only chooses among files that the program names",
        ),
        Good(
            """
            from openai import OpenAI
            from parser import loads

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            print(loads(reply.output_text))
            """,
            because="another function of that name",
        ),
        Missed(
            """
            import pickle
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            store.put("answer", reply.output_text)
            pickle.loads(store.get("answer"))
            """,
            because="data is not followed through stores of unknown kind",
        ),
    )

    def fixes(self, call: CallSite, model: SemanticModel) -> Iterator[Fix]:
        """For YAML: the loader that reads data only."""
        safe = _SAFE_YAML.get(call.name)
        if safe is None or call.indirect:
            return
        loader = call.argument_span("Loader", 1)
        names = call.argument("Loader", 1).names()
        if loader is not None and not names:
            return
        target, name = (call.callee_span, safe) if loader is None else (loader, "SafeLoader")
        if loader is None and not call.argument("Loader", 1).is_absent:
            return
        if loader is not None and call.name not in ("yaml.load", "yaml.load_all"):
            return
        module, dot, _ = call.text(target).rpartition(".")
        edits: tuple[TextEdit, ...] = ()
        if not dot or not module.isidentifier():
            module, added = model.import_edit("yaml", call.span)
            edits = () if added is None else (added,)
        yield Fix(
            f"Use `yaml.{name}`",
            (*edits, TextEdit(target, f"{module}.{name}")),
            Applicability.UNSAFE,
            "answers with `!!python/...` tags no longer load",
        )
