"""Calls that do something dangerous with one argument, as data, for the rules that follow data into them.

Each table maps a qualified call to (position, keyword) of the argument; `RECEIVER` stands for the object before the
dot. Names and positions are those of the libraries' signatures.
"""

from __future__ import annotations

RECEIVER = -1
Sink = tuple[int, str]

# Run their argument as Python.
CODE: dict[str, Sink] = {
    "eval": (0, "source"),
    "exec": (0, "source"),
    "compile": (0, "source"),
    "pandas.eval": (0, "expr"),
    "pandas.DataFrame().eval": (0, "expr"),
    "pandas.DataFrame().query": (0, "expr"),
    "pandas.read_csv().eval": (0, "expr"),
    "pandas.read_csv().query": (0, "expr"),
    "pandas.read_parquet().eval": (0, "expr"),
    "pandas.read_parquet().query": (0, "expr"),
    "pandas.read_excel().eval": (0, "expr"),
    "pandas.read_excel().query": (0, "expr"),
    "numexpr.evaluate": (0, "ex"),
    "sympy.sympify": (0, "a"),
    "sympy.parse_expr": (0, "s"),
    "sympy.parsing.sympy_parser.parse_expr": (0, "s"),
    "code.InteractiveInterpreter().runcode": (0, "code"),
    "code.InteractiveInterpreter().runsource": (0, "source"),
    "code.InteractiveConsole().push": (0, "line"),
    "code.InteractiveConsole().runcode": (0, "code"),
    "runpy.run_path": (0, "path_name"),
    "timeit.timeit": (0, "stmt"),
    "get_ipython().run_cell": (0, "raw_cell"),
    "get_ipython().run_cell_magic": (2, "cell"),
    "get_ipython().ex": (0, "cmd"),
    "IPython.get_ipython().run_cell": (0, "raw_cell"),
    "IPython.get_ipython().ex": (0, "cmd"),
    "jupyter_client.KernelClient().execute": (0, "code"),
    "jupyter_client.BlockingKernelClient().execute": (0, "code"),
    "jupyter_client.KernelManager().client().execute": (0, "code"),
    "jupyter_client.manager.start_new_kernel()[].execute": (0, "code"),
    "langchain_experimental.utilities.PythonREPL().run": (0, "command"),
    "langchain_experimental.utilities.python.PythonREPL().run": (0, "command"),
    "langchain.utilities.PythonREPL().run": (0, "command"),
}

# Run their argument as a command.
COMMAND: dict[str, Sink] = {
    "os.system": (0, "command"),
    "os.popen": (0, "cmd"),
    "os.execv": (0, "path"),
    "os.execve": (0, "path"),
    "os.execvp": (0, "file"),
    "os.execvpe": (0, "file"),
    "os.execl": (0, "path"),
    "os.execlp": (0, "file"),
    "os.spawnl": (1, "file"),
    "os.spawnv": (1, "file"),
    "os.spawnvp": (1, "file"),
    "os.posix_spawn": (0, "path"),
    "os.startfile": (0, "filepath"),
    "subprocess.run": (0, "args"),
    "subprocess.call": (0, "args"),
    "subprocess.check_call": (0, "args"),
    "subprocess.check_output": (0, "args"),
    "subprocess.Popen": (0, "args"),
    "subprocess.getoutput": (0, "cmd"),
    "subprocess.getstatusoutput": (0, "cmd"),
    "asyncio.create_subprocess_shell": (0, "cmd"),
    "asyncio.create_subprocess_exec": (0, "program"),
    "asyncio.subprocess.create_subprocess_shell": (0, "cmd"),
    "asyncio.subprocess.create_subprocess_exec": (0, "program"),
    "anyio.run_process": (0, "command"),
    "anyio.open_process": (0, "command"),
    "pty.spawn": (0, "argv"),
    "commands.getoutput": (0, "cmd"),
    "paramiko.SSHClient().exec_command": (0, "command"),
    "fabric.Connection().run": (0, "command"),
    "fabric.Connection().sudo": (0, "command"),
    "invoke.run": (0, "command"),
    "pexpect.spawn": (0, "command"),
    "pexpect.run": (0, "command"),
    "docker.from_env().containers.get().exec_run": (0, "cmd"),
    "docker.from_env().containers.run().exec_run": (0, "cmd"),
    "docker.from_env().containers.run": (1, "command"),
    "get_ipython().system": (0, "cmd"),
    "get_ipython().getoutput": (0, "cmd"),
    "IPython.get_ipython().system": (0, "cmd"),
    "IPython.get_ipython().getoutput": (0, "cmd"),
    "langchain_community.tools.ShellTool().run": (0, "tool_input"),
    "langchain_community.tools.ShellTool().invoke": (0, "input"),
    "langchain_experimental.llm_bash.bash.BashProcess().run": (0, "commands"),
}

