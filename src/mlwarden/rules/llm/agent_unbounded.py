"""MLW426: agents that may go on without end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.semantics.prompts import asks_model
from mlwarden.semantics.values import Mapping

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.document_trees import DocumentTree
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# Calls whose limit can be switched off by None -> the limit, others that bound it as well.
_SWITCHED_OFF: tuple[tuple[re.Pattern[str], str, tuple[str, ...]], ...] = (
    (
        re.compile(r"langchain[\w.]*\.(?:AgentExecutor(?:\.from_agent_and_tools)?|initialize_agent|create_\w+_agent)"),
        "max_iterations",
        ("max_execution_time",),
    ),
    (re.compile(r"agents\.(?:run\.)?Runner\.(?:run|run_sync|run_streamed)"), "max_turns", ()),
)
# AutoGen's teams end only by one of these.
_TEAM = re.compile(r"autogen_agentchat\.teams\.(?:\w+\.)*(?:RoundRobinGroupChat|SelectorGroupChat|Swarm)")
_HIGHEST = 1_000
_WAITS = frozenset(
    """
    input raw_input recv receive receive_text receive_json accept poll wait readline chat_input ask prompt prompt_async
    get_nowait get_message listen next anext Prompt brpop blpop xread consume
    """.split()  # noqa: SIM905
)
_BOUND = re.compile(
    r"(?:^|_)(?:max\w*|limit\w*|budget\w*|deadline|remaining|attempts?|retries|turns?|steps?|rounds?|iterations?|count\w*|tries"
    r"|elapsed|timeout|cost|spent)(?:_|$)",
    re.I,
)


class AgentUnbounded(Rule):
    """An agent that may go on without end.

    ## Why is this bad?

    Each turn of an agent costs money, and a model that is confused, or led by a text it reads, never says that it is
    done. Without a limit it goes on until the account is empty or the service stands still.

    ## How to fix

    Give a limit: `max_iterations=10`, `max_turns=10`, a `termination_condition`, a counter in a loop of your own.

    ## When it is fine

    When something around the agent ends it: a timeout of the job, a budget of the account.

    ## Limits

    Limits that a library has by default are not asked for. A loop is reported only where it asks a model and neither
    waits for anybody nor compares anything that looks like a count, a time or a cost. Answers without `max_tokens`
    are not reported.

    ## Fix safety

    The fix is unsafe: tasks that need more turns than ten end early.
    """

    code = "MLW426"
    name = "agent-unbounded"
    severity = Severity.LOW
    default = False
    triggers = (
        "max_iterations",
        "max_turns",
        "recursion_limit",
        "RoundRobinGroupChat",
        "SelectorGroupChat",
        "Swarm",
        "@model",
    )
    cwe = (770, 835)
    owasp_llm = ("LLM10",)
    atlas = ("AML.T0034", "AML.T0029")
    references = (
        Reference(
            "OWASP LLM10:2025 Unbounded Consumption", "https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/"
        ),
        Reference(
            "AutoGen: termination",
            "https://microsoft.github.io/autogen/stable/user-guide/agentchat-user-guide/tutorial/termination.html",
        ),
    )
    examples = (
        Bad(
            """
            from langchain.agents import AgentExecutor

            executor = AgentExecutor(agent=agent, tools=tools, max_iterations=None)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            message="`AgentExecutor` with `max_iterations=None` goes on for as long as the model likes: give a limit",
            fixed="""
            from langchain.agents import AgentExecutor

            executor = AgentExecutor(agent=agent, tools=tools, max_iterations=10)
            """,
        ),
        Bad(
            """
            from agents import Runner

            LIMIT = None

            async def ask(agent, question):
                return await Runner.run(agent, question, max_turns=LIMIT)
                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from agents import Runner

            LIMIT = None

            async def ask(agent, question):
                return await Runner.run(agent, question, max_turns=10)
            """,
        ),
        Bad(
            """
            from autogen_agentchat.teams import RoundRobinGroupChat

            team = RoundRobinGroupChat([writer, critic])
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`RoundRobinGroupChat` has neither `max_turns` nor a `termination_condition`, and goes on for as long as "
            "its agents like: give one",
            fixed="""
            from autogen_agentchat.teams import RoundRobinGroupChat

            team = RoundRobinGroupChat([writer, critic], max_turns=10)
            """,
        ),
        Bad(
            """
            from langgraph.prebuilt import create_react_agent

            graph = create_react_agent(model, tools)
            graph.invoke({"messages": messages}, config={"recursion_limit": 100_000})
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from openai import OpenAI

            client = OpenAI()

            def run(messages):
                while True:
                ^^^^^^^^^^
                    reply = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS)
                    message = reply.choices[0].message
                    messages.append(message)
                    if not message.tool_calls:
                        return message.content
                    for call in message.tool_calls:
                        messages.append(run_tool(call))
            """,
            confidence=Confidence.LOW,
            message="This loop asks a model again for as long as the model likes: count the turns, and end after some",
        ),
        Good(
            """
            from agents import Runner
            from langchain.agents import AgentExecutor
            from autogen_agentchat.conditions import MaxMessageTermination
            from autogen_agentchat.teams import SelectorGroupChat, Swarm

            AgentExecutor(agent=agent, tools=tools)
            AgentExecutor(agent=agent, tools=tools, max_iterations=None, max_execution_time=60)
            Runner.run_sync(agent, "Hello")
            SelectorGroupChat([a, b], model_client=client, termination_condition=MaxMessageTermination(20))
            Swarm([a, b], max_turns=5)
            """,
            because="all of these have a limit, some by default",
        ),
        Good(
            """
            from openai import OpenAI

            client = OpenAI()

            while True:
                question = input("> ")
                print(client.responses.create(model="gpt-4o", input=question).output_text)
            """,
            because="a person sets the pace",
        ),
        Good(
            """
            from openai import OpenAI

            client = OpenAI()

            def run(messages):
                turns = 0
                while True:
                    reply = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS)
                    turns += 1
                    if turns > 10 or not reply.choices[0].message.tool_calls:
                        return reply
            """,
            because="the turns are counted",
        ),
        Good(
            """
            import time
            import openai

            client = openai.OpenAI()

            def ask(messages):
                while True:
                    try:
                        return client.chat.completions.create(model="gpt-4o", messages=messages)
                    except openai.RateLimitError:
                        time.sleep(5)
            """,
            because="it ends with the first answer",
        ),
        Good(
            """
            from langgraph.prebuilt import create_react_agent

            graph = create_react_agent(model, tools)
            graph.invoke({"messages": messages}, config={"recursion_limit": 50})
            """,
            because="a limit",
        ),
        Good(
            """
            def make(options):
                return AgentExecutor(max_iterations=None, **options)

            class AgentExecutor:
                def __init__(self, max_iterations=None):
                    self.max_iterations = max_iterations
            """,
            because="a class of the project's own",
        ),
        Missed(
            """
            from openai import OpenAI

            def step(messages):
                reply = OpenAI().responses.create(model="gpt-4o", input=messages)
                return step([*messages, reply]) if reply.output else messages
            """,
            because="a function that calls itself is not taken for a loop",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report limits that are switched off or out of reach, and loops around a model without one."""
        for call in model.calls:
            if call.fragment.path is None and call.name:
                yield from self._check(call)
        yield from self._loops(model)

    def _check(self, call: CallSite) -> Iterator[Finding]:
        shown = call.name.rpartition(".")[2] if "()" not in call.name else call.attribute
        for form, keyword, others in _SWITCHED_OFF:
            if not form.fullmatch(call.name) or not call.argument(keyword).must_be(None):
                continue
            if all(_is_off(call.argument(other)) for other in others):
                yield self.finding(
                    call.span,
                    f"`{shown}` with `{keyword}=None` goes on for as long as the model likes: give a limit",
                    confidence=Confidence.MEDIUM,
                    fixes=_limited(call, keyword),
                )
            return
        if _TEAM.fullmatch(call.name):
            if _is_off(call.argument("max_turns")) and _is_off(call.argument("termination_condition")):
                yield self.finding(
                    call.span,
                    f"`{shown}` has neither `max_turns` nor a `termination_condition`, and goes on for as long as its agents "
                    "like: give one",
                    confidence=Confidence.MEDIUM,
                    fixes=_limited(call, "max_turns"),
                )
            return
        limit = _recursion_limit(call)
        if limit is not None and limit > _HIGHEST:
            yield self.finding(
                call.span,
                f"`{shown}` with a `recursion_limit` of {limit:,} goes on for as long as the model likes: give one that an "
                "ordinary task needs",
                confidence=Confidence.MEDIUM,
            )

    def _loops(self, model: SemanticModel) -> Iterator[Finding]:
        asking = [call for call in model.calls if call.fragment.path is None and call.attribute and asks_model(call)]
        if not asking:
            return
        for part in model.trees:
            for node in ast.walk(part.tree):
                if isinstance(node, ast.While) and _is_endless(node):
                    whole = part.span(node)
                    if any(_stands_in(call, whole) for call in asking):
                        yield self.finding(
                            _head(part, node),
                            "This loop asks a model again for as long as the model likes: count the turns, and end after "
                            "some",
                            confidence=Confidence.LOW,
                        )


