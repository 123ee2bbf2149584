"""MLW410: an agent of LangChain is allowed to run the code that its model writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.llm._agents import api_of, from_langchain, patterns, shown
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.turning_points import LANGCHAIN_DANGEROUS_CODE

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_FLAG = "allow_dangerous_code"
# Agents that run code with or without the flag in releases before it.
_AGENTS = dict.fromkeys(
    (
        "create_csv_agent",
        "create_pandas_dataframe_agent",
        "create_spark_dataframe_agent",
        "create_xorbits_agent",
    ),
    ("langchain", "langchain_experimental"),
)


class LangchainAllowDangerousCode(Rule):
    """An agent that may run any Python its model writes (`allow_dangerous_code=True`).

    ## Why is this bad?

    These agents and chains hand what the model writes to an interpreter in this very process. The table they answer
    questions about is part of the prompt, so a cell of it, like the question itself, can tell the model what to write:
    code that reads keys and files, and sends them away.

    ## How to fix

    Give the agent tools with typed arguments, or SQL over a view that can only be read. Where code must run, run it
    in a sandbox without network and credentials (a container, a hosted interpreter). Without the flag these functions
    refuse to start, so that there is no small edit.

    ## When it is fine

    When the whole process is such a sandbox, and its data is nobody else's.

    ## Limits

    A flag that is computed, or handed over by a caller outside the project, is left alone. Before
    langchain-experimental 0.0.61 there was no flag, and code was always run; that is reported where the project's
    requirements allow such releases only, or the import is one that only they have.
    """

    code = "MLW410"
    name = "langchain-allow-dangerous-code"
    severity = Severity.HIGH
    calls = patterns(*_AGENTS)
    triggers = (_FLAG, *_AGENTS)
    cwe = (94, 250)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050", "AML.T0053")
    references = (
        Reference(
            "LangChain: create_pandas_dataframe_agent",
            "https://reference.langchain.com/python/langchain-experimental/agents/agent_toolkits/pandas/base/create_pandas_dataframe_agent",
        ),
        Reference("CVE-2024-27444, PALChain", "https://nvd.nist.gov/vuln/detail/CVE-2024-27444"),
        Reference("CVE-2023-39659, Python REPL tools", "https://nvd.nist.gov/vuln/detail/CVE-2023-39659"),
    )
    examples = (
        Bad(
            """
            from langchain_experimental.agents import create_csv_agent
            from langchain_openai import ChatOpenAI

            agent = create_csv_agent(ChatOpenAI(), "sales.csv", allow_dangerous_code=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`create_csv_agent` with `allow_dangerous_code=True` runs Python that the model writes in this "
            "process: who can steer the model, or fill a cell of its data, runs code here; use a sandbox, or tools "
            "with typed arguments",
        ),
        Bad(
            """
            from langchain_experimental.agents.agent_toolkits import create_pandas_dataframe_agent as make_agent

            OPTIONS = {"verbose": True, "allow_dangerous_code": True}

            def ask(llm, df, question):
                agent = make_agent(
                        ^^^^^^^^^^^~
                    llm,
                    df,
                    **OPTIONS,
                )
                return agent.invoke(question)
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from langchain_experimental.pal_chain import PALChain

            chain = PALChain.from_math_prompt(llm, allow_dangerous_code=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`PALChain.from_math_prompt` with `allow_dangerous_code=True` runs Python that the model writes in "
            "this process: who can steer the model, or fill a cell of its data, runs code here; use a sandbox, or "
            "tools with typed arguments",
        ),
        Bad(
            """
            import functools
            import langchain_experimental.agents as lc

            trusting = functools.partial(lc.create_spark_dataframe_agent, allow_dangerous_code=True)
            agent = trusting(llm=llm, df=df)
                    ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_experimental.agents import create_pandas_dataframe_agent

            class Analyst:
                trust = True

                def agent(self, df):
                    return create_pandas_dataframe_agent(self.llm, df, allow_dangerous_code=self.trust)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_experimental.agents import create_csv_agent

            def build(llm, path, allow_dangerous_code=False):
                return create_csv_agent(llm, path, allow_dangerous_code=allow_dangerous_code)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            agent = build(llm, "sales.csv", allow_dangerous_code=True)
            """,
        ),
        Bad(
            as_notebook(
                "TRUSTED = True",
                "from langchain_experimental.agents import create_csv_agent\n"
                "agent = create_csv_agent(llm, 'a.csv', allow_dangerous_code=TRUSTED)",
            ),
            path="example.ipynb",
            texts=("create_csv_agent(llm, 'a.csv', allow_dangerous_code=TRUSTED)",),
        ),
        Bad(
            """
            from langchain_experimental.agents import create_csv_agent

            agent = create_csv_agent(llm, "sales.csv")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"langchain-experimental": "<0.0.60"},
            message="`create_csv_agent` of langchain-experimental<0.0.60 runs Python that the model writes in this "
            "process: who can steer the model, or fill a cell of its data, runs code here; use a sandbox, or tools "
            "with typed arguments",
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from langchain.agents import create_pandas_dataframe_agent

            agent = create_pandas_dataframe_agent(llm, df, verbose=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Good(
            """
            from langchain_experimental.agents import create_csv_agent

            agent = create_csv_agent(llm, "sales.csv", allow_dangerous_code=False)
            """,
            because="without the flag it refuses to start",
        ),
        Good(
            """
            from langchain_experimental.agents import create_csv_agent
            from langchain_experimental.pal_chain import PALChain

            agent = create_csv_agent(llm, "sales.csv")
            chain = PALChain.from_math_prompt(llm)
            """,
            because="it is left out, which is False",
            versions={"langchain-experimental": ">=0.3"},
        ),
        Good(
            """
            from langchain.agents import create_csv_agent

            agent = create_csv_agent(llm, "sales.csv")
            """,
            because="that import is an error in these releases",
            versions={"langchain": ">=0.3"},
        ),
        Good(
            """
            from langchain_experimental.agents import create_csv_agent

            def build(llm, trust):
                return create_csv_agent(llm, "sales.csv", allow_dangerous_code=trust)
            """,
            because="the caller decides, and nothing here says that it is True",
        ),
        Good(
            """
            def create_csv_agent(llm, path, allow_dangerous_code=False):
                return Sandboxed(llm, path, allow_dangerous_code=allow_dangerous_code)

            agent = create_csv_agent(llm, "sales.csv", allow_dangerous_code=True)
            """,
            because="a function of the project's own, which runs nothing of LangChain's",
        ),
        Missed(
            """
            import json
            from langchain_experimental.agents import create_csv_agent

            agent = create_csv_agent(llm, "sales.csv", **json.load(open("options.json")))
            """,
            because="options from a file are not known",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report every call of LangChain that passes the flag as true."""
        for call in model.calls:
            if call.fragment.path is None and from_langchain(call.name) and _FLAG in call.keyword_names():
                sure = switched_on(call.argument(_FLAG))
                if sure is not None:
                    yield self._report(call, f"with `{_FLAG}=True`", sure)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report agents of releases that know no flag."""
        if not api_of(call.name, _AGENTS) or _FLAG in call.keyword_names():
            return
        if LANGCHAIN_DANGEROUS_CODE.ahead(model):
            how = f"of {model.version(LANGCHAIN_DANGEROUS_CODE.package).describe()}"
            yield self._report(call, how, Confidence.HIGH)
        elif call.name.startswith("langchain.") and not model.version("langchain").at_least("0.1"):
            # Releases that still have this import have no flag: the later ones raise an ImportError.
            yield self._report(call, "of early LangChain releases", Confidence.MEDIUM)

    def _report(self, call: CallSite, how: str, sure: Confidence) -> Finding:
        return self.finding(
            call.span,
            f"`{shown(call.name)}` {how} runs Python that the model writes in this process: who can steer the model, "
            "or fill a cell of its data, runs code here; use a sandbox, or tools with typed arguments",
            confidence=sure,
            trace=call.context,
        )