_DB_CONNECTIONS = (
    "sqlite3.connect()",
    "psycopg2.connect()",
    "psycopg.connect()",
    "pymysql.connect()",
    "MySQLdb.connect()",
    "mysql.connector.connect()",
    "pyodbc.connect()",
    "oracledb.connect()",
    "snowflake.connector.connect()",
    "trino.dbapi.connect()",
    "clickhouse_driver.connect()",
    "duckdb.connect()",
    "sqlalchemy.create_engine().connect()",
    "sqlalchemy.create_engine().begin()",
    "sqlalchemy.create_engine()",
    "sqlalchemy.orm.Session()",
    "sqlalchemy.orm.sessionmaker()()",
    "databricks.sql.connect()",
)

# Send their argument to a database as a statement.
SQL: dict[str, Sink] = {
    **{
        f"{base}{cursor}.{method}": (0, keyword)
        for base in _DB_CONNECTIONS
        for cursor in ("", ".cursor()")
        for method, keyword in (("execute", "sql"), ("executemany", "sql"), ("executescript", "sql_script"))
    },
    "sqlalchemy.text": (0, "text"),
    "sqlalchemy.sql.text": (0, "text"),
    "sqlalchemy.sql.expression.text": (0, "text"),
    "pandas.read_sql": (0, "sql"),
    "pandas.read_sql_query": (0, "sql"),
    "polars.read_database": (0, "query"),
    "duckdb.sql": (0, "query"),
    "duckdb.query": (0, "query"),
    "duckdb.execute": (0, "query"),
    "duckdb.connect().sql": (0, "query"),
    "duckdb.connect().query": (0, "query"),
    "google.cloud.bigquery.Client().query": (0, "query"),
    "google.cloud.bigquery.Client().query_and_wait": (0, "query"),
    "pyspark.sql.SparkSession.builder.getOrCreate().sql": (0, "sqlQuery"),
    "pyspark.sql.SparkSession().sql": (0, "sqlQuery"),
    "pandasql.sqldf": (0, "query"),
    "neo4j.GraphDatabase.driver().session().run": (0, "query"),
    "neo4j.GraphDatabase.driver().execute_query": (0, "query_"),
    "langchain_community.utilities.SQLDatabase.from_uri().run": (0, "command"),
    "langchain_community.utilities.SQLDatabase().run": (0, "command"),
}

# Open, change or remove the file that their argument names.
PATH: dict[str, Sink] = {
    "open": (0, "file"),
    "io.open": (0, "file"),
    "codecs.open": (0, "filename"),
    "gzip.open": (0, "filename"),
    "aiofiles.open": (0, "file"),
    "anyio.open_file": (0, "file"),
    "os.open": (0, "path"),
    "os.remove": (0, "path"),
    "os.unlink": (0, "path"),
    "os.rmdir": (0, "path"),
    "os.removedirs": (0, "name"),
    "os.rename": (1, "dst"),
    "os.replace": (1, "dst"),
    "os.makedirs": (0, "name"),
    "os.mkdir": (0, "path"),
    "os.symlink": (1, "dst"),
    "shutil.rmtree": (0, "path"),
    "shutil.move": (1, "dst"),
    "shutil.copy": (1, "dst"),
    "shutil.copy2": (1, "dst"),
    "shutil.copyfile": (1, "dst"),
    "shutil.copytree": (1, "dst"),
    "shutil.unpack_archive": (0, "filename"),
    **{
        f"pathlib.Path().{method}": (RECEIVER, "")
        for method in (
            "open",
            "read_text",
            "read_bytes",
            "write_text",
            "write_bytes",
            "unlink",
            "rmdir",
            "rename",
            "replace",
            "mkdir",
            "touch",
            "symlink_to",
        )
    },
}

