"""MLW314: a secret in the configuration of MCP servers or agents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import (
    Bad,
    Confidence,
    DocumentKind,
    Finding,
    Fix,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
    Span,
)
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.formats import compiled

if TYPE_CHECKING:
    from mlwarden.secrets.scan import SecretMatch
    from mlwarden.source.documents import Document

# A word in the path of each of these; most files end here.
_MAY_BE_CONFIG = re.compile(
    r"mcp|settings|claude|code-workspace|opencode|config|langgraph|smithery|agent|crewai|librechat", re.IGNORECASE
)
# The path -> whose configuration it is, and how a value is taken from the environment there; "" where it cannot be.
_CONFIGS: tuple[tuple[str, str, str], ...] = (
    (r"\.mcp\.json", "Claude Code", "${{{name}}}"),
    (r"claude_desktop_config\.json", "Claude Desktop", ""),
    (r"\.claude/settings(?:\.local)?\.json|\.claude\.json", "Claude Code", "${{{name}}}"),
    (r"\.cursor/mcp\.json", "Cursor", "${{env:{name}}}"),
    (r"\.vscode/(?:mcp|settings)\.json|\.code-workspace", "VS Code", "${{env:{name}}}"),
    (r"\.roo/mcp\.json|mcp_settings\.json|cline_mcp_settings\.json", "Cline", "${{env:{name}}}"),
    (r"(?:\.codeium/(?:windsurf/)?)?mcp_config\.json", "Windsurf", "${{env:{name}}}"),
    (r"\.gemini/settings\.json", "Gemini CLI", "${name}"),
    (r"opencode\.jsonc?", "OpenCode", "{{env:{name}}}"),
    (r"\.zed/settings\.json", "Zed", ""),
    (r"\.codex/config\.toml", "Codex", ""),
    (r"\.continue/(?:config\.(?:json|ya?ml)|mcpServers/[^/]+\.(?:json|ya?ml))", "Continue", ""),
    (r"\.goose/config\.ya?ml|goose/config\.ya?ml", "Goose", ""),
    (
        r"\.amazonq/mcp\.json|\.kiro/(?:settings/)?mcp\.json|\.junie/mcp/mcp\.json|\.trae/mcp\.json",
        "the agent",
        "${{{name}}}",
    ),
    (r"mcp(?:[-_.](?:servers?|config))?\.json|[^/]*[-_.]mcp\.json|mcp[-_.][^/]+\.json", "the MCP client", ""),
    (r"(?:langgraph|smithery|agents?|crewai|librechat|litellm[_-]?config)\.(?:json|ya?ml)", "the agent", ""),
)
# `"NAME": "value"`, `NAME = "value"`, `NAME: value`
_NAMED = re.compile(
    r"(?<![\w$-])[\"']?(?P<name>[A-Za-z][\w.-]{1,60})[\"']?[ \t]*[:=][ \t]*(?P<quote>[\"']?)(?P<value>[^\"'\r\n,]{8,2000}?)(?P=quote)[ \t]*(?=[,\r\n}]|\Z|#)"
)
# `"--api-key", "value"`, `"--api-key=value"`, `?apiKey=value`
_ARGUMENT = re.compile(
    r"--(?P<name>[A-Za-z][\w-]{1,40})(?:[\"'][ \t]*,\s*[\"']|[= ])(?P<value>[^\s\"',&]{8,500})"
    r"|[?&](?P<query>[A-Za-z][\w-]{1,40})=(?P<given>[^\s\"',&#]{8,500})"
)
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|token|ApiKey|Api-Key)[ \t]+", re.ASCII)
_REFERENCE = re.compile(
    r"\$\{|\$[A-Z_]|\{env:|\{\{|<[^>]*>|\$\(|%[A-Z_]+%|^(?:env|secret|input)[:.]|os\.environ/", re.ASCII
)


class ToolConfigSecret(Rule):
    """A key written into the configuration of MCP servers, an agent or an assistant.

    ## Why is this bad?

    These files are made to be shared: they lie in the repository so that everybody has the same tools. The agent itself
    can read them too, so that whoever steers it by a prompt can ask for the key.

    ## How to fix

    Revoke the key. Let the client fill in the new one from the environment (`${NAME}` in Claude Code, `${env:NAME}` in
    VS Code and Cursor) or ask for it (`"inputs"` in VS Code), or keep the file out of the repository.

    ## When it is fine

    For made-up values. Placeholders and references to variables are not reported.

    ## Limits

    The file has to have the name by which one of the common clients knows it. A value of no known format has to be long and
    random, and its name has to say that it is a secret.

    ## Fix safety

    The fix is unsafe: the client then needs the environment variable. It is offered for clients that can read one.
    """

    code = "MLW314"
    name = "tool-config-secret"
    severity = Severity.CRITICAL
    kinds = (DocumentKind.TEXT,)
    triggers = ("",)
    cwe = (798,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0083",)
    references = (
        Reference("Claude Code: environment variables in .mcp.json", "https://code.claude.com/docs/en/mcp"),
        Reference(
            "VS Code: the configuration of MCP servers",
            "https://code.visualstudio.com/docs/copilot/reference/mcp-configuration",
        ),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report every secret in a file of a known name."""
        path = document.path.replace("\\", "/")
        if _MAY_BE_CONFIG.search(path) is None:
            return
        matches = (
            (client, form)
            for pattern, client, form in _CONFIGS
            if compiled(rf"(?i)(?:.*/)?(?:{pattern})").fullmatch(path) is not None
        )
        config = next(matches, None)
        if config is None:
            return
        client, form = config
        if path.lower().endswith("settings.json") and "mcp" not in document.text.lower() and ".vscode" in path:
            return
        for start, end, found, name in _secrets(document.text, path):
            yield self.finding(
                Span(start, end),
                f"{_kind_of(found)} in the configuration of {client}: whoever reads the file can use it until it is revoked, and the agent can "
                "be talked into showing it",
                severity=found.severity,
                confidence=found.confidence,
                fixes=_fixes(document.text, start, end, name or found.env, form),
            )


