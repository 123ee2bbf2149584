"""MLW402: what a language model wrote is run as a command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Reference, Rule, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Call -> (position, keyword) of the command.
SINKS: dict[str, tuple[int, str]] = {
    "os.system": (0, "command"),
    "os.popen": (0, "cmd"),
    "os.execv": (0, "path"),
    "os.execvp": (0, "file"),
    "os.execl": (0, "path"),
    "os.spawnl": (1, "file"),
    "os.spawnv": (1, "file"),
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
    "pty.spawn": (0, "argv"),
    "commands.getoutput": (0, "cmd"),
    "paramiko.SSHClient().exec_command": (0, "command"),
    "fabric.Connection().run": (0, "command"),
    "invoke.run": (0, "command"),
    "pexpect.spawn": (0, "command"),
    "pexpect.run": (0, "command"),
    "docker.from_env().containers.get().exec_run": (0, "cmd"),
    "docker.from_env().containers.run": (1, "command"),
    "get_ipython().system": (0, "cmd"),
    "get_ipython().getoutput": (0, "cmd"),
    "langchain_community.tools.ShellTool().run": (0, "tool_input"),
}


class LlmOutputToShell(Rule):
    """Output of a language model that is run as a command.

    ## Why is this bad?

    Who can put text in front of the model can make it answer with any command. Run by a shell or `subprocess`, the
    command has your files, your keys and your network. Splitting it with `shlex` changes nothing: the program
    itself is the model's choice.

    ## How to fix

    Offer the model a fixed set of actions and let its answer select one; pass arguments as separate list
    elements after checking each. Where free commands must run, run them in a container without network and credentials.

    ## When it is fine

    When the process runs inside such a sandbox already.

    ## Limits

    The way from the answer to the call is followed through variables, functions and modules of the project, not
    through files, queues and databases.
    """

    code = "MLW402"
    name = "llm-output-to-shell"
    severity = Severity.CRITICAL
    calls = tuple(SINKS)
    cwe = (78,)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050", "AML.T0102")
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference("CVE-2024-4181, llama_index", "https://nvd.nist.gov/vuln/detail/CVE-2024-4181"),
    )
    examples = (
        Bad(
            """
            import subprocess
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            command = reply.choices[0].message.content
            subprocess.run(command, shell=True, check=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            import os
            from langchain_core.tools import tool

            @tool
            def run_command(command: str) -> str:
                return os.popen(command).read()
                       ^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import shlex
            import subprocess as sp
            import ollama

            answer = ollama.chat(model="llama3", messages=messages)
            sp.check_output(shlex.split(answer["message"]["content"]))
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import subprocess
            from openai import OpenAI

            COMMANDS = {"status": ["git", "status"], "log": ["git", "log", "-5"]}
            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            subprocess.run(COMMANDS[reply.output_text], check=True)
            """,
            because="the model only chooses among commands that the program wrote",
        ),
        Good(
            """
            import subprocess

            subprocess.run(["nvidia-smi"], check=True)
            """,
            because="the command is a literal",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a command that comes from a model, with the way it took."""
        position, keyword = SINKS[call.name]
        taints = call.argument(keyword, position).tainted_by("llm", "tool")
        if not taints:
            return
        taint = taints[0]
        writer = "that a language model wrote" if taint.kind == "llm" else "that a language model passed to this tool"
        yield self.finding(
            call.span,
            f"`{call.name.replace('()', '')}` runs a command {writer}: who can steer the model runs programs here",
            confidence=Confidence.HIGH if taint.certain else Confidence.MEDIUM,
            trace=(*taint.steps, *(step for step in call.context if step not in taint.steps)),
        )
