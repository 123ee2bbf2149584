"""Taint sources, propagators and neutral calls, as data.

The kinds: "llm" (model output), "tool" (arguments a model chose), "retrieval" (retrieved documents), "network"
(downloaded data), "request" (a web request), "input" (a person's input), "cli" (command line), "environment",
"secret".
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of taint and the sentence that introduces it in a trace."""

    kind: str
    note: str


_LLM_CALLS = (
    r"(?:openai|litellm|groq|together|mistralai|fireworks)\b.*\b(?:chat\.completions|completions|responses|beta\.chat\.completions)"
    r"\.(?:with_raw_response\.)?(?:create|parse|stream)",
    r"openai\.(?:ChatCompletion|Completion|Edit)\.a?create",
    r"anthropic\..*\bmessages\.(?:create|parse|stream)",
    r"anthropic\..*\bcompletions\.create",
    r"google\.(?:genai|generativeai)\b.*\b(?:generate_content|generate_content_stream|send_message|generate_text|chat)"
    r"(?:_async)?",
    r"vertexai\b.*\b(?:generate_content|predict|send_message)(?:_async)?",
    r"litellm\.a?(?:completion|text_completion|responses)",
    r"mistralai\..*\bchat(?:\.(?:complete|stream)(?:_async)?)?",
    r"cohere\..*\b(?:chat|chat_stream|generate)",
    r"ollama\..*\b(?:chat|generate)|ollama\.(?:chat|generate)",
    r"huggingface_hub\.(?:Async)?InferenceClient\(\)\.(?:chat_completion|text_generation|chat\.completions\.create)",
    r"transformers\.pipeline\(\)(?:\.__call__)?",
    r"transformers\..*\.(?:batch_decode|decode)",
    r"transformers\..*\.generate",
    r"vllm\.LLM\(\)\.(?:generate|chat)",
    r"(?:langchain|langgraph|llama_index|dspy|haystack|instructor|pydantic_ai|crewai|autogen|autogen_agentchat|smolagents"
    r"|agents|guidance|llama_cpp|replicate|gpt4all|ctransformers|boto3)[\w.]*\(.*\."
    r"(?:a?invoke|a?run|run_sync|run_stream|run_streamed|a?predict(?:_messages)?|a?call|a?generate|a?stream|a?batch"
    r"|a?query|a?chat|a?complete|stream_chat|stream_complete|kickoff(?:_async)?|initiate_chat|generate_reply"
    r"|generate_response|create_chat_completion|create_completion|converse|invoke_model|forward)",
    r"(?:agents)\.Runner\.run(?:_sync|_streamed)?",
    r"replicate\.run",
)
_LLM = re.compile("|".join(f"(?:{pattern})" for pattern in _LLM_CALLS))
# Calling the object itself: `llm("...")`, `pipe(prompt)`, `chain(x)`.
_LLM_OBJECTS = re.compile(
    r"(?:transformers\.pipeline\(\)|langchain[\w.]*\.(?:ChatOpenAI|OpenAI|LLMChain|\w*Chain)\(\)|dspy\.\w+\(\)|llama_cpp\.Llama\(\)"
    r"|vllm\.LLM\(\)|gpt4all\.GPT4All\(\)|ctransformers\..*\(\))"
)

_EXACT: dict[str, Source] = {
    "input": Source("input", "a person types it into `input()`"),
    "raw_input": Source("input", "a person types it into `raw_input()`"),
    "sys.stdin.read": Source("input", "read from standard input"),
    "sys.stdin.readline": Source("input", "read from standard input"),
    "getpass.getpass": Source("secret", "a secret typed into `getpass()`"),
    "google.colab.userdata.get": Source("secret", "a Colab secret"),
    "kaggle_secrets.UserSecretsClient().get_secret": Source("secret", "a Kaggle secret"),
    "argparse.ArgumentParser().parse_args": Source("cli", "given on the command line"),
    "argparse.ArgumentParser().parse_known_args": Source("cli", "given on the command line"),
}

