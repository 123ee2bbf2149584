"""Functions whose parameters somebody outside fills: web routes, tools of a model, handlers of a demo, commands; as data."""

from __future__ import annotations

import re
from functools import lru_cache

from mlwarden.semantics.sources import Source

# Decorators whose function gets data from outside in its parameters.
_ROUTE = re.compile(
    r"(?:fastapi\.(?:FastAPI|APIRouter)|starlette\.\w+|flask\.(?:Flask|Blueprint)|quart\.\w+|sanic\.\w+|bottle\.\w*|litestar"
    r"|aiohttp\.web\.RouteTableDef)(?:\(\))?\.(?:get|post|put|patch|delete|route|websocket|api_route|head|options)\(\)"
    r"|chainlit\.on_message|bentoml\.api(?:\(\))?|bentoml\.Service\(\)\.api\(\)|functions_framework\.(?:http|cloud_event)"
    r"|modal\.(?:web_endpoint|fastapi_endpoint)\(\)|slack_bolt\.(?:async_app\.Async)?App\(\)\.(?:event|message|command|action)\(\)"
    r"|(?:discord|nextcord)\..*\.(?:command|event)(?:\(\))?|telebot\.TeleBot\(\)\.message_handler\(\)"
    r"|gradio\..*\(\)\.(?:click|submit|change|upload|input|select|release|then|success|load)\(\)"
)
_OPTION = re.compile(
    r"(?:click|rich_click|asyncclick|typer)\.(?:command|group|option|argument)\(\)|click\..*\.command\(\)|typer\.Typer\(\)\.(?:command|callback)\(\)"
)
_TOOL = re.compile(
    r"(?:langchain[\w.]*|langchain_core\.tools|smolagents|crewai[\w.]*|llama_index[\w.]*|agents|autogen[\w.]*"
    r"|haystack[\w.]*|pydantic_ai[\w.]*)\.(?:tool|function_tool|tool_plain)(?:\(\))?"
    r"|(?:mcp[\w.]*|fastmcp)\.\w*(?:\(\))\.tool(?:\(\))?"
    r"|pydantic_ai\.Agent\(\)\.(?:tool|tool_plain)(?:\(\))?"
    r"|autogen\.\w+\(\)\.register_for_(?:execution|llm)\(\)|semantic_kernel\.functions\.kernel_function(?:\(\))?"
    r"|google\.adk\.tools\.\w+(?:\(\))?|mirascope\.\w*\.?tool(?:\(\))?|agno\.tools\.tool(?:\(\))?"
)
# Methods that a model calls with arguments it chose: base class -> methods.
_TOOL_METHODS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"(?:langchain|crewai)[\w.]*\.(?:\w*BaseTool|Tool|StructuredTool)"), frozenset(["_run", "_arun"])),
    (re.compile(r"smolagents\.(?:\w+\.)?Tool"), frozenset(["forward"])),
    (re.compile(r"llama_index[\w.]*\.(?:\w*BaseTool|AsyncBaseTool)"), frozenset(["call", "acall", "__call__"])),
    (re.compile(r"autogen_core[\w.]*\.BaseTool"), frozenset(["run"])),
    (re.compile(r"qwen_agent[\w.]*\.BaseTool"), frozenset(["call"])),
)
_REQUEST_METHODS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"litserve\.LitAPI"), frozenset(["decode_request", "predict"])),
    (re.compile(r"ts\.torch_handler[\w.]*"), frozenset(["handle", "preprocess", "inference"])),
)

_VISITOR = Source("request", "a visitor's input, handed over by Gradio")
CHOSEN = Source("tool", "an argument that the model chooses for this tool")
# Calls that register a function: what its parameters will hold, and where the function stands among the arguments.
_REGISTRARS: tuple[tuple[re.Pattern[str], Source, int, str], ...] = (
    (re.compile(r"gradio\.(?:Interface|ChatInterface)"), _VISITOR, 0, "fn"),
    (
        re.compile(
            r"gradio\..*\(\)\.(?:click|submit|change|upload|input|select|release|then|success|blur|focus|stop_recording)"
        ),
        _VISITOR,
        0,
        "fn",
    ),
    (re.compile(r"langchain[\w.]*\.Tool"), CHOSEN, 1, "func"),
    (re.compile(r"langchain[\w.]*\.(?:Structured)?Tool\.from_function"), CHOSEN, 0, "func"),
    (re.compile(r"langchain[\w.]*\.StructuredTool"), CHOSEN, -1, "func"),
    (re.compile(r"langchain[\w.]*\.tool|smolagents\.tool|crewai[\w.]*\.tool|agents\.function_tool"), CHOSEN, 0, ""),
    (re.compile(r"llama_index[\w.]*\.FunctionTool\.from_defaults"), CHOSEN, 0, "fn"),
    (re.compile(r"(?:autogen|ag2)\.(?:agentchat\.)?register_function"), CHOSEN, 0, "f"),
    (re.compile(r"autogen_core\.tools\.FunctionTool"), CHOSEN, 0, "func"),
    (re.compile(r"(?:mcp[\w.]*|fastmcp)\.\w+\(\)\.add_tool|mcp[\w.]*\.Tool\.from_function"), CHOSEN, 0, "fn"),
    (re.compile(r"pydantic_ai[\w.]*\.Tool"), CHOSEN, 0, "function"),
    (re.compile(r"haystack\.tools\.(?:Tool|create_tool_from_function)"), CHOSEN, 0, "function"),
    (re.compile(r"google\.adk\.tools\.FunctionTool"), CHOSEN, 0, "func"),
    (re.compile(r"dspy\.Tool"), CHOSEN, 0, "func"),
)
# Calls that take a list of functions as `tools=`.
_TAKES_TOOLS = re.compile(
    r"(?:langchain|langgraph|pydantic_ai|google|vertexai|autogen_agentchat|autogen|llama_index|dspy|ollama|transformers"
    r"|agno|phi|haystack|semantic_kernel)[\w.()]*"
)


def source_of_parameters(decorators: tuple[str, ...], method: str = "", bases: tuple[str, ...] = ()) -> Source | None:
    """The source that the parameters of a function are, if they are one.

    Args:
        decorators: the function's decorators.
        method: its name.
        bases: the outside bases of its class.
    """
    for name in decorators:
        if _ROUTE.fullmatch(name):
            return Source("request", "a parameter of a web route, set by the request")
        if _TOOL.fullmatch(name):
            return Source("tool", "a parameter of a tool, chosen by the model")
        if _OPTION.fullmatch(name):
            return Source("cli", "given on the command line")
    for table, source in (
        (_TOOL_METHODS, Source("tool", "a parameter of a tool, chosen by the model")),
        (_REQUEST_METHODS, Source("request", "what the client of the served model sends")),
    ):
        for base, methods in table:
            if method in methods and any(base.fullmatch(name) for name in bases):
                return source
    return None


@lru_cache(maxsize=4096)
def registered(name: str) -> tuple[Source, int, str] | None:
    """For a call that registers a function: what its parameters will hold, its position (-1 for none), its keyword."""
    if "gradio" not in name and "ool" not in name and "register_function" not in name:
        return None
    return next(
        ((source, place, word) for form, source, place, word in _REGISTRARS if form.fullmatch(name)),
        None,
    )


@lru_cache(maxsize=4096)
def takes_tools(name: str) -> bool:
    """Whether a call's `tools=[...]` are functions that a model will call."""
    return _TAKES_TOOLS.fullmatch(name) is not None
