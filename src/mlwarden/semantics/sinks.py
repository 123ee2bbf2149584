"""Calls that act on what they are given: run it as code, as a command, as a query, show it, open it, fetch it; as data.

Several rules look at the same calls, each for data of another origin. Keywords and positions were read from the
signatures in CPython 3.11, pandas, flask, starlette, streamlit, gradio 6, requests, httpx, aiohttp, urllib3 and
langchain_community 0.4; those of database drivers follow PEP 249, which leaves the keyword open.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwarden.semantics.calls import CallSite


@dataclass(frozen=True, slots=True)
class Sink:
    """The argument of a call that acts on data: its keyword and position (None for keyword only, "" for the receiver).

    Attributes:
        keyword, position: where the argument stands.
        also: further arguments that count as well.
        owner: for a method of anything ("*.execute"): what the object is, a pattern of its qualified name.
        written: the same where the object is not known: a pattern of the last word by which it is written.
        does: what the call does with the argument, where the calls of a table differ ("writes", "reads").
    """

    keyword: str
    position: int | None = None
    also: tuple[tuple[str, int | None], ...] = ()
    owner: str = ""
    written: str = ""
    does: str = ""

    @property
    def places(self) -> tuple[tuple[str, int | None], ...]:
        """All arguments that count."""
        return ((self.keyword, self.position), *self.also)


def sink_of(call: CallSite, sinks: Mapping[str, Sink]) -> tuple[Sink, bool] | None:
    """The sink that a call is, and whether that is certain: False where only the spelling of the object tells."""
    found = sinks.get(call.name)
    if found is not None:
        return found, True
    found = sinks.get(f"*.{call.attribute}")
    if found is None:
        return None
    if call.name:
        owner = call.name.removesuffix(f".{call.attribute}")
        if not found.owner or _compiled(found.owner).fullmatch(owner) is not None:
            return found, True
        if _OF_A_METHOD.search(owner) is None:
            return None
    elif not found.owner and not found.written:
        return found, True
    written = _last_word(call.written) if found.written else ""
    matches = bool(written) and _compiled(found.written).fullmatch(written) is not None
    return (found, False) if matches and not call.receiver_defines(call.attribute) else None


# What a method of something known gave: nothing is known of that (`self.get_connection()` of a class of a library).
_OF_A_METHOD = re.compile(r"\(\)\.\w+\(\)$")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=4096)
def _last_word(callee: str) -> str:
    """The last word of the object whose method is called: `self._conn.cursor().execute` is `cursor`."""
    try:
        node = ast.parse(f"({callee})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    node = node.value if isinstance(node, ast.Attribute) else node
    while isinstance(node, (ast.Call, ast.Subscript, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    word = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return word.lower().strip("_")


# --- code ------------------------------------------------------------------------------------------------------------

CODE: dict[str, Sink] = {
    "eval": Sink("source", 0),
    "exec": Sink("source", 0),
    "compile": Sink("source", 0),
    "pandas.eval": Sink("expr", 0),
    "pandas.DataFrame().eval": Sink("expr", 0),
    "pandas.DataFrame().query": Sink("expr", 0),
    "pandas.read_csv().eval": Sink("expr", 0),
    "pandas.read_csv().query": Sink("expr", 0),
    "numexpr.evaluate": Sink("ex", 0),
    "sympy.sympify": Sink("a", 0),
    "sympy.parse_expr": Sink("s", 0),
    "sympy.parsing.sympy_parser.parse_expr": Sink("s", 0),
    "code.InteractiveInterpreter().runcode": Sink("code", 0),
    "code.InteractiveInterpreter().runsource": Sink("source", 0),
    "code.InteractiveConsole().push": Sink("line", 0),
    "runpy.run_path": Sink("path_name", 0),
    "get_ipython().run_cell": Sink("raw_cell", 0),
    "get_ipython().ex": Sink("cmd", 0),
    "IPython.get_ipython().run_cell": Sink("raw_cell", 0),
    "jupyter_client.KernelClient().execute": Sink("code", 0),
    "langchain_experimental.utilities.PythonREPL().run": Sink("command", 0),
    "langchain_experimental.utilities.python.PythonREPL().run": Sink("command", 0),
}

# --- commands --------------------------------------------------------------------------------------------------------

_ARGS = Sink("args", 0)
COMMANDS: dict[str, Sink] = {
    "os.system": Sink("command", 0),
    "os.popen": Sink("cmd", 0),
    **{f"os.{name}": Sink("path", 0, also=(("args", 1),)) for name in ("execv", "execve", "posix_spawn")},
    **{f"os.{name}": Sink("file", 0, also=(("args", 1),)) for name in ("execvp", "execvpe")},
    **{f"os.{name}": Sink("file", 0) for name in ("execl", "execle", "execlp", "execlpe")},
    **{f"os.{name}": Sink("file", 1, also=(("args", 2),)) for name in ("spawnv", "spawnve", "spawnvp", "spawnvpe")},
    **{f"os.{name}": Sink("file", 1) for name in ("spawnl", "spawnle", "spawnlp", "spawnlpe")},
    "os.startfile": Sink("filepath", 0),
    **{f"subprocess.{name}": _ARGS for name in ("run", "call", "check_call", "check_output", "Popen")},
    "subprocess.getoutput": Sink("cmd", 0),
    "subprocess.getstatusoutput": Sink("cmd", 0),
    "asyncio.create_subprocess_shell": Sink("cmd", 0),
    "asyncio.create_subprocess_exec": Sink("program", 0, also=tuple(("", place) for place in range(1, 6))),
    "asyncio.subprocess.create_subprocess_shell": Sink("cmd", 0),
    "asyncio.subprocess.create_subprocess_exec": Sink("program", 0, also=tuple(("", place) for place in range(1, 6))),
    "anyio.run_process": Sink("command", 0),
    "anyio.open_process": Sink("command", 0),
    "pty.spawn": Sink("argv", 0),
    "commands.getoutput": Sink("cmd", 0),
    "paramiko.SSHClient().exec_command": Sink("command", 0),
    "fabric.Connection().run": Sink("command", 0),
    "fabric.Connection().sudo": Sink("command", 0),
    "fabric.Connection().local": Sink("command", 0),
    "invoke.run": Sink("command", 0),
    "pexpect.spawn": Sink("command", 0),
    "pexpect.run": Sink("command", 0),
    "get_ipython().system": Sink("cmd", 0),
    "get_ipython().getoutput": Sink("cmd", 0),
    "IPython.get_ipython().system": Sink("cmd", 0),
    "IPython.get_ipython().getoutput": Sink("cmd", 0),
    "langchain_community.tools.ShellTool().run": Sink("tool_input", 0),
    "langchain_community.tools.ShellTool().invoke": Sink("input", 0),
    "langchain_experimental.llm_bash.bash.BashProcess().run": Sink("commands", 0),
}

# --- queries ---------------------------------------------------------------------------------------------------------

_DRIVERS = (
    r"(?:sqlite3|aiosqlite|apsw|psycopg\w*|mysql|MySQLdb|pymysql|aiomysql|mariadb|asyncpg|duckdb|sqlalchemy|sqlmodel"
    r"|flask_sqlalchemy|snowflake|clickhouse_driver|clickhouse_connect|pyodbc|aioodbc|cx_Oracle|oracledb|pymssql|trino"
    r"|prestodb|pyhive|vertica_python|redshift_connector|teradatasql|databricks\.sql|databases|records|peewee|django\.db"
    r"|turbodbc|adbc_driver_\w+|libsql\w*|sqlitecloud|awswrangler|streamlit\.connection)\b.*"
)
_CURSOR = (
    r"(?:\w*_)?(?:cursor|cur|curs|conn|connection|db|database|engine|sqlite|con|db_session|sql_session|sqlalchemy_session"
    r"|dbapi_conn|get_db|get_connection|get_conn|get_cursor|get_session|db_conn)"
)
_LANGCHAIN_DB = r"langchain[\w.]*\.SQLDatabase(?:\.from_\w+)?\(\)|llama_index[\w.]*\.SQLDatabase(?:\.from_\w+)?\(\)"
_GRAPH = (
    r"neo4j\..*(?:session\(\)|begin_transaction\(\)|driver\(\))|langchain[\w.]*\.(?:Neo4j|Kuzu|Memgraph|Neptune)\w*Graph\(\)"
    r"|kuzu\.\w*Connection\(\)"
)
SQL: dict[str, Sink] = {
    "*.execute": Sink(
        "query",
        0,
        also=tuple((name, None) for name in ("sql", "operation", "statement", "command")),
        owner=rf"{_DRIVERS}|{_GRAPH}",
        written=_CURSOR,
    ),
    "*.executemany": Sink("query", 0, also=(("sql", None), ("operation", None)), owner=_DRIVERS, written=_CURSOR),
    "*.executescript": Sink("sql_script", 0, owner=_DRIVERS, written=_CURSOR),
    "*.exec_driver_sql": Sink("statement", 0),
    "*.execute_query": Sink("query_", 0, owner=_GRAPH, written=r"(?:\w*_)?(?:driver|neo4j)"),
    "*.fetch": Sink("query", 0, owner=r"asyncpg\b.*", written=r"(?:\w*_)?(?:pool|conn|connection|db)"),
    "*.fetchrow": Sink("query", 0, owner=r"asyncpg\b.*", written=r"(?:\w*_)?(?:pool|conn|connection|db)"),
    "*.fetchval": Sink("query", 0, owner=r"asyncpg\b.*", written=r"(?:\w*_)?(?:pool|conn|connection|db)"),
    "*.fetch_all": Sink("query", 0, owner=r"databases\..*", written=r"(?:\w*_)?(?:db|database)"),
    "*.fetch_one": Sink("query", 0, owner=r"databases\..*", written=r"(?:\w*_)?(?:db|database)"),
    "*.sql": Sink(
        "query",
        0,
        also=(("sqlQuery", None),),
        owner=r"duckdb\b.*|pyspark\b.*|snowflake\..*|databricks\.connect\..*|ibis\b.*|pandasql\b.*",
        written=r"spark|spark_session|sc|sqlcontext|duckdb|(?:\w*_)?duck(?:db)?(?:_con\w*)?",
    ),
    "*.query": Sink(
        "query",
        0,
        owner=rf"google\.cloud\.bigquery\..*|duckdb\b.*|clickhouse_connect\b.*|streamlit\.connection\(\)|{_GRAPH}",
        written=r"bq|(?:bq|bigquery|clickhouse|neo4j)\w*|(?:\w*_)?(?:bigquery|bq|clickhouse|neo4j)(?:_client|_graph)?",
    ),
    "*.query_df": Sink("query", 0, owner=r"clickhouse_connect\b.*", written=r"(?:\w*_)?(?:client|clickhouse)"),
    "*.query_dataframe": Sink("query", 0, owner=r"clickhouse_driver\b.*", written=r"(?:\w*_)?(?:client|clickhouse)"),
    "*.run": Sink(
        "command",
        0,
        also=(("query", None),),
        owner=rf"{_LANGCHAIN_DB}|{_GRAPH}|snowflake\..*",
        written=r"(?:sql_)?(?:db|database)|sql_database|neo4j_session",
    ),
    "*.run_no_throw": Sink("command", 0, owner=_LANGCHAIN_DB, written=r"(?:sql_)?(?:db|database)|sql_database"),
    "*.run_sql": Sink("command", 0, owner=_LANGCHAIN_DB, written=r"(?:\w*_)?(?:db|database)"),
    "*.raw": Sink("raw_query", 0, owner=r".*\.objects", written=r"objects"),
    "django.db.models.expressions.RawSQL": Sink("sql", 0),
    "sqlalchemy.text": Sink("text", 0),
    "sqlalchemy.sql.text": Sink("text", 0),
    "sqlalchemy.sql.expression.text": Sink("text", 0),
    "sqlmodel.text": Sink("text", 0),
    "sqlalchemy.DDL": Sink("statement", 0),
    "psycopg.sql.SQL": Sink("obj", 0),
    "psycopg2.sql.SQL": Sink("string", 0),
    "pandas.read_sql": Sink("sql", 0),
    "pandas.read_sql_query": Sink("sql", 0),
    "pandas.io.sql.read_sql": Sink("sql", 0),
    "pandas.read_gbq": Sink("query", 0),
    "pandas_gbq.read_gbq": Sink("query_or_table", 0),
    "polars.read_database": Sink("query", 0),
    "polars.read_database_uri": Sink("query", 0),
    "polars.sql": Sink("query", 0),
    "pandasql.sqldf": Sink("query", 0),
    "awswrangler.athena.read_sql_query": Sink("sql", 0),
    "dask.dataframe.read_sql_query": Sink("sql", 0),
    "langchain_community.tools.QuerySQLDatabaseTool().invoke": Sink("input", 0),
    "langchain_community.tools.QuerySQLDatabaseTool().run": Sink("tool_input", 0),
    "langchain_community.tools.sql_database.tool.QuerySQLDatabaseTool().invoke": Sink("input", 0),
    "langchain_community.tools.sql_database.tool.QuerySQLDataBaseTool().invoke": Sink("input", 0),
    "langchain_community.tools.sql_database.tool.QuerySQLDatabaseTool().run": Sink("tool_input", 0),
}

# --- pages -----------------------------------------------------------------------------------------------------------

_STREAMLIT = r"streamlit\b.*"
_ELEMENT = r"st|(?:\w*_)?(?:col|column|container|placeholder|sidebar|expander|tab|empty|slot|box)\w*"
_FLAGGED = "with `unsafe_allow_html`"
HTML: dict[str, Sink] = {
    "*.markdown": Sink("body", 0, owner=_STREAMLIT, written=_ELEMENT, does=_FLAGGED),
    "*.write": Sink("", 0, owner=_STREAMLIT, written=_ELEMENT, does=_FLAGGED),
    "*.caption": Sink("body", 0, owner=_STREAMLIT, written=_ELEMENT, does=_FLAGGED),
    "*.html": Sink("body", 0, owner=r"streamlit(?!\.components).*", written=_ELEMENT, does="sanitized"),
    "streamlit.components.v1.html": Sink("html", 0),
    "gradio.HTML": Sink("value", 0),
    "gradio.components.HTML": Sink("value", 0),
    "gradio.Markdown": Sink("value", 0, does="with `sanitize_html=False`"),
    "gradio.Chatbot": Sink("value", 0, does="with `sanitize_html=False`"),
    "IPython.display.HTML": Sink("data", 0),
    "IPython.display.Javascript": Sink("data", 0),
    "IPython.display.Markdown": Sink("data", 0),
    "IPython.display.SVG": Sink("data", 0),
    "IPython.display.display_html": Sink("", 0, does="with `raw=True`"),
    "IPython.display.display_javascript": Sink("", 0, does="with `raw=True`"),
    "IPython.core.display.HTML": Sink("data", 0),
    "IPython.core.display.Javascript": Sink("data", 0),
    "markupsafe.Markup": Sink("object", 0),
    "flask.Markup": Sink("object", 0),
    "jinja2.Markup": Sink("object", 0),
    "flask.render_template_string": Sink("source", 0),
    "quart.render_template_string": Sink("source", 0),
    "fastapi.responses.HTMLResponse": Sink("content", 0),
    "starlette.responses.HTMLResponse": Sink("content", 0),
    "fastapi.responses.Response": Sink("content", 0, does="as `text/html`"),
    "starlette.responses.Response": Sink("content", 0, does="as `text/html`"),
    "fastapi.Response": Sink("content", 0, does="as `text/html`"),
    "fastapi.responses.StreamingResponse": Sink("content", 0, does="as `text/html`"),
    "starlette.responses.StreamingResponse": Sink("content", 0, does="as `text/html`"),
    "flask.make_response": Sink("", 0, does="text only"),
    "flask.Response": Sink("response", 0, does="unless another type"),
    "aiohttp.web.Response": Sink("text", does="as `text/html`"),
    "sanic.response.html": Sink("body", 0),
    "sanic.html": Sink("body", 0),
    "django.utils.safestring.mark_safe": Sink("s", 0),
    "django.utils.safestring.SafeString": Sink("s", 0),
    "django.utils.html.format_html": Sink("format_string", 0),
    "django.http.HttpResponse": Sink("content", 0, does="unless another type"),
    "dash_dangerously_set_inner_html.DangerouslySetInnerHTML": Sink("", 0),
    "panel.pane.HTML": Sink("object", 0),
    "nicegui.ui.html": Sink("content", 0),
}

# --- paths -----------------------------------------------------------------------------------------------------------

_A_PATH = r"pathlib\.(?:Path|PurePath|PosixPath|WindowsPath)\b.*\(\).*|anyio\.Path\(\)|aiofiles\.\w+\.Path\(\)"
_PATH_WORD = r"(?:\w*_)?(?:path|file|filepath|file_path|filename|dir|folder|dest|target|out|output_path)"


def _two(first: str, second: str, does: str) -> Sink:
    return Sink(first, 0, also=((second, 1),), does=does)


PATHS: dict[str, Sink] = {
    "open": Sink("file", 0, does="opens"),
    "io.open": Sink("file", 0, does="opens"),
    "codecs.open": Sink("filename", 0, does="opens"),
    "aiofiles.open": Sink("file", 0, does="opens"),
    "anyio.open_file": Sink("file", 0, does="opens"),
    "gzip.open": Sink("filename", 0, does="opens"),
    "os.open": Sink("path", 0, does="opens"),
    **{
        f"*.{name}": Sink("", None, owner=_A_PATH, written=_PATH_WORD, does="writes")
        for name in ("write_text", "write_bytes", "touch", "symlink_to", "hardlink_to")
    },
    **{
        f"*.{name}": Sink("", None, owner=_A_PATH, written=_PATH_WORD, does="reads")
        for name in ("read_text", "read_bytes")
    },
    "*.unlink": Sink("", None, owner=_A_PATH, written=_PATH_WORD, does="deletes"),
    "*.rmdir": Sink("", None, owner=_A_PATH, written=_PATH_WORD, does="deletes"),
    "*.rename": Sink("target", 0, also=(("", None),), owner=_A_PATH, written=_PATH_WORD, does="moves"),
    "*.open": Sink("", None, owner=_A_PATH, written=r"(?:\w*_)?(?:path|filepath|file_path)", does="opens"),
    "os.remove": Sink("path", 0, does="deletes"),
    "os.unlink": Sink("path", 0, does="deletes"),
    "os.rmdir": Sink("path", 0, does="deletes"),
    "os.removedirs": Sink("name", 0, does="deletes"),
    "shutil.rmtree": Sink("path", 0, does="deletes"),
    "send2trash.send2trash": Sink("paths", 0, does="deletes"),
    "os.makedirs": Sink("name", 0, does="makes"),
    "os.mkdir": Sink("path", 0, does="makes"),
    "os.rename": _two("src", "dst", "moves"),
    "os.replace": _two("src", "dst", "moves"),
    "os.symlink": _two("src", "dst", "writes"),
    "os.link": _two("src", "dst", "writes"),
    "os.chmod": Sink("path", 0, does="writes"),
    "os.truncate": Sink("path", 0, does="writes"),
    "shutil.move": _two("src", "dst", "moves"),
    "shutil.copy": _two("src", "dst", "writes"),
    "shutil.copy2": _two("src", "dst", "writes"),
    "shutil.copyfile": _two("src", "dst", "writes"),
    "shutil.copytree": _two("src", "dst", "writes"),
    "shutil.unpack_archive": _two("filename", "extract_dir", "writes"),
    "shutil.make_archive": Sink("base_name", 0, also=(("root_dir", 2),), does="writes"),
    "os.listdir": Sink("path", 0, does="lists"),
    "os.scandir": Sink("path", 0, does="lists"),
    "os.walk": Sink("top", 0, does="lists"),
    "glob.glob": Sink("pathname", 0, does="lists"),
    "flask.send_file": Sink("path_or_file", 0, does="serves"),
    "quart.send_file": Sink("filename_or_io", 0, does="serves"),
    "fastapi.responses.FileResponse": Sink("path", 0, does="serves"),
    "starlette.responses.FileResponse": Sink("path", 0, does="serves"),
    "django.http.FileResponse": Sink("streaming_content", 0, does="serves"),
    "aiohttp.web.FileResponse": Sink("path", 0, does="serves"),
    "numpy.save": Sink("file", 0, does="writes"),
    "numpy.savez": Sink("file", 0, does="writes"),
    "PIL.Image.open": Sink("fp", 0, does="reads"),
    "zipfile.ZipFile": Sink("file", 0, does="opens"),
    "tarfile.open": Sink("name", 0, does="opens"),
    "*.to_csv": Sink("path_or_buf", 0, owner=r"pandas\b.*", written=r"(?:\w*_)?df\d?", does="writes"),
    "*.to_parquet": Sink("path", 0, owner=r"pandas\b.*", written=r"(?:\w*_)?df\d?", does="writes"),
    "*.to_excel": Sink("excel_writer", 0, owner=r"pandas\b.*", written=r"(?:\w*_)?df\d?", does="writes"),
    "*.savefig": Sink("fname", 0, owner=r"matplotlib\b.*", written=r"plt|(?:\w*_)?fig(?:ure)?", does="writes"),
}

# --- addresses -------------------------------------------------------------------------------------------------------

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
_SESSION = (
    r"(?:requests|requests_html|curl_cffi\.requests|cloudscraper)(?:\.\w+)*\.?(?:\w*Session|create_scraper)\(\)|(?:httpx|curl_cffi)"
    r"(?:\.\w+)*\.(?:Async)?\w*(?:Client|Session)\(\)|aiohttp\.(?:client\.)?ClientSession\(\)|fastapi\.testclient\.\w+\(\)"
    r"|urllib3\.(?:PoolManager|ProxyManager)\(\)"
)
_MODULES = r"requests|httpx|grequests|curl_cffi\.requests|aiohttp"
_SESSION_WORD = r"(?:\w*_)?(?:http_client|http_session|httpx_client|aiohttp_session|requests_session|http)"
_PAGE = r"(?:playwright|patchright|async_playwright)\b.*|pyppeteer\b.*|(?:\w+\.)?browser_use\b.*"
URLS: dict[str, Sink] = {
    **{f"*.{verb}": Sink("url", 0, owner=rf"{_MODULES}|{_SESSION}", written=_SESSION_WORD) for verb in _VERBS},
    "*.request": Sink("url", 1, owner=rf"{_MODULES}|urllib3|{_SESSION}", written=_SESSION_WORD),
    "*.stream": Sink("url", 1, owner=rf"httpx|{_SESSION}", written=_SESSION_WORD),
    "*.ws_connect": Sink("url", 0, owner=_SESSION),
    "*.urlopen": Sink("url", 0, owner=r"urllib|urllib2|urllib\.request"),
    "urllib3.PoolManager().urlopen": Sink("url", 1),
    "urllib.request.urlretrieve": Sink("url", 0),
    "urllib.urlretrieve": Sink("url", 0),
    "urllib.request.Request": Sink("url", 0),
    "httpx.Request": Sink("url", 1),
    "requests.Request": Sink("url", 1),
    "http.client.HTTPConnection": Sink("host", 0),
    "http.client.HTTPSConnection": Sink("host", 0),
    "wget.download": Sink("url", 0),
    "pandas.read_html": Sink("io", 0),
    "websockets.connect": Sink("uri", 0),
    "websocket.create_connection": Sink("url", 0),
    "feedparser.parse": Sink("url_file_stream_or_string", 0),
    "*.goto": Sink("url", 0, owner=_PAGE, written=r"(?:\w*_)?(?:page|tab|frame)"),
    "*.get_url": Sink("url", 0, owner=_PAGE),
    "trafilatura.fetch_url": Sink("url", 0),
    "newspaper.Article": Sink("url", 0),
    "newspaper.article": Sink("url", 0),
    "crawl4ai.AsyncWebCrawler().arun": Sink("url", 0),
    "langchain_community.document_loaders.WebBaseLoader": Sink("web_path", 0, also=(("web_paths", None),)),
    "langchain_community.document_loaders.RecursiveUrlLoader": Sink("url", 0),
    "langchain_community.document_loaders.UnstructuredURLLoader": Sink("urls", 0),
    "langchain_community.document_loaders.SeleniumURLLoader": Sink("urls", 0),
    "langchain_community.document_loaders.PlaywrightURLLoader": Sink("urls", 0),
    "langchain_community.document_loaders.AsyncHtmlLoader": Sink("web_path", 0),
    "langchain_community.document_loaders.AsyncChromiumLoader": Sink("urls", 0),
    **{
        f"langchain_community.utilities.{name}.{verb}": Sink("url", 0)
        for name in ("TextRequestsWrapper()", "RequestsWrapper()", "requests.TextRequestsWrapper()")
        for verb in ("get", "post", "put", "patch", "delete")
    },
    **{
        f"selenium.webdriver.{name}().get": Sink("url", 0)
        for name in ("Chrome", "Firefox", "Edge", "Safari", "Remote", "ChromiumEdge")
    },
    "helium.go_to": Sink("url", 0),
    "helium.start_chrome": Sink("url", 0),
}

# --- decoders that execute -------------------------------------------------------------------------------------------

_PICKLES = ("pickle", "dill", "cloudpickle")
DESERIALIZERS: dict[str, Sink] = {
    **{
        f"{module}.{name}": Sink(word, 0) for module in _PICKLES for name, word in (("loads", "data"), ("load", "file"))
    },
    "marshal.loads": Sink("bytes", 0),
    "jsonpickle.decode": Sink("string", 0),
    "yaml.load": Sink("stream", 0, does="unless a safe loader"),
    "yaml.load_all": Sink("stream", 0, does="unless a safe loader"),
    "yaml.unsafe_load": Sink("stream", 0),
    "yaml.full_load": Sink("stream", 0),
    "joblib.load": Sink("filename", 0),
    "torch.load": Sink("f", 0, does="unless `weights_only`"),
    "pandas.read_pickle": Sink("filepath_or_buffer", 0),
    "shelve.open": Sink("filename", 0),
    "numpy.load": Sink("file", 0, does="with `allow_pickle`"),
}
