"""MLW106: a callable that runs code on the allow-list of torch's restricted unpickler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.model.spans import Span
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.values import Reference as Name
from mlwarden.semantics.values import Sequence, Value

if TYPE_CHECKING:
    import libcst as cst

    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# What a pickle needs to call to run code, or to reach something that does.
_DANGEROUS = frozenset(
    [
        "eval",
        "exec",
        "compile",
        "getattr",
        "setattr",
        "__import__",
        "open",
        "globals",
        "locals",
        "vars",
        "map",
        "functools.partial",
        "functools.reduce",
        "operator.attrgetter",
        "operator.methodcaller",
        "operator.call",
        "numpy.load",
        "torch.load",
        "joblib.load",
        "pickle.load",
        "pickle.loads",
        "pickle.Unpickler",
        "marshal.loads",
        "marshal.load",
        "dill.load",
        "dill.loads",
        "cloudpickle.load",
        "cloudpickle.loads",
        "types.FunctionType",
        "types.CodeType",
        "types.LambdaType",
        "sys.modules",
        "builtins",
        "platform.popen",
        "numpy.testing._private.utils.runstring",
        "cProfile.run",
        "cProfile.runctx",
        "profile.run",
        "timeit.timeit",
        "timeit.repeat",
        "bdb.Bdb",
        "pdb.run",
        "pydoc.locate",
        "pydoc.pipepager",
        "webbrowser.open",
    ]
)
_DANGEROUS_MODULES = (
    "os",
    "posix",
    "nt",
    "subprocess",
    "importlib",
    "runpy",
    "shutil",
    "socket",
    "pty",
    "ctypes",
    "torch.hub",
    "code",
    "codeop",
    "commands",
    "multiprocessing",
    "asyncio",
    "ensurepip",
    "pip",
)
# Lists that hold whatever the file or the interpreter holds.
_UNREVIEWED = {
    "torch.serialization.get_unsafe_globals_in_checkpoint()": "every type that the checkpoint itself asks for",
    "dir()": "everything that a module holds",
    "vars()": "everything that a module holds",
    "globals()": "everything that a module holds",
    "__subclasses__()": "every class that is loaded",
    "inspect.getmembers()": "everything that a module holds",
    "__dict__": "everything that a module holds",
}


class TorchSafeGlobalsDangerous(Rule):
    """A callable that runs code on `torch.serialization`'s allow-list.

    ## Why is this bad?

    `add_safe_globals` and `safe_globals` tell the restricted unpickler which callables a checkpoint may name. A pickle
    calls what it names, with arguments of its own: with `os.system`, `eval`, `getattr` or `functools.partial` on the
    list, `weights_only=True` no longer protects anything. A list that is filled from the checkpoint, or with all that
    a module holds, allows whatever an attacker asks for.

    ## How to fix

    List the few concrete classes that the checkpoint needs, by name.

    ## When it is fine

    Never on the list of a process that reads files from others.

    ## Limits

    A project function or class that runs code when it is called is not recognised as dangerous.

    ## Fix safety

    The fix is unsafe: a checkpoint that names the callable no longer loads.
    """

    code = "MLW106"
    name = "torch-safe-globals-dangerous"
    severity = Severity.HIGH
    calls = ("torch.serialization.add_safe_globals", "torch.serialization.safe_globals")
    cwe = (502, 184)
    owasp_llm = ("LLM03",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference(
            "PyTorch: torch.serialization.add_safe_globals",
            "https://docs.pytorch.org/docs/stable/notes/serialization.html#torch.serialization.add_safe_globals",
        ),
        Reference("modelscan: gadgets that bypass a blocklist", "https://github.com/protectai/modelscan/issues/85"),
    )
    examples = (
        Bad(
            """
            import functools
            import torch
            from project import Config

            torch.serialization.add_safe_globals([Config, functools.partial])
                                                          ^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`functools.partial` on torch's allow-list lets a checkpoint call it, and run code that way",
            fixed="""
            import functools
            import torch
            from project import Config

            torch.serialization.add_safe_globals([Config])
            """,
        ),
        Bad(
            """
            from torch.serialization import safe_globals
            import torch

            with safe_globals([getattr, (eval, "builtins.eval")]):
                               ^^^^^^^
                                        ^^^^^^^^^^^^^^^^^^^^^^^
                torch.load("model.pt")
            """,
            fixed="""
            from torch.serialization import safe_globals
            import torch

            with safe_globals([]):
                torch.load("model.pt")
            """,
        ),
        Bad(
            """
            import torch

            needed = torch.serialization.get_unsafe_globals_in_checkpoint("model.pt")
            torch.serialization.add_safe_globals(needed)
                                                 ^^^^^^
            """,
            confidence=Confidence.HIGH,
            message="torch's allow-list is filled with every type that the checkpoint itself asks for",
        ),
        Bad(
            """
            import torch
            import project.layers as layers

            torch.serialization.add_safe_globals([getattr(layers, name) for name in dir(layers)])
                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Good(
            """
            import torch
            from collections import OrderedDict
            from numpy.core.multiarray import scalar

            torch.serialization.add_safe_globals([OrderedDict, scalar, (scalar, "numpy.core.multiarray.scalar")])
            """,
            because="these types hold data only",
        ),
        Good(
            """
            import os
            import torch
            from pathlib import PosixPath

            with torch.serialization.safe_globals([PosixPath]):
                torch.load(os.path.join("models", "model.pt"))
            """,
            because="a path is no code, and `os` is not on the list",
        ),
        Good(
            """
            import torch

            unsafe = torch.serialization.get_unsafe_globals_in_checkpoint("model.pt")
            print(unsafe)
            torch.serialization.clear_safe_globals()
            """,
            because="the names are only shown",
        ),
        Missed(
            """
            import torch
            from project.shell import run_command

            torch.serialization.add_safe_globals([run_command])
            """,
            because="what the project's own function does is not looked at",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report every dangerous element of the list, or the list if it is filled blindly."""
        given = call.argument("safe_globals", 0)
        span = call.argument_span("safe_globals", 0) or call.span
        source = next((what for option in given.alternatives() for what in _unreviewed(option)), None)
        if source is not None:
            certain = any(isinstance(option, Name) for option in given.alternatives())
            yield self.finding(
                span,
                f"torch's allow-list is filled with {source}",
                confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
            )
            return
        for option in given.alternatives():
            if isinstance(option, Sequence):
                for index, item in enumerate(option.items):
                    name = _dangerous_name(item)
                    if name:
                        yield self.finding(
                            self._place(call, option, index) or span,
                            f"`{name}` on torch's allow-list lets a checkpoint call it, and run code that way",
                            fixes=self._fixes(call, option, index),
                        )

    def _elements(self, call: CallSite, listed: Sequence) -> list[cst.BaseElement]:
        """The elements as they are written in this call, or none if they stand elsewhere."""
        import libcst as cst

        node = call.argument_node("safe_globals", 0)
        if node is None or not isinstance(node.value, (cst.List, cst.Tuple)):
            return []
        elements = [*node.value.elements]
        plain = all(isinstance(element, cst.Element) for element in elements)
        return elements if plain and len(elements) == len(listed.items) else []

    def _place(self, call: CallSite, listed: Sequence, index: int) -> Span | None:
        elements = self._elements(call, listed)
        return _extent(call, elements[index].value) if elements else None

    def _fixes(self, call: CallSite, listed: Sequence, index: int) -> Iterator[Fix]:
        import libcst as cst

        elements = self._elements(call, listed)
        whole = call.argument_node("safe_globals", 0)
        if not elements or whole is None or not isinstance(whole.value, cst.List):
            return
        spans = [_extent(call, element.value) for element in elements]
        if index + 1 < len(spans):
            span = Span(spans[index].start, spans[index + 1].start, call.cell)
        elif index > 0:
            span = Span(spans[index - 1].end, spans[index].end, call.cell)
        else:
            outer = call.fragment.span(whole.value)
            span = Span(outer.start + 1, outer.end - 1, call.cell)
        yield Fix(
            "Take it off the list",
            (TextEdit(span, ""),),
            Applicability.UNSAFE,
            "a checkpoint that names the callable stops loading",
        )


def _extent(call: CallSite, node: cst.BaseExpression) -> Span:
    """Where an expression stands, with the parentheses around it."""
    import libcst as cst

    span = call.fragment.span(node)
    node = call.fragment.as_written(node) or node
    empty = cst.Module(body=())
    before = sum(len(empty.code_for_node(parenthesis)) for parenthesis in node.lpar)
    after = sum(len(empty.code_for_node(parenthesis)) for parenthesis in node.rpar)
    return Span(span.start - before, span.end + after, span.cell)


def _dangerous_name(item: Value) -> str:
    """The name under which an element of the list is dangerous, or ""."""
    for option in item.alternatives():
        if isinstance(option, Sequence) and option.items:  # a callable and the name it goes by
            return _dangerous_name(option.items[0])
        if isinstance(option, Name) and option.made_by is None:
            module = option.name.rpartition(".")[0]
            if option.name in _DANGEROUS or any(
                module == dangerous or module.startswith(f"{dangerous}.") for dangerous in _DANGEROUS_MODULES
            ):
                return option.name
    return ""


def _unreviewed(value: Value) -> Iterator[str]:
    """Where a list comes from that nobody has looked through."""
    if isinstance(value, Name):
        for ending, what in _UNREVIEWED.items():
            if value.name.removesuffix("[]").endswith(ending):
                yield what
        if value.made_by is not None:
            for argument in value.made_by.arguments:
                for option in argument.value.alternatives():
                    yield from _unreviewed(option)
    elif isinstance(value, Sequence) and not value.complete:
        for item in value.items:
            for option in item.alternatives():
                yield from _unreviewed(option)
