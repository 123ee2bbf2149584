"""What a program says to a language model, text by text, with the role in which it says it.

Keywords and positions are those of openai 3, anthropic 2, google-genai, langchain 1, langgraph, llama_index 0.14,
openai-agents 0.24, pydantic-ai, autogen 0.7, smolagents 1.26, haystack 2 and semantic-kernel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from mlwarden.semantics import llm_calls
from mlwarden.semantics.values import Mapping, Sequence, Text, Value

if TYPE_CHECKING:
    from mlwarden.model.spans import Span
    from mlwarden.semantics.calls import CallSite

SYSTEM = "system"
USER = "user"
_ROLES = {"system": SYSTEM, "developer": SYSTEM, "user": USER, "human": USER}

# Keywords that hold instructions, in calls that ask a model and in those that make an agent.
_INSTRUCTIONS = ("system", "instructions", "system_prompt", "system_message", "system_instruction", "developer_message")
# Keywords that hold what the user says, as a text.
_SAID = ("prompt", "input", "contents", "user_prompt", "prompts", "question", "query", "task", "message")
_AGENT = re.compile(
    r"agents\.(?:agent\.)?Agent|agents\.realtime\.RealtimeAgent|pydantic_ai\.(?:agent\.)?Agent"
    r"|(?:langchain|langgraph|deepagents)[\w.]*\.create_(?:\w+_)?agent"
    r"|(?:autogen|ag2)[\w.]*\.\w*Agent|llama_index[\w.]*\.\w*(?:Agent|AgentWorkflow|Engine)(?:\.from_\w+)?"
    r"|llama_index[\w.]*\.as_chat_engine|semantic_kernel[\w.]*\.(?:\w*Agent|ChatHistory)|google\.adk\.agents[\w.]*\.\w*Agent"
    r"|google\.genai\.types\.(?:GenerateContentConfig|LiveConnectConfig)|(?:google\.generativeai|vertexai)[\w.]*\.GenerativeModel"
    r"|(?:agno|phi)[\w.]*\.Agent|haystack[\w.]*\.Agent|smolagents[\w.]*\.\w*Agent"
    r"|llama_index[\w.]*\.llms\.\w+(?:\.\w+)?|openai\..*\.(?:assistants|threads\.runs)\.(?:create|update|stream)"
)
# Messages of a class of their own, and methods that take one message: the text is the first argument.
_MESSAGE = re.compile(
    r"(?P<system>(?:langchain|langgraph)[\w.]*\.SystemMessage(?:PromptTemplate\.from_template)?"
    r"|autogen_core\.models\.SystemMessage|azure\.ai\.inference\.models\.(?:System|Developer)Message"
    r"|haystack[\w.]*\.ChatMessage\.from_system|pydantic_ai[\w.]*\.SystemPromptPart|xai_sdk\.chat\.system"
    r"|mistralai[\w.]*\.SystemMessage|semantic_kernel[\w.]*\.ChatHistory\(\)\.add_(?:system|developer)_message)"
    r"|(?P<user>(?:langchain|langgraph)[\w.]*\.HumanMessage(?:PromptTemplate\.from_template)?"
    r"|autogen_core\.models\.UserMessage|haystack[\w.]*\.ChatMessage\.from_user|xai_sdk\.chat\.user"
    r"|azure\.ai\.inference\.models\.UserMessage|mistralai[\w.]*\.UserMessage"
    r"|semantic_kernel[\w.]*\.ChatHistory\(\)\.add_user_message)"
)
# A message whose role is an argument: `ChatMessage(role="system", content=...)`.
_ROLED = re.compile(
    r"(?:llama_index|langchain|smolagents|semantic_kernel|mistralai)[\w.]*\.(?:ChatMessage(?:Content)?)"
)
# Calls that take a list of messages without asking a model.
_TAKES_MESSAGES = re.compile(
    r"(?:.*\.)?apply_chat_template|langchain[\w.]*\.ChatPromptTemplate(?:\.from_messages)?|.*\.threads\.messages\.create"
)
_MAX_DEPTH = 4

TRIGGERS: tuple[str, ...] = (
    *_INSTRUCTIONS,
    "messages",
    "completions",
    "completion",
    "acompletion",
    "invoke",
    "ainvoke",
    "chat",
    "create_chat_completion",
    "chat_completion",
    "apply_chat_template",
    "pipeline",
    "Runner",
    "SystemMessage",
    "SystemMessagePromptTemplate",
    "ChatPromptTemplate",
    "ChatMessage",
    "ChatMessageContent",
    "SystemPromptPart",
    "add_system_message",
    "add_developer_message",
    "kickoff",
)
"""What a rule that asks for prompts needs among its triggers."""


@dataclass(frozen=True, slots=True)
class Said:
    """One text that is said to a model.

    Attributes:
        role: `SYSTEM`, `USER` or "" (another).
        text: the text.
        span: where the text is written in this call; the call where it is written elsewhere.
        role_node: the literal that names the role, where it is written in this call.
    """

    role: str
    text: Value
    span: Span
    role_node: cst.SimpleString | None = None


def asks_model(call: CallSite) -> bool:
    """Whether a call asks a language model."""
    if call.name:
        if call.name.endswith((".decode", ".batch_decode")):
            return False
        if llm_calls.answers(call.name):
            return True
        urls = call.argument("url", 0).prefixes() if call.attribute in {"post", "request", "stream"} else ()
        return any(llm_calls.is_model_service(url) for url in urls)
    # To get hold of what is written costs more than all the rest.
    return bool(call.attribute) and llm_calls.may_answer(call.attribute) and llm_calls.answers_by_form(call.written)


class _Form(NamedTuple):
    """What a qualified name alone says: the role of the message it makes ("" for none), and what else it may take."""

    role: str
    has_role: bool
    is_agent: bool
    takes_messages: bool


@lru_cache(maxsize=4096)
def _form_of(name: str) -> _Form:
    message = _MESSAGE.fullmatch(name)
    return _Form(
        role="" if message is None else SYSTEM if message["system"] else USER,
        has_role=_ROLED.fullmatch(name) is not None,
        is_agent=_AGENT.fullmatch(name) is not None,
        takes_messages=_TAKES_MESSAGES.fullmatch(name) is not None,
    )


def said(call: CallSite) -> Iterator[Said]:
    """What a call says to a model, or prepares to be said: messages, instructions, prompts."""
    form = _form_of(call.name)
    if form.role:
        role = form.role
        for keyword in ("content", "text", "template", "prompt"):
            if not (value := call.argument(keyword, 0 if keyword == "content" else None)).is_absent:
                yield from _texts(call, role, value, _node(call, keyword, 0 if keyword == "content" else None))
        return
    if form.has_role:
        role = _role(call.argument("role", 0))
        yield from _texts(call, role, call.argument("content", 1), _node(call, "content", 1), _node(call, "role", 0))
        return
    asking = asks_model(call)
    if asking or form.is_agent:
        for keyword in _INSTRUCTIONS:
            value = call.argument(keyword)
            if not value.is_absent:
                yield from _texts(call, SYSTEM, value, _node(call, keyword, None))
    if asking or form.takes_messages:
        yield from _conversations(call)


def _conversations(call: CallSite) -> Iterator[Said]:
    """The messages in the arguments of a call that asks a model; a plain text is the user's."""
    position = -1
    place = 1 if call.name.startswith("agents.Runner.") else 0  # after the agent
    for argument in call.arguments:
        position += not argument.keyword and not argument.star
        if argument.keyword in _INSTRUCTIONS or argument.star == "*":
            continue
        node = argument.node.value if argument.node is not None and not argument.star else None
        if argument.star == "**" and isinstance(argument.value, Mapping):
            for key, value in argument.value.items:
                if key in _INSTRUCTIONS:
                    continue
                yield from _messages(call, value, None, 0)
            continue
        plain = argument.keyword in _SAID or (not argument.keyword and position == place)
        if plain and not _is_structured(argument.value):
            yield Said(USER, argument.value, _span(call, node))
            continue
        yield from _messages(call, argument.value, node, 0)


