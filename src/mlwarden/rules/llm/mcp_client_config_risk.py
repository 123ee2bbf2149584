"""MLW428: an entry of an MCP client that runs what nobody has fixed, or that may do too much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Confidence, DocumentKind, Finding, Fix, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.semantics.hosts import is_loopback

if TYPE_CHECKING:
    from mlwarden.notebooks.shell_lines import Word
    from mlwarden.rules.llm._json_tree import Node
    from mlwarden.rules.llm._mcp_entries import Server
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_CLIENT = re.compile(
    r"(?:mcp|langchain_mcp_adapters|fastmcp|agents\.mcp|llama_index\.tools\.mcp|crewai_tools|autogen_ext\.tools\.mcp|pydantic_ai"
    r"|smolagents|google\.adk|agno|mcpadapt|mcp_use|strands|semantic_kernel)\b[\w.]*\.(?:\w*(?:Stdio|Sse|Http|HTTP|SSE)\w*"
    r"|\w*MCP\w*|\w*Mcp\w*|stdio_client|sse_client|streamablehttp_client|Client|ToolCollection\.from_mcp)"
)
_SERVER_SIDE = re.compile(r".*(?:FastMCP|MCPServer|ServerTransport|SessionManager|Settings)")
_WRITES = re.compile(
    r"(?:^|[_.-])(?:write|delete|remove|create|update|edit|execute|exec|run|shell|bash|command|cmd|push|merge|send|post|drop|move"
    r"|deploy|insert|publish|pay|transfer|kill|modify|patch|upload|eval|query|sql|fork|commit|apply)",
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LISTS = ("autoApprove", "alwaysAllow", "always_allow", "autoapprove", "disabledApprovals")
_SETTINGS = re.compile(r"(?:.*/)?(?:\.claude/settings(?:\.local)?|\.claude|managed-settings)\.json", re.IGNORECASE)
_ALL_SERVERS = "enableAllProjectMcpServers"


class McpClientConfigRisk(Rule):
    """An entry of an MCP client that runs whatever is newest, or that may do more than it needs.

    ## Why is this bad?

    `npx -y some-server` and `uvx some-server` download the newest release each time the assistant starts, and run it with
    your rights: who takes over the package (as happened with `postmark-mcp`) reads your files from that day on. A server
    for files that is given `/` or the home folder hands your keys to whoever steers the model; tools that are approved
    beforehand do so without a question.

    ## How to fix

    Name a version that was looked at: `npx -y some-server@1.4.2`, `uvx some-server==1.4.2`, an image with its digest.
    Give servers the one folder they need, use `https://`, and let the client ask before tools that change something.

    ## When it is fine

    For a server of your own that is published by yourself; for reading tools that are approved beforehand.

    ## Limits

    Files are known by their names or by the key `mcpServers`. What a server's own dependencies are is not looked at: an
    exact version still brings the newest of those.

    ## Fix safety

    The fixes are unsafe: the client asks for confirmation again.
    """

    code = "MLW428"
    name = "mcp-client-config-risk"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    triggers = (
        "mcp",
        "mcpServers",
        "MCP",
        "Mcp",
        "mcp_servers",
        "context_servers",
        "npx",
        "uvx",
        _ALL_SERVERS,
        ("command", "args"),
        ("servers", "url"),
        ("extensions", "cmd"),
    )
    cwe = (494, 250, 319)
    owasp_llm = ("LLM03", "LLM06")
    atlas = ("AML.T0010.005", "AML.T0110")
    references = (
        Reference(
            "MCP: security best practices",
            "https://modelcontextprotocol.io/specification/2025-06-18/basic/security_best_practices",
        ),
        Reference("CVE-2025-6514, mcp-remote", "https://nvd.nist.gov/vuln/detail/CVE-2025-6514"),
        Reference("npm: exact versions for npx", "https://docs.npmjs.com/cli/v11/commands/npx"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report the servers that clients in the code start and connect to."""
        from mlwarden.rules.llm._mcp_entries import servers_in_call

        for call in model.calls:
            if call.fragment.path is None and _CLIENT.fullmatch(call.name) and not _SERVER_SIDE.fullmatch(call.name):
                seen: set[str] = set()
                for server in servers_in_call(call):
                    for finding in self._server(server):
                        if finding.message not in seen:
                            seen.add(finding.message)
                            yield finding

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report the servers that a client's configuration file names, and what it approves beforehand."""
        from mlwarden.source.documents import PlainText

        if not isinstance(document, PlainText):
            return
        from mlwarden.rules.llm._json_tree import read
        from mlwarden.rules.llm._mcp_entries import servers_in_text

        for server in servers_in_text(document.path, document.text):
            yield from self._server(server)
        if _SETTINGS.fullmatch(document.path.replace("\\", "/")) and _ALL_SERVERS in document.text:
            node = read(document.text).get(_ALL_SERVERS)
            if node is not None and node.value is True:
                yield self.finding(
                    node.span,
                    f"`{_ALL_SERVERS}` starts every server that a repository's `.mcp.json` names, unasked: opening a "
                    "stranger's repository runs their programs",
                    fixes=(_off(node, "Let Claude Code ask"),),
                )

    def _server(self, server: Server) -> Iterator[Finding]:
        from mlwarden.rules.llm._mcp_commands import risks

        called = f"The MCP server `{server.name}`" if server.name else "The MCP server"
        for risk in risks(server.words):
            yield self.finding(
                risk.word.span, f"{called} {risk.message}", severity=risk.severity, confidence=risk.confidence
            )
        addresses = [word for word in server.words if word.text.startswith("http://")]
        for word in (*([server.url] if server.url is not None else []), *addresses):
            yield from self._address(called, word)
        if server.node is not None:
            yield from self._approved(called, server.node)

    def _address(self, called: str, word: Word) -> Iterator[Finding]:
        if not word.text.lower().startswith("http://"):
            return
        try:
            host = urlsplit(word.text).hostname or ""
        except ValueError:
            return
        # A single word is a container's name or a placeholder.
        if not host or is_loopback(host) or host == "0.0.0.0" or ("." not in host and ":" not in host):
            return
        if host.endswith((".internal", ".local", ".example", ".svc", ".test")) or any(sign in host for sign in "{}$<>"):
            return
        yield self.finding(
            word.span,
            f"{called} is reached over `http://`: whoever is on the way reads what the model sends and writes what it gets",
        )

    def _approved(self, called: str, node: Node) -> Iterator[Finding]:
        listed = node.get(*_LISTS)
        if listed is not None:
            tools = listed.strings()
            every = listed.value is True or any(tool.value == "*" for tool in tools)
            writing = [str(tool.value) for tool in tools if _WRITES.search(_CAMEL.sub("_", str(tool.value)).lower())]
            if every or writing:
                what = "every tool" if every else ", ".join(f"`{name}`" for name in writing[:3])
                yield self.finding(
                    listed.span,
                    f"{called} may use {what} without asking: whoever steers the model uses it too",
                    confidence=Confidence.HIGH if every else Confidence.MEDIUM,
                )
        trust = node.get("trust")
        if trust is not None and trust.value is True:
            yield self.finding(
                trust.span,
                f"{called} is trusted: all of its tools run without asking, whoever steers the model",
                fixes=(_off(trust, "Let the client ask"),),
            )


def _off(node: Node, title: str) -> Fix:
    edit = TextEdit(Span(node.span.start, node.span.end), "false")
    return Fix(title, (edit,), Applicability.UNSAFE, "the client asks for confirmation again")


def _examples() -> Examples:
    from mlwarden.rules.llm._mcp_client_config_examples import EXAMPLES

    return EXAMPLES
