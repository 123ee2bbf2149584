"""MLW605: SQL that is built by formatting."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Confidence, Finding, Fix, Reference, Rule, Severity
from mlwarden.rules.data._formatted import Formatting, Hole, unparsed
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics.guards import is_guarded
from mlwarden.semantics.values import Reference as Name
from mlwarden.semantics.values import Text, Unknown, Value

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Functions -> (keyword, position) of the SQL.
_FUNCTIONS: dict[str, tuple[str, int]] = {
    "pandas.read_sql": ("sql", 0),
    "pandas.read_sql_query": ("sql", 0),
    "pandas.io.sql.read_sql": ("sql", 0),
    "pandas.io.sql.read_sql_query": ("sql", 0),
    "pandas.read_gbq": ("query", 0),
    "pandas_gbq.read_gbq": ("query_or_table", 0),
    "geopandas.read_postgis": ("sql", 0),
    "polars.read_database": ("query", 0),
    "polars.read_database_uri": ("query", 0),
    "polars.sql": ("query", 0),
    "polars.SQLContext().execute": ("query", 0),
    "dask.dataframe.read_sql_query": ("sql", 0),
    "connectorx.read_sql": ("query", 1),
    "awswrangler.athena.read_sql_query": ("sql", 0),
    "awswrangler.athena.start_query_execution": ("sql", 0),
    "awswrangler.redshift.read_sql_query": ("sql", 0),
    "duckdb.sql": ("query", 0),
    "duckdb.query": ("query", 0),
    "duckdb.execute": ("query", 0),
    "duckdb.from_query": ("query", 0),
    "pandasql.sqldf": ("query", 0),
    "sqlalchemy.text": ("text", 0),
    "sqlalchemy.sql.text": ("text", 0),
    "datasets.Dataset.from_sql": ("sql", 0),
    "google.cloud.bigquery.Client().query": ("query", 0),
    "google.cloud.bigquery.Client().query_and_wait": ("query", 0),
}
_METHODS = (
    "execute",
    "executemany",
    "executescript",
    "sql",
    "query",
    "exec_driver_sql",
    "raw_sql",
    "fetch",
    "fetchrow",
    "fetchval",
)
_DATABASES = re.compile(
    r"(?:sqlite3|psycopg2?|psycopg_pool|pymysql|MySQLdb|mysql\.connector|pyodbc|oracledb|cx_Oracle|snowflake\.connector"
    r"|databricks\.sql|pymssql|duckdb|trino\.dbapi|prestodb\.dbapi|pyathena|redshift_connector|asyncpg|aiosqlite|aiomysql"
    r"|aiopg|sqlalchemy|pyhive|vertica_python|clickhouse_connect|clickhouse_driver|hdbcli\.dbapi|teradatasql|jaydebeapi"
    r"|pyspark\.sql|databricks\.connect)\b.*\(\).*\.(?:" + "|".join(_METHODS) + ")"
)
# An object that nothing else is known of, by the last part of its name.
_HANDLES = re.compile(
    r"(?:.*_)?(?:cur|cursor|c|con|conn|connection|engine|session|db|database|duckdb|ddb|spark|sql_?context|sqlctx)(?:_\w+)?",
    re.IGNORECASE,
)
_SQL = re.compile(
    r"[\s(]*(?:--[^\n]*\n\s*)*(?:select|insert|update|delete|with|create|drop|alter|merge|replace|call|exec|truncate|copy|explain"
    r"|attach|describe|show|grant|refresh|optimize|pragma)\b",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"(?:\b(?:from|join|into|table|update|schema|database|view|index|by|as|columns?|select|distinct|use|describe|exists|on|asc|desc"
    r"|pragma|user|role|only|all|catalog)|[\w})\]`\"]\.|[(,]|\{\})\s*[\"`\[(]?\Z",
    re.IGNORECASE,
)
_NAMED_SO = re.compile(
    r"(?:\b|_)(?:tables?|columns?|cols?|schema|database|db|fields?|views?|catalog|keyspace|graph_name|index|ddl)(?:_?(?:name|id|names|list|sql)s?)?\Z",
    re.IGNORECASE,
)
_WRITERS = {
    "request": (Severity.HIGH, "a web request"),
    "llm": (Severity.HIGH, "the output of a language model"),
    "tool": (Severity.HIGH, "an argument that a language model chose"),
    "retrieval": (Severity.HIGH, "a retrieved document"),
    "network": (Severity.MEDIUM, "data from the network"),
    "input": (Severity.MEDIUM, "what a person typed in"),
    "cli": (Severity.MEDIUM, "the command line"),
}
# Databases whose parameters are written `?`.
_QUESTION_MARKS = re.compile(r"(?:sqlite3|duckdb|aiosqlite)\.")


class SqlFstringDataframe(Rule):
    """SQL that is built by formatting.

    ## Why is this bad?

    What is formatted into a query is read as SQL. A value with a quote in it ends the string and goes on as a command of
    its own: other people's rows are read, tables are changed, and with DuckDB, Spark or PostgreSQL files of the server are
    read and written, or programs run. In data code the value often comes from a form, a file or a language model.

    ## How to fix

    Bind values: `params=` of pandas, a second argument of `execute`, `args=` of `spark.sql`, `execute_options=` of polars. Names of
    tables and columns can't be bound: look them up in a list of those that are allowed.

    ## When it is fine

    Where everything that is formatted in is a constant of the program.

    ## Limits

    Numbers, constants, placeholders and values that pass a function named after quoting or checking are left alone, and
    values that are compared with a list of what is allowed. Where it isn't known where a value comes from, only parameters
    of the function are reported, with medium confidence; names of tables and columns then with low severity.

    ## Fix safety

    The fix is unsafe: a value that was meant to be SQL is no longer one.
    """

    code = "MLW605"
    name = "sql-fstring-dataframe"
    severity = Severity.HIGH
    calls = (*_FUNCTIONS, *(f"*.{method}" for method in _METHODS))
    triggers = (
        *dict.fromkeys((name.partition(".")[0], name.rpartition(".")[2]) for name in _FUNCTIONS),
        *(("@sql", method) for method in _METHODS),
    )
    cwe = (89,)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0049",)
    references = (
        Reference("pandas.read_sql_query", "https://pandas.pydata.org/docs/reference/api/pandas.read_sql_query.html"),
        Reference("DuckDB: prepared statements", "https://duckdb.org/docs/stable/sql/query_syntax/prepared_statements"),
        Reference(
            "Spark: parameterized SQL",
            "https://spark.apache.org/docs/latest/api/python/reference/pyspark.sql/api/pyspark.sql.SparkSession.sql.html",
        ),
        Reference(
            "OWASP: query parameterization",
            "https://cheatsheetseries.owasp.org/cheatsheets/Query_Parameterization_Cheat_Sheet.html",
        ),
    )
    examples = later(lambda: _examples())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a query into which something is formatted that is no constant, number or placeholder."""
        place = _place(call)
        if place is None:
            return
        keyword, position, resolved = place
        value = call.argument(keyword, position)
        taint = next(iter(value.tainted_by(*_WRITERS)), None)
        if not _is_built(value, resolved=resolved):
            whole = taint is not None and taint.kind == "request" and resolved and _is_text(value)
            if whole and taint is not None and not is_guarded(call, keyword, position, model):
                yield self.finding(
                    call.span,
                    f"`{call.attribute}` runs SQL that comes from {_WRITERS[taint.kind][1]}: {_OUTCOME}",
                    confidence=Confidence.HIGH if taint.certain else Confidence.MEDIUM,
                    trace=taint.steps,
                )
            return
        formatting = Formatting(call, model, keyword, position)
        holes = formatting.holes
        unsafe = [] if holes is None else [hole for hole in holes if not formatting.is_safe(hole)]
        if taint is None:  # a table's name that no caller gives is the program's own
            unsafe = [hole for hole in unsafe if not _is_identifier(hole) or formatting.is_parameter(hole)]
        if (holes is not None and not unsafe) or is_guarded(call, keyword, position, model):
            return
        if taint is not None:
            severity, what = _WRITERS[taint.kind]
            confidence = Confidence.HIGH if taint.certain else Confidence.MEDIUM
        else:
            severity, confidence, what = _graded(formatting, unsafe)
            if confidence is Confidence.LOW:
                return  # the program's own tables, columns and conditions, as far as can be told
        yield self.finding(
            call.span,
            f"`{call.attribute}` runs SQL with {what} formatted into it: {_OUTCOME}",
            severity=severity,
            confidence=confidence,
            trace=(*(taint.steps if taint is not None else ()), *(call.context if taint is None else ())),
            fixes=_fixes(call, keyword, position, unsafe if holes is not None and len(unsafe) == len(holes) else []),
        )


