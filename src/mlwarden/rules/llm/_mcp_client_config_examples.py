"""The examples of MLW428."""

from __future__ import annotations

from mlwarden.rules.base import Bad, Confidence, Good, Missed, Severity

_TRUSTED = """
            {{"mcpServers": {{"crm": {{"httpUrl": "https://mcp.acme-labs.io/mcp", "trust": {}}}}}}}
            """

EXAMPLES: tuple[Bad | Good | Missed, ...] = (
    Bad(
        """
        {
          "mcpServers": {
            "mail": {
              "command": "npx",
              "args": ["-y", "postmark-mcp"]
                              ^^^^^^^^^^^^
            }
          }
        }
        """,
        path=".mcp.json",
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        message="The MCP server `mail` downloads and runs whatever release of `postmark-mcp` is newest at every start "
        "(`postmark-mcp`)",
    ),
    Bad(
        """
        {
          // shared with the team
          "servers": {
            "fetch": {"type": "stdio", "command": "uvx", "args": ["mcp-server-fetch@latest"],},
                                                                   ^^^^^^^^^^^^^^^^^^^^^^^
          },
        }
        """,
        path=".vscode/mcp.json",
        severity=Severity.MEDIUM,
    ),
    Bad(
        """
        {
          "mcpServers": {
            "files": {
              "command": "cmd",
              "args": ["/c", "npx", "-y", "@modelcontextprotocol/server-filesystem@2025.8.21", "C:\\\\Users\\\\anna"]
            }
          }
        }
        """,
        path="claude_desktop_config.json",
        texts=("C:\\\\Users\\\\anna",),
        severity=Severity.HIGH,
        message="The MCP server `files` may read and write all of `C:\\Users\\anna`",
    ),
    Bad(
        """
        {
          "mcpServers": {
            "shell": {
              "command": "docker",
              "args": ["run", "-i", "--rm", "-e", "TOKEN", "-v", "/:/host", "--privileged", "acme/shell-mcp"]
            }
          }
        }
        """,
        path=".cursor/mcp.json",
        texts=("/:/host", "--privileged", "acme/shell-mcp"),
    ),
    Bad(
        """
        {"mcpServers": {"crm": {"url": "http://mcp.acme-labs.io/sse"}}}
                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        path=".mcp.json",
        severity=Severity.HIGH,
        message="The MCP server `crm` is reached over `http://`: whoever is on the way reads what the model sends and writes "
        "what it gets",
    ),
    Bad(
        """
        {"mcpServers": {"crm": {"command": "npx", "args": ["mcp-remote@0.1.12", "https://mcp.acme-labs.io/sse"]}}}
                                                            ^^^^^^^^^^^^^^^^^
        """,
        path=".mcp.json",
        severity=Severity.CRITICAL,
    ),
    Bad(
        """
        {"mcpServers": {"git": {"command": "/opt/git-mcp", "alwaysAllow": ["git_log", "git_push"]}}}
                                                                          ^^^^^^^^^^^^^^^^^^^^^^^
        """,
        path=".roo/mcp.json",
        confidence=Confidence.MEDIUM,
        message="The MCP server `git` may use `git_push` without asking: whoever steers the model uses it too",
    ),
    Bad(
        _TRUSTED.format("true"),
        path=".gemini/settings.json",
        texts=("true",),
        fixed=_TRUSTED.format("false"),
    ),
    Bad(
        """
        {"enableAllProjectMcpServers": true}
                                       ^^^^
        """,
        path=".claude/settings.json",
        fixed="""
        {"enableAllProjectMcpServers": false}
        """,
    ),
    Bad(
        """
        [mcp_servers.search]
        command = "uvx"
        args = [
          "--from", "git+https://github.com/acme/search-mcp",
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          "search-mcp",
        ]
        """,
        path=".codex/config.toml",
        message="The MCP server `search` downloads and runs whatever the repository holds that day at every start "
        "(`git+https://github.com/acme/search-mcp`)",
    ),
    Bad(
        """
        mcpServers:
          - name: search
            command: npx
            args:
              - "-y"
              - "@acme/search-mcp"
                 ^^^^^^^^^^^^^^^^
        """,
        path=".continue/mcpServers/search.yaml",
    ),
    Bad(
        """
        {"mcpServers": {"x": {"command": "bash", "args": ["-c", "curl -s https://acme-labs.io/mcp.sh | bash"]}}}
        """,
        path="mcp.json",
        texts=("curl -s https://acme-labs.io/mcp.sh | bash",),
        severity=Severity.HIGH,
    ),
    Bad(
        """
        from mcp import StdioServerParameters

        server = StdioServerParameters(command="npx", args=["-y", "@acme/search-mcp"])
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
    ),
    Bad(
        """
        from langchain_mcp_adapters.client import MultiServerMCPClient

        SERVERS = {"crm": {"transport": "sse", "url": "http://mcp.acme-labs.io/sse"}}
        client = MultiServerMCPClient(SERVERS)
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Good(
        """
        {
          "mcpServers": {
            "a": {"command": "npx", "args": ["-y", "@acme/search-mcp@1.4.2"]},
            "b": {"command": "uvx", "args": ["mcp-server-fetch==2025.4.7"]},
            "c": {"command": "uvx", "args": ["--from", "git+https://github.com/a/b@0123456789abcdef0123456789abcdef01234567", "b"]},
            "d": {"command": "docker", "args": ["run", "-i", "--rm", "-e", "TOKEN", "ghcr.io/github/github-mcp-server:v0.5.0"]},
            "e": {"command": "node", "args": ["dist/index.js"]},
            "f": {"command": "npx", "args": ["tsx", "src/server.ts"]},
            "g": {"url": "https://mcp.acme-labs.io/sse"},
            "h": {"url": "http://localhost:8000/sse"},
            "i": {"url": "http://mcp:8000/sse"},
            "j": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem@2025.8.21", "./docs"]},
            "k": {"command": "uv", "args": ["run", "--directory", "/srv/mcp", "server.py"]}
          }
        }
        """,
        path=".mcp.json",
        because="versions are exact, programs are local, addresses are encrypted or on this machine, folders are narrow",
    ),
    Good(
        """
        {"mcpServers": {"git": {"command": "/opt/git-mcp", "autoApprove": ["git_log", "git_status"]}}}
        """,
        path=".kiro/settings/mcp.json",
        because="reading tools change nothing",
    ),
    Good(
        """
        {"servers": {"api": {"url": "http://api.acme-labs.io"}}, "command": "npx", "args": ["http-server"]}
        """,
        path="data/services.json",
        because="it is no configuration of an MCP client",
    ),
    Good(
        """
        services:
          web:
            command: npx serve
            args: ["-y"]
        """,
        path="compose.yaml",
        because="it is no configuration of an MCP client",
    ),
    Good(
        """
        from mcp import StdioServerParameters

        server = StdioServerParameters(command="python", args=["server.py"])
        """,
        because="a local program",
    ),
    Good(
        """
        def Client(url):
            return url

        Client("http://mcp.acme-labs.io/sse")
        """,
        because="a function of the program's own",
    ),
    Missed(
        """
        {"mcpServers": {"x": {"command": "./start-mcp.sh"}}}
        """,
        path=".mcp.json",
        because="what a script of the project starts is not followed",
    ),
)
