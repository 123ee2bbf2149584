"""MLW417: an agent of CrewAI runs the code that it writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.llm._agents import api_of
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.turning_points import CREWAI_NO_CODE

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel

_FLAG = "allow_code_execution"
_MODE = "code_execution_mode"
_APIS = {"Agent": ("crewai",)}
_WAY_OUT = "give it tools with typed arguments, or a sandbox of its own"


class CrewaiCodeExecution(Rule):
    """A CrewAI agent that may run the code that it writes.

    ## Why is this bad?

    With `allow_code_execution=True` the agent gets a code interpreter. In mode "unsafe" its Python runs on this machine,
    with your files, keys and network; in mode "safe", the default, in a container that has the working directory
    mounted for writing. Whoever can put text in front of the model (a web page that it reads, a document) can make it
    write such code.

    ## How to fix

    Give the agent tools that do one thing each, or a sandbox service (E2B, Modal). Never use the mode "unsafe".

    ## When it is fine

    Mode "safe", in a working directory that holds nothing of value.

    ## Limits

    From crewai 1.14 on both keywords do nothing; the finding says so then. Agents described in YAML files are not seen.

    ## Fix safety

    Without code execution, tasks that need computing may no longer be solved.
    """

    code = "MLW417"
    name = "crewai-code-execution"
    severity = Severity.HIGH
    calls = ("*.Agent",)
    assigns = (f"*.{_FLAG}",)
    triggers = (_FLAG,)
    cwe = (94,)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050",)
    references = (Reference("CrewAI: agents, code execution", "https://docs.crewai.com/en/concepts/agents"),)
    examples = (
        Bad(
            """
            from crewai import Agent

            coder = Agent(role="coder", goal=goal, allow_code_execution=True, code_execution_mode="unsafe")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message='`Agent` with `code_execution_mode="unsafe"` runs Python that the model writes on this machine: who '
            "can steer the model runs code here; give it tools with typed arguments, or a sandbox of its own",
            fixed="""
            from crewai import Agent

            coder = Agent(role="coder", goal=goal, allow_code_execution=False, code_execution_mode="unsafe")
            """,
        ),
        Bad(
            """
            from crewai import Agent

            def build(llm):
                return Agent(role="coder", llm=llm, allow_code_execution=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`Agent` with `allow_code_execution=True` runs Python that the model writes in a container with this "
            "folder in it: who can steer the model changes its files; give it tools with typed arguments, or a sandbox "
            "of its own",
            fixed="""
            from crewai import Agent

            def build(llm):
                return Agent(role="coder", llm=llm, allow_code_execution=False)
            """,
        ),
        Bad(
            """
            import crewai as cr

            UNSAFE = {"allow_code_execution": True, "code_execution_mode": "unsafe"}

            class Team:
                def coder(self):
                    return cr.Agent(
                           ^^^^^^^^^~
                        config=self.agents_config["coder"],
                        **UNSAFE,
                    )
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from crewai.agent import Agent as CrewAgent

            class Settings:
                run_code = True
                mode = "unsafe"

            coder = CrewAgent(role="coder", allow_code_execution=Settings.run_code, code_execution_mode=Settings.mode)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            fixed="""
            from crewai.agent import Agent as CrewAgent

            class Settings:
                run_code = True
                mode = "unsafe"

            coder = CrewAgent(role="coder", allow_code_execution=False, code_execution_mode=Settings.mode)
            """,
        ),
        Bad(
            """
            from crewai import Agent

            coder = Agent(role="coder", goal=goal)
            coder.allow_code_execution = True
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            fixed="""
            from crewai import Agent

            coder = Agent(role="coder", goal=goal)
            coder.allow_code_execution = False
            """,
        ),
        Bad(
            """
            from crewai import Agent

            coder = Agent(role="coder", allow_code_execution=True, code_execution_mode="unsafe")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"crewai": ">=1.14"},
            severity=Severity.LOW,
            message="`allow_code_execution` does nothing in crewai>=1.14; remove it, so that no earlier release runs "
            "code because of it",
            fixed="""
            from crewai import Agent

            coder = Agent(role="coder", allow_code_execution=False, code_execution_mode="unsafe")
            """,
        ),
        Bad(
            as_notebook("from crewai import Agent\nRUN = True", "Agent(role='coder', allow_code_execution=RUN)"),
            path="example.ipynb",
            texts=("Agent(role='coder', allow_code_execution=RUN)",),
            fixed=as_notebook(
                "from crewai import Agent\nRUN = True", "Agent(role='coder', allow_code_execution=False)"
            ),
        ),
        Good(
            """
            from crewai import Agent

            first = Agent(role="writer", goal=goal)
            second = Agent(role="writer", allow_code_execution=False, code_execution_mode="unsafe")
            third = Agent(role="writer", code_execution_mode="unsafe")
            """,
            because="code execution is off, and the mode alone changes nothing",
        ),
        Good(
            """
            from crewai import Agent

            def build(run_code):
                return Agent(role="coder", allow_code_execution=run_code)
            """,
            because="the caller decides, and nothing here says that it is True",
        ),
        Good(
            """
            from project.agents import Agent

            agent = Agent(allow_code_execution=True)
            agent.allow_code_execution = True
            """,
            because="another library's class",
        ),
        Missed(
            """
            from crewai import Agent

            coder = Agent(config=load("agents.yaml")["coder"], **load("options.yaml"))  # allow_code_execution: true
            """,
            because="options in other files are not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an agent that is made with code execution on."""
        if not api_of(call.name, _APIS):
            return
        sure = switched_on(call.argument(_FLAG))
        if sure is None:
            return
        yield self._report(call, call.argument(_MODE).may_be("unsafe"), sure, call.set_argument(_FLAG, "False"), model)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report an agent whose code execution is switched on later."""
        sure = switched_on(assignment.value)
        if sure is not None and assignment.target.startswith("crewai.") and assignment.fragment.path is None:
            yield self._report(assignment, False, sure, TextEdit(assignment.value_span, "False"), model)

    def _report(
        self, place: CallSite | Assignment, unsafe: bool, sure: Confidence, edit: TextEdit | None, model: SemanticModel
    ) -> Finding:
        severity = self.severity if unsafe else Severity.MEDIUM
        if CREWAI_NO_CODE.passed(model):
            severity = Severity.LOW
            message = (
                f"`{_FLAG}` does nothing in {model.version(CREWAI_NO_CODE.package).describe()}; remove it, so that no "
                "earlier release runs code because of it"
            )
        elif unsafe:
            message = (
                f'`Agent` with `{_MODE}="unsafe"` runs Python that the model writes on this machine: who can steer the '
                f"model runs code here; {_WAY_OUT}"
            )
        else:
            message = (
                f"`Agent` with `{_FLAG}=True` runs Python that the model writes in a container with this folder in it: "
                f"who can steer the model changes its files; {_WAY_OUT}"
            )
        why = "tasks that need computing may no longer be solved"
        fixes = () if edit is None else (Fix("Switch code execution off", (edit,), Applicability.UNSAFE, why),)
        return self.finding(place.span, message, severity=severity, confidence=sure, trace=place.context, fixes=fixes)