def _kind_of(found: SecretMatch) -> str:
    from mlwarden.secrets.wording import kind_of

    return kind_of(found)


def _secrets(text: str, path: str) -> list[tuple[int, int, SecretMatch, str]]:
    """The secrets in the text: those that are given to something first, then whatever has a known shape."""
    from mlwarden.secrets.literals import judge
    from mlwarden.secrets.scan import Context, find_secrets

    found: list[tuple[int, int, SecretMatch, str]] = []
    for name, start, value in _given(text):
        scheme = _SCHEME.match(value)
        if scheme is not None:
            start, value = start + scheme.end(), value[scheme.end() :]
        if _REFERENCE.search(value):
            continue
        known = judge(value, name="api_key" if scheme is not None else name, path=path)
        if known is not None and known.format != "url-password":
            found.append((start + known.start, start + known.end, known, "" if scheme is not None else name))
    for known in find_secrets(text, context=Context(path=path)):
        found.append((known.start, known.end, known, ""))
    kept: list[tuple[int, int, SecretMatch, str]] = []
    for candidate in found:
        if all(candidate[0] >= end or candidate[1] <= start for start, end, _, _ in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda each: each[:2])


def _given(text: str) -> Iterator[tuple[str, int, str]]:
    for found in _NAMED.finditer(text):
        yield found["name"], found.start("value"), found["value"]
    for found in _ARGUMENT.finditer(text):
        if found["name"]:
            yield found["name"], found.start("value"), found["value"]
        else:
            yield found["query"], found.start("given"), found["given"]


