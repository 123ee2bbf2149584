"""MLW412: an agent is given an interpreter or a shell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Confidence, Finding, Fix, Reference, Rule, Severity
from mlwarden.rules.examples import later
from mlwarden.rules.llm._agents import (
    api_of,
    asked_elsewhere,
    from_langchain,
    handed_over,
    is_given,
    made_by,
    parts_of,
    patterns,
    shown,
)
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.values import Mapping

if TYPE_CHECKING:
    from mlwarden.rules.examples import Examples
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value


@dataclass(frozen=True, slots=True)
class _Tool:
    """How one library's tool runs things.

    Attributes:
        packages: where it is from.
        runs: what the model can do with it.
        gates: arguments by which a person is asked first.
        place: (keyword, position) of the argument that names a sandbox; the machine itself when it is left out.
        hosts: names that stand for the machine itself there.
        needs: a switch without which it is not dangerous.
        severity: how bad.
    """

    packages: tuple[str, ...]
    runs: str
    gates: tuple[str, ...] = ()
    place: tuple[str, int | None] | None = None
    hosts: tuple[str, ...] = ()
    needs: str = ""
    severity: Severity = Severity.HIGH


_PYTHON = "run any Python in this process"
_SHELL = "run any command on this machine"
_LANGCHAIN = ("langchain", "langchain_community", "langchain_experimental", "langchain_classic")
_OPENAI = ("needs_approval",)
_AGNO = ("requires_confirmation_tools",)
_TOOLS: dict[str, _Tool] = {
    "PythonREPLTool": _Tool(_LANGCHAIN, _PYTHON),
    "PythonAstREPLTool": _Tool(_LANGCHAIN, _PYTHON),
    "create_python_agent": _Tool(_LANGCHAIN, _PYTHON),
    "ShellTool": _Tool((*_LANGCHAIN, "agents"), _SHELL, (*_OPENAI, "ask_human_input")),
    "ShellToolMiddleware": _Tool(
        ("langchain.agents",), _SHELL, place=("execution_policy", None), hosts=("HostExecutionPolicy",)
    ),
    "ClaudeBashToolMiddleware": _Tool(
        ("langchain_anthropic",), _SHELL, place=("execution_policy", None), hosts=("HostExecutionPolicy",)
    ),
    "LocalShellTool": _Tool(("agents",), _SHELL),
    "ApplyPatchTool": _Tool(("agents",), "change files on this machine", _OPENAI, severity=Severity.MEDIUM),
    "ComputerTool": _Tool(("agents",), "work the mouse and keyboard of a computer", severity=Severity.MEDIUM),
    "CodeInterpreterTool": _Tool(("crewai_tools",), _PYTHON, needs="unsafe_mode"),
    "CodeInterpreterToolSpec": _Tool(("llama_index", "llama_hub"), "run any Python on this machine"),
    "SandboxShellTool": _Tool(("ag2",), _SHELL, ("middleware",), place=("environment", 0), hosts=("LocalEnvironment",)),
    "SandboxCodeTool": _Tool(
        ("ag2",), "run any code on this machine", ("middleware",), ("environment", 0), ("LocalEnvironment",)
    ),
    "PythonInterpreterTool": _Tool(
        ("smolagents",), "run Python in this process, in an interpreter that is no sandbox", severity=Severity.MEDIUM
    ),
    "PythonTools": _Tool(("agno", "phi"), _PYTHON, _AGNO),
    "ShellTools": _Tool(("agno", "phi"), _SHELL, _AGNO),
    "UnsafeLocalCodeExecutor": _Tool(("google.adk",), _PYTHON),
}
_APIS = {name: tool.packages for name, tool in _TOOLS.items()}
# Methods that become tools when they are handed over: `Tool(name=..., func=repl.run)`.
_RUNNERS = ("PythonREPL().run", "BashProcess().run")
_LOADED = {"terminal": _SHELL, "python_repl": _PYTHON}
# Names that LangChain's tools have for `interrupt_on`.
_NAMES = {
    "PythonREPLTool": "Python_REPL",
    "PythonAstREPLTool": "python_repl_ast",
    "ShellTool": "terminal",
    "ShellToolMiddleware": "shell",
    "ClaudeBashToolMiddleware": "bash",
}


def _examples() -> Examples:
    from mlwarden.rules.llm._code_or_shell_tool_examples import EXAMPLES

    return EXAMPLES


class CodeOrShellTool(Rule):
    """An interpreter or a shell that is handed to an agent, with nobody asked before it runs.

    ## Why is this bad?

    The model decides what runs. Whoever can put text in front of it (a user, a web page, a document, an e-mail that it
    summarises) decides with it, and gets what this process has: files, keys, the network.

    ## How to fix

    Give the agent tools that do one thing each, with typed arguments. Where code must run, use a tool that runs it in a
    sandbox without network and credentials, and let a person approve each call: `ask_human_input=True` (LangChain's
    `ShellTool`), `HumanInTheLoopMiddleware(interrupt_on=...)`, `interrupt_before=["tools"]` (LangGraph),
    `needs_approval=True` (OpenAI Agents).

    ## When it is fine

    When the process runs in a container of its own, without credentials: say so in the suppression.

    ## Limits

    Tools of the project's own are judged by what they do with their arguments (MLW424). Whether the computer behind
    `ComputerTool` is a virtual one is not known. Any approval step in the file counts for LangChain's tools.

    ## Fix safety

    `ask_human_input=True` asks at the terminal with `input()`, which blocks a server.
    """

    code = "MLW412"
    name = "code-or-shell-tool"
    severity = Severity.HIGH
    calls = (*patterns(*_TOOLS), "*.load_tools")
    triggers = (*_TOOLS, "load_tools", "PythonREPL", "BashProcess")
    cwe = (78, 250)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0050", "AML.T0053")
    references = (
        Reference("OWASP LLM06:2025 Excessive Agency", "https://genai.owasp.org/llmrisk/llm062025-excessive-agency/"),
        Reference("LangChain: human in the loop", "https://docs.langchain.com/oss/python/langchain/human-in-the-loop"),
        Reference("OpenAI Agents SDK: tools", "https://openai.github.io/openai-agents-python/tools/"),
    )
    examples = later(_examples)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report the making of a tool that runs what the model says, where nobody is asked."""
        if call.attribute == "load_tools" and from_langchain(call.name):
            yield from self._check_loaded(call, model)
            return
        key = api_of(call.name, _APIS)
        tool = _TOOLS.get(key)
        if tool is None or _is_gated(call, tool) or _in_sandbox(call, tool):
            return
        if tool.needs and switched_on(call.argument(tool.needs)) is None:
            return
        if key == "ShellTool" and call.name.startswith("agents.") and _is_hosted(call.argument("environment", 4)):
            return
        if from_langchain(call.name) and asked_elsewhere(model, _NAMES.get(key, "")):
            return
        if key == "create_python_agent" and any(api_of(m.name, _APIS) for m in made_by(call.argument("tool", 1))):
            return  # that tool is reported itself
        sure = Confidence.HIGH if handed_over(call, model.calls) or key == "create_python_agent" else Confidence.MEDIUM
        limited = call.name.startswith("ag2.") and (
            is_given(call.argument("allowed")) or is_given(call.argument("readonly"))
        )
        yield self._report(
            call, f"`{shown(call.name)}`", tool.runs, sure, Severity.MEDIUM if limited else tool.severity
        )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report the handing over of an interpreter's own method: `Tool(func=PythonREPL().run)`."""
        for call in model.calls:
            if call.fragment.path is not None:
                continue
            for argument in call.arguments:
                for name in (name for part in parts_of(argument.value) for name in part.names()):
                    if from_langchain(name) and name.endswith(_RUNNERS) and not asked_elsewhere(model, ""):
                        runs = _SHELL if "Bash" in name else _PYTHON
                        what = f"`{name.rpartition('.')[0].rpartition('.')[2]}.run` as a tool"
                        yield self._report(call, what, runs, Confidence.HIGH, self.severity)
                        break

    def _check_loaded(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """`load_tools(["terminal"], allow_dangerous_tools=True)`; releases of 2023 needed no flag."""
        names = [
            text for part in parts_of(call.argument("tool_names", 0)) for text in part.strings() if text in _LOADED
        ]
        if not names or asked_elsewhere(model, names[0]):
            return
        sure = switched_on(call.argument("allow_dangerous_tools", 3))
        early = model.version("langchain").below("0.1")
        if early and call.name.startswith("langchain."):
            sure = Confidence.HIGH
        elif names[0] == "python_repl":  # later releases have it no more
            sure = Confidence.MEDIUM if early is None and call.name.startswith("langchain.") else None
        if sure is not None:
            yield self._report(call, f'`load_tools` with "{names[0]}"', _LOADED[names[0]], sure, self.severity)

    def _report(self, call: CallSite, what: str, runs: str, sure: Confidence, severity: Severity) -> Finding:
        return self.finding(
            call.span,
            f"{what} lets a model {runs}, and nobody is asked: who can steer the model does the same; use a sandbox, "
            "and let a person approve each call",
            severity=severity,
            confidence=sure,
            trace=call.context,
            fixes=_fixes(call),
        )


def _fixes(call: CallSite) -> Iterator[Fix]:
    if not from_langchain(call.name) or call.attribute != "ShellTool":
        return
    edit = call.set_argument("ask_human_input", "True")
    if edit is not None:
        why = "each command is asked for at the terminal, which blocks a server"
        yield Fix("Ask before each command", (edit,), Applicability.UNSAFE, why)


def _is_gated(call: CallSite, tool: _Tool) -> bool:
    """Whether an argument makes a person be asked; one whose value isn't known is taken for yes."""
    return any(
        is_given(call.argument(gate)) and switched_on(call.argument(gate)) is not Confidence.MEDIUM
        for gate in tool.gates
    )


def _in_sandbox(call: CallSite, tool: _Tool) -> bool:
    """Whether what is to run runs elsewhere, or nothing is known of where."""
    if tool.place is None:
        return False
    value = call.argument(*tool.place)
    if value.may_be_absent or value.may_be(None):
        return False
    return not any(made.name.endswith(tool.hosts) for made in made_by(value))


def _is_hosted(environment: Value) -> bool:
    """Whether an OpenAI shell runs in a container of OpenAI's: the only environments that are not local."""
    if environment.may_be_absent or environment.may_be(None):
        return False
    kinds = [part.get("type") for part in environment.alternatives() if isinstance(part, Mapping)]
    return not any("local" in kind.strings() for kind in kinds)
