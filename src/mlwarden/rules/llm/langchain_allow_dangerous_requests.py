"""MLW411: an agent of LangChain is allowed to send any request, or to run any query on a graph database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Reference, Rule, Severity
from mlwarden.rules.llm._agents import api_of, from_langchain, patterns, shown
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.turning_points import LANGCHAIN_GRAPH_FLAG
from mlwarden.semantics.values import Sequence

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_REQUESTS = "allow_dangerous_requests"
_TOOLS = "allow_dangerous_tools"
# Chains that send the model's queries to a graph database, with the flag or, before it, without.
_CHAINS = (
    "ArangoGraphQAChain",
    "FalkorDBQAChain",
    "GraphCypherQAChain",
    "GraphSparqlQAChain",
    "GremlinQAChain",
    "HugeGraphQAChain",
    "KuzuQAChain",
    "MemgraphQAChain",
    "NebulaGraphQAChain",
    "OntotextGraphDBQAChain",
)
_GRAPHS = dict.fromkeys(
    (*_CHAINS, *(f"{chain}.from_llm" for chain in _CHAINS)), ("langchain", "langchain_community", "langchain_classic")
)
_GRAPH = re.compile(r"(?i)graph|kuzu|falkor|gremlin|sparql|cypher")
# `create_openapi_agent` of the planner has the flag; the toolkits' function of that name has not, its toolkit has.
_WITHOUT = re.compile(
    r"langchain\w*\.agents?(?:_toolkits|\.agent_toolkits)?(?:\.openapi(?:\.base)?)?\.create_openapi_agent"
)
_ANY_REQUEST = (
    "lets the model send requests to any address, internal ones too: who can steer the model, or write a page that it "
    "reads, reaches what this machine can; allow only the hosts that it needs"
)
_ANY_QUERY = (
    "sends queries that the model writes to the graph database, deleting ones too: who can steer the model reads and "
    "changes all of it; connect as a user that can only read"
)


class LangchainAllowDangerousRequests(Rule):
    """An agent that may send any request, or run any query on a graph database (`allow_dangerous_requests=True`).

    ## Why is this bad?

    The model chooses the address, or writes the query. Whoever can put text in front of it (a user, a web page, a
    document that is retrieved) chooses with it: the metadata service of the cloud, an internal host without a
    login, a query that deletes every node.

    ## How to fix

    Write a tool that calls the one service that is needed, with typed arguments, and checks the host. For graph
    databases, connect as a user that can only read, and only what the asker may see. Without the flag these classes
    refuse to start, so that there is no small edit.

    ## When it is fine

    With a connection that can only read public data, or behind a proxy that lets through a list of hosts: say so in the
    suppression, since neither can be seen in the code.

    ## Limits

    What a database user may do is not known, nor is a flag that is computed or handed over by a caller outside the
    project. Before langchain-community 0.2.19 the graph chains had no flag and always ran the model's query; that is
    reported where the project's requirements allow such releases only. `load_tools` with "terminal" is MLW412's, and
    `LLMSymbolicMathChain`, which runs code, MLW414's.
    """

    code = "MLW411"
    name = "langchain-allow-dangerous-requests"
    severity = Severity.HIGH
    calls = patterns(*_GRAPHS)
    triggers = (_REQUESTS, _TOOLS, *_CHAINS)
    yields_to = ("MLW412", "MLW414")
    cwe = (918, 943)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0053", "AML.T0086")
    references = (
        Reference("LangChain: security policy", "https://docs.langchain.com/oss/python/security-policy"),
        Reference("CVE-2024-8309, GraphCypherQAChain", "https://nvd.nist.gov/vuln/detail/CVE-2024-8309"),
        Reference("CVE-2024-3095, WebResearchRetriever", "https://nvd.nist.gov/vuln/detail/CVE-2024-3095"),
        Reference("CVE-2025-2828, RequestsToolkit", "https://nvd.nist.gov/vuln/detail/CVE-2025-2828"),
    )
    examples = (
        Bad(
            """
            from langchain_community.agent_toolkits.openapi.toolkit import RequestsToolkit
            from langchain_community.utilities.requests import TextRequestsWrapper

            toolkit = RequestsToolkit(
                      ^^^^^^^^^^^^^^^^~
                requests_wrapper=TextRequestsWrapper(headers={}),
                allow_dangerous_requests=True,
            )
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`RequestsToolkit` with `allow_dangerous_requests=True` lets the model send requests to any "
            "address, internal ones too: who can steer the model, or write a page that it reads, reaches what this "
            "machine can; allow only the hosts that it needs",
        ),
        Bad(
            """
            from langchain_neo4j import GraphCypherQAChain, Neo4jGraph

            graph = Neo4jGraph(url=url)
            chain = GraphCypherQAChain.from_llm(llm, graph=graph, allow_dangerous_requests=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`GraphCypherQAChain.from_llm` with `allow_dangerous_requests=True` sends queries that the model "
            "writes to the graph database, deleting ones too: who can steer the model reads and changes all of it; "
            "connect as a user that can only read",
        ),
        Bad(
            """
            from langchain_community.agent_toolkits.openapi import planner

            SETTINGS = dict(allow_dangerous_requests=True, verbose=True)

            def build(spec, wrapper, llm):
                return planner.create_openapi_agent(spec, wrapper, llm, **SETTINGS)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_community.tools import RequestsGetTool as Get
            from langchain_community.retrievers.web_research import WebResearchRetriever

            tools = [Get(requests_wrapper=wrapper, allow_dangerous_requests=True)]
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            web = WebResearchRetriever.from_llm(store, llm, search, allow_dangerous_requests=True)
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_community.agent_toolkits.load_tools import load_tools

            tools = load_tools(["requests_all"], allow_dangerous_tools=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain.agents import load_tools

            def tools(names):
                return load_tools(names, allow_dangerous_tools=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            from langchain_community.graphs import KuzuGraph

            class Store:
                unsafe = True

                def __init__(self, db):
                    self.graph = KuzuGraph(db, allow_dangerous_requests=self.unsafe)
                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_community.chains.graph_qa.cypher import GraphCypherQAChain

            chain = GraphCypherQAChain.from_llm(llm, graph=graph)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"langchain-community": "==0.2.10"},
            confidence=Confidence.HIGH,
        ),
        Good(
            """
            from langchain_community.chains.graph_qa.cypher import GraphCypherQAChain

            chain = GraphCypherQAChain.from_llm(llm, graph=graph)
            """,
            because="without the flag it refuses to start",
            versions={"langchain-community": ">=0.3"},
        ),
        Good(
            """
            from langchain_community.agent_toolkits.openapi.toolkit import RequestsToolkit

            toolkit = RequestsToolkit(requests_wrapper=wrapper, allow_dangerous_requests=False)
            """,
            because="it refuses to start",
        ),
        Good(
            """
            from langchain_community.agent_toolkits.load_tools import load_tools

            tools = load_tools(["wikipedia", "arxiv"], allow_dangerous_tools=True)
            """,
            because="none of these tools is one that the flag unlocks",
        ),
        Good(
            """
            from langchain_community.agent_toolkits import create_openapi_agent

            agent = create_openapi_agent(llm, toolkit, allow_dangerous_requests=True)
            """,
            because="this function does not know the flag; the toolkit it is given does",
        ),
        Good(
            """
            from langchain_community.agent_toolkits.openapi.toolkit import RequestsToolkit

            def build(wrapper, trust):
                return RequestsToolkit(requests_wrapper=wrapper, allow_dangerous_requests=trust)
            """,
            because="the caller decides, and nothing here says that it is True",
        ),
        Good(
            """
            class RequestsToolkit:
                def __init__(self, allow_dangerous_requests):
                    self.allowed = allow_dangerous_requests

            toolkit = RequestsToolkit(allow_dangerous_requests=True)
            """,
            because="a class of the project's own",
        ),
        Bad(
            """
            from langchain_community.agent_toolkits.openapi.toolkit import RequestsToolkit

            class Toolkit(RequestsToolkit):
                pass

            toolkit = Toolkit(requests_wrapper=wrapper, allow_dangerous_requests=True)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report every call of LangChain that passes one of the flags as true."""
        for call in model.calls:
            if call.fragment.path is not None or not from_langchain(call.name):
                continue
            given = call.keyword_names()
            if _REQUESTS in given and not _WITHOUT.fullmatch(call.name):
                sure = switched_on(call.argument(_REQUESTS))
                if sure is not None:
                    yield self._report(call, f"with `{_REQUESTS}=True`", sure)
            elif call.attribute == "load_tools":
                sure = switched_on(call.argument(_TOOLS, 3))
                kind = _unlocked(call)
                if sure is not None and kind is not None:
                    yield self._report(call, f"with `{_TOOLS}=True`", sure if kind else Confidence.MEDIUM)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report graph chains of releases that know no flag."""
        if not api_of(call.name, _GRAPHS) or _REQUESTS in call.keyword_names():
            return
        # langchain 0.1 asks for langchain-community before 0.1, and releases before it have the chains themselves.
        early = model.version("langchain").below("0.2") if call.name.startswith("langchain.") else None
        if LANGCHAIN_GRAPH_FLAG.ahead(model) or early:
            package = LANGCHAIN_GRAPH_FLAG.package if LANGCHAIN_GRAPH_FLAG.ahead(model) else "langchain"
            yield self._report(call, f"of {model.version(package).describe()}", Confidence.HIGH)

    def _report(self, call: CallSite, how: str, sure: Confidence) -> Finding:
        what = _ANY_QUERY if _GRAPH.search(call.name) else _ANY_REQUEST
        return self.finding(call.span, f"`{shown(call.name)}` {how} {what}", confidence=sure, trace=call.context)


def _unlocked(call: CallSite) -> bool | None:
    """Whether `load_tools` loads tools that need the flag: True, or False where that can't be told; None for no."""
    names = call.argument("tool_names", 0)
    known = True
    for option in names.alternatives():
        if not isinstance(option, Sequence):
            known = False
            continue
        for item in option.items:
            if any(text.startswith("requests") or text == "terminal" for text in item.strings()):
                return True
            known = known and item.string() is not None
        known = known and option.complete
    return None if known else False
