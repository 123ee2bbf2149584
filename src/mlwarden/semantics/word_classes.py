"""Classes of words that a rule may name among its triggers or needs, where no list of words would do.

`@secret` stands for any name that says its value is a secret: `hf_token`, `OPENAI_API_KEY`, `password`. `@model`
stands for what gives a language model's output or retrieved documents: clients, frameworks, `llm`, or words that do so
together (`transformers` and `generate`); `@tool` for any word without which no function is a model's tool; `@request`
for any without which nothing comes from a web request, a visitor of a demo, or a person at the keyboard. `@personal`
stands for names of personal data, `@network` for what data is downloaded with, `@table` for those of data frames and their libraries, `@sql` for statements of SQL
in the text of the file, `@token` for what looks like a secret in it, and `@hidden` for characters that no ASCII text has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from mlwarden.semantics.stems import any_of

_REQUEST = (
    r"flask|fastapi|starlette|quart|sanic|bottle|django|aiohttp|tornado|litestar|gradio|streamlit|chainlit|bentoml|modal"
    r"|litserve|functions_framework|slack_bolt|request|websocket|\binput\s*\(|raw_input|stdin|cherrypy|torch_handler|telebot"
    r"|discord|\bpost\b|\broute\b|http\.server|BaseHTTP"
)
_TABLE = r"pandas|modin|cudf|dask|xarray|swifter|polars|numexpr"
# Providers and frameworks whose names are no words of other code; the rest counts together with what makes it answer.
_MODEL_NAME = re.compile(
    r"\w*(?:openai|anthropic|claude|llm|langchain|langgraph|llama_?index|llama_cpp|llama_stack|mistralai|groq|fireworks|cerebras"
    r"|aisuite|portkey|langfuse|deepseek|xai_sdk|zhipu|sambanova|nebius|inferenceclient|ai21|perplexity|genai|generativeai"
    r"|vertexai|cohere(?!n)|gpt4all|ctransformers|mlx_lm|watsonx|dashscope|dspy|haystack|pydantic_ai|crewai|autogen|smolagents"
    r"|semantic_kernel|sglang|magentic|ollama|generate_content|create_chat_completion|acompletion|chromadb|qdrant|pinecone"
    r"|weaviate|tavily|duckduckgo|ddgs|wikipedia|googlesearch|serpapi|trafilatura|chat_?model|qa_chain|rag_chain"
    r"|agent_executor|query_engine|chat_engine|code_?agent|generativelanguage|openrouter)\w*"
    r"|_?lm|language_model|ag2|agno|adk|deepagents|xai_sdk",
    re.IGNORECASE,
)
# Words that tell of a model only together: one of the first and one of the second kind. `*`: and whatever follows; `+`:
# and something that follows.
_PAIRS: tuple[tuple[str, str], ...] = (
    ("transformers vllm", "generate chat decode batch_decode pipeline TextGenerationPipeline"),
    ("completion completions responses messages", "create* parse stream list retrieve results"),
    ("huggingface_hub InferenceClient", "chat_completion text_generation conversational summarization translation"),
    ("huggingface_hub InferenceClient", "question_answering image_to_text visual_question_answering"),
    ("azure inference", "complete"),
    ("agents", "Runner Agent RealtimeAgent function_tool"),
    ("replicate", "run stream async_run"),
    ("guidance", "gen models"),
    ("outlines", "generate models stream"),
    ("phi", "run arun"),
    ("instructor", "create acreate patch from_+"),
    ("newspaper", "Article"),
    ("boto3", "converse* invoke_+ retrieve_and_generate"),
    ("mistral together", "api"),
)
# How a function becomes a tool: decorators, base classes, wrappers, lists; not all that speaks of tools (`tool_calls`).
_TOOL_NAME = re.compile(
    r"(?:\w*_)?tools?(?:_plain|_from_function)?|\w*Tools?|kernel_function|register_for_\w+|register_function"
)
_TABLE_NAME = re.compile(rf"{_TABLE}|(?:^|_)df\d*(?:_|$)|frame", re.IGNORECASE)
_REQUEST_NAME = re.compile(
    _REQUEST.replace(r"http\.server", "server").replace(r"\binput\s*\(", r"\binput\b"), re.IGNORECASE
)
# Without which nothing is known to come from the network (`semantics.sources`).
_NETWORK_NAME = re.compile(
    r"requests|httpx|aiohttp|urllib[23]?|urlopen|urlretrieve|wget|gdown|pooch|download\w*|hf_hub_download|snapshot_download"
    r"|\w*_download|load_from_hub|kagglehub|boto3|storage|get_file|socket|zmq|redis|monai|minio|mlflow|multiprocessing|ftplib"
    r"|websockets?|pika|blob|wandb|s3fs|gcsfs|adlfs|kafka|confluent_kafka|paramiko|request"
)


def _is_secret(name: str) -> bool:
    from mlwarden.semantics.secret_sources import NAMED_SECRET, is_secret_variable

    # Names of environment variables are written in capitals; in others, `key` and `token` are ordinary words.
    return NAMED_SECRET.fullmatch(name) is not None or (name.isupper() and is_secret_variable(name))


def _is_personal(name: str) -> bool:
    from mlwarden.semantics.personal_identifiers import is_personal
    from mlwarden.semantics.personal_names import kind_of_name

    return is_personal(name, column=True) or bool(kind_of_name(name))


def _of(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda name: pattern.fullmatch(name) is not None


class _Class(NamedTuple):
    """A question that a single word can answer.

    Attributes:
        test: the answer.
        stems: one of these stands, in small letters, in every word of ASCII for which it is yes.
    """

    test: Callable[[str], bool]
    stems: str


# One bit for each, and two for each of the pairs.
_CLASSES = (
    _Class(_is_secret, "key token secret passw passphrase pwd pat credential"),
    _Class(
        _is_personal,
        "mail correo phone telefon tel fax whatsapp mobile contact ssn social national nino nhs aad cpf dni curp bsn codice"
        " identification card pan passport licen tax steuer cc cvv cvc iban account routing dob birth geburts fecha first"
        " last maiden surname full vorname nachname customer patient employee member person applicant student guest buyer"
        " tenant donor borrower passenger voter resident respondent client user visitor remote addr mrn medical health",
    ),
    _Class(lambda name: _TABLE_NAME.search(name) is not None, f"{_TABLE} df frame".replace("|", " ")),
    _Class(
        lambda name: _REQUEST_NAME.search(name) is not None,
        "flask fastapi starlette quart sanic bottle django aiohttp tornado litestar gradio streamlit chainlit bentoml modal"
        " litserve functions_framework slack_bolt request websocket input stdin cherrypy torch_handler telebot discord post"
        " route server basehttp",
    ),
    _Class(_of(_TOOL_NAME), "tool kernel_function register_f"),
    _Class(
        _of(_MODEL_NAME),
        "openai anthropic claude lm langchain langgraph llama mistralai groq fireworks cerebras aisuite portkey langfuse"
        " deepseek xai zhipu sambanova nebius inferenceclient ai21 perplexity genai generat vertexai cohere gpt4all"
        " ctransformers watsonx dashscope dspy haystack pydantic_ai crewai autogen agent semantic_kernel sglang magentic"
        " completion chromadb qdrant pinecone weaviate tavily duckduckgo ddgs wikipedia googlesearch serpapi trafilatura chat"
        " qa_chain rag_chain query_engine openrouter language_model ag2 agno adk",
    ),
    _Class(
        _of(_NETWORK_NAME),
        "request httpx aiohttp url wget gdown pooch download load_from_hub kagglehub boto3 storage get_file socket zmq redis"
        " monai minio mlflow multiprocessing ftplib pika blob wandb s3fs gcsfs adlfs kafka paramiko",
    ),
)
_MODEL_BIT = 1 << 5
_FIRST_PAIR_BIT = len(_CLASSES)
_PAIR_BITS = tuple(3 << (_FIRST_PAIR_BIT + 2 * number) for number in range(len(_PAIRS)))
_SINGLE_BITS = {
    "@secret": 1,
    "@personal": 1 << 1,
    "@table": 1 << 2,
    "@request": 1 << 3,
    "@tool": 1 << 4,
    "@network": 1 << 6,
}
OF_TEXT = frozenset({"@sql", "@token", "@hidden"})
"""Classes that are no matter of words, but of the text (`engine.text_classes`)."""

_LONGEST = 100
# Words that stand unmarked as well (`semantics.identifiers`), and the empty one.
_MARKED = ("", ".", "!")


class Bits:
    """What is known of words: most were seen before, and most are of no class."""

    def __init__(self, free: int = 1 << 17) -> None:
        """Start with nothing; when more than `free` words are known, all are forgotten."""
        self._free = free
        self._classless: set[str] = set()
        self._classed: dict[str, int] = {}
        self._table: _Table | None = None

    def of(self, words: Iterable[str]) -> int:
        """The classes, as bits, that some words are of together."""
        known, bits = self._classed, 0
        unknown: list[str] = []
        for word in (words if isinstance(words, Set) else set(words)) - self._classless:
            found = known.get(word)
            if found is None:
                unknown.append(word)
            else:
                bits |= found
        return bits | self._learn(unknown) if unknown else bits

    def _learn(self, words: list[str]) -> int:
        if len(self._classless) + len(self._classed) + len(words) > self._free:
            self._classless.clear()
            self._classed.clear()
        table = self._table = self._table or _Table()
        bits = 0
        for word in words:
            found = table.bits_of(word)
            if found:
                self._classed[word] = found
                bits |= found
            else:
                self._classless.add(word)
        return bits


class _Table:
    """The classes, made ready for many words."""

    def __init__(self) -> None:
        self._any = re.compile(any_of(chain.from_iterable(each.stems.split() for each in _CLASSES)))
        self._whole: dict[str, int] = {}
        self._begun: list[tuple[str, int, int]] = []
        for number, part in enumerate(part for pair in _PAIRS for part in pair):
            bit = 1 << (_FIRST_PAIR_BIT + number)
            for word in part.split():
                start = word.rstrip("*+")
                if start == word:
                    self._whole[word] = self._whole.get(word, 0) | bit
                else:
                    self._begun.append((start, len(start) + word.count("+"), bit))
        self._starts = tuple(start for start, _, _ in self._begun)

    def bits_of(self, word: str) -> int:
        if len(word) > _LONGEST or word[:1] in _MARKED:
            return 0
        bits = self._whole.get(word, 0)
        if word.startswith(self._starts) and word.replace("_", "a").isalnum():
            for start, least, bit in self._begun:
                if len(word) >= least and word.startswith(start):
                    bits |= bit
        if (
            not word.isascii()
        ):  # letters of other alphabets are letters of ours where case does not count: `ſ` is an `s`
            return bits | sum(bit for bit, _, test in self._each if test(word))
        lower = word.lower()
        if self._any.search(lower):
            for bit, stems, test in self._each:
                if stems.search(lower) and test(word):
                    bits |= bit
        return bits

    @cached_property
    def _each(self) -> tuple[tuple[int, re.Pattern[str], Callable[[str], bool]], ...]:
        """The bit of each class, what searches for its stems, and its test; small files of common words need none."""
        return tuple(
            (1 << number, re.compile(any_of(each.stems.split())), each.test) for number, each in enumerate(_CLASSES)
        )


_BITS = Bits()


def bits_of(words: Iterable[str]) -> int:
    """What words are together, as bits that `holds` understands; those of several sets are joined with `|`."""
    return _BITS.of(words)


def bits_in_texts(words: Iterable[str]) -> int:
    """The same for words of texts, where those that tell of a model only together are words like any other."""
    return _BITS.of(words) & ((1 << _FIRST_PAIR_BIT) - 1)


def holds(word: str, bits: int) -> bool:
    """Whether words with these bits make a class true; one that is no matter of words (`engine.text_classes`) always is."""
    if word == "@model":
        return bool(bits & _MODEL_BIT) or any(bits & pair == pair for pair in _PAIR_BITS)
    single = _SINGLE_BITS.get(word)
    return word in OF_TEXT if single is None else bool(bits & single)


def touches(word: str, bits: int) -> bool:
    """Whether words with these bits contribute to a class, which may take others as well."""
    if word == "@model":
        return bool(bits & _MODEL_BIT) or any(bits & pair for pair in _PAIR_BITS)
    return holds(word, bits)


def stems_of(word: str) -> tuple[str, ...]:
    """What one of stands, in small letters, in some word wherever a class holds; () where nothing so simple is known.

    Of `last+name` both parts must stand in it.
    """
    if word == "@model":
        firsts = (part for first, _ in _PAIRS for part in first.lower().split())
        return tuple(dict.fromkeys((*_stems(_MODEL_BIT), *firsts)))
    single = _SINGLE_BITS.get(word)
    return () if single is None else _stems(single)


# Stems that are ordinary words by themselves, and what stands beside them in a name of the class.
_BESIDE = {"first": "name", "last": "name", "maiden": "name", "full": "name"}


def _stems(bit: int) -> tuple[str, ...]:
    stems = _CLASSES[bit.bit_length() - 1].stems.split()
    return tuple(f"{stem}+{_BESIDE[stem]}" if stem in _BESIDE else stem for stem in stems)