def _is_structured(value: Value) -> bool:
    return any(isinstance(option, (Sequence, Mapping)) for option in value.alternatives())


def _messages(call: CallSite, value: Value, node: cst.BaseExpression | None, depth: int) -> Iterator[Said]:
    """The messages in a value: a list of them, one of them, or a mapping that holds them."""
    if depth > _MAX_DEPTH:
        return
    options = value.alternatives()
    if len(options) > 1:
        node = None
    for option in options:
        if isinstance(option, Sequence):
            pair = _pair(option)
            if pair is not None:
                elements = _elements(node)
                content = elements.get(1)
                role = elements.get(0)
                yield from _texts(call, pair[0], pair[1], content, role)
                continue
            elements = _elements(node)
            for index, item in enumerate(option.items):
                yield from _messages(call, item, elements.get(index), depth + 1)
        elif isinstance(option, Mapping):
            entries = _entries(node)
            keys = {key for key, _ in option.items}
            if "role" in keys:
                yield from _texts(
                    call,
                    _role(option.get("role")),
                    option.get("content"),
                    entries.get("content"),
                    entries.get("role"),
                )
                continue
            for key, item in option.items:
                if key in _INSTRUCTIONS and isinstance(key, str):
                    yield from _texts(call, SYSTEM, item, entries.get(key))
                elif key in {"messages", "input", "contents", "inputs"}:
                    if _is_structured(item):
                        yield from _messages(call, item, entries.get(str(key)), depth + 1)
                    else:
                        yield Said(USER, item, _span(call, entries.get(str(key))))


