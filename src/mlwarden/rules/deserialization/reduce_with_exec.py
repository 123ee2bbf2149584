"""MLW136: classes whose unpickling runs commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.values import Class, Function, Instance, Sequence, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.definitions import ClassDefinition, FunctionDefinition
    from mlwarden.semantics.model import SemanticModel

# What pickle calls, or reads the recipe from.
_RECIPES = ("__reduce__", "__reduce_ex__")
_RESTORERS = ("__setstate__", *_RECIPES)
_RUNS = frozenset({"eval", "exec", "os.system", "os.popen", "pty.spawn", "posix.system", "nt.system", "platform.popen"})
_RUN_PREFIXES = ("subprocess.", "os.exec", "os.spawn", "os.posix_spawn", "runpy.", "commands.")
_HELPERS = frozenset({"__import__", "importlib.import_module", "webbrowser.open"})
# Names without which none of these is reached.
_WORDS = (
    "eval",
    "exec",
    "system",
    "popen",
    "spawn",
    "subprocess",
    "commands",
    "runpy",
    "posix_spawn",
    "execv",
    "execvp",
    "execl",
    "spawnv",
    "spawnl",
    "__import__",
    "import_module",
    "webbrowser",
)


class ReduceWithExec(Rule):
    """A class whose unpickling runs a command or code.

    ## Why is this bad?

    `__reduce__` tells pickle which callable to call, with which arguments, when the object is read back. With
    `os.system`, `subprocess` or `exec` there the pickled object is a payload: it runs a command on the machine of
    everybody who loads it. `__setstate__` that runs code does the same with what the file says.

    ## How to fix

    Remove the hook. Let `__reduce__` return the class itself and its constructor's arguments.

    ## When it is fine

    In tests of a scanner or of a restricted unpickler.

    ## Limits

    A callable of the project that runs commands in its turn is not followed.
    """

    code = "MLW136"
    name = "reduce-with-exec"
    severity = Severity.CRITICAL
    calls = ("copyreg.pickle",)
    triggers = tuple((word, hook) for hook in (*_RESTORERS, "copyreg") for word in _WORDS)
    cwe = (506, 502)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0018.002",)
    references = (
        Reference("Python: object.__reduce__", "https://docs.python.org/3/library/pickle.html#object.__reduce__"),
        Reference("MITRE ATLAS: AML.CS0031, malicious models on a hub", "https://atlas.mitre.org/studies/AML.CS0031"),
    )
    examples = (
        Bad(
            """
            import os

            class Weights:
                def __reduce__(self):
                    ^^^^^^^^^^
                    return os.system, ("id",)
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="an object of class `Weights` runs `os.system` on the machine of whoever unpickles it",
        ),
        Bad(
            """
            import pickle

            def payload(code):
                class Payload:
                    def __reduce_ex__(self, protocol):
                        ^^^^^^^^^^^^^
                        return (exec, (code,))

                return pickle.dumps(Payload())
            """,
        ),
        Bad(
            """
            class Layer:
                def __setstate__(self, state):
                    exec(state["code"], self.__dict__)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.MEDIUM,
            message="`exec` is called in `__setstate__` whenever an object of class `Layer` is unpickled",
        ),
        Bad(
            """
            import copyreg
            import subprocess

            class Model:
                pass

            copyreg.pickle(Model, lambda model: (subprocess.call, (["id"],)))
                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            class Point:
                def __init__(self, x, y):
                    self.x, self.y = x, y

                def __reduce__(self):
                    return Point, (self.x, self.y)
            """,
            because="the class itself is called, with plain values",
        ),
        Good(
            """
            import subprocess

            class Runner:
                def __getstate__(self):
                    return {"command": self.command}

                def run(self):
                    return subprocess.run(self.command, check=True)
            """,
            because="the command runs when it is asked for, not when the object is read",
        ),
        Good(
            """
            class Method:
                def __reduce__(self):
                    return getattr, (self.owner, self.name)

                def __setstate__(self, state):
                    self.__dict__.update(state)
            """,
            because="an attribute is looked up; nothing is run",
        ),
        Missed(
            """
            from project.shell import run

            class Weights:
                def __reduce__(self):
                    return run, ("id",)
            """,
            because="what the project's function does is not followed",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report recipes that name a command runner, and hooks that call one."""
        seen: set[int] = set()
        for definition in self._classes(model):
            for name in _RECIPES:
                member = definition.members.get(name)
                if isinstance(member, Function) and member.definition is not None and id(member.definition) not in seen:
                    seen.add(id(member.definition))
                    yield from self._check_recipe(member.definition, definition.name, model)
        for call in model.calls:
            function = call.function
            if call.fragment.path is not None or function is None or function.owner is None:
                continue
            if function.name not in _RESTORERS:
                continue
            if _runs_code(call.name):
                yield self.finding(
                    call.span,
                    f"`{call.name}` is called in `{function.name}` whenever an object of class "
                    f"`{function.owner.name}` is unpickled",
                    confidence=Confidence.MEDIUM,
                )
        for call in model.calls_of("copyreg.pickle"):
            for option in call.argument("pickle_function", 1).alternatives():
                if isinstance(option, Function) and option.definition is not None:
                    yield from self._check_recipe(option.definition, "", model)

    def _check_recipe(self, function: FunctionDefinition, owner: str, model: SemanticModel) -> Iterator[Finding]:
        """Report a function that returns a recipe with a command runner."""
        if function.fragment.path is not None:
            return
        result = function.generic
        runner = next((name for name in _called_by(result) if _runs_code(name) or name in _HELPERS), None)
        if runner is None:
            return
        node = getattr(function.node, "name", None) or function.node
        who = f"an object of class `{owner}`" if owner else "an object"
        yield self.finding(
            function.fragment.span(node),
            f"{who} runs `{runner}` on the machine of whoever unpickles it",
            confidence=Confidence.MEDIUM if runner in _HELPERS else Confidence.HIGH,
        )

    def _classes(self, model: SemanticModel) -> Iterator[ClassDefinition]:
        """The classes at top level, those inside them, and those whose objects are passed to some call."""
        found: dict[int, ClassDefinition] = {}
        queue: list[Value] = list(model.exports.values())
        for call in model.calls:
            queue.extend(argument.value for argument in call.arguments)
        while queue:
            for option in queue.pop().alternatives():
                if isinstance(option, (Class, Instance)) and option.definition is not None:
                    if id(option.definition) not in found:
                        found[id(option.definition)] = option.definition
                        queue.extend(option.definition.members.values())
        yield from found.values()


def _runs_code(name: str) -> bool:
    return name in _RUNS or name.startswith(_RUN_PREFIXES)


def _called_by(result: Value | None) -> Iterator[str]:
    """The names of the callables that a recipe makes pickle call."""
    for option in () if result is None else result.alternatives():
        if isinstance(option, Sequence) and option.items:
            for called in option.items[0].alternatives():
                if isinstance(called, Name) and called.made_by is None:
                    yield called.name
