"""MLW424: a tool acts on an argument that a language model chose."""

from __future__ import annotations

from mlwarden.rules import sink_rule
from mlwarden.rules.base import Bad, Confidence, Good, Missed, Reference, Severity
from mlwarden.rules.examples import as_notebook

_GROUPS = (
    sink_rule.CODE,
    sink_rule.COMMANDS,
    sink_rule.SQL,
    sink_rule.DESERIALIZERS,
    sink_rule.PATHS,
    sink_rule.URLS,
    sink_rule.HTML,
)


class ToolArgumentToSink(sink_rule.SinkRule):
    """A tool that runs, opens or fetches what a language model passed to it.

    ## Why is this bad?

    A model fills in a tool's arguments, and whoever puts text in front of the model (a user, a web page, a mail, the
    answer of another tool) can make it fill in others. A tool that hands its argument to a shell, to `eval`, to a
    database, to `open` or to an HTTP client gives them your files, your keys and your network. The description of
    the tool, and instructions in the prompt, do not prevent it.

    ## How to fix

    Give arguments the narrowest type there is: `Literal`, an enum, a number. Look commands up in a fixed table, bind
    values as parameters of a query, resolve a path and compare it with the folder it has to be in, compare the host
    of an address with a list. Where a tool has to run anything, let it run that in a sandbox without network and credentials.

    ## When it is fine

    When the whole process runs inside such a sandbox, or each call is approved by a person who sees the arguments.

    ## Limits

    A function counts as a tool where it is registered as one: by a decorator or base class of LangChain, LlamaIndex,
    smolagents, CrewAI, AutoGen, pydantic-ai, OpenAI Agents, MCP and the like, or in a list passed as `tools=`.
    """

    code = "MLW424"
    name = "tool-argument-to-sink"
    severity = Severity.CRITICAL
    groups = _GROUPS
    calls = tuple(dict.fromkeys(name for group in _GROUPS for name in group.table))
    sources = ("tool",)
    needs = ("@tool",)
    yields_to = ("MLW401", "MLW402", "MLW403", "MLW404", "MLW405", "MLW406")
    cwe = (78, 89, 94, 22, 918)
    owasp_llm = ("LLM06", "LLM05")
    atlas = ("AML.T0053", "AML.T0051")
    references = (
        Reference("OWASP LLM06:2025 Excessive Agency", "https://genai.owasp.org/llmrisk/llm062025-excessive-agency/"),
        Reference("CVE-2025-49596, MCP Inspector", "https://nvd.nist.gov/vuln/detail/CVE-2025-49596"),
        Reference("CWE-77: command injection", "https://cwe.mitre.org/data/definitions/77.html"),
    )
    examples = (
        Bad(
            """
            import os
            from langchain_core.tools import tool

            @tool
            def run_command(command: str) -> str:
                return os.popen(command).read()
                       ^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="`os.popen` runs a command that a language model passed to this tool: who can steer the model runs "
            "programs here",
        ),
        Bad(
            """
            from mcp.server.fastmcp import FastMCP

            mcp = FastMCP("calculator")

            @mcp.tool()
            def calculate(expression: str) -> str:
                return str(eval(expression, {"__builtins__": {}}))
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            message="`eval` runs Python that a language model passed to this tool: who can steer the model runs code here",
        ),
        Bad(
            """
            import sqlite3
            from agents import Agent, function_tool

            def rows(table):
                connection = sqlite3.connect("shop.db")
                return connection.execute(f"SELECT * FROM {table}").fetchall()
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            @function_tool
            def list_rows(table: str) -> list:
                return rows(table)

            agent = Agent(name="clerk", tools=[list_rows])
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from pathlib import Path
            from smolagents import CodeAgent, Tool

            class SaveNote(Tool):
                name = "save_note"

                def forward(self, name: str, text: str) -> str:
                    path = Path("notes") / name
                    path.write_text(text)
                    ^^^^^^^^^^^^^^^^^^^^^
                    return "saved"
            """,
            severity=Severity.HIGH,
            message="`pathlib.Path.write_text` writes a file at a path that a language model passed to this tool: who can "
            "steer the model reaches files anywhere; resolve the path and compare it with its folder",
        ),
        Bad(
            """
            import requests
            from pydantic_ai import Agent

            agent = Agent("openai:gpt-4o")

            @agent.tool_plain
            def fetch(url: str) -> str:
                return requests.get(url, timeout=10).text
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import subprocess
            from langchain.agents import create_agent

            def git_log(branch: str) -> str:
                '''Shows the history of a branch.'''
                return subprocess.check_output(["git", "log", branch], text=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            agent = create_agent("openai:gpt-4o", tools=[git_log])
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import subprocess
            from langchain_core.tools import BaseTool

            class Shell(BaseTool):
                name: str = "shell"

                def _run(self, command: str) -> str:
                    done = subprocess.run(command, shell=True, capture_output=True, text=True)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    return done.stdout
            """,
            severity=Severity.CRITICAL,
        ),
        Bad(
            as_notebook(
                "from langchain_core.tools import StructuredTool\nimport pickle",
                "def load(data: bytes):\n    return pickle.loads(data)",
                "tool = StructuredTool.from_function(func=load, name='load')",
            ),
            path="example.ipynb",
            texts=("pickle.loads(data)",),
            severity=Severity.CRITICAL,
        ),
        Bad(
            """
            from mcp.server.fastmcp import FastMCP

            mcp = FastMCP("files")

            @mcp.tool()
            def read_file(path: str) -> str:
                with open(path) as file:
                     ^^^^^^^^^^
                    return file.read()
            """,
            severity=Severity.MEDIUM,
        ),
        Good(
            """
            from pathlib import Path
            from mcp.server.fastmcp import FastMCP

            mcp = FastMCP("files")
            ROOT = Path("/srv/notes").resolve()

            @mcp.tool()
            def read_file(name: str) -> str:
                path = (ROOT / name).resolve()
                if not path.is_relative_to(ROOT):
                    raise ValueError(name)
                return path.read_text()
            """,
            because="the path is compared with the folder that it has to be in",
        ),
        Good(
            """
            import subprocess
            from typing import Literal
            from langchain_core.tools import tool

            @tool
            def service(action: Literal["start", "stop", "status"]) -> str:
                return subprocess.check_output(["systemctl", action, "worker"], text=True)
            """,
            because="the argument's type allows three words only",
        ),
        Good(
            """
            import sqlite3
            from agents import function_tool

            @function_tool
            def orders(customer: str) -> list:
                connection = sqlite3.connect("shop.db")
                return connection.execute("SELECT * FROM orders WHERE customer = ?", (customer,)).fetchall()
            """,
            because="the value is bound as a parameter",
        ),
        Good(
            """
            import requests
            from agents import function_tool

            @function_tool
            def weather(city: str) -> str:
                return requests.get("https://api.weather.example/v1/now", params={"q": city}, timeout=5).text

            @function_tool
            def page(title: str) -> str:
                return requests.get(f"https://wiki.example/page/{title}", timeout=5).text
            """,
            because="the host is fixed",
        ),
        Good(
            """
            from urllib.parse import urlparse
            import httpx
            from agents import function_tool

            HOSTS = {"docs.python.org", "pypi.org"}

            @function_tool
            def fetch(url: str) -> str:
                host = urlparse(url).hostname
                if host not in HOSTS:
                    return "not allowed"
                return httpx.get(url).text
            """,
            because="the host is compared with a list",
        ),
        Good(
            """
            import subprocess
            from langchain_core.tools import tool

            COMMANDS = {"disk": ["df", "-h"], "memory": ["free", "-m"]}

            @tool
            def look(what: str) -> str:
                return subprocess.check_output(COMMANDS[what], text=True)
            """,
            because="the argument is looked up in a fixed table",
        ),
        Good(
            """
            from langchain_core.tools import BaseTool

            class Reader(BaseTool):
                name: str = "reader"

                def _run(self, alias: str) -> str:
                    path = registry.get(alias)
                    return open(path).read()
            """,
            because="the argument is the key of an entry",
        ),
        Good(
            """
            import os

            def tool(function):
                return function

            @tool
            def run_command(command: str) -> int:
                return os.system(command)
            """,
            because="a decorator of one's own by that name makes no model's tool",
        ),
        Good(
            """
            import os
            from langchain_core.tools import tool

            @tool
            def restart(seconds: int) -> int:
                return os.system(f"sleep {seconds}; systemctl restart worker")
            """,
            because="a number is no command",
        ),
        Missed(
            """
            import os

            def run_command(command: str) -> str:
                return os.popen(command).read()

            TOOLS = {"run_command": run_command}
            for call in response.choices[0].message.tool_calls:
                TOOLS[call.function.name](**json.loads(call.function.arguments))
            """,
            because="nothing says that `response` is a model's answer",
        ),
    )
