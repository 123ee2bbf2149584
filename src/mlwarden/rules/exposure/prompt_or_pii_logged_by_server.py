"""MLW518: prompts and answers that are written to logs in full."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import (
    Bad,
    Confidence,
    DocumentKind,
    Finding,
    Fix,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
)
from mlwarden.rules.data._shown import place_of
from mlwarden.rules.examples import as_notebook
from mlwarden.semantics.entry_points import source_of_parameters
from mlwarden.semantics.environment import Setting, is_true, settings_in_code, settings_in_text, without_statement
from mlwarden.semantics.llm_calls import answers
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.shell_calls import SHELL_CALLS, TRIGGERS
from mlwarden.semantics.started import Started, started_by_call, started_in_text

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Taint
    from mlwarden.source.documents import Document

# Calls that turn such logs on: by a switch in their first argument, or always (None). From langchain_core 1.8,
# litellm 1.110 and llama_index 0.14.
_SWITCHES: dict[str, str | None] = {
    **{f"{package}.globals.set_debug": "value" for package in ("langchain", "langchain_core", "langchain_classic")},
    **{f"litellm.{name}": None for name in ("_turn_on_debug", "turn_on_debug", "_logging._turn_on_debug")},
}
_HANDLER = ("llama_index.core.set_global_handler", "llama_index.set_global_handler")
_ATTRIBUTES = ("litellm.set_verbose", "langchain.debug", "openai.log")
# Variables -> the values that turn such logs on; an empty set stands for every word for "yes".
_VARIABLES: dict[str, frozenset[str]] = {
    "LITELLM_LOG": frozenset({"debug"}),
    "OPENAI_LOG": frozenset({"debug"}),
    "ANTHROPIC_LOG": frozenset({"debug"}),
    "LANGCHAIN_TRACING_V2": frozenset(),
    "LANGSMITH_TRACING": frozenset(),
    "LANGSMITH_TRACING_V2": frozenset(),
}
_TRACING = frozenset(name for name, values in _VARIABLES.items() if not values)
# Frameworks for servers whose handlers are looked at.
_FRAMEWORKS = (
    "fastapi",
    "flask",
    "starlette",
    "quart",
    "sanic",
    "bottle",
    "litestar",
    "aiohttp",
    "chainlit",
    "bentoml",
)
# Functions that tell nothing of what they are given, and names of parts that nobody types a secret into.
_SIZES = re.compile(
    r"^(?:len|type|bool|hash|id|isinstance|sum|md5|sha\w+|hexdigest|count|mask\w*|redact\w*|anonymi\w+)$"
)
_HARMLESS = re.compile(
    r"(?:^|_)(?:id|ids|uuid|method|path|url|model|status|type|lang|language|count|size|length|tokens|usage|version|host|port"
    r"|temperature|time|stream|reason|code|role|k|elapsed|duration)$"
)
_LOGS = "writes prompts and answers to the log in full, with whatever people put into them"


class PromptOrPiiLoggedByServer(Rule):
    """Prompts and answers that are written to logs in full.

    ## Why is this bad?

    People type into prompts what they would put into no form: names, diagnoses, passwords, drafts of contracts. Logs are
    kept for long, copied to other services and read by many. The debug switches of LangChain, LiteLLM and the
    providers' clients write every message; tracing sends it to a service of somebody else.

    ## How to fix

    Log what operating the server needs: an id, the length, the time, the status. Turn debug switches on for one run, by an
    environment variable, and tracing in the deployment, after what is traced was decided (`LANGSMITH_HIDE_INPUTS=true`).

    ## When it is fine

    While developing, with made-up prompts.

    Off by default: whoever uses such a service has mostly decided to send it what it shows.

    ## Limits

    Of a handler's own log lines those are reported that hold a part of the request or the model's answer, in a function
    that asks a model. Variables for tracing are reported in code and notebooks, not in configuration.

    ## Fix safety

    The fix is unsafe: the log lines or traces are gone.
    """

    code = "MLW518"
    name = "prompt-or-pii-logged-by-server"
    severity = Severity.LOW
    default = False
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*_SWITCHES, *_HANDLER, *SHELL_CALLS)
    assigns = _ATTRIBUTES
    triggers = (
        ("langchain", "set_debug"),
        *((f"{package}", "set_debug") for package in ("langchain_core", "langchain_classic")),
        ("litellm", "set_verbose"),
        *(("litellm", name) for name in ("_turn_on_debug", "turn_on_debug")),
        ("langchain", "debug"),
        ("openai", "log"),
        ("llama_index", "set_global_handler"),
        *_VARIABLES,
        *((framework, shown) for framework in _FRAMEWORKS for shown in ("print", "logging", "logger", "log")),
        "--enable-log-requests",
        "--log-requests",
        "--detailed_debug",
        *TRIGGERS,
    )
    yields_to = ("MLW308", "MLW606")
    cwe = (532,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0057",)
    references = (
        Reference("LiteLLM: debugging", "https://docs.litellm.ai/docs/debugging/local_debugging"),
        Reference(
            "LangSmith: prevent logging of sensitive data", "https://docs.langchain.com/langsmith/mask-inputs-outputs"
        ),
        Reference("CWE-532: sensitive information in a log file", "https://cwe.mitre.org/data/definitions/532.html"),
    )
    examples = (
        Bad(
            """
            import litellm

            litellm.set_verbose = True
            ^^^^^^^^^^^^^^^^^^^^^^^^^^
            litellm._turn_on_debug()
            ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            fixed="""
            import litellm

            """,
        ),
        Bad(
            """
            from langchain_core.globals import set_debug

            DEBUG = True
            set_debug(DEBUG)
            ^^^^^^^^^^^^^^^^
            """,
            message="`set_debug` writes prompts and answers to the log in full, with whatever people put into them; leave it "
            "out where people's prompts are answered",
            fixed="""
            from langchain_core.globals import set_debug

            DEBUG = True
            """,
        ),
        Bad(
            """
            import os
            from llama_index.core import set_global_handler

            os.environ["LANGSMITH_TRACING"] = "true"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            os.environ.setdefault("OPENAI_LOG", "debug")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            set_global_handler("simple")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import os
            from llama_index.core import set_global_handler

            """,
        ),
        Bad(
            """
            import logging
            from fastapi import FastAPI
            from openai import OpenAI
            from pydantic import BaseModel

            app = FastAPI()
            client = OpenAI()
            logger = logging.getLogger(__name__)

            class Question(BaseModel):
                text: str

            @app.post("/ask")
            def ask(question: Question):
                logger.info("question: %s", question.text)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                answer = client.responses.create(model="gpt-4o", input=question.text)
                print(f"answer: {answer.output_text}")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return answer.output_text
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            FROM vllm/vllm-openai:v0.11.0
            ENV LITELLM_LOG=DEBUG
                ^^^^^^^^^^^^^^^^^
            CMD ["vllm", "serve", "facebook/opt-125m", "--enable-log-requests"]
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            fixed="""
            FROM vllm/vllm-openai:v0.11.0
            CMD ["vllm", "serve", "facebook/opt-125m", "--enable-log-requests"]
            """,
        ),
        Bad(
            as_notebook("%env LANGCHAIN_TRACING_V2=true", "!litellm --model gpt-4o --detailed_debug"),
            path="example.ipynb",
            texts=("LANGCHAIN_TRACING_V2=true", "litellm --model gpt-4o --detailed_debug"),
            fixed=as_notebook("", "!litellm --model gpt-4o"),
        ),
        Good(
            """
            import os
            import litellm
            from langchain_core.globals import set_debug

            litellm.set_verbose = False
            set_debug(False)
            set_debug(settings.debug)
            os.environ["LANGSMITH_TRACING"] = "false"
            os.environ["LITELLM_LOG"] = "INFO"
            os.environ["LANGSMITH_TRACING"] = os.getenv("TRACING", "")
            """,
            because="the switches are off, or left to the deployment",
        ),
        Good(
            """
            import logging
            from fastapi import FastAPI
            from openai import OpenAI

            app = FastAPI()
            client = OpenAI()
            logger = logging.getLogger(__name__)

            @app.post("/ask")
            def ask(question: str):
                logger.info("question of %d characters", len(question))
                answer = client.responses.create(model="gpt-4o", input=question)
                logger.info(f"answered {len(question)} characters with {answer.usage.total_tokens} tokens")
                print("conversation", answer.id)
                return answer.output_text
            """,
            because="only sizes are logged",
        ),
        Good(
            """
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=input())
            print(answer.output_text)
            """,
            because="a program at a terminal answers the person who runs it",
        ),
        Good(
            """
            from flask import Flask, request

            app = Flask(__name__)

            @app.route("/items")
            def items():
                print(request.args["page"])
                return "ok"
            """,
            because="no model is asked",
        ),
        Good(
            """
            LANGSMITH_TRACING=true
            """,
            because="the deployment decides what is traced",
            path="deploy/service.env",
        ),
        Good(
            """
            from my_tools import set_debug

            set_debug(True)
            """,
            because="that is another function of the name",
        ),
        Missed(
            """
            import logging

            logging.getLogger("httpx").setLevel(logging.DEBUG)
            logging.getLogger("openai").setLevel(logging.DEBUG)
            """,
            because="levels of loggers are not looked at",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that turns such logs on, or starts a server with them."""
        if call.name in SHELL_CALLS:
            for started in started_by_call(call):
                if found := _option(started):
                    yield self.finding(call.span, _message(found), trace=call.context)
                    return
            return
        sure: Confidence | None = Confidence.HIGH
        if call.name in _HANDLER:
            sure = Confidence.HIGH if call.argument("eval_mode", 0).may_be("simple") else None
        elif (keyword := _SWITCHES[call.name]) is not None:
            sure = switched_on(call.argument(keyword, 0))
        if sure is not None:
            alone = not call.result_used and not call.context and not call.indirect
            fixes = (_fix(without_statement(model.document, call.span)),) if alone else ()
            yield self.finding(call.span, _message(call.attribute), confidence=sure, trace=call.context, fixes=fixes)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report a switch that is an attribute of a module."""
        sure = switched_on(assignment.value)
        if assignment.target == "openai.log":
            sure = Confidence.HIGH if assignment.value.may_be("debug") else None
        if sure is not None:
            yield self.finding(
                assignment.span,
                _message(assignment.target),
                confidence=sure,
                trace=assignment.context,
                fixes=(_fix(without_statement(model.document, assignment.span)),),
            )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report variables that code sets, and handlers that log what they are asked and answer."""
        for name in _VARIABLES:
            yield from self._variable(name, settings_in_code(model, name))
        asking = {id(call.function.node) for call in model.calls if call.function and call.name and answers(call.name)}
        seen: set[object] = set()
        for call in model.calls:
            function = call.function
            if (
                function is None
                or call.fragment.path is not None
                or id(function.node) not in asking
                or call.span in seen
            ):
                continue
            source = source_of_parameters(function.decorators)
            place = place_of(call) if source is not None and source.kind == "request" else ""
            taint = _logged(call) if place in {"is printed", "is logged"} else None
            if taint is not None:
                seen.add(call.span)
                what = "the answer of the model" if taint.kind == "llm" else "a part of the request"
                yield self.finding(
                    call.span,
                    f"{what} {place} by a server: people put personal data and secrets into prompts; log its length or an id",
                    confidence=Confidence.MEDIUM if taint.certain else Confidence.LOW,
                    trace=(*taint.steps, *(step for step in call.context if step not in taint.steps)),
                )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report variables in magics and configuration, and commands in cells, scripts, Dockerfiles and YAML."""
        from mlwarden.notebooks.notebook import Notebook

        for name in _VARIABLES:
            if name not in _TRACING or isinstance(document, Notebook):
                yield from self._variable(name, settings_in_text(document, name))
        for started in started_in_text(document):
            if found := _option(started):
                edit = started.without(found.partition(" ")[2])
                fixes = () if edit is None else (_fix(edit),)
                yield self.finding(started.span, _message(found), fixes=fixes)

    def _variable(self, name: str, settings: Iterator[Setting]) -> Iterator[Finding]:
        wanted = _VARIABLES[name]
        for setting in settings:
            texts = {text.strip().lower() for text in setting.value.strings()}
            if not (wanted & texts if wanted else is_true(setting.value)):
                continue
            message = _message(name)
            if name in _TRACING:
                message = (
                    f"`{name}` sends prompts and answers to LangSmith in full, for every run of this code; leave that to the "
                    "deployment"
                )
            sure = Confidence.HIGH if len(setting.value.alternatives()) == 1 else Confidence.MEDIUM
            fixes = () if setting.removal is None else (_fix(setting.removal),)
            yield self.finding(setting.span, message, confidence=sure, fixes=fixes)


def _message(what: str) -> str:
    return f"`{what}` {_LOGS}; leave it out where people's prompts are answered"


def _fix(edit: TextEdit) -> Fix:
    return Fix("Take it away", (edit,), Applicability.UNSAFE, "the log lines or traces are gone")


def _logged(call: CallSite) -> Taint | None:
    """The answer of a model or the part of a request that a call logs."""
    for argument in call.arguments:
        taints = argument.value.tainted_by("llm", "request")
        if taints and (argument.node is None or _tells(call.text(call.fragment.span(argument.node.value)))):
            return taints[0]
    return None


def _tells(text: str) -> bool:
    """Whether an expression shows more than sizes, ids and settings of what is in it."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    pending: list[ast.AST] = [tree.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if not _SIZES.search(name):
                pending.extend([*node.args, *(keyword.value for keyword in node.keywords)])
                pending.extend([node.func.value] if isinstance(node.func, ast.Attribute) else [])
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if not _HARMLESS.search(name):
                return True
        elif isinstance(node, ast.Subscript):
            key = node.slice.value if isinstance(node.slice, ast.Constant) else ""
            if not _HARMLESS.search(str(key)):
                pending.append(node.value)
        else:
            pending.extend(ast.iter_child_nodes(node))
    return False


def _option(started: Started) -> str | None:
    """The program and its option by which a server logs what it is asked; None where it does not."""
    for programs, option in (
        (("vllm", "vllm.entrypoints.openai.api_server"), "--enable-log-requests"),
        (("sglang.launch_server",), "--log-requests"),
        (("litellm",), "--detailed_debug"),
    ):
        if started.program in programs and started.is_switched_on(option):
            return f"{started.program} {option}"
    return None
