"""MLW401: what a language model wrote is executed as Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules import sink_rule
from mlwarden.rules.base import Bad, Confidence, Fix, Good, Missed, Reference, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class LlmOutputToEval(sink_rule.SinkRule):
    """Output of a language model that is executed as Python.

    ## Why is this bad?

    Who can put text in front of the model (a user, a web page, a document that is retrieved) can make it write any
    program. Executed with `exec` or `eval`, that program has your files, your keys and your network.
    Instructions in the prompt do not prevent it.

    ## How to fix

    Let the model answer with data and check it against a schema: JSON, a tool call with typed arguments, an expression
    read by `ast.literal_eval`. Where code must run, run it in a sandbox without network and credentials.

    ## When it is fine

    When the process that executes the code is the sandbox.

    ## Limits

    The way from the model's answer to the call is followed through variables, functions and modules of the project,
    not through files, queues and databases.

    ## Fix safety

    `ast.literal_eval` reads literals only, so an answer that holds an expression is refused.
    """

    code = "MLW401"
    name = "llm-output-to-eval"
    severity = Severity.CRITICAL
    groups = (sink_rule.CODE,)
    calls = tuple(sink_rule.CODE.table)
    needs = ("@model",)
    cwe = (95,)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050", "AML.T0051")
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference("CVE-2023-29374, LLMMathChain", "https://nvd.nist.gov/vuln/detail/CVE-2023-29374"),
        Reference("CVE-2023-36258, PALChain", "https://nvd.nist.gov/vuln/detail/CVE-2023-36258"),
    )
    examples = (
        Bad(
            """
            from openai import OpenAI

            client = OpenAI()
            reply = client.chat.completions.create(model="gpt-4o", messages=messages)
            exec(reply.choices[0].message.content)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="`exec` runs Python that a language model wrote: who can steer the model runs code here",
        ),
        Bad(
            """
            import anthropic

            def run(expression):
                return eval(expression)
                       ^^^^^^^^^^^^^^^^

            message = anthropic.Anthropic().messages.create(model="claude", max_tokens=100, messages=messages)
            print(run(message.content[0].text.strip()))
            """,
            fixed="""
            import anthropic
            import ast

            def run(expression):
                return ast.literal_eval(expression)

            message = anthropic.Anthropic().messages.create(model="claude", max_tokens=100, messages=messages)
            print(run(message.content[0].text.strip()))
            """,
        ),
        Bad(
            """
            from langchain_openai import ChatOpenAI

            class Analyst:
                def __init__(self):
                    self.llm = ChatOpenAI(model="gpt-4o")

                def ask(self, question):
                    answer = self.llm.invoke(f"Write Python that answers: {question}")
                    code = clean(answer.content)
                    exec(code, {"df": self.df})
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Good(
            """
            import ast
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            rows = ast.literal_eval(reply.output_text)
            """,
            because="literals are data",
        ),
        Good(
            """
            import json
            from openai import OpenAI

            ACTIONS = {"mean": "df.mean()", "sum": "df.sum()"}
            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            print(eval(ACTIONS[reply.output_text]))
            """,
            because="the model only chooses among expressions that the program wrote",
        ),
        Good(
            """
            from langchain_core.tools import tool

            @tool
            def calculate(expression: str) -> str:
                return str(eval(expression))
            """,
            because="arguments of a tool are reported by MLW424",
        ),
        Good(
            """
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            expression = reply.output_text.strip()
            if expression in ("df.mean()", "df.sum()"):
                print(eval(expression))
            """,
            because="it is one of two expressions that the program wrote",
        ),
        Good(
            """
            exec(open("setup_helpers.py").read())
            """,
            because="no model wrote it",
        ),
        Missed(
            """
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            queue.put(reply.output_text)
            exec(queue.get())
            """,
            because="data is not followed through queues",
        ),
    )

    def fixes(self, call: CallSite, model: SemanticModel) -> Iterator[Fix]:
        """For `eval` of one expression: read literals only."""
        if call.name != "eval" or call.indirect or len(call.arguments) != 1:
            return
        module, import_edit = model.import_edit("ast", call.span)
        edits = [call.replace_callee(f"{module}.literal_eval")]
        if import_edit is not None:
            edits.append(import_edit)
        yield Fix(
            "Read it with `ast.literal_eval`",
            tuple(edits),
            Applicability.UNSAFE,
            "only literals are read, not expressions",
        )
