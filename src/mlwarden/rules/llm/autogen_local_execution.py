"""MLW415: agents of AutoGen run their code on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.llm._agents import api_of, is_given, made_by, patterns, shown
from mlwarden.semantics.environment import settings_in_code, settings_in_text
from mlwarden.semantics.turning_points import AUTOGEN_DOCKER
from mlwarden.semantics.values import Mapping

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_OLD = ("autogen", "pyautogen", "ag2")
_NEW = ("autogen_ext", "autogen_core", "autogen_magentic_one")
_CONFIG = "code_execution_config"
# Agents that take `code_execution_config`; those with True have code execution on when it is left out.
_AGENTS = {
    "UserProxyAgent": True,
    "ConversableAgent": False,
    "AssistantAgent": False,
    "MathUserProxyAgent": True,
    "RetrieveUserProxyAgent": True,
    "GPTAssistantAgent": False,
    "GroupChatManager": False,
    "CaptainAgent": False,
}
_EXECUTORS = (
    "LocalCommandLineCodeExecutor",
    "LocalCommandlineCodeExecutor",
    "EmbeddedIPythonCodeExecutor",
    "JupyterCodeExecutor",
    "LocalJupyterServer",
)
_FALLBACK = ("create_default_code_executor", "MagenticOne")
_APIS = {
    **dict.fromkeys(_AGENTS, _OLD),
    **dict.fromkeys(_EXECUTORS, (*_OLD, *_NEW)),
    **dict.fromkeys(_FALLBACK, _NEW),
}
_VARIABLE = "AUTOGEN_USE_DOCKER"
_OFF = frozenset({"0", "false", "no", "f"})


class AutogenLocalExecution(Rule):
    """Code that agents of AutoGen (AG2) write, run on this machine instead of in a container.

    ## Why is this bad?

    One agent writes Python and shell scripts, the other runs them and reports what came out. On the host they run with
    your files, keys and network, and whoever can put text in front of the model (a web page that it reads, a
    document) writes along.

    ## How to fix

    Use `DockerCommandLineCodeExecutor`, leave `use_docker` at its default (True since pyautogen 0.2.8), or switch code
    execution off with `code_execution_config=False`. In AutoGen 0.4 and later, let a person approve each run
    (`CodeExecutorAgent(approval_func=...)`).

    ## When it is fine

    When all of this already runs in a container of its own, without credentials.

    ## Limits

    A `use_docker` that is computed is left alone; an approval function anywhere in the file counts for its executors.
    A Jupyter executor that is given a server is not reported: where that server runs is not known.

    ## Fix safety

    With `use_docker` True, AutoGen refuses to start where Docker is not running.
    """

    code = "MLW415"
    name = "autogen-local-execution"
    severity = Severity.HIGH
    calls = patterns(*_APIS)
    triggers = (_CONFIG, *_EXECUTORS, *_FALLBACK, "UserProxyAgent", "MathUserProxyAgent", "RetrieveUserProxyAgent")
    cwe = (94, 250)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050", "AML.T0105")
    references = (
        Reference(
            "AutoGen 0.2: code executors",
            "https://microsoft.github.io/autogen/0.2/docs/tutorial/code-executors/",
        ),
        Reference(
            "AutoGen: command line code executors",
            "https://microsoft.github.io/autogen/stable/user-guide/core-user-guide/components/command-line-code-executors.html",
        ),
    )
    examples = (
        Bad(
            """
            from autogen import UserProxyAgent

            user = UserProxyAgent("user", human_input_mode="NEVER", code_execution_config={"use_docker": False})
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`UserProxyAgent` with `use_docker` False runs code that a model writes on this machine: who can "
            "steer the model runs code here; run it in a container, or let a person approve it",
            fixed="""
            from autogen import UserProxyAgent

            user = UserProxyAgent("user", human_input_mode="NEVER", code_execution_config={"use_docker": True})
            """,
        ),
        Bad(
            """
            import autogen

            EXECUTION = {"work_dir": "coding", "use_docker": False}

            class Team:
                def user(self):
                    return autogen.ConversableAgent("user", code_execution_config=EXECUTION)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from pathlib import Path
            from autogen import ConversableAgent
            from autogen.coding import LocalCommandLineCodeExecutor as Local

            executor = Local(timeout=10, work_dir=Path("coding"))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            agent = ConversableAgent("runner", code_execution_config={"executor": executor})
            """,
            message="`LocalCommandLineCodeExecutor` runs code that a model writes on this machine: who can steer the "
            "model runs code here; run it in a container, or let a person approve it",
        ),
        Bad(
            """
            from autogen_agentchat.agents import CodeExecutorAgent
            from autogen_ext.code_executors.local import LocalCommandLineCodeExecutor

            async def main():
                async with LocalCommandLineCodeExecutor(work_dir="coding") as executor:
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    agent = CodeExecutorAgent("runner", code_executor=executor)
            """,
        ),
        Bad(
            """
            from autogen_ext.teams.magentic_one import MagenticOne

            team = MagenticOne(client=client)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            message="`MagenticOne` runs code that a model writes on this machine where Docker is missing: who can "
            "steer the model runs code here; run it in a container, or let a person approve it",
        ),
        Bad(
            """
            import autogen

            user = autogen.UserProxyAgent(name="user", code_execution_config={"work_dir": "coding"})
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"pyautogen": "==0.2.2"},
        ),
        Bad(
            """
            import os
            from autogen import UserProxyAgent

            os.environ["AUTOGEN_USE_DOCKER"] = "False"
            user = UserProxyAgent("user")
                   ^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from autogen import UserProxyAgent

            user = UserProxyAgent("user", code_execution_config={"executor": "commandline-local"})
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            as_notebook(
                "import autogen\nconfig = {'use_docker': False}",
                "proxy = autogen.UserProxyAgent('user', code_execution_config=config)",
            ),
            path="example.ipynb",
            texts=("autogen.UserProxyAgent('user', code_execution_config=config)",),
        ),
        Good(
            """
            from autogen import AssistantAgent, UserProxyAgent

            user = UserProxyAgent("user", code_execution_config={"work_dir": "coding", "use_docker": True})
            image = UserProxyAgent("other", code_execution_config={"use_docker": "python:3.12-slim"})
            talker = UserProxyAgent("talker", code_execution_config=False)
            assistant = AssistantAgent("assistant")
            """,
            because="code runs in containers, or not at all",
        ),
        Good(
            """
            from autogen import UserProxyAgent

            user = UserProxyAgent("user", code_execution_config={"work_dir": "coding"})
            """,
            because="Docker is the default",
            versions={"pyautogen": ">=0.2.35"},
        ),
        Good(
            """
            from autogen import ConversableAgent
            from autogen.coding import DockerCommandLineCodeExecutor

            agent = ConversableAgent("a", code_execution_config={"executor": DockerCommandLineCodeExecutor()})
            """,
            because="it runs in a container",
        ),
        Good(
            """
            from autogen_agentchat.agents import CodeExecutorAgent
            from autogen_ext.code_executors.local import LocalCommandLineCodeExecutor

            agent = CodeExecutorAgent("a", code_executor=LocalCommandLineCodeExecutor(), approval_func=approve)
            """,
            because="each run is approved first",
        ),
        Good(
            """
            from autogen_agentchat.agents import UserProxyAgent
            from autogen_ext.teams.magentic_one import MagenticOne

            user = UserProxyAgent("user")
            team = MagenticOne(client=client, code_executor=executor)
            """,
            because="this UserProxyAgent only asks a person, and the team has an executor of its own",
        ),
        Good(
            """
            class UserProxyAgent:
                def __init__(self, code_execution_config):
                    self.config = code_execution_config

            user = UserProxyAgent(code_execution_config={"use_docker": False})
            """,
            because="a class of the project's own",
        ),
        Missed(
            """
            import json
            from autogen import UserProxyAgent

            user = UserProxyAgent("user", code_execution_config=json.load(open("config.json")))
            """,
            because="a configuration from a file is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an agent or executor that runs code on the host."""
        key = api_of(call.name, _APIS)
        if not key:
            return
        if key in _AGENTS:
            yield from self._check_agent(call, key, model)
        elif _approves(model):
            return
        elif key in _FALLBACK:
            if key == "create_default_code_executor" or not is_given(call.argument("code_executor", 3)):
                yield self._report(call, "", Confidence.MEDIUM, where=" where Docker is missing")
        elif not (key == "JupyterCodeExecutor" and not call.name.startswith("autogen_ext.")):
            yield self._report(call, "", Confidence.HIGH)

    def _check_agent(self, call: CallSite, key: str, model: SemanticModel) -> Iterator[Finding]:
        config = call.argument(_CONFIG)
        if config.is_absent and not _AGENTS[key]:
            return
        for option in config.alternatives():
            if isinstance(option, Mapping) or option.is_absent or option.must_be(None):
                found = _local(option, model)
                if found is not None:
                    sure = Confidence.HIGH if len(config.alternatives()) == 1 else Confidence.MEDIUM
                    yield self._report(call, found, sure)
                    return

    def _report(self, call: CallSite, how: str, sure: Confidence, *, where: str = "") -> Finding:
        return self.finding(
            call.span,
            f"`{shown(call.name)}`{how and f' {how}'} runs code that a model writes on this machine{where}: who can "
            "steer the model runs code here; run it in a container, or let a person approve it",
            confidence=sure,
            trace=call.context,
            fixes=_fixes(call),
        )


def _local(config: Value, model: SemanticModel) -> str | None:
    """How a configuration comes to run code on the host; None if it doesn't, or that isn't known."""
    docker: Value | None = None
    if isinstance(config, Mapping):
        executor = config.get("executor")
        if any(text in {"commandline-local", "ipython-embedded"} for text in executor.strings()):
            return f'with the executor "{executor.strings()[0]}"'
        if not executor.is_absent or next(made_by(executor), None) is not None:
            return None  # the executor is judged where it is made
        docker = config.get("use_docker")
        if docker.may_be(False):
            return "with `use_docker` False"
    if docker is None or docker.is_absent or docker.must_be(None):
        settings = [*settings_in_code(model, _VARIABLE), *settings_in_text(model.document, _VARIABLE)]
        if any(text.strip("\"'").lower() in _OFF for setting in settings for text in setting.value.strings()):
            return f"with {_VARIABLE} off"
        if AUTOGEN_DOCKER.ahead(model):
            return f"of {model.version(AUTOGEN_DOCKER.package).describe()}"
    return None


def _approves(model: SemanticModel) -> bool:
    """Whether something in the document is built with an approval function."""
    return any(
        is_given(call.argument("approval_func")) for call in model.calls if "approval_func" in call.keyword_names()
    )


def _fixes(call: CallSite) -> Iterator[Fix]:
    """`"use_docker": False` written in the call itself."""
    import libcst as cst

    node = call.argument_node(_CONFIG)
    if node is None or not isinstance(node.value, cst.Dict):
        return
    for element in node.value.elements:
        if (
            isinstance(element, cst.DictElement)
            and isinstance(element.key, cst.SimpleString)
            and element.key.evaluated_value == "use_docker"
            and isinstance(element.value, cst.Name)
            and element.value.value == "False"
        ):
            edit = TextEdit(call.fragment.span(element.value), "True")
            why = "AutoGen refuses to start where Docker is not running"
            yield Fix("Run the code in a container", (edit,), Applicability.UNSAFE, why)