_HTTP = ("get", "post", "put", "patch", "delete", "head", "options")

# Fetch the URL that their argument names.
REQUEST: dict[str, Sink] = {
    **{
        f"{base}.{method}": (0, "url")
        for base in (
            "requests",
            "requests.Session()",
            "httpx",
            "httpx.Client()",
            "httpx.AsyncClient()",
            "aiohttp.ClientSession()",
            "cloudscraper.create_scraper()",
            "curl_cffi.requests",
        )
        for method in _HTTP
    },
    **{
        f"{base}.request": (1, "url")
        for base in ("requests", "requests.Session()", "httpx", "httpx.Client()", "httpx.AsyncClient()")
    },
    "httpx.stream": (1, "url"),
    "httpx.Client().stream": (1, "url"),
    "httpx.AsyncClient().stream": (1, "url"),
    "aiohttp.ClientSession().request": (1, "url"),
    "aiohttp.request": (1, "url"),
    "urllib.request.urlopen": (0, "url"),
    "urllib.request.urlretrieve": (0, "url"),
    "urllib.request.Request": (0, "url"),
    "urllib3.PoolManager().request": (1, "url"),
    "urllib3.request": (1, "url"),
    "wget.download": (0, "url"),
    "pandas.read_html": (0, "io"),
    "newspaper.Article": (0, "url"),
    "trafilatura.fetch_url": (0, "url"),
    "langchain_community.document_loaders.WebBaseLoader": (0, "web_path"),
    "langchain_community.document_loaders.AsyncHtmlLoader": (0, "web_path"),
    "langchain_community.document_loaders.RecursiveUrlLoader": (0, "url"),
    "langchain_community.document_loaders.SeleniumURLLoader": (0, "urls"),
    "langchain_community.document_loaders.UnstructuredURLLoader": (0, "urls"),
    "selenium.webdriver.Chrome().get": (0, "url"),
    "selenium.webdriver.Firefox().get": (0, "url"),
}

# Decode their argument with a format that can run code.
DESERIALIZE: dict[str, Sink] = {
    "pickle.loads": (0, "data"),
    "pickle.load": (0, "file"),
    "pickle.Unpickler().load": (RECEIVER, ""),
    "dill.loads": (0, "str"),
    "dill.load": (0, "file"),
    "cloudpickle.loads": (0, "data"),
    "cloudpickle.load": (0, "file"),
    "joblib.load": (0, "filename"),
    "marshal.loads": (0, "bytes"),
    "shelve.open": (0, "filename"),
    "jsonpickle.decode": (0, "string"),
    "yaml.unsafe_load": (0, "stream"),
    "yaml.unsafe_load_all": (0, "stream"),
    "yaml.load": (0, "stream"),
    "yaml.load_all": (0, "stream"),
    "torch.load": (0, "f"),
    "pandas.read_pickle": (0, "filepath_or_buffer"),
}

# Compile their argument as a template whose expressions reach Python objects.
TEMPLATE: dict[str, Sink] = {
    "jinja2.Template": (0, "source"),
    "jinja2.Environment().from_string": (0, "source"),
    "jinja2.environment.Template": (0, "source"),
    "jinja2.environment.Environment().from_string": (0, "source"),
    "flask.render_template_string": (0, "source"),
    "quart.render_template_string": (0, "source"),
    "mako.template.Template": (0, "text"),
    "tornado.template.Template": (0, "template_string"),
}

# Turn their argument into a function or module.
DISPATCH: dict[str, Sink] = {
    "getattr": (1, "name"),
    "importlib.import_module": (0, "name"),
    "__import__": (0, "name"),
    "pydoc.locate": (0, "path"),
    "pkgutil.resolve_name": (0, "name"),
    "operator.attrgetter": (0, "attr"),
    "operator.methodcaller": (0, "name"),
}
