"""Parameters that somebody outside fills: routes, tools, handlers of demos, command lines."""

from __future__ import annotations

import pytest

from mlwarden.testing import model_of


def kinds_at_sink(code: str) -> set[str]:
    calls = model_of(code).calls_of("exec")
    assert calls
    return {taint.kind for call in calls for taint in call.argument("source", 0).taints}


TOOL = "from langchain_core.tools import BaseTool, StructuredTool, Tool\ndef run(code):\n    exec(code)\n"
FILLED = {
    "gradio interface": (
        "import gradio as gr\ndef run(code):\n    exec(code)\ngr.Interface(run, 'text', 'text')",
        "request",
    ),
    "gradio keyword": (
        "import gradio as gr\ndef run(code):\n    exec(code)\ngr.Interface(fn=run, inputs='text')",
        "request",
    ),
    "gradio chat": (
        "import gradio as gr\ndef run(m, history):\n    exec(m)\ngr.ChatInterface(run).launch()",
        "request",
    ),
    "gradio lambda": ("import gradio as gr\ngr.Interface(lambda code: exec(code), 'text', 'text')", "request"),
    "gradio button": (
        "import gradio as gr\ndef run(code):\n    exec(code)\nwith gr.Blocks() as demo:\n    box = gr.Textbox()\n"
        "    gr.Button('x').click(run, box, box)",
        "request",
    ),
    "gradio decorator": (
        "import gradio as gr\nwith gr.Blocks() as demo:\n    box = gr.Textbox()\n    @box.submit(inputs=box)\n"
        "    def run(code):\n        exec(code)",
        "request",
    ),
    "gradio method": (
        "import gradio as gr\nclass App:\n    def run(self, code):\n        exec(code)\n    def start(self):\n"
        "        gr.Interface(self.run, 'text', 'text').launch()",
        "request",
    ),
    "streamlit": ("import streamlit as st\nexec(st.text_input('x'))", "request"),
    "streamlit sidebar": ("import streamlit as st\nexec(st.sidebar.text_area('x'))", "request"),
    "django view": ("def view(request):\n    exec(request.POST['x'])", "request"),
    "tornado": (
        "import tornado.web\nclass H(tornado.web.RequestHandler):\n    def get(self):\n        exec(self.get_argument('x'))",
        "request",
    ),
    "langchain tool object": (TOOL + "Tool('n', run, 'd')", "tool"),
    "langchain tool keyword": (TOOL + "Tool(name='n', func=run, description='d')", "tool"),
    "structured tool": (TOOL + "StructuredTool.from_function(run)", "tool"),
    "tool class": (
        TOOL + "class T(BaseTool):\n    name = 'x'\n    def _run(self, code: str):\n        exec(code)",
        "tool",
    ),
    "smolagents tool class": (
        "from smolagents import Tool\nclass T(Tool):\n    def forward(self, code):\n        exec(code)",
        "tool",
    ),
    "llama_index": (
        "from llama_index.core.tools import FunctionTool\ndef run(code):\n    exec(code)\nFunctionTool.from_defaults(fn=run)",
        "tool",
    ),
    "list of tools": (
        "from langchain.agents import create_agent\ndef run(code):\n    exec(code)\ncreate_agent('m', tools=[run])",
        "tool",
    ),
    "bound tools": (
        "from langchain_openai import ChatOpenAI\ndef run(code):\n    exec(code)\nChatOpenAI().bind_tools(tools=[run])",
        "tool",
    ),
    "mcp": ("from fastmcp import FastMCP\nm = FastMCP('x')\ndef run(code):\n    exec(code)\nm.add_tool(run)", "tool"),
    "openai agents": ("from agents import function_tool\n@function_tool\ndef run(code: str):\n    exec(code)", "tool"),
    "click": ("import click\n@click.command()\n@click.option('--code')\ndef f(code):\n    exec(code)", "cli"),
    "typer": ("import typer\napp = typer.Typer()\n@app.command()\ndef f(code: str):\n    exec(code)", "cli"),
    "optional text": (
        "from fastapi import FastAPI\nfrom typing import Optional\napp = FastAPI()\n@app.get('/')\n"
        "def f(code: Optional[str] = None):\n    exec(code)",
        "request",
    ),
    "body model": (
        "from fastapi import FastAPI\nfrom pydantic import BaseModel\nclass Body(BaseModel):\n    code: str\napp = FastAPI()\n"
        "@app.post('/')\ndef f(body: Body):\n    exec(body.code)",
        "request",
    ),
}


