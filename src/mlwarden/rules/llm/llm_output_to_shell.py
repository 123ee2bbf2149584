"""MLW402: what a language model wrote is run as a command."""

from __future__ import annotations

from mlwarden.rules.base import Bad, Confidence, Good, Reference, Severity
from mlwarden.rules.flow import FlowRule, Sink

# Call -> the command.
SINKS: dict[str, Sink] = {
    "os.system": Sink("command", 0),
    "os.popen": Sink("cmd", 0),
    "os.execv": Sink("path", 0),
    "os.execvp": Sink("file", 0),
    "os.execl": Sink("path", 0),
    "os.spawnl": Sink("file", 1),
    "os.spawnv": Sink("file", 1),
    "subprocess.run": Sink("args", 0),
    "subprocess.call": Sink("args", 0),
    "subprocess.check_call": Sink("args", 0),
    "subprocess.check_output": Sink("args", 0),
    "subprocess.Popen": Sink("args", 0),
    "subprocess.getoutput": Sink("cmd", 0),
    "subprocess.getstatusoutput": Sink("cmd", 0),
    "asyncio.create_subprocess_shell": Sink("cmd", 0),
    "asyncio.create_subprocess_exec": Sink("program", 0),
    "asyncio.subprocess.create_subprocess_shell": Sink("cmd", 0),
    "pty.spawn": Sink("argv", 0),
    "commands.getoutput": Sink("cmd", 0),
    "paramiko.SSHClient().exec_command": Sink("command", 0),
    "fabric.Connection().run": Sink("command", 0),
    "invoke.run": Sink("command", 0),
    "pexpect.spawn": Sink("command", 0),
    "pexpect.run": Sink("command", 0),
    "docker.from_env().containers.get().exec_run": Sink("cmd", 0),
    "docker.from_env().containers.run": Sink("command", 1),
    "get_ipython().system": Sink("cmd", 0),
    "get_ipython().getoutput": Sink("cmd", 0),
    "langchain_community.tools.ShellTool().run": Sink("tool_input", 0),
}


class LlmOutputToShell(FlowRule):
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
    sinks = SINKS
    sources = ("llm", "retrieval", "tool")
    message = "`{call}` runs a command {writer}: who can steer the model runs programs here"
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