_OUTCOME = "who writes that can read and change other data"


def _place(call: CallSite) -> tuple[str, int, bool] | None:
    """(keyword, position) of the SQL, and whether it is certain that a database gets it."""
    known = _FUNCTIONS.get(call.name)
    if known is not None:
        return (*known, True)
    if call.attribute not in _METHODS:
        return None
    keyword = {"query": "query", "sql": "sqlQuery", "fetch": "query"}.get(call.attribute, "sql")
    if call.name:
        return (keyword, 0, True) if _DATABASES.fullmatch(call.name) else None
    handle = call.written.rpartition(".")[0].rpartition(".")[2]
    handle = re.sub(r"\(.*\)\Z", "", handle, flags=re.DOTALL)
    return (keyword, 0, False) if _HANDLES.fullmatch(handle) else None


def _is_built(value: Value, *, resolved: bool) -> bool:
    """Whether a string is put together from parts of which one is not known."""
    for option in value.alternatives():
        if isinstance(option, Text) and len(option.parts) > 1:
            begin = option.parts[0]
            if (begin is None and resolved) or (begin is not None and (resolved or _SQL.match(begin))):
                return True
    return False


def _is_text(value: Value) -> bool:
    """Whether a value from a request may be text, and no object that was made of it."""
    return any(
        isinstance(option, (Unknown, Text))
        or (isinstance(option, Name) and option.name.partition(".")[0] in {"streamlit", "flask", "fastapi", "quart"})
        for option in value.alternatives()
    )


