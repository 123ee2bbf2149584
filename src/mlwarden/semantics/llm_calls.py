"""Which calls give a language model's output, and which give documents fetched for one, as data.

Names are as the semantic model spells them: `openai.OpenAI().chat.completions.create`,
`langchain_openai.ChatOpenAI().invoke`. Read from openai 2, anthropic 0.9x, google-genai, litellm, mistralai,
cohere, ollama, vllm, transformers 5, langchain 1, llama_index 0.14, dspy, haystack 2, pydantic-ai, crewai 1.15,
autogen 0.7, smolagents 1.26 and openai-agents 0.24.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlwarden.semantics.values import Taint

# --- clients of model providers --------------------------------------------------------------------------------------

# Methods that answer whatever the client is called: the OpenAI form, which most providers copy.
_OPENAI_FORM = (
    r"(?:beta\.)?(?:chat\.completions|completions|responses)\.(?:with_raw_response\.|with_streaming_response\.)?"
    r"(?:create|parse|stream|create_with_completion|create_partial|create_iterable)"
    r"|beta\.threads\.messages\.(?:list|retrieve)"
)
_OPENAI_LIKE = (
    "openai|litellm|groq|together|fireworks|mistralai|cerebras|aisuite|instructor|portkey_ai|langfuse|deepseek|xai_sdk"
    "|zai|zhipuai|sambanova|nebius|huggingface_hub|llama_stack_client|ai21|perplexity"
)
_PROVIDERS = (
    rf"(?:{_OPENAI_LIKE})\b.*?\b(?:{_OPENAI_FORM})",
    r"openai\.(?:ChatCompletion|Completion|Edit)\.a?create",
    r"anthropic\b.*\b(?:messages\.(?:create|parse|stream|batches\.results)|completions\.create)",
    r"google\.(?:genai|generativeai)\b.*\b(?:generate_content|generate_content_stream|send_message|send_message_stream"
    r"|generate_text|chat)(?:_async)?",
    r"vertexai\b.*\b(?:generate_content|predict|send_message)(?:_async|_streaming)?",
    r"litellm(?:\.Router\(\))?\.a?(?:completion|text_completion|responses|batch_completion)",
    r"mistralai\b.*\b(?:chat|fim|agents)\.(?:complete|stream|parse)(?:_async)?|mistralai\b.*\.chat(?:_stream)?",
    r"cohere\..*\b(?:chat|chat_stream|generate|summarize)",
    r"ollama(?:\.(?:Async)?Client\(\))?\.(?:chat|generate)",
    r"huggingface_hub\.(?:Async)?InferenceClient\(\)\.(?:chat_completion|text_generation|conversational|summarization"
    r"|translation|question_answering|image_to_text|visual_question_answering)",
    r"transformers\.pipeline\(\)(?:\.__call__)?",
    r"transformers\..*\.(?:batch_decode|decode)",
    r"transformers\..*\.(?:generate|chat)",
    r"vllm\.(?:LLM|AsyncLLMEngine(?:\.from_engine_args)?|LLMEngine(?:\.from_engine_args)?)\(\)\.(?:generate|chat)",
    r"boto3\..*client\(\)\.(?:converse|converse_stream|invoke_model|invoke_model_with_response_stream|invoke_agent"
    r"|retrieve_and_generate|invoke_flow)",
    r"azure\.ai\.inference\.(?:aio\.)?ChatCompletionsClient\(\)\.complete",
    r"replicate\.(?:Client\(\)\.)?(?:run|stream|async_run)",
    r"llama_cpp\.Llama(?:\.from_pretrained)?\(\)\.(?:create_chat_completion|create_completion|generate|__call__)",
    r"(?:gpt4all\.GPT4All|ctransformers\.AutoModelForCausalLM\.from_pretrained)\(\)\.(?:generate|chat|stream)",
    r"mlx_lm\.(?:generate|stream_generate)",
    r"llm\.get_(?:async_)?model\(\)\.(?:prompt|conversation\(\)\.prompt)",
    r"ibm_watsonx_ai\..*\b(?:generate|generate_text|chat)",
    r"dashscope\.(?:Generation|MultiModalConversation)\.call",
    r"guidance\..*\b(?:gen|__call__)",
)

# --- frameworks ------------------------------------------------------------------------------------------------------

# Framework -> the methods by which its models, chains, agents and engines answer.
_ANSWERING: dict[str, str] = {
    "langchain": r"a?invoke|a?run|a?predict(?:_messages)?|a?call|a?generate(?:_prompt)?|a?stream(?:_events|_log)?|a?batch"
    r"(?:_as_completed)?|a?apply|a?transform|__call__|call_as_llm",
    "langgraph": r"a?invoke|a?stream(?:_events)?|a?batch",
    "llama_index": r"a?query|a?chat|a?complete|a?predict|a?stream(?:_(?:chat|complete|query))?|astream_(?:chat|complete)"
    r"|a?structured_predict|a?synthesize|run",
    "dspy": r"forward|aforward|acall|__call__|batch",
    "haystack": r"run|run_async",
    "instructor": r"create|acreate",
    "pydantic_ai": r"run|run_sync|run_stream|run_stream_sync|iter",
    "crewai": r"kickoff(?:_async|_for_each|_for_each_async)?|akickoff|execute(?:_sync|_async)|call|acall|execute_task",
    "autogen": r"a?_?generate_reply|a_generate_reply|generate_oai_reply|a?_?initiate_chat(?:s)?|run|run_stream|on_messages"
    r"(?:_stream)?|create|create_stream",
    "ag2": r"a?_?generate_reply|a?_?initiate_chat(?:s)?|run|a_run",
    "autogen_agentchat": r"run|run_stream|on_messages(?:_stream)?",
    "autogen_ext": r"create|create_stream|run|run_stream",
    "smolagents": r"run|generate|generate_stream|__call__",
    "semantic_kernel": r"invoke(?:_stream|_prompt)?|get_chat_message_contents?|get_response|get_text_contents?",
    "sglang": r"generate|run",
    "outlines": r"__call__|stream",
    "agno": r"run|arun|response",
    "phi": r"run|arun",
}
_FRAMEWORK = re.compile(
    r"(?P<root>"
    + "|".join(sorted(_ANSWERING, key=len, reverse=True))
    + r")(?:_\w+)?\.(?P<path>.*\(\).*)\.(?P<method>\w+)"
)
# Parts of these frameworks whose answers no model wrote, by the module or the class.
_NOT_A_MODEL = re.compile(
    r"(?:^|[.(])(?:tools?|utilities|retrievers?|document_loaders|vectorstores|vector_stores|embeddings|prompts|output_parsers"
    r"|text_splitters?|storage|stores|memory|docstore|graphs|document_transformers|readers?|node_parser|ingestion|converters"
    r"|fetchers|rankers|caches?|callbacks|code_executors?|as_retriever)(?=[.(]|$)"
    r"|(?:Tool|Toolkit|REPL|REPLTool|Database|Wrapper|Loader|Reader|Parser|Prompt|Template|PromptTemplate|Store|Embeddings?"
    r"|Splitter|Cache|Memory|History|Saver|Executor(?<!AgentExecutor)|Lambda|Passthrough|Parallel|Retriever|Builder|Converter"
    r"|Fetcher|Ranker|Writer|Document|Documents)(?:\.from_\w+)?\(\)"
)
# Calling the object itself: `llm("...")`, `pipe(prompt)`, `chain(x)`.
_CALLED = re.compile(
    r"transformers\.pipeline\(\)|llama_cpp\.Llama(?:\.from_pretrained)?\(\)|gpt4all\.GPT4All\(\)"
    r"|ctransformers\.AutoModelForCausalLM\.from_pretrained\(\)"
    r"|langchain[\w.]*\.(?:Chat\w+|\w*LLM|OpenAI|\w*Chain|AgentExecutor|HuggingFacePipeline|Ollama|initialize_agent)(?:\.from_\w+)?\(\)"
    r"|dspy\.(?:LM|Predict|ChainOfThought|ProgramOfThought|ReAct|OpenAI|TypedPredictor|MultiChainComparison|CodeAct)\(\)"
    r"|smolagents\.\w*(?:Agent|Model)\(\)|outlines\.(?:generate|models)\.\w+\(\)|magentic\.\w+\(\)"
)
_PROVIDER = re.compile("|".join(f"(?:{pattern})" for pattern in _PROVIDERS))

# --- answers by the form of the call alone ---------------------------------------------------------------------------

# How a client is used when nobody can tell what it is (`self.client.chat.completions.create(...)`).
_UNMISTAKABLE = re.compile(rf"(?:.*\.)?(?:{_OPENAI_FORM}|generate_content|create_chat_completion|acompletion)")
_CLIENT = (
    r"(?:llm|chat_?llm|chat_?model|language_model|lm|llm_chain|qa_chain|rag_chain|agent_executor|query_engine"
    r"|chat_engine|openai_client|anthropic_client|code_?agent)(?:_with_tools|_chain)?"
)
_METHOD = (
    r"a?invoke|a?run|a?predict(?:_messages)?|a?generate|a?complete|a?chat|a?query|a?call|a?stream|run_sync|__call__"
)
_BY_NAME = re.compile(rf"(?:.*\.|_)?{_CLIENT}(?:\.(?:{_METHOD}|messages\.create))?")
# What stands behind the last dot of what these two match.
_LAST_PART = re.compile(
    rf"_?{_CLIENT}|{_METHOD}|create|parse|stream|create_with_completion|create_partial|create_iterable|list|retrieve"
    r"|generate_content|create_chat_completion|acompletion"
)

# --- retrieved documents ---------------------------------------------------------------------------------------------

_RETRIEVED = re.compile(
    r"(?:langchain|langgraph|llama_index|haystack)(?:_\w+)?\.(?:.*(?:Retriever|as_retriever)(?:\.from_\w+)?\(\)"
    r"\.(?:a?invoke|a?get_relevant_documents|a?retrieve|a?batch|run)"
    r"|.*\(\)\.(?:a?similarity_search(?:_\w+)?|a?max_marginal_relevance_search(?:_\w+)?)"
    r"|.*(?:WebBaseLoader|URLLoader|RecursiveUrlLoader|SitemapLoader|AsyncHtmlLoader|AsyncChromiumLoader|PlaywrightURLLoader"
    r"|SeleniumURLLoader|WikipediaLoader|ArxivLoader|GitLoader|NotionDBLoader|YoutubeLoader(?:\.from_\w+)?|OnlinePDFLoader"
    r"|WebPageReader|BeautifulSoupWebReader|WikipediaReader)\(\)\.(?:a?load(?:_data)?|(?:a?lazy_)load|load_and_split))"
    r"|chromadb\..*\(\)\.(?:query)|qdrant_client\.(?:Async)?QdrantClient\(\)\.(?:search|query_points|query|scroll)"
    r"|pinecone\..*\.Index\(\)\.(?:query|search)"
    r"|weaviate\..*\.query\.\w+"
    r"|tavily\.(?:Async)?TavilyClient\(\)\.(?:search|extract|get_search_context|qna_search)"
    r"|(?:duckduckgo_search|ddgs)\.DDGS\(\)\.(?:text|news|answers)"
    r"|wikipedia\.(?:summary|page\(\)\.\w+)|googlesearch\.search|serpapi\.\w+\(\)\.get_dict"
    r"|trafilatura\.(?:fetch_url|extract)|newspaper\.Article\(\)\.\w+"
)

# Model services by address: an HTTP answer from there is model output, whatever client asked.
_SERVICE = re.compile(
    r"https?://(?:api\.(?:openai|anthropic|mistral|cohere|groq|together|perplexity|deepseek|fireworks|x)\.(?:com|ai|xyz)"
    r"|generativelanguage\.googleapis\.com|openrouter\.ai/api|api-inference\.huggingface\.co"
    r"|router\.huggingface\.co|[^/]*\.openai\.azure\.com"
    r"|(?:localhost|127\.0\.0\.1|ollama):11434/(?:api/(?:generate|chat)|v1))",
    re.I,
)


@lru_cache(maxsize=8192)
def answers(name: str) -> bool:
    """Whether a call of this qualified name gives a language model's output."""
    if _PROVIDER.fullmatch(name) or _CALLED.fullmatch(name):
        return True
    if name.startswith("agents.Runner.run"):  # the OpenAI Agents SDK; `agents` is many a project's own package
        return name.removeprefix("agents.Runner.") in {"run", "run_sync", "run_streamed"}
    match = _FRAMEWORK.fullmatch(name)
    if match is None or _NOT_A_MODEL.search(match["path"]):
        return False
    return re.fullmatch(_ANSWERING[match["root"]], match["method"]) is not None