def _is_off(value: Value) -> bool:
    return value.is_absent or value.must_be(None)


def _limited(call: CallSite, keyword: str) -> Iterator[Fix]:
    edit = call.set_argument(keyword, "10")
    if edit is not None:
        yield Fix(f"Give `{keyword}=10`", (edit,), Applicability.UNSAFE, "tasks that need more turns end early")


def _recursion_limit(call: CallSite) -> int | None:
    """LangGraph's limit of steps, as a keyword or in the configuration."""
    if not call.name.startswith(("langgraph", "langchain")):
        return None
    values = [call.argument("recursion_limit")]
    for config in (call.argument("config", 1), *call.positional()[:1]):
        values += [option.get("recursion_limit") for option in config.alternatives() if isinstance(option, Mapping)]
    numbers = [number for value in values for number in value.constants() if type(number) is int]
    return max(numbers, default=None)


def _is_endless(loop: ast.While) -> bool:
    """Whether nothing but the model's answer ends a loop: nobody is waited for, nothing is counted."""
    if not (isinstance(loop.test, ast.Constant) and loop.test.value):
        return False
    if _ends_at_once(loop.body):
        return False
    for node in ast.walk(loop):
        if isinstance(node, ast.Call) and _waits(node):
            return False
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return False
        if isinstance(node, ast.Compare) and any(_bounds(part) for part in ast.walk(node)):
            return False
    return True


