"""MLW418: questions about data that are answered by code which a model writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.llm._agents import api_of, is_given, patterns, shown
from mlwarden.semantics.turning_points import LLAMA_INDEX_NO_PANDAS
from mlwarden.semantics.values import Instance
from mlwarden.semantics.values import Reference as ReferenceValue

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_LLAMA = ("llama_index",)
_PANDASAI = ("pandasai",)
_APIS = {
    **dict.fromkeys(
        (
            "PandasQueryEngine",
            "GPTNLPandasQueryEngine",
            "PolarsQueryEngine",
            "PandasInstructionParser",
            "PolarsInstructionParser",
            "PandasIndex",
            "GPTPandasIndex",
        ),
        _LLAMA,
    ),
    **dict.fromkeys(("Agent", "chat", "SmartDataframe", "SmartDatalake", "PandasAI"), _PANDASAI),
    "RunPythonFileTool": ("vanna",),
    "VannaFlaskApp": ("vanna",),
}
# Functions of pandasai 3 that give tables with a method `chat`.
_TABLES = ("DataFrame", "read_csv", "read_excel", "load", "create", "SmartDataframe", "SmartDatalake")
_CHATS = tuple(f"pandasai.{table}().chat" for table in _TABLES[:-2])


class DataframeQaEngine(Rule):
    """A question about a table that is answered by code which a model writes, run in this process.

    ## Why is this bad?

    These engines ask the model for pandas, Polars or Plotly code and run it with `eval` or `exec`. The question and
    the table's column names and cells are part of the prompt, so that whoever writes one of them can have other code
    written. The checks that some releases put before it (a list of allowed names) were got round again and again.

    ## How to fix

    Answer by SQL over a view that can only be read. PandasAI 3 takes a sandbox: `Agent(dfs, sandbox=DockerSandbox())`,
    `chat(..., sandbox=...)`. Vanna: `ask(..., visualize=False)`. LlamaIndex has no safe setting.

    ## When it is fine

    In a sandbox without network and credentials, over data that you wrote yourself.

    ## Limits

    A Vanna object is recognised by its class; one that is handed over from outside the file is not.
    """

    code = "MLW418"
    name = "dataframe-qa-engine"
    severity = Severity.HIGH
    calls = (*patterns(*_APIS), "*.ask", "*.get_plotly_figure")
    triggers = (
        *(name for name, packages in _APIS.items() if packages == _LLAMA),
        "pandasai",
        ("vanna", "ask"),
        ("vanna", "get_plotly_figure"),
        "RunPythonFileTool",
        "VannaFlaskApp",
    )
    cwe = (94,)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050",)
    references = (
        Reference("CVE-2023-39662, LlamaIndex PandasQueryEngine", "https://nvd.nist.gov/vuln/detail/CVE-2023-39662"),
        Reference("CVE-2024-3271, LlamaIndex safe_eval", "https://nvd.nist.gov/vuln/detail/CVE-2024-3271"),
        Reference("CVE-2024-12366, PandasAI", "https://nvd.nist.gov/vuln/detail/CVE-2024-12366"),
        Reference("CVE-2024-5565, Vanna", "https://nvd.nist.gov/vuln/detail/CVE-2024-5565"),
    )
    examples = (
        Bad(
            """
            from llama_index.experimental.query_engine import PandasQueryEngine

            engine = PandasQueryEngine(df=df, verbose=True)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`PandasQueryEngine` answers by running code that a model writes in this process: who asks, or "
            "fills the table, runs code here; use SQL over a read-only view, or a sandbox",
        ),
        Bad(
            """
            from llama_index.query_engine.pandas_query_engine import PandasQueryEngine as Engine

            def ask(df, question):
                return Engine(df).query(question)
                       ^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from llama_index.core.query_engine import PandasQueryEngine

            engine = PandasQueryEngine(df=df)
                     ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"llama-index-core": "==0.10.20"},
        ),
        Bad(
            """
            import llama_index.experimental as experimental

            class Analyst:
                engine = staticmethod(experimental.PolarsQueryEngine)

                def __init__(self, df):
                    self.query = experimental.PolarsQueryEngine(df).query
                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import pandasai as pai
            from pandasai import Agent, SmartDataframe

            agent = Agent([df])
                    ^^^^^^^^^^^
            smart = SmartDataframe(df, config={"llm": llm})
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            pai.chat("Which shop sold most?", df)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            sales = pai.read_csv("sales.csv")
            sales.chat("Which shop sold most?")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from vanna.chromadb import ChromaDB_VectorStore
            from vanna.openai import OpenAI_Chat

            class MyVanna(ChromaDB_VectorStore, OpenAI_Chat):
                def __init__(self, config=None):
                    ChromaDB_VectorStore.__init__(self, config=config)
                    OpenAI_Chat.__init__(self, config=config)

            vn = MyVanna(config={"model": "gpt-4o"})
            vn.ask("Which shop sold most?", allow_llm_to_see_data=False)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            figure = vn.get_plotly_figure(plotly_code=code, df=df)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from vanna.remote import VannaDefault

            vn = VannaDefault(model="chinook", api_key=key)
            vn.ask(question=question, visualize=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`VannaDefault.ask` answers by running code that a model writes in this process: who asks, or fills the table, "
            "runs code here; pass `visualize=False`",
        ),
        Bad(
            as_notebook("from pandasai import SmartDatalake", "lake = SmartDatalake([a, b])"),
            path="example.ipynb",
            texts=("SmartDatalake([a, b])",),
        ),
        Good(
            """
            import pandasai as pai
            from pandasai_docker import DockerSandbox

            sandbox = DockerSandbox()
            agent = pai.Agent([df], sandbox=sandbox)
            pai.chat("Which shop sold most?", df, sandbox=sandbox)
            pai.read_csv("sales.csv").chat("Which shop sold most?", sandbox=sandbox)
            """,
            because="the code runs in a container",
        ),
        Good(
            """
            from vanna.remote import VannaDefault

            vn = VannaDefault(model="chinook", api_key=key)
            vn.ask(question=question, visualize=False)
            sql = vn.generate_sql(question)
            """,
            because="no plotting code is run",
        ),
        Good(
            """
            from llama_index.core.query_engine import PandasQueryEngine

            engine = PandasQueryEngine(df=df)
            """,
            because="what is left of this class only says where it has gone",
            versions={"llama-index-core": ">=0.12"},
        ),
        Good(
            """
            from llama_index.core import VectorStoreIndex

            engine = VectorStoreIndex.from_documents(documents).as_query_engine()
            """,
            because="it answers from texts and runs nothing",
        ),
        Good(
            """
            import vanna

            class PandasQueryEngine:
                def ask(self, question):
                    return self.columns[question]

            PandasQueryEngine().ask("shop")
            person.ask("How are you?")
            """,
            because="a class of the project's own, and an object that nothing is known of",
        ),
        Missed(
            """
            import vanna

            def answer(vn, question):
                return vn.ask(question)
            """,
            because="what `vn` is isn't known here",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report engines and questions whose answers are computed by generated code."""
        key = api_of(call.name, _APIS)
        if call.attribute in {"ask", "get_plotly_figure"} and _is_vanna(call):
            visualize = call.argument("visualize", 3)
            if call.attribute == "get_plotly_figure" or visualize.is_absent or visualize.may_be_true():
                way_out = "pass `visualize=False`" if call.attribute == "ask" else "show the data as a table"
                yield self._report(call, way_out)
        elif key in {"Agent", "chat", "SmartDataframe", "SmartDatalake", "PandasAI"} or call.name in _CHATS:
            position = {"Agent": 5, "chat": None}.get(key)
            sandbox = call.argument("sandbox", 1 if call.name in _CHATS else position)
            if sandbox.is_absent or sandbox.must_be(None) or not (is_given(sandbox) or sandbox.is_unknown):
                yield self._report(call, "pass a sandbox (pandasai 3)")
        elif key == "VannaFlaskApp":
            if not call.argument("chart").must_be(False):
                yield self._report(call, "pass `chart=False`")
        elif key and not (call.name.startswith("llama_index.core.") and LLAMA_INDEX_NO_PANDAS.passed(model)):
            yield self._report(call, "use SQL over a read-only view, or a sandbox")

    def _report(self, call: CallSite, way_out: str) -> Finding:
        name = shown(call.name).replace("()", "") or call.attribute
        return self.finding(
            call.span,
            f"`{name}` answers by running code that a model writes in this process: who asks, or "
            f"fills the table, runs code here; {way_out}",
            trace=call.context,
        )


def _is_vanna(call: CallSite) -> bool:
    """Whether a method is one of an object of Vanna's, or of a class that inherits from one."""
    if call.name.startswith("vanna."):
        return True
    receiver = call.receiver
    for option in () if receiver is None else receiver.alternatives():
        if isinstance(option, ReferenceValue) and option.name.startswith("vanna."):
            return True
        if isinstance(option, Instance) and option.definition is not None:
            inherits = any(name.startswith("vanna.") for name in option.definition.base_names())
            return inherits and option.definition.find(call.attribute) is None
    return False
