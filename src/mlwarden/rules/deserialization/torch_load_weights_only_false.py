"""MLW101: `torch.load` that turns the restricted unpickler off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import left_out, reading, switched_off
from mlwarden.semantics.values import Partial

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel

_WHY_UNSAFE = "checkpoints that hold more than tensors stop loading"


class TorchLoadWeightsOnlyFalse(Rule):
    """`torch.load` with `weights_only=False`.

    ## Why is this bad?

    A PyTorch checkpoint is a pickle, and a pickle can name any function to be called while it is read. From torch 2.6
    on only tensors and a few harmless types are let through by default; `weights_only=False` takes that protection
    away, so whoever can change the file runs code with your rights before the first tensor is back.

    ## How to fix

    Drop the argument or pass `weights_only=True`. Where the load fails because of a type the checkpoint needs, allow
    that type alone: `with torch.serialization.safe_globals([ThatClass]): ...`. To exchange weights with others, convert
    them to safetensors once.

    ## When it is fine

    When the same job wrote the file into a folder that nobody else can write to, for example an optimizer state that
    holds objects of your own.

    ## Limits

    A flag whose value is only known at run time is not reported, unless one of its possible values, such as a
    parameter's default, is `False`.

    ## Fix safety

    The fix is unsafe: a checkpoint that holds other objects than tensors, such as a whole pickled module, no longer
    loads; the error names the types, which `torch.serialization.add_safe_globals` can allow one by one.
    """

    code = "MLW101"
    name = "torch-load-weights-only-false"
    severity = Severity.HIGH
    calls = ("torch.load",)
    assigns = ("torch.load",)
    yields_to = ("MLW108", "MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000", "AML.T0010.003")
    references = (
        Reference("PyTorch: torch.load", "https://docs.pytorch.org/docs/stable/generated/torch.load.html"),
        Reference(
            "PyTorch: serialization semantics, weights_only",
            "https://docs.pytorch.org/docs/stable/notes/serialization.html",
        ),
        Reference("CVE-2025-24357: this call in vLLM", "https://nvd.nist.gov/vuln/detail/CVE-2025-24357"),
    )
    examples = (
        Bad(
            """
            import torch

            def restore(path):
                return torch.load(path, map_location="cpu", weights_only=False)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`torch.load` with `weights_only=False` unpickles a checkpoint of unknown origin, "
            "and can run code hidden in it",
            fixed="""
            import torch

            def restore(path):
                return torch.load(path, map_location="cpu", weights_only=True)
            """,
        ),
        Bad(
            """
            from torch import load as read

            UNRESTRICTED = {"weights_only": False, "map_location": "cpu"}
            state = read("model.pt", **UNRESTRICTED)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            import requests
            import torch
            from io import BytesIO

            checkpoint = requests.get("https://example.com/model.pt").content
            model = torch.load(BytesIO(checkpoint), weights_only=0)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            fixed="""
            import requests
            import torch
            from io import BytesIO

            checkpoint = requests.get("https://example.com/model.pt").content
            model = torch.load(BytesIO(checkpoint), weights_only=True)
            """,
        ),
        Bad(
            """
            import torch

            def load_checkpoint(path, weights_only=False):
                return torch.load(path, weights_only=weights_only)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            import torch

            def load_checkpoint(path, weights_only=False):
                return torch.load(path, weights_only=True)
            """,
        ),
        Bad(
            """
            import functools
            import torch

            torch.load = functools.partial(torch.load, weights_only=False)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            message="`torch.load` is replaced by one with `weights_only=False`, "
            "so every checkpoint that this process reads can run code hidden in it",
        ),
        Bad(
            """
            import torch

            original = torch.load

            def unrestricted(*args, **kwargs):
                kwargs["weights_only"] = False
                return original(*args, **kwargs)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^

            torch.load = unrestricted
            """,
        ),
        Good(
            """
            import torch

            state = torch.load("model.pt", weights_only=True)
            """,
            because="only tensors and harmless types are let through",
        ),
        Good(
            """
            import torch

            def restore(path, weights_only):
                return torch.load(path, weights_only=weights_only)
            """,
            because="the caller decides, and nothing here says that it is False",
        ),
        Good(
            """
            import torch

            scripted = torch.jit.load("model.pt", weights_only=False)
            """,
            because="TorchScript is another format, with rules of its own",
        ),
        Good(
            """
            from project.storage import load

            load("model.pt", weights_only=False)
            """,
            because="this `load` is not PyTorch's",
        ),
        Missed(
            """
            import json
            import torch

            options = json.load(open("options.json"))
            torch.load("model.pt", **options)
            """,
            because="what the file of options says is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call whose `weights_only` is a false constant, as far as it can be followed."""
        off = switched_off(call.argument("weights_only"))
        if off is None:
            return
        read = reading(call, model, call.argument("f", 0), opted_out=off, unknown="a checkpoint of unknown origin")
        if read is None:
            return
        yield self.finding(
            call.span,
            f"`torch.load` with `weights_only=False` unpickles {read.what}, and can run code hidden in it",
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
            fixes=self._fixes(call),
        )

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report a replacement of `torch.load` that binds the flag."""
        for option in assignment.value.alternatives():
            if isinstance(option, Partial) and switched_off(dict(option.keywords).get("weights_only", option)):
                yield self.finding(
                    assignment.span,
                    "`torch.load` is replaced by one with `weights_only=False`, "
                    "so every checkpoint that this process reads can run code hidden in it",
                )

    def _fixes(self, call: CallSite) -> Iterator[Fix]:
        edit = call.set_argument("weights_only", "True")
        if edit is None or not left_out(call.argument("pickle_module", 2)):
            return  # with `pickle_module` the restricted unpickler is an error
        yield Fix("Set `weights_only=True`", (edit,), Applicability.UNSAFE, _WHY_UNSAFE)