def retrieves(name: str) -> bool:
    """Whether a call of this qualified name gives documents that others may have written."""
    return _RETRIEVED.fullmatch(name) is not None


@lru_cache(maxsize=8192)
def may_answer(last: str) -> bool:
    """Whether a call on an unknown object may be one to a language model, by the last part of how it is written."""
    return _LAST_PART.fullmatch(last) is not None


def answers_by_form(written: str) -> bool:
    """Whether a call on an unknown object, by how it is written, is one to a language model."""
    return _UNMISTAKABLE.fullmatch(written) is not None or _BY_NAME.fullmatch(written) is not None


# What a provider's service, not its model, puts into an answer (openai, anthropic, google-genai, langchain messages).
_OF_THE_SERVICE = frozenset(
    """
    id created created_at usage usage_metadata token_usage model model_version system_fingerprint finish_reason stop_reason
    response_id request_id _request_id status status_code thread_id run_id tool_call_id service_tier response_metadata
    """.split()  # noqa: SIM905  # a word list reads better so
)


def taints_of_field(taints: tuple[Taint, ...], name: str) -> tuple[Taint, ...]:
    """The taints of an attribute of something with these taints: the model does not write what the service adds."""
    if not taints or name not in _OF_THE_SERVICE:
        return taints
    return tuple(taint for taint in taints if taint.kind != "llm")


def is_model_service(url: str) -> bool:
    """Whether an address is that of a model's HTTP interface."""
    return _SERVICE.match(url) is not None


# `prompt | llm | parser`: what `|` makes of LangChain's runnables.
RUNNABLE_SEQUENCE = "langchain_core.runnables.RunnableSequence()"
_RUNNABLE = re.compile(r"(?:langchain|langgraph)(?:_\w+)?\..*\(\)(?:\..*)?")


def is_runnable(name: str) -> bool:
    """Whether a qualified name is an object that `|` chains."""
    return _RUNNABLE.fullmatch(name) is not None


def writes(name: str) -> bool:
    """Whether a runnable's answer comes from a model (a known one; a prompt or a parser has no answer of its own)."""
    return name == RUNNABLE_SEQUENCE or answers(f"{name}.invoke")
