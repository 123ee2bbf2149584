"""MLW109: torch formats that carry code by design, loaded from outside the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.loaders import reading
from mlwarden.semantics.origins import OriginKind

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# The call, the argument that names the file, and what about the format runs code.
_LOADERS: dict[str, tuple[str, int | None, str]] = {
    "torch.jit.load": ("f", 0, "TorchScript is a program, and it runs when the model is called"),
    "torch.package.PackageImporter": ("file_or_buffer", 0, "a torch package holds Python modules, which it imports"),
    "torch.export.load": ("f", 0, "the weights and constants in the archive are unpickled in full"),
    "torch._inductor.aoti_load_package": ("path", 0, "the package holds a native library, which is loaded"),
    "torch.distributed.checkpoint.load": ("checkpoint_id", None, "the metadata of the checkpoint are unpickled"),
    "torch.distributed.checkpoint.FileSystemReader": ("path", 0, "the metadata of the checkpoint are unpickled"),
    "torch.distributed.checkpoint.format_utils.dcp_to_torch_save": (
        "dcp_checkpoint_dir",
        0,
        "the metadata of the checkpoint are unpickled",
    ),
    "torch.distributed.checkpoint.format_utils.torch_save_to_dcp": (
        "torch_save_path",
        0,
        "the checkpoint is unpickled in full",
    ),
}


class TorchscriptOrPackageLoad(Rule):
    """A TorchScript, torch package, exported or distributed checkpoint from outside the project.

    ## Why is this bad?

    These formats carry a program, a native library or a pickle beside the weights, and none of their loaders has a
    restricted mode. Whoever made the file decides what runs when it is loaded or called.

    ## How to fix

    Rebuild the module from source code and load a state dict, from safetensors or with `weights_only=True`. Where the
    format has to stay, pin the artifact and compare its digest first.

    ## When it is fine

    When the file comes from your own build and is stored where nobody else can write. A path written in the code is
    taken to be such a file and is not reported.

    ## Limits

    Off by default: the loaders are the intended way to use these formats.
    """

    code = "MLW109"
    name = "torchscript-or-package-load"
    severity = Severity.MEDIUM
    default = False
    calls = tuple(_LOADERS)
    cwe = (502, 829)
    owasp_llm = ("LLM03",)
    owasp_ml = ("ML06",)
    atlas = ("AML.T0011.000", "AML.T0018.001")
    references = (
        Reference("PyTorch: torch.package, the warning", "https://docs.pytorch.org/docs/stable/package.html"),
        Reference(
            "PyTorch: security policy on model files", "https://github.com/pytorch/pytorch/blob/main/SECURITY.md"
        ),
    )
    examples = (
        Bad(
            """
            import torch

            def serve(path):
                return torch.jit.load(path, map_location="cpu")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="`torch.jit.load` on a file of unknown origin: "
            "TorchScript is a program, and it runs when the model is called",
        ),
        Bad(
            """
            from huggingface_hub import hf_hub_download
            from torch.package import PackageImporter

            importer = PackageImporter(hf_hub_download("somebody/model", "model.pt"))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import argparse
            import torch

            parser = argparse.ArgumentParser()
            parser.add_argument("--model")
            program = torch.export.load(parser.parse_args().model)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
        ),
        Good(
            """
            import torch

            model = torch.jit.load("build/model.pt")
            """,
            because="a path written in the code is taken to be the project's own file",
        ),
        Good(
            """
            import hashlib
            import torch

            def serve(path, expected):
                if hashlib.sha256(open(path, "rb").read()).hexdigest() != expected:
                    raise ValueError(path)
                return torch.jit.load(path)
            """,
            because="the file's digest is compared first",
        ),
        Good(
            """
            import json

            def load(jit, path):
                return jit.load(path), json.load(open(path))
            """,
            because="neither is torch's loader",
        ),
        Missed(
            """
            import torch
            from project import fetch_model

            model = torch.jit.load("model.pt" if fetch_model() else "other.pt")
            """,
            because="that a function of the project downloads the file is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a load of what is not named in the code and not checked."""
        keyword, position, why = _LOADERS[call.name]
        read = reading(call, model, call.argument(keyword, position), unknown="a file of unknown origin")
        if read is None or read.own or call.digest_checked:
            return
        if read.origin.kind is OriginKind.LITERAL or call.argument(keyword, position).is_absent:
            return
        yield self.finding(
            call.span,
            f"`{call.name}` on {read.what}: {why}",
            severity=read.severity,
            confidence=read.confidence,
            trace=read.trace,
        )