_NETWORK = {
    "requests": ("get", "post", "put", "request"),
    "requests.Session()": ("get", "post", "put", "request"),
    "httpx": ("get", "post", "stream", "request"),
    "httpx.Client()": ("get", "post", "stream", "request"),
    "httpx.AsyncClient()": ("get", "post", "stream", "request"),
    "aiohttp.ClientSession()": ("get", "post", "request"),
    "urllib.request": ("urlopen", "urlretrieve"),
    "urllib": ("urlopen", "urlretrieve"),
    "urllib2": ("urlopen",),
    "urllib3": ("request",),
    "urllib3.PoolManager()": ("request",),
    "wget": ("download",),
    "gdown": ("download", "cached_download"),
    "pooch": ("retrieve",),
    "torch.hub": ("download_url_to_file",),
    "huggingface_hub": ("hf_hub_download", "snapshot_download", "cached_download"),
    "huggingface_hub.HfApi()": ("hf_hub_download", "snapshot_download"),
    "kagglehub": ("model_download", "dataset_download"),
    "boto3.client()": ("download_file", "download_fileobj", "get_object"),
    "boto3.resource().Bucket()": ("download_file", "download_fileobj"),
    "boto3.resource().Object()": ("get",),
    "google.cloud.storage.Client().bucket().blob()": (
        "download_as_bytes",
        "download_as_string",
        "download_to_filename",
    ),
    "socket.socket()": ("recv", "recvfrom", "makefile"),
    "zmq.Context().socket()": ("recv", "recv_multipart", "recv_string"),
    "redis.Redis()": ("get", "hget", "lpop", "rpop", "brpop", "blpop"),
    "redis.StrictRedis()": ("get", "hget", "lpop", "rpop"),
    "keras.utils": ("get_file",),
}
for _base, _names in _NETWORK.items():
    for _name in _names:
        _EXACT[f"{_base}.{_name}"] = Source("network", f"downloaded by `{_base}.{_name}`")

# Attributes that are sources by themselves.
_ATTRIBUTES: dict[str, Source] = {
    "sys.argv": Source("cli", "taken from the command line, `sys.argv`"),
    "flask.request": Source("request", "taken from the web request"),
    "quart.request": Source("request", "taken from the web request"),
    "django.http.HttpRequest()": Source("request", "taken from the web request"),
    "fastapi.Request()": Source("request", "taken from the web request"),
    "starlette.requests.Request()": Source("request", "taken from the web request"),
}

# Decorators whose function gets data from outside in its parameters.
_ROUTE = re.compile(
    r"(?:fastapi\.(?:FastAPI|APIRouter)|starlette\.\w+|flask\.(?:Flask|Blueprint)|quart\.\w+|sanic\.\w+|bottle\.\w*|litestar"
    r"|aiohttp\.web\.RouteTableDef)(?:\(\))?\.(?:get|post|put|patch|delete|route|websocket|api_route|head|options)\(\)"
)
_TOOL = re.compile(
    r"(?:langchain[\w.]*|langchain_core\.tools|smolagents|crewai[\w.]*|llama_index[\w.]*|agents|autogen[\w.]*"
    r"|haystack[\w.]*|pydantic_ai[\w.]*)\.(?:tool|function_tool|tool_plain)(?:\(\))?"
    r"|(?:mcp[\w.]*|fastmcp)\.\w*(?:\(\))\.tool(?:\(\))?"
    r"|pydantic_ai\.Agent\(\)\.(?:tool|tool_plain)(?:\(\))?"
)