def _fixes(text: str, start: int, end: int, name: str, form: str) -> Iterator[Fix]:
    """Replace a whole value of a variable by a reference to that variable."""
    scheme = re.search(r"\"(?:(?:Bearer|Basic|Token|token)[ \t]+)?\Z", text[max(0, start - 12) : start])
    if not form or not re.fullmatch(r"[A-Z][A-Z0-9_]+", name) or scheme is None or text[end : end + 1] != '"':
        return
    yield Fix(
        "Take it from the environment",
        (TextEdit(Span(start, end), form.format(name=name)),),
        Applicability.UNSAFE,
        "the client needs the environment variable when it starts",
    )


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    github, random, openai = sample("github"), sample("qdrant"), sample("openai")
    password = "tR7-vq" + "Lw92xE"
    return (
        Bad(
            f"""
            {{
              "mcpServers": {{
                "github": {{
                  "command": "npx",
                  "args": ["-y", "@modelcontextprotocol/server-github"],
                  "env": {{"GITHUB_PERSONAL_ACCESS_TOKEN": "{github}"}}
                }}
              }}
            }}
            """,
            path=".mcp.json",
            texts=(github,),
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="GitHub token in the configuration of Claude Code: whoever reads the file can use it until it is revoked, and "
            "the agent can be talked into showing it",
            fixed="""
            {
              "mcpServers": {
                "github": {
                  "command": "npx",
                  "args": ["-y", "@modelcontextprotocol/server-github"],
                  "env": {"GITHUB_PERSONAL_ACCESS_TOKEN": "${GITHUB_PERSONAL_ACCESS_TOKEN}"}
                }
              }
            }
            """,
        ),
        Bad(
            f"""
            {{
              // shared with the team
              "servers": {{
                "crm": {{
                  "type": "http",
                  "url": "https://mcp.acme-labs.io/sse?apiKey={random}",
                  "headers": {{"Authorization": "Bearer {openai}"}}
                }}
              }}
            }}
            """,
            path=".vscode/mcp.json",
            texts=(random, openai),
            fixed=f"""
            {{
              // shared with the team
              "servers": {{
                "crm": {{
                  "type": "http",
                  "url": "https://mcp.acme-labs.io/sse?apiKey={random}",
                  "headers": {{"Authorization": "Bearer ${{env:OPENAI_API_KEY}}"}}
                }}
              }}
            }}
            """,
        ),
        Bad(
            f"""
            {{"mcpServers": {{"search": {{"command": "uvx", "args": ["search-mcp", "--api-key", "{random}"]}}}}}}
            """,
            path="claude_desktop_config.json",
            texts=(random,),
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            f"""
            [mcp_servers.crm.env]
            CRM_API_KEY = "{random}"
            """,
            path=".codex/config.toml",
            texts=(random,),
        ),
        Bad(
            f"""
            {{"mcpServers": {{"db": {{"args": ["postgresql://agent:{password}@db.acme-labs.io/crm"]}}}}}}
            """,
            path=".cursor/mcp.json",
            texts=(password,),
            severity=Severity.HIGH,
        ),
        Good(
            """
            {
              "mcpServers": {
                "github": {
                  "env": {
                    "GITHUB_TOKEN": "${GITHUB_TOKEN}",
                    "OTHER_TOKEN": "${env:OTHER_TOKEN}",
                    "API_KEY": "<your-api-key>",
                    "BRAVE_API_KEY": "YOUR_API_KEY_HERE",
                    "MODEL": "claude-sonnet-4-20250514"
                  },
                  "headers": {"Authorization": "Bearer ${input:token}"}
                }
              }
            }
            """,
            path=".mcp.json",
            because="the client fills in the values, and the rest are placeholders and settings",
        ),
        Good(
            f"""
            {{"github": {{"token": "{github}"}}}}
            """,
            path="data.json",
            because="it is no configuration of an agent; MLW302 reports the token",
        ),
        Good(
            """
            {"editor.fontSize": 14, "files.exclude": {"**/node_modules": true}}
            """,
            path=".vscode/settings.json",
            because="there is no agent in it",
        ),
        Missed(
            """
            {"mcpServers": {"crm": {"env": {"CRM_PASSWORD": "correct horse"}}}}
            """,
            path=".mcp.json",
            because="a password that somebody thought up has no shape",
        ),
    )