def _texts(
    call: CallSite,
    role: str,
    value: Value,
    node: cst.BaseExpression | None,
    role_written: cst.BaseExpression | None = None,
) -> Iterator[Said]:
    """The texts of one message: its content, or the text parts of it."""
    role_node = role_written if isinstance(role_written, cst.SimpleString) else None
    parts = [option for option in value.alternatives() if isinstance(option, Sequence)]
    if not parts:
        if not value.is_absent:
            yield Said(role, value, _span(call, node), role_node)
        return
    for option in parts:
        elements = _elements(node)
        for index, item in enumerate(option.items):
            if isinstance(item, Mapping):
                entries = _entries(elements.get(index))
                text = item.get("text")
                if not text.is_absent:
                    yield Said(role, text, _span(call, entries.get("text")), role_node)
            else:
                yield Said(role, item, _span(call, elements.get(index)), role_node)


def _pair(value: Sequence) -> tuple[str, Value] | None:
    """Role and text of `("system", "...")`, as LangChain writes messages."""
    if value.kind != "tuple" or not value.complete or len(value.items) != 2:
        return None
    first = value.items[0].string()
    return (_ROLES.get(first, ""), value.items[1]) if first is not None else None


def _role(value: Value) -> str:
    found = {_ROLES.get(text.lower(), "") for text in value.strings()}
    found |= {_ROLES.get(name.rpartition(".")[2].lower(), "") for name in value.names()}
    return found.pop() if len(found) == 1 else ""


def woven(value: Value) -> bool:
    """Whether a text was made of words of the program and of data: by an f-string, `+`, `%`, `format`, `join`."""
    return any(
        isinstance(option, Text)
        and bool(option.taints)
        and any(part is not None and any(map(str.isalpha, part)) for part in option.parts)
        for option in value.alternatives()
    )


# --- where it is written ---------------------------------------------------------------------------------------------


def _span(call: CallSite, node: cst.BaseExpression | None) -> Span:
    return call.span if node is None else call.fragment.span(node)


def _node(call: CallSite, keyword: str, position: int | None) -> cst.BaseExpression | None:
    argument = call.argument_node(keyword, position)
    return None if argument is None else argument.value


def _elements(node: cst.BaseExpression | None) -> dict[int, cst.BaseExpression]:
    """The elements of a list or tuple display, up to the first `*x`."""
    found: dict[int, cst.BaseExpression] = {}
    if isinstance(node, (cst.List, cst.Tuple)):
        for index, element in enumerate(node.elements):
            if isinstance(element, cst.StarredElement):
                break
            found[index] = element.value
    return found


def _entries(node: cst.BaseExpression | None) -> dict[str, cst.BaseExpression]:
    """The values of a dict display by literal key, or of `dict(key=...)`."""
    found: dict[str, cst.BaseExpression] = {}
    if isinstance(node, cst.Dict):
        for element in node.elements:
            if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
                key = element.key.evaluated_value
                if isinstance(key, str):
                    found[key] = element.value
    return found


__all__ = ["SYSTEM", "TRIGGERS", "USER", "Said", "asks_model", "said", "woven"]