def _graded(formatting: Formatting, unsafe: list[Hole]) -> tuple[Severity, Confidence, str]:
    """How bad it is, how sure, and what is formatted in, where it is not known where that comes from."""
    if not unsafe:
        return Severity.LOW, Confidence.LOW, "parts that are not known"
    values = [hole for hole in unsafe if not _is_identifier(hole)]
    ours = values or unsafe
    given = next((hole for hole in ours if formatting.is_parameter(hole)), None)
    hole = given or ours[0]
    shown = unparsed(hole.written)
    what = f"`{shown}`" if len(shown) <= 40 else "what is computed there"
    return (
        Severity.MEDIUM if values else Severity.LOW,
        Confidence.MEDIUM if given is not None else Confidence.LOW,
        what,
    )


def _is_identifier(hole: Hole) -> bool:
    """Whether a hole stands where the name of a table or column does."""
    if hole.before.count("'") % 2 or re.search(r"\b(?:in|values)\s*\([^()]*\Z", hole.before, re.IGNORECASE):
        return False
    named = _NAMED_SO.search(unparsed(hole.written)) or _NAMED_SO.search(unparsed(hole.expression))
    return bool(named) or not hole.before.strip() or _IDENTIFIER.search(hole.before) is not None


def _fixes(call: CallSite, keyword: str, position: int, unsafe: list[Hole]) -> Iterator[Fix]:
    """Bind the values of an f-string whose holes are plain names in the place of values."""
    node, span = call.argument_node(keyword, position), call.argument_span(keyword, position)
    if node is None or span is None or node.keyword is not None or node.star or not unsafe or call.indirect:
        return
    literal = call.text(span)
    if not re.match(r"[fF](?=[\"'])", literal) or "{{" in literal or "}}" in literal or "?" in literal:
        return
    names = []
    for hole in unsafe:
        if not isinstance(hole.written, ast.Name) or hole.is_repr or _is_identifier(hole) or hole.is_number:
            return
        names.append(hole.written.id)
    spark = call.attribute == "sql" and "spark" in f"{call.name}{call.written}"
    bound = literal[1:]
    for name in names:
        form = re.compile(rf"'\{{{name}\}}'|(?<=[\s=<>(,])\{{{name}\}}(?=[\s),;\"']|$)")
        bound, count = form.subn(f":{name}" if spark else "?", bound, count=1)
        if count != 1:
            return
    if "{" in bound:
        return
    values = f"({', '.join(names)}{',' if len(names) == 1 else ''})"
    edits: tuple[TextEdit | None, ...]
    if spark and len(call.arguments) == 1:
        pairs = ", ".join(f'"{name}": {name}' for name in dict.fromkeys(names))
        edits = (TextEdit(span, f"{bound}, args={{{pairs}}}"),)
    elif call.attribute == "execute" and _QUESTION_MARKS.match(call.name) and len(call.arguments) == 1:
        edits = (TextEdit(span, f"{bound}, {values}"),)
    elif call.name.startswith("pandas.read_sql") and call.argument("params", 4).is_absent and len(call.arguments) > 1:
        if not any(_QUESTION_MARKS.match(name) for name in call.argument("con", 1).names()):
            return
        edits = (TextEdit(span, bound), call.add_keyword("params", values))
    else:
        return
    if all(edit is not None for edit in edits):
        yield Fix(
            "Bind the values",
            tuple(edit for edit in edits if edit is not None),
            Applicability.UNSAFE,
            "a value that was meant to be SQL is no longer one",
        )


def _examples() -> Examples:
    from mlwarden.rules.data._sql_fstring_dataframe_examples import EXAMPLES

    return EXAMPLES
