"""MLW105: `torch.load` with a `pickle_module`, which switches the restricted default off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import left_out, reading, restricts
from mlwarden.semantics.values import Class, Instance, Value
from mlwarden.semantics.values import Reference as Name

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Modules whose unpickler lets only listed types through.
_RESTRICTED = frozenset({"torch._weights_only_unpickler"})


class TorchLoadPickleModule(Rule):
    """`torch.load` with `pickle_module`, which brings full unpickling back.

    ## Why is this bad?

    The restricted default of torch 2.6 and later holds only while `pickle_module` is not given. With any module passed
    there, Python's own `pickle` included, the checkpoint is unpickled in full, and a pickle can name any function to
    be called while it is read.

    ## How to fix

    Drop `pickle_module`. Where the checkpoint needs more types than torch allows, add them one by one with
    `torch.serialization.add_safe_globals`.

    ## When it is fine

    When the module's `Unpickler` lets only listed classes through, or the file was written by the same job.

    ## Limits

    A module that is only known at run time is not reported. A class of the project counts as restricted where its
    `Unpickler` overrides `find_class` and refuses something there.

    ## Fix safety

    The fix is unsafe: checkpoints written with another pickler, such as dill, no longer load.
    """

    code = "MLW105"
    name = "torch-load-pickle-module"
    severity = Severity.HIGH
    calls = ("torch.load",)
    yields_to = ("MLW132",)
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (Reference("PyTorch: torch.load", "https://docs.pytorch.org/docs/stable/generated/torch.load.html"),)
    examples = (
        Bad(
            """
            import dill
            import torch

            def restore(path):
                return torch.load(path, pickle_module=dill)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`torch.load` with `pickle_module=dill` unpickles a checkpoint of unknown origin without "
            "restriction, and can run code hidden in it",
            fixed="""
            import dill
            import torch

            def restore(path):
                return torch.load(path)
            """,
            versions={"torch": ">=2.6"},
        ),
        Bad(
            """
            import pickle
            import torch

            state = torch.load("model.pt", "cpu", pickle)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            fixed="""
            import pickle
            import torch

            state = torch.load("model.pt", "cpu", None)
            """,
        ),
        Bad(
            """
            import pickle
            import types
            import torch

            class Renaming(pickle.Unpickler):
                def find_class(self, module, name):
                    return super().find_class(module.replace("old", "new"), name)

            class Module:
                Unpickler = Renaming
                load = pickle.load

            def restore(path):
                return torch.load(path, pickle_module=Module)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import pickle
            import types
            import torch

            class Renaming(pickle.Unpickler):
                def find_class(self, module, name):
                    return super().find_class(module.replace("old", "new"), name)

            class Module:
                Unpickler = Renaming
                load = pickle.load

            def restore(path):
                return torch.load(path)
            """,
        ),
        Good(
            """
            import torch

            state = torch.load("model.pt", pickle_module=None, weights_only=True)
            """,
            because="None is the same as leaving it out",
        ),
        Good(
            """
            import pickle
            import torch

            class Restricted(pickle.Unpickler):
                def find_class(self, module, name):
                    if module != "project.layers":
                        raise pickle.UnpicklingError(name)
                    return super().find_class(module, name)

            class Module:
                Unpickler = Restricted

            state = torch.load("model.pt", pickle_module=Module)
            """,
            because="its unpickler refuses what is not listed",
        ),
        Good(
            """
            import torch

            def restore(path, pickle_module=None):
                return torch.load(path, pickle_module=pickle_module)
            """,
            because="nothing says that a module is ever passed",
        ),
        Missed(
            """
            import torch
            from project import storage

            def restore(path):
                return torch.load(path, pickle_module=storage.choose())
            """,
            because="what the project's own function gives back is not known here",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call that passes a pickle module which is known and not restricted."""
        if not left_out(call.argument("weights_only")):
            return  # True is refused by torch, False is MLW101
        given = call.argument("pickle_module", 2)
        modules = [option for option in given.alternatives() if _is_unrestricted(option)]
        if not modules:
            return
        sure = Confidence.HIGH if len(modules) == len(given.alternatives()) else Confidence.MEDIUM
        data = call.argument("f", 0)
        read = reading(call, model, data, opted_out=sure, unknown="a checkpoint of unknown origin")
        if read is None:
            return
        name = modules[0].name if isinstance(modules[0], Name) else ""
        argument = f"pickle_module={name}" if name else "pickle_module"
        yield self.finding(
            call.span,
            f"`torch.load` with `{argument}` unpickles {read.what} without restriction, and can run code hidden in it",
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
            fixes=self._fixes(call),
        )

    def _fixes(self, call: CallSite) -> Iterator[Fix]:
        edit = call.remove_argument("pickle_module", 2)
        title = "Remove `pickle_module`"
        if edit is None and call.argument_span("pickle_module", 2) is not None:
            edit, title = call.set_argument("pickle_module", "None", 2), "Pass None as `pickle_module`"
        if edit is not None:
            yield Fix(title, (edit,), Applicability.UNSAFE, "files written with another pickler stop loading")


def _is_unrestricted(option: Value) -> bool:
    if isinstance(option, Name):
        return option.made_by is None and option.name not in _RESTRICTED and not option.name.startswith(".")
    if isinstance(option, (Class, Instance)) and option.definition is not None:
        unpickler = option.definition.find("Unpickler")
        return not (isinstance(unpickler, Class) and restricts(unpickler.definition))
    return False
