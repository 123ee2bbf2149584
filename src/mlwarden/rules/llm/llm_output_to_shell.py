"""MLW402: what a language model wrote is run as a command."""

from __future__ import annotations

from mlwarden.rules import sink_rule
from mlwarden.rules.base import Bad, Confidence, Good, Missed, Reference, Severity


class LlmOutputToShell(sink_rule.SinkRule):
    """Output of a language model that is run as a command.

    ## Why is this bad?

    Who can put text in front of the model can make it answer with any command. Run by a shell or `subprocess`, the
    command has your files, your keys and your network. Splitting it with `shlex` changes nothing: the program
    itself is the model's choice.

    An argument of a program that the code names is less: still, one that begins with `-` is taken for an option, and
    options of `git`, `tar`, `find` or `curl` run programs and write files. Such calls are reported with medium severity.

    ## How to fix

    Offer the model a fixed set of actions and let its answer select one; pass arguments as separate list
    elements after checking each, behind `--` where the program knows it. Inside a shell's text, quote with `shlex.quote`.
    Where free commands must run, run them in a container without network and credentials.

    ## When it is fine

    When the process runs inside such a sandbox already.

    ## Limits

    The way from the answer to the call is followed through variables, functions and modules of the project, not
    through queues and databases. What runs inside a container started through Docker's library is not reported.
    """

    code = "MLW402"
    name = "llm-output-to-shell"
    severity = Severity.CRITICAL
    groups = (sink_rule.COMMANDS,)
    calls = tuple(sink_rule.COMMANDS.table)
    needs = ("@model",)
    cwe = (78, 88)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050", "AML.T0102")
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference("CVE-2024-4181, llama_index", "https://nvd.nist.gov/vuln/detail/CVE-2024-4181"),
        Reference("CWE-88: argument injection", "https://cwe.mitre.org/data/definitions/88.html"),
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
            message="`subprocess.run` runs a command that a language model wrote: who can steer the model runs programs "
            "here",
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
            severity=Severity.CRITICAL,
        ),
        Bad(
            """
            import subprocess
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            subprocess.run(["python", "-c", reply.output_text], check=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run(["sudo", "-u", "agent", "bash", "-lc", f"cd /srv && {reply.output_text}"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.run(["env", "LC_ALL=C", reply.output_text])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
        ),
        Bad(
            """
            import subprocess
            from openai import OpenAI

            branch = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            subprocess.run(["git", "checkout", branch], check=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`subprocess.run` passes a program an argument that a language model wrote: one that begins with `-` "
            "is taken for an option; check it, or put `--` before it",
        ),
        Bad(
            """
            import asyncio
            from anthropic import AsyncAnthropic

            client = AsyncAnthropic()

            async def run(text):
                process = await asyncio.create_subprocess_exec("ls", "-l", text)
                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                await process.wait()
                await asyncio.create_subprocess_shell(f"ls {text}")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            async def main():
                message = await client.messages.create(model="claude", max_tokens=9, messages=messages)
                await run(message.content[0].text)
            """,
        ),
        Bad(
            """
            import subprocess
            import sys
            from pathlib import Path
            from langchain_openai import ChatOpenAI

            llm = ChatOpenAI(model="gpt-4o")

            class Runner:
                def execute(self, task):
                    self.command = llm.invoke(task).content
                    return subprocess.Popen(self.command, shell=True, stdout=subprocess.PIPE)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
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
            from openai import OpenAI

            ALLOWED = {"status", "log", "diff"}
            action = OpenAI().responses.create(model="gpt-4o", input=question).output_text.strip()
            if action not in ALLOWED:
                raise ValueError(action)
            subprocess.run(["git", action], check=True)
            """,
            because="the answer is one of a fixed set",
        ),
        Good(
            """
            import os
            import shlex
            from openai import OpenAI

            word = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            os.system(f"grep -c {shlex.quote(word)} notes.txt")
            """,
            because="it is quoted for the shell",
        ),
        Good(
            """
            import subprocess
            from openai import OpenAI

            word = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            subprocess.run(["grep", "-c", "--", word, "notes.txt"])
            subprocess.run(["grep", "-c", f"--regexp={word}", "notes.txt"])
            """,
            because="it cannot be taken for an option",
        ),
        Good(
            """
            import subprocess
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            subprocess.run(["espeak", "--stdin"], input=answer, text=True)
            """,
            because="it is data on standard input",
        ),
        Good(
            """
            import docker
            from openai import OpenAI

            code = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            docker.from_env().containers.run("python:3.12-slim", ["python", "-c", code], network_disabled=True)
            """,
            because="it runs in a container",
        ),
        Good(
            """
            import os
            from langchain_core.tools import tool

            @tool
            def run_command(command: str) -> str:
                return os.popen(command).read()
            """,
            because="arguments of a tool are reported by MLW424",
        ),
        Good(
            """
            import subprocess

            subprocess.run(["nvidia-smi"], check=True)
            """,
            because="the command is a literal",
        ),
        Missed(
            """
            import subprocess
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            queue.put(reply.output_text)
            subprocess.run(queue.get(), shell=True)
            """,
            because="data is not followed through queues",
        ),
    )