def _ends_at_once(body: list[ast.stmt]) -> bool:
    """Whether the first way through ends the loop: `while True: try: return ask() except Busy: wait()`."""
    for statement in body:
        if isinstance(statement, (ast.Break, ast.Return)):
            return True
        if isinstance(statement, (ast.Try, ast.With, ast.AsyncWith)) and _ends_at_once(statement.body):
            return True
        if isinstance(statement, ast.Try) and _ends_at_once(statement.orelse):
            return True
    return False


def _waits(node: ast.Call) -> bool:
    """Whether a call waits for somebody: `input()`, `queue.get()`, but not `answer.get("text")`."""
    last = _last(node.func)
    return last in _WAITS or (last == "get" and not node.args)


def _bounds(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return _last(node.func) in {"len", "time", "monotonic", "perf_counter", "now"}
    return isinstance(node, (ast.Name, ast.Attribute)) and _BOUND.search(_last(node)) is not None


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _stands_in(call: CallSite, whole: Span) -> bool:
    spans = [call.span, *(step.span for step in call.context if step.path is None)]
    return any(span.cell == whole.cell and whole.start <= span.start and span.end <= whole.end for span in spans)


def _head(part: DocumentTree, loop: ast.While) -> Span:
    """`while True`."""
    return Span(part.span(loop).start, part.span(loop.test).end, part.cell)
