"""MLW416: an agent of smolagents runs the code that it writes in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.llm._agents import api_of, made_by, parts_of, patterns
from mlwarden.semantics.loaders import switched_on
from mlwarden.semantics.values import Constant

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_APIS = {"CodeAgent": ("smolagents",), "LocalPythonExecutor": ("smolagents",)}
_IMPORTS = "additional_authorized_imports"
# smolagents' own list of dangerous modules, and those that lead to them.
_DANGEROUS = frozenset(
    (
        "*",
        "builtins",
        "ctypes",
        "importlib",
        "io",
        "multiprocessing",
        "nt",
        "os",
        "pathlib",
        "pickle",
        "posix",
        "pty",
        "runpy",
        "shutil",
        "socket",
        "subprocess",
        "sys",
    )
)


class SmolagentsLocalExecutor(Rule):
    """A `CodeAgent` whose Python runs in this process.

    ## Why is this bad?

    A `CodeAgent` acts by writing Python. Left at its default, that Python is run by an interpreter inside this process,
    which refuses some imports and attributes; its authors say that it is no security boundary, and ways out of it have
    been found again and again (CVE-2025-5120). Whoever can put text in front of the model (a web page that it reads, a
    tool's answer) can try them. With `"*"` or modules such as `os` authorised, no way out is needed.

    ## How to fix

    `executor_type="docker"` (or "e2b", "modal", "blaxel") runs the code elsewhere. Authorise only the modules that
    the task needs. `ToolCallingAgent` writes no code at all.

    ## When it is fine

    When the whole process runs in a sandbox, without credentials.

    ## Limits

    An executor that is handed over by a caller outside the project is left alone, as are agents that are loaded
    from the hub (MLW211).

    ## Fix safety

    Remote executors need Docker or an account, and do not support managed agents; the fix is not offered where the call
    has these.
    """

    code = "MLW416"
    name = "smolagents-local-executor"
    severity = Severity.MEDIUM
    calls = patterns("CodeAgent", "LocalPythonExecutor")
    cwe = (94, 693)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0050", "AML.T0105")
    references = (
        Reference(
            "smolagents: secure code execution",
            "https://huggingface.co/docs/smolagents/tutorials/secure_code_execution",
        ),
        Reference("CVE-2025-5120, escape from the interpreter", "https://nvd.nist.gov/vuln/detail/CVE-2025-5120"),
    )
    examples = (
        Bad(
            """
            from smolagents import CodeAgent, InferenceClientModel

            agent = CodeAgent(tools=[], model=InferenceClientModel())
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`CodeAgent` runs the Python that it writes in this process, in an interpreter that is no sandbox: "
            "who can steer the model may run code here; use a remote executor",
            fixed="""
            from smolagents import CodeAgent, InferenceClientModel

            agent = CodeAgent(tools=[], model=InferenceClientModel(), executor_type="docker")
            """,
        ),
        Bad(
            """
            import smolagents as sa

            ALLOWED = ["pandas", "os"]

            def build(model):
                return sa.CodeAgent(
                       ^^^^^^^^^^^^~
                    tools=[sa.WebSearchTool()],
                    model=model,
                    additional_authorized_imports=ALLOWED,
                    executor_type="local",
                )
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`CodeAgent` runs the Python that it writes in this process, and may import `os`: who can steer the "
            "model runs code here; use a remote executor and a short list of imports",
            fixed="""
            import smolagents as sa

            ALLOWED = ["pandas", "os"]

            def build(model):
                return sa.CodeAgent(
                    tools=[sa.WebSearchTool()],
                    model=model,
                    additional_authorized_imports=ALLOWED,
                    executor_type="docker",
                )
            """,
        ),
        Bad(
            """
            from smolagents import CodeAgent

            agent = CodeAgent([], model, additional_authorized_imports=["*"], managed_agents=[helper])
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from smolagents import CodeAgent
            from smolagents.local_python_executor import LocalPythonExecutor

            executor = LocalPythonExecutor(["numpy", "subprocess"])
            agent = CodeAgent(tools=[], model=model, executor=executor)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            message="`CodeAgent` runs the Python that it writes in this process, and may import `subprocess`: who can "
            "steer the model runs code here; use a remote executor and a short list of imports",
        ),
        Bad(
            """
            from smolagents.local_python_executor import LocalPythonExecutor

            run = LocalPythonExecutor(additional_authorized_imports=["os.path"])
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from functools import partial
            from smolagents import CodeAgent

            make = partial(CodeAgent, model=model, **{"max_steps": 5})
            agent = make(tools=[])
                    ^^^^^^^^^^^^^^
            """,
            fixed="""
            from functools import partial
            from smolagents import CodeAgent

            make = partial(CodeAgent, model=model, **{"max_steps": 5})
            agent = make(tools=[], executor_type="docker")
            """,
        ),
        Bad(
            as_notebook("from smolagents import CodeAgent", "agent = CodeAgent(tools=[], model=model)"),
            path="example.ipynb",
            texts=("CodeAgent(tools=[], model=model)",),
            fixed=as_notebook(
                "from smolagents import CodeAgent", 'agent = CodeAgent(tools=[], model=model, executor_type="docker")'
            ),
        ),
        Good(
            """
            from smolagents import CodeAgent, E2BExecutor

            first = CodeAgent(tools=[], model=model, executor_type="docker")
            second = CodeAgent(tools=[], model=model, executor_type="e2b", additional_authorized_imports=["os"])
            third = CodeAgent(tools=[], model=model, executor=E2BExecutor(["numpy"], logger))
            fourth = CodeAgent(tools=[], model=model, use_e2b_executor=True)
            """,
            because="the code runs elsewhere (the last one in the first releases)",
        ),
        Good(
            """
            from smolagents import ToolCallingAgent

            agent = ToolCallingAgent(tools=[], model=model)
            """,
            because="it calls tools and writes no code",
        ),
        Good(
            """
            from smolagents import CodeAgent

            def build(model, **options):
                return CodeAgent(tools=[], model=model, **options)

            def other(model, kind):
                return CodeAgent(tools=[], model=model, executor_type=kind)
            """,
            because="the caller decides, and nothing here says that it is local",
        ),
        Good(
            """
            from project.agents import CodeAgent

            agent = CodeAgent(tools=[], model=model)
            """,
            because="another library's class",
        ),
        Missed(
            """
            from smolagents import CodeAgent

            class Researcher(CodeAgent):
                pass

            agent = Researcher(tools=[], model=model)
            """,
            because="calls of subclasses are taken for calls of the project's own classes",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an agent with a local executor, and an executor that may import what leads out of it."""
        key = api_of(call.name, _APIS)
        dangerous = _dangerous(call)
        if key == "LocalPythonExecutor":
            if dangerous and not _given_to_agent(call, model):
                yield self._report(call, dangerous, Confidence.HIGH)
            return
        if key != "CodeAgent":
            return
        executor = call.argument("executor")
        made = [made for made in made_by(executor) if api_of(made.name, _APIS) == "LocalPythonExecutor"]
        sure: Confidence | None
        if made:
            sure = Confidence.HIGH
            dangerous = dangerous or _dangerous(made[0])
        elif not (executor.is_absent or executor.must_be(None)):
            return
        else:
            sure = _is_local(call)
        if sure is not None:
            yield self._report(call, dangerous, sure)

    def _report(self, call: CallSite, dangerous: str, sure: Confidence) -> Finding:
        what = f"`{call.name.rpartition('.')[2]}` runs the Python that it writes in this process"
        if call.name.endswith("LocalPythonExecutor"):
            what = "`LocalPythonExecutor` runs Python in this process"
        rest = (
            f", and may import `{dangerous}`: who can steer the model runs code here; use a remote executor and a short "
            "list of imports"
            if dangerous
            else ", in an interpreter that is no sandbox: who can steer the model may run code here; use a remote executor"
        )
        return self.finding(
            call.span,
            what + rest,
            severity=Severity.HIGH if dangerous else Severity.MEDIUM,
            confidence=sure,
            trace=call.context,
            fixes=_fixes(call),
        )


def _is_local(call: CallSite) -> Confidence | None:
    """How sure it is that the executor's type is the local one."""
    kind = call.argument("executor_type")
    if switched_on(call.argument("use_e2b_executor")) is not None:
        return None
    if kind.is_absent or kind.must_be("local"):
        return Confidence.HIGH
    return Confidence.MEDIUM if kind.may_be("local") or kind.may_be_absent else None


def _dangerous(call: CallSite) -> str:
    """The first authorised import that leads out of the interpreter, or ""."""
    position = 0 if call.name.endswith("LocalPythonExecutor") else 3
    for part in parts_of(call.argument(_IMPORTS, position)):
        if isinstance(part, Constant) and isinstance(part.value, str) and part.value.partition(".")[0] in _DANGEROUS:
            return part.value
    return ""


def _given_to_agent(call: CallSite, model: SemanticModel) -> bool:
    """Whether the executor is an agent's, which is reported itself."""
    return any(made is call for agent in model.calls_of("*.CodeAgent") for made in made_by(agent.argument("executor")))


def _fixes(call: CallSite) -> Iterator[Fix]:
    given = call.keyword_names()
    if not call.name.endswith("CodeAgent") or "managed_agents" in given or "executor" in given:
        return
    edit = call.set_argument("executor_type", '"docker"')
    if edit is not None:
        why = "it needs Docker, and what the agent's code reads and writes is then in the container"
        yield Fix("Run its code in a container", (edit,), Applicability.UNSAFE, why)
