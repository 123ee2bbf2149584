"""MLW433: a search for one user's request in everybody's documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.flow import shown
from mlwarden.semantics.entry_points import source_of_parameters
from mlwarden.semantics.values import Constant, Mapping, Text, Unknown

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_METHODS = (
    "similarity_search",
    "asimilarity_search",
    "similarity_search_with_score",
    "asimilarity_search_with_score",
    "similarity_search_with_relevance_scores",
    "max_marginal_relevance_search",
    "amax_marginal_relevance_search",
    "as_retriever",
    "query",
    "query_points",
    "search",
    "as_query_engine",
)
_STORE = re.compile(r"(?:langchain|llama_index|chromadb|qdrant_client|pinecone|weaviate|pymilvus)[\w.()\[\]]*\.(?:\w+)")
# What narrows a search, in the libraries' words.
_FILTERS = (
    "filter",
    "filters",
    "where",
    "where_document",
    "namespace",
    "query_filter",
    "pre_filter",
    "expr",
    "tenant",
    "partition_names",
    "collection_name",
)
_PERSON = re.compile(
    r"(?:.*_)?(?:user|tenant|account|org|organi[sz]ation|customer|workspace|principal|identity|claims)(?:_.*)?|current_user|.*(?:User|Tenant)"
)


class VectorStoreNoTenantFilter(Rule):
    """A search in a vector store that does not say whose documents may be found.

    ## Why is this bad?

    A similarity search looks through everything that is stored. Where the documents of many customers lie in one store,
    a question of one finds the texts of another, and the model reads them out.

    ## How to fix

    Filter by the tenant in each search, `filter={"tenant": user.tenant}`, or keep a collection or namespace for each
    of them. Take the tenant from the session, not from the request.

    ## When it is fine

    Where all users may read all documents.

    ## Limits

    Reported are searches in a web route that has a parameter for the user. Whether the store was made for one tenant is
    known only where its name depends on something. The rule is off by default.
    """

    code = "MLW433"
    name = "vector-store-no-tenant-filter"
    severity = Severity.MEDIUM
    default = False
    calls = tuple(f"*.{name}" for name in _METHODS)
    cwe = (863,)
    owasp_llm = ("LLM08", "LLM02")
    atlas = ("AML.T0085.000",)
    references = (
        Reference(
            "OWASP LLM08:2025 Vector and Embedding Weaknesses",
            "https://genai.owasp.org/llmrisk/llm082025-vector-and-embedding-weaknesses/",
        ),
        Reference("Pinecone: multitenancy", "https://docs.pinecone.io/guides/index-data/implement-multitenancy"),
    )
    examples = (
        Bad(
            """
            from fastapi import Depends, FastAPI
            from langchain_chroma import Chroma

            app = FastAPI()
            store = Chroma(collection_name="notes", embedding_function=embeddings)

            @app.get("/search")
            def search(question: str, user=Depends(current_user)):
                return store.similarity_search(question, k=4)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            message="`langchain_chroma.Chroma.similarity_search` answers a user's request from everybody's documents: no "
            "`filter`, `where` or `namespace` says whose may be found",
        ),
        Bad(
            """
            import chromadb
            from flask import Flask, request

            app = Flask(__name__)
            notes = chromadb.PersistentClient("db").get_collection("notes")

            @app.post("/ask/<tenant_id>")
            def ask(tenant_id):
                return notes.query(query_texts=[request.json["question"]], n_results=3)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from fastapi import FastAPI
            from langchain_community.vectorstores import FAISS

            app = FastAPI()
            store = FAISS.load_local("index", embeddings)

            @app.post("/ask")
            def ask(question: str, user_id: str):
                return store.as_retriever(search_kwargs={"k": 4}).invoke(question)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            from fastapi import Depends, FastAPI
            from langchain_chroma import Chroma

            app = FastAPI()
            store = Chroma(collection_name="notes", embedding_function=embeddings)

            @app.get("/search")
            def search(question: str, user=Depends(current_user)):
                return store.similarity_search(question, k=4, filter={"tenant": user.tenant})
            """,
            because="the search is filtered",
        ),
        Good(
            """
            from fastapi import FastAPI
            from langchain_community.vectorstores import FAISS

            app = FastAPI()
            store = FAISS.load_local("index", embeddings)

            @app.post("/ask")
            def ask(question: str, user_id: str):
                return store.as_retriever(search_kwargs={"filter": {"user": user_id}}).invoke(question)
            """,
            because="the retriever is filtered",
        ),
        Good(
            """
            from fastapi import Depends, FastAPI
            from langchain_chroma import Chroma

            app = FastAPI()

            @app.get("/search")
            def search(question: str, user=Depends(current_user)):
                store = Chroma(collection_name=f"notes-{user.id}", embedding_function=embeddings)
                return store.similarity_search(question)
            """,
            because="each user has a collection",
        ),
        Good(
            """
            from fastapi import FastAPI
            from langchain_chroma import Chroma

            app = FastAPI()
            store = Chroma(collection_name="handbook", embedding_function=embeddings)

            @app.get("/search")
            def search(question: str):
                return store.similarity_search(question)
            """,
            because="there is nothing that tells users apart",
        ),
        Good(
            """
            from langchain_chroma import Chroma

            store = Chroma(collection_name="notes", embedding_function=embeddings)

            def search(question, user):
                return store.similarity_search(question)
            """,
            because="no web route: who calls it is not known",
        ),
        Missed(
            """
            from flask import Flask, g, request
            from langchain_chroma import Chroma

            app = Flask(__name__)
            store = Chroma(collection_name="notes", embedding_function=embeddings)

            @app.post("/ask")
            def ask():
                log(g.user)
                return store.similarity_search(request.json["question"])
            """,
            because="the user is no parameter of the route",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a search without a filter in a route that knows its user."""
        function = call.function
        if function is None or call.fragment.path is not None or not _STORE.fullmatch(call.name):
            return
        source = source_of_parameters(function.decorators)
        if source is None or source.kind != "request":
            return
        if not any(_PERSON.fullmatch(parameter.name) for parameter in function.parameters):
            return
        if any(not call.argument(name).is_absent for name in _FILTERS) or call.has_unknown_keywords:
            return
        if _narrows(call.argument("search_kwargs")) or _is_own(call):
            return
        yield self.finding(
            call.span,
            f"`{shown(call)}` answers a user's request from everybody's documents: no `filter`, `where` or `namespace` says "
            "whose may be found",
            confidence=Confidence.LOW,
            trace=call.context,
        )


def _narrows(value: Value) -> bool:
    """Whether the options of a retriever hold a filter, or may."""
    for option in value.alternatives():
        if isinstance(option, Unknown):
            return True
        if isinstance(option, Mapping):
            if not option.complete or any(not option.get(name).is_absent for name in _FILTERS):
                return True
    return False


def _is_own(call: CallSite) -> bool:
    """Whether the store itself was made from something that is not constant: a name for each tenant, say."""
    receiver, depth = call.receiver, 4
    while receiver is not None and depth > 0:
        made = next((getattr(each, "made_by", None) for each in receiver.alternatives()), None)
        if made is None:
            return False
        for argument in made.arguments:
            for option in argument.value.alternatives():
                if isinstance(option, Text) or option.tainted_by("request"):
                    return True
                if argument.keyword in {"collection_name", "namespace", "index_name", "name"}:
                    if not isinstance(option, Constant):
                        return True
        receiver, depth = made.receiver, depth - 1
    return False
