"""MLW401: what a language model wrote is executed as Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Fix, Good, Missed, Reference, Severity
from mlwarden.rules.flow import FlowRule, Sink

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Call -> the code.
SINKS: dict[str, Sink] = {
    "eval": Sink("source", 0),
    "exec": Sink("source", 0),
    "compile": Sink("source", 0),
    "pandas.eval": Sink("expr", 0),
    "pandas.DataFrame().eval": Sink("expr", 0),
    "pandas.DataFrame().query": Sink("expr", 0),
    "pandas.read_csv().eval": Sink("expr", 0),
    "pandas.read_csv().query": Sink("expr", 0),
    "numexpr.evaluate": Sink("ex", 0),
    "sympy.sympify": Sink("a", 0),
    "sympy.parse_expr": Sink("s", 0),
    "sympy.parsing.sympy_parser.parse_expr": Sink("s", 0),
    "code.InteractiveInterpreter().runcode": Sink("code", 0),
    "code.InteractiveInterpreter().runsource": Sink("source", 0),
    "code.InteractiveConsole().push": Sink("line", 0),
    "runpy.run_path": Sink("path_name", 0),
    "get_ipython().run_cell": Sink("raw_cell", 0),
    "get_ipython().ex": Sink("cmd", 0),
    "IPython.get_ipython().run_cell": Sink("raw_cell", 0),
    "jupyter_client.KernelClient().execute": Sink("code", 0),
    "langchain_experimental.utilities.PythonREPL().run": Sink("command", 0),
    "langchain_experimental.utilities.python.PythonREPL().run": Sink("command", 0),
}


class LlmOutputToEval(FlowRule):
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
    calls = tuple(SINKS)
    sinks = SINKS
    sources = ("llm", "retrieval", "tool")
    message = "`{call}` runs Python {writer}: who can steer the model runs code here"
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
