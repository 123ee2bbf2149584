"""MLW128: LangChain's consent to unpickling, given in code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import reading, switched_on
from mlwarden.semantics.turning_points import LANGCHAIN_DANGER_FLAG, LANGCHAIN_DANGER_FLAG_BYTES

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_FLAG = "allow_dangerous_deserialization"
# Classes whose `load_local` unpickled before there was a flag.
_UNFLAGGED = ("FAISS.load_local", "FAISS.deserialize_from_bytes")


class LangchainDangerousDeserialization(Rule):
    """A LangChain store or model loaded with `allow_dangerous_deserialization=True`.

    ## Why is this bad?

    The index files of FAISS, Annoy, ScaNN, TF-IDF and TileDB stores, and the saved pipelines of self-hosted models, hold
    pickles. The flag tells LangChain to unpickle them: whoever can change such a file, in a bucket, a cache or an image,
    runs code in your application. Before langchain-community 0.0.27 there was no flag and everything was unpickled.

    ## How to fix

    Build the index anew from its documents, or use a store that keeps no pickles, such as Chroma, Qdrant or pgvector.

    ## When it is fine

    When the same application wrote the folder and nobody else can write to it.

    ## Limits

    The flag is found in any call that LangChain's names, or its methods' names, lead to; a wrapper in another module
    that sets it is reported there.

    ## Fix safety

    The fix is unsafe: the call raises an error until the index is built anew.
    """

    code = "MLW128"
    name = "langchain-dangerous-deserialization"
    severity = Severity.HIGH
    calls = ("*.load_local", "*.deserialize_from_bytes")
    triggers = (_FLAG, ("FAISS", "load_local"), ("FAISS", "deserialize_from_bytes"))
    yields_to = ("MLW132",)
    cwe = (502,)
    owasp_llm = ("LLM03", "LLM08")
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000", "AML.T0070")
    references = (
        Reference(
            "LangChain: FAISS.load_local",
            "https://reference.langchain.com/python/langchain-community/vectorstores/faiss/FAISS/load_local",
        ),
        Reference("CVE-2024-5998: deserialize_from_bytes", "https://nvd.nist.gov/vuln/detail/CVE-2024-5998"),
    )
    examples = (
        Bad(
            """
            from langchain_community.vectorstores import FAISS

            def store(folder, embeddings):
                return FAISS.load_local(folder, embeddings, allow_dangerous_deserialization=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`load_local` with `allow_dangerous_deserialization=True` unpickles data of unknown origin, "
            "and can run code hidden in it",
            fixed="""
            from langchain_community.vectorstores import FAISS

            def store(folder, embeddings):
                return FAISS.load_local(folder, embeddings, allow_dangerous_deserialization=False)
            """,
        ),
        Bad(
            """
            from langchain_community.retrievers import TFIDFRetriever

            TRUST = {"allow_dangerous_deserialization": True}
            retriever = TFIDFRetriever.load_local("index", **TRUST)
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            from langchain_community.llms import Databricks

            llm = Databricks(endpoint_name="chat", allow_dangerous_deserialization=True)
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            fixed="""
            from langchain_community.llms import Databricks

            llm = Databricks(endpoint_name="chat", allow_dangerous_deserialization=False)
            """,
        ),
        Bad(
            """
            from langchain.vectorstores import FAISS

            def store(folder, embeddings):
                return FAISS.load_local(folder, embeddings)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"langchain-community": "==0.0.20"},
            severity=Severity.HIGH,
        ),
        Good(
            """
            from langchain_community.vectorstores import FAISS

            store = FAISS.load_local("index", embeddings)
            other = FAISS.load_local("index", embeddings, allow_dangerous_deserialization=False)
            """,
            versions={"langchain-community": ">=0.2.5"},
            because="without the flag an index with a pickle is refused",
        ),
        Good(
            """
            from langchain_community.vectorstores import FAISS

            def store(folder, embeddings, trust):
                return FAISS.load_local(folder, embeddings, allow_dangerous_deserialization=trust)
            """,
            because="the caller decides, and nothing here says that it is True",
        ),
        Good(
            """
            from langchain_chroma import Chroma

            store = Chroma(persist_directory="index", embedding_function=embeddings)
            """,
            because="Chroma keeps no pickles",
        ),
        Missed(
            """
            from langchain_community.vectorstores import FAISS
            from project.settings import load_options

            store = FAISS.load_local("index", embeddings, **load_options())
            """,
            because="what the project's function gives back is not known here",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report every call that passes the flag as true to LangChain."""
        for call in model.calls:
            if call.fragment.path is None and _is_langchain(call) and _FLAG in call.keyword_names():
                sure = switched_on(call.argument(_FLAG))
                if sure is not None:
                    yield from self._report(call, model, f" with `{_FLAG}=True`", sure)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report loads of releases that know no flag."""
        if not call.name.startswith("langchain") or not call.name.endswith(_UNFLAGGED):
            return
        if not call.argument(_FLAG).is_absent:
            return
        point = LANGCHAIN_DANGER_FLAG if call.attribute == "load_local" else LANGCHAIN_DANGER_FLAG_BYTES
        if point.ahead(model):
            how = f" of {model.version(point.package).describe()}"
            yield from self._report(call, model, how, Confidence.HIGH)

    def _report(self, call: CallSite, model: SemanticModel, how: str, sure: Confidence) -> Iterator[Finding]:
        data = call.argument("", 0)
        for keyword in ("folder_path", "serialized", "index_uri", "file", "data"):
            if not call.argument(keyword).is_absent:
                data = call.argument(keyword)
        read = reading(call, model, data, opted_out=sure)
        if read is None:
            return
        severity = Severity.MEDIUM if data.is_absent else read.severity
        what = "saved pipelines" if data.is_absent else read.what
        yield self.finding(
            call.span,
            f"`{call.attribute}`{how} unpickles {what}, and can run code hidden in {'them' if data.is_absent else 'it'}",
            severity=severity,
            confidence=read.confidence,
            trace=read.trace,
            fixes=self._fixes(call),
        )

    def _fixes(self, call: CallSite) -> Iterator[Fix]:
        span = call.argument_span(_FLAG)
        edit = call.set_argument(_FLAG, "False") if span is not None else None
        if edit is not None:
            yield Fix(
                f"Set `{_FLAG}=False`",
                (edit,),
                Applicability.UNSAFE,
                "loading raises an error until the index is built anew",
            )


def _is_langchain(call: CallSite) -> bool:
    """Whether a call leads to LangChain, or to a method of its names on an object that isn't known."""
    if call.name:
        return call.name.startswith("langchain") or call.attribute in {"load_local", "deserialize_from_bytes"}
    return call.attribute in {"load_local", "deserialize_from_bytes"}
