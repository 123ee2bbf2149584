"""MLW102: `torch.load` that leaves `weights_only` to a default that may run code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import left_out, reading
from mlwarden.semantics.turning_points import TORCH_LOAD_HAS_WEIGHTS_ONLY, TORCH_LOAD_RESTRICTED

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class TorchLoadDefault(Rule):
    """`torch.load` without `weights_only` where the installed torch may default to full unpickling.

    ## Why is this bad?

    A PyTorch checkpoint is a pickle. Before torch 2.6 `torch.load` unpickles everything in it, and a pickle can name
    any function to be called while it is read: whoever can change the file runs code on your machine, with your
    credentials, before the first tensor is back.

    ## How to fix

    Pass `weights_only=True`, or require `torch>=2.6`, where it is the default. To exchange weights with
    others, use safetensors, which holds tensors and nothing else.

    ## When it is fine

    When the file was written by the same job into a folder nobody else can write to.

    ## Limits

    The version is read from the project's dependency files; the installed package is never imported to ask it.

    ## Fix safety

    The fix is unsafe: a checkpoint that holds other objects than tensors, such as a whole pickled module, no longer
    loads; the error names the types, which `torch.serialization.add_safe_globals` can allow one by one.
    """

    code = "MLW102"
    name = "torch-load-default"
    severity = Severity.HIGH
    calls = ("torch.load",)
    yields_to = ("MLW101", "MLW108", "MLW132", "MLW407")
    cwe = (502,)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000",)
    references = (
        Reference("PyTorch: torch.load", "https://docs.pytorch.org/docs/stable/generated/torch.load.html"),
        Reference("PyTorch 2.6 release notes", "https://github.com/pytorch/pytorch/releases/tag/v2.6.0"),
    )
    examples = (
        Bad(
            """
            import torch

            model = torch.load("model.pt")
                    ^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"torch": "==2.5.1"},
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            fixed="""
            import torch

            model = torch.load("model.pt", weights_only=True)
            """,
        ),
        Bad(
            """
            from torch import load as read

            def restore(path):
                return read(path, map_location="cpu")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            fixed="""
            from torch import load as read

            def restore(path):
                return read(path, map_location="cpu", weights_only=True)
            """,
        ),
        Bad(
            """
            import torch

            state = torch.load("model.pt", weights_only=None)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"torch": "<2.6"},
            fixed="""
            import torch

            state = torch.load("model.pt", weights_only=True)
            """,
        ),
        Good(
            """
            import torch

            model = torch.load("model.pt")
            """,
            versions={"torch": ">=2.6"},
            because="from torch 2.6 on the default is the restricted unpickler",
        ),
        Good(
            """
            import torch

            state = torch.load("model.pt", weights_only=True)
            module = torch.jit.load("scripted.pt")
            """,
            because="it asks for the restricted unpickler, and TorchScript is another format",
        ),
        Good(
            """
            import io
            import torch

            def copy_of(model):
                buffer = io.BytesIO()
                torch.save(model, buffer)
                buffer.seek(0)
                return torch.load(buffer)
            """,
            because="the buffer holds what the same function wrote into it",
        ),
        Good(
            """
            def load(path):
                return open(path).read()

            load("model.pt")
            """,
            because="this `load` is the module's own",
        ),
        Missed(
            """
            import torch

            name = "".join(["lo", "ad"])
            getattr(torch, name[:4])("model.pt")
            """,
            because="names that are computed at run time are not followed",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a call whose `weights_only` is left out or None, unless torch is known to be new enough."""
        given = call.argument("weights_only")
        if not left_out(given):
            return
        if not left_out(call.argument("pickle_module", 2)):
            return  # MLW105: the default does not apply then
        if TORCH_LOAD_RESTRICTED.passed(model):
            return
        read = reading(call, model, call.argument("f", 0), unknown="the checkpoint")
        if read is None:
            return
        severity, confidence = read.severity, min(read.confidence, Confidence.MEDIUM)
        where = "on torch below 2.6, which this project does not rule out, "
        if TORCH_LOAD_RESTRICTED.ahead(model):
            severity, confidence = Severity.LOW if read.own else Severity.HIGH, Confidence.HIGH
            where = f"with {model.version('torch').describe()} "
        if not (given.is_absent or given.must_be(None)):
            confidence = Confidence.LOW
        yield self.finding(
            call.span,
            f"`torch.load` without `weights_only=True` {where}unpickles {read.what}, and can run code hidden in it",
            severity=severity,
            confidence=confidence,
            trace=read.trace,
            fixes=self._fixes(call, model),
        )

    def _fixes(self, call: CallSite, model: SemanticModel) -> Iterator[Fix]:
        edit = call.set_argument("weights_only", "True")
        if edit is not None and not TORCH_LOAD_HAS_WEIGHTS_ONLY.ahead(model):
            yield Fix(
                "Add `weights_only=True`",
                (edit,),
                Applicability.UNSAFE,
                "checkpoints that hold more than tensors stop loading",
            )
