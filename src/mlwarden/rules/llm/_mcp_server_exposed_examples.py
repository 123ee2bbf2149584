"""The examples of MLW427."""

from __future__ import annotations

from mlwarden.rules.base import Bad, Confidence, Good, Missed, Severity
from mlwarden.rules.examples import as_notebook

EXAMPLES: tuple[Bad | Good | Missed, ...] = (
    Bad(
        """
        from mcp.server.fastmcp import FastMCP

        mcp = FastMCP("files", host="0.0.0.0", port=8000)
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        if __name__ == "__main__":
            mcp.run(transport="streamable-http")
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="The MCP server listens on `0.0.0.0` and asks nobody for a login: every machine on the network can call its "
        "tools",
        fixed="""
        from mcp.server.fastmcp import FastMCP

        mcp = FastMCP("files", host="127.0.0.1", port=8000)

        if __name__ == "__main__":
            mcp.run(transport="streamable-http")
        """,
    ),
    Bad(
        """
        from fastmcp import FastMCP

        server = FastMCP("crm")
        server.run(transport="http", host="0.0.0.0", port=9000)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.HIGH,
        fixed="""
        from fastmcp import FastMCP

        server = FastMCP("crm")
        server.run(transport="http", host="127.0.0.1", port=9000)
        """,
    ),
    Bad(
        """
        import asyncio
        import os
        from fastmcp import FastMCP

        server = FastMCP("crm")

        async def main():
            await server.run_http_async(host=os.environ.get("HOST", "0.0.0.0"))
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        asyncio.run(main())
        """,
        confidence=Confidence.MEDIUM,
        fixed="""
        import asyncio
        import os
        from fastmcp import FastMCP

        server = FastMCP("crm")

        async def main():
            await server.run_http_async(host="127.0.0.1")

        asyncio.run(main())
        """,
    ),
    Bad(
        """
        from mcp.server import MCPServer

        MCPServer("files").run("sse", host="::")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        from mcp.server import MCPServer

        MCPServer("files").run("sse", host="127.0.0.1")
        """,
    ),
    Bad(
        """
        import uvicorn
        from mcp.server.fastmcp import FastMCP
        from starlette.applications import Starlette
        from starlette.routing import Mount

        mcp = FastMCP("files")
        app = Starlette(routes=[Mount("/", app=mcp.sse_app())])
        uvicorn.run(app, host="0.0.0.0", port=8000)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
        fixed="""
        import uvicorn
        from mcp.server.fastmcp import FastMCP
        from starlette.applications import Starlette
        from starlette.routing import Mount

        mcp = FastMCP("files")
        app = Starlette(routes=[Mount("/", app=mcp.sse_app())])
        uvicorn.run(app, host="127.0.0.1", port=8000)
        """,
    ),
    Bad(
        """
        import uvicorn
        from fastapi import FastAPI
        from fastmcp import FastMCP

        app = FastAPI()
        app.mount("/llm", FastMCP("tools").http_app())
        uvicorn.run(app, host="0.0.0.0")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        import uvicorn
        from fastapi import FastAPI
        from fastmcp import FastMCP

        app = FastAPI()
        app.mount("/llm", FastMCP("tools").http_app())
        uvicorn.run(app, host="127.0.0.1")
        """,
    ),
    Bad(
        """
        from mcp.server.transport_security import TransportSecuritySettings

        settings = TransportSecuritySettings(enable_dns_rebinding_protection=False)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        message="`enable_dns_rebinding_protection=False` lets the MCP server take requests with any `Host` header: a web page "
        "can call its tools by DNS rebinding",
        fixed="""
        from mcp.server.transport_security import TransportSecuritySettings

        settings = TransportSecuritySettings(enable_dns_rebinding_protection=True)
        """,
    ),
    Bad(
        """
        from mcp.server.fastmcp import FastMCP

        mcp = FastMCP("files")
        mcp.run(transport="sse")
        ^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"mcp": "==1.12.0"},
        message="The required release of `mcp` is before 1.23.0 and takes requests with any `Host` header: a web page in a "
        "browser on this machine can call the tools (CVE-2025-66416)",
    ),
    Bad(
        """
        import gradio as gr

        demo = gr.Interface(fn=count, inputs="text", outputs="number")
        demo.launch(mcp_server=True, server_name="0.0.0.0")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        import gradio as gr

        demo = gr.Interface(fn=count, inputs="text", outputs="number")
        demo.launch(mcp_server=True, server_name="127.0.0.1")
        """,
    ),
    Bad(
        """
        from mcp.server.fastmcp import FastMCP

        mcp = FastMCP("files")
        mcp.settings.host = "0.0.0.0"
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        mcp.run("sse")
        """,
        confidence=Confidence.MEDIUM,
        fixed="""
        from mcp.server.fastmcp import FastMCP

        mcp = FastMCP("files")
        mcp.settings.host = "127.0.0.1"
        mcp.run("sse")
        """,
    ),
    Bad(
        """
        FROM python:3.12-slim
        ENV FASTMCP_HOST=0.0.0.0
            ^^^^^^^^^^^^^^^^^^^^
        CMD ["python", "server.py"]
        """,
        path="Dockerfile",
        confidence=Confidence.MEDIUM,
        fixed="""
        FROM python:3.12-slim
        ENV FASTMCP_HOST=127.0.0.1
        CMD ["python", "server.py"]
        """,
    ),
    Bad(
        """
        #!/bin/sh
        fastmcp run server.py --transport http --host 0.0.0.0
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        path="start.sh",
        fixed="""
        #!/bin/sh
        fastmcp run server.py --transport http --host 127.0.0.1
        """,
    ),
    Bad(
        """
        #!/bin/sh
        export DANGEROUSLY_OMIT_AUTH=true
               ^^^^^^^^^^^^^^^^^^^^^^^^^^
        npx @modelcontextprotocol/inspector
        """,
        path="inspect.sh",
        message="`DANGEROUSLY_OMIT_AUTH` turns off the login of MCP Inspector, whose proxy starts any program it is asked to: "
        "a web page in a browser can run code on this machine",
    ),
    Bad(
        as_notebook("!fastmcp run server.py --transport sse --host 0.0.0.0"),
        path="example.ipynb",
        texts=("fastmcp run server.py --transport sse --host 0.0.0.0",),
        fixed=as_notebook("!fastmcp run server.py --transport sse --host 127.0.0.1"),
    ),
    Good(
        """
        from mcp.server.fastmcp import FastMCP

        mcp = FastMCP("files", host="0.0.0.0")
        mcp.run()
        """,
        because="the transport is stdio, which listens on nothing",
    ),
    Good(
        """
        from fastmcp import FastMCP
        from fastmcp.server.auth.providers.jwt import JWTVerifier

        mcp = FastMCP("crm", auth=JWTVerifier(jwks_uri="https://login.example.org/jwks", issuer="https://login.example.org"))
        mcp.run(transport="http", host="0.0.0.0")
        """,
        because="callers have to show a token",
    ),
    Good(
        """
        from mcp.server.fastmcp import FastMCP

        mcp = FastMCP("files")
        mcp.run(transport="streamable-http")
        """,
        because="it listens on this machine, and releases since 1.23.0 check the Host header there",
    ),
    Good(
        """
        class FastMCP:
            def run(self, transport, host):
                pass

        FastMCP().run(transport="http", host="0.0.0.0")
        """,
        because="a class of the program's own",
    ),
    Good(
        """
        import uvicorn
        from fastapi import FastAPI
        from mcp import ClientSession

        app = FastAPI()
        uvicorn.run(app, host="0.0.0.0")
        """,
        because="no MCP server is in the application; MLW505 reports the address",
    ),
    Good(
        """
        import gradio as gr

        demo = gr.Interface(fn=count, inputs="text", outputs="number")
        demo.launch(mcp_server=True)
        """,
        because="it listens on this machine only",
    ),
    Good(
        """
        Set FASTMCP_HOST=0.0.0.0 only behind a proxy.
        """,
        path="README.md",
        because="prose configures nothing",
    ),
    Missed(
        """
        import uvicorn
        from mcp.server.lowlevel import Server

        server = Server("files")

        async def app(scope, receive, send):
            await handle(server, scope, receive, send)

        uvicorn.run(app, host="0.0.0.0")
        """,
        because="what an application written by hand does is not looked at",
    ),
)
