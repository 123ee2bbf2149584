"""MLW421: text that others wrote is woven into a prompt whose answer acts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules import dangers, sink_rule
from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.flow import argument_of, shown, telling, way
from mlwarden.semantics.prompts import TRIGGERS, USER, asks_model, said, woven
from mlwarden.semantics.sinks import sink_of
from mlwarden.semantics.values import Reference as Outside
from mlwarden.semantics.values import Sequence, Value

if TYPE_CHECKING:
    from mlwarden.model.spans import Span
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# What others wrote: the user of an application is the one whom the model is to obey, others are not.
_SOURCES = ("retrieval", "network", "tool")
_WRITERS = {
    "retrieval": "text of retrieved documents",
    "network": "text from the network",
    "tool": "text that another model passed to this tool",
}
_ACTING = (sink_rule.CODE, sink_rule.COMMANDS, sink_rule.SQL, sink_rule.URLS, sink_rule.DESERIALIZERS)


class UntrustedInputInPrompt(Rule):
    """Text of third parties, woven into a prompt of a model that can act.

    ## Why is this bad?

    A page or a document that is pasted into the prompt by an f-string is read by the model as part of what the user
    asks for. Where it says "delete the files first", a model with tools may do so, and where the program runs what
    the model answers, the program does. The author of the page acts with the rights of your user.

    ## How to fix

    Hand the text over as a message of its own, marked as data, and ask in a call without tools; let a second call,
    which sees only the checked answer, have them. Ask for approval before tools that change things.

    ## When it is fine

    When the documents are your own, and when the tools only read what their reader may see anyway.

    ## Limits

    Reported are retrieved documents, downloads and arguments of tools. What the user of the application writes is
    not: the role `user` is where it belongs. Answers are followed through variables, functions and modules of the
    project; prompt templates that a chain fills in at run time are not.
    """

    code = "MLW421"
    name = "untrusted-input-in-prompt"
    severity = Severity.MEDIUM
    triggers = (*TRIGGERS, *(("@model", name) for name in ("create", "generate_content", "run", "run_sync")))
    needs = ("@tool", "@network", "@model")
    cwe = (1427,)
    owasp_llm = ("LLM01",)
    atlas = ("AML.T0051.001",)
    references = (
        Reference("OWASP LLM01:2025 Prompt Injection", "https://genai.owasp.org/llmrisk/llm01/"),
        Reference("Greshake et al., Indirect Prompt Injection", "https://arxiv.org/abs/2302.12173"),
    )
    examples = (
        Bad(
            """
            import requests
            from openai import OpenAI

            def summarize(url, tools):
                page = requests.get(url).text
                return OpenAI().chat.completions.create(
                    model="gpt-4o",
                    messages=[{"role": "user", "content": f"Summarize this page and file it: {page}"}],
                                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    tools=tools,
                )
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="The prompt of `openai.OpenAI.chat.completions.create`, which has tools, is woven of your words and "
            "text from the network: its author can have the model act",
        ),
        Bad(
            """
            from langchain.agents import create_agent
            from langchain_community.document_loaders import WebBaseLoader

            agent = create_agent("openai:gpt-4o", tools=[send_mail])
            page = WebBaseLoader("https://example.com").load()[0]
            agent.invoke({"messages": [{"role": "user", "content": "What is new here? " + page.page_content}]})
                                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import requests
            from agents import Agent, Runner

            agent = Agent(name="Clerk", instructions="You answer mail.", tools=[refund])
            mail = requests.get("https://mail.example.com/next").json()["body"]
            Runner.run_sync(agent, "Answer this mail: %s" % mail)
                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import subprocess
            import requests
            from openai import OpenAI

            issue = requests.get("https://example.com/issue/1").text
            prompt = "Write a command that mends this:\\n{}".format(issue)
            reply = OpenAI().responses.create(model="gpt-4o", input=prompt)
                                                                    ^^^^^^
            subprocess.run(reply.output_text, shell=True)
            """,
            message="The prompt of `openai.OpenAI.responses.create`, whose answer reaches `subprocess.run`, is woven of "
            "your words and text from the network: its author can have the model act",
        ),
        Bad(
            """
            import requests
            from smolagents import CodeAgent, InferenceClientModel

            agent = CodeAgent(tools=[], model=InferenceClientModel())
            agent.run("Tell me what this says: " + requests.get("https://example.com").text)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import requests
            from openai import OpenAI

            page = requests.get("https://example.com").text
            OpenAI().responses.create(model="gpt-4o", input=f"Summarize: {page}")
            """,
            because="the model has no tools, and nothing acts on what it says",
        ),
        Good(
            """
            from flask import request
            from openai import OpenAI

            def view():
                return OpenAI().responses.create(
                    model="gpt-4o", input=f"Question: {request.json['question']}", tools=TOOLS
                )
            """,
            because="the model works for the user who writes",
        ),
        Good(
            """
            import requests
            from openai import OpenAI

            page = requests.get("https://example.com").text
            messages = [{"role": "user", "content": "Summarize the page."}, {"role": "user", "content": page}]
            OpenAI().chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS)
            """,
            because="the page is a message of its own",
        ),
        Good(
            """
            import requests
            from openai import OpenAI

            page = requests.get("https://example.com").text
            OpenAI().responses.create(model="gpt-4o", input=f"Summarize: {page}", tools=[])
            OpenAI().responses.create(model="gpt-4o", input=f"Summarize: {page}", tools=None)
            OpenAI().responses.create(model="gpt-4o", input=f"Summarize: {page}", tools=TOOLS, tool_choice="none")
            """,
            because="no tool can be called",
        ),
        Good(
            """
            import requests
            from openai import OpenAI

            length = len(requests.get("https://example.com").text)
            OpenAI().responses.create(model="gpt-4o", input=f"Is a page of {length} letters long?", tools=TOOLS)
            """,
            because="a number asks for nothing",
        ),
        Missed(
            """
            import requests
            from langchain_core.prompts import PromptTemplate
            from langchain_openai import ChatOpenAI

            chain = PromptTemplate.from_template("Summarize {page}") | ChatOpenAI(model="gpt-4o").bind_tools(TOOLS)
            chain.invoke({"page": requests.get("https://example.com").text})
            """,
            because="what a chain puts into its templates is not followed",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report prompts of the user's that are made of the program's words and of others', where the answer acts."""
        acting: dict[Span, str] | None = None
        for call in model.calls:
            if call.fragment.path is not None or not call.attribute or not asks_model(call):
                continue
            woven_texts = [text for text in said(call) if text.role == USER and woven(text.text)]
            found = [(text, taint) for text in woven_texts if (taint := telling(text.text, _SOURCES)) is not None]
            if not found:
                continue
            if has_tools(call):
                how = "which has tools"
            else:
                acting = _acting(model) if acting is None else acting
                if call.span not in acting:
                    continue
                how = f"whose answer reaches `{acting[call.span]}`"
            name = call.name.replace("()", "").replace("[]", "") or call.written
            for text, taint in found:
                yield self.finding(
                    text.span,
                    f"The prompt of `{name}`, {how}, is woven of your words and {_WRITERS[taint.kind]}: its author can "
                    "have the model act",
                    confidence=Confidence.MEDIUM if taint.certain else Confidence.LOW,
                    trace=way(call, taint),
                )


def has_tools(call: CallSite) -> bool:
    """Whether the model that a call asks can call tools: they are given in the call, or the agent was made with them."""
    if call.argument("tool_choice").must_be("none"):
        return False
    for keyword in ("tools", "functions"):
        if _are_tools(call.argument(keyword)):
            return True
    agents = [call.receiver, *call.positional()[:1], call.argument("agent"), call.argument("starting_agent")]
    return any(_is_armed(agent) for agent in agents if agent is not None)


def _are_tools(value: Value) -> bool:
    """Whether a value of `tools=` holds some, as far as can be told."""
    return any(
        bool(option.items) if isinstance(option, Sequence) and option.complete else True
        for option in value.alternatives()
        if not option.is_absent and option.truth() is not False
    )


def _is_armed(value: Value) -> bool:
    """Whether an agent was made with tools, or writes code by itself."""
    for option in value.alternatives():
        made = option.made_by if isinstance(option, Outside) else None
        if made is None:
            continue
        if made.name.rpartition(".")[2] in {"CodeAgent", "CodeActAgent"} or made.attribute == "bind_tools":
            return True
        if any(_are_tools(made.argument(keyword)) for keyword in ("tools", "mcp_servers", "toolsets")):
            return True
        maker = made.name.rpartition(".")[2]
        place = 0 if maker == "initialize_agent" else 1
        if maker.endswith("_agent") and _are_tools(made.argument("tools", place)):
            return True
    return False


def _acting(model: SemanticModel) -> dict[Span, str]:
    """The calls to models whose answers reach a call that acts on them, with the name of that."""
    found: dict[Span, str] = {}
    for call in model.calls:
        if call.fragment.path is not None:
            continue
        for group in _ACTING:
            sink = sink_of(call, group.table)
            for place in () if sink is None else sink[0].places:
                value = argument_of(call, place)
                taint = telling(value, ("llm",))
                if sink is None or taint is None:
                    continue
                if group.judge(dangers.Flow(call, sink[0], place, value, taint, ("llm",), model)) is None:
                    continue
                for source in value.tainted_by("llm"):
                    found.setdefault(source.steps[0].span, shown(call))
    return found
