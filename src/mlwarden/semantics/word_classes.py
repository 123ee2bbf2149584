"""Classes of identifiers that a rule may name among its triggers, where no list of words would do.

`@secret` stands for any name that says its value is a secret: `hf_token`, `OPENAI_API_KEY`, `password`. `@model`
stands for any without which no language model's output and no retrieved document is known: modules of providers and
frameworks, `llm`, `completions`; `@tool` for any without which no function is a model's tool; `@request` for any
without which nothing comes from a web request, a visitor of a demo, or a person at the keyboard. `@personal` stands
for names of personal data, `@table` for those of data frames and their libraries, `@sql` for statements of SQL in the
text of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_MODEL = (
    r"openai|anthropic|claude|llm|langchain|langgraph|llama|mistral|groq|together|fireworks|cerebras|aisuite|instructor"
    r"|portkey|langfuse|deepseek|xai_sdk|zhipu|zai|sambanova|nebius|huggingface_hub|ai21|perplexity|genai|generativeai"
    r"|vertexai|cohere|transformers|boto3|ai\.inference|replicate|gpt4all|mlx_lm|watsonx|dashscope|guidance|dspy|haystack"
    r"|pydantic_ai|crewai|autogen|ag2|smolagents|semantic_kernel|sglang|outlines|agno|\bphi\b|magentic|agents\b"
    r"|completion|responses|beta|generate_content|chroma|qdrant|pinecone|weaviate|tavily|duckduckgo|ddgs|wikipedia"
    r"|googlesearch|serpapi|trafilatura|newspaper|chat_?model|chatmodel|language_model|(?:\b|_)lm(?:\b|_)|qa_chain|rag_chain"
    r"|agent_executor|query_engine|chat_engine|code_?agent|inference"
)
_TOOL = r"tool|kernel_function|register_for_|register_function"
_REQUEST = (
    r"flask|fastapi|starlette|quart|sanic|bottle|django|aiohttp|tornado|litestar|gradio|streamlit|chainlit|bentoml|modal"
    r"|litserve|functions_framework|slack_bolt|request|websocket|\binput\s*\(|raw_input|stdin|cherrypy|torch_handler|telebot"
    r"|discord|\bpost\b|\broute\b|http\.server|BaseHTTP"
)
_PERSONAL = (
    r"mail|phone|ssn|social|national|passport|licen[cs]e|iban|card|cvv|ccn|bank|birth|dob\b|mobile|tax|address|patient|medical"
    r"|mrn|name|whatsapp|telefon|fax|nino|nhs|aadha|cpf|dni|curp|bsn|codice|personnummer|identi|insurance|account|routing"
    r"|geburt|fecha|vorname|correo|cvc|\btel\b|addr|\bip\b|_ip\b|pan"
)
_TABLE = r"pandas|modin|cudf|dask|xarray|swifter|polars|numexpr"
_SQL = (
    rb"\bselect\s[^;]{1,300}?\sfrom\b|\binsert\s+into\b|\bupdate\s[^;]{1,200}?\sset\b|\bdelete\s+from\b|\bmerge\s+into\b"
    rb"|\b(?:drop|create|alter|truncate)\s+(?:or\s+replace\s+)?(?:temp\w*\s+)?(?:table|view|index|schema|database|user|role)\b"
    rb"|\bwhere\s+[\w.\"`{]+\s*(?:=|<|>|!|like\b|in\b)|\bwith\s+\w+\s+as\s*\(|\bcopy\s+\w+\s+from\b|\bpragma\s|\bgrant\s|\bcall\s+\w"
)
# What the bytes of a file must hold for one of its identifiers to be of the class.
_STEMS = {
    "@secret": re.compile(rb"key|token|secret|passw|passphrase|pwd|_pat\b|credential", re.IGNORECASE),
    "@model": re.compile(_MODEL.encode(), re.IGNORECASE),
    "@tool": re.compile(_TOOL.encode(), re.IGNORECASE),
    "@request": re.compile(_REQUEST.encode(), re.IGNORECASE),
    "@personal": re.compile(_PERSONAL.encode(), re.IGNORECASE),
    "@table": re.compile(rf"{_TABLE}|df|frame".encode(), re.IGNORECASE),
    "@sql": re.compile(_SQL, re.IGNORECASE),
}
# Of the words in it, those that are part of other names as well (`guidance_scale`, `lm_head`) count as a whole only, and
# what only fetches or loads a model (`transformers`, `huggingface_hub`) counts by what makes it answer.
_MODEL_NAME = re.compile(
    r"\w*(?:openai|anthropic|claude|llm|langchain|langgraph|llama_?index|llama_cpp|llama_stack|mistralai|groq|fireworks|cerebras"
    r"|aisuite|portkey|langfuse|deepseek|xai_sdk|zhipu|sambanova|nebius|inferenceclient|ai21|perplexity|genai|generativeai"
    r"|vertexai|cohere|boto3|gpt4all|ctransformers|mlx_lm|watsonx|dashscope|dspy|haystack|pydantic_ai|crewai|autogen|smolagents"
    r"|semantic_kernel|sglang|agno|magentic|ollama|completion|generate_content|chroma|qdrant|pinecone|weaviate|tavily"
    r"|duckduckgo|ddgs|wikipedia|googlesearch|serpapi|trafilatura|chat_?model|qa_chain|rag_chain|agent_executor|query_engine"
    r"|chat_engine|code_?agent)\w*"
    r"|together|replicate|instructor|guidance|outlines|phi|zai|responses|beta|inference|lm|language_model|agents|ag2|newspaper"
    r"|generate|pipeline|batch_decode",
    re.IGNORECASE,
)
# How a function becomes a tool: decorators, base classes, wrappers, lists; not all that speaks of tools (`tool_calls`).
_TOOL_NAME = re.compile(
    r"(?:\w*_)?tools?(?:_plain|_from_function)?|\w*Tools?|kernel_function|register_for_\w+|register_function"
)
_TABLE_NAME = re.compile(rf"{_TABLE}|(?:^|_)df\d*(?:_|$)|frame", re.IGNORECASE)
_REQUEST_NAME = re.compile(
    _REQUEST.replace(r"http\.server", "server").replace(r"\binput\s*\(", r"\binput\b"), re.IGNORECASE
)


def in_bytes(word: str, content: bytes) -> bool | None:
    """Whether a file may hold an identifier of a class; None if the word names no class."""
    stems = _STEMS.get(word)
    return None if stems is None else stems.search(content) is not None


def among(word: str, names: Iterable[str]) -> bool:
    """Whether one of the identifiers is of the class that the word names."""
    belongs = _CLASSES.get(word)
    return belongs is not None and any(map(belongs, names))


@lru_cache(maxsize=65536)
def _is_secret(name: str) -> bool:
    from mlwarden.semantics.secret_sources import NAMED_SECRET, is_secret_variable

    # Names of environment variables are written in capitals; in others, `key` and `token` are ordinary words.
    return NAMED_SECRET.fullmatch(name) is not None or (name.isupper() and is_secret_variable(name))


@lru_cache(maxsize=65536)
def _is_of_a_model(name: str) -> bool:
    return _MODEL_NAME.fullmatch(name) is not None


@lru_cache(maxsize=65536)
def _is_of_a_tool(name: str) -> bool:
    return _TOOL_NAME.fullmatch(name) is not None


@lru_cache(maxsize=65536)
def _is_of_a_request(name: str) -> bool:
    return _REQUEST_NAME.search(name) is not None


@lru_cache(maxsize=65536)
def _is_personal(name: str) -> bool:
    from mlwarden.semantics.personal_identifiers import is_personal
    from mlwarden.semantics.personal_names import kind_of_name

    return is_personal(name, column=True) or bool(kind_of_name(name))


@lru_cache(maxsize=65536)
def _is_of_a_table(name: str) -> bool:
    return _TABLE_NAME.search(name) is not None


_CLASSES: dict[str, Callable[[str], bool]] = {
    "@secret": _is_secret,
    "@model": _is_of_a_model,
    "@tool": _is_of_a_tool,
    "@request": _is_of_a_request,
    "@personal": _is_personal,
    "@table": _is_of_a_table,
    "@sql": lambda name: True,  # text is no identifier: the bytes have told
}
