"""MLW429: a coding agent that is started without permission checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
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
from mlwarden.rules.examples import Examples, as_notebook, later
from mlwarden.semantics.shell_calls import SHELL_CALLS
from mlwarden.semantics.started import Started, started_by_call, started_in_text

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

# Flags that no other program has: wherever they stand in a script or configuration, they mean this.
_UNMISTAKABLE = re.compile(
    r"(?<![\w-])(?P<flag>--(?:allow-)?dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox"
    r"|--dangerously-allow-all|--dangerously-auto-approve[\w-]*)(?![\w-])"
)
_PACKAGES = {
    "claude-code": "claude",
    "codex": "codex",
    "gemini-cli": "gemini",
    "qwen-code": "qwen",
    "copilot": "copilot",
}
# Program -> its switches, and its options with the values, that turn the questions off.
_SWITCHES: dict[str, tuple[str, ...]] = {
    "claude": ("--dangerously-skip-permissions", "--allow-dangerously-skip-permissions"),
    "codex": ("--dangerously-bypass-approvals-and-sandbox", "--yolo"),
    "gemini": ("--yolo", "-y"),
    "qwen": ("--yolo", "-y"),
    "amp": ("--dangerously-allow-all",),
    "copilot": ("--allow-all-tools", "--allow-all", "--yolo"),
    "cursor-agent": ("--force", "-f", "--yolo"),
    "crush": ("--yolo", "-y"),
    "aider": ("--yes-always",),
    "q": ("--trust-all-tools",),
    "kiro-cli": ("--trust-all-tools",),
}
_VALUES: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "claude": ((("--permission-mode",), "bypassPermissions"),),
    "codex": ((("--sandbox", "-s"), "danger-full-access"),),
    "gemini": ((("--approval-mode",), "yolo"),),
    "qwen": ((("--approval-mode",), "yolo"),),
}
_EVERYTHING = re.compile(r"(?:Bash|Shell|shell|run_shell_command)(?:\((?:\*|\*:\*|:\*)\))?|\*")
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".html", ".htm")
_SETTINGS = re.compile(r"(?:.*/)?(?:\.claude/settings(?:\.local)?|managed-settings)\.json", re.IGNORECASE)
_EDITOR = re.compile(r"(?:.*/)?(?:\.vscode/settings\.json|[^/]*\.code-workspace|user/settings\.json)", re.IGNORECASE)
_EDITOR_ON = ("chat.tools.autoApprove", "chat.tools.global.autoApprove", "chat.tools.global.autoapprove")
_GEMINI = re.compile(r"(?:.*/)?\.(?:gemini|qwen)/settings\.json", re.IGNORECASE)
_CODEX = re.compile(r"(?:.*/)?(?:\.codex/[^/]*|codex[^/]*)\.toml", re.IGNORECASE)
_TOML = re.compile(
    r"^[ \t]*(?P<key>approval_policy|sandbox_mode)[ \t]*=[ \t]*[\"'](?P<value>[\w-]+)[\"']", re.MULTILINE
)
_AGENT_SDK = re.compile(
    r"(?:claude_agent_sdk|claude_code_sdk)\.(?:\w+\.)*(?:ClaudeAgentOptions|ClaudeCodeOptions|AgentDefinition)"
)
_MODE = "bypassPermissions"
_BREAKS = "the agent asks again, and stops where nobody answers"


class CodingAgentPermissionBypass(Rule):
    """A coding agent that runs commands and writes files without asking.

    ## Why is this bad?

    The agent reads files, issues and web pages that others wrote, and does what they talk it into. With
    `--dangerously-skip-permissions`, `--yolo` and the like nothing stands between such a text and a shell with your rights:
    it can read keys, push code and erase files. In a workflow, whoever opens an issue can write that text.

    ## How to fix

    Allow the commands that the task needs (`--allowedTools "Bash(npm test:*)"`, `"permissions": {"allow": [...]}`), or
    let the agent edit files only (`--permission-mode acceptEdits`).

    ## When it is fine

    In a container or machine without credentials and without network, made for the purpose.

    ## Limits

    Whether a sandbox surrounds the agent is not known. Documentation (Markdown, plain text) is not searched.

    ## Fix safety

    The fixes are unsafe: the agent asks again, and stops where nobody answers.
    """

    code = "MLW429"
    name = "coding-agent-permission-bypass"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    triggers = (
        "claude",
        "claude_agent_sdk",
        "claude_code_sdk",
        "codex",
        "gemini",
        "qwen",
        "dangerously",
        _MODE,
        "approval_policy",
        "autoApprove",
        "cursor-agent",
        "copilot",
        "aider",
        "crush",
        "yolo",
        ("permissions", "allow"),
        ("trust", "tools"),
        "subprocess",
        ("os", "system"),
        ("os", "popen"),
        "create_subprocess_exec",
        "create_subprocess_shell",
    )
    cwe = (250,)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0081",)
    references = (
        Reference("Claude Code: permission modes", "https://code.claude.com/docs/en/permission-modes"),
        Reference("Codex: approvals and sandbox", "https://developers.openai.com/codex/agent-approvals-security"),
        Reference("OWASP LLM06:2025 Excessive Agency", "https://genai.owasp.org/llmrisk/llm062025-excessive-agency/"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report agents that are started, or made by an SDK, without checks."""
        for call in model.calls:
            if call.fragment.path is not None:
                continue
            if call.name in SHELL_CALLS:
                for started in started_by_call(call):
                    yield from self._program(started)
            elif _AGENT_SDK.fullmatch(call.name):
                yield from self._sdk(call)
        for assignment in model.assignments_of("*.permission_mode"):
            if assignment.fragment.path is None and assignment.value.may_be(_MODE):
                edit = TextEdit(assignment.value_span, '"acceptEdits"')
                yield self._mode(assignment.span, f'permission_mode = "{_MODE}"', (_fix("Ask for commands", edit),))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report command lines and settings in text files, and shell cells."""
        from mlwarden.source.documents import PlainText

        seen: list[Span] = []
        for started in started_in_text(document):
            for finding in self._program(started):
                seen.append(finding.span)
                yield finding
        if not isinstance(document, PlainText) or document.path.lower().endswith(_PROSE):
            return
        text, path = document.text, document.path.replace("\\", "/")
        for match in _UNMISTAKABLE.finditer(text):
            span = Span(*match.span("flag"))
            if any(one.start <= span.start < one.end for one in seen) or _is_comment(text, match.start()):
                continue
            yield self._flag(span, match["flag"], ())
        if _CODEX.fullmatch(path):
            yield from self._codex(text)
        elif path.lower().endswith((".json", ".code-workspace")):
            yield from self._settings(path, text)

    # --- code and commands -------------------------------------------------------------------------------------------

    def _sdk(self, call: CallSite) -> Iterator[Finding]:
        for keyword in ("permission_mode", "permissionMode"):
            given = call.argument(keyword)
            if given.may_be(_MODE):
                edit = call.set_argument(keyword, '"acceptEdits"')
                sure = Confidence.HIGH if given.must_be(_MODE) else Confidence.MEDIUM
                fixes = () if edit is None else (_fix("Ask for commands", edit),)
                yield self._mode(call.span, f'{keyword}="{_MODE}"', fixes, sure)

    def _program(self, started: Started) -> Iterator[Finding]:
        program = started.program
        if program in {"npx", "bunx"}:
            index = next((index for index, text in enumerate(started.texts) if not text.startswith("-")), None)
            if index is None:
                return
            named = started.texts[index].rpartition("/")[2]
            program = _PACKAGES.get(re.sub(r"@[\w.^~-]*$", "", named), "")
            following = started.words[index:]  # the package stays, so that a flag has something before it
            started = replace(started, words=following)
        for switch in _SWITCHES.get(program, ()):
            place = started.place(switch)
            if place is None or not started.is_switched_on(switch):
                continue
            span = started.words[place].span if started.in_text else started.span
            edit = started.without(switch)
            yield self._flag(span, f"{program} {switch}", () if edit is None else (_fix("Take the flag away", edit),))
            return
        for names, value in _VALUES.get(program, ()):
            if started.value(*names) == value:
                place = started.place(*names)
                span = started.words[place].span if started.in_text and place is not None else started.span
                edit = started.without(*names, takes_value=True)
                fixes = () if edit is None else (_fix("Take the option away", edit),)
                yield self._flag(span, f"{program} {names[0]} {value}", fixes)
                return

    # --- settings ----------------------------------------------------------------------------------------------------

    def _codex(self, text: str) -> Iterator[Finding]:
        found = {match["key"]: match for match in _TOML.finditer(text)}
        sandbox = found.get("sandbox_mode")
        if sandbox is None or sandbox["value"] != "danger-full-access":
            return
        unasked = "approval_policy" in found and found["approval_policy"]["value"] == "never"
        edit = TextEdit(Span(*sandbox.span("value")), "workspace-write")
        yield self.finding(
            Span(sandbox.start("key"), sandbox.end()),
            '`sandbox_mode = "danger-full-access"` lets Codex read, write and send whatever you can'
            + (', and `approval_policy = "never"` without asking' if unasked else ""),
            severity=Severity.HIGH if unasked else Severity.MEDIUM,
            fixes=(_fix("Let it write in the workspace only", edit),),
        )

    def _settings(self, path: str, text: str) -> Iterator[Finding]:
        from mlwarden.rules.llm._json_tree import read

        root = read(text)
        if _EDITOR.fullmatch(path):
            for name in _EDITOR_ON:
                node = root.get(name)
                if node is not None and node.value is True:
                    edit = TextEdit(node.span, "false")
                    yield self.finding(
                        node.span,
                        f"`{name}` lets the editor's agent run every tool and command without asking",
                        fixes=(_fix("Let it ask", edit),),
                    )
        permissions = root.get("permissions")
        if permissions is not None and _SETTINGS.fullmatch(path):
            mode = permissions.get("defaultMode")
            if mode is not None and mode.value == _MODE:
                edit = TextEdit(mode.span, "acceptEdits")
                yield self._mode(mode.span, f'"defaultMode": "{_MODE}"', (_fix("Ask for commands", edit),))
            allowed = permissions.get("allow")
            for node in allowed.strings() if allowed is not None else ():
                if _EVERYTHING.fullmatch(str(node.value)):
                    yield self.finding(
                        node.span,
                        f"`{node.value}` allows the agent every shell command: whoever steers it has your rights",
                    )
        if _GEMINI.fullmatch(path):
            for name, node in root.walk(3):
                if name in {"autoAccept", "defaultApprovalMode", "approvalMode"} and node.value in (True, "yolo"):
                    yield self.finding(
                        node.span,
                        f"`{name}` lets the agent run tools without asking",
                        severity=Severity.MEDIUM if node.value is True else Severity.HIGH,
                    )

    # --- findings ----------------------------------------------------------------------------------------------------

    def _flag(self, span: Span, shown: str, fixes: tuple[Fix, ...]) -> Finding:
        return self.finding(
            span,
            f"`{shown}` starts a coding agent that asks for nothing: a text it reads can make it run any command with "
            "your rights",
            fixes=fixes,
        )

    def _mode(
        self, span: Span, shown: str, fixes: tuple[Fix, ...], confidence: Confidence = Confidence.HIGH
    ) -> Finding:
        return self.finding(
            span,
            f"`{shown}` lets the coding agent run any command and write any file without asking",
            confidence=confidence,
            fixes=fixes,
        )


def _fix(title: str, edit: TextEdit) -> Fix:
    return Fix(title, (edit,), Applicability.UNSAFE, _BREAKS)


def _is_comment(text: str, position: int) -> bool:
    before = text[text.rfind("\n", 0, position) + 1 : position]
    return before.lstrip().startswith(("#", "//", ";", "rem ", "REM ")) or re.search(r"\s#\s", before) is not None


def _examples() -> Examples:
    return (
        Bad(
            """
            #!/bin/bash
            claude -p "fix the tests" --dangerously-skip-permissions
                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="fix.sh",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`claude --dangerously-skip-permissions` starts a coding agent that asks for nothing: a text it reads can "
            "make it run any command with your rights",
            fixed="""
            #!/bin/bash
            claude -p "fix the tests"
            """,
        ),
        Bad(
            """
            on: issues
            jobs:
              triage:
                runs-on: ubuntu-latest
                steps:
                  - run: npx -y @google/gemini-cli --yolo -p "triage the issue"
                                                   ^^^^^^
            """,
            path=".github/workflows/triage.yml",
            fixed="""
            on: issues
            jobs:
              triage:
                runs-on: ubuntu-latest
                steps:
                  - run: npx -y @google/gemini-cli -p "triage the issue"
            """,
        ),
        Bad(
            """
            on: issues
            jobs:
              triage:
                steps:
                  - uses: anthropics/claude-code-action@v1
                    with:
                      claude_args: "--dangerously-skip-permissions"
                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path=".github/workflows/claude.yml",
        ),
        Bad(
            """
            FROM node:22
            ENTRYPOINT ["codex", "exec", "--dangerously-bypass-approvals-and-sandbox"]
                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
        ),
        Bad(
            """
            import subprocess

            subprocess.run(["claude", "-p", task, "--permission-mode", "bypassPermissions"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from claude_agent_sdk import ClaudeAgentOptions, query

            options = ClaudeAgentOptions(permission_mode="bypassPermissions", max_turns=5)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message='`permission_mode="bypassPermissions"` lets the coding agent run any command and write any file without '
            "asking",
            fixed="""
            from claude_agent_sdk import ClaudeAgentOptions, query

            options = ClaudeAgentOptions(permission_mode="acceptEdits", max_turns=5)
            """,
        ),
        Bad(
            """
            {"permissions": {"defaultMode": "bypassPermissions", "allow": ["Bash(npm test:*)", "Bash(*)"]}}
                                             ^^^^^^^^^^^^^^^^^
                                                                                                ^^^^^^^
            """,
            path=".claude/settings.json",
            fixed="""
            {"permissions": {"defaultMode": "acceptEdits", "allow": ["Bash(npm test:*)", "Bash(*)"]}}
            """,
        ),
        Bad(
            """
            model = "gpt-5-codex"
            approval_policy = "never"
            sandbox_mode = "danger-full-access"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path=".codex/config.toml",
            severity=Severity.HIGH,
            fixed="""
            model = "gpt-5-codex"
            approval_policy = "never"
            sandbox_mode = "workspace-write"
            """,
        ),
        Bad(
            """
            {
              // agents
              "chat.tools.autoApprove": true,
                                        ^^^^
            }
            """,
            path=".vscode/settings.json",
            fixed="""
            {
              // agents
              "chat.tools.autoApprove": false,
            }
            """,
        ),
        Bad(
            as_notebook("!claude --dangerously-skip-permissions -p 'fix the tests'"),
            path="example.ipynb",
            texts=("--dangerously-skip-permissions",),
            fixed=as_notebook("!claude -p 'fix the tests'"),
        ),
        Good(
            """
            #!/bin/bash
            claude -p "fix the tests" --allowedTools "Bash(npm test:*)" --permission-mode acceptEdits
            codex exec --full-auto "fix the tests"
            python train.py --yolo
            ls -y
            """,
            path="fix.sh",
            because="commands are listed, the sandbox is on, and another program may call a switch as it likes",
        ),
        Good(
            """
            # never use claude --dangerously-skip-permissions here
            name: ci
            """,
            path=".github/workflows/ci.yml",
            because="a comment",
        ),
        Good(
            """
            Run `claude --dangerously-skip-permissions` in a container only.
            """,
            path="README.md",
            because="prose starts nothing",
        ),
        Good(
            """
            {"permissions": {"defaultMode": "acceptEdits", "allow": ["Bash(npm test:*)", "Read(**)"]}}
            """,
            path=".claude/settings.json",
            because="a list of commands",
        ),
        Good(
            """
            approval_policy = "never"
            sandbox_mode = "workspace-write"
            """,
            path=".codex/config.toml",
            because="the sandbox holds",
        ),
        Good(
            """
            from claude_agent_sdk import ClaudeAgentOptions

            options = ClaudeAgentOptions(permission_mode="plan")
            """,
            because="the agent changes nothing",
        ),
        Missed(
            """
            #!/bin/bash
            FLAGS="--yolo"
            gemini $FLAGS -p "fix the tests"
            """,
            path="fix.sh",
            because="variables of a shell are not followed",
        ),
    )
