"""MLW130: LangGraph checkpoints that may build any object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.origins import trace_of
from mlwarden.semantics.turning_points import LANGGRAPH_JSON_RESTRICTED

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_SERIALIZER = "langgraph.checkpoint.serde.jsonplus.JsonPlusSerializer"
_SWITCHES = {
    "pickle_fallback": "unpickles whatever it cannot read otherwise",
    "allowed_json_modules": "builds objects of any module that the stored JSON names",
    "allowed_msgpack_modules": "builds objects of any module that the stored msgpack names",
}
# Savers that keep checkpoints outside the process.
_SAVERS = (
    "langgraph.checkpoint.sqlite.SqliteSaver",
    "langgraph.checkpoint.sqlite.SqliteSaver.from_conn_string",
    "langgraph.checkpoint.sqlite.aio.AsyncSqliteSaver",
    "langgraph.checkpoint.sqlite.aio.AsyncSqliteSaver.from_conn_string",
    "langgraph.checkpoint.postgres.PostgresSaver",
    "langgraph.checkpoint.postgres.PostgresSaver.from_conn_string",
    "langgraph.checkpoint.postgres.aio.AsyncPostgresSaver",
    "langgraph.checkpoint.postgres.aio.AsyncPostgresSaver.from_conn_string",
    "langgraph.checkpoint.redis.RedisSaver",
    "langgraph.checkpoint.redis.RedisSaver.from_conn_string",
    "langgraph.checkpoint.mongodb.MongoDBSaver",
    "langgraph.checkpoint.mongodb.MongoDBSaver.from_conn_string",
)


class LanggraphPickleFallback(Rule):
    """A LangGraph checkpoint store that may build any object it reads.

    ## Why is this bad?

    Checkpoints hold the state of an agent, and parts of that come from users and models. With `pickle_fallback=True`, or
    with a list of modules that is simply `True`, reading one back can run code: whoever can write to the store, or get a
    prepared value into the state, takes over the process. Before langgraph-checkpoint 3.0 JSON in the store could name
    any constructor.

    ## How to fix

    Leave the switches at their defaults, list the few classes of your own in `allowed_msgpack_modules`, and require
    `langgraph-checkpoint>=4.0`.

    ## When it is fine

    For a store in memory, or one that nobody but the application can reach and whose state holds no foreign data.

    ## Limits

    The release is read from the project's dependency files; an unknown one is not reported.

    ## Fix safety

    The fix is unsafe: states that hold objects of other classes are no longer restored as such.
    """

    code = "MLW130"
    name = "langgraph-pickle-fallback"
    severity = Severity.HIGH
    calls = (_SERIALIZER, *_SAVERS)
    cwe = (502,)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0011.000", "AML.T0080.000")
    references = (
        Reference("CVE-2025-64439: JSON mode, fixed in 3.0", "https://nvd.nist.gov/vuln/detail/CVE-2025-64439"),
        Reference("CVE-2026-27794: caches, fixed in 4.0", "https://nvd.nist.gov/vuln/detail/CVE-2026-27794"),
        Reference("LangGraph: checkpointers", "https://docs.langchain.com/oss/python/langgraph/persistence"),
    )
    examples = (
        Bad(
            """
            from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

            serde = JsonPlusSerializer(pickle_fallback=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`JsonPlusSerializer` with `pickle_fallback=True` unpickles whatever it cannot read otherwise, "
            "and can run code from the checkpoint store",
            fixed="""
            from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

            serde = JsonPlusSerializer()
            """,
        ),
        Bad(
            """
            from langgraph.checkpoint.serde import jsonplus

            OPTIONS = {"allowed_json_modules": True}
            serde = jsonplus.JsonPlusSerializer(**OPTIONS)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langgraph.checkpoint.sqlite import SqliteSaver

            with SqliteSaver.from_conn_string("state.db") as saver:
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                graph.compile(checkpointer=saver)
            """,
            versions={"langgraph-checkpoint": "==2.1.2"},
            message="JSON in the store of `SqliteSaver` can name any constructor with langgraph-checkpoint==2.1.2 "
            "(CVE-2025-64439)",
        ),
        Good(
            """
            from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

            serde = JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=[("project.state", "Plan")])
            """,
            because="only the listed class is built besides the usual ones",
        ),
        Good(
            """
            from langgraph.checkpoint.postgres import PostgresSaver

            saver = PostgresSaver(connection)
            """,
            versions={"langgraph-checkpoint": ">=4.0"},
            because="from 3.0 on stored JSON builds listed objects only",
        ),
        Good(
            """
            from langgraph.checkpoint.memory import InMemorySaver

            saver = InMemorySaver()
            """,
            versions={"langgraph-checkpoint": "==2.1.2"},
            because="nobody else can write to the memory of the process",
        ),
        Missed(
            """
            import os

            os.environ["LANGGRAPH_STRICT_MSGPACK"] = "false"
            """,
            because="that is the default of today's releases, which this rule does not report",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report serializers with a dangerous switch, and stores of releases with the flaw."""
        if call.name != _SERIALIZER:
            if LANGGRAPH_JSON_RESTRICTED.ahead(model):
                saver = next(part for part in call.name.split(".") if part.endswith("Saver"))
                yield self.finding(
                    call.span,
                    f"JSON in the store of `{saver}` can name any constructor with "
                    f"{model.version('langgraph-checkpoint').describe()} (CVE-2025-64439)",
                    trace=trace_of(call),
                )
            return
        for name, what in _SWITCHES.items():
            given = call.argument(name)
            sure = switched_on(given)
            if sure is None or (name != "pickle_fallback" and not given.may_be(True)):
                continue  # a list of modules is what it should be
            edit = call.remove_argument(name)
            title, why = f"Remove `{name}=True`", "states with objects of other classes are no longer restored"
            yield self.finding(
                call.span,
                f"`JsonPlusSerializer` with `{name}=True` {what}, and can run code from the checkpoint store",
                confidence=sure,
                trace=trace_of(call),
                fixes=() if edit is None else (Fix(title, (edit,), Applicability.UNSAFE, why),),
            )
            return