# Calls whose result says nothing dangerous of their arguments.
NEUTRAL = frozenset(
    [
        "len",
        "int",
        "float",
        "bool",
        "complex",
        "isinstance",
        "issubclass",
        "hasattr",
        "callable",
        "type",
        "id",
        "hash",
        "range",
        "print",
        "abs",
        "sum",
        "ord",
        "enumerate.count",
        "all",
        "any",
        "round",
        "os.path.exists",
        "os.path.isfile",
        "os.path.isdir",
        "os.path.getsize",
        "os.stat",
        "json.dumps.count",
        "logging.info",
        "uuid.uuid4",
        "time.time",
    ]
)
_NEUTRAL_LAST = frozenset(
    [
        "status_code",
        "ok",
        "exists",
        "is_file",
        "is_dir",
        "isdigit",
        "isalpha",
        "isalnum",
        "isnumeric",
        "startswith",
        "endswith",
        "count",
        "index",
        "find",
        "hexdigest",
        "digest",
        "raise_for_status",
        "close",
        "write",
        "flush",
        "info",
        "debug",
        "warning",
        "error",
        "exception",
        "shape",
        "dtype",
        "numel",
        "size",
    ]
)
_SANITIZER = re.compile(
    r"(?:^|_|\b)(?:sanitiz|sanitis|escape|quote|validate|whitelist|allowlist|allow_list|clean_html|secure_filename)",
    re.I,
)

# Calls that hand their argument's danger on for certain.
PROPAGATORS = frozenset(
    [
        "str",
        "repr",
        "bytes",
        "bytearray",
        "list",
        "tuple",
        "set",
        "dict",
        "sorted",
        "reversed",
        "iter",
        "next",
        "enumerate",
        "zip",
        "filter",
        "map",
        "join",
        "min",
        "max",
        "json.loads",
        "json.load",
        "json.dumps",
        "yaml.safe_load",
        "ast.parse",
        "compile",
        "re.sub",
        "re.search",
        "re.match",
        "re.findall",
        "re.split",
        "re.fullmatch",
        "re.finditer",
        "textwrap.dedent",
        "base64.b64decode",
        "base64.b64encode",
        "base64.urlsafe_b64decode",
        "html.unescape",
        "urllib.parse.unquote",
        "urllib.parse.urljoin",
        "os.path.join",
        "os.path.basename",
        "os.path.abspath",
        "os.fspath",
        "pathlib.Path",
        "io.BytesIO",
        "io.StringIO",
        "gzip.decompress",
        "zlib.decompress",
        "bz2.decompress",
        "lzma.decompress",
        "codecs.decode",
        "copy.copy",
        "copy.deepcopy",
        "shlex.split",
        "string.Template",
        "open",
        "io.open",
        "gzip.open",
        "tarfile.open",
        "zipfile.ZipFile",
        "asyncio.run",
        "asyncio.gather",
        "asyncio.wait_for",
        "typing.cast",
        "vars",
        "getattr",
        "memoryview",
        "format",
        "pickle.Unpickler",
    ]
)


def source_of_call(name: str) -> Source | None:
    """The source that a call of this qualified name is, if it is one."""
    exact = _EXACT.get(name)
    if exact is not None:
        return exact
    if _LLM.fullmatch(name) or _LLM_OBJECTS.fullmatch(name):
        return Source("llm", f"model output comes from `{short(name)}`")
    return None


def source_of_attribute(name: str) -> Source | None:
    """The source that reading this qualified name is, if it is one."""
    return _ATTRIBUTES.get(name)


def source_of_parameters(decorators: tuple[str, ...]) -> Source | None:
    """The source that the parameters of a function with these decorators are, if they are one."""
    for name in decorators:
        if _ROUTE.fullmatch(name):
            return Source("request", "a parameter of a web route, set by the request")
        if _TOOL.fullmatch(name):
            return Source("tool", "a parameter of a tool, chosen by the model")
    return None


def is_neutral(name: str, attribute: str) -> bool:
    """Whether the result of a call carries nothing of what went in."""
    return name in NEUTRAL or attribute in _NEUTRAL_LAST or bool(_SANITIZER.search(attribute or name))


def short(name: str) -> str:
    """A qualified name as a person would write it: `OpenAI().chat.completions.create`."""
    head, parenthesis, tail = name.partition("()")
    return f"{head.rpartition('.')[2]}(){tail}" if parenthesis else name