@pytest.mark.parametrize(("code", "kind"), FILLED.values(), ids=FILLED)
def test_filled_from_outside(code: str, kind: str) -> None:
    assert kind in kinds_at_sink(code)


ROUTE = "from typing import Annotated, Literal, Optional\nfrom fastapi import Depends, FastAPI\napp = FastAPI()\n@app.get('/')\n"
PLAIN = {
    "integer": ROUTE + "def f(n: int):\n    exec(f'x = {n}')",
    "optional integer": ROUTE + "def f(n: Optional[int] = None):\n    exec(f'x = {n}')",
    "union of numbers": ROUTE + "def f(n: int | float | None = None):\n    exec(f'x = {n}')",
    "literal": ROUTE + "def f(name: Literal['a', 'b']):\n    exec(name)",
    "annotated integer": ROUTE + "def f(n: Annotated[int, 'n']):\n    exec(f'x = {n}')",
    "enumeration": "from enum import Enum\nclass Kind(str, Enum):\n    A = 'a'\n"
    + ROUTE
    + "def f(kind: Kind):\n    exec(kind)",
    "dependency": ROUTE + "def f(db=Depends(get_db)):\n    exec(db)",
    "annotated dependency": ROUTE + "def f(db: Annotated[str, Depends(get_db)]):\n    exec(db)",
    "context of a tool": "from fastmcp import Context, FastMCP\nm = FastMCP('x')\n@m.tool\ndef f(ctx: Context):\n    exec(ctx)",
    "other function": "import gradio as gr\ndef run(code):\n    exec(code)\ngr.Interface(other, 'text', 'text')",
    "own class called Tool": "class Tool:\n    def __init__(self, name, func):\n        pass\ndef run(code):\n    exec(code)\nTool('a', run)",
}


@pytest.mark.parametrize("code", PLAIN.values(), ids=PLAIN)
def test_not_filled_with_text_from_outside(code: str) -> None:
    assert kinds_at_sink(code) == set()


@pytest.mark.parametrize(
    "code",
    [
        "import click\n@click.command()\n@click.option('--host', default='0.0.0.0')\ndef f(host):\n    listen(host)",
        "import click\n@click.command()\n@click.option('-h', '--bind-host', 'host', default='0.0.0.0')\ndef f(host):\n    listen(host)",
        "import click\n@click.command()\n@click.argument('host', default='0.0.0.0')\ndef f(host):\n    listen(host)",
        "import click\n@click.command()\n@click.option('--listen-host', default='0.0.0.0')\ndef f(listen_host):\n    listen(listen_host)",
        "import typer\ndef f(host: str = typer.Option('0.0.0.0')):\n    listen(host)",
        "import typer\ndef f(host: str = typer.Option(default='0.0.0.0')):\n    listen(host)",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--host', default='0.0.0.0')\nlisten(p.parse_args().host)",
    ],
)
def test_default_of_a_command_line_option(code: str) -> None:
    (call, *_) = model_of(f"from net import listen\n{code}").calls_of("net.listen")
    assert call.argument("host", 0).strings() == ("0.0.0.0",)


def test_flag_is_off_by_default() -> None:
    code = "import click\nfrom net import get\n@click.command()\n@click.option('--unsafe', is_flag=True)\ndef f(unsafe):\n    get(unsafe)"
    (call, *_) = model_of(code).calls_of("net.get")
    assert call.argument("unsafe", 0).constants() == (False,)
