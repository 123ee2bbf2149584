"""MLW425: an agent has a tool that destroys, sends or pays, and nobody is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.llm._agents import asked_elsewhere, parts_of
from mlwarden.semantics.values import Function
from mlwarden.semantics.values import Reference as Outside

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.definitions import FunctionDefinition
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# Calls that make an agent -> how its framework asks a person first.
_AGENTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?:langchain|langgraph)[\w.]*\.(?:create_\w*agent|initialize_agent|AgentExecutor|ToolNode)"),
        "`HumanInTheLoopMiddleware(interrupt_on={{'{tool}': True}})` or `interrupt_before`",
    ),
    (re.compile(r"agents\.(?:agent\.)?Agent"), "`@function_tool(needs_approval=True)`"),
    (re.compile(r"pydantic_ai[\w.]*\.Agent"), "`requires_approval=True`"),
    (re.compile(r"google\.adk\.agents[\w.]*\.\w*Agent"), "`FunctionTool({tool}, require_confirmation=True)`"),
    (re.compile(r"(?:agno|phi)[\w.]*\.Agent"), "`@tool(requires_confirmation=True)`"),
    (
        re.compile(
            r"smolagents[\w.]*\.\w*Agent|crewai[\w.]*\.Agent|autogen_agentchat[\w.]*\.\w*Agent|haystack[\w.]*\.Agent"
            r"|llama_index[\w.]*\.(?:\w*Agent|AgentWorkflow)(?:\.from_tools(?:_or_functions)?)?|dspy\.(?:ReAct|CodeAct)"
        ),
        "a question to a person in the tool itself",
    ),
)
_PYDANTIC_TOOL = re.compile(r"pydantic_ai[\w.]*\.Agent\(\)\.tool(?:_plain)?(?:\(\))?")
_EFFECTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"os\.(?:remove|unlink|rmdir|removedirs)|shutil\.rmtree|send2trash\.\w+|pathlib\..*\(\)\.(?:unlink|rmdir)"
        ),
        "deletes files",
    ),
    (
        re.compile(
            r"smtplib\.\w+\(\)\.(?:sendmail|send_message)|aiosmtplib\.send|yagmail\.SMTP\(\)\.send|resend\.Emails\.send"
            r"|sendgrid\.\w+\(\)\.send|boto3\..*\.send_(?:raw_)?(?:bulk_)?email|django\.core\.mail\.send_mail"
        ),
        "sends mail",
    ),
    (
        re.compile(
            r"slack_sdk\..*\.chat_postMessage|twilio\.rest\.Client\(\)\.(?:messages|calls)\.create|tweepy\..*\.(?:create_tweet|update_status)"
            r"|telegram\..*\.send_\w+|praw\..*\.submit|boto3\..*\.publish"
        ),
        "sends messages",
    ),
    (
        re.compile(
            r"stripe\.(?:\w+\(\)\.)?(?:[\w.]*\.)?(?:Charge|PaymentIntent|Refund|Transfer|Payout|payment_intents|refunds|transfers|payouts"
            r"|charges)\.create|ccxt\..*\.create_\w*order|alpaca\..*\.submit_order|web3\..*\.send_(?:raw_)?transaction"
        ),
        "moves money",
    ),
    (re.compile(r"(?:requests|httpx)(?:\.\w+\(\))?\.(?:delete|put|patch)"), "changes things of a web service"),
    (
        re.compile(
            r"boto3\..*\.(?:delete_\w+|terminate_\w+|stop_\w+|reboot_\w+|delete)|kubernetes\..*\.delete_\w+|docker\..*\.(?:remove|kill|prune)"
        ),
        "deletes or stops things of the cloud",
    ),
    (re.compile(r"os\.kill|os\.killpg|psutil\.Process\(\)\.(?:kill|terminate)"), "stops programs"),
)
_CHANGES_ROWS = re.compile(r"\s*(?:DELETE|DROP|TRUNCATE|UPDATE|ALTER)\s", re.I)
_NAME = re.compile(
    r"(?:delete|drop|remove|erase|wipe|purge|destroy|send|transfer|pay|charge|refund|purchase|buy|deploy|shut_?down|terminate"
    r"|revoke|publish|execute_trade|place_order|cancel)(?:_\w+)?"
)
_ASKS = re.compile(r"(?:^|_)(?:input|confirm\w*|approv\w*|interrupt\w*|ask_\w+|human\w*|consent)(?:_|$)", re.I)
_GATED = re.compile(r"approv|confirm|human", re.I)
_HARMLESS = frozenset(
    {"", "print", "str", "len", "format", "info", "debug", "dumps", "loads", "get", "join", "append", "lower"}
)


@dataclass(frozen=True, slots=True)
class _Armed:
    """A function that an agent has as a tool: the agent's call, and how its framework asks a person."""

    definition: FunctionDefinition
    agent: CallSite | None
    advice: str


