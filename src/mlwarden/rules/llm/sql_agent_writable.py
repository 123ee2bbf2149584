"""MLW413: a model's SQL is run on a database that it can change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.llm._agents import api_of, asked_elsewhere, made_by, parts_of, patterns, shown
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.values import Instance, Mapping, Text

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_LANGCHAIN = ("langchain", "langchain_community", "langchain_experimental", "langchain_classic")
_LLAMA = ("llama_index",)
# What runs the model's SQL -> packages, and the argument that is the database.
_RUNNERS: dict[str, tuple[tuple[str, ...], str, int | None]] = {
    "SQLDatabaseToolkit": (_LANGCHAIN, "db", None),
    "create_sql_agent": (_LANGCHAIN, "db", None),
    "SQLDatabaseChain": (_LANGCHAIN, "database", None),
    "SQLDatabaseChain.from_llm": (_LANGCHAIN, "db", 1),
    "SQLDatabaseSequentialChain.from_llm": (_LANGCHAIN, "db", 1),
    "VectorSQLDatabaseChain.from_llm": (_LANGCHAIN, "db", 1),
    "QuerySQLDataBaseTool": (_LANGCHAIN, "db", None),
    "QuerySQLDatabaseTool": (_LANGCHAIN, "db", None),
    "NLSQLTableQueryEngine": (_LLAMA, "sql_database", 0),
    "NLSQLRetriever": (_LLAMA, "sql_database", 0),
    "SQLTableRetrieverQueryEngine": (_LLAMA, "sql_database", 0),
    "PGVectorSQLQueryEngine": (_LLAMA, "sql_database", 0),
    "NLStructStoreQueryEngine": (_LLAMA, "index", 0),
    "RunSqlTool": (("vanna",), "sql_runner", 0),
}
_APIS = {name: packages for name, (packages, _, _) in _RUNNERS.items()}
# In the text of a connection, its options or the names of its variables.
_READ_ONLY = re.compile(
    r"(?i)mode=ro\b|immutable=1|read[-_ ]?only|(?:\b|_)ro(?:\b|_)|(?:\b|_)reader(?:\b|_)|(?:\b|_)viewer(?:\b|_)|select[-_]?only"
)
_SWITCH = re.compile(r"(?i)query_only|read only|default_transaction_read_only")
_IN_MEMORY = re.compile(r"sqlite(?:\+\w+)?://(?:/?:memory:.*|/?)|duckdb:///:memory:.*|:memory:")
_DEPTH = 4


class SqlAgentWritable(Rule):
    """A model's SQL that is run with the right to change the database.

    ## Why is this bad?

    The model writes the statement, and these agents and chains send it as it is. Whoever can put text in front of the
    model, or into a row that it reads, can have tables read that were not meant for them, changed or dropped. A prompt
    that forbids it is a wish: only the database can refuse.

    ## How to fix

    Connect as a user that can only read, and only the tables or views that the asker may see. For SQLite, open the
    file read-only: `SQLDatabase.from_uri("sqlite:///file:shop.db?mode=ro&uri=true")`. `include_tables` shortens what the
    model is shown; it does not keep it from using other tables.

    ## When it is fine

    When the user that connects has no more rights than reading, which the code may not show: say so in the
    suppression. A connection that names it (`mode=ro`, `readonly`, a user `reporting_ro`) is not reported.

    ## Limits

    The rights of the database's user are not known: the rule goes by names and options. Where the address comes from
    outside the code, the finding is unsure. Vanna's own `ask` and `run_sql` are not seen here.
    """

    code = "MLW413"
    name = "sql-agent-writable"
    severity = Severity.MEDIUM
    calls = patterns(*_RUNNERS)
    triggers = tuple(dict.fromkeys(name.partition(".")[0] for name in _RUNNERS))
    cwe = (89, 250)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0053",)
    references = (
        Reference("CVE-2023-36189, SQLDatabaseChain", "https://nvd.nist.gov/vuln/detail/CVE-2023-36189"),
        Reference("LangChain: security policy", "https://docs.langchain.com/oss/python/security-policy"),
        Reference("SQLite: URI file names", "https://www.sqlite.org/uri.html"),
    )
    examples = (
        Bad(
            """
            from langchain_community.agent_toolkits import create_sql_agent
            from langchain_community.utilities import SQLDatabase

            db = SQLDatabase.from_uri("sqlite:///shop.db")
            agent = create_sql_agent(llm, db=db, agent_type="tool-calling")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`create_sql_agent` runs SQL that a model writes on a database that nothing here opens read-only: "
            "who can steer the model reads and changes it; connect as a user that can only read",
        ),
        Bad(
            """
            from langchain_experimental.sql import SQLDatabaseChain
            from langchain_community.utilities import SQLDatabase

            def ask(llm, question):
                db = SQLDatabase.from_uri(f"postgresql://admin:{password}@db/shop", include_tables=["orders"])
                return SQLDatabaseChain.from_llm(llm, db, verbose=True).run(question)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            from langchain import SQLDatabase, SQLDatabaseChain, OpenAI

            db = SQLDatabase.from_uri("mysql+pymysql://root:pw@localhost/shop")
            chain = SQLDatabaseChain(llm=OpenAI(), database=db)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import os
            from langchain_community.agent_toolkits import SQLDatabaseToolkit, create_sql_agent
            from langchain_community.utilities.sql_database import SQLDatabase

            toolkit = SQLDatabaseToolkit(db=SQLDatabase.from_uri(os.environ["DATABASE_URL"]), llm=llm)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            agent = create_sql_agent(llm, toolkit=toolkit)
            """,
            confidence=Confidence.LOW,
        ),
        Bad(
            """
            import sqlalchemy as sa
            from llama_index.core import SQLDatabase
            from llama_index.core.query_engine import NLSQLTableQueryEngine

            engine = sa.create_engine("sqlite:///cities.db")
            query_engine = NLSQLTableQueryEngine(
                           ^^^^^^^^^^^^^^^^^^^^^^~
                sql_database=SQLDatabase(engine, include_tables=["cities"]), tables=["cities"]
            )
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            from langchain_community.tools.sql_database.tool import QuerySQLDataBaseTool

            class Analyst:
                def __init__(self, db):
                    self.run = QuerySQLDataBaseTool(db=db)
                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.LOW,
        ),
        Bad(
            """
            from vanna.integrations.sqlite import SqliteRunner
            from vanna.tools import RunSqlTool

            tool = RunSqlTool(sql_runner=SqliteRunner(database_path="./shop.db"))
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            as_notebook(
                "from langchain.sql_database import SQLDatabase\ndb = SQLDatabase.from_uri('sqlite:///Chinook.db')",
                "from langchain.agents import create_sql_agent\nagent = create_sql_agent(llm=llm, db=db)",
            ),
            path="example.ipynb",
            texts=("create_sql_agent(llm=llm, db=db)",),
        ),
        Good(
            """
            from langchain_community.agent_toolkits import create_sql_agent
            from langchain_community.utilities import SQLDatabase

            db = SQLDatabase.from_uri("sqlite:///file:shop.db?mode=ro&uri=true")
            agent = create_sql_agent(llm, db=db)
            """,
            because="the file is opened read-only",
        ),
        Good(
            """
            import os
            from langchain_community.utilities import SQLDatabase
            from langchain_experimental.sql import SQLDatabaseChain

            first = SQLDatabase.from_uri("postgresql://reporting_ro@db/shop")
            second = SQLDatabase.from_uri(os.environ["READONLY_DATABASE_URL"])
            chains = [SQLDatabaseChain.from_llm(llm, db) for db in (first, second)]
            """,
            because="the names say that these users can only read",
        ),
        Good(
            """
            from llama_index.core import SQLDatabase
            from llama_index.core.query_engine import NLSQLTableQueryEngine
            from sqlalchemy import create_engine

            engine = create_engine("postgresql://app@db/shop", execution_options={"postgresql_readonly": True})
            query_engine = NLSQLTableQueryEngine(SQLDatabase(engine))
            """,
            because="the engine's transactions are read-only",
        ),
        Good(
            """
            from llama_index.core.query_engine import NLSQLTableQueryEngine

            query_engine = NLSQLTableQueryEngine(database, sql_only=True)
            """,
            because="the SQL is only written, not run",
        ),
        Good(
            """
            from langchain.chains import create_sql_query_chain
            from langchain_community.utilities import SQLDatabase

            chain = create_sql_query_chain(llm, SQLDatabase.from_uri("sqlite:///shop.db"))
            """,
            because="the chain only writes the SQL",
        ),
        Good(
            """
            from langchain_community.agent_toolkits import create_sql_agent
            from langchain_community.utilities import SQLDatabase
            from sqlalchemy import create_engine

            agent = create_sql_agent(llm, db=SQLDatabase(create_engine("sqlite:///:memory:")))
            """,
            because="a database in memory holds nothing that lasts",
        ),
        Good(
            """
            from langchain.agents.middleware import HumanInTheLoopMiddleware
            from langchain_community.agent_toolkits import SQLDatabaseToolkit

            tools = SQLDatabaseToolkit(db=db, llm=llm).get_tools()
            agent = create_agent(llm, tools, middleware=[HumanInTheLoopMiddleware(interrupt_on={"sql_db_query": True})])
            """,
            because="a person approves each statement",
        ),
        Missed(
            """
            from langchain_community.utilities import SQLDatabase

            db = SQLDatabase.from_uri("sqlite:///shop.db")
            print(db.run(llm.invoke(question).content))
            """,
            because="statements that the program runs itself are left to MLW404",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report what runs a model's SQL on a database that nothing shows to be read-only."""
        key = api_of(call.name, _APIS)
        if not key:
            return
        _, keyword, position = _RUNNERS[key]
        database = call.argument(keyword, position)
        if database.is_absent and key == "SQLDatabaseToolkit":
            database = call.argument("db", 0)
        if database.is_absent or database.must_be(None) or _is_own(database):
            return
        if switched_on(call.argument("sql_only")) is not None or asked_elsewhere(model, "sql_db_query"):
            return
        sure = _writable(database, _DEPTH)
        if sure is None or _switches(model):
            return
        yield self.finding(
            call.span,
            f"`{shown(call.name)}` runs SQL that a model writes on a database that nothing here opens read-only: who "
            "can steer the model reads and changes it; connect as a user that can only read",
            confidence=sure,
            trace=call.context,
        )


def _is_own(database: Value) -> bool:
    """Whether it is an object of a class of the project, which may check what it runs."""
    return any(isinstance(option, Instance) for option in database.alternatives())


def _writable(database: Value, depth: int) -> Confidence | None:
    """How sure it is that a database, engine or address is not read-only; None where a marker says that it is."""
    sure = Confidence.LOW
    if any(_READ_ONLY.search(text) for text in _texts(database)):
        return None
    addresses = [*database.strings(), *(part.shown for part in database.alternatives() if isinstance(part, Text))]
    if any(_IN_MEMORY.fullmatch(text) for text in addresses):
        return None
    if any(re.match(r"[a-z0-9+]{3,}://|.+\.(?:db|sqlite3?|duckdb)$", text) for text in addresses):
        sure = Confidence.MEDIUM
    if depth == 0:
        return sure
    for made in made_by(database):
        if "creator" in made.keyword_names() or _READ_ONLY.search(made.text(made.span)):
            return None
        for argument in made.arguments:
            found = _writable(argument.value, depth - 1)
            if found is None:
                return None
            sure = Confidence.MEDIUM if found is Confidence.MEDIUM else sure
    return sure


def _texts(value: Value) -> Iterator[str]:
    """The texts in a value, keys of dictionaries included."""
    for part in parts_of(value):
        yield from part.strings()
        if isinstance(part, Text):
            yield part.shown
        elif isinstance(part, Mapping):
            yield from (key for key, _ in part.items if isinstance(key, str))


def _switches(model: SemanticModel) -> bool:
    """Whether a statement makes a connection read-only (`PRAGMA query_only = ON`)."""
    return any(
        _SWITCH.search(text)
        for call in model.calls
        if call.attribute in {"execute", "exec_driver_sql", "text", "set_session"}
        for argument in call.arguments
        for text in argument.value.strings()
    )
