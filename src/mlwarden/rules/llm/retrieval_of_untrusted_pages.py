"""MLW432: pages that anybody can write are put into a retriever's store, unmarked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.flow import shown, telling, way
from mlwarden.semantics.values import Reference as Outside
from mlwarden.semantics.values import Sequence, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Methods that put documents or texts into a store -> position of what is put in.
_STORES: dict[str, tuple[tuple[str, int], ...]] = {
    "from_documents": (("documents", 0),),
    "afrom_documents": (("documents", 0),),
    "add_documents": (("documents", 0),),
    "aadd_documents": (("documents", 0),),
    "from_texts": (("texts", 0),),
    "afrom_texts": (("texts", 0),),
    "add_texts": (("texts", 0),),
    "aadd_texts": (("texts", 0),),
}
_IS_STORE = re.compile(
    r"(?:langchain|llama_index|haystack|chromadb|qdrant_client|pinecone|weaviate)[\w.()\[\]]*\.(?:a?from_documents|a?add_documents"
    r"|a?from_texts|a?add_texts)"
)
# Loaders of what strangers write, and where it comes from.
_LOADERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"(?:WebBaseLoader|RecursiveUrlLoader|SeleniumURLLoader|PlaywrightURLLoader|UnstructuredURLLoader|SitemapLoader|AsyncHtmlLoader"
            r"|AsyncChromiumLoader|FireCrawlLoader|SpiderLoader|ApifyDatasetLoader|BrowserlessLoader|HyperbrowserLoader|ScrapflyLoader"
            r"|NewsURLLoader|RSSFeedLoader|OnlinePDFLoader|SimpleWebPageReader|BeautifulSoupWebReader|TrafilaturaWebReader|WholeSiteReader"
            r"|AsyncWebPageReader|LinkContentFetcher|RssReader)"
        ),
        "web pages",
    ),
    (
        re.compile(r"(?:GMailLoader|OutlookMessageLoader|UnstructuredEmailLoader|ImapReader|GmailReader)"),
        "mail that anybody can send",
    ),
    (
        re.compile(
            r"(?:GitHubIssuesLoader|GitHubRepositoryIssuesReader|JiraReader|RedditPostsLoader|RedditReader|HNLoader|TwitterTweetLoader"
            r"|DiscordChatLoader|DiscordReader|TelegramChatApiLoader|SlackDirectoryLoader|YoutubeLoader|ZendeskReader|DiscourseReader)"
        ),
        "posts and tickets that others write",
    ),
)
_MARKED = re.compile(r"\.metadata[ \t]*(?:\[[^\]\r\n]*\][ \t]*=(?!=)|\.update\(|=(?!=))")
_LOCAL = re.compile(r"(?:https?://)?(?:localhost|127\.0\.0\.1|\[::1\])(?![\w.-])")
_DEPTH = 6


class RetrievalOfUntrustedPages(Rule):
    """Web pages, mail or uploads that go into a retriever's store without a mark.

    ## Why is this bad?

    What a retriever finds is put into the prompt, and the model cannot tell it from your own documents. Who writes such
    a page, mail or ticket can put instructions and false facts into it, which come up whenever a question is near to them
    ("indirect prompt injection", poisoned retrieval).

    ## How to fix

    Keep pages that others write in a store of their own, or set a field (`document.metadata["trust"] = "web"`) and filter
    by it where it matters. Show the model such text as data, and give an agent that reads it no tools that do harm.

    ## When it is fine

    For pages that your own organisation alone can write.

    ## Limits

    Reported are loaders of LangChain and LlamaIndex whose documents reach a store in the same program; a program that
    sets any metadata of the documents itself is taken to mark them. Addresses on this machine are not reported.
    """

    code = "MLW432"
    name = "retrieval-of-untrusted-pages"
    severity = Severity.MEDIUM
    triggers = (
        "from_documents",
        "add_documents",
        "aadd_documents",
        "afrom_documents",
        "from_texts",
        "add_texts",
        "afrom_texts",
        "aadd_texts",
    )
    cwe = (346, 1427)
    owasp_llm = ("LLM08", "LLM01", "LLM04")
    atlas = ("AML.T0070", "AML.T0051.001")
    references = (
        Reference(
            "OWASP LLM08:2025 Vector and Embedding Weaknesses",
            "https://genai.owasp.org/llmrisk/llm082025-vector-and-embedding-weaknesses/",
        ),
        Reference("Greshake et al.: indirect prompt injection", "https://arxiv.org/abs/2302.12173"),
    )
    examples = (
        Bad(
            """
            from langchain_community.document_loaders import WebBaseLoader
            from langchain_community.vectorstores import FAISS

            docs = WebBaseLoader("https://forum.acme-labs.io/latest").load()
            store = FAISS.from_documents(docs, embeddings)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`langchain_community.vectorstores.FAISS.from_documents` stores web pages unmarked: who writes them puts "
            "instructions and facts into the prompt; mark them in `metadata` and filter by it",
        ),
        Bad(
            """
            from langchain_chroma import Chroma
            from langchain_community.document_loaders import RecursiveUrlLoader
            from langchain_text_splitters import RecursiveCharacterTextSplitter

            def build(urls):
                store = Chroma(embedding_function=embeddings)
                for url in urls:
                    pages = RecursiveUrlLoader(url).load()
                    parts = RecursiveCharacterTextSplitter(chunk_size=500).split_documents(pages)
                    store.add_documents(parts)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from llama_index.core import VectorStoreIndex
            from llama_index.readers.web import SimpleWebPageReader

            documents = SimpleWebPageReader(html_to_text=True).load_data(["https://acme-labs.io/blog"])
            index = VectorStoreIndex.from_documents(documents)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_community.document_loaders import GitHubIssuesLoader
            from langchain_community.vectorstores import Chroma

            Chroma.from_documents(GitHubIssuesLoader(repo="a/b").load(), embeddings)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            from langchain_community.document_loaders import WebBaseLoader
            from langchain_community.vectorstores import FAISS

            docs = WebBaseLoader("https://forum.acme-labs.io/latest").load()
            for doc in docs:
                doc.metadata["trust"] = "web"
            store = FAISS.from_documents(docs, embeddings)
            """,
            because="the documents are marked",
        ),
        Good(
            """
            from langchain_community.document_loaders import TextLoader
            from langchain_community.vectorstores import FAISS

            FAISS.from_documents(TextLoader("handbook.txt").load(), embeddings)
            """,
            because="a file of one's own",
        ),
        Good(
            """
            from langchain_community.document_loaders import WebBaseLoader

            print(WebBaseLoader("https://forum.acme-labs.io/latest").load())
            """,
            because="nothing is stored",
        ),
        Good(
            """
            from langchain_community.document_loaders import WebBaseLoader
            from langchain_community.vectorstores import FAISS

            FAISS.from_documents(WebBaseLoader("http://localhost:8000/docs").load(), embeddings)
            """,
            because="the server is on this machine",
        ),
        Good(
            """
            class WebBaseLoader:
                def load(self):
                    return []

            class Store:
                def add_documents(self, documents):
                    pass

            Store().add_documents(WebBaseLoader().load())
            """,
            because="classes of the program's own",
        ),
        Missed(
            """
            import requests
            from langchain_community.vectorstores import FAISS
            from langchain_core.documents import Document

            FAISS.from_documents([Document(requests.get(url).text)], embeddings)
            """,
            because="a page that the program fetches itself may well be its own",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report documents of such loaders that reach a store without a mark."""
        if _is_marked(model):
            return
        for call in model.calls:
            if call.fragment.path is not None or call.attribute not in _STORES or not _IS_STORE.fullmatch(call.name):
                continue
            for keyword, position in _STORES[call.attribute]:
                value = call.argument(keyword, position)
                loader = _loader_of(value, _DEPTH)
                if loader is None or not call.argument("metadatas").is_absent:
                    continue
                what = next(what for pattern, what in _LOADERS if pattern.fullmatch(_class_of(loader)))
                if any(_LOCAL.match(text) for text in _texts(loader)):
                    continue
                taint = telling(value, ("retrieval", "network"))
                yield self.finding(
                    call.span,
                    f"`{shown(call)}` stores {what} unmarked: who writes them puts instructions and facts into the prompt; "
                    "mark them in `metadata` and filter by it",
                    confidence=Confidence.MEDIUM,
                    trace=call.context if taint is None else way(call, taint),
                )


def _is_marked(model: SemanticModel) -> bool:
    """Whether the document sets metadata of its documents somewhere."""
    from mlwarden.notebooks.notebook import Notebook

    # Such statements make no calls, and so are no part of the model.
    document = model.document
    texts = [cell.source for cell in document.cells] if isinstance(document, Notebook) else [document.text]
    return any(_MARKED.search(text) for text in texts)


def _loader_of(value: Value, depth: int) -> CallSite | None:
    """The call that made the loader from which documents come, through splitters and lists."""
    for option in value.alternatives():
        if isinstance(option, Sequence) and depth > 0:
            for item in option.items:
                found = _loader_of(item, depth - 1)
                if found is not None:
                    return found
        if not isinstance(option, Outside) or option.made_by is None:
            continue
        made = option.made_by
        if any(pattern.fullmatch(_class_of(made)) for pattern, _ in _LOADERS) and "." in made.name:
            return made
        inner = [] if made.receiver is None else [made.receiver]
        inner += [argument.value for argument in made.arguments]
        for part in inner if depth > 0 else ():
            found = _loader_of(part, depth - 1)
            if found is not None:
                return found
    return None


def _class_of(call: CallSite) -> str:
    """The name of the class that a call makes, `YoutubeLoader` for `YoutubeLoader.from_youtube_url` too."""
    names = call.name.replace("()", "").split(".")
    return next((name for name in reversed(names) if name[:1].isupper()), "")


def _texts(call: CallSite) -> Iterator[str]:
    """The literal texts that a loader gets, where it is made and where it is asked to load."""
    for option in () if call.receiver is None else call.receiver.alternatives():
        if isinstance(option, Outside) and option.made_by is not None:
            yield from _texts(option.made_by)
    for argument in call.arguments:
        for option in argument.value.alternatives():
            yield from option.strings()
            if isinstance(option, Sequence):
                for item in option.items:
                    yield from item.strings()