class ToolWithoutApproval(Rule):
    """A tool that destroys, sends or pays, which an agent may call without asking.

    ## Why is this bad?

    A model decides by what it reads, and it reads mail, pages and documents of others. One of them asks for a deletion
    or a payment, and the agent does it, with your rights and in your name. So does an agent that is merely wrong.

    ## How to fix

    Have a person approve such calls: `HumanInTheLoopMiddleware(interrupt_on={"delete_file": True})` of LangChain,
    `interrupt_before=["tools"]` of LangGraph (with a checkpointer), `@function_tool(needs_approval=True)` of the OpenAI
    Agents SDK, `requires_approval=True` of pydantic-ai. Or let the tool only propose what a person then does.

    ## When it is fine

    When what it deletes is the agent's own scratch data, and when what it sends stays with those who asked.

    ## Limits

    Only tools whose function stands in the same project as the agent are seen, and only what the function does with
    libraries that are known. Where only the name tells (`delete_account`), the finding has low confidence. Tools of
    MCP servers are left to the approval of the client.
    """

    code = "MLW425"
    name = "tool-without-approval"
    severity = Severity.MEDIUM
    triggers = (
        "tools",
        "tool",
        "tool_plain",
        "function_tool",
        "create_agent",
        "create_react_agent",
        "ToolNode",
        "initialize_agent",
    )
    cwe = (862,)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0101",)
    references = (
        Reference("OWASP LLM06:2025 Excessive Agency", "https://genai.owasp.org/llmrisk/llm062025-excessive-agency/"),
        Reference("LangChain: human in the loop", "https://docs.langchain.com/oss/python/langchain/human-in-the-loop"),
        Reference(
            "OpenAI Agents SDK: human in the loop", "https://openai.github.io/openai-agents-python/human_in_the_loop/"
        ),
    )
    examples = (
        Bad(
            """
            import shutil
            from langchain.agents import create_agent
            from langchain_core.tools import tool

            @tool
            def clean(project: int) -> str:
                ^^^^^
                \"\"\"Remove a project's files.\"\"\"
                shutil.rmtree(f"/srv/projects/{project}")
                return "done"

            agent = create_agent("openai:gpt-4o", tools=[clean])
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="The tool `clean` deletes files, and nobody is asked before the model calls it: ask a person first, by "
            "`HumanInTheLoopMiddleware(interrupt_on={'clean': True})` or `interrupt_before`",
        ),
        Bad(
            """
            import smtplib
            from agents import Agent, function_tool

            @function_tool
            def answer_mail(to: str, text: str) -> str:
                with smtplib.SMTP("localhost") as server:
                    server.sendmail("me@example.com", to, text)
                return "sent"

            agent = Agent(name="Clerk", tools=[answer_mail])
            """,
            message="The tool `answer_mail` sends mail, and nobody is asked before the model calls it: ask a person first, by "
            "`@function_tool(needs_approval=True)`",
        ),
        Bad(
            """
            import stripe
            from pydantic_ai import Agent

            agent = Agent("openai:gpt-4o")

            @agent.tool_plain
            def settle(charge: str) -> str:
                return stripe.Refund.create(charge=charge).status
            """,
        ),
        Bad(
            """
            import requests
            from langgraph.prebuilt import create_react_agent

            def change(id: int, text: str):
                _request(id, text)

            def _request(id, text):
                requests.put(f"https://example.com/items/{id}", json={"text": text})

            agent = create_react_agent(model, [change])
            """,
        ),
        Bad(
            """
            from langchain.agents import create_agent
            from langchain_core.tools import StructuredTool
            from shop.backend import accounts

            def delete_account(number: int) -> str:
                accounts.close(number)
                return "closed"

            agent = create_agent("openai:gpt-4o", tools=[StructuredTool.from_function(func=delete_account)])
            """,
            confidence=Confidence.LOW,
        ),
        Bad(
            """
            import sqlite3
            from smolagents import CodeAgent, tool

            @tool
            def forget(customer: int) -> str:
                \"\"\"Forget a customer.\"\"\"
                connection = sqlite3.connect("shop.db")
                connection.execute("DELETE FROM customers WHERE id = ?", (customer,))
                return "done"

            agent = CodeAgent(tools=[forget], model=model)
            """,
        ),
        Good(
            """
            import shutil
            from langchain.agents import create_agent
            from langchain.agents.middleware import HumanInTheLoopMiddleware
            from langchain_core.tools import tool

            @tool
            def clean(project: int) -> str:
                \"\"\"Remove a project's files.\"\"\"
                shutil.rmtree(f"/srv/projects/{project}")

            agent = create_agent(
                "openai:gpt-4o", tools=[clean], middleware=[HumanInTheLoopMiddleware(interrupt_on={"clean": True})]
            )
            """,
            because="a person is asked",
        ),
        Good(
            """
            import smtplib
            from agents import Agent, function_tool

            @function_tool(needs_approval=True)
            def answer_mail(to: str, text: str) -> str:
                with smtplib.SMTP("localhost") as server:
                    server.sendmail("me@example.com", to, text)

            agent = Agent(name="Clerk", tools=[answer_mail])
            """,
            because="the tool needs approval",
        ),
        Good(
            """
            import os
            from langgraph.prebuilt import create_react_agent
            from langgraph.types import interrupt

            def remove_file(name: str):
                if interrupt({"remove": name}) == "yes":
                    os.remove(name)

            agent = create_react_agent(model, tools=[remove_file], checkpointer=saver)
            """,
            because="the tool asks a person itself",
        ),
        Good(
            """
            import requests
            from agents import Agent, function_tool

            @function_tool
            def weather(city: str) -> str:
                return requests.get("https://example.com/weather", params={"city": city}).text

            agent = Agent(name="Helper", tools=[weather])
            """,
            because="the tool only reads",
        ),
        Good(
            """
            from agents import Agent, function_tool

            @function_tool
            def send_report(text: str) -> str:
                return f"sent: {text}"

            agent = Agent(name="Helper", tools=[send_report])
            """,
            because="the tool does nothing",
        ),
        Good(
            """
            import os
            from mcp.server.fastmcp import FastMCP

            mcp = FastMCP("files")

            @mcp.tool()
            def remove_file(name: str) -> str:
                os.remove(name)
            """,
            because="the client of an MCP server asks its user",
        ),
        Good(
            """
            import shutil
            from agents import Agent, function_tool

            def clean_up():
                shutil.rmtree("build")

            @function_tool
            def add(a: int, b: int) -> int:
                return a + b

            agent = Agent(name="Helper", tools=[add])
            clean_up()
            """,
            because="the program deletes, not the tool",
        ),
        Missed(
            """
            from agents import Agent
            from company.tools import delete_customer

            agent = Agent(name="Helper", tools=[delete_customer])
            """,
            because="the tool's function is not part of the project",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report the tools of agents that destroy, send or pay without a question."""
        seen: set[int] = set()
        for armed in _armed(model):
            definition = armed.definition
            if id(definition) in seen or definition.fragment.path is not None:
                continue
            seen.add(id(definition))
            if asked_elsewhere(model, definition.name) or _is_gated(definition) or _asks_at_all(model):
                continue
            found = _what_it_does(definition, model)
            if found is None or not isinstance(definition.node, cst.FunctionDef):
                continue
            does, sure = found
            yield self.finding(
                definition.fragment.span(definition.node.name),
                f"The tool `{definition.name}` {does}, and nobody is asked before the model calls it: ask a person first, by "
                f"{armed.advice.format(tool=definition.name)}",
                confidence=sure,
            )


def _armed(model: SemanticModel) -> Iterator[_Armed]:
    """The functions that agents of this document have as tools."""
    for call in model.calls:
        if call.fragment.path is not None:
            continue
        advice = next((how for form, how in _AGENTS if form.fullmatch(call.name)), None) if call.name else None
        if advice is not None:
            position = 0 if call.attribute in {"ToolNode", "initialize_agent", "from_tools"} else 1
            for value in (call.argument("tools", position), call.argument("functions")):
                for definition in _functions(value):
                    yield _Armed(definition, call, advice)
        definition_of = call.function
        if definition_of is not None and any(_PYDANTIC_TOOL.fullmatch(name) for name in definition_of.decorators):
            yield _Armed(definition_of, None, "`requires_approval=True`")


def _functions(value: Value) -> Iterator[FunctionDefinition]:
    """The functions among tools, also those within `Tool(func=f)`."""
    for part in parts_of(value):
        if isinstance(part, Function) and part.definition is not None:
            yield part.definition
        elif isinstance(part, Outside) and part.made_by is not None:
            made = part.made_by
            if any(_GATED.search(name) and made.argument(name).may_be_true() for name in made.keyword_names()):
                continue
            for argument in made.arguments:
                for option in argument.value.alternatives():
                    if isinstance(option, Function) and option.definition is not None:
                        yield option.definition


def _is_gated(definition: FunctionDefinition) -> bool:
    """Whether a decorator of the tool asks for approval."""
    node = definition.node
    if not isinstance(node, cst.FunctionDef):
        return False
    fragment = definition.fragment
    for decorator in node.decorators:
        span = fragment.span(decorator.decorator)
        if _GATED.search(fragment.text[span.start - fragment.start : span.end - fragment.start]):
            return True
    return False


def _asks_at_all(model: SemanticModel) -> bool:
    """Whether agents of this document ask a person before they go on (AutoGen's proxy, CrewAI's tasks)."""
    return any(
        call.argument("human_input").may_be(True)
        or (call.attribute == "UserProxyAgent" and not call.argument("human_input_mode").must_be("NEVER"))
        for call in (*model.calls_of("*.Task"), *model.calls_of("*.UserProxyAgent"))
    )


def _what_it_does(definition: FunctionDefinition, model: SemanticModel) -> tuple[str, Confidence] | None:
    """What a tool does that cannot be undone, if it does; None where it asks a person itself."""
    calls = list(_calls_within(definition, model))
    words = {word for call in calls for word in (call.attribute, call.name.rpartition(".")[2])}
    if any(_ASKS.search(word) for word in words):
        return None
    for call in calls:
        for form, does in _EFFECTS:
            if call.name and form.fullmatch(call.name):
                return does, Confidence.MEDIUM
        if call.attribute in {"execute", "executemany"} and any(
            _CHANGES_ROWS.match(text) for value in call.positional()[:1] for text in value.prefixes()
        ):
            return "changes rows of a database", Confidence.MEDIUM
    if _NAME.fullmatch(definition.name) and any(call.attribute not in _HARMLESS for call in calls):
        return "does what it is called", Confidence.LOW
    return None


def _calls_within(definition: FunctionDefinition, model: SemanticModel) -> Iterator[CallSite]:
    """The calls that a function makes, by itself or through functions of the project."""
    whole = definition.fragment.span(definition.node)
    for call in model.calls:
        if call.function is definition or any(step.path is None and _holds(whole, step.span) for step in call.context):
            yield call


def _holds(outer: Span, inner: Span) -> bool:
    return outer.cell == inner.cell and outer.start <= inner.start and inner.end <= outer.end
